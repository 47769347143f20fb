"""The desk from outside: a site with a real server, people who sign in, requests as a browser makes them. Standard library only."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))
from tasuki_site import SOURCE, TASUKI, USER, Site, check, finish, wait_for  # noqa: E402,F401

TRUST = ssl._create_unverified_context()
PASSWORD = "seven quiet herons 51"


def totp(secret, step):
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[19] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()
        self.media = (response.headers.get("Content-Type") or "").split(";")[0]
        self.json = json.loads(self.bytes) if self.media.endswith("json") else None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None

    def __repr__(self):
        return "%d %s" % (self.status, self.bytes[:200])


class Desk(Site):
    """tls False: as behind a proxy of 127.0.0.1"""

    def __init__(self, web="", tls=True, offices=None, **more):
        super().__init__(**more)
        self.tls, self.web, self.port = tls, None, 0
        if (self.dir / "tls").exists():
            return
        lines = ["web:", '  listen: "127.0.0.1:0"'] + [line for line in web.splitlines() if line]
        if tls:
            self.make_certificate()
            lines += ['  certificate: "tls/cert.pem"', '  key: "tls/key.pem"']
        path = self.dir / "tasuki.yaml"
        text = re.sub(r"(?m)^web:\n(?:[ #].*\n|\n(?=[ ]))*", "", path.read_text())
        path.write_text(text + "\n".join(lines) + "\n")

    def make_certificate(self):
        folder = self.dir / "tls"
        folder.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
                        "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       cwd=folder, check=True, capture_output=True)
        if os.geteuid() == 0:
            for one in (folder, folder / "key.pem", folder / "cert.pem"):
                shutil.chown(one, USER)

    def open_desk(self, under=()):
        """under: a program that runs the server, such as valgrind"""
        began = self.log_path.stat().st_size
        self.web = subprocess.Popen([*under, TASUKI, "web", "--site", str(self.dir)], env=self.env, stderr=self.log, stdin=subprocess.DEVNULL)
        found = []

        def up():
            found[:] = re.findall(rb"event=web.up .*port=(\d+)", self.log_path.read_bytes()[began:])
            return found or self.web.poll() is not None

        wait_for(up, 120, "the desk is up")
        assert found, self.log_path.read_text()
        self.port = int(found[-1])

    def close_desk(self):
        if self.web is not None and self.web.poll() is None:
            self.web.terminate()
            self.web.wait(20)
        return self.web.returncode if self.web is not None else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close_desk()
        self.close()

    def connect(self, source=None, timeout=30):
        origin = (source, 0) if source else None
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, context=TRUST, timeout=timeout, source_address=origin)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=origin)

    def raw(self, data, timeout=5):
        """What comes back for bytes that no client library would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as plain:
            with TRUST.wrap_socket(plain) if self.tls else contextlib.nullcontext(plain) as wire:
                wire.sendall(data)
                got = b""
                with contextlib.suppress(OSError):
                    while chunk := wire.recv(65536):
                        got += chunk
                return got

    def account(self, name, *args):
        """Makes one; returns the password that is handed over."""
        return self.run("user", "add", name, *args, "--plain", "--by", "tester").stdout.strip()

    def change(self, sql, *args):
        """Past the program, for what only time would do."""
        import sqlite3
        with contextlib.closing(sqlite3.connect(self.dir / "store" / "tasuki.db", timeout=20)) as db:
            with db:
                db.execute(sql, args)

    def person(self, name, *args, source=None):
        """Somebody who has been through the first sign-in and is at work."""
        someone = Person(self, name, source)
        someone.begin(self.account(name, *args))
        return someone


class Person:
    def __init__(self, desk, name, source=None):
        self.desk, self.name, self.source = desk, name, source
        self.cookie = self.csrf = self.secret = self.line = None
        self.password = PASSWORD
        self.step = 0

    def ask(self, method, path, body=None, headers=None, data=None, token=True):
        """path below /api/v1, or "//" and a whole path"""
        all_headers = {}
        if body is not None:
            data = json.dumps(body).encode()
            all_headers["Content-Type"] = "application/json"
        if self.cookie:
            all_headers["Cookie"] = self.cookie
        if method != "GET" and token and self.csrf:
            all_headers["X-CSRF-Token"] = self.csrf
        all_headers.update(headers or {})
        url = path[2:] if path.startswith("//") else "/api/v1" + path
        for again in (True, False):
            if self.line is None:
                self.line = self.desk.connect(self.source)
            try:
                self.line.request(method, url, body=data, headers=all_headers)
                answer = Answer(self.line.getresponse())
                break
            except (http.client.RemoteDisconnected, OSError):  # an idle line was closed
                self.line.close()
                self.line = None
                if not again:
                    raise
        if answer.headers.get("Connection") == "close":
            self.line.close()
            self.line = None
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookie = cookie.split(";")[0] if "Max-Age=0" not in cookie else None
        if isinstance(answer.json, dict) and "csrf" in answer.json:
            self.csrf = answer.json["csrf"]
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, {} if body is None else body, **more)

    def code(self):
        """The code of now; the one after it when that was used, as a person would wait for it."""
        now = int(time.time()) // 30
        self.step = max(now, self.step + 1)
        while self.step > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        return totp(self.secret, self.step)

    def sign_in(self, password=None, code=None):
        code = code if code is not None else self.code() if self.secret else None
        return self.post("/session", {"user": self.name, "password": password or self.password, "code": code})

    def begin(self, handed_over):
        answer = self.post("/session", {"user": self.name, "password": handed_over})
        assert answer.status == 200, answer
        if answer.json["must"] == "password":
            answer = self.post("/account/password", {"password": handed_over, "new": self.password})
            assert answer.status == 204, answer
        self.secret = self.post("/account/enrol").json["secret"]
        answer = self.post("/account/enrolled", {"code": self.code()})
        assert answer.status == 200, answer
        self.recovery = answer.json["codes"]
        assert self.get("/session").json["must"] == ""
