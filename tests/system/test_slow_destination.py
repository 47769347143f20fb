#!/usr/bin/env python3
"""One destination that takes a byte a second, one that refuses, one that drops the answer, and 200 that work: the 200 are
delivered as if the others were not there, over few connections, and the three end as what they are."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

from tasuki_site import SOURCE, TASUKI, Site, check, finish, wait_for

WORKING = 200
BAD = ("drip@slow.example.jp", "hard@refuses.example.jp", "dropack@silent.example.jp")


def start_sink(root):
    folder = pathlib.Path(root) / "sink"
    folder.mkdir()
    sink = subprocess.Popen([sys.executable, "-B", str(SOURCE / "tests/routing/smtp_sink.py"), str(folder)])
    wait_for(lambda: (folder / "port").exists(), 20, "the sink listens")
    return sink, folder


def queue(site, destinations):
    """Alerts that are due, one for each destination, as routing leaves them."""
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=20)) as db, db:
        for number, address in enumerate(destinations):
            db.execute(
                "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, channel, "
                "destination, subject, body, batch, created, next_attempt) VALUES (?, 'higashinari', '', ?, 'sheet.received', "
                "'received-coordination', 'office:higashinari', 'alert', 'queued', '', 'email', ?, 'お知らせ', '本文', '', "
                "'2026-11-21T03:00:00.000Z', '2026-11-21T03:00:00.000Z')",
                ("01M7Y7VGJTYVPNVWE9845Q%04X" % number, "test:%d" % number, address))


def run_sender(with_bad):
    """(seconds until the 200 are out, site rows of the bad ones, connections, texts of the silent one)"""
    site = Site(config=[('channel: "maildir"', 'channel: "smtp"\n  smtp_url: "smtp://127.0.0.1:1"\n  smtp_tls: "none"\n'
                         '  timeout_s: 15\n  connections_max: 8\n  bounce: "bounces@tasuki.example"')])
    sink = process = None
    try:
        sink, folder = start_sink(site.root)
        site.edit("127.0.0.1:1", "127.0.0.1:" + (folder / "port").read_text())
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")  # makes the store
        queue(site, [*(BAD if with_bad else ()), *("ok%d@works.example.jp" % i for i in range(WORKING))])
        began = time.monotonic()
        process = subprocess.Popen([TASUKI, "sender", "--site", str(site.dir)], env=site.env, stderr=site.log,
                                   stdin=subprocess.DEVNULL)
        done = "SELECT count(*) FROM notices WHERE state = 'sent'"
        wait_for(lambda: site.query(done)[0][0] >= WORKING, 120, "the 200 are delivered")
        seconds = time.monotonic() - began
        if with_bad:
            settled = "SELECT count(*) FROM notices WHERE destination = ? AND state = 'queued' AND attempts = 1"
            wait_for(lambda: site.query(settled, BAD[0]) == [(1,)], 40, "the slow one is put off at its time limit")
        rows = dict(site.query("SELECT destination, state || ': ' || reason FROM notices WHERE state <> 'sent'"))
        todos = site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed'")[0][0]
        mails = [path.read_bytes().decode("utf-8", "replace") for path in folder.glob("*.eml")]
        connections = len((folder / "connections").read_text().split())
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        check(process.wait(10) == 0 and time.monotonic() - began < 4, "the sender ends when told")
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
        return seconds, rows, todos, connections, mails
    finally:
        for one in (process, sink):
            if one is not None and one.poll() is None:
                one.kill()
                one.wait()
        site.close()


def main():
    alone, beside = measure()
    check(beside < alone * 1.5 + 3, "the others were held up: %.1f s, alone %.1f s" % (beside, alone))
    finish()


def measure():
    """Seconds for the 200 without the other three, and beside them; everything else is looked at each time."""
    alone, rows, todos, connections, mails = run_sender(False)
    check(len(mails) == WORKING and rows == {} and todos == 0, "alone: %d mails, %r" % (len(mails), rows))
    check(connections <= 16, "connections are used again: %d for %d mails" % (connections, WORKING))
    paths = {line for mail in mails for line in mail.split("\r\n") if line.startswith("X-From:")}
    check(len(paths) == WORKING and all("<bounces+01M7Y7" in path for path in paths), "each has its own return path")
    beside, rows, todos, connections, mails = run_sender(True)
    print("200 letters: %.1f s alone, %.1f s beside the other three; %d connections" % (alone, beside, connections))
    working = [mail for mail in mails if "works.example.jp" in mail.split("\r\n")[1]]
    check(len(working) == WORKING, "%d of the 200" % len(working))
    check(rows.get(BAD[0], "").startswith("queued: no answer"), "the slow one: %r" % rows)
    check(rows.get(BAD[1], "").startswith("failed: 550 5.1.1"), "the one that refuses: %r" % rows)
    check(rows.get(BAD[2], "").startswith("queued: no answer"), "the one that drops the answer: %r" % rows)
    check(todos == 1, "a person is told of the refusal: %d" % todos)
    return alone, beside


main()
