#!/usr/bin/env python3
"""Faxes on their way out, with a sendfax of our own in place of HylaFAX's: what is handed over, and what each ending of a job
does to the notice, to the entry of the directory and to the people who have to know."""
import pathlib
import subprocess
import time

from tasuki_site import Site, check, finish, wait_for

NUMBER = "06-0000-4101"
SENDFAX = """#!/bin/sh
for last; do :; done
cp "$last" %(root)s/last.tif
printf '%%s\\n' "$@" > %(root)s/last.args
[ -e %(root)s/mute ] && { sleep 60; exit 1; }
[ -e %(root)s/refuse ] && { echo "Can not reach server"; exit 1; }
echo "request id is 7 (group id 7) for host localhost (1 file)"
"""
FAX = """fax:
  channel: "hylafax"
  server: "127.0.0.1:1"
  program: "%(root)s/sendfax"
  prefix: "0,"
  spool: "%(root)s/hylafax"
  timeout_s: 8
"""


def test_fax(site, entry, state="sent"):
    """A notice by fax that is queued and handed to sendfax; its id."""
    site.run("directory", "test-fax", str(entry), "--by", "佐藤")
    newest = "SELECT id, state FROM notices WHERE channel = 'fax' ORDER BY created DESC, rowid DESC LIMIT 1"
    wait_for(lambda: site.query(newest)[0][1] == state, 20, "the fax is " + state)
    return site.query(newest)[0][0]


def job(root, tag, why, pages, station="", state=7, folder="sendq", status=""):
    path = root / "hylafax" / folder / "q7"
    path.write_text("tts:0\nstate:%d\nnpages:%d\ntotpages:2\nstatus:%s\njobtag:%s\ncsi:%s\n"
                    % (state, pages, status, tag, station))
    path.chmod(0o644)
    return str(path)


def state_of(site, tag):
    return site.query("SELECT state FROM notices WHERE id = ?", tag)[0][0]


def entry_of(site, entry):
    return site.query("SELECT fax_state, fax_station FROM institutions WHERE id = ?", entry)[0]


def doubts(site):
    return site.query("SELECT count(*) FROM todos WHERE kind = 'fax_doubt'")[0][0]


def verify(site, entry):
    for who in ("佐藤", "鈴木"):
        site.run("directory", "verify", str(entry), "--channel", "fax", "--how", "test-fax", "--by", who)


def handed_over(site, root, entry):
    tag = test_fax(site, entry)
    args = (root / "last.args").read_text().split("\n")
    check(args[args.index("-d") + 1] == "0,0600004101", "prefix and digits: %r" % args)
    check(args[args.index("-i") + 1] == tag, "our id is the job's tag")
    info = subprocess.run(["tiffinfo", str(root / "last.tif")], capture_output=True, text=True).stdout
    check(info.count("Image Width: 1728") == 2 and info.count("204, 196") == 2, "a page for the 送信票, one for the letter: " + info)
    check(list((site.dir / "letters").iterdir()) == [], "nothing stays behind")
    site.run("fax-notify", job(root, tag, "requeued", 0, state=3), "requeued", "0:10", "1:00")
    check(state_of(site, tag) == "sent", "a job that goes on")
    reason = lambda: site.query("SELECT reason FROM notices WHERE id = ?", tag)[0][0]
    site.run("fax-notify", job(root, tag, "requeued", 0, state=3, status="Busy signal detected"), "requeued", "0:10", "1:00")
    check(reason() == "queued: Busy signal detected", "what the line says meanwhile: " + reason())
    job(root, tag, "", 0, state=6)
    wait_for(lambda: reason() == "dialling", 60, "the sender sees that it is dialled")
    site.run("fax-notify", job(root, tag, "done", 2, "CLINIC 1"), "done", "0:40")
    check(state_of(site, tag) == "delivered" and entry_of(site, entry) == ("unverified", "CLINIC 1"),
          "the station of the test fax is kept: %r" % (entry_of(site, entry),))
    again = site.run("fax-notify", job(root, tag, "failed", 0, "X"), "failed", "0:40")
    check("unchanged" in again.stdout and state_of(site, tag) == "delivered", "a job is settled once")


def another_event(site, tag):
    """The states below are those of any fax, not of a test fax: the test's own rows are renamed."""
    import sqlite3
    with sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=20) as db:
        db.execute("UPDATE notices SET event = 'outcome.confirmed' WHERE id = ?", (tag,))


def endings(site, root, entry):
    cases = [  # why, pages, station -> state of the notice, whether the number is in doubt
        ("done", 2, "CLINIC-1", "delivered", False),   # blanks and hyphens are no other station
        ("done", 2, "", "delivered", False),           # many machines say nothing
        ("done", 2, "PIZZA", "delivered", True),
        ("done", 0, "CLINIC 1", "failed", True),       # sent, says the spooler, and no page
        ("failed", 1, "CLINIC 1", "failed", True),     # the line broke behind the cover
        ("failed", 0, "", "failed", False),            # busy for hours
        ("timedout", 0, "", "failed", False),
    ]
    for why, pages, station, want, doubt in cases:
        if entry_of(site, entry)[0] != "verified":
            verify(site, entry)
        before = doubts(site)
        tag = test_fax(site, entry)
        another_event(site, tag)
        site.run("fax-notify", job(root, tag, why, pages, station, status="words of the line"), why, "0:40")
        name = "%s %d/2 %r" % (why, pages, station)
        check(state_of(site, tag) == want, "%s: %s" % (name, state_of(site, tag)))
        check((entry_of(site, entry)[0] == "unverified") == doubt, "%s: %s" % (name, entry_of(site, entry)))
        check(doubts(site) == before + doubt, "%s: to-dos" % name)
        failed = site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed' AND about = ?", "notice:" + tag)[0][0]
        check(failed == (want == "failed"), "%s: a person is told" % name)


def polled(site, root, entry):
    tag = test_fax(site, entry)
    job(root, tag, "", 2, "CLINIC 1", folder="doneq")
    wait_for(lambda: state_of(site, tag) == "delivered", 60, "without NotifyCmd the sender looks itself")


def unanswered(site, root, entry):
    (root / "mute").touch()
    tag = test_fax(site, entry, "unknown")
    time.sleep(2)
    (root / "mute").unlink()
    tries = site.query("SELECT count(*) FROM deliveries WHERE notice_id = ?", tag)
    check(tries == [(1,)], "unknown is not sent again by itself: %r" % tries)
    told = site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed' AND about = ?", "notice:" + tag)
    check(told == [(1,)], "a person is told of the unknown one")


def closed(site, root, entry):
    """Hours that are over for today, or not begun."""
    minute = (int(time.time()) // 60 + 9 * 60) % 1440
    hours = "00:00-00:01" if minute > 5 else "23:58-23:59"
    site.run("directory", "set", str(entry), "--fax-hours", "daily " + hours, "--by", "佐藤")
    (root / "last.args").unlink()
    tag = test_fax(site, entry, "queued")
    wait_for(lambda: "outside" in site.query("SELECT reason FROM notices WHERE id = ?", tag)[0][0], 20, "it was looked at")
    check(site.query("SELECT attempts FROM notices WHERE id = ?", tag) == [(0,)], "looking is no attempt")
    time.sleep(1)
    check(state_of(site, tag) == "queued" and not (root / "last.args").exists(), "nothing is dialled out of hours")
    bad = site.run("directory", "set", str(entry), "--fax-hours", "9-17", "--by", "佐藤", check_status=False)
    check(bad.returncode == 1 and "HH:MM" in bad.stderr, "hours that are none: " + bad.stderr)


def main():
    site = Site()
    root = pathlib.Path(site.root) / "fax"
    for path in (root, root / "hylafax", root / "hylafax/sendq", root / "hylafax/doneq"):
        path.mkdir()
        path.chmod(0o777)
    (root / "sendfax").write_text(SENDFAX % {"root": root})
    (root / "sendfax").chmod(0o755)
    path = site.dir / "tasuki.yaml"
    path.write_text(path.read_text().replace("fax:\n  channel: \"by-hand\"\n", FAX % {"root": root}))
    try:
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
        (entry,), = site.query("SELECT id FROM institutions WHERE fax = ? AND office_id = 'higashinari'", NUMBER)
        site.serve()
        handed_over(site, root, entry)
        endings(site, root, entry)
        polled(site, root, entry)
        unanswered(site, root, entry)
        closed(site, root, entry)
        site.stop()
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        site.close()
    finish()


main()
