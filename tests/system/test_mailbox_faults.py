#!/usr/bin/env python3
"""Whatever breaks while a mail is taken from a real Dovecot, the mailbox is never told of what is not there.

usage: test_mailbox_faults.py [--every]      (without it some of the calls are left out, of a kill none)

Every call to the disk fails once, fails from then on, is the last of the process, or is a power cut; the connection ends before each record
of ours arrives, or after it did and before its answer comes. After each the next pass takes the mail, tells the mailbox, and
the document is there. One fsync left out is noticed. With `after: move`, and with `after: seen`.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from dovecot import BOX, Dovecot
from tasuki_site import USER, Site, check, finish

ONCE = os.path.join(os.environ["TASUKI_BUILD"], "tests", "gateway", "mailbox_once")
SOURCE = """sources:
  - id: "post"
    office: "higashinari"
    kind: "imap"
    after: "%s"
    imap:
      url: "imaps://localhost:%d"
      user: "%s"
      ca_file: "%s"
      password_file: "imap.password"
      start: "all"
      timeout_s: 10
"""


class Cutter:
    """Between a pass and the server: counts the TLS records of the client, and ends the connection at one of them."""

    def __init__(self, port):
        self.server = port
        self.at, self.answerless, self.met = 0, False, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def arm(self, at, answerless):
        self.at, self.answerless, self.met = at, answerless, False

    def listen(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server))
            self.quiet = threading.Event()
            threading.Thread(target=self.back, args=(server, client, self.quiet), daemon=True).start()
            threading.Thread(target=self.forth, args=(client, server, self.quiet), daemon=True).start()

    def forth(self, client, server, quiet):
        count = 0
        try:
            while True:
                head = self.exactly(client, 5)
                body = self.exactly(client, int.from_bytes(head[3:], "big"))
                count += 1
                last = count == self.at
                if last:
                    self.met = True
                    if not self.answerless:
                        break
                    quiet.set()
                server.sendall(head + body)
                if last:
                    server.shutdown(socket.SHUT_WR)
                    while server.recv(65536):  # until the server has done what it was asked for
                        pass
                    break
        except OSError:
            pass
        for one in (client, server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    @staticmethod
    def exactly(sock, size):
        data = b""
        while len(data) < size:
            more = sock.recv(size - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    @staticmethod
    def back(server, client, quiet):
        try:
            while not quiet.is_set():
                data = server.recv(65536)
                if not data or quiet.is_set():
                    return
                client.sendall(data)
        except OSError:
            pass

    def close(self):
        self.listener.close()


class Broken:
    """One site and its mailbox, and a mail that is new each time."""

    def __init__(self, dovecot, after):
        self.dovecot, self.after = dovecot, after
        self.cutter = Cutter(dovecot.port)
        self.site = Site(config=[("sources:\n", SOURCE % (after, self.cutter.port, BOX, dovecot.dir / "ca.crt"))])
        path = self.site.dir / "imap.password"
        path.write_text("secret\n")
        path.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(path, USER)
        self.number = 0
        self.runs = 0

    def deliver(self):
        self.number += 1
        self.message = "%d.%s@clinic.example.jp" % (self.number, self.after)
        self.file = self.dovecot.deliver((
            "From: fax@clinic.example.jp\r\nMessage-ID: <%s>\r\nSubject: Fax\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: image/tiff\r\n\r\nII*\x01%d\r\n--x--\r\n"
            % (self.message, self.number)).encode())

    def call(self, *words):
        self.runs += 1
        done = subprocess.run([ONCE, str(self.site.dir), "post", *map(str, words)], env=self.site.env, capture_output=True, text=True)
        if done.returncode == 99:
            return {"fired": "1", "early": "0", "rc": "killed"}
        check(done.returncode == 0, "%s: status %d, %s" % (words, done.returncode, done.stderr[-500:]))
        return dict(word.split("=", 1) for word in done.stdout.split() if "=" in word)

    def is_told(self):
        flags = self.dovecot.messages().get(self.file)
        return flags is None if self.after == "move" else "S" in flags

    def documents(self):
        seen = self.call("look", self.message)
        check(seen.get("corrupt") == "0", "nothing in the spool is damaged: %s" % seen)
        return int(seen.get("documents", 0)), seen.get("waiting")

    def judge(self, what, answer):
        check(answer.get("early") == "0", "%s: told before it was durable" % what)
        if self.is_told():
            check(self.documents()[0] > 0, "%s: the mailbox was told, and nothing is there" % what)
        self.cutter.arm(0, False)
        if answer.get("rc") != "0" or not self.is_told():
            answer = self.call("none", 0, 0)
        count, waiting = self.documents()
        check(answer.get("rc") == "0" and self.is_told(), "%s: the next pass ends it: %s" % (what, answer))
        check(1 <= count <= 2 and waiting == "0", "%s: %d documents, %s wait" % (what, count, waiting))
        # nothing of this mail is looked at again
        for path in (self.site.dir / "spool" / "incoming").iterdir():
            shutil.rmtree(path)
        if self.after == "seen":
            for sub in ("new", "cur"):
                for path in (self.dovecot.box() / sub).glob(self.file + "*"):
                    path.unlink()

    def break_every_call(self, way, step):
        nth = 1 - step
        while nth < 600:
            nth += step
            self.deliver()
            answer = self.call(way, nth, 0)
            self.judge("%s, %s at call %d" % (self.after, way, nth), answer)
            if answer.get("fired") == "0":
                return nth - 1
        check(False, "%s: no end" % way)
        return nth

    def break_every_record(self, answerless):
        at = 0
        while at < 200:
            at += 1
            self.deliver()
            self.cutter.arm(at, answerless)
            answer = self.call("none", 0, 0)
            met = self.cutter.met
            self.judge("%s, the connection ends at record %d%s" % (self.after, at, " without an answer" if answerless else ""), answer)
            if not met:
                return at - 1
        check(False, "no end of records")
        return at

    def leave_out_every_sync(self):
        seen = 0
        for left_out in range(1, 17):
            self.deliver()
            answer = self.call("none", 0, left_out)
            seen += answer.get("early") == "1"
            answer["early"] = "0"
            self.judge("%s, fsync %d left out" % (self.after, left_out), answer)
        check(seen >= 4, "%s: only %d of its fsyncs are missed" % (self.after, seen))
        return seen

    def close(self):
        self.cutter.close()
        self.site.close()


def main():
    every = "--every" in sys.argv
    with tempfile.TemporaryDirectory(prefix="tasuki-mailbox-faults-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as root:
        os.chmod(root, 0o755)
        dovecot = Dovecot(root).start()
        try:
            for after in ("move", "seen"):
                broken = Broken(dovecot, after)
                calls = {way: broken.break_every_call(way, 1 if every else step if after == "move" else 8)  # told apart at the end only
                         for way, step in (("once", 3), ("ever", 4), ("kill", 1), ("cut", 2))}
                records = [broken.break_every_record(answerless) for answerless in (False, True)]
                missed = broken.leave_out_every_sync()
                print("after: %s: calls of the disk %s, records of the wire %s, fsyncs that are missed %d; %d passes"
                      % (after, calls, records, missed, broken.runs), flush=True)
                check(min(calls.values()) > 40 and min(records) > 8, "all of it was broken: %s %s" % (calls, records))
                broken.close()
        finally:
            dovecot.stop()
    finish()


main()
