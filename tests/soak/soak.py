#!/usr/bin/env python3
"""A bad day in short: documents come in without a pause while everything else goes wrong, and then all of them must be there, once.

usage: soak.py [--seconds N] [--rate N] [--drain N] [--seed N]      (TASUKI_BUILD, TASUKI_SOURCE: where program and sources are)

For N seconds (600) four documents a second come by every way in: watched folders, a mailbox of a real Dovecot, uploads at the desk, the hook
of a fax line, `tasuki submit`. Meanwhile any process of the gateway is killed at random, the children of the recogniser, of poppler and of the
mailbox too, and now and then a hook; the disk is full for a while (a small file system of memory: as root); somebody holds the
database; the clock of base/ jumps an hour ahead and back, an hour back and ahead. Afterwards nothing is disturbed, and within --drain seconds
(600) everything has to be settled. Prints what was done and found; ends with status 1 when a document is lost, recorded twice, told
of under two ids, or held without fault of its own.
"""
import argparse
import collections
import email.message
import email.policy
import http.client
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
sys.path[:0] = [str(ROOT / "tests" / "system"), str(ROOT / "tests" / "review")]
from desk_client import PASSWORD, Desk, Person  # noqa: E402
from dovecot import BOX, Dovecot, free_port  # noqa: E402
from tasuki_site import OUTCOME_PAGE, TASUKI, USER, check, finish, make_sheet  # noqa: E402

OFFICES = ("higashinari", "ikuno")
SPACE_MB_EACH_MINUTE = 60  # of the small file system: what the documents of a minute take, generously


class Feeder(threading.Thread):
    """A sender keeps what it was not told is received, and tries again."""

    def __init__(self, bench, rate, until):
        super().__init__(daemon=True)
        self.bench, self.site, self.rate, self.until = bench, bench.site, rate, until
        self.sent, self.refused, self.late, self.over = 0, 0, collections.deque(), False

    @property
    def name_of(self):
        return type(self).__name__.lower()

    def run(self):
        began = time.monotonic()
        while time.monotonic() < self.until or self.late:
            if self.late and time.monotonic() >= self.until:
                time.sleep(0.5)
            while self.late and self.hand_over(*self.late[0]):
                self.late.popleft()
            if time.monotonic() >= self.until:
                continue
            one = ("%s%05d.tif" % (self.name_of, self.sent), self.bench.page + b"document %s %d" % (self.name_of.encode(), self.sent))
            if not self.hand_over(*one):
                self.late.append(one)
            self.sent += 1
            time.sleep(max(0, min(began + self.sent / self.rate, self.until) - time.monotonic()))
        self.over = True

    def hand_over(self, name, data):
        told = self.send(name, data)
        self.refused += not told
        return told


class Folder(Feeder):
    def send(self, name, data):
        path = self.bench.inbox / OFFICES[self.sent % 2] / name
        path.write_bytes(data[:len(data) // 2])
        with open(path, "ab") as out:
            out.write(data[len(data) // 2:])
        if os.geteuid() == 0:
            shutil.chown(path, USER)
        return True


class Command(Feeder):
    """A program that says by its status whether it took the document; one in ten is killed."""

    def send(self, name, data):
        path = self.bench.inbox / name
        path.write_bytes(data)
        os.chmod(path, 0o644)
        process = subprocess.Popen([TASUKI, *self.words(str(path)), "--site", str(self.site.dir)], env=dict(self.site.env),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.bench.killer.random() < 0.1:
            time.sleep(self.bench.killer.uniform(0, 0.05))
            process.kill()
            self.bench.killed[self.name_of] += 1
        return process.wait() == 0


class Submit(Command):
    def words(self, path):
        return "submit", "--office", OFFICES[0], path


class Hook(Command):
    def words(self, path):
        return "intake-fax", "--source", "line", path, "ttyS0", "1"


class Mail(Feeder):
    def send(self, name, data):
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "fax@clinic.example.jp", BOX, "Fax", "<%s@clinic.example.jp>" % name
        mail.set_content("別紙のとおり。")
        mail.add_attachment(data, "image", "tiff", filename=name)
        self.bench.dovecot.deliver(mail.as_bytes())
        return True


class Upload(Feeder):
    """Somebody at the desk, who signs in again when the desk asks for that."""

    def send(self, name, data):
        person = self.bench.person
        try:
            if person.cookie is None and person.sign_in().status != 200:
                return False
            answer = person.ask("POST", "/uploads?name=" + name, data=data, headers={"Content-Type": "image/tiff"})
            if answer.status == 401:
                person.cookie = person.csrf = None
            return answer.status == 201
        except (OSError, http.client.HTTPException):
            if person.line is not None:
                person.line.close()
            person.line = None
            return False


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
    def __init__(self, site, rng, folder, killed):
        self.site, self.rng, self.folder = site, rng, folder
        self.done, self.killed = [], killed

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


def drain(bench, sent, seconds):
    site, began = bench.site, time.monotonic()
    while time.monotonic() < began + seconds:
        if (recorded(site) >= sent and undelivered(site) == 0 and not site.spool("incoming") and not site.spool("reading")
                and not bench.dovecot.messages()):
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


SOURCES = """sources:
  - id: "post"
    office: "higashinari"
    kind: "imap"
    after: "move"
    imap:
      url: "imaps://localhost:%d"
      user: "%s"
      ca_file: "%s"
      password_file: "imap.password"
      start: "all"
      poll_s: 10
      timeout_s: 10
  - id: "line"
    office: "ikuno"
    kind: "fax"
    folder: ""
"""


def make_site(folder, inbox, readers, dovecot):
    moved = [('folder: "inbox/%s"' % office, 'folder: "%s"' % (inbox / office)) for office in OFFICES]
    for office in OFFICES:
        (inbox / office).mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(inbox / office, USER)
    mail = ("sources:\n", SOURCES % (dovecot.port, BOX, dovecot.dir / "ca.crt"))
    site = Desk(tls=False, web="  second_factor_optional: true", root=str(folder), 
                config=[*moved, ("  readers: 1 ", "  readers: %d " % readers), *[('after: "move"', 'after: "delete"')] * 2, mail])
    site.port = free_port()
    site.edit('listen: "127.0.0.1:0"', 'listen: "127.0.0.1:%d"' % site.port)
    password = site.dir / "imap.password"
    password.write_text("secret\n")
    password.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(password, USER)
    return site


SHARES = ((Folder, 0.55), (Mail, 0.15), (Upload, 0.15), (Hook, 0.1), (Submit, 0.05))


class Bench:
    def __init__(self, site, dovecot, inbox, seed):
        self.site, self.dovecot, self.inbox = site, dovecot, inbox
        self.killed, self.killer = collections.Counter(), random.Random(seed + 1)
        path = inbox / "page.tif"
        make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        self.page = path.read_bytes()
        self.person = Person(site, "sato")
        self.person.password = site.account("sato", "--role", "coordinator", "--office", OFFICES[0])

    def open(self):
        """Somebody signs in for the first time; from then on with a password of their own."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if self.person.sign_in().status == 200:
                    break
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
        answer = self.person.post("/account/password", {"password": self.person.password, "new": PASSWORD})
        check(answer.status == 204, "a person is at the desk: %s" % answer)
        self.person.password = PASSWORD


def soak(bench, options, rng, folder, own_disk):
    site = bench.site
    site.serve()
    bench.open()
    until = time.monotonic() + options.seconds
    feeders = [kind(bench, options.rate * share, until) for kind, share in SHARES]
    trouble = Trouble(site, rng, folder, bench.killed)
    for feeder in feeders:
        feeder.start()
    disturb(trouble, options.seconds, own_disk)
    if site.process.poll() is not None:
        site.serve()
    for feeder in feeders:
        feeder.join(options.drain)
    sent = sum(feeder.sent for feeder in feeders)
    check(all(feeder.over for feeder in feeders), "every sender came to its end: %s" % [f.name_of for f in feeders if not f.over])
    print("sent: %s" % ", ".join("%s %d (%d refused and made again)" % (f.name_of, f.sent, f.refused) for f in feeders))
    print("trouble: %s; killed %s" % (", ".join(trouble.done), dict(bench.killed)), flush=True)
    check(len(trouble.done) == 5 + own_disk and not any("not held" in what for what in trouble.done), "every trouble was made: %s" % trouble.done)
    took = drain(bench, sent, options.drain)
    print("drained in %.0f s" % took, flush=True)
    check(took < options.drain, "everything is settled within %d s: %d of %d recorded, %d notices open, spool %s, mailbox %d"
          % (options.drain, recorded(site), sent, undelivered(site), {s: len(site.spool(s)) for s in ("incoming", "reading")},
             len(bench.dovecot.messages())))
    by_source = dict(site.query("SELECT source, count(DISTINCT sha256) FROM documents WHERE state = 'read' GROUP BY source"))
    print("recorded by source: %s" % by_source)
    site.stop()
    judge(site, sent)


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
    site, dovecot = None, Dovecot(base)
    try:
        dovecot.start()
        site = make_site(folder, inbox, readers, dovecot)
        soak(Bench(site, dovecot, inbox, options.seed), options, rng, folder, own_disk)
    finally:
        if site is not None:
            site.close()
        dovecot.stop()
        if own_disk:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(base, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
