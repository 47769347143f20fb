#!/usr/bin/env python3
"""What hostile documents cost the others: the sheets of the sample site go in with and without every tenth being hostile, in turn, through one served site; and
mails through the child that takes them apart. Ratio of the throughput of the good ones, both halves measured in one run.

usage: hostile.py [--rounds N] [--block N] [--readers N] [--marks] [--least RATIO] [--each] [--mails N]      (TASUKI_BUILD: where the program is)

Each round lets N good sheets in and waits until they are recorded, then the same number with one hostile document for every nine, until all
of these are dealt with, those that end a child twice included. --marks: without digits and text, so that a sheet costs little and the
hostile ones weigh most. --each: how long each hostile kind takes alone. Ends with status 1 below the ratio.
"""
import argparse
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("TASUKI_SOURCE", str(ROOT))
os.environ.setdefault("TASUKI_BUILD", str(ROOT / "build" / "release"))
MAIL_PARTS = os.environ.setdefault("MAIL_PARTS", str(pathlib.Path(os.environ["TASUKI_BUILD"]) / "tests" / "mail" / "mail_parts"))
sys.path[:0] = [str(ROOT / "tests" / "system"), str(ROOT / "tests" / "mail")]
import test_corpus as corpus  # noqa: E402
from tasuki_site import Site, wait_for  # noqa: E402

SECONDS_MAX = 900


def tiff(entries, before=b"", following=0, count=None):
    """One directory behind some bytes."""
    body = struct.pack("<H", len(entries) if count is None else count) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(before)) + before + body + struct.pack("<I", following)


def page(width, height, strips, at=8, size=8, compression=4, bits=1):
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 0), (273, 4, 1, at),
            (277, 3, 1, 1), (278, 4, 1, height // strips), (279, 4, 1, size)]


def big_tiff(tags):
    """A million tags, which only the BigTIFF format can count."""
    one = struct.pack("<HHQQ", 65000, 4, 1, 1)
    return b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) + struct.pack("<Q", tags) + one * tags + bytes(8)


def many_directories(count):
    return b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HHHIII", 1, 256, 3, 1, 1, 8 + 18 * (i + 1)) for i in range(count))


def png(width, height, data):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)) + chunk(b"IDAT", data) +
            chunk(b"IEND", b""))


def pdf(*objects):
    out, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def stream(data, more=b""):
    packed = zlib.compress(data, 9)
    return b"<< /Filter /FlateDecode /Length %d %s >>\nstream\n%s\nendstream" % (len(packed), more, packed)


def pdf_page(content, box=b"0 0 595 842", resources=b"", *more):
    return pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << %s >> >>" % (box, resources), content, *more)


def hostile(good):
    fax = bytes(1728 * 1100 // 8)
    image = b"/XObject << /I 5 0 R >>"
    grey = b"/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 8"
    again = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /I 5 0 R >> >>"
    blocks = zlib.compressobj(9)
    zeros = b"".join(blocks.compress(bytes(1 << 20)) for _ in range(512)) + blocks.flush()
    yield "tiff-60000x60000.tif", tiff(page(60000, 60000, 1), bytes(8))
    yield "tiff-bomb.tif", tiff(page(10000, 10000, 1, size=2000), b"\0\x10\x01" * 700)
    yield "cyclic-directories.tif", tiff(page(1728, 1100, 1, size=len(fax), compression=1), fax, following=8 + len(fax))
    yield "million-tags.tif", big_tiff(1000000)
    yield "all-tags.tif", tiff([(65000, 4, 1, 1)] * 65535)
    yield "100000-directories.tif", many_directories(100000)
    yield "cut-strips.tif", good[:len(good) // 3]
    yield "strips-nowhere.tif", tiff(page(1728, 1100, 1, at=0xfffffff0, size=0xffffffff), bytes(8))
    yield "png-60000x60000.png", png(60000, 60000, zlib.compress(bytes(100)))
    yield "png-bomb.png", png(60000, 60000, zeros)
    yield "pdf-image-bomb.pdf", pdf_page(stream(b"595 0 0 842 0 0 cm /I Do"), b"0 0 595 842", image, stream(bytes(1 << 20), grey))
    yield "pdf-stream-bomb.pdf", pdf_page(b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(zeros), zeros))
    yield "pdf-million-operators.pdf", pdf_page(stream(b"0 0 m 500 800 l S\n" * 1000000))
    yield "pdf-form-in-itself.pdf", pdf_page(stream(b"/I Do /I Do"), b"0 0 595 842", image, stream(b"/I Do /I Do", again))
    yield "pdf-huge-page.pdf", pdf_page(stream(b"0 0 m 9 9 l S"), b"0 0 14400000 14400000")
    yield "pdf-deep.pdf", pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"[" * 100000)
    yield "..\\..\\..\\etc\\passwd", good[:500]
    yield "-rf $(reboot) `id`;\n%2e%2e%2f.tif", good[:400]


class Bench:
    def __init__(self, readers, marks):
        config = [("  readers: 1 ", "  readers: %d " % readers)]
        if not marks:
            config.append(("  marks_only: true\n", ""))
        self.site, self.number, self.known = Site(config=config), 0, 0
        sheets = sorted(path for path in (ROOT / "config" / "sample" / "sheets").rglob("*") if path.suffix in (".tif", ".pdf") and "broken" not in path.name)
        self.good = [(path.suffix, path.read_bytes()) for path in sheets]
        self.hostile = list(hostile(next(data for suffix, data in self.good if suffix == ".tif")))
        self.site.serve()
        self.run([self.sheet(i) for i in range(2)])  # until the models are loaded

    def sheet(self, i):
        self.number += 1
        suffix, data = self.good[i % len(self.good)]
        return "%05d%s" % (self.number, suffix), data + b"document %d" % self.number

    def attack(self, which):
        self.number += 1
        name, data = self.hostile[which % len(self.hostile)]
        return "%05d%s" % (self.number, name), data + b"\n%% %d" % self.number

    def settled(self):
        return self.site.query("SELECT count(*) FROM documents")[0][0] if self.site.query("SELECT 1 FROM documents LIMIT 1") else 0

    def run(self, documents):
        """Seconds until all of them have their row and the spool is done with them."""
        began = time.monotonic()
        for name, data in documents:
            self.site.drop("higashinari", name, data)
        self.known += len(documents)
        wait_for(lambda: self.settled() >= self.known and not self.site.spool("reading"), SECONDS_MAX, "%d documents" % len(documents))
        return time.monotonic() - began

    def compare(self, rounds, block):
        attack, without, among = 0, [], []
        for number in range(rounds):
            without.append(self.run([self.sheet(i) for i in range(block)]))
            mixed = []
            for i in range(block):
                mixed.append(self.sheet(i))
                if i % 9 == 4:
                    mixed.append(self.attack(attack))
                    attack += 1
            among.append(self.run(mixed))
            print("round %d: %d sheets in %.1f s; with %d hostile among them %.1f s" % (number + 1, block, without[-1], len(mixed) - block, among[-1]),
                  flush=True)
        return sum(without) / sum(among), attack

    def each(self):
        for i, (name, data) in enumerate(self.hostile):
            seconds = self.run([self.attack(i)])
            state = self.site.query("SELECT state, reason FROM documents ORDER BY rowid DESC LIMIT 1")[0]
            print("%-36.36s %9d bytes %6.2f s  %s: %.90s" % (repr(name), len(data), seconds, *state), flush=True)


def used_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def take_apart(paths):
    before = used_s()
    subprocess.run([MAIL_PARTS, *paths], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return used_s() - before


def compare_mails(folder, count):
    """Processor time of mails with a sheet, without and with one hostile mail for every nine."""
    wanted = ("1,000 multiparts deep", "1,000 messages deep", "100,000 fields", "10,000 parts", "header beyond the limit")
    attacks = [case[1] for case in corpus.CASES if case[0] in wanted or case[0].startswith("200,000 parentheses")]
    attacks.append(corpus.mail(corpus.multi(corpus.text(), corpus.part(corpus.TIFF, name=b'filename="../../../../etc/passwd"'))))
    sheet = corpus.TIFF + os.urandom(60000)
    good, mixed = [], []
    for i in range(count):
        path = folder / ("good%04d.eml" % i)
        path.write_bytes(corpus.mail(corpus.multi(corpus.text(), corpus.part(sheet + b"%d" % i))))
        good.append(str(path))
        mixed.append(str(path))
        if i % 9 == 4:
            path = folder / ("hostile%04d.eml" % i)
            path.write_bytes(attacks[i // 9 % len(attacks)])
            mixed.append(str(path))
    without = among = 0.0
    for _ in range(3):
        without, among = without + take_apart(good), among + take_apart(mixed)
    return without / among, len(mixed) - len(good)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--block", type=int, default=45)
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--mails", type=int, default=180)
    parser.add_argument("--least", type=float, default=0.8)
    parser.add_argument("--marks", action="store_true")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tasuki-hostile-") as folder:
        ratio_mail, mails = compare_mails(pathlib.Path(folder), options.mails)
    print("mails: %.2f of the throughput without the %d hostile ones among %d (processor time)" % (ratio_mail, mails, options.mails), flush=True)
    bench = Bench(options.readers, options.marks)
    try:
        if options.each:
            bench.each()
        ratio, attacks = bench.compare(options.rounds, options.block)
        held = bench.site.query("SELECT count(*) FROM documents WHERE state = 'held'")[0][0]
        read = bench.site.query("SELECT count(*) FROM documents WHERE state = 'read'")[0][0]
        print("documents: %.2f of the throughput without the %d hostile ones; %d read, %d held" % (ratio, attacks, read, held))
        bench.site.stop()
    finally:
        bench.site.close()
    sys.exit(0 if min(ratio, ratio_mail) >= options.least else 1)


main()
