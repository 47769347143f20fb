"""Files that nobody should have sent: each is held with a reason, none is lost, none stops the gateway."""
import os
import struct
import time
import zlib

from tasuki_site import OUTCOME_PAGE, Site, check, finish, make_sheet, wait_for


def huge_tiff():
    """A header that claims 60000 x 60000 pixels, and eight bytes of them."""
    entries = [(256, 4, 1, 60000), (257, 4, 1, 60000), (258, 3, 1, 1), (259, 3, 1, 4), (262, 3, 1, 0), (273, 4, 1, 8),
               (277, 3, 1, 1), (278, 4, 1, 60000), (279, 4, 1, 8)]
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + ifd


def huge_png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 1, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""))


def pdf(objects, trailer=b""):
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)


def zero_page_pdf():
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"])


def encrypted_pdf():
    encrypt = (b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >> "
               b"/ID [<" + b"43" * 16 + b"> <" + b"43" * 16 + b">]")
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"], encrypt)


def endless_drawing_pdf():
    """A small file that poppler would draw for minutes: it gets some seconds of processor time, whatever else the machine does."""
    lines = zlib.compress(b"0 0 m 500 800 l S\n" * 1000000, 9)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
                b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(lines), lines)])


def many_pages(count):
    """Blank pages that share one strip of white."""
    width, height = 1728, 1100
    strip, out = bytes(width * height // 8), b"II*\0" + struct.pack("<I", 8 + width * height // 8)
    out += strip
    for page in range(count):
        entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 0), (273, 4, 1, 8),
                   (277, 3, 1, 1), (278, 3, 1, height), (279, 4, 1, len(strip))]
        size = 2 + 12 * len(entries) + 4
        following = len(out) + size if page + 1 < count else 0
        out += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        out += struct.pack("<I", following)
    return out


def main():
    site = Site()
    try:
        path = os.path.join(site.root, "good.tif")
        make_sheet(path, [OUTCOME_PAGE])
        with open(path, "rb") as file:
            good = file.read()
        documents = {
            "empty.tif": b"", "text.tif": b"hello\n", "zeros.bin": bytes(5000), "half-header.tif": b"II*\0",
            "loop.tif": b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "huge.tif": huge_tiff(), "huge.png": huge_png(),
            "cut.tif": good[:200], "cut.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0", "nothing.pdf": b"%PDF-1.7\n%%EOF\n",
            "zero-pages.pdf": zero_page_pdf(), "encrypted.pdf": encrypted_pdf(), "endless.pdf": endless_drawing_pdf(), "500-pages.tif": many_pages(500),
        }
        site.serve()
        for name, data in documents.items():
            site.drop("higashinari", name, data)
        site.drop("higashinari", "zz-good.tif", good)
        wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == len(documents) + 1, 120, "everything is recorded")
        site.wait_idle(60)
        rows = {name: (state, reason) for name, state, reason in site.query("SELECT name, state, reason FROM documents")}
        for name in documents:
            state, reason = rows.get(name, ("missing", ""))
            print("%-16s %-8s %s" % (name, state, reason), flush=True)
            check(state == "held" and len(reason) > 15 and "\n" not in reason, "%s: %s %s" % (name, state, reason))
        check("takes too long to draw" in rows["endless.pdf"][1], "endless drawing ends: %s" % rows["endless.pdf"][1])
        check(rows.get("zz-good.tif", ("",))[0] == "read", "a good sheet after them is read")
        check(len(site.spool("held")) == len(documents), "held/ keeps every original")
        for name, data in documents.items():
            check(any(site.original(id_) == data for id_ in site.spool("held")),
                  "%s: not one byte has changed" % name)
        check(len(site.roles()) == 5, "every role lives")
        large = os.path.join(site.root, "large.tif")
        with open(large, "wb") as out:
            out.truncate(65 << 20)
        refused = site.run("submit", "--office", "ikuno", large, check_status=False)
        check(refused.returncode == 1 and "larger than 64 MB" in refused.stderr, "too large: %s" % refused.stderr)
        site.drop("ikuno", "large.tif", bytes(65 << 20))
        wait_for(lambda: (site.dir / "inbox" / "ikuno" / "refused").is_dir(), 60, "a file that is too large is put aside")
        time.sleep(0.5)
        check(len(list((site.dir / "inbox" / "ikuno" / "refused").iterdir())) == 1, "and kept")
        check(site.run("doctor", check_status=False).returncode == 1, "and doctor tells of it")
        site.stop()
    finally:
        site.close()
    finish()


main()
