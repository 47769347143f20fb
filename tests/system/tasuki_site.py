"""A site for system tests: made, served, looked at from outside, taken away. Standard library only."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ["TASUKI_BUILD"])
SOURCE = pathlib.Path(os.environ["TASUKI_SOURCE"])
TASUKI = str(BUILD / "tasuki")
MAKE_SHEET = str(BUILD / "make_sheet")
USER = "nobody"  # whom a site belongs to when the tests run as root

PATIENCE = 4   # times what a machine with nothing else to do needs: a passing test waits no longer for it

failures = []


def check(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED:", text, flush=True)


def finish():
    print("%d failures" % len(failures))
    sys.exit(1 if failures else 0)


def wait_for(condition, seconds, text):
    """A state that comes, however slowly on a busy machine. What must come in time is measured, not waited for."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    check(False, "%s: not within %s s" % (text, seconds * PATIENCE))
    return False


def contents(*folders):
    """(path, bytes) of each file below them. What a running site takes away meanwhile is left out."""
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in sorted(names):
                path = pathlib.Path(root) / name
                with contextlib.suppress(FileNotFoundError):
                    if path.is_file():
                        yield path, path.read_bytes()


def make_sheet(path, pages, **fax):
    spec = json.dumps({"fax": fax, "pages": pages})
    subprocess.run([MAKE_SHEET, "-", str(path)], input=spec.encode(), check=True)


class Site:
    def __init__(self, env=None, config=None, fast=True, root=None):
        """root: a place that stays and is used again, or None"""
        shm = pathlib.Path("/dev/shm")
        self.keep = root is not None
        self.root = root or tempfile.mkdtemp(prefix="tasuki-", dir=shm if os.access(shm, os.W_OK) else None)
        os.makedirs(self.root, exist_ok=True)
        os.chmod(self.root, 0o755)
        self.dir = pathlib.Path(self.root) / "site"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("TASUKI_")}
        self.env.update(env or {})
        self.log_path = pathlib.Path(self.root) / "log"
        self.log = open(self.log_path, "ab")
        self.process = None
        if (self.dir / "tasuki.yaml").exists():
            return
        self.run("init", "--sample", *(["--user", USER] if os.geteuid() == 0 else []), str(self.dir), site=False)
        if fast:
            self.edit("stable_ms: 2000", "stable_ms: 100")
            self.edit("  readers: 1 ", "  marks_only: true\n  readers: 1 ")
            self.edit("disk_free_mb_min: 200", "disk_free_mb_min: 20")
        if config:
            for old, new in config:
                self.edit(old, new)

    def edit(self, old, new):
        path = self.dir / "tasuki.yaml"
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))

    def run(self, *args, site=True, check_status=True, **more):
        command = [TASUKI, *args] + (["--site", str(self.dir)] if site else [])
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, **more)
        if check_status and done.returncode != 0:
            raise AssertionError("%s: %s" % (" ".join(command), done.stderr))
        return done

    def serve(self):
        self.process = subprocess.Popen([TASUKI, "serve", "--site", str(self.dir)], env=self.env, stderr=self.log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        return self.process

    def roles(self):
        """pids of serve's children"""
        with contextlib.suppress(OSError):
            text = pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)).read_text()
            return [int(pid) for pid in text.split()]
        return []

    def stop(self, seconds=8):
        if self.process is None or self.process.poll() is not None:
            return 0
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds + 60)
        took = time.monotonic() - began
        check(took < seconds, "stopping took %.1f s" % took)
        return took

    def kill(self):
        self.process.kill()
        self.process.wait()

    def drop(self, source, name, data):
        """A file appears in a watched folder, as a copying program makes it appear: bit by bit."""
        folder = self.dir / "inbox" / source
        with open(folder / name, "wb") as out:
            out.write(data[: len(data) // 2])
            out.flush()
            out.write(data[len(data) // 2:])
        os.chmod(folder / name, 0o644)
        if os.geteuid() == 0:
            shutil.chown(folder / name, USER)

    def wait_idle(self, seconds):
        done = self.run("queue", "--wait-idle", str(seconds * PATIENCE), check_status=False)
        check(done.returncode == 0, done.stderr.strip())

    def query(self, sql, *args):
        """Rows, or none as long as there is no database: looking must not make one."""
        path = self.dir / "store" / "tasuki.db"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=20)) as db:
            try:
                return db.execute(sql, args).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):  # just being made
                    return []
                raise

    def spool(self, state):
        return sorted(os.listdir(self.dir / "spool" / state))

    def original(self, document):
        """The bytes of a document that is in the spool, as they came."""
        out = tempfile.NamedTemporaryFile(dir=self.root, delete=False).name
        os.unlink(out)
        os.chmod(self.root, 0o777)
        self.run("queue", "save", document, out, "--by", "tester")
        return pathlib.Path(out).read_bytes()

    def mails(self):
        box = self.dir / "mail"
        return sorted(path for sub in ("new", "cur") if (box / sub).is_dir() for path in (box / sub).iterdir())

    def log_text(self):
        return self.log_path.read_text(errors="replace")

    def words_missing(self):
        """The desk names every kind of to-do that came up in the languages of its pages."""
        words = [path.read_text() for path in sorted((SOURCE / "review" / "static" / "lang").glob("*/todo.js"))]
        with contextlib.suppress(sqlite3.DatabaseError):  # a test may have damaged it
            kinds = [kind for (kind,) in self.query("SELECT DISTINCT kind FROM todos")]
            return [kind for kind in kinds if not all("'kind.%s'" % kind in text for text in words)]
        return []

    def close(self):
        missing = self.words_missing()
        check(not missing, "kinds of to-do without a word at the desk: %s" % ", ".join(missing))
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.log.close()
        if failures:
            print("---- log of the site (end)\n" + self.log_text()[-6000:])
        if not self.keep:
            shutil.rmtree(self.root, ignore_errors=True)


OUTCOME_PAGE = {"form": "outcome", "edition": "higashinari-2015"}
