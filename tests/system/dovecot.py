"""A mail server for tests: Dovecot as it comes with Debian, as an instance of its own on loopback, with an authority of its own."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

USER = "nobody"
SECRET = b"tasuki-test-secret"
BOX = "fax@example.jp"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


def make_authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout",
            name + ".key", "-out", name + ".crt", "-subj", "/CN=" + name, "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign", cwd=folder)


def make_certificate(folder, name, ca, names, days="30"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/CN=" + name, cwd=folder)
    (folder / "ext").write_text("subjectAltName=%s\nextendedKeyUsage=serverAuth\n" % names)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".crt", "-CAkey", ca + ".key", "-CAcreateserial", "-days", days,
            "-out", name + ".crt", "-extfile", "ext", cwd=folder)


CONF = """protocols = imap
listen = 127.0.0.1
base_dir = %(dir)s/run
state_dir = %(dir)s/state
log_path = %(dir)s/dovecot.log
default_internal_user = %(user)s
default_internal_group = %(group)s
default_login_user = %(user)s
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:%(dir)s/vmail/%%u
mailbox_idle_check_interval = 1 secs
auth_failure_delay = 0 secs
ssl = required
ssl_cert = <%(dir)s/server.crt
ssl_key = <%(dir)s/server.key
auth_mechanisms = plain login xoauth2 oauthbearer
imap_id_log = *
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = %(dir)s/users
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %(dir)s/oauth2.conf
}
userdb {
  driver = static
  args = uid=%(user)s gid=%(group)s home=%(dir)s/vmail/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %(plain)d
  }
  inet_listener imaps {
    port = %(port)d
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
%(more)s
"""


class Dovecot:
    """Certificates: ca.crt and server.* for localhost; other.crt is an authority that signed nothing."""

    def __init__(self, root, names="DNS:localhost,IP:127.0.0.1", more=""):
        self.dir = pathlib.Path(root) / "dovecot"
        for sub in ("run", "state", "vmail", "keys/default/HS256"):
            (self.dir / sub).mkdir(parents=True)
        self.port, self.plain = free_port(), free_port()
        make_authority(self.dir, "ca")
        make_authority(self.dir, "other")
        make_certificate(self.dir, "server", "ca", names)
        (self.dir / "users").write_text("%s:{PLAIN}secret\n" % BOX)
        (self.dir / "keys/default/HS256/default").write_bytes(base64.b64encode(SECRET))
        (self.dir / "oauth2.conf").write_text(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\nusername_attribute = email\n" % self.dir)
        root_user = os.geteuid() == 0
        user = USER if root_user else subprocess.check_output(["id", "-un"], text=True).strip()
        group = subprocess.check_output(["id", "-gn", user], text=True).strip()
        (self.dir / "dovecot.conf").write_text(CONF % {"dir": self.dir, "user": user, "group": group, "port": self.port,
                                                       "plain": self.plain, "more": more})
        self.command = ["dovecot", "-F", "-c", str(self.dir / "dovecot.conf")]
        if root_user:
            subprocess.run(["chown", "-R", "%s:%s" % (user, group), str(self.dir)], check=True)
            self.command = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", *self.command]
        os.chmod(self.dir / "ca.crt", 0o644)
        self.process = None
        self.count = 0

    def start(self):
        self.out = open(self.dir / "out", "ab")
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL,
                                        start_new_session=True)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError("dovecot does not start: " + (self.dir / "out").read_text() + self.log())

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            with contextlib.suppress(OSError):  # connections outlive the master
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None
            self.out.close()

    def log(self):
        path = self.dir / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def box(self, folder="INBOX"):
        return self.dir / "vmail" / BOX / ("" if folder == "INBOX" else "." + folder)

    def deliver(self, message, folder="INBOX"):
        box = self.box(folder)
        made = [box / sub for sub in ("tmp", "new", "cur")]
        for sub in made:
            sub.mkdir(parents=True, exist_ok=True)
        self.count += 1
        name = "%d.M%dP%d.test" % (int(time.time()), self.count, os.getpid())
        (box / "tmp" / name).write_bytes(message)
        if os.geteuid() == 0:
            for path in (box.parent, box, *made, box / "tmp" / name):
                shutil.chown(path, USER, "nogroup")
        os.rename(box / "tmp" / name, box / "new" / name)
        return name

    def messages(self, folder="INBOX"):
        """{file: flags}"""
        found = {}
        for sub in ("new", "cur"):
            path = self.box(folder) / sub
            if path.is_dir():
                for name in os.listdir(path):
                    found[name.split(":")[0]] = name.partition(":2,")[2]
        return found

    def make_anew(self):
        """The mailbox gets another UIDVALIDITY, and other numbers."""
        self.stop()
        for path in self.box().glob("dovecot*"):
            path.unlink()
        self.start()

    def imap(self):
        import imaplib
        context = ssl.create_default_context(cafile=str(self.dir / "ca.crt"))
        client = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context)
        client.login(BOX, "secret")
        client.select("INBOX")
        return client


def url_base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_jwt(seconds, user=BOX):
    now = int(time.time())
    head = url_base64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "default"}).encode())
    body = url_base64(json.dumps({"email": user, "sub": user, "iat": now - 5, "exp": now + seconds, "jti": secrets.token_hex(4)}).encode())
    mark = hmac.new(SECRET, ("%s.%s" % (head, body)).encode(), hashlib.sha256).digest()
    return "%s.%s.%s" % (head, body, url_base64(mark))


class TokenEndpoint:
    """Gives a new refresh token with each access token and takes each of them once, as providers do."""

    def __init__(self, dovecot, first="refresh-0", life=3600):
        self.valid, self.life, self.asked, self.fault, self.token_life = first, life, [], None, None
        self.rotated = 0
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = endpoint.answer({k: v[0] for k, v in form.items()})
                body = json.dumps(answer).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "https://localhost:1/elsewhere")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(dovecot.dir / "server.crt"), str(dovecot.dir / "server.key"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "https://localhost:%d/token" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, form):
        self.asked.append(form)
        if self.fault is not None:
            return self.fault
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") != self.valid:
            return 400, {"error": "invalid_grant"}
        self.rotated += 1
        self.valid = "refresh-%d" % self.rotated
        return 200, {"access_token": make_jwt(self.token_life if self.token_life is not None else self.life),
                     "expires_in": self.life, "refresh_token": self.valid, "token_type": "Bearer"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
