"""tasuki read on faxes as they come: eras, compressions, resolutions, editions, several patients, pages cut short, bad files."""
import itertools
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from tasuki_site import MAKE_SHEET, SOURCE, TASUKI, check, finish, make_sheet

EXTRA = SOURCE / "tests" / "forms" / "extra"
DIRECTORY = SOURCE / "config" / "sample" / "directory.csv"
RECEIVED = "2026-11-20T09:00:00"
TYPED = {"font": "IPAexMincho"}
HAND = {"font": "Klee One", "size_pt": 12, "jitter_mm": 0.3, "style": "re"}

# (prefix of the cells, where 平成 is printed: left, right, middle, and the height above it at which people write)
PRINTED = {
    "referral-status": [("referral_date", 142.8, 150.2, 35.6, 28.4), ("move_date", 43.2, 50.6, 166.0, 159.8)],
    "care-liaison": [("issue_date", 143.2, 151.0, 18.6, 11.4)],
    "admission-info": [("created_date", 154.9, 161.6, 23.4, 16.6)],
}

PATIENT = {
    "referral_type": ["inpatient"], "referral_date.year": "8", "referral_date.month": "11", "referral_date.day": "18",
    "to_hospital": "見本中央", "to_department": "循環器内", "to_doctor": "西川", "from_clinic": "大今里北診療所",
    "from_doctor": "松岡 和子", "discharge_plan": ["consult"], "contact_method": ["fax"], "patient_kana": "ヤマモト トシコ",
    "sex": ["female"], "patient_name": "山本 敏子", "birth_era": ["showa"], "birth_date.year": "15", "birth_date.month": "4",
    "birth_date.day": "22", "age": "86", "patient_address": "大今里南3-11-2", "care_insurance": ["certified"], "consent": ["yes"],
}


lines = {"accepted": 0, "wrong": []}


def read(*args, **environment):
    """(exit status, pages by file in order, messages, what was printed)"""
    env = {k: v for k, v in os.environ.items() if k not in ("TZ", "LC_ALL", "LANG")}
    done = subprocess.run([TASUKI, "read", *map(str, args)], capture_output=True, env={**env, **environment})
    pages = {}
    for line in done.stdout.decode().splitlines():
        page = json.loads(line)
        pages.setdefault(pathlib.Path(page["file"]).name, []).append(page)
    return done.returncode, pages, done.stderr.decode().splitlines(), done.stdout


def wrong_values(page, values):
    """
    Fields of marks and digits whose value was accepted and is not what was written. Of written lines a few in a hundred may
    be: they are counted, and judged at the end.
    """
    wrong = []
    for name, field in page["fields"].items():
        want = values.get(name, [] if isinstance(field["value"], list) else "")
        if field["review"]:
            continue
        lines["accepted"] += field["kind"] == "text" and want != ""
        if field["value"] != want:
            text = "%s page %d %s: %r, not %r" % (pathlib.Path(page["file"]).name, page["page"], name, field["value"], want)
            (lines["wrong"] if field["kind"] == "text" else wrong).append(text)
    return wrong


def check_lines():
    print("written lines accepted: %d; wrong: %s" % (lines["accepted"], lines["wrong"] or "none"))
    check(len(lines["wrong"]) <= lines["accepted"] * 0.03, "too many accepted lines are wrong")


def accepted(page, values):
    """How many of the written fields need nobody."""
    return sum(not page["fields"][name]["review"] for name in values)


# ---- eras

WAYS = ("as printed", "struck out", "struck out, 令和", "令和 beside", "R beside")


def dated_page(form, way, pen, dates, number):
    """A page with a date in every cell of PRINTED, and one in the log of a referral-status."""
    values, notes, strokes = {}, [], []
    for (prefix, left, right, middle, above), date in zip(PRINTED[form], dates):
        for part, text in zip(("year", "month", "day"), date):
            values["%s.%s" % (prefix, part)] = str(text)
        if way.startswith("struck out"):
            strokes += [[left, middle - 0.5, right, middle - 0.5], [left, middle + 0.5, right, middle + 0.5]]
        if way != "as printed" and way != "struck out":
            notes.append([left + 1.5, above, 9, "R" if way.startswith("R") else "令和"])
    if form == "referral-status":
        for part, text in zip(("year", "month", "day"), dates[0]):
            values["progress_1.%s" % part] = str(text)
    return {"form": form, "values": values, "notes": notes, "lines": strokes,
            "pen": {**(HAND if pen else TYPED), "seed": number}}


def in_reiwa(date):
    return "%04d-%02d-%02d" % (2018 + int(date[0]), int(date[1]), int(date[2]))


def check_date(where, page, prefix, date, printed):
    fields, key = page["fields"], prefix + ".year"
    year = fields[key]
    fits = "2024-11-20" <= in_reiwa(date) <= "2026-11-20"
    sure = prefix in page["derived"] and prefix not in page.get("derived_unsure", [])
    if printed:
        check(year["review"], "%s: %s is accepted as 平成%s" % (where, prefix, year["value"]))
        check(not sure, "%s: %s is sure: %s" % (where, prefix, page["derived"].get(prefix)))
        first = [a["value"] for a in year.get("alternatives", [])][:1]
        same = all(fields["%s.%s" % (prefix, part)]["value"] == str(text)
                   for part, text in zip(("year", "month", "day"), date))
        if fits and same:
            check(first == ["令和%s" % date[0]], "%s: %s offers %s first" % (where, prefix, first))
            check(page["derived"].get(prefix) == in_reiwa(date), "%s: %s" % (where, page["derived"]))
        return same
    if sure:
        is_right = fits and page["derived"][prefix] == in_reiwa(date)
        check(is_right, "%s: %s is sure: %s" % (where, prefix, page["derived"][prefix]))
    check(year["review"] or year["value"] == str(date[0]), "%s: %s is accepted as %s" % (where, prefix, year["value"]))
    return True


def make_dated(folder):
    """60 pages received in 2026, in four documents; returns what stands on each."""
    dates = [(8, 11, 2), (8, 1, 17), (7, 12, 24), (7, 3, 9), (6, 12, 5), (6, 2, 28), (28, 4, 11), (29, 10, 30), (30, 6, 8),
             (31, 4, 21)]
    combined = itertools.product(WAYS, (False, True), sorted(PRINTED))
    documents = {"dated-%d.tif" % n: [] for n in range(4)}
    for number, (way, pen, form) in enumerate(combined):
        for half in range(2):
            at = (number * 3 + half * 5) % len(dates)
            days = [dates[at], dates[(at + 6) % len(dates)]]
            name = "dated-%d.tif" % ((number + half) % 4)
            documents[name].append((form, way, pen, days, dated_page(form, way, pen, days, number * 2 + half)))
    for n, (name, pages) in enumerate(documents.items()):
        make_sheet(folder / name, [page[4] for page in pages], received=RECEIVED, y_dpi=98 if n % 2 else 196, noise=6,
                   skew_deg=(-0.4, 0.3, 0.6, -0.2)[n], compression=("g3", "g4", "g3-2d", "g4")[n], seed=n)
    return documents


def check_dated(documents, pages):
    asked, read_right = 0, 0
    for name, sheets in documents.items():
        check(len(pages.get(name, [])) == len(sheets), "%s: %d pages" % (name, len(pages.get(name, []))))
        for page, (form, way, _, days, sheet) in zip(pages.get(name, []), sheets):
            where = "%s page %d (%s)" % (name, page["page"], way)
            check(page["form"] == form and page["state"] == "read", "%s: %s %s" % (where, page["form"], page["state"]))
            if page["form"] != form:
                continue
            for (prefix, *_), date in zip(PRINTED[form], days):
                read_right += check_date(where, page, prefix, date, True)
                asked += 1
            if form == "referral-status":
                check_date(where, page, "progress_1", days[0], False)
            wrong = [w for w in wrong_values(page, sheet["values"]) if ".year" in w or ".month" in w or ".day" in w]
            check(not wrong, "%s: %s" % (where, wrong))
    print("dates: %d, of which every cell was read as written: %d" % (asked, read_right))
    check(sum(len(sheets) for sheets in documents.values()) >= 40 and read_right >= asked * 0.8, "too little was read of the dates")


# ---- one sheet, sent in every way

def convert(*paths, options=()):
    subprocess.run(["tiffcp", *options, *map(str, paths)], check=True, stderr=subprocess.DEVNULL)


def uncompressed(path):
    """(width, height, rows of bits, ink 1) of the one page of an uncompressed little-endian TIFF with one strip or many"""
    data = path.read_bytes()
    at, = struct.unpack_from("<L", data, 4)
    tags = {}
    for n in range(struct.unpack_from("<H", data, at)[0]):
        tag, kind, count, value = struct.unpack_from("<HHLL", data, at + 2 + 12 * n)
        if count > 1 and kind in (3, 4):
            size = {3: "H", 4: "L"}[kind]
            apart = count * struct.calcsize(size) > 4
            tags[tag] = list(struct.unpack_from("<%d%s" % (count, size), data, value)) if apart else [value]
        else:
            tags[tag] = [value & 0xffff if kind == 3 else value]
    bits = b"".join(data[a:a + n] for a, n in zip(tags[273], tags[279]))
    if tags[262][0] == 1:
        bits = bytes(255 - byte for byte in bits)
    return tags[256][0], tags[257][0], bits


def write_tiff(path, width, height, rows, bits=1, y_dpi=196, when=RECEIVED):
    """One page without compression; rows None: claims a page and has none. 1 bit: ink 1; 8 bits: white 255."""
    date = when.replace("-", ":").replace("T", " ").encode() + b"\0"
    body = rows if rows is not None else b"\0" * 64
    at = 8 + len(body)
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 0 if bits == 1 else 1),
            (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(body)), (282, 5, 1, at + 20),
            (283, 5, 1, at + 28), (296, 3, 1, 2), (306, 2, 20, at)]
    end = at + 36
    path.write_bytes(struct.pack("<2sHL", b"II", 42, end) + body + date + struct.pack("<LLLL", 204, 1, y_dpi, 1) +
                     struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHLL", *tag) for tag in tags) + b"\0" * 4)


def make_ways(folder):
    """The same sheet through every compression, resolution and kind of file; returns the names."""
    page = {"form": "referral-status", "values": PATIENT, "pen": {"font": "IPAexGothic"}}
    plain = folder / "plain.tif"
    make_sheet(plain, [page], received=RECEIVED)
    for name, how in (("mh", "g3:1d"), ("mr", "g3:2d"), ("mmr", "g4"), ("none", "none"), ("lzw", "lzw"), ("packbits", "packbits")):
        convert(plain, folder / ("way-%s.tif" % name), options=("-c", how))
    width, height, bits = uncompressed(folder / "way-none.tif")
    grey = folder / "grey.tif"
    stride = (width + 7) // 8
    table = [bytes(0 if byte >> (7 - n) & 1 else 255 for n in range(8)) for byte in range(256)]
    rows = b"".join(b"".join(table[byte] for byte in bits[y * stride:(y + 1) * stride])[:width] for y in range(height))
    write_tiff(grey, width, height, rows, bits=8)
    convert(grey, folder / "way-jpeg.tif", options=("-c", "jpeg", "-r", "256"))
    for name, x_dpi, y_dpi in (("204x98", 204, 98), ("204x391", 204, 391), ("300", 300, 300), ("400", 400, 400)):
        make_sheet(folder / ("way-%s.tif" % name), [page], received=RECEIVED, x_dpi=x_dpi, y_dpi=y_dpi)
    make_sheet(folder / "way-turned.tif", [page], received=RECEIVED, upside_down=True)
    for kind in ("png", "jpg", "pdf"):
        make_sheet(folder / ("way-%s.%s" % (kind, kind)), [page])
    return sorted(path.name for path in folder.glob("way-*"))


def check_ways(names, pages):
    check(len(names) == 15, "ways: %s" % names)
    for name in names:
        if len(pages.get(name, [])) != 1:
            check(False, "%s: no page" % name)
            continue
        page = pages[name][0]
        check(page["form"] == "referral-status" and page["state"] == "read", "%s: %s" % (name, page["form"]))
        check(page["rotation"] == (180 if "turned" in name else 0), "%s: turned by %s" % (name, page["rotation"]))
        check(page["received"] == "2026-11-20T00:00:00.000Z", "%s: received %s" % (name, page["received"]))
        if page["form"] != "referral-status":
            continue
        wrong = wrong_values(page, PATIENT)
        check(not wrong, "%s: accepted and wrong: %s" % (name, wrong))
        count = accepted(page, PATIENT)
        print("%-18s %2d of %d written fields accepted" % (name, count, len(PATIENT)))
        check(count >= len(PATIENT) * (0.6 if "98" in name else 0.75), "%s: %d of %d accepted" % (name, count, len(PATIENT)))


# ---- documents

COVER = {"notes": [[82, 40, 20, "送 信 票"], [30, 65, 12, "在宅医療・介護連携相談支援室 御中"], [30, 80, 12, "枚数　5 枚"]],
         "lines": [[28, 60, 185, 60], [28, 73, 185, 73], [28, 90, 185, 90]]}
LETTER = {"notes": [[30, 40 + 9 * n, 12, "前略　いつもお世話になっております。先日の件につきまして。"] for n in range(22)]}
OTHER = {**PATIENT, "patient_name": "大西 清", "patient_kana": "オオニシ キヨシ", "sex": ["male"], "birth_date.year": "8",
         "birth_date.month": "1", "birth_date.day": "27", "age": "93"}
LIAISON = {"issue_date.year": "8", "issue_date.month": "11", "issue_date.day": "19", "to_clinic": "見本内科",
           "to_kind": ["clinic_private"], "to_doctor": "松岡", "user_name": "森本 勇", "reply": ["requested"], "purpose": ["assigned"]}


def make_documents(folder):
    sheets = [("referral-status", PATIENT), ("referral-status", OTHER), ("care-liaison", LIAISON)]
    filled = [{"form": form, "values": values, "pen": {"font": "IPAexGothic"}} for form, values in sheets]
    make_sheet(folder / "several.tif", [COVER, filled[0], {}, filled[1], LETTER, filled[2]], received=RECEIVED, skew_deg=0.3)
    width, height, bits = uncompressed(folder / "way-none.tif")
    for name, share in (("short-half.tif", 0.55), ("short-quarter.tif", 0.25)):
        kept = int(height * share)
        write_tiff(folder / name, width, kept, bits[:(width + 7) // 8 * kept])
    return ["several.tif", "short-half.tif", "short-quarter.tif"]


def check_documents(pages):
    several = pages.get("several.tif", [])
    forms = [page["form"] for page in several]
    check(forms == [None, "referral-status", None, "referral-status", None, "care-liaison"], "several.tif: %s" % forms)
    if len(several) == 6:
        for at, values in ((1, PATIENT), (3, OTHER), (5, LIAISON)):
            wrong = wrong_values(several[at], values)
            check(not wrong, "several.tif page %d: %s" % (at + 1, wrong))
        for at in (0, 2, 4):
            check(several[at]["state"] == "no_form" and several[at]["fields"] == {}, "several.tif page %d" % (at + 1))
        named = ((1, "patient_name"), (3, "patient_name"), (5, "user_name"))
        names = [several[at]["fields"][field]["value"] for at, field in named]
        check(names == ["山本 敏子", "大西 清", "森本 勇"], "patients: %s" % names)
    for name in ("short-half.tif", "short-quarter.tif"):
        page, = pages.get(name) or [{"state": "missing", "reason": "", "fields": {}, "form": None}]
        print(name, page["state"], page["form"], page["reason"])
        check(page["state"] in ("incomplete", "no_form") and page["reason"], "%s: %s %s" % (name, page["state"], page["reason"]))
        guesses = [field for field, value in page["fields"].items() if not value["review"]]
        check(guesses == [], "%s: accepted: %s" % (name, guesses))
    check(pages["short-half.tif"][0]["state"] == "incomplete", "half a sheet: %s" % pages["short-half.tif"][0]["state"])


# ---- forms from outside

NURSING = {"patient_name": "山本 敏子", "sex": ["female"], "notice_date.year": "8", "notice_date.month": "11", "notice_date.day": "19",
           "urgency": ["soon"], "office": "見本訪問看護", "staff": "岡田 直美", "tel": "06-0000-5100"}


INQUIRY = {"patient_kana": "ヤマモト トシコ", "patient_name": "山本 敏子", "sex": ["female"], "birth_era": ["showa"], "birth_date.year": "12",
           "birth_date.month": "3", "birth_date.day": "4", "inquiry_status": ["in_hospital"], "planned_date.year": "8",
           "planned_date.month": "12", "planned_date.day": "10"}


def make_extra(folder):
    for n, (y_dpi, pen) in enumerate(((196, TYPED), (98, TYPED), (196, HAND))):
        pages = [{"form": "nursing-notice", "edition": "osaka-2026", "values": NURSING, "pen": pen},
                 {"form": "referral-status", "edition": "ikuno-2026", "values": PATIENT, "pen": pen},
                 {"form": "referral-status", "edition": "higashinari-2015", "values": PATIENT, "pen": pen},
                 {"form": "inquiry", "edition": "higashinari-2026", "values": INQUIRY, "pen": pen}]
        fax = {"received": RECEIVED, "y_dpi": y_dpi, "noise": 8, "skew_deg": 0.4, "specks": 20, "seed": n}
        subprocess.run([MAKE_SHEET, "--forms", str(EXTRA), "-", str(folder / ("extra-%d.tif" % n))],
                       input=json.dumps({"fax": fax, "pages": pages}).encode(), check=True)
    return ["extra-%d.tif" % n for n in range(3)]


def check_extra(folder, names):
    status, pages, said, _ = read("--forms", EXTRA, "--directory", DIRECTORY, *[folder / name for name in names])
    check(status == 0 and not said, "extra forms: %s" % said)
    wanted = [("nursing-notice", "osaka-2026", NURSING), ("referral-status", "ikuno-2026", PATIENT),
              ("referral-status", "higashinari-2015", PATIENT), ("inquiry", "higashinari-2026", INQUIRY)]
    for name in names:
        for page, (form, edition, values) in zip(pages.get(name, []), wanted):
            where = "%s page %d" % (name, page["page"])
            check((page["form"], page["edition"]) == (form, edition), "%s: %s %s" % (where, page["form"], page["edition"]))
            if page["form"] != form:
                continue
            wrong = wrong_values(page, values)
            check(not wrong, "%s: %s" % (where, wrong))
            count = accepted(page, values)
            print("%s %s %s: %d of %d written fields accepted" % (where, form, edition, count, len(values)))
            check(count >= len(values) * 0.5, "%s: %d of %d accepted" % (where, count, len(values)))
        check(len(pages.get(name, [])) == len(wanted), "%s: %d pages" % (name, len(pages.get(name, []))))


# ---- bad files

def make_bad(folder):
    """name -> what its one line must say"""
    plain = (folder / "plain.tif").read_bytes()
    (folder / "bad-empty.tif").write_bytes(b"")
    (folder / "bad-truncated.tif").write_bytes(plain[:len(plain) // 2])
    write_tiff(folder / "bad-enormous.tif", 60000, 60000, None)
    write_tiff(folder / "page.tif", 64, 8, b"\0" * 64)
    convert(*[folder / "page.tif"] * 500, folder / "bad-long.tif")
    (folder / "bad-no-page.tif").write_bytes(b"II*\0\0\0\0\0")
    (folder / "bad-no-page.pdf").write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                                             b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    subprocess.run(["qpdf", "--encrypt", "secret", "owner", "256", "--",
                    str(SOURCE / "forms" / "outcome" / "higashinari-2015" / "blank.pdf"), str(folder / "bad-secret.pdf")], check=True)
    (folder / "bad-letter.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (folder / "bad-truncated.png").write_bytes((folder / "way-png.png").read_bytes()[:4000])
    return {"bad-empty.tif": "empty", "bad-truncated.tif": "damaged or was cut off", "bad-enormous.tif": "60000 x 60000",
            "bad-long.tif": "more than 200 pages", "bad-no-page.tif": "no pages", "bad-no-page.pdf": "no pages",
            "bad-secret.pdf": "password", "bad-letter.doc": "not a TIFF, PDF, PNG or JPEG", "bad-truncated.png": "damaged PNG"}


def check_bad(folder, bad, pages, said):
    check(len(said) == len(bad), "%d lines for %d bad files: %s" % (len(said), len(bad), said))
    for name, says in bad.items():
        lines = [line for line in said if str(folder / name) in line]
        check(len(lines) == 1 and says in lines[0], "%s: %s" % (name, lines))
        check(name not in pages, "%s: pages were printed" % name)


def check_zone(folder, name, printed):
    """Not a byte depends on where and in which language the program runs."""
    _, _, _, there = read("--directory", DIRECTORY, folder / name, folder / "dated-0.tif", TZ="America/New_York", LC_ALL="C")
    here = b"".join(line + b"\n" for line in printed.splitlines()
                    if line.find(b'"file":"%s"' % str(folder / name).encode()) >= 0 or b"/dated-0.tif" in line)
    check(len(there) > 1000 and sorted(there.splitlines()) == sorted(here.splitlines()), "zone or locale changes the output")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tasuki-faxes-"))
    try:
        dated = make_dated(folder)
        ways = make_ways(folder)
        documents = make_documents(folder)
        bad = make_bad(folder)
        extra = make_extra(folder)
        names = [*dated, *bad, *ways, *documents]
        status, pages, said, printed = read("--directory", DIRECTORY, "--received", RECEIVED + "+09:00", *[folder / n for n in names])
        check(status == 1, "exit status with bad files: %d" % status)
        check_bad(folder, bad, pages, said)
        check_dated(dated, pages)
        check_ways(ways, pages)
        check_documents(pages)
        check_extra(folder, extra)
        check_zone(folder, "several.tif", printed)
        check_lines()
    finally:
        shutil.rmtree(folder)
    finish()


main()
