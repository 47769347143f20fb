#!/usr/bin/env python3
"""Mail in, against a real Dovecot: what is taken, what is held, what a mailbox looks like afterwards, and everything that goes
wrong with mailboxes and with those who run them."""
import contextlib
import email.message
import email.policy
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib

from dovecot import BOX, Dovecot, TokenEndpoint, make_certificate, make_jwt
from tasuki_site import OUTCOME_PAGE, SOURCE as PROJECT, USER, Site, check, failures, finish, make_sheet, wait_for

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


def fast_clock(rate):
    return {"TASUKI_CLOCK": "rate=%d,start_s=%d" % (rate, time.time())}


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


def what_is_taken(dovecot):
    """Sheets, things to be held, letters; each once; the mailbox told afterwards. IDLE: what arrives is taken long before the next look."""
    box = Mailbox(dovecot, poll=540)
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
    wait_for(lambda: len(box.site.spool("held")) == 1 and box.spooled() == 1, 20,
             "what is not opened stays in held/, a letter is in the records: %r" % box.site.spool("held"))
    letter = [d[0] for d in box.documents("held") if "without a sheet" in d[4]][0]
    box.site.run("queue", "save", letter, str(box.site.dir / "letter.eml"), "--by", "係")
    check(b"clinic.example.jp" in (box.site.dir / "letter.eml").read_bytes(), "the letter itself can be had")
    wait_for(lambda: len(dovecot.messages("Tasuki")) == 3, 20, "three are moved: %r" % dovecot.messages("Tasuki"))
    check(not any("S" in f for f in (dovecot.messages() | dovecot.messages("Tasuki")).values()), "and none is marked as seen")
    check(len(dovecot.messages()) == 1, "the automatic reply is left where it was: %r" % dovecot.messages())
    todos = {k: t for k, t in box.site.query("SELECT kind, text FROM todos WHERE kind IN ('held', 'letter')")}
    check(set(todos) == {"held", "letter"} and "clinic.example.jp" in todos["letter"], "to-dos: %r" % todos)
    check("件名: ご挨拶" in todos["letter"] and "お世話になっております。" in todos["letter"], "the letter is shown: %r" % todos)
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 4, 60, "a mail that comes while it waits, minutes before the next look")
    wait_for(lambda: box.site.log_text().count("mailbox.taken") == 5 and len(box.seen()) == 5, 20,
             "five messages are remembered: %d" % len(box.seen()))
    check(box.site.log_text().count("mailbox.taken") == 5, "each once")
    box.close()


def page_of_no_form(number):
    """Bars on white: nobody's sheet, and no other call gives it."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + (b"\0" if 300 < y < 310 + number or 900 < y < 915 else b"\xff") * 216 for y in range(2200))
    return ("page.png", "image/png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1728, 2200, 1, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def receipts(dovecot):
    """A letter and a page of no form are acknowledged to an address that two people verified; what a program wrote never is."""
    box = Mailbox(dovecot)
    box.site.run("directory", "import", str(box.site.dir / "directory.csv"), "--by", "係")
    clinic, address = box.site.query("SELECT id, email FROM institutions WHERE kind = 'clinic' AND email <> '' AND office_id = 'higashinari'")[0]
    for who in ("佐藤", "鈴木"):
        box.site.run("directory", "verify", str(clinic), "--channel", "email", "--how", "letterhead", "--by", who)
    dovecot.deliver(mail(sender=address, subject="ご挨拶", text="お世話になっております。"))
    dovecot.deliver(mail(page_of_no_form(1), sender=address))
    dovecot.deliver(mail(page_of_no_form(2), sender=address, Auto_Submitted="auto-generated"))
    dovecot.deliver(mail(page_of_no_form(3), sender="stranger@example.jp"))
    box.site.serve()
    wait_for(lambda: len(box.documents()) == 4, 60, "four documents: %r" % box.documents())
    box.site.wait_idle(60)
    told = box.site.query("SELECT destination, kind, body FROM notices WHERE event = 'document.received'")
    check(len(told) == 2 and {d for d, _, _ in told} == {address}, "two receipts, to who is known: %r" % told)
    check(all(kind == "alert" and "ご挨拶" not in body for _, kind, body in told), "they say nothing of what came: %r" % told)
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


def made_anew(dovecot):
    """Another UIDVALIDITY: everything is looked at once more, nothing is taken twice, and not for ever."""
    box = Mailbox(dovecot, after="seen", poll=5, env=fast_clock(5))
    for _ in range(3):
        dovecot.deliver(mail(tiff()))
    box.site.serve()
    wait_for(lambda: len(box.documents()) == 3, 60, "three documents")
    wait_for(lambda: all("S" in f for f in dovecot.messages().values()), 20, "all seen: %r" % dovecot.messages())
    before = box.state()["validity"]
    client = dovecot.imap()
    client.store("1:*", "-FLAGS", "($TasukiDone)")  # a rebuilt mailbox has lost its keywords
    client.logout()
    dovecot.make_anew()
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 4, 60, "the new one is taken")
    wait_for(lambda: box.state()["validity"] != before and box.state()["next_uid"] == 5, 20, "numbered anew: %r" % box.state())
    taken = lambda: box.site.log_text().count("mailbox.taken")
    known = lambda: box.site.log_text().count("kind=known")
    wait_for(lambda: known() == 3 and len(box.seen()) == 4, 20, "three are known again: %d, %d" % (known(), len(box.seen())))
    check(all(d[1] != "duplicate" for d in box.documents()), "and none came into the spool twice")
    count = taken()
    time.sleep(4)  # some more looks
    check(taken() == count, "nothing is fetched again: %d, %d" % (count, taken()))
    box.close()


class Cutter:
    """A server in between that goes away in the middle of what the mail server says, so often as it is told to."""

    def __init__(self, dovecot, after, times):
        self.after, self.times, self.cut, self.frozen = after, times, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.to = dovecot.port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                threading.Thread(target=self.pump, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self.pump, args=(server, client, self.after), daemon=True).start()

    def pump(self, source, target, limit):
        passed, born = 0, self.frozen
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                passed += len(data)
                if self.frozen > born:
                    time.sleep(600)
                if limit is not None and passed > limit and self.cut < self.times:
                    self.cut += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def freeze(self):
        """From now on nothing passes on the connections that there are, and nobody says goodbye."""
        self.frozen += 1

    def close(self):
        self.listener.close()


def cut_in_a_literal(dovecot):
    """The connection goes in the middle of a message: it waits its turn, the others go on, in the end all are taken once."""
    cutter = Cutter(dovecot, 300000, 1)
    box = Mailbox(dovecot, url="imaps://localhost:%d" % cutter.port, env=fast_clock(10))
    dovecot.deliver(mail(("large.tif", "image/tiff", TIFF + os.urandom(600000))))
    for _ in range(3):
        dovecot.deliver(mail(tiff()))
    box.site.serve()
    wait_for(lambda: len(box.documents()) == 4, 90, "all are taken: %r" % box.documents())
    wait_for(lambda: box.state()["pending"] == [] and dovecot.messages() == {}, 20, "all settled: %r" % box.state())
    order = re.findall(r"mailbox.taken .*uid=([0-9]+)", box.site.log_text())
    check(cutter.cut == 1 and order == ["2", "3", "4", "1"], "the others first, the one that was cut later: %r" % order)
    check(all(d[1] == "read" for d in box.documents()), "whole, and once: %r" % box.documents())
    box.close()
    cutter.close()


def half_open(dovecot):
    """A connection that is dead without anybody having said so: noticed at the next look, and made anew."""
    between = Cutter(dovecot, 0, 0)
    box = Mailbox(dovecot, url="imaps://localhost:%d" % between.port, poll=10, env=fast_clock(5))
    box.site.serve()
    wait_for(lambda: box.state().get("looked_ms"), 30, "looked at")
    between.freeze()
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 1, 60, "a mail that came meanwhile: %r" % box.state())
    check("connection was lost" in box.site.log_text(), "the death was noticed: " + box.site.log_text()[-500:])
    wait_for(lambda: box.state()["trouble"] == "", 20, "and is over: %r" % box.state())
    box.close()
    between.close()


def todos(box, kind):
    return box.site.query("SELECT about, text, done FROM todos WHERE kind = ? ORDER BY id", kind)


def subject_of(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"]


def two_gateways(dovecot):
    """Two sites on one mailbox: every message is taken by one of them; a claim that does not go on is told to a person, who has
    it taken over."""
    one, two = (Mailbox(dovecot, after="seen", poll=5, source=name, more=PASSWORD + "      claim_minutes: 1\n", env=fast_clock(10))
                for name in ("one", "two"))
    for box in (one, two):
        box.site.serve()
    for _ in range(12):
        dovecot.deliver(mail(tiff()))
        time.sleep(0.1)
    wait_for(lambda: len(one.documents()) + len(two.documents()) >= 12, 90, "twelve documents")
    wait_for(lambda: all("S" in f for f in dovecot.messages().values()), 30, "all seen")
    wait_for(lambda: len(one.seen()) + len(two.seen()) >= 12, 30, "all remembered")
    time.sleep(2)  # some more looks
    got = [len(box.documents()) for box in (one, two)]
    check(sum(got) == 12 and len(one.seen()) + len(two.seen()) == 12, "each once: %r" % got)
    print("   one took %d, two took %d" % tuple(got))
    client = dovecot.imap()
    flags = [line.decode() for line in client.fetch("1:*", "(FLAGS)")[1]]
    check(all("$TasukiDone" in f and f.count("$Tasuki-") == 1 for f in flags), "one claim each: %r" % flags)
    name = re.search(r"[$]Tasuki-[0-9a-f]{8}", flags[0]).group(0)
    # A third gateway claims the next one before anybody sees it, and dies.
    one.site.stop()
    two.site.stop()
    dovecot.deliver(mail(tiff()))
    client.noop()
    client.store("13", "+FLAGS", "($Tasuki-0badcafe)")
    one.site.serve()
    wait_for(lambda: todos(one, "mailbox_claimed"), 60, "a stale claim is told: %r" % one.state())
    check(len(one.documents()) == got[0] and "one" in todos(one, "mailbox_claimed")[0][1], "and left alone till then")
    wait_for(lambda: any("受付口に問題があります（one）" in subject_of(m) for m in one.site.mails()), 30, "by an alert too")
    one.site.run("mailbox", "again", "one")
    wait_for(lambda: len(one.documents()) == got[0] + 1, 90, "taken over: %r" % one.state())
    wait_for(lambda: todos(one, "mailbox_claimed")[0][2] != "" if todos(one, "mailbox_claimed") else False, 30, "the to-do closes by itself")
    wait_for(lambda: len(one.seen()) >= got[0] + 1, 30, "remembered")
    check(len(one.seen()) == got[0] + 1, "what was taken before is not taken again")
    client.logout()
    one.close()
    two.close()


def tokens(dovecot):
    """XOAUTH2: a token ends and is renewed; the refresh token changes each time and is kept; a refusal is told to people."""
    endpoint = TokenEndpoint(dovecot, life=60)  # so short that each connection asks for a new one, however soon it comes
    oauth = '''      auth: "xoauth2"
      token_url: "%s"
      client_id: "tasuki"
      client_secret_file: "client.secret"
      refresh_token_file: "refresh.token"
      silent_minutes: 5
''' % endpoint.url
    box = Mailbox(dovecot, poll=5, more=oauth, env=fast_clock(20))
    box.write("client.secret", "very secret\n")
    box.write("refresh.token", "refresh-0\n")
    dovecot.deliver(mail(tiff()))
    box.site.serve()
    wait_for(lambda: len(box.documents()) == 1, 60, "taken with a token: %s" % dovecot.log()[-500:])
    check(endpoint.asked[0] == {"grant_type": "refresh_token", "client_id": "tasuki", "client_secret": "very secret",
                                "refresh_token": "refresh-0"}, "what the endpoint was asked: %r" % endpoint.asked)
    kept = box.site.dir / "mailbox/post/token"
    check(kept.read_bytes().startswith(b"\2TSKSEAL") and b"refresh" not in kept.read_bytes(), "the new refresh token is kept, sealed")
    check(oct((box.site.dir / "mailbox/post/token").stat().st_mode)[-3:] == "600", "and nobody else reads it")
    # The server forgets the token: all connections go, a token that Dovecot calls expired is replaced by another.
    endpoint.token_life = -30
    dovecot.stop()
    dovecot.start()
    wait_for(lambda: "name and password or token" in box.state()["trouble"], 30, "an expired token is trouble: %r" % box.state())
    endpoint.token_life = None
    dovecot.deliver(mail(tiff()))
    box.site.stop()
    # As an earlier program kept it: that one is used too, and sealed.
    kept.write_text(json.dumps({"from": hashlib.sha256(b"refresh-0").hexdigest(), "token": "refresh-%d" % endpoint.rotated}))
    box.site.serve()
    wait_for(lambda: kept.read_bytes().startswith(b"\2TSKSEAL"), 60, "what lay plain is sealed")
    wait_for(lambda: len(box.documents()) == 2, 60, "a good one again: %s" % dovecot.log()[-800:])
    check(endpoint.asked[-1]["refresh_token"] == "refresh-%d" % (endpoint.rotated - 1), "asked with the newest: %r" % endpoint.asked[-1])
    # The provider takes our right away.
    endpoint.fault = (400, {"error": "invalid_grant"})
    dovecot.stop()
    dovecot.start()
    wait_for(lambda: any("invalid_grant" in text and not done for _, text, done in todos(box, "mailbox_silent")), 90,
             "a person is told, with the reason: %r" % box.state())
    # They sign in again and write a new file, which goes before what was kept.
    endpoint.fault, endpoint.valid = None, "signed-in"
    box.write("refresh.token", "signed-in\n")
    box.site.process.send_signal(signal.SIGHUP)
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 3, 90, "and it goes on: %r" % box.state())
    wait_for(lambda: all(done for _, _, done in todos(box, "mailbox_silent")), 30, "the to-do closes by itself")
    check(not any(word in box.site.log_text() for word in ("refresh-", "very secret", "signed-in", "eyJ")), "no secret in the log")
    # A redirect is not followed.
    endpoint.fault = (302, {})
    box.site.stop()
    done = box.site.run("mailbox", "check", "post", check_status=False)
    check(done.returncode == 1 and "302" in done.stdout, "a redirect is refused: " + done.stdout)
    # A program instead of an endpoint.
    script = box.site.dir / "token.sh"
    script.write_text("#!/bin/sh\necho %s\n" % make_jwt(300))
    script.chmod(0o755)
    text = (box.site.dir / "tasuki.yaml").read_text()
    (box.site.dir / "tasuki.yaml").write_text(re.sub(r"      token_url:.*\n      client_id.*\n.*\n.*\n", '      token_command: ["%s"]\n' % script, text))
    done = box.site.run("mailbox", "check", "post", check_status=False)
    check(done.returncode == 0 and "answers" in done.stdout, "a token from a program: " + done.stdout)
    script.write_text("#!/bin/sh\nexit 3\n")
    done = box.site.run("mailbox", "check", "post", check_status=False)
    check(done.returncode == 1 and "status 3" in done.stdout, "a program that fails: " + done.stdout)
    box.close()
    endpoint.close()


def comes_and_goes(dovecot):
    """Mailboxes are added and taken away while the site runs; what cannot be moved is told to people."""
    box = Mailbox(dovecot, more=PASSWORD + '      done: "Not/Allowed"\n', env=fast_clock(60))
    whole = (box.site.dir / "tasuki.yaml").read_text()
    source = whole[whole.index('  - id: "post"'):whole.index('  - id: "higashinari-fax"')]
    (box.site.dir / "tasuki.yaml").write_text(whole.replace(source, ""))
    box.site.serve()
    workers = lambda: [pid for pid in box.site.roles() if "imap" in command_of(pid)]
    wait_for(lambda: "sender.started" in box.site.log_text(), 30, "it runs")
    check(workers() == [], "no mailbox, no process")
    (box.site.dir / "tasuki.yaml").write_text(whole)
    box.site.process.send_signal(signal.SIGHUP)
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 1 and len(workers()) == 1, 60, "a mailbox is added")
    wait_for(lambda: todos(box, "mailbox_unsettled"), 60, "what cannot be moved: %r" % box.state())
    check(len(dovecot.messages()) == 1 and len(box.seen()) == 1, "it stays where it is, and is taken once")
    (box.site.dir / "tasuki.yaml").write_text(whole.replace(source, ""))
    box.site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: workers() == [], 30, "and taken away")
    box.close()


def dsn(to, original=None, action="failed", status="5.1.1", sender="MAILER-DAEMON@mx.clinic.example.jp"):
    """What a mail server says of a mail that it could not deliver (RFC 3464)."""
    lines = ["From: " + sender, "To: " + to, "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied",
             "Message-ID: <%d@mx.clinic.example.jp>" % next(numbers), "MIME-Version: 1.0",
             'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "", "--b", "Content-Type: text/plain", "",
             "I'm sorry to have to inform you", "", "--b", "Content-Type: message/delivery-status", "",
             "Reporting-MTA: dns; mx.clinic.example.jp", "", "Final-Recipient: rfc822; x@clinic.example.jp",
             "Action: " + action, "Status: " + status, ""]
    if original:
        lines += ["--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <%s>" % original, ""]
    return "\r\n".join([*lines, "--b--", ""]).encode()


def bounces(dovecot):
    """A mail of ours comes back: its notice fails and a person is told; once. What is no bounce of ours is a letter."""
    box = Mailbox(dovecot)
    sink_folder = pathlib.Path(box.site.root) / "sink"
    sink_folder.mkdir()
    sink = subprocess.Popen([sys.executable, "-B", str(PROJECT / "tests/routing/smtp_sink.py"), str(sink_folder)])
    try:
        wait_for(lambda: (sink_folder / "port").exists(), 20, "the sink listens")
        box.site.edit('channel: "maildir"', 'channel: "smtp"\n  smtp_url: "smtp://127.0.0.1:%s"\n  smtp_tls: "none"\n'
                      '  bounce: "bounces@tasuki.example"' % (sink_folder / "port").read_text())
        box.site.serve()
        for number in range(4):
            dovecot.deliver(mail(tiff()))
        sent = lambda: [row[0] for row in box.site.query("SELECT id FROM notices WHERE state = 'sent' AND event = 'sheet.received' ORDER BY id")]
        wait_for(lambda: len(box.documents()) == 4 and len(sent()) == 4, 60, "four alerts are out")
        one, two, three, four = sent()
        state = lambda notice: box.site.query("SELECT state, reason FROM notices WHERE id = ?", notice)[0]
        told = lambda notice: box.site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed' AND about = ?", "notice:" + notice)[0][0]
        dovecot.deliver(dsn("bounces+%s@tasuki.example" % one.lower()))
        dovecot.deliver(dsn(BOX, original="%s@tasuki.example" % two, status="5.2.2"))
        dovecot.deliver(dsn("bounces+%s@tasuki.example" % three, action="delayed", status="4.4.1"))
        dovecot.deliver(("From: MAILER-DAEMON@q.example.jp\r\nTo: bounces+%s@tasuki.example\r\nSubject: failure notice\r\n\r\n"
                         "Hi. This is the qmail-send program.\r\n<x@y.example.jp>:\r\n550 5.7.1 refused\r\n" % four).encode())
        dovecot.deliver(dsn(BOX, original="somebody@else.example"))
        wait_for(lambda: [state(n)[0] for n in (one, two, four)] == ["failed"] * 3, 60, "three failed: %r" % [state(n) for n in (one, two, four)])
        check("5.1.1" in state(one)[1] and "5.2.2" in state(two)[1] and "5.7.1" in state(four)[1], "with the reason")
        check([told(n) for n in (one, two, three, four)] == [1, 1, 0, 1] and state(three)[0] == "sent", "people are told of those that failed")
        wait_for(lambda: len(box.documents("held")) == 1, 60, "that of somebody else is kept: %r" % box.documents())
        check("none that Tasuki sent" in box.documents("held")[0][4], "and says so")
        wait_for(lambda: len(dovecot.messages()) == 1, 20, "only the delay is left in the mailbox: %r" % dovecot.messages())
        dovecot.deliver(dsn("bounces+%s@tasuki.example" % one))
        dovecot.deliver(dsn("bounces+01M7Y7VGJTYVPNVWE9845Q0000@tasuki.example"))
        wait_for(lambda: len(box.documents("held")) == 2, 60, "of a notice that nobody knows it is kept too")
        wait_for(lambda: box.spooled() == 0, 20, "nothing stays in the spool: %d" % box.spooled())
        check(told(one) == 1, "a second bounce changes nothing")
    finally:
        sink.kill()
        sink.wait()
        box.close()


def fax_results(dovecot):
    """A fax goes to a service by mail, and the service's result comes back by mail: delivered, failed, unclear, forged."""
    box = Mailbox(dovecot)
    try:
        path = box.site.dir / "tasuki.yaml"
        path.write_text(path.read_text().replace('fax:\n  channel: "by-hand"\n', 'fax:\n  channel: "mail"\n'
                        '  address: "*@service.example"\n  result_from: ["@service.example"]\n'))
        box.site.run("directory", "import", str(box.site.dir / "directory.csv"), "--by", "係")
        (entry,), = box.site.query("SELECT id FROM institutions WHERE fax <> '' AND office_id = 'higashinari' LIMIT 1")
        box.site.serve()
        for _ in range(4):
            box.site.run("directory", "test-fax", str(entry), "--by", "佐藤")
        sent = lambda: [row[0] for row in box.site.query("SELECT id FROM notices WHERE channel = 'fax' AND state = 'sent' ORDER BY id")]
        wait_for(lambda: len(sent()) == 4, 60, "four faxes are with the service")
        one, two, three, four = sent()
        state = lambda notice: box.site.query("SELECT state FROM notices WHERE id = ?", notice)[0][0]
        service = "result@service.example"
        dovecot.deliver(mail(sender=service, subject="【送信完了】Tasuki " + one, text="結果: ＯＫ\nページ数: 2\n"))
        dovecot.deliver(mail(tiff(), sender=service, subject="送信結果", text="件名: Tasuki %s\n話中のため送信できませんでした" % two))
        dovecot.deliver(mail(sender=service, subject="Tasuki " + three, text="受け付けました。", Auto_Submitted="auto-generated"))
        dovecot.deliver(mail(sender="someone@else.example", subject="【送信完了】Tasuki " + four, text="OK"))
        dovecot.deliver(mail(sender=service, subject="【送信完了】Tasuki 01M7Y7VGJTYVPNVWE9845Q0000", text="OK"))
        wait_for(lambda: [state(n) for n in (one, two, three)] == ["delivered", "failed", "unknown"], 60,
                 "what the service said: %r" % [state(n) for n in (one, two, three)])
        wait_for(lambda: len(box.documents("held")) == 2, 60, "the forged one and that of nobody are kept: %r" % box.documents())
        check(state(four) == "sent", "a stranger says nothing about a fax")
        wait_for(lambda: box.site.spool("incoming") + box.site.spool("reading") == [], 20, "nothing waits in the spool")
        check(len(box.documents()) == 2, "a result is no document: %r" % box.documents())
    finally:
        box.close()


def large_and_odd(dovecot):
    """Too large: never fetched, told with its sender. Several attachments: one document each. What was there before: left alone."""
    dovecot.deliver(mail(tiff(), subject="old"))
    box = Mailbox(dovecot, after="seen", more=PASSWORD + '      message_mb_max: 1\n      start: "new"\n      mailbox: "受信"\n', env=fast_clock(10))
    client = dovecot.imap()
    client.create("&U9dP4Q-")
    client.append("&U9dP4Q-", None, None, mail(tiff(), subject="old"))
    box.site.serve()
    wait_for(lambda: box.state().get("looked_ms"), 30, "looked at")
    client.append("&U9dP4Q-", None, None, mail(("huge.tif", "image/tiff", TIFF + os.urandom(2000000)), sender="large@clinic.example.jp"))
    client.append("&U9dP4Q-", None, None, mail(tiff(), tiff(), ("list.zip", "application/zip", locked_zip())))
    wait_for(lambda: len(box.documents()) == 3, 60, "three documents of one mail: %r" % box.documents())
    wait_for(lambda: todos(box, "mailbox_refused"), 60, "too large is told: %r" % box.state())
    check("large@clinic.example.jp" in todos(box, "mailbox_refused")[0][1] and "2026-11-24T00:30" in todos(box, "mailbox_refused")[0][1],
          "with sender and date: %r" % todos(box, "mailbox_refused"))
    wait_for(lambda: len(box.seen()) == 1 and any("Seen" in line.decode() for line in client.fetch("1:*", "(FLAGS)")[1])
             if client.select("&U9dP4Q-") else False, 20, "what was taken is remembered and told")
    wait_for(lambda: "1 taken" in box.site.run("mailbox").stdout, 20, "and counted")
    listed = box.site.run("mailbox").stdout
    check("1 refused" in listed and "1 taken" in listed, "tasuki mailbox: " + listed)
    check("uid 2  refused" in box.site.run("mailbox", "show", "post").stdout, "tasuki mailbox show: " + box.site.run("mailbox", "show", "post").stdout)
    client.select("&U9dP4Q-")
    flags = [line.decode() for line in client.fetch("1:*", "(FLAGS)")[1]]
    check([("Seen" in f) for f in flags] == [False, False, True], "only what was taken is seen: %r" % flags)
    client.store("2", "+FLAGS", "(\\Deleted)")
    client.expunge()
    client.logout()
    box.site.stop()
    fetched = sum(int(count) for count in re.findall(r"body_bytes=([0-9]+)", dovecot.log()))
    check(0 < fetched < 1000000, "it was never fetched whole: %d bytes" % fetched)
    box.site.serve()
    wait_for(lambda: todos(box, "mailbox_refused")[0][2] != "", 60, "once it is gone the to-do closes by itself")
    check(len(box.documents()) == 3, "and nothing else came: %r" % box.documents())
    box.close()


def killed(dovecot):
    """Killed at random while mails come: each is taken once, and all are settled in the end."""
    rng = random.Random()
    box = Mailbox(dovecot, poll=5)
    box.site.serve()
    total = int(os.environ.get("TASUKI_KILL_MAILS", "40"))
    for number in range(total):
        dovecot.deliver(mail(tiff()))
        if number % 3 == 2:
            time.sleep(rng.random() * 0.3)
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice([pid for pid in box.site.roles() if "imap" in command_of(pid)]), signal.SIGKILL)
        if number % 10 == 9:
            box.site.kill()
            box.site.serve()
    distinct = lambda: len({d[0] for d in box.documents() if d[1] != "duplicate"})
    wait_for(lambda: distinct() == total and dovecot.messages() == {}, 180, "all are taken: %d of %d" % (distinct(), total))
    check(len(dovecot.messages("Tasuki")) == total, "and moved, each once: %d" % len(dovecot.messages("Tasuki")))
    box.site.wait_idle(60)
    check(distinct() == total, "none twice: %d" % distinct())
    box.close()


def helpers(box):
    """The processes that a mailbox's own has started: one, that takes mails apart."""
    ours = [pid for pid in box.site.roles() if "imap" in command_of(pid)]
    return [int(child) for pid in ours for child in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]


def helper_is_gone(dovecot):
    """Killed alone, as the memory of a machine may want: another one takes its place, and no mail is blamed for it."""
    box = Mailbox(dovecot)
    box.site.serve()
    dovecot.deliver(mail(tiff()))
    wait_for(lambda: len(box.documents()) == 1, 60, "one is taken")
    for number in range(2, 4):
        (old,) = helpers(box)
        os.kill(old, signal.SIGKILL)
        dovecot.deliver(mail(tiff()))
        wait_for(lambda: len(box.documents()) == number, 15, "%d are taken: %r" % (number, box.documents()))
        wait_for(lambda: helpers(box) not in ([], [old]), 15, "another helper")
    wait_for(lambda: dovecot.messages() == {}, 15, "the mailbox is told: %r" % dovecot.messages())
    wait_for(lambda: box.state()["pending"] == [], 15, "nothing waits: %r" % box.state()["pending"])
    box.close()


def command_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path("/proc/%d/cmdline" % pid).read_text().replace("\0", " ")
    return ""


TESTS = [what_is_taken, receipts, certificates, made_anew, half_open, cut_in_a_literal, large_and_odd, bounces, fax_results, comes_and_goes,
         two_gateways, tokens, killed, helper_is_gone]


def main():
    global TIFF
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
