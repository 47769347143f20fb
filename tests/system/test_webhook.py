#!/usr/bin/env python3
"""Alerts to a program of the recipient: signed, over verified TLS, once per id, again after what passes, never redirected."""
import contextlib
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import ssl
import subprocess
import threading
import time

from tasuki_site import TASUKI, USER, Site, check, finish, wait_for

SECRET = "a secret of both sides"
got = []  # (path, headers, body)
busy = set()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        got.append((self.path, dict(self.headers), body))
        status = {"/redirect": 302, "/gone": 410, "/later": 429}.get(self.path, 200)
        if self.path == "/busy" and self.path not in busy:
            busy.add(self.path)
            status = 503
        if self.path == "/drop" and self.path not in busy:
            busy.add(self.path)
            self.close_connection = True
            return
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        if status == 429:
            self.send_header("Retry-After", "7200")
        self.send_header("Content-Length", "0")
        self.end_headers()


def certificate(root, name):
    cert, key = root / (name + ".crt"), root / (name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=x", "-addext", "subjectAltName=" + ("IP:127.0.0.1" if name == "right" else "DNS:wrong.example"),
                    "-keyout", str(key), "-out", str(cert)], check=True, stderr=subprocess.DEVNULL)
    return cert, key


def listen(cert, key):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def queue(site, number, destination):
    with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db", timeout=20)) as db, db:
        db.execute(
            "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, channel, "
            "destination, subject, body, batch, created, next_attempt) VALUES (?, 'higashinari', '', ?, 'sheet.received', "
            "'received-coordination', 'office:higashinari', 'alert', 'queued', '', 'webhook', ?, '【知らせ】シート', "
            "'1 通届きました。\n', '', '2026-11-21T03:00:00.000Z', '2026-11-21T03:00:00.000Z')",
            ("01M7Y7VGJTYVPNVWE9845Q%04X" % number, "test:%d" % number, destination))


def signature_of(headers, body):
    text = headers["Tasuki-Timestamp"].encode() + b"." + body
    return "v1=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def by_rule(site):
    """What a rule of the configuration sends that way: a delivery that failed, told to the office."""
    wait_for(lambda: site.query("SELECT count(*) FROM notices WHERE event = 'delivery.failed' AND channel = 'webhook' "
                                "AND destination = 'ok' AND state = 'sent'")[0][0] >= 2, 60, "told by the rule's first way")


def main():
    site = Site(env={"TASUKI_CLOCK": "rate=20,start_s=%d" % time.time()})
    root = pathlib.Path(site.root)
    process = None
    try:
        right, wrong = certificate(root, "right"), certificate(root, "wrong")
        for path in (right[0], wrong[0]):
            path.chmod(0o644)
        port, other = listen(*right), listen(*wrong)
        hooks = [(name, "https://127.0.0.1:%d/%s" % (port, name), right[0]) for name in ("ok", "redirect", "gone", "busy", "drop", "later")]
        hooks += [("stranger", "https://127.0.0.1:%d/stranger" % port, ""), ("name", "https://127.0.0.1:%d/name" % other, wrong[0]),
                  ("nobody", "https://127.0.0.1:1/nobody", right[0])]
        path = site.dir / "tasuki.yaml"
        path.write_text(path.read_text() + "webhooks:\n" + "".join(
            '  - {id: "%s", url: "%s", secret_file: "secret", ca_file: "%s", timeout_s: 60}\n' % hook for hook in hooks))
        site.edit('    hours: "平日 9:00〜17:00" ', '    webhook: "ok"\n    hours: "平日 9:00〜17:00" ')
        site.edit('    kind: "alert"\n    channels: ["email"]\n    template: "delivery-failed"',
                  '    kind: "alert"\n    channels: ["webhook", "email"]\n    template: "delivery-failed"')
        (site.dir / "secret").write_text(SECRET + "\n")
        if os.geteuid() == 0:
            shutil.chown(site.dir / "secret", USER)
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
        for number, hook in enumerate(hooks):
            queue(site, number, hook[0])
        process = subprocess.Popen([TASUKI, "sender", "--site", str(site.dir)], env=site.env, stderr=site.log,
                                   stdin=subprocess.DEVNULL)
        state = lambda name: site.query("SELECT state, reason, attempts FROM notices WHERE destination = ?", name)[0]
        wait_for(lambda: all(state(name)[0] == "sent" for name in ("ok", "busy", "drop")), 60, "taken, the second time too")
        for name in ("redirect", "gone"):
            check(state(name)[0] == "failed", "%s: %r" % (name, state(name)))
        for name in ("stranger", "name", "nobody"):
            check(state(name)[0] in ("queued", "sending"), "%s: %r" % (name, state(name)))
        (ended, again), = site.query("SELECT max(d.ended), n.next_attempt FROM notices n JOIN deliveries d ON d.notice_id = n.id "
                                     "WHERE n.destination = 'later' GROUP BY n.id")
        waits = datetime.datetime.fromisoformat(again) - datetime.datetime.fromisoformat(ended)
        check(state("later")[0] == "queued" and waits.total_seconds() > 7000, "Retry-After is kept: %s" % waits)
        for path_, headers, body in got:
            check(headers["Tasuki-Signature"] == signature_of(headers, body), "signature at " + path_)
        paths = [path_ for path_, _, _ in got]
        check(not {"/elsewhere", "/stranger", "/name"} & set(paths), "nothing is sent there: %r" % paths)
        for name in ("/busy", "/drop"):
            keys = [headers["Idempotency-Key"] for path_, headers, _ in got if path_ == name]
            check(len(keys) == 2 and len(set(keys)) == 1, "%s: the same id again: %r" % (name, keys))
        message = json.loads(next(body for path_, _, body in got if path_ == "/ok"))
        check(message["id"].endswith("0000") and message["office"]["id"] == "higashinari" and message["event"] == "sheet.received"
              and message["text"] == "1 通届きました。\n", "the alert: %r" % message)
        check(site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed'")[0][0] >= 2, "a person is told of refusals")
        refused = site.run("directory", "set", "1", "--webhook", "unknown", "--by", "係", check_status=False)
        check(refused.returncode == 1 and "no webhook" in refused.stderr, refused.stderr)
        site.run("directory", "set", "1", "--webhook", "busy", "--by", "係")
        check("busy" in site.run("directory", "show", "1").stdout, "the entry knows its webhook")
        by_rule(site)
        process.send_signal(signal.SIGTERM)
        check(process.wait(10) == 0, "the sender ends when told")
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        site.close()
    finish()


main()
