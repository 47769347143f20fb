"""What fuzzing begins with: small documents, mails, files and requests of each kind, made of the project's own samples.

usage: seeds.py FOLDER     (TASUKI_BUILD: where make_sheet is)

Some seeds are hostile by design: they are what a decoder must refuse or survive, whatever fuzzing finds besides.
"""
import importlib.util
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAIL_BYTES_MAX = 60000  # larger ones only slow the mutations down; tests/mail takes them
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
NOTICE = "01M7Y7VGJTYVPNVWE9845QA1BK"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=80, height=40, bits=1, colour=0, claimed=None):
    width_said, height_said = claimed or (width, height)
    row = b"\0" + bytes((0x55,)) * ((width * bits * (3 if colour == 2 else 1) + 7) // 8)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width_said, height_said, bits, colour, 0, 0, 0)) +
            chunk(b"pHYs", struct.pack(">IIB", 8031, 7716, 1)) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


def ifd(entries, following=0, big=False):
    order = ">" if big else "<"
    return (struct.pack(order + "H", len(entries)) + b"".join(struct.pack(order + "HHII", *entry) for entry in sorted(entries)) +
            struct.pack(order + "I", following))


def tiff(width=200, height=120, compression=1, data=None, big=False, following=0, **more):
    """One strip behind the header, the directory behind it."""
    data = data if data is not None else bytes((0xaa, 0x0f)) * ((width + 7) // 8 * height // 2)
    at = 8 + len(data) + len(data) % 2
    tags = {256: (4, width), 257: (4, height), 258: (3, 1), 259: (3, compression), 262: (3, 0), 273: (4, 8), 277: (3, 1),
            278: (4, height), 279: (4, len(data)), 296: (3, 2)}
    tags.update({int(tag[1:]): value for tag, value in more.items()})
    entries = []
    for tag, (kind, value) in tags.items():
        if big and kind == 3:
            value <<= 16
        entries.append((tag, kind, 1, value))
    head = (b"MM\0*" if big else b"II*\0") + struct.pack(">I" if big else "<I", at)
    return head + data + bytes(len(data) % 2) + ifd(entries, following, big)


def g3(rows, eol=True):
    """White rows of 200 pixels, MH: EOL, then 192 and 8 pixels of white."""
    bits = "".join(("000000000001" if eol else "") + "010111" + "10011" for _ in range(rows)) + "000000000001" * 6
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))


def tiffs():
    """Each compression, both bit orders and byte orders; and what wants to break the list of pages or the row loop."""
    yield "raw", tiff()
    yield "big-endian", tiff(big=True)
    yield "reversed-bits", tiff(t266=(3, 2))
    yield "g3", tiff(compression=3, data=g3(120), t292=(4, 0))
    yield "g3-filled", tiff(compression=3, data=b"\0\0\0".join(g3(40) for _ in range(3)), t292=(4, 4))
    yield "g3-2d", tiff(compression=3, data=g3(120), t292=(4, 1))
    yield "mh", tiff(compression=2, data=g3(120, eol=False))
    yield "g4", tiff(compression=4, data=b"\xff" * 15 + b"\0\x10\x01")
    yield "packbits", tiff(compression=32773, data=(b"\xe8\x55" * 120))
    yield "deflate", tiff(compression=8, data=zlib.compress(b"\x5a" * 25 * 120))
    yield "grey", tiff(width=90, height=60, data=bytes(range(90)) * 60, t258=(3, 8), t262=(3, 1))
    yield "rgb", tiff(width=30, height=20, data=bytes(range(90)) * 20, t258=(3, 8), t262=(3, 2), t277=(3, 3))
    yield "turned", tiff(t274=(3, 6))
    yield "cut-strip", tiff(data=b"\xaa" * 40)
    yield "strip-beyond-the-end", tiff(t273=(4, 0x7fffffff))
    yield "endless-strip", tiff(t279=(4, 0xffffffff))
    yield "no-rows", tiff(height=0)
    yield "huge", tiff(width=60000, height=60000, compression=4, data=bytes(8))
    yield "list-bites-its-tail", tiff(following=8 + 25 * 120)
    yield "list-bites-its-middle", tiff(following=9)
    yield "million-tags", b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + struct.pack("<HHII", 270, 2, 0xffffffff, 8) * 5000
    yield "subfiles", tiff(t330=(4, 8))
    yield "tiles", tiff(t322=(4, 16), t323=(4, 16), t324=(4, 8), t325=(4, 32))


def decodes():
    yield "png", b" " + png()
    yield "png-grey", b" " + png(60, 40, 8)
    yield "png-rgb", b" " + png(40, 20, 8, 2)
    yield "png-bomb", b" " + png(40, 20, claimed=(60000, 60000))
    yield "jpeg-cut", b" \xff\xd8\xff\xe0\0\x10JFIF\0\1\1\1\0\xcc\0\xc4\0\0\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
    yield "pbm", b"RP4\n16 4\n" + bytes(8)
    yield "pgm", b"RP5\n8 4\n255\n" + bytes(range(32)) + b"P4\n8 2\n\xff\0"
    yield "pgm-huge", b"RP5\n4999 19999\n255\n" + bytes(32)
    for name, data in tiffs():
        yield "tiff-" + name, b" " + data


def sheets():
    """A real page as a fax machine sends it, and as a scanner saves it; small, or a mutation would cost a second."""
    make = str(pathlib.Path(os.environ["TASUKI_BUILD"]) / "make_sheet")
    fax = {"g3": ("g3", 98), "g3-2d": ("g3-2d", 98), "g4": ("g4", 98)}
    for name, (compression, y_dpi) in fax.items():
        spec = {"fax": {"x_dpi": 204, "y_dpi": y_dpi, "compression": compression}, "pages": [{"lines": [[10, 20, 190, 21]]}]}
        yield name, run_make(make, spec, "tif")
    yield "jpg", run_make(make, {"fax": {"x_dpi": 60, "y_dpi": 60}, "pages": [{"lines": [[10, 20, 190, 21]]}]}, "jpg")


def run_make(make, spec, kind):
    path = pathlib.Path(os.environ["TASUKI_BUILD"]) / ("fuzz-seed-%d.%s" % (os.getpid(), kind))
    subprocess.run([make, "-", str(path)], input=json.dumps(spec).encode(), check=True)
    data = path.read_bytes()
    path.unlink()
    return data


def mails():
    spec = importlib.util.spec_from_file_location("test_corpus", ROOT / "tests" / "mail" / "test_corpus.py")
    corpus = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(corpus)
    for number, (_, raw, *_) in enumerate(corpus.CASES):
        if len(raw) <= MAIL_BYTES_MAX:
            yield "%03d" % number, raw
    for name, raw in (("deep", b"Content-Type: message/rfc822\r\n\r\n" * 1000),
                      ("fields", b"X: y\r\n" * 9000 + b"\r\n"), ("path-name", corpus.mail(corpus.multi(
                          corpus.part(corpus.TIFF, name=b'"../../etc/passwd\\0.tif"'))))):
        yield name, raw


def charsets():
    for name, text in (("iso-2022-jp", "ｱｲｳ東成①"), ("shift_jis", "東成区～"), ("euc-jp", "髙橋"), ("utf-8", "相談支援室"), ("utf-16", "紹介")):
        codec = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932", "euc-jp": "euc_jis_2004"}.get(name, name)
        data = text.encode(codec, "replace")
        yield name, name.encode() + b"\0" + data
        yield name + "-unnamed", b"\0" + data
        yield name + "-cut", name.encode() + b"\0" + data[:-1]
    yield "unknown", b"x-klingon\0\x83\x65\xff\xfe\0abc"
    yield "half-an-escape", b"iso-2022-jp\0\033$B!!!\033$\033"


def headers(mail_seeds):
    for name, raw in mail_seeds:
        yield name, raw.split(b"\r\n\r\n")[0][:4000] + b"\r\n\r\n"
    yield "2231", (b"Content-Disposition: attachment;\r\n filename*0*=iso-2022-jp''%1B%24B;\r\n filename*1*=%3E%52%1B%28B.tif\r\n\r\n")
    yield "2047", b"Subject: =?iso-2022-jp?B?GyRCPlI=?= =?iso-2022-jp?B?MjAbKEI=?=\r\nTo: x+" + NOTICE.encode() + b"@example.jp\r\n\r\n"


READING = {"file": "a.tif", "page": 1, "state": "read", "form": "outcome", "edition": "e", "form_hash": "f00d", "rotation": 180,
           "registration_error_mm": 0.2, "width": 1728, "height": 2292, "x_dpi": 204.0, "y_dpi": 196.0,
           "received": "2026-04-13T01:02:03.000Z", "code": "T1/27115-2026-0001/ABCDEF/0123456789AB",
           "fields": {"sex": {"value": ["male"], "review": False, "confidence": 0.99, "box": [1, 2, 3, 4], "kind": "mark", "score": 1.5,
                              "blank": False, "registration_error_mm": 0.1, "cancelled": ["female"]},
                      "name": {"value": "山田", "review": True, "confidence": 0.5, "box": [1, 2, 3, 4], "kind": "text", "reason": "low",
                               "hand": "written", "alternatives": [{"value": "山口", "confidence": 0.25}]}},
           "derived": {"birth_date": "1931-05-02", "ward": "27115"}, "derived_unsure": ["ward"],
           "problems": [{"field": "age", "code": "age", "text": "x"}]}
NO_FORM = {"file": "", "page": 2, "state": "no_form", "form": None, "edition": None, "rotation": 0, "registration_error_mm": 0.0,
           "reason": "matches no form", "fields": {}}


def readings():
    yield "read", json.dumps(READING).encode()
    yield "no-form", json.dumps(NO_FORM).encode()
    yield "incomplete", json.dumps({**READING, "state": "incomplete", "reason": "x", "fields": {}}).encode()


def frame(kind, data):
    return kind + bytes(3) + struct.pack("<I", len(data)) + data


def frames():
    image = png()
    index = json.dumps([{"field": "sex", "offset": 0, "length": len(image)}]).encode()
    page = [frame(b"R", json.dumps(READING).encode()), frame(b"T", b'{"decode": 1}'), frame(b"P", image),
            frame(b"C", struct.pack("<I", len(index)) + index + image)]
    yield "two-pages", b"\x01" + b"".join(page) + frame(b"R", json.dumps(NO_FORM).encode()) + frame(b"Z", b'{"program": "1"}')
    yield "error", b"\x40" + page[0] + frame(b"E", b'{"kind": 2, "text": "is not a sheet"}')
    yield "end", b"\0" + frame(b"Z", b"{}")
    yield "endless", b"\xff" + b"R\0\0\0\xff\xff\xff\xff"
    yield "crops-beyond", b"\x09" + page[0] + frame(b"C", struct.pack("<I", 0xfffffff0) + index + image)


def mail_frame(tag, data):
    return bytes((tag,)) + struct.pack("<I", len(data)) + data


def mail_results():
    texts = b"".join(mail_frame(tag, data) for tag, data in ((1, b"\0"), (2, b""), (3, "紹介".encode()), (4, b"a@b"), (5, b"m@x"),
                                                             (6, bytes(8)), (7, b"\1"), (8, b""), (9, b"5.1.1"), (10, NOTICE.encode()),
                                                             (11, b"text"), (12, b"\1\2")))
    part = mail_frame(13, b"\0") + mail_frame(14, b"a.tif") + mail_frame(15, b"") + mail_frame(16, b"II*\0")
    yield "one", texts + part + mail_frame(17, b"")
    yield "held", texts + part + mail_frame(13, b"\1") + mail_frame(15, b"is a program") + mail_frame(16, b"MZ") + mail_frame(17, b"")
    yield "endless", texts + b"\x10\xff\xff\xff\xff"
    yield "no-part", texts + mail_frame(16, b"x") + mail_frame(17, b"")


ENVELOPE = {"version": 1, "id": ID, "source": "scans", "office": "kita", "sender": "0612345678", "name": "紹介.tif",
            "received": "2026-04-13T01:02:03.000Z", "size": 70000, "sha256": "ab" * 32}


def envelopes():
    yield "folder", json.dumps(ENVELOPE).encode()
    yield "fax", json.dumps({**ENVELOPE, "fax": {"station": "A", "caller": "B", "called": "C", "fault": "cut", "pages": 2}}).encode()
    yield "mail", json.dumps({**ENVELOPE, "refused": "is too large", "mail": {
        "message": "m@x", "subject": "件名", "hold": "is a letter", "letter": True, "text": "a\nb", "notice": NOTICE, "status": "5.1.1"}}).encode()


def tar_head(name, size, kind=b"0", prefix=b""):
    head = name.ljust(100, b"\0") + b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"%011o\0" % 1700000000
    head += b" " * 8 + kind + bytes(100) + b"ustar\0" + b"00" + bytes(64) + b"0000000\0" * 2 + prefix.ljust(155, b"\0") + bytes(12)
    return head


def tars():
    one = tar_head(b"manifest.json", 5) + b"hello".ljust(512, b"\0")
    yield "one", b"\xff" + one + bytes(1024)
    yield "two", b"\x90" + one + tar_head(b"b", 513, prefix=b"archive/ab") + bytes(1024) + bytes(1024)
    yield "up", b"\xff" + tar_head(b"../../etc/passwd", 0) + bytes(1024)
    yield "absolute", b"\xff" + tar_head(b"/etc/passwd", 0) + bytes(1024)
    yield "link", b"\xff" + tar_head(b"a", 0, kind=b"2") + bytes(1024)
    yield "huge", b"\xff" + tar_head(b"a", 0o77777777777) + bytes(1024)
    yield "empty", b"\x01" + bytes(1024)


def purge_logs():
    digest = b"ab" * 32
    yield "blob", b"\x07blob\0" + digest + b"\0why"
    yield "path", b"\x01blob\0../../../etc/passwd\0why"
    yield "case", b"\x0ccase\x0027115-2026-0001\0why"
    yield "document", b"\x0fdocument\0" + ID.encode() + b"\0why"
    yield "unknown", b"\x09sheet\x0012\0why"
    line = {"at": "2026-04-13T01:02:03.000Z", "what": "blob", "id": digest.decode(), "by": "x", "why": "y", "key": "0" * 16, "mac": "0" * 64}
    yield "forged", b"F" + json.dumps(line).encode() + b"\n"
    yield "torn", b"F" + json.dumps(line).encode()[:50]


def anchors():
    note = b"2026-11-25T00:00:03.120Z 28:" + b"0a" * 32 + b"\n"
    yield "two", note * 2
    yield "torn", note + note[:40]
    yield "none", b"no note\n"
    yield "number", note.replace(b" 28:", b" 99999999999999999999:")


def fax_tags():
    def ii(kind, count, value, rest=b""):
        return b"II*\0\x08\0\0\0" + ifd([(270, kind, count, value)]) + rest
    yield "hylafax", ii(2, 28, 26, b"+81 6 1234 5678\n0612345678\nX")
    yield "motorola", b"MM\0*\0\0\0\x08" + ifd([(270, 2, 9, 26)], big=True) + b"STATION-1"
    yield "inside", ii(2, 3, 0x4241)
    yield "endless", ii(2, 0xffffffff, 26)
    yield "million-tags", b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + struct.pack("<HHII", 256, 3, 1, 1) * 300


def fax_results():
    for name, subject, text in (("done", "【送信完了】" + NOTICE, "送信ページ数: ２"), ("busy", "結果", NOTICE + " 話中"), ("odd", NOTICE, "?"),
                                ("own", NOTICE.lower(), "とどきました 3 pages")):
        yield name, "\0".join(("result@fax.example.jp", subject, text, "")).encode()
    yield "answer", "\0".join(("x@fax.example.net", "Fax sent", "Status: OK, 3 page(s)", NOTICE + "@x")).encode()


def fax_jobs():
    yield "done", b"jobtag:" + NOTICE.encode() + b"\ncsi:06 1234\nstate:7\nnpages:2\ntotpages:2\nstatus:\n"
    yield "failed", b"state:8\nstatus:Busy signal\\\nmore\njobtag:x\n"
    yield "empty", b"jobtag\ncsi\nstate"


def papers():
    yield "key", "\n".join(("B9D5M-JTTR9-0ZAXX",) * 4).encode()
    yield "wide", "Ｂ９Ｄ５Ｍ−ＪＴＴＲ９−００ＺＡＸ".encode()
    yield "short", b"B9D5M\n"
    yield "long", b"B" * 70


def csvs():
    yield "sample", (ROOT / "config" / "sample" / "directory.csv").read_bytes()[:2500]
    head = (ROOT / "config" / "sample" / "directory.csv").read_bytes().split(b"\n")[0]
    yield "quotes", head + b'\n"a ""b""\n","' + b",\r\n"
    yield "never-closed", head + b'\n"a'
    yield "cp932", head + "\n病院\n".encode("cp932")
    yield "cells", b"," * 100


def sheet_codes():
    yield "ours", b"27115-2026-0001\0T1/27115-2026-0001/ABCDEF/0123456789AB\0\x05"
    yield "other", b"x/y\0https://example.jp/\0\x00"
    yield "short", b"1\0T1/\0\x03"


def unseals():
    for how, name in enumerate(("whole", "flipped", "cut", "longer")):
        yield name, bytes((how, 0, 60)) + b"original bytes" * 40
    yield "two-chunks", bytes((5, 129, 3)) + bytes(70000)
    yield "outside", b"\xff\0\0\x02TSKSEAL\x02\0\0\0" + bytes(8 + 24 + 40)


def packets():
    request = {"id": ID, "received_ms": 1, "fallback_ms": 2, "raster": False, "marks_only": True, "images": True, "timing": False,
               "time_limit_ms": 1000, "probe": ""}
    yield "read", json.dumps({"read": request}).encode()
    yield "cancel", b'{"cancel": true}'


def configs():
    text = (ROOT / "config" / "sample" / "tasuki.yaml").read_text()
    yield "sample", text.encode()
    yield "plain", "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#")).encode()
    head = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#")).split("sources:")[0]
    for page in sorted((ROOT / "docs").glob("*.md")):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)):
            yield "%s-%d" % (page.stem, number), block.encode()
            yield "%s-%d-behind" % (page.stem, number), (head + block).encode()
    yield "alias", b"offices: &a [*a]\n"
    yield "twice", b"user: x\nuser: y\n"
    yield "deep", b"[" * 200


def form_files():
    for form in ("outcome", "care-liaison"):
        yield form, (ROOT / "forms" / form / "higashinari-2015" / "form.yaml").read_bytes()
    yield "child", "inherits: outcome/parent\nward: \"27116\"\nfields:\n  - id: patient_name\n    label: 名\n".encode()
    for path in sorted((ROOT / "tests" / "forms" / "extra").rglob("form.yaml")):
        yield "extra-" + path.parent.name, path.read_bytes()


def sample_of(schema, schemas):
    """Something that a schema of the API describes."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    for words in ("oneOf", "anyOf"):
        if words in schema:
            return sample_of(schema[words][0], schemas)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample_of(schema.get("items", {}), schemas)]
    return {"integer": 1, "number": 1.5, "boolean": True, "null": None}.get(kind, "2026-04-13" if schema.get("format") == "date" else "abc")


def requests():
    """Every route with a body that its description allows, and without one. Needs PyYAML (Debian's python3-yaml)."""
    import yaml

    api = yaml.safe_load((ROOT / "review" / "openapi.yaml").read_text())
    schemas = api["components"]["schemas"]
    for path, methods in api["paths"].items():
        for method, what in methods.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            target = path.replace("{case}", "27115-2026-0001").replace("{form}", "outcome").replace("{field}", "patient_name")
            while "{" in target:
                target = target[:target.index("{")] + "1" + target[target.index("}") + 1:]
            query = "&".join("%s=%s" % (p["name"], sample_of(p["schema"], schemas)) for p in what.get("parameters", [])
                             if p.get("in") == "query")
            content = what.get("requestBody", {}).get("content", {})
            body = json.dumps(sample_of(content["application/json"]["schema"], schemas)) if "application/json" in content else ""
            line = "%s %s%s\n%s" % (method.upper(), target, "?" + query if query else "", body)
            yield (method + path).replace("/", "_").replace("{", "").replace("}", ""), line.encode()
    for name, line in (("dots", "GET /api/v1/../../etc/passwd\n"), ("escape", "GET /api/v1/cases/%2e%2e%2fx\n"), ("nul", "GET /%00\n"),
                       ("deep", "POST /api/v1/todos\n" + "[" * 3000), ("query", "GET /api/v1/sheets?limit=-1&limit=99999999999999999999\n")):
        yield name, line.encode()


def make(folder):
    mail_seeds = list(mails())
    pages = list(sheets())
    kinds = {
        "anchor": anchors(), "charset": charsets(), "config": configs(), "csv": csvs(), "decode": list(decodes()) + [
            (name, b" " + data) for name, data in pages], "envelope": envelopes(), "fax_job": fax_jobs(), "fax_result": fax_results(),
        "fax_tags": fax_tags(), "form": form_files(), "frames": frames(), "header": headers(mail_seeds), "http": requests(),
        "mail": mail_seeds, "mail_result": mail_results(), "packet": packets(), "paper": papers(), "purge_log": purge_logs(),
        "reading": readings(), "sheet_code": sheet_codes(), "tar": tars(),
        "tiff": list(tiffs()) + [page for page in pages if page[0] != "jpg"], "unseal": unseals(),
    }
    for kind, seeds in kinds.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, data in seeds:
            (folder / kind / name).write_bytes(data)
    return sorted(kinds)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
