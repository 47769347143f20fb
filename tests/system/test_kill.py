"""200 documents go in while the gateway is killed at random moments; each is recorded once, each notice is one mail."""
import collections
import os
import random
import signal
import sqlite3
import sys
import threading
import time

from tasuki_site import OUTCOME_PAGE, Site, check, finish, make_sheet

DOCUMENTS = int(os.environ.get("TASUKI_KILL_DOCUMENTS", "200"))
SECONDS_MAX = 240  # on a machine so slow that hardly anything is done between two kills: then it is left alone


def feed(site, page):
    """Both ways in: watched folders of two offices, and submit."""
    for number in range(DOCUMENTS):
        data = page + b"document %d" % number
        if number % 10 == 9:
            path = os.path.join(site.root, "submit.tif")
            with open(path, "wb") as out:
                out.write(data)
            site.run("submit", "--office", "ikuno", path)
        else:
            site.drop("higashinari" if number % 2 else "ikuno", "%03d.tif" % number, data)
        time.sleep(0.02)


def kill_something(site, rng):
    """The whole gateway, or one of its processes."""
    victims = site.roles()
    if rng.random() < 0.5 or not victims:
        site.kill()
        site.serve()
        return "serve"
    try:
        os.kill(rng.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        pass
    return "role"


def recorded(site):
    try:
        return len(site.query("SELECT DISTINCT sha256 FROM documents"))
    except sqlite3.OperationalError:  # just being made
        return 0


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
    rng = random.Random(seed)
    readers = rng.choice((1, 2))
    print("seed", seed, "readers", readers, flush=True)
    site = Site(config=[("  readers: 1 ", "  readers: %d " % readers)])
    try:
        path = os.path.join(site.root, "page.tif")
        make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        with open(path, "rb") as file:
            page = file.read()
        site.serve()
        feeder = threading.Thread(target=feed, args=(site, page))
        feeder.start()
        kills = collections.Counter()
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end and (feeder.is_alive() or recorded(site) < DOCUMENTS):
            time.sleep(rng.uniform(0.3, 2.5))
            kills[kill_something(site, rng)] += 1
        feeder.join()
        site.wait_idle(120)
        site.stop()
        print("killed:", dict(kills), flush=True)
        check(sum(kills.values()) >= 5, "it was killed often enough: %s" % kills)
        look_at_records(site)
    finally:
        site.close()
    finish()


def look_at_records(site):
    by_state = dict(site.query("SELECT state, count(*) FROM documents GROUP BY state"))
    print("documents:", by_state, flush=True)
    check(by_state.get("read") == DOCUMENTS, "each document is read once: %s" % by_state)
    check(by_state.get("held", 0) == 0, "none is held")
    twins = site.query("SELECT sha256, office_id FROM documents WHERE state = 'read' GROUP BY 1, 2 HAVING count(*) > 1")
    check(twins == [], "no document is read twice")
    sheets = site.query("SELECT document_id FROM sheets GROUP BY 1 HAVING count(*) > 1")
    check(sheets == [], "one sheet each")
    check(site.query("SELECT count(*) FROM sheets")[0][0] == DOCUMENTS, "every document has its sheet")
    for state in ("incoming", "reading", "held", "corrupt", "tmp"):
        check(site.spool(state) == [], "spool/%s is empty" % state)
    notices = site.query("SELECT id, state, sheet_id FROM notices WHERE event = 'sheet.received'")
    check(len(notices) == DOCUMENTS and len({row[2] for row in notices}) == DOCUMENTS, "one notice each: %d" % len(notices))
    check(all(row[1] == "delivered" for row in notices), "every notice is delivered")
    mails = collections.Counter(line.split("<")[1].split("@")[0] for mail in site.mails()
                                for line in mail.read_text().splitlines() if line.startswith("Message-ID:"))
    check(set(mails) == {row[0] for row in notices}, "a mail for every notice, and none besides")
    check(all(count == 1 for count in mails.values()), "no mail twice")
    audit = site.run("audit", "verify", check_status=False)
    check(audit.returncode == 0, "the audit chain is whole: %s" % audit.stderr)
    verified = site.run("doctor", "--verify", check_status=False).stdout
    files = 3 * DOCUMENTS  # original, image and crops of each
    check("archive: each of %d files" % files in verified, "every original, image and crop is there: %s" % verified[-2000:])


main()
