"""One office of two moves to a site that holds another office with the same row numbers; then it goes where it was."""
import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import threading
import time

from tasuki_site import BUILD, OUTCOME_PAGE, SOURCE, Site, check, contents, finish, make_sheet, wait_for

TASUKI = str(BUILD / "tasuki")
SAMPLE = SOURCE / "config" / "sample" / "sheets" / "higashinari" / "01-referral.tif"
QUEUED = "01JDAAAAAA0000000000000001"
OFFICE, OTHER = "higashinari", "ikuno"
PRINTED = "06-4306-3829"  # on the blank of this edition
WORDS = {"sheet": "sheets", "institution": "institutions", "todo": "todos", "inquiry": "inquiries", "incident": "incidents",
         "difficult": "difficult", "page": "pages", "consent": "consents", "report": "reports", "contact": "contacts",
         "gathering": "gatherings", "disposal": "disposals", "reread": "rereads", "verification": "verifications"}
REFERENCE = re.compile(r"(?<![A-Za-z0-9])(%s):(\d+)(?![-A-Za-z0-9])" % "|".join(WORDS))
# What a person wrote or reads: left as it is.
PROSE = {"subject", "body", "text", "detail", "words", "why", "note", "content", "reading", "certificate", "reason", "settled_note",
         "decided_why", "lifted_why", "value", "read_value", "old_value", "new_value", "alternatives"}
STAY = {"offices", "sources", "claims", "accounts", "account_grants", "recovery_codes", "sessions", "sign_in_failures", "sign_in_places",
        "desk_state", "audit", "audit_head", "audit_moved", "moves", "purging", "purge_files", "passphrases", "sqlite_sequence"}
PARENTS = {"fields": "sheet_id IN (SELECT id FROM sheets WHERE office_id = ?)", "problems": "sheet_id IN (SELECT id FROM sheets WHERE office_id = ?)",
           "desk_grams": "sheet_id IN (SELECT id FROM sheets WHERE office_id = ?)",
           "field_history": "field_id IN (SELECT f.id FROM fields f JOIN sheets s ON s.id = f.sheet_id WHERE s.office_id = ?)",
           "field_readings": "field_id IN (SELECT f.id FROM fields f JOIN sheets s ON s.id = f.sheet_id WHERE s.office_id = ?)",
           "deliveries": "notice_id IN (SELECT id FROM notices WHERE office_id = ?)",
           "todo_results": "todo_id IN (SELECT id FROM todos WHERE office_id = ?)"}


def open_db(site):
    return contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (site.dir / "store" / "tasuki.db"), uri=True, timeout=30))


def tables_of(db):
    return [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if row[0] not in STAY]


def rows_of(db, table, office):
    """[{column: value}] in the order in which they came."""
    db.row_factory = sqlite3.Row
    keyed = db.execute("SELECT wr FROM pragma_table_list(?)", (table,)).fetchone()[0]
    order = "1, 2" if keyed else "rowid"
    return [dict(row) for row in db.execute("SELECT * FROM %s WHERE %s ORDER BY %s" % (table, PARENTS.get(table, "office_id = ?"), order), (office,))]


def all_rows(site, office):
    with open_db(site) as db:
        return {table: rows_of(db, table, office) for table in tables_of(db)}


def keys_of(site):
    """{table: {column: table it leads to}} as the schema says, and two columns that it does not say."""
    with open_db(site) as db:
        keys = {table: {row[3]: row[2] for row in db.execute("PRAGMA foreign_key_list(%s)" % table)} for table in tables_of(db)}
    keys["desk_sheets"]["twin"] = "sheets"
    keys["desk_cases"]["sheet_id"] = "sheets"
    keys["desk_grams"]["sheet_id"] = "sheets"
    return keys


def translated(table, row, keys, numbers):
    """What a row of the former site must be at the new one; worked out here, without the program."""
    def in_text(value):
        return REFERENCE.sub(lambda m: "%s:%d" % (m[1], numbers[WORDS[m[1]]].get(int(m[2]), -1)), value)

    out = {}
    for column, value in row.items():
        to = keys[table].get(column)
        if isinstance(value, int) and column == "id" and table in numbers:
            value = numbers[table][value]
        elif isinstance(value, int) and to in numbers:
            value = numbers[to].get(value, 0 if value == 0 else -1)
        elif isinstance(value, str) and column not in PROSE:
            value = in_text(value)
        if table == "case_events" and column == "key" and row["kind"] in ("consent", "inquiry"):
            value = in_text(row["kind"] + ":" + row["key"])[len(row["kind"]) + 1:]
        if table in ("legal_holds", "disposal_items") and column == "subject" and row["kind"] == "incident":
            value = str(numbers["incidents"][int(value)])
        if table == "documents" and column == "handed_to" and value is not None:
            value = "*"
        out[column] = value
    return out


def compare(old, new, keys):
    numbers = {table: dict(zip((r["id"] for r in old[table]), (r["id"] for r in new[table])))
               for table in old if old[table] and isinstance(old[table][0].get("id"), int)}
    for table, rows in sorted(old.items()):
        check(len(rows) == len(new[table]), "%s: %d rows, not %d" % (table, len(new[table]), len(rows)))
        for before, after in zip(rows, new[table]):
            want = translated(table, before, keys, numbers)
            for column in want:
                if want[column] != after[column]:
                    check(False, "%s.%s: %r became %r, not %r" % (table, column, before[column], after[column], want[column]))
    return numbers


def fill(site, office):
    """A row at least in every table that moves, with everything that may name another row."""
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=30)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        number = db.execute("SELECT number FROM cases WHERE office_id = ? ORDER BY 1", (office,)).fetchone()[0]
        sheet, page = db.execute("SELECT id, page_id FROM sheets WHERE office_id = ? ORDER BY id", (office,)).fetchone()
        field = db.execute("SELECT id FROM fields WHERE sheet_id = ? ORDER BY id", (sheet,)).fetchone()[0]
        place = db.execute("SELECT max(id) FROM institutions WHERE office_id = ?", (office,)).fetchone()[0]
        notice = "01JD%s0000000000000000" % ("A" * 6 if office == OFFICE else "B" * 6)
        now = "2026-11-25T00:00:00.000Z"

        def add(table, **values):
            names = ", ".join('"%s"' % name for name in values)
            marks = ", ".join("?" * len(values))
            return db.execute("INSERT INTO %s (%s) VALUES (%s)" % (table, names, marks), list(values.values())).lastrowid

        whom = "institution:%d" % place
        add("notices", id=notice, office_id=office, sheet_id=sheet, document="", case_number=number, about="sheet:%d/2" % sheet, event="e", rule="r",
            recipient=whom, kind="disclosure", state="delivered", reason="", channel="fax", destination="0612345678", subject="", body="",
            batch="", created=now, next_attempt=now)
        add("deliveries", notice_id=notice, attempt=1, who="s", started=now, result="delivered")
        todo = add("todos", office_id=office, sheet_id=sheet, document="", case_number=number, about="wait:%s:2026-01-01:%s" % (number, whom),
                   event="e", rule="r", recipient=whom + "#0a1b", kind="call", text="山田太郎さんの件", created=now)
        add("todo_results", todo_id=todo, at=now, by="佐藤", result="done", whom="", at_what="", again="", note="")
        add("field_readings", field_id=field, at=now, reader="r", weights="w", calibration="c", value="v", confidence=0.1 + 0.2, review=0, reason="")
        add("problems", sheet_id=sheet, field="", code="c", text="t")
        add("rereads", office_id=office, page_id=page, form="", edition="", asked=now, asked_by="佐藤", state="dropped")
        add("sheet_events", sheet_id=sheet, office_id=office, event="e", basis="told r " + whom, key="k", at=now)
        consent = add("consents", office_id=office, case_number=number, scope="care", state="recorded", giver="家族", how="paper", by="佐藤", at=now, note="")
        add("case_events", case_number=number, office_id=office, kind="consent", key=str(consent), at=now, by="佐藤", detail="care recorded")
        inquiry = add("inquiries", office_id=office, case_number=number, hospital="H", recipient=whom, since="2026-01-01", round=1, state="overdue",
                      day="2026-01-02", call=notice, created=now, by="casework")
        add("case_events", case_number=number, office_id=office, kind="inquiry", key="%d overdue" % inquiry, at=now, by="casework", detail="")
        first = add("contacts", office_id=office, day="2026-11-25", counterpart="hospital", kind="coordination", case_number=number, minutes=5, text="",
                    source="todo:%d" % todo, by="佐藤", at=now, ended=now, ended_by="佐藤", why="誤記")
        add("contacts", office_id=office, day="2026-11-25", counterpart="hospital", kind="coordination", case_number=None, minutes=6, text="",
            source="", replaces=first, by="佐藤", at=now)
        add("gatherings", office_id=office, day="2026-11-25", form="meeting", host="related", care_meeting=1, minutes=60, text="", by="佐藤", at=now)
        add("contact_declined", office_id=office, source="todo:%d" % todo, by="佐藤", at=now)
        report = add("reports", office_id=office, layout="daily", form="3", title="様式3", first="2026-11-01", last="2026-11-30", version=1,
                     state="approved", content="{}", made=now, made_by="佐藤", approved=now, approved_by="田中")
        add("report_sendings", report_id=report, office_id=office, way="post", day="2026-11-25", by="佐藤", at=now)
        incident = add("incidents", office_id=office, kind="mis_sent", notice_id=notice, case_number=number, known=now, opened=now, opened_by="佐藤",
                       state="no_leak", closed=now, closed_by="田中")
        add("incident_entries", incident_id=incident, office_id=office, what="phone", text="", done=now, at=now, by="佐藤")
        difficult = add("difficult", office_id=office, case_number=number, state="proposed", why="w", fields="a,b", institution_id=place, desk="窓口",
                        way="hand", proposed=now, proposed_by="佐藤")
        add("notices", id=notice[:-1] + "2", office_id=office, document="", case_number=number, about="difficult:%d" % difficult, event="e", rule="r",
            recipient=whom, kind="alert", state="cancelled", reason="", channel="email", destination="a@tasuki.example", subject="s", body="b",
            batch="", created=now, next_attempt=now)
        add("legal_holds", office_id=office, kind="case", subject=number, placed=now, placed_by="佐藤", why="訴訟")
        disposal = add("disposals", office_id=office, state="refused", due_by="2026-04-01", proposed=now, proposed_by="佐藤", decided=now, decided_by="田中")
        add("disposal_items", disposal_id=disposal, office_id=office, kind="case", subject=number, kept_until="2026-03-31", state="left", reason="held")
        add("disposal_items", disposal_id=disposal, office_id=office, kind="incident", subject=str(incident), kept_until="2026-03-31", state="left")
        add("legal_holds", office_id=office, kind="incident", subject=str(incident), placed=now, placed_by="佐藤", why="監査")
        db.execute("INSERT OR IGNORE INTO desk_grams (gram, sheet_id) VALUES ('山田', ?)", (sheet,))
        db.execute("INSERT OR REPLACE INTO waits VALUES (?, ?, 'look', 'H', ?, '2026-01-01', '', 0, ?)", (number, office, whom, sheet))
        db.execute("UPDATE desk_sheets SET twin = ? WHERE sheet_id = (SELECT max(id) FROM sheets WHERE office_id = ?)", (sheet, office))
        add("case_events", case_number=number, office_id=office, kind="page", key="page:%d" % page, at=now, by="佐藤", detail="")
        db.commit()


def queue_one(site):
    """Due for long; but the office is leaving."""
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=30)) as db:
        db.execute("INSERT INTO notices (id, office_id, document, case_number, about, event, rule, recipient, kind, state, reason, channel, destination, "
                   "subject, body, batch, created, next_attempt) SELECT '%s', office_id, '', case_number, 'queued', event, rule, recipient, 'alert', 'queued', "
                   "'', 'email', destination, subject, body, '', created, '2020-01-01T00:00:00.000Z' FROM notices WHERE office_id = '%s' AND state = 'cancelled'"
                   % (QUEUED, OFFICE))
        db.commit()


def know_the_number(site, offices):
    path = os.path.join(site.root, "directory.csv")
    with open(path, "w", encoding="utf-8") as out:
        out.write("kind,name,department,ward,fax,email,phone\ncoordination_office,東成区医師会 受信専用,,東成区,%s,,\n" % PRINTED)
    os.chmod(path, 0o644)
    for office in sorted(offices):  # not of one that is still to come
        site.run("directory", "import", path, "--office", office, "--by", "tester")
    with open_db(site) as db:
        for entry, in db.execute("SELECT id FROM institutions").fetchall():
            for person in ("tester one", "tester two"):
                site.run("directory", "verify", str(entry), "--channel", "fax", "--how", "letterhead", "--by", person)


def work(site, page, names):
    """Faxes of both offices are read, confirmed and put to cases."""
    for office, name, data in names(page):
        site.drop(office, name, data)
    site.wait_idle(90)
    for sheet, in site.query("SELECT id FROM sheets ORDER BY id"):
        site.run("sheet", "confirm", str(sheet), "--accept-all", "--by", "佐藤")
        if site.query("SELECT case_number FROM sheets WHERE id = ?", sheet) == [(None,)]:
            site.run("sheet", "link", str(sheet), "new", "--by", "佐藤")
    site.wait_idle(60)
    offices = {office for office, _, _ in names(page)}
    know_the_number(site, offices)
    wait_for(lambda: site.query("SELECT count(*) FROM notices WHERE state IN ('queued', 'sending')") == [(0,)], 60, "all are told")
    for office in sorted(offices):
        fill(site, office)


def export(site, key):
    folder = os.path.join(site.root, "out")
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o777)
    done = site.run("office", "export", OFFICE, "--for", key, "--to", folder, "--by", "佐藤")
    path = re.search(r"^(\S+\.office):", done.stdout, re.M)[1]
    os.chmod(path, 0o644)
    return path, re.search(r"^digest (\w{64})$", done.stdout, re.M)[1]


def state_of(site):
    """Everything that an import may not touch when it is refused: rows, files, spool."""
    with open_db(site) as db:
        rows = {table: sorted(map(repr, db.execute("SELECT * FROM %s" % table).fetchall()))
                for table, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() if table not in ("desk_state", "claims")}
    files = sorted(str(path) for path, _ in contents(site.dir / "archive", site.dir / "spool"))
    return rows, files


def test_refused(site, path, digest, key_of_nobody):
    """Whatever is wrong with it, nothing is changed."""
    whole = open(path, "rb").read()
    before = state_of(site)
    dice = random.Random(20261125)
    broken = os.path.join(site.root, "broken.office")

    def refused(what, data, *args):
        with open(broken, "wb") as out:
            out.write(data)
        os.chmod(broken, 0o644)
        done = site.run("office", "import", broken, *(args or ("--digest", digest)), "--by", "田中", check_status=False)
        check(done.returncode == 1 and done.stderr.startswith("tasuki: "), "%s: %s%s" % (what, done.stdout, done.stderr))
        return done.stderr

    for at in (0, 20, 95, 120, len(whole) // 2, len(whole) - 1, *(dice.randrange(len(whole)) for _ in range(6))):
        refused("byte %d is another" % at, whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1:])
    for cut in (0, 10, 96, 140, len(whole) // 3, len(whole) - 1):
        refused("cut at %d" % cut, whole[:cut])
    refused("something behind it", whole + b"x")
    chunk = 65536 + 17
    if len(whole) > 96 + 44 + 2 * chunk:
        refused("a piece is missing", whole[:140 + chunk] + whole[140 + 2 * chunk:])
    check("not what was said" in refused("another digest", whole, "--digest", "0" * 64), "the digest")
    check("not what was said" in refused("a digest of 4 characters", whole, "--digest", digest[:4]), "a short digest")
    check("closed for another site" in refused("closed for another site", open(key_of_nobody, "rb").read()), "another site's")
    check(state_of(site) == before, "a refused import changes nothing")


def test_killed(site, path, digest):
    """At random moments: the office is there whole, or not at all."""
    command = [TASUKI, "office", "import", path, "--digest", digest, "--by", "田中", "--site", str(site.dir)]
    dice = random.Random(7)
    seen = set()
    span = 0.5
    for _ in range(12):
        began = time.monotonic()
        process = subprocess.Popen(command, env=site.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(dice.random() * span)
        if process.poll() is None:
            process.kill()
        elif process.returncode == 0:
            span = (time.monotonic() - began) * 0.9
        else:
            check(False, "the import failed by itself: %d" % process.returncode)
        process.wait()
        counts = {table: len(rows) for table, rows in all_rows(site, OFFICE).items()}
        seen.add(sum(counts.values()))
        if any(counts.values()):
            return counts
        span *= 1.3
    check(len(seen - {0}) <= 1, "a part of the office: %s" % seen)
    return None


def old_audit(site):
    with open_db(site) as db:
        return db.execute("SELECT seq, at, actor, action, detail, hash FROM audit WHERE office_id = ? ORDER BY seq", (OFFICE,)).fetchall()


def new_audit(site):
    with open_db(site) as db:
        return db.execute("SELECT m.old_seq, a.at, a.actor, a.action, a.detail, m.hash FROM audit a JOIN audit_moved m ON m.seq = a.seq "
                          "ORDER BY m.seq").fetchall()


def test_arrived(old_rows, old_entries, before, site, number, fax):
    keys = keys_of(site)
    new = all_rows(site, OFFICE)
    for rows in (old_rows, new):  # it is sent at once
        rows["notices"] = [row for row in rows["notices"] if row["id"] != QUEUED]
        rows["deliveries"] = [row for row in rows["deliveries"] if row["notice_id"] != QUEUED]
    check(not [table for table, rows in old_rows.items() if not rows], "a table without a row shows nothing: %s" % [t for t, r in old_rows.items() if not r])
    numbers = compare(old_rows, new, keys)
    check(all(n != o for o, n in numbers["sheets"].items()), "the row numbers were taken")
    check(all_rows(site, OTHER) == before, "rows of the other office did not change")
    came = new_audit(site)
    check(came == old_entries[:len(came)] and len(came) > 10, "the audit part: %d of %d entries" % (len(came), len(old_entries)))
    said = site.run("audit", "verify").stdout
    check("is whole" in said and "as they were at its former site" in said, said)
    said = site.run("doctor", "--verify").stdout
    check("0 faults" in said, said)
    # A desk's questions: the case, a page's picture, the original, who looked at what.
    sheet = new["sheets"][0]["id"]
    check(number in site.run("case", "show", number, "--by", "田中").stdout, "the case")
    os.chmod(site.root, 0o777)
    picture = os.path.join(site.root, "page.png")
    site.run("sheet", "page", str(sheet), picture, "--by", "田中")
    check(open(picture, "rb").read(8) == b"\x89PNG\r\n\x1a\n", "the page's picture")
    check("confirm" in site.run("audit", "list", "--object", "sheet:%d" % sheet).stdout, "what was done with the sheet there stands under its number here")
    # What was printed at the former site comes back here.
    with open(fax, "rb") as file:
        site.drop(OFFICE, "returned.tif", file.read())
    site.wait_idle(90)
    rows = site.query("SELECT s.proposed_case FROM sheets s JOIN documents d ON d.id = s.document_id WHERE d.name = 'returned.tif'")
    check(rows == [(number,)], "the code that the former site printed is known: %s" % rows)
    # And a number that was given there is not given again.
    with open_db(site) as db:
        last = db.execute("SELECT max(last) FROM case_counters WHERE office_id = ?", (OFFICE,)).fetchone()[0]
    site.run("sheet", "link", str(site.query("SELECT max(id) FROM sheets WHERE office_id = ?", OFFICE)[0][0]), "new", "--by", "田中")
    with open_db(site) as db:
        check(db.execute("SELECT max(sequence) FROM cases WHERE office_id = ?", (OFFICE,)).fetchone()[0] == last + 1, "numbers go on")
    # What had been queued there goes out here, under its own id.
    wait_for(lambda: site.query("SELECT state FROM notices WHERE id = ?", QUEUED) == [("delivered",)], 60, "queued there, sent here")


def test_deleted(site, receipt, page, backup, number, at_backup):
    def delete(*args, status=0):
        done = site.run("office", "delete", OFFICE, *args, "--by", "佐藤", check_status=False)
        check(done.returncode == status, "%s: %s%s" % (args, done.stdout, done.stderr))
        return done.stdout + done.stderr

    forged = os.path.join(site.root, "forged.json")
    with open(forged, "w", encoding="utf-8") as out:
        json.dump({**json.loads(open(receipt, encoding="utf-8").read()), "by": "誰か"}, out)
    os.chmod(forged, 0o644)
    check("not signed" in delete("--receipt", forged, status=1), "a receipt that was changed")
    check("are held" in delete(status=1) and "are held" in delete("--why", "急ぐ", status=1), "not over a hold without a receipt")
    # What came in after the export stands in the way, and is handed on.
    site.drop(OFFICE, "late.tif", page + b"late")
    wait_for(lambda: "office has moved" in site.run("queue").stdout, 60, "a late fax is put aside")
    check(site.query("SELECT count(*) FROM documents WHERE name = 'late.tif'") == [(0,)], "it makes no record")
    check("came for office" in delete("--receipt", receipt, status=1), "a late fax stands in the way")
    late = [line.split("\t")[0] for line in site.run("office", "late", OFFICE, "--plain").stdout.splitlines() if "\t" in line][-1]
    handed = os.path.join(site.root, "late.tif")
    site.run("office", "late", OFFICE, late, handed, "--by", "佐藤")
    check(open(handed, "rb").read() == page + b"late" and late not in site.run("queue").stdout, "handed on")
    # A change at the old desk is found, and named.
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=30)) as db:
        db.execute("UPDATE todos SET assigned = '佐藤' WHERE office_id = ?", (OFFICE,))
        db.commit()
    check("todos" in delete("--receipt", receipt, status=1), "something was recorded since")
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=30)) as db:
        db.execute("UPDATE todos SET assigned = '' WHERE office_id = ?", (OFFICE,))
        db.commit()
    with open_db(site) as db:
        ids = [row[0] for table in ("documents", "notices") for row in
               db.execute("SELECT %s FROM %s WHERE office_id = ?" % ("spool_id" if table == "documents" else "id", table), (OFFICE,))]
        named = {row[0] for row in db.execute("SELECT sha256 FROM blob_names")}
    check(site.query("SELECT state, attempts FROM notices WHERE id = ?", QUEUED) == [("queued", 0)], "what was queued was not sent from here")
    before = all_rows(site, OTHER)
    check("rows deleted" in delete("--receipt", receipt), "deleted")
    with open_db(site) as db:
        for table in tables_of(db):
            check(not rows_of(db, table, OFFICE), "%s is left" % table)
        check(db.execute("PRAGMA foreign_key_check").fetchall() == [], "no reference leads nowhere")
        left = {row[0] for row in db.execute("SELECT sha256 FROM blob_names")}
    check(all_rows(site, OTHER) == before, "rows of the other office did not change")
    check(len(list(contents(site.dir / "archive"))) - 1 <= len(left) < len(named), "the files that nothing names are gone: %d, %d" % (len(left), len(named)))
    with open_db(site) as db:
        for table, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('audit', 'audit_moved', 'moves')").fetchall():
            for row in db.execute("SELECT * FROM %s" % table):
                for one in ids + [number]:
                    check(one not in map(str, row), "%s still names %s" % (table, one))
    certificate = json.loads(site.run("office", "certificate", OFFICE).stdout)
    check(certificate["rows"] > 50 and certificate["receipt"]["by"] == "田中" and certificate["tables"]["cases"]["rows"] == 2, certificate)
    for args in (("audit", "verify"), ("doctor", "--verify")):
        site.run(*args)
    check("0 faults" in site.run("doctor", "--verify").stdout, "nothing that is named is missing")
    delete("--receipt", receipt)  # again: nothing to do
    restored(site, backup, at_backup)


def restored(site, folder, before):
    """A backup from before, with the log of purges beside it: the office does not come back."""
    backup = [name for name in os.listdir(folder) if name.endswith(".backup")][0]
    directory = os.path.join(site.root, "restored")
    key = str(site.dir) + ".keys/site.key"
    done = subprocess.run([TASUKI, "restore", "--key", key, os.path.join(folder, backup), directory], env=site.env, capture_output=True, text=True)
    check(done.returncode == 0, done.stdout + done.stderr)
    with contextlib.closing(sqlite3.connect(os.path.join(directory, "store", "tasuki.db"))) as db:
        db.row_factory = sqlite3.Row
        check({table: len(rows_of(db, table, OFFICE)) for table in tables_of(db)} == dict.fromkeys(tables_of(db), 0), "deleted again")
        check({table: rows_of(db, table, OTHER) for table in tables_of(db)} == before, "the other office is whole")
        check(db.execute("SELECT count(*) FROM offices_gone").fetchone()[0] == 1, "and it is known as gone")


def faxes_of_two(page):
    return ((OTHER, "x.tif", page), (OFFICE, "a.tif", page), (OFFICE, "b.tif", SAMPLE.read_bytes()), (OFFICE, "a2.tif", page),
            (OFFICE, "held.tif", b"II*\0 this is no page"))


def faxes_of_one(page):
    return ((OTHER, "y.tif", page + b"new"), (OTHER, "z.tif", page + b"site"))


class Load:
    """The other office goes on receiving while this one is exported."""

    def __init__(self, site, page):
        self.site, self.page, self.go_on, self.count = site, page, True, 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.go_on:
            self.count += 1
            self.site.drop(OTHER, "load%d.tif" % self.count, self.page + b"%d" % self.count)
            time.sleep(0.2)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.go_on = False
        self.thread.join()


def put(site, name, text):
    path = os.path.join(site.root, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o644)
    return path


def main():
    old, new = Site(), Site()
    try:
        old.serve()
        new.serve()
        path = os.path.join(old.root, "page.tif")
        make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        with open(path, "rb") as file:
            page = file.read()
        work(old, page, faxes_of_two)
        work(new, page, faxes_of_one)
        before = all_rows(new, OTHER)
        number = old.query("SELECT case_number FROM sheets WHERE office_id = ? AND form = 'referral-status'", OFFICE)[0][0]
        os.chmod(old.root, 0o777)
        fax = os.path.join(old.root, "printed.tif")
        old.run("forms", "print", "referral-status", fax, "--case", number, "--by", "佐藤")
        backup = os.path.join(old.root, "backups")
        os.makedirs(backup)
        os.chmod(backup, 0o777)
        old.edit("# backup:\n", "backup: {folder: \"%s\"}\n# backup:\n" % backup)
        old.run("backup", "--to", backup)
        at_backup = all_rows(old, OTHER)

        key = put(old, "new.key", new.run("office", "key").stdout)
        with Load(old, page):
            archive, digest = export(old, put(old, "own.key", old.run("office", "key").stdout))  # for the wrong site
            wrong = os.path.join(old.root, "wrong.office")
            shutil.move(archive, wrong)
            queue_one(old)
            archive, digest = export(old, key)
        rows, entries = all_rows(old, OFFICE), old_audit(old)
        check("山田太郎".encode() not in open(archive, "rb").read(), "nothing shows")
        said = new.run("office", "verify", archive).stdout
        check(digest in said and "1 documents of the spool" in said, said)
        check("id: \"%s\"" % OFFICE in new.run("office", "config", archive).stdout, "its part of the configuration")
        test_refused(new, archive, digest, wrong)
        test_killed(new, archive, digest)
        said = new.run("office", "import", archive, "--digest", digest[:16], "--by", "田中").stdout
        new.wait_idle(60)
        again = new.run("office", "import", archive, "--digest", digest, "--by", "田中").stdout
        check("was imported before; 0 documents" in again, again)
        check(new.query("SELECT count(*) FROM documents WHERE office_id = ? AND state = 'held'", OFFICE) == [(1,)] and len(new.spool("held")) == 1,
              "what was held is held")
        receipt = put(old, "receipt.json", new.run("office", "receipt", OFFICE).stdout)
        test_arrived(rows, entries, before, new, number, fax)
        test_deleted(old, receipt, page, backup, number, at_backup)
    finally:
        old.close()
        new.close()
    finish()


main()
