#!/usr/bin/env python3
"""What an export calls PDF/A-1b is that to a validator: test_pdfa.py MAKE_PDFA PREFLIGHT. Images of every depth, and a file that is none."""
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

MAKE_PDFA, PREFLIGHT = sys.argv.pop(1), sys.argv.pop(1)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(depth, colours, width=50, height=40):
    row = (width * depth * (3 if colours else 1) + 7) // 8
    header = struct.pack(">IIBBBBB", width, height, depth, 2 if colours else 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress((b"\0" + b"\xa5" * row) * height))
            + chunk(b"IEND", b""))


class Pdfa(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tasuki-pdfa-")
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)

    def make(self, title, *pages):
        for i, page in enumerate(pages):
            (self.dir / f"{i}.png").write_bytes(page)
        out = self.dir / "pages.pdf"
        subprocess.run([MAKE_PDFA, title, out, *(self.dir / f"{i}.png" for i in range(len(pages)))], check=True)
        return out

    def preflight(self, path):
        return subprocess.run([PREFLIGHT, path], capture_output=True, text=True)

    def test_every_kind_of_image(self):
        made = self.make("27115-2026-0001 <&> 佐藤", *(png(depth, False) for depth in (1, 2, 4, 8)), png(8, True))
        said = self.preflight(made)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        structure = subprocess.run(["qpdf", "--check", made], capture_output=True, text=True)
        self.assertEqual(structure.returncode, 0, structure.stdout + structure.stderr)

    def test_the_validator_notices(self):
        made = self.make("", png(1, False))
        whole = made.read_bytes()
        for good, bad in ((b"<pdfaid:part>1", b"<pdfaid:part>9"), (b"/FlateDecode", b"/LZWDecode  "), (b"/Metadata 3 0 R", b"/Metadatx 3 0 R")):
            self.assertIn(good, whole)
            made.write_bytes(whole.replace(good, bad))
            said = self.preflight(made)
            self.assertIn("is not a valid PDF/A-1b file", said.stdout, good)
            self.assertNotEqual(said.returncode, 0)


unittest.main()
