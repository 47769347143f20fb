#!/usr/bin/env python3
"""How long the desk takes to answer: queue, search, case and page image, with many sheets in the store and many people at once.

usage: desk.py [--build DIR] [--sheets N] [--cases N] [--copies N] [--people N] [--seconds S] [--think S] [--site DIR] [--limits]

Makes a site with N sheets (100,000) and N cases (20,000): a tenth of them (--copies 10) is recorded as the reader records sheets, the others
are copies of these in the tables, so that every name is there ten times more often than it would be. Then it serves the site on one core (the first) and lets N people (20) work for S seconds:
each asks, reads the answer for --think seconds (1; 0 = without a pause), and asks the next. Prints for every kind of request how many,
the middle, the 95th percentile and the slowest time, and the CPU time of the server a request. --site keeps the site for another run.
--limits: exit status 1 when a 95th percentile is above 100 ms (page image: 50 ms).
"""
import argparse
import contextlib
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIMITS_MS = {"queue": 100, "queue, filtered": 100, "search": 100, "search, two characters": 100, "page image": 50}


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build/release"))
    parser.add_argument("--sheets", type=int, default=100000)
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--think", type=float, default=1)
    parser.add_argument("--site")
    parser.add_argument("--limits", action="store_true")
    return parser.parse_args()


# What a copy has to have of its own; every other column stays.
OWN = {
    "documents": {"id": "id + {docs}", "spool_id": "'{two}' || substr(spool_id, 3)", "sha256": "'{letters}' || substr(sha256, 3)"},
    "pages": {"id": "id + {pages}", "document_id": "document_id + {docs}"},
    "cases": {"number": "{case}", "fiscal_year": "fiscal_year - 2 * {k}"},
    "sheets": {"id": "id + {sheets}", "document_id": "document_id + {docs}", "page_id": "page_id + {pages}", "case_number": "{case}"},
    "fields": {"id": "id + {fields}", "sheet_id": "sheet_id + {sheets}"},
    "case_events": {"id": "id + {events}", "case_number": "{case}", "sheet_id": "sheet_id + {sheets}"},
    "desk_sheets": {"sheet_id": "sheet_id + {sheets}", "case_number": "{case}"},
    "desk_cases": {"case_number": "{case}", "sheet_id": "sheet_id + {sheets}"},
    "desk_grams": {"sheet_id": "sheet_id + {sheets}"},
}
COUNTED = {"docs": "documents", "pages": "pages", "sheets": "sheets", "fields": "fields", "events": "case_events"}


def multiply(desk, copies):
    with contextlib.closing(sqlite3.connect(desk.dir / "store/tasuki.db", timeout=60)) as db:
        last = {name: db.execute("SELECT max(id) FROM " + table).fetchone()[0] for name, table in COUNTED.items()}
        columns = {table: [row[1] for row in db.execute("PRAGMA table_info(%s)" % table)] for table in OWN}
        rows = {table: db.execute("SELECT max(rowid) FROM " + table).fetchone()[0] for table in OWN if table != "desk_grams"}
        for k in range(1, copies):
            words = {name: value * k for name, value in last.items()}
            words.update(k=k, two="%02d" % (k + 10), letters="g" + chr(ord("g") + k))  # no hash begins so
            for table, own in OWN.items():
                number = "number" if table == "cases" else "case_number"
                words["case"] = "substr({0}, 1, 6) || (substr({0}, 7, 4) - 2 * {1}) || substr({0}, 11)".format(number, k)
                values = [own[column].format(**words) if column in own else column for column in columns[table]]
                only = "rowid <= %d" % rows[table] if table in rows else "sheet_id <= %d" % last["sheets"]
                db.execute("INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s" % (table, ", ".join(columns[table]), ", ".join(values), table, only))
            db.commit()


def tell(desk):
    """What a desk has behind it: one notice that was delivered and one to-do that was done for every sheet."""
    with contextlib.closing(sqlite3.connect(desk.dir / "store/tasuki.db", timeout=60)) as db:
        db.execute("INSERT OR IGNORE INTO notices (id, office_id, sheet_id, document, case_number, about, event, rule, recipient, kind, state, reason, "
                   "channel, destination, subject, body, batch, created, next_attempt, finished) SELECT printf('%026d', id), office_id, id, '', case_number, "
                   "'sheet:' || id, 'sheet.received', 'bench', 'office:' || office_id, 'alert', 'delivered', '', 'email', 'bench@tasuki.example', "
                   "'bench', 'bench', '', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z' FROM sheets")
        db.execute("INSERT OR IGNORE INTO todos (office_id, sheet_id, document, case_number, about, event, rule, recipient, kind, text, created, done, "
                   "done_by) SELECT office_id, id, '', case_number, 'sheet:' || id, 'sheet.received', 'bench', '', 'call', 'bench', "
                   "'2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', 'bench' FROM sheets")
        db.commit()


def cpu_seconds(pid):
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def requests_of(desk, office, rng):
    """Endless kinds and paths, as somebody works: look at the queue, open something, look for a name."""
    rows = desk.query("SELECT s.id, s.case_number, d.spool_id FROM sheets s JOIN documents d ON d.id = s.document_id WHERE s.office_id = ? "
                      "AND s.case_number IS NOT NULL ORDER BY s.id LIMIT 2000", office)
    names = [row[0] for row in desk.query("SELECT f.value FROM fields f JOIN sheets s ON s.id = f.sheet_id WHERE f.field = 'patient_name' AND "
                                          "s.office_id = ? ORDER BY f.id LIMIT 500", office)]
    while True:
        sheet, case, document = rng.choice(rows)
        name = rng.choice(names)
        yield "queue", "/queue?limit=50"
        yield "sheet", "/sheets/%d" % sheet
        yield "page image", "/sheets/%d/page" % sheet
        yield "search, two characters", "/search?q=" + quote(name.split()[0][:2])
        yield "search", "/search?q=" + quote(name)
        yield "queue, filtered", "/queue?tray=%s&limit=50" % rng.choice(["review", "ready", "which_case"])
        yield "case", "/cases/" + case
        yield "counts", "/counts"
        yield "to-dos", "/todos"
        yield "notices", "/notices"


def work(person, paths, end, think, rng, times, wrong):
    time.sleep(rng.random() * think)
    while time.monotonic() < end:
        kind, path = next(paths)
        began = time.monotonic()
        answer = person.get(path)
        times.append((kind, (time.monotonic() - began) * 1000))
        if answer.status != 200:
            wrong.append((path, answer.status, answer.bytes[:200]))
        time.sleep(rng.expovariate(1 / think) if think > 0 else 0)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def seed(desk, args):
    desk.serve()
    desk.drop("higashinari", "one.tif", (ROOT / "config/sample/sheets/higashinari/01-referral.tif").read_bytes())
    desk.wait_idle(120)
    desk.stop()
    image = desk.query("SELECT image FROM pages WHERE image <> ''")[0][0]
    began = time.monotonic()
    subprocess.run([os.environ["TASUKI_BUILD"] + "/seed_desk", "--site", str(desk.dir), str(args.sheets // args.copies), str(args.cases // args.copies), image],
                   check=True)
    multiply(desk, args.copies)
    tell(desk)
    print("%d sheets, %d cases in %.0f s; the store has %d MB" %
          (args.sheets, args.cases, time.monotonic() - began, (desk.dir / "store/tasuki.db").stat().st_size >> 20), flush=True)


def measure(desk, args):
    people, times, wrong, threads = [], [], [], []
    for i in range(args.people):
        office = ("higashinari", "ikuno")[i % 2]
        people.append((desk.person("bench%d-%d" % (i, time.time()), "--office", office), office))
    os.sched_setaffinity(desk.web.pid, {0})
    for task in os.listdir("/proc/%d/task" % desk.web.pid):
        os.sched_setaffinity(int(task), {0})
    before, end = cpu_seconds(desk.web.pid), time.monotonic() + args.seconds
    for i, (person, office) in enumerate(people):
        rng = random.Random(i)
        threads.append(threading.Thread(target=work, args=(person, requests_of(desk, office, rng), end, args.think, rng, times, wrong)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("%d people, %.1f s between two requests, %d requests in %.0f s; %.1f ms CPU time of the server a request" %
          (args.people, args.think, len(times), args.seconds, (cpu_seconds(desk.web.pid) - before) * 1000 / max(1, len(times))))
    late = False
    for kind in sorted({kind for kind, _ in times}):
        values = [ms for name, ms in times if name == kind]
        p95 = percentile(values, 0.95)
        late = late or p95 > LIMITS_MS.get(kind, 1e9)
        print("%-24s %6d requests   middle %6.1f ms   95%% %6.1f ms   slowest %6.1f ms" % (kind, len(values), percentile(values, 0.5), p95, max(values)))
    for path, status, text in wrong[:5]:
        print("WRONG: %s: %d %s" % (path, status, text))
    return 1 if wrong or (late and args.limits) else 0


def main():
    args = options()
    os.environ.update(TASUKI_BUILD=str(pathlib.Path(args.build).resolve()), TASUKI_SOURCE=str(ROOT), TASUKI_DATA=str(ROOT))
    sys.path.insert(0, str(ROOT / "tests/review"))
    from desk_client import Desk
    with Desk(root=args.site) as desk:
        if not desk.query("SELECT 1 FROM sheets"):
            seed(desk, args)
        desk.open_desk()
        sys.exit(measure(desk, args))


if __name__ == "__main__":
    main()
