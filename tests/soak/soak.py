#!/usr/bin/env python3
"""A bad day in short: documents come in without a pause while everything else goes wrong, and then all of them must be there, once.

usage: soak.py [--seconds N] [--rate N] [--drain N] [--seed N]      (TASUKI_BUILD, TASUKI_SOURCE: where program and sources are)

For N seconds (600) four documents a second come through watched folders and `tasuki submit`. Meanwhile any process of the gateway is killed
at random, the children of the recogniser and of poppler too; the disk is full for a while (a small file system of memory: as root);
somebody holds the database; the clock of base/ jumps an hour ahead and back, an hour back and ahead. Afterwards nothing is disturbed, and
within --drain seconds (600) everything has to be settled. Prints what was done and found; ends with status 1 when a document is lost,
recorded twice, told of under two ids, or held without fault of its own.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("TASUKI_SOURCE", str(ROOT))
os.environ.setdefault("TASUKI_BUILD", str(ROOT / "build" / "release"))
sys.path.insert(0, str(ROOT / "tests" / "system"))
from tasuki_site import OUTCOME_PAGE, USER, Site, check, finish, make_sheet  # noqa: E402

OFFICES = ("higashinari", "ikuno")
SPACE_MB_EACH_MINUTE = 60  # of the small file system: what the documents of a minute take, generously


class Feeder(threading.Thread):
    """A sender keeps what it was not told is received, and tries again."""

    def __init__(self, site, inbox, page, rate, until):
        super().__init__()
        self.site, self.inbox, self.page, self.rate, self.until = site, inbox, page, rate, until
        self.sent, self.refused, self.late, self.over = 0, 0, collections.deque(), False

    def run(self):
        began = time.monotonic()
        while time.monotonic() < self.until or self.late:
            if self.late and time.monotonic() >= self.until:
                time.sleep(0.5)
            while self.late and self.submit(self.late[0]):
                self.late.popleft()
            if time.monotonic() >= self.until:
                continue
            data = self.page + b"document %d" % self.sent
            if self.sent % 20 != 19:
                self.drop(OFFICES[self.sent % 2], "%05d.tif" % self.sent, data)
            elif not self.submit(data):
                self.late.append(data)
            self.sent += 1
            time.sleep(max(0, began + self.sent / self.rate - time.monotonic()))
        self.over = True

    def drop(self, office, name, data):
        path = self.inbox / office / name
        path.write_bytes(data[:len(data) // 2])
        with open(path, "ab") as out:
            out.write(data[len(data) // 2:])
        if os.geteuid() == 0:
            shutil.chown(path, USER)

    def submit(self, data):
        path = self.inbox / "submitted.tif"
        path.write_bytes(data)
        os.chmod(path, 0o644)
        done = self.site.run("submit", "--office", OFFICES[0], str(path), check_status=False)
        self.refused += done.returncode != 0
        return done.returncode == 0


def processes_of(pid):
    """The process and all that descends from it."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            todo += map(int, pathlib.Path("/proc/%d/task/%d/children" % (one, one)).read_text().split())
        except (OSError, ValueError):
            pass
    return found


class Trouble:
    def __init__(self, site, rng, folder):
        self.site, self.rng, self.folder = site, rng, folder
        self.done, self.killed = [], collections.Counter()

    def kill_one(self):
        victims = processes_of(self.site.process.pid) if self.site.process.poll() is None else [0]
        victim = self.rng.choice(victims)
        if victim in (0, self.site.process.pid):
            self.serve_again()
            return
        try:
            words = pathlib.Path("/proc/%d/cmdline" % victim).read_bytes().split(b"\0")
            parent = int(pathlib.Path("/proc/%d/stat" % victim).read_text().rpartition(")")[2].split()[1])
            os.kill(victim, signal.SIGKILL)
        except (OSError, IndexError):
            return
        name = words[1 if words[0].endswith(b"tasuki") and len(words) > 1 else 0].decode(errors="replace").rpartition("/")[2]
        self.killed[name if parent == self.site.process.pid else "child of " + name] += 1

    def serve_again(self, clock=None):
        self.site.kill()
        if clock is not None:
            self.site.env["TASUKI_CLOCK"] = "rate=1,offset_s=%d" % clock
        self.site.serve()
        self.killed["serve"] += 1

    def fill_disk(self, seconds):
        """Not a block left, in a file system that holds nothing but this site."""
        filler = self.folder / "filler"
        with open(filler, "wb", buffering=0) as out:  # what does not fit any more is not tried again at its end
            try:
                while True:
                    out.write(bytes(1 << 16))
            except OSError:
                pass
        self.done.append("disk full for %d s" % seconds)
        self.go_on(seconds)
        filler.unlink()

    def hold_database(self, seconds):
        path = self.site.dir / "store" / "tasuki.db"
        db = sqlite3.connect("file:%s?mode=rw" % path, uri=True, timeout=30, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            self.done.append("database held for %d s" % seconds)
            self.go_on(seconds)
            db.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            self.done.append("database not held: %s" % error)
        finally:
            db.close()

    def jump(self, offset):
        self.serve_again(clock=offset)
        self.done.append("clock %+d s" % offset)

    def go_on(self, seconds):
        """Killing does not stop for anything else."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(self.rng.uniform(0.3, 2.5), max(0.05, end - time.monotonic())))
            self.kill_one()


def disturb(trouble, seconds, own_disk):
    """Each trouble once, in an order that is drawn, and killing between them."""
    length = min(20, seconds / 8)
    steps = [lambda: trouble.hold_database(length), lambda: (trouble.jump(3600), trouble.go_on(length), trouble.jump(0)),
             lambda: (trouble.jump(-3600), trouble.go_on(length), trouble.jump(0))]
    if own_disk:
        steps.append(lambda: trouble.fill_disk(length))
    trouble.rng.shuffle(steps)
    pause = (seconds - len(steps) * length) / (len(steps) + 1)
    for step in steps:
        trouble.go_on(pause)
        step()
    trouble.go_on(pause)


def recorded(site):
    try:
        return len(site.query("SELECT DISTINCT sha256 FROM documents WHERE state = 'read'"))
    except sqlite3.OperationalError:
        return 0


def undelivered(site):
    try:
        return site.query("SELECT count(*) FROM notices WHERE state NOT IN ('delivered', 'cancelled')")[0][0]
    except (sqlite3.OperationalError, IndexError):
        return -1


def drain(site, sent, seconds):
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if recorded(site) >= sent and undelivered(site) == 0 and not site.spool("incoming") and not site.spool("reading"):
            break
        time.sleep(1)
    return time.monotonic() - began


def judge(site, sent):
    """Lost, doubled, held: each a number that has to be zero."""
    twice = site.query("SELECT sha256 FROM documents WHERE state = 'read' GROUP BY sha256 HAVING count(*) > 1")
    sheets = site.query("SELECT document_id FROM sheets GROUP BY document_id HAVING count(*) > 1")
    told = site.query("SELECT sheet_id FROM notices WHERE event = 'sheet.received' GROUP BY sheet_id, recipient HAVING count(*) > 1")
    held = site.query("SELECT reason FROM documents WHERE state = 'held'")
    ids = collections.Counter(line.split("<")[1].split("@")[0] for mail in site.mails()
                              for line in mail.read_text().splitlines() if line.startswith("Message-ID:"))
    notices = {row[0] for row in site.query("SELECT id FROM notices WHERE event = 'sheet.received'")}
    states = dict(site.query("SELECT state, count(*) FROM documents GROUP BY state"))
    print("documents: %d sent, %s in the records; duplicates are what a sender sent again" % (sent, states))
    print("lost %d, recorded twice %d, sheets twice %d, told under two ids %d, held %d; notices %d, mails %d, of them repeats of one id %d"
          % (sent - recorded(site), len(twice), len(sheets), len(told), len(held), len(notices), sum(ids.values()),
             sum(ids.values()) - len(ids)))
    check(recorded(site) == sent, "every document is recorded: %d of %d" % (recorded(site), sent))
    check(not twice and not sheets, "no document has two records")
    check(not told and len(notices) == sent, "one notice a document: %d of %d" % (len(notices), sent))
    check(notices <= set(ids), "every notice is a mail: %d are missing" % len(notices - set(ids)))
    check(not held and not site.spool("held"), "no good document is held: %s" % held[:5])
    for state in ("incoming", "reading", "corrupt", "tmp"):
        check(not site.spool(state), "spool/%s is empty: %d" % (state, len(site.spool(state))))
    audit = site.run("audit", "verify", check_status=False)
    check(audit.returncode == 0, "the audit chain is whole: %s" % audit.stderr)
    verified = site.run("doctor", "--verify", check_status=False).stdout
    check("archive: each of" in verified, "every file of the archive is there: %s" % verified[-1500:])


def mount(folder, seconds):
    size = 200 + int(seconds / 60 * SPACE_MB_EACH_MINUTE)
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0755" % size, "tasuki-soak", str(folder)], check=False,
                          stderr=subprocess.DEVNULL)
    return done.returncode == 0


def make_site(folder, inbox, readers):
    moved = [('folder: "inbox/%s"' % office, 'folder: "%s"' % (inbox / office)) for office in OFFICES]
    for office in OFFICES:
        (inbox / office).mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(inbox / office, USER)
    site = Site(root=str(folder), config=[*moved, ("  readers: 1 ", "  readers: %d " % readers)])
    site.edit("after: \"move\"", "after: \"delete\"")
    site.edit("after: \"move\"", "after: \"delete\"")
    return site


def soak(site, options, rng, folder, inbox, own_disk):
    path = inbox / "page.tif"
    make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
    feeder = Feeder(site, inbox, path.read_bytes(), options.rate, time.monotonic() + options.seconds)
    trouble = Trouble(site, rng, folder)
    site.serve()
    feeder.start()
    disturb(trouble, options.seconds, own_disk)
    if site.process.poll() is not None:
        site.serve()
    feeder.join()
    check(feeder.over, "the sender came to its end")
    print("trouble: %s; killed %s" % (", ".join(trouble.done), dict(trouble.killed)), flush=True)
    check(len(trouble.done) == 5 + own_disk and not any("not held" in what for what in trouble.done), "every trouble was made: %s" % trouble.done)
    took = drain(site, feeder.sent, options.drain)
    print("drained in %.0f s; %d submissions were refused and made again" % (took, feeder.refused), flush=True)
    check(took < options.drain, "everything is settled within %d s: %d of %d recorded, %d notices open, spool %s"
          % (options.drain, recorded(site), feeder.sent, undelivered(site), {s: len(site.spool(s)) for s in ("incoming", "reading")}))
    site.stop()
    judge(site, feeder.sent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=4)
    parser.add_argument("--drain", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="tasuki-soak-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    base.chmod(0o755)
    folder, inbox = base / "disk", base / "inbox"
    folder.mkdir()
    inbox.mkdir()
    inbox.chmod(0o755)
    own_disk = mount(folder, options.seconds)
    rng = random.Random(options.seed)
    readers = rng.choice((1, 2))
    print("seed %d, %d readers, %.0f s at %.1f documents a second%s" % (
        options.seed, readers, options.seconds, options.rate, "" if own_disk else "; without a full disk: that needs root"), flush=True)
    site = None
    try:
        site = make_site(folder, inbox, readers)
        soak(site, options, rng, folder, inbox, own_disk)
    finally:
        if site is not None:
            site.close()
        if own_disk:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(base, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
