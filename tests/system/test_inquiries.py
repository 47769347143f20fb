#!/usr/bin/env python3
"""Hospitals that do not write back, over weeks of the program's own clock: asked by fax, asked again, told to a person; the page comes
back with a tick in it; what makes an inquiry wrong takes it back; two patients of one hospital go in one call. sendfax is a program of
this test, the pages are those that it was handed."""
import datetime
import os
import pathlib
import struct
import subprocess

from tasuki_site import Site, check, finish, make_sheet, wait_for

HOSPITAL = "06-0000-3101"  # 見本中央病院 地域医療連携室
PRINTED = "06-4306-3829"   # on the blanks of this edition
JST = datetime.timezone(datetime.timedelta(hours=9))
SENDFAX = """#!/bin/sh
for last; do :; done
cp "$last" %(root)s/last.tif
printf '%%s\\n' "$@" > %(root)s/last.args
echo "request id is 7 (group id 7) for host localhost (1 file)"
"""
FAX = """fax:
  channel: "hylafax"
  server: "127.0.0.1:1"
  program: "%(root)s/sendfax"
  spool: "%(root)s/hylafax"
  timeout_s: 5
"""
INQUIRIES = """inquiries:
  after_days: 21
  again_days: 14
  due_days: 7
  limit: 2
"""
BOX = {"in_hospital": (22.0, 138.0), "moved": (22.0, 147.0), "discharge": (60.0, 200.0)}  # forms/inquiry: 3.44 mm squares
REFERRAL = {"to_hospital": "見本中央", "from_clinic": "見本内科クリニック", "referral_date.year": "令和8",
            "referral_date.month": "11", "referral_date.day": "2", "birth_date.month": "5"}
PATIENTS = {"A": ("森 節子", "モリ セツコ", "12"), "B": ("岡 一郎", "オカ イチロウ", "9"), "C": ("谷 清", "タニ キヨシ", "7"), "D": ("原 トメ", "ハラ トメ", "5")}


class Office:
    """The site, at a day of its own."""

    def __init__(self):
        self.site = Site()
        self.root = pathlib.Path(self.site.root)
        os.chmod(self.root, 0o777)
        program = self.root / "sendfax"
        program.write_text(SENDFAX % {"root": self.root})
        program.chmod(0o755)
        (self.root / "hylafax" / "sendq").mkdir(parents=True)
        path = self.site.dir / "tasuki.yaml"
        text = path.read_text().replace("fax:\n  channel: \"by-hand\"\n", FAX % {"root": self.root})
        path.write_text(text + "\n" + INQUIRIES)
        self.know_numbers()

    def know_numbers(self):
        csv = self.root / "printed.csv"
        csv.write_text("kind,name,department,ward,fax,email,phone\ncoordination_office,受信専用,,東成区,%s,,\n" % PRINTED)
        csv.chmod(0o644)
        for one in (self.site.dir / "directory.csv", csv):
            self.site.run("directory", "import", str(one), "--by", "係")
        for number in (HOSPITAL, PRINTED):
            entry = self.site.query("SELECT id FROM institutions WHERE fax = ? AND office_id = 'higashinari'", number)[0][0]
            for who in ("佐藤", "鈴木"):
                self.site.run("directory", "verify", str(entry), "--channel", "fax", "--how", "letterhead", "--by", who)

    def at(self, day, clock="10:30"):
        """The gateway goes on at this moment, and has looked around once."""
        self.site.stop()
        moment = datetime.datetime.fromisoformat("%sT%s:00" % (day, clock)).replace(tzinfo=JST)
        self.site.env["TASUKI_CLOCK"] = "rate=1,offset_s=%d" % (moment - datetime.datetime.now(JST)).total_seconds()
        self.site.serve()

    def referral(self, key):
        """A confirmed referral of 2 November with its patient, and consent; the number of its case."""
        site = self.site
        before = site.query("SELECT coalesce(max(id), 0) FROM sheets")[0][0]
        file = self.root / ("%s.tif" % key)
        make_sheet(file, [{"form": "referral-status", "values": {"consent": ["yes"]}}], header="REFERRAL " + key, compression="g4")
        site.drop("higashinari", file.name, file.read_bytes())
        wait_for(lambda: site.query("SELECT count(*) FROM sheets WHERE id > ?", before)[0][0] == 1, 60, "referral %s is read" % key)
        sheet = str(site.query("SELECT max(id) FROM sheets")[0][0])
        name, kana, day = PATIENTS[key]
        values = {**REFERRAL, "patient_name": name, "patient_kana": kana, "birth_era": "showa", "birth_date.year": "8", "birth_date.day": day}
        for field, value in values.items():
            site.run("sheet", "set", sheet, field, value, "--by", "佐藤")
        if site.query("SELECT case_number FROM sheets WHERE id = ?", sheet)[0][0] is None:
            site.run("sheet", "link", sheet, "new", "--by", "佐藤")
        site.run("sheet", "confirm", sheet, "--accept-all", "--by", "佐藤")
        case = site.query("SELECT case_number FROM sheets WHERE id = ?", sheet)[0][0]
        todos = site.query("SELECT count(*) FROM todos WHERE kind = 'consent' AND case_number = ? AND done = ''", case)
        check(todos == [(1,)], "%s: a person is asked about consent: %s" % (key, todos))
        site.run("consent", "record", case, "--scope", "medical", "--giver", "patient", "--how", "sheet", "--by", "佐藤")
        todos = site.query("SELECT count(*) FROM todos WHERE kind = 'consent' AND case_number = ? AND done = ''", case)
        check(todos == [(0,)], "%s: and no longer when it is recorded" % key)
        return case

    def states(self, case):
        return [row[0] for row in self.site.query("SELECT state FROM inquiries WHERE case_number = ? ORDER BY id", case)]

    def wait(self, case):
        return self.site.query("SELECT state FROM waits WHERE case_number = ?", case)[0][0]

    def calls(self):
        return self.site.query("SELECT id, state, enclosed FROM notices WHERE event = 'inquiry.call' ORDER BY rowid")

    def deliver_call(self, count, pages):
        """The newest call is handed to sendfax, and the line says that it arrived."""
        if not wait_for(lambda: len(self.calls()) == count and self.calls()[-1][1] == "sent", 60, "call %d leaves" % count):
            print(self.site.query("SELECT kind, text FROM todos WHERE done = '' AND kind LIKE 'inquiry%'"), self.calls(), flush=True)
        tag, _, enclosed = self.calls()[-1]
        check(enclosed == pages, "call %d has a page a patient: %d" % (count, enclosed))
        info = subprocess.run(["tiffinfo", str(self.root / "last.tif")], capture_output=True, text=True).stdout
        check(info.count("Image Width: 1728") == 2 + pages, "送信票, list and %d pages: %s" % (pages, info.count("Image Width: 1728")))
        job = self.root / "hylafax" / "sendq" / "q7"
        job.write_text("tts:0\nstate:7\nnpages:%d\ntotpages:%d\nstatus:\njobtag:%s\ncsi:\n" % (2 + pages, 2 + pages, tag))
        job.chmod(0o644)
        self.site.run("fax-notify", str(job), "done", "0:40")
        check(self.calls()[-1][1] == "delivered", "call %d is delivered: %s" % (count, self.calls()[-1][1]))


def tick(source, page, boxes, out):
    """One page of a fax with ticks in these boxes, as a person with a pen makes them."""
    plain = str(out) + ".plain"
    subprocess.run(["tiffcp", "-c", "none", "-r", "100000", "%s,%d" % (source, page), plain], check=True, stderr=subprocess.DEVNULL)
    data = bytearray(pathlib.Path(plain).read_bytes())
    order = "<" if data[:2] == b"II" else ">"
    at, = struct.unpack_from(order + "I", data, 4)
    count, = struct.unpack_from(order + "H", data, at)
    tags = {}
    for i in range(count):
        tag, kind, _, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * i)
        tags[tag] = struct.unpack_from(order + "H", data, at + 2 + 12 * i + 8)[0] if kind == 3 else value
    width, start, white_is_zero = tags[256], tags[273], tags.get(262, 0) == 0
    margin = (width - 210 / 25.4 * 204) / 2
    for left, top in boxes:
        for step in range(0, 400):  # two strokes, corner to corner
            part = step / 399
            for x_mm, y_mm in ((left + 0.3 + 2.9 * part, top + 0.3 + 2.9 * part), (left + 3.2 - 2.9 * part, top + 0.3 + 2.9 * part)):
                for dx in range(-2, 3):
                    for dy in range(-2, 3):
                        x, y = int(x_mm / 25.4 * 204 + margin) + dx, int(y_mm / 25.4 * 196) + dy
                        byte = start + y * ((width + 7) // 8) + x // 8
                        bit = 0x80 >> (x % 8)
                        data[byte] = data[byte] | bit if white_is_zero else data[byte] & ~bit
    pathlib.Path(plain).write_bytes(data)
    subprocess.run(["tiffcp", "-c", "g4", plain, str(out)], check=True, stderr=subprocess.DEVNULL)
    os.unlink(plain)


def come_back(office, page, boxes, name):
    """The page is faxed back with ticks; the number of its sheet."""
    before = office.site.query("SELECT max(id) FROM sheets")[0][0]
    out = office.root / name
    tick(office.root / "last.tif", page, boxes, out)
    office.site.drop("higashinari", name, out.read_bytes())
    wait_for(lambda: office.site.query("SELECT max(id) FROM sheets")[0][0] > before, 60, name + " is read")
    sheet, form, case = office.site.query("SELECT id, form, coalesce(case_number, proposed_case) FROM sheets ORDER BY id DESC LIMIT 1")[0]
    office.site.run("sheet", "link", str(sheet), case, "--by", "佐藤")  # no text is read on this site: a person says that it is right
    return sheet, form, case


def marked(office, sheet, field):
    return office.site.query("SELECT value FROM fields WHERE sheet_id = ? AND field = ?", sheet, field)[0][0]


def asked_twice_then_a_person(office, a, b):
    office.at("2026-11-20")  # 18 days: too early
    office.at("2026-11-23")  # 21 days, a Monday
    office.deliver_call(1, 2)
    office.at("2026-11-24")
    wait_for(lambda: office.states(a) == ["asked"] and office.states(b) == ["asked"], 60, "both are asked")
    due = office.site.query("SELECT due FROM inquiries WHERE case_number = ?", a)[0][0]
    check(due == "2026-12-01", "an answer is asked for by the due date: " + due)
    check(len(office.calls()) == 1, "two patients of one hospital, one call")


def in_hospital(office, a):
    sheet, form, case = come_back(office, 2, [BOX["in_hospital"]], "back-a.tif")
    check((form, case) == ("inquiry", a), "the code brings the page to its case: %s %s" % (form, case))
    check(marked(office, sheet, "inquiry_status") == "in_hospital", "入院中 is read: " + marked(office, sheet, "inquiry_status"))
    check(office.wait(a) == "look", "nobody is asked while it lies on the desk: " + office.wait(a))
    office.site.run("sheet", "confirm", str(sheet), "--accept-all", "--by", "佐藤")
    check(office.states(a) == ["answered"] and office.wait(a) == "waiting", "answered, and the clock starts anew: %s" % office.states(a))
    since = office.site.query("SELECT since FROM waits WHERE case_number = ?", a)[0][0]
    check(since == "2026-11-24", "from the day on which it came: " + since)


def again_and_a_person(office, a, b):
    office.at("2026-12-08")  # 14 days after they were asked
    office.deliver_call(2, 1)
    check(office.states(b) == ["overdue", "calling"], "asked again: %s" % office.states(b))
    check(office.states(a) == ["answered"], "the other one is not")
    office.at("2026-12-09")
    wait_for(lambda: office.states(b)[-1] == "asked", 60, "asked the second time")
    todo = "SELECT text FROM todos WHERE kind = 'inquiry_overdue' AND case_number = ? AND done = ''"
    check(office.site.query(todo, b) == [], "not a person's yet")
    office.at("2026-12-17")  # the due date has passed, and it was the last time
    wait_for(lambda: len(office.site.query(todo, b)) == 1, 60, "a person is told")
    check("2 回照会" in office.site.query(todo, b)[0][0], "how often")
    check("overdue" in office.site.run("morning", "--since", "2026-12-17 00:00").stdout, "it stands in the morning list")
    paper = office.root / "morning.pdf"
    office.site.run("morning", "--since", "2026-11-01 00:00", "--pdf", str(paper), "--by", "佐藤")
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True).stdout
    check("回答のない照会" in text and "転帰を待っている案件" in text, "and on paper: " + text[:600])


def moved(office, a):
    office.deliver_call(3, 1)  # three weeks after 入院中 came
    office.at("2026-12-18")
    wait_for(lambda: office.states(a)[-1] == "asked", 60, "asked anew")
    sheet, form, case = come_back(office, 2, [BOX["moved"], BOX["discharge"]], "back-a-again.tif")
    check((form, case) == ("inquiry", a), "the page to its case: %s %s" % (form, case))
    check((marked(office, sheet, "inquiry_status"), marked(office, sheet, "outcome")) == ("moved", "discharge"), "転院・退院済み, 退院 are read: %s" %
          office.site.query("SELECT field, value, read_value, reason, confidence FROM fields WHERE sheet_id = ? AND field IN ('inquiry_status', 'outcome')", sheet))
    for field, value in {"move_date.year": "8", "move_date.month": "12", "move_date.day": "10"}.items():
        office.site.run("sheet", "set", str(sheet), field, value, "--by", "佐藤")
    office.site.run("sheet", "confirm", str(sheet), "--accept-all", "--by", "佐藤")
    check(office.states(a)[-1] == "answered" and office.wait(a) == "none", "answered for good: %s %s" % (office.states(a), office.wait(a)))


def taken_back(office, c, d):
    office.at("2026-12-21", "09:00")  # before the time of the calls
    for case in (c, d):
        sent = office.site.run("inquiry", "send", case, "--by", "佐藤", check_status=False)
        check(sent.returncode == 0 or "open inquiry already" in sent.stderr, "sent, or planned by the gateway a moment before: " + sent.stderr)
        check(office.states(case) == ["planned"], "planned: %s" % office.states(case))
    office.site.run("case", "close", c, "--as", "died", "--by", "佐藤")
    check(office.states(c) == ["cancelled"] and office.wait(c) == "closed", "a death takes it back at once: %s" % office.states(c))
    office.site.run("consent", "withdraw", d, "--scope", "medical", "--by", "佐藤")
    check(office.states(d) == ["cancelled"] and office.wait(d) == "no_consent", "and withdrawn consent does: %s" % office.states(d))
    refused = office.site.run("inquiry", "send", d, "--by", "佐藤", check_status=False)
    check(refused.returncode == 1 and "同意" in refused.stderr, "nobody may be asked now: " + refused.stderr)
    before = len(office.calls())
    office.at("2026-12-21", "10:30")
    wait_for(lambda: office.site.query("SELECT count(*) FROM inquiries WHERE state IN ('planned', 'calling')") == [(0,)], 30, "nothing is planned")
    check(len(office.calls()) == before, "nothing left")


def the_ledger(office, a, d):
    lines = office.site.run("case", "ledger", a, "--plain", "--by", "佐藤").stdout.splitlines()
    check(sum("\tinquiry\t" in line and "delivered" in line for line in lines) == 2, "both pages stand in the ledger: %s" % lines)
    check(all("sheet, 佐藤" in line for line in lines if "\tinquiry\t" in line), "with the consent that stood: %s" % lines)
    lines = office.site.run("case", "ledger", d, "--plain", "--by", "佐藤").stdout
    check("delivered" not in lines, "nobody was told of D: " + lines)


def main():
    office = Office()
    try:
        office.at("2026-11-04")
        cases = {key: office.referral(key) for key in ("A", "B")}
        check(office.site.query("SELECT count(*) FROM inquiries") == [(0,)], "nobody is asked at once")
        asked_twice_then_a_person(office, cases["A"], cases["B"])
        in_hospital(office, cases["A"])
        again_and_a_person(office, cases["A"], cases["B"])
        moved(office, cases["A"])
        office.at("2026-12-19")  # a Saturday: what is planned does not leave
        cases.update({key: office.referral(key) for key in ("C", "D")})
        taken_back(office, cases["C"], cases["D"])
        the_ledger(office, cases["A"], cases["D"])
        listed = [line.split("\t") for line in office.site.run("case", "waiting", "--plain").stdout.splitlines()]
        check([line[3] for line in listed] == sorted(line[3] for line in listed), "what waits longest stands first: %s" % listed)
        office.site.stop()
        check("Sanitizer" not in office.site.log_text(), "a sanitizer complains")
    finally:
        office.site.close()
    finish()


main()
