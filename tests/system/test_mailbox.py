#!/usr/bin/env python3
"""Mail in, against a real Dovecot: what is taken, what is held, what a mailbox looks like afterwards, and everything that goes
wrong with mailboxes and with those who run them."""
import email.message
import email.policy
import io
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import ssl
import tempfile
import threading
import time
import zipfile

from dovecot import BOX, Dovecot, TokenEndpoint, free_port, make_certificate
from tasuki_site import OUTCOME_PAGE, USER, Site, check, failures, finish, make_sheet, wait_for

SOURCE = """sources:
  - id: "%(id)s"
    office: "higashinari"
    kind: "imap"
    after: "%(after)s"
    imap:
      url: "%(url)s"
      user: "%(user)s"
      ca_file: "%(ca)s"
      poll_s: %(poll)d
      timeout_s: 10
%(more)s"""
PASSWORD = '      password_file: "imap.password"\n'
numbers = iter(range(1, 10000))


class Mailbox:
    """A site with one mailbox."""

    def __init__(self, dovecot, poll=300, after="move", url=None, ca=None, more=PASSWORD, source="post", env=None):
        self.dovecot, self.source = dovecot, source
        self.site = Site(env=env, config=[("sources:\n", SOURCE % {
            "id": source, "after": after, "url": url or "imaps://localhost:%d" % dovecot.port, "user": BOX,
            "ca": ca or dovecot.dir / "ca.crt", "poll": poll, "more": more})])
        self.write("imap.password", "secret\n")

    def write(self, name, text):
        path = self.site.dir / name
        path.write_text(text)
        path.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(path, USER)

    def state(self):
        path = self.site.dir / "mailbox" / self.source / "state.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def seen(self):
        path = self.site.dir / "mailbox" / self.source / "seen"
        return path.read_text().splitlines() if path.exists() else []

    def documents(self, state=None):
        try:
            rows = self.site.query("SELECT spool_id, state, sender, name, reason FROM documents WHERE source = ? "
                                   "ORDER BY spool_id", self.source)
        except sqlite3.OperationalError:  # a store that is being made
            rows = []
        return [row for row in rows if state in (None, row[1])]

    def spooled(self):
        return sum(len(self.site.spool(s)) for s in ("incoming", "reading", "held"))

    def close(self):
        self.site.stop()
        self.site.close()


def mail(*parts, subject="Fax", message_id=True, sender="fax@clinic.example.jp", text="別紙のとおり。", **headers):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"], m["Subject"] = sender, BOX, subject
    m["Date"] = "Tue, 24 Nov 2026 09:30:00 +0900"
    if message_id:
        m["Message-ID"] = message_id if isinstance(message_id, str) else "<%d.%d@clinic.example.jp>" % (next(numbers), os.getpid())
    for key, value in headers.items():
        m[key.replace("_", "-")] = value
    m.set_content(text)
    for name, kind, data in parts:
        m.add_attachment(data, *kind.split("/"), filename=name)
    return m.as_bytes()


def sheet(number):
    """A TIFF that no other call gives."""
    with tempfile.NamedTemporaryFile(suffix=".tif") as out:
        make_sheet(out.name, [{"form": "outcome", "edition": "higashinari-2015", "text": {"patient_name": "見本 %d" % number}}])
        return pathlib.Path(out.name).read_bytes() + b"%d" % number


def tiff(number=None):
    return ("fax%d.tif" % (number or next(numbers)), "image/tiff", TIFF + b"\0" + os.urandom(8))


def locked_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("sheet.pdf", b"x" * 100)
    data = bytearray(out.getvalue())
    data[6] |= 1
    return bytes(data)


# What comes in ------------------------------------------------------------------------------------------------------

def what_is_taken(dovecot):
    """Sheets, things to be held, letters; each once; the mailbox told afterwards. IDLE: within seconds of arriving."""
    box = Mailbox(dovecot)
    dovecot.deliver(mail(tiff(), subject="転帰"))
    dovecot.deliver(mail(("list.zip", "application/zip", locked_zip())))
    dovecot.deliver(mail(subject="ご挨拶", text="お世話になっております。"))
    dovecot.deliver(mail(subject="不在", Auto_Submitted="auto-replied"))
    box.site.serve()
    wait_for(lambda: len(box.documents()) == 3, 60, "three documents: %r" % box.documents())
    states = sorted((d[1], d[4]) for d in box.documents())
    check([s for s, _ in states] == ["held", "held", "read"], "states: %r" % states)
    check("password" in states[1][1] + states[0][1] and "without a sheet" in states[0][1] + states[1][1], "reasons: %r" % states)
    check(all(d[2] == "fax@clinic.example.jp" for d in box.documents()), "the sender is kept")
    wait_for(lambda: dovecot.messages() == {}, 20, "everything was moved: %r" % dovecot.messages())
    check(len(dovecot.messages("Tasuki")) == 4 and not any("S" in f for f in dovecot.messages("Tasuki").values()),
          "moved, and not marked as seen: %r" % dovecot.messages("Tasuki"))
    began = time.monotonic()
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 4, 60, "a mail that comes while it waits")
    idle = [line for line in box.site.log_text().splitlines() if "mailbox.taken" in line]
    check(time.monotonic() - began < 60 and len(idle) == 5, "taken long before the next look was due")
    check(len(box.seen()) == 5, "five messages are remembered: %d" % len(box.seen()))
    box.close()


def certificates(dovecot):
    """An unknown authority and a wrong name are refused before the password; STARTTLS is as good as TLS from the start."""
    def verdict(**how):
        box = Mailbox(dovecot, **how)
        done = box.site.run("mailbox", "check", "post", check_status=False)
        box.close()
        return done.returncode, done.stdout

    logins = lambda: dovecot.log().count("method=PLAIN")  # those that failed too
    status, text = verdict(ca=dovecot.dir / "other.crt")
    check(status == 1 and "authority that is not known" in text and "no password was sent" in text, "unknown authority: " + text)
    status, text = verdict(url="imap://localhost:%d" % dovecot.plain, ca=dovecot.dir / "other.crt")
    check(status == 1 and "authority that is not known" in text, "unknown authority by STARTTLS: " + text)
    dovecot.stop()
    make_certificate(dovecot.dir, "server", "ca", "DNS:mail.example.jp")
    if os.geteuid() == 0:
        shutil.chown(dovecot.dir / "server.key", USER)
    dovecot.start()
    status, text = verdict()
    check(status == 1 and "another name" in text, "wrong name: " + text)
    dovecot.stop()
    make_certificate(dovecot.dir, "server", "ca", "DNS:localhost", days="-1")
    if os.geteuid() == 0:
        shutil.chown(dovecot.dir / "server.key", USER)
    dovecot.start()
    status, text = verdict()
    check(status == 1 and "not valid today" in text, "a certificate of yesterday: " + text)
    check(logins() == 0, "nobody logged in, and nobody tried: " + dovecot.log()[-600:])
    dovecot.stop()
    make_certificate(dovecot.dir, "server", "ca", "DNS:localhost")
    if os.geteuid() == 0:
        shutil.chown(dovecot.dir / "server.key", USER)
    dovecot.start()
    for url in ("imaps://localhost:%d" % dovecot.port, "imap://localhost:%d" % dovecot.plain):
        status, text = verdict(url=url)
        check(status == 0 and "0 messages to look at" in text, "%s: %s" % (url, text))
    status, text = verdict(more='      password_file: "tasuki.yaml"\n')
    check(status == 1 and "open to other users" in text, "a password that everybody can read: " + text)
    check(logins() == 2, "two logins: %d" % logins())


TESTS = [what_is_taken, certificates]


def main():
    global TIFF
    import sys
    root = tempfile.mkdtemp(prefix="tasuki-mailbox-")
    os.chmod(root, 0o755)
    make_sheet(os.path.join(root, "sheet.tif"), [OUTCOME_PAGE])
    TIFF = pathlib.Path(root, "sheet.tif").read_bytes()
    wanted = sys.argv[1:]
    try:
        for number, test in enumerate(TESTS):
            if wanted and test.__name__ not in wanted:
                continue
            folder = os.path.join(root, str(number))
            os.mkdir(folder)
            os.chmod(folder, 0o755)
            dovecot = Dovecot(folder).start()
            began, before = time.monotonic(), len(failures)
            try:
                test(dovecot)
            finally:
                dovecot.stop()
            print("%-28s %5.1f s%s" % (test.__name__, time.monotonic() - began, "" if len(failures) == before else "  FAILED"), flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    finish()


main()
