#!/usr/bin/env python3
"""What keeps strangers and colleagues of other offices out of the desk."""
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

from desk_client import SOURCE, TASUKI, TRUST, Desk, Person, check, finish, totp, wait_for

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=",
}
OPEN, LOCKED, OWN = 4, 8, 32  # review/route.h


def routes():
    lines = subprocess.run([TASUKI, "web", "--routes"], check=True, capture_output=True, text=True).stdout.splitlines()
    return [(method, path, int(roles), int(flags)) for method, path, roles, flags in (line.split("\t") for line in lines)]


def filled(path):
    return "/".join("1" if part.startswith("{") else part for part in path.removeprefix("/api/v1").split("/"))


def test_no_route_without_a_session(desk):
    nobody = Person(desk, "nobody")
    ended = desk.person("ended", "--office", "higashinari")
    old = ended.cookie
    check(ended.ask("DELETE", "/session").status == 204, "signing out")
    count = 0
    for cookie in (None, "__Host-tasuki=" + "0" * 64, "__Host-tasuki=x' OR 1=1 --", old):
        nobody.cookie = cookie
        for method, path, _, flags in routes():
            if flags & OPEN:
                continue
            answer = nobody.ask(method, filled(path), {} if method != "GET" else None)
            check(answer.status == 401 and answer.code == "signed_out", "%s %s with %s: %s" % (method, path, cookie, answer))
            count += 1
    check(count > 80, "only %d requests without a session" % count)


def test_csrf(desk, person):
    def lock(**more):
        return person.post("/session/activity", {}, **more)

    check(lock().status == 204, "a change with its token")
    check(lock(token=False).code == "csrf", "a change without a token")
    check(lock(headers={"X-CSRF-Token": "0" * 64}).code == "csrf", "a change with a wrong token")
    check(lock(headers={"Origin": "https://127.0.0.1:%d" % desk.port}).status == 204, "a change of our own origin")
    for name, value in (("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
                        ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Site", "none")):
        check(lock(headers={name: value}).code == "csrf", "a change with %s: %s" % (name, value))
    form = person.ask("POST", "/session/unlock", data=b'{"password":"x"}', headers={"Content-Type": "text/plain"})
    check(form.status == 415, "a form of another site: %s" % form)
    foreign = Person(desk, person.name).post("/session", {"user": person.name, "password": "x"}, headers={"Origin": "https://evil.example"})
    check(foreign.code == "csrf", "signing somebody in from another site: %s" % foreign)
    check(person.ask("POST", "/session/activity?x=1", {}, headers={"X-HTTP-Method-Override": "GET"}, token=False).code == "csrf", "a method in a header")


def test_fixation(desk):
    victim = Person(desk, "fix")
    handed = desk.account("fix", "--office", "higashinari")
    planted = "__Host-tasuki=" + "a1" * 32
    victim.cookie = planted
    victim.begin(handed)
    check(victim.cookie != planted, "a planted session id was taken over")
    first = victim.cookie
    check(victim.sign_in().status == 200, "signing in again")
    check(victim.cookie != first, "signing in gives a new id")
    thief = Person(desk, "thief")
    thief.cookie = first
    check(thief.get("/session").status == 401, "the session from before the new sign-in is over")
    stored = [row[0] for row in desk.query("SELECT token FROM sessions")]
    check(victim.cookie.split("=")[1] not in stored, "the store holds the token itself")


def test_cookie(desk, person):
    line = desk.connect()
    line.request("POST", "/api/v1/session", json.dumps({"user": person.name, "password": person.password, "code": person.code()}),
                 {"Content-Type": "application/json"})
    cookie = line.getresponse().headers["Set-Cookie"]
    for part in ("__Host-tasuki=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"):
        check(part in cookie, "the cookie lacks %s" % part)
    check("Domain" not in cookie and "Max-Age" not in cookie and "Expires" not in cookie, "the cookie says too much: %s" % cookie)


def test_headers(desk, person):
    for what, answer in (("page", person.get("///")), ("script", person.get("///static/app.js")), ("data", person.get("/session")),
                         ("problem", person.get("/nothing")), ("refused", Person(desk, "x").get("/account")),
                         ("bad", person.get("///%00"))):
        for name, value in HEADERS.items():
            check(value in (answer.headers.get(name) or ""), "%s of a %s: %s" % (name, what, answer.headers.get(name)))
        wanted = "no-cache" if what in ("page", "script") else "no-store"
        check(answer.headers.get("Cache-Control") == wanted, "Cache-Control of a %s: %s" % (what, answer.headers.get("Cache-Control")))
        policy = answer.headers.get("Content-Security-Policy") or ""
        check("unsafe" not in policy and "http" not in policy and "*" not in policy, "the policy of a %s is open: %s" % (what, policy))
        check("Server" not in answer.headers, "the server names itself")
    script = person.get("///static/app.js")
    again = person.get("///static/app.js", headers={"If-None-Match": script.headers["ETag"]})
    check(again.status == 304 and again.bytes == b"", "an unchanged page is not sent again: %s" % again)


def test_pages_are_ours(desk):
    """Nothing on the pages comes from elsewhere, and nothing in them is a script in markup."""
    index = (SOURCE / "review/static/index.html").read_text()
    check("onclick" not in index and "<style" not in index and "://" not in index, "index.html has something of its own")
    for path in (SOURCE / "review/static").rglob("*.js"):
        text = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            check(word not in text, "%s uses %s" % (path.name, word))


def test_traversal(desk):
    index = (SOURCE / "review/static/index.html").read_bytes()
    paths = ["/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd",
             "/static/....//....//etc/passwd", "//etc/passwd", "/static//etc/passwd", "/static/%00/etc/passwd", "/static/app.js%00.png",
             "/static/..%5c..%5ctasuki.yaml", "/static/%c0%ae%c0%ae/tasuki.yaml", "/../tasuki.yaml", "/static/.", "/static/..",
             "/static/lang/../app.js", "/static/README.md", "/static/", "/api/../static/app.js", "/api/v1/../../etc/passwd",
             "/api/v1/documents/..%2f..%2fstore%2ftasuki.db/original", "/static/" + "a" * 3000, "/%", "/%zz", "/static/app.js/", "*"]
    for path in paths:
        got = desk.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = got.partition(b"\r\n\r\n")
        status = head.split(b" ")[1] if b" " in head else b""
        check(status in (b"400", b"401", b"404", b"414", b"431") or (status == b"200" and body == index), "GET %s: %s" % (path[:60], got[:200]))
        check(b"root:" not in got and b"SQLite" not in got and b"offices:" not in got, "GET %s gave a file away" % path[:60])


def test_not_http(desk):
    for data in (b"\x00" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                 b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n"
                 + b"[" * 2000,
                 b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                 b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
        got = desk.raw(data)
        check(got == b"" or got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.0 4") or got.startswith(b"HTTP/1.1 5"), "%s: %s" % (data[:60], got[:100]))
    check(desk.web.poll() is None, "the desk died of bytes that are no HTTP")


def test_big_bodies(desk, person):
    line = desk.connect()
    line.putrequest("POST", "/api/v1/session")
    line.putheader("Content-Type", "application/json")
    line.putheader("Content-Length", str(1 << 30))
    line.endheaders()
    answer = line.getresponse()
    check(answer.status == 413, "an announced body of 1 GiB: %d" % answer.status)
    sent = 0
    with contextlib.suppress(OSError):
        line = desk.connect()
        line.putrequest("POST", "/api/v1/session")
        line.putheader("Content-Type", "application/json")
        line.putheader("Transfer-Encoding", "chunked")
        line.endheaders()
        for _ in range(2000):
            line.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent += 65536
    check(sent < 60 << 20, "%d bytes were taken from somebody unknown" % sent)
    line = desk.connect()
    line.putrequest("POST", "/api/v1/uploads?office=higashinari")
    line.putheader("Cookie", person.cookie)
    line.putheader("X-CSRF-Token", person.csrf)
    line.putheader("Content-Length", str(65 << 20))
    line.endheaders()
    answer = line.getresponse()
    check(answer.status == 413, "an upload above the limit: %d" % answer.status)
    check(desk.web.poll() is None, "the desk died of a large body")


def test_slow_clients(desk):
    """A request that never ends is ended; meanwhile others are served."""
    slow = []
    for data in (b"", b"GET / HTTP/1.1\r\nHo", b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"):
        plain = socket.create_connection(("127.0.0.1", desk.port), 5)
        wire = TRUST.wrap_socket(plain)
        wire.sendall(data)
        slow.append(wire)
    began = time.monotonic()
    ended = set()
    while len(ended) < len(slow) and time.monotonic() - began < 40:
        for i, wire in enumerate(slow):
            if i in ended:
                continue
            wire.settimeout(0.05)
            try:
                if i > 0:
                    wire.sendall(b"s" if i == 1 else b" ")  # a byte now and then keeps the library's own time-out from coming
                if wire.recv(1000) == b"":
                    ended.add(i)
            except (TimeoutError, socket.timeout):
                pass
            except OSError:
                ended.add(i)
        if len(ended) == 0 and time.monotonic() - began < 5:
            check(Person(desk, "x").get("///").status == 200, "others are served beside slow clients")
        time.sleep(0.5)
    check(len(ended) == len(slow), "slow clients are still there: %s" % (set(range(len(slow))) - ended))
    for wire in slow:
        wire.close()


def test_many_connections(desk):
    held = []
    with contextlib.suppress(OSError):
        for _ in range(300):
            held.append(socket.create_connection(("127.0.0.1", desk.port), 2))
    time.sleep(0.5)
    check(Person(desk, "x", source="127.0.0.2").get("///").status == 200, "one address took every connection")
    for one in held:
        one.close()
    wait_for(lambda: responds(desk), 10, "the desk serves the address again")


def responds(desk):
    with contextlib.suppress(OSError, http.client.HTTPException):
        return Person(desk, "x").get("///").status == 200
    return False


def test_throttle(desk):
    good = desk.person("busy", "--office", "higashinari")
    stranger = Person(desk, "busy", source="127.0.0.5")
    last = None
    for _ in range(8):
        last = stranger.sign_in("wrong password")
    check(last.status == 429 and last.json["wait_seconds"] > 0, "eight wrong passwords: %s" % last)
    for i in range(6, 12):  # the account as a whole, from ever new places
        for _ in range(3):
            last = Person(desk, "busy", source="127.0.1.%d" % i).sign_in("wrong password")
    check(last.status == 429, "a guesser with many addresses: %s" % last)
    check(good.sign_in().status == 200, "the person herself, where she always is")
    for i in range(40):
        last = Person(desk, "guess%d" % i, source="127.0.0.6").sign_in("wrong password")
        if last.status == 429:
            break
    check(last.status == 429 and i > 20, "many names from one address: %s after %d" % (last, i))
    names = [row[0] for row in desk.query("SELECT key FROM sign_in_failures")]
    check(names and all(len(name) == 64 for name in names), "names stand in the table of failures")
    log = desk.log_path.read_text()
    check("wrong password" not in log and "guess3" not in log, "what was typed stands in the log")


def test_same_answer(desk, person):
    """Neither words nor time tell whether an account exists."""
    times = {}
    for name in (person.name, "nobody-of-this-name"):
        took = []
        for i in range(3):
            began = time.monotonic()
            answer = Person(desk, name, source="127.0.2.%d" % (i + 1)).sign_in("wrong password", code="")
            took.append(time.monotonic() - began)
            check(answer.status == 401 and answer.code == "wrong", "%s: %s" % (name, answer))
        times[name] = min(took)
    fast, slow = sorted(times.values())
    check(slow < 5 * fast, "the time tells whether an account exists: %s" % times)


def test_second_factor(desk):
    one = desk.person("totp", "--office", "higashinari")
    used = totp(one.secret, one.step)
    check(one.sign_in(code=used).code == "wrong", "a code works twice")
    check(one.sign_in(code="").code == "code_needed", "signing in without a code")
    fresh = one.code()
    check(one.sign_in(code=fresh).status == 200, "the next code")
    check(one.sign_in(code=fresh).code == "wrong", "the next code works twice")
    check(one.sign_in(code=one.recovery[3].lower().replace("-", " ")).status == 200, "a recovery code as somebody types it")
    check(one.sign_in(code=one.recovery[3]).code == "wrong", "a recovery code works twice")
    check(one.get("/account").json["recovery_left"] == 9, "recovery codes left")
    codes = [row[0] for row in desk.query("SELECT hash FROM recovery_codes")]
    check(all(len(code) == 64 for code in codes), "recovery codes are not hashed")
    without = Person(desk, "fresh")
    handed = desk.account("fresh", "--office", "higashinari")
    check(without.post("/session", {"user": "fresh", "password": handed}).json["must"] == "password", "the first sign-in")
    check(without.get("/audit").code == "must_change_password", "work before the own password")
    check(without.post("/account/password", {"password": handed, "new": "short"}).code == "weak_password", "a short password")
    check(without.post("/account/password", {"password": handed, "new": "xx Fresh fish 99"}).code == "weak_password", "a password with the name")
    check(without.post("/account/password", {"password": handed, "new": "ten brown owls"}).status == 204, "a password of one's own")
    check(without.get("/audit").code == "must_enrol", "work before the second factor")


def test_lock_and_end(desk):
    one = desk.person("idle", "--office", "higashinari", "--role", "manager")
    check(one.get("/users").status == 200, "at work")
    check(one.post("/session/lock").status == 204, "locking")
    locked = one.get("/users")
    check(locked.code == "locked" and locked.json["user"] == "idle", "a locked desk: %s" % locked)
    check(one.get("/account").code == "locked", "the own account while locked")
    check(one.post("/session/unlock", {"password": "wrong"}).code == "wrong", "a wrong password at the lock")
    check(one.post("/session/unlock", {"password": one.password}).status == 200, "unlocking")
    check(one.get("/users").status == 200, "at work again, in the same session")
    mine = "WHERE account_id = (SELECT id FROM accounts WHERE name = 'idle')"
    desk.change("UPDATE sessions SET seen = seen - 3600000 " + mine)
    check(one.get("/users").code == "locked", "nobody at the desk for an hour")
    for _ in range(4):
        one.post("/session/unlock", {"password": "wrong"})
    check(one.post("/session/unlock", {"password": "wrong"}).code == "signed_out", "five wrong passwords at the lock end the session")
    check(one.get("/users").code == "signed_out", "the session is over")
    check(one.sign_in().status == 200, "signing in again")
    desk.change("UPDATE sessions SET ends = ? " + mine, int(time.time() * 1000) - 1)
    check(one.get("/users").code == "signed_out", "the day is over")
    check(one.sign_in(code=one.recovery[0]).status == 200, "signing in once more")
    desk.run("user", "disable", "idle", "--by", "tester")
    check(one.get("/users").code == "signed_out", "a disabled account works on")
    check(one.sign_in(code=one.recovery[1]).code == "wrong", "a disabled account signs in")


def test_break_glass(desk):
    sealed = desk.account("fire", "--break-glass", "--office", "higashinari")
    one = Person(desk, "fire")
    answer = one.post("/session", {"user": "fire", "password": sealed})
    check(answer.status == 200 and answer.json["must"] == "" and answer.json["roles"] == ["manager"], "the sealed password: %s" % answer)
    todos = desk.query("SELECT office_id, kind, text FROM todos WHERE event = 'break_glass.used'")
    notices = desk.query("SELECT office_id, state, channel, body FROM notices WHERE event = 'break_glass.used'")
    lines = desk.query("SELECT office_id FROM audit WHERE action = 'sign_in' AND actor = 'fire' AND detail LIKE '%break-glass%'")
    check([row[:2] for row in todos] == [("higashinari", "break_glass")], "to-do: %s" % todos)
    check([row[:3] for row in notices] == [("higashinari", "queued", "email")], "alert: %s" % notices)
    check(sorted(row[0] for row in lines) == ["*", "higashinari"], "audit: %s" % lines)
    check("web.break_glass" in desk.log_path.read_text(), "the log says nothing")
    check(one.post("/session", {"user": "fire", "password": sealed}).status == 200, "again on the same day")
    check(len(desk.query("SELECT 1 FROM todos WHERE event = 'break_glass.used'")) == 1, "one use, one to-do")
    desk.change("UPDATE accounts SET opened = '2026-01-01T00:00:00.000Z' WHERE name = 'fire'")
    check(one.post("/session", {"user": "fire", "password": sealed}).code == "spent", "the sealed password after its day")
    fresh = desk.run("user", "reset", "fire", "--plain", "--by", "tester").stdout.strip()
    check(one.post("/session", {"user": "fire", "password": sealed}).code == "wrong", "the old paper")
    check(one.post("/session", {"user": "fire", "password": fresh}).status == 200, "the new paper")
    check(len(desk.query("SELECT 1 FROM todos WHERE event = 'break_glass.used'")) == 2, "its use is told again")


def test_tls(desk):
    def talk(*options):
        done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % desk.port, *options], input=b"", capture_output=True, timeout=20)
        return done.stdout

    for version in ("-tls1_2", "-tls1_3"):
        check(b"Verify return code" in talk(version) and b"Cipher is (NONE)" not in talk(version), "%s is not spoken" % version)
    for version in ("-tls1", "-tls1_1"):
        check(b"Cipher is (NONE)" in talk(version, "-cipher", "ALL:@SECLEVEL=0"), "%s is spoken" % version)


def test_hostile_upload(desk, person):
    """Whatever it is, it goes to the spool as it came and is looked at by the reader alone."""
    bomb = b"II*\0" + b"\xff" * 5000
    name = "..%2F..%2Fetc%2F" + "x" * 300 + ".tif"
    answer = person.ask("POST", "/uploads?name=" + name, data=bomb, headers={"Content-Type": "image/tiff"})
    check(answer.status == 201 and answer.json["office"] == "higashinari", "an upload: %s" % answer)
    document = answer.json["document"]
    check(document in desk.spool("incoming"), "the spool does not hold it")
    check(desk.original(document) == bomb, "it was changed")
    shown = desk.run("queue", "show", document).stdout
    check("etc/" not in shown and "upload" in shown, "its name is a path: %s" % shown)
    check(person.ask("POST", "/uploads?name=a.tif&office=ikuno", data=bomb).status == 404, "an upload for another office")
    check(person.ask("POST", "/uploads?name=a.tif", data=b"").status == 422, "an empty upload")
    check(person.ask("POST", "/uploads?name=%00%0aevil", data=bomb).status == 400, "control characters in a name")
    check(person.ask("POST", "/uploads", data=bomb, headers={"Content-Type": "text/html"}).status == 201, "a page as an upload is bytes like others")
    check(desk.web.poll() is None, "the desk died of an upload")


def test_roles(desk):
    """Who has no patient data can be given none, and what is taken away is gone at once."""
    done = desk.run("user", "add", "root", "--role", "administrator", "--by", "tester")
    check("password" in done.stdout, "an administrator: %s" % done.stdout)
    done = desk.run("user", "role", "root", "coordinator", "--office", "ikuno", "--by", "tester", check_status=False)
    check(done.returncode == 1 and "no patient data" in done.stderr, "an administrator becomes coordinator: %s" % done.stderr)
    done = desk.run("user", "role", "root", "coordinator", "--by", "tester", check_status=False)
    check(done.returncode == 1, "a coordinator of everything: %s" % done.stderr)
    both = desk.person("both", "--office", "higashinari", "--role", "manager")
    check([office["id"] for office in both.get("/session").json["offices"]] == ["higashinari"], "one office")
    desk.run("user", "office", "both", "ikuno", "--by", "tester")
    check([office["id"] for office in both.get("/session").json["offices"]] == ["higashinari", "ikuno"], "a second office")
    desk.run("user", "office", "both", "higashinari", "--remove", "--by", "tester")
    check(both.get("/users").code == "signed_out", "a role that was taken away works on")


def test_managers(desk):
    """A manager changes the accounts of the own office, and no others."""
    east = desk.person("easta", "--office", "higashinari", "--role", "manager")
    west = desk.person("westa", "--office", "ikuno", "--role", "manager")
    mine = east.post("/users", {"user": "new-one", "name": "新人", "role": "coordinator", "office": "higashinari"})
    check(mine.status == 201 and len(mine.json["password"]) == 24, "a new colleague: %s" % mine)
    check("new-one" in [one["user"] for one in east.get("/users").json["items"]], "the list of the own office")
    check("new-one" not in [one["user"] for one in west.get("/users").json["items"]], "the list of another office")
    for path, body in (("reset", {"second_factor": True}), ("disabled", {"disabled": True}), ("grants", {"role": "manager", "office": "ikuno"})):
        foreign = west.post("/users/%d/%s" % (mine.json["id"], path), body)
        absent = west.post("/users/99999/%s" % path, body)
        check(foreign.status == 404 and foreign.bytes == absent.bytes, "%s of a foreign account: %s %s" % (path, foreign, absent))
    check(east.post("/users", {"user": "x1", "name": "x", "role": "coordinator", "office": "ikuno"}).status == 404, "an account for another office")
    check(east.post("/users", {"user": "x1", "name": "x", "role": "administrator", "office": "*"}).status in (403, 404), "an administrator made by a manager")
    own = [one["id"] for one in east.get("/users").json["items"] if one["user"] == "easta"][0]
    check(east.post("/users/%d/grants" % own, {"role": "coordinator", "office": "higashinari"}).code == "own_account", "the own account")
    check(east.post("/users/%d/reset" % mine.json["id"], {}).status == 200, "a new password for a colleague")
    check(east.post("/users/%d/grants" % mine.json["id"], {"role": "manager", "office": "higashinari"}).status == 204, "a role for a colleague")
    check(east.post("/users/%d/revoke" % mine.json["id"], {"role": "manager", "office": "higashinari"}).status == 204, "and away again")
    check(east.post("/users/%d/disabled" % mine.json["id"], {"disabled": True}).status == 204, "a colleague who leaves")


def test_administrators(desk):
    """Who looks after the machine does not decide who sees patients, once an office has a manager."""
    root = desk.person("machine", "--role", "administrator")
    first = root.post("/users", {"user": "first", "name": "最初", "role": "manager", "office": "ikuno"})
    settled = desk.query("SELECT 1 FROM accounts a JOIN account_grants g ON g.account_id = a.id WHERE g.role = 'manager' AND "
                         "g.office_id = 'ikuno' AND a.signed_in <> '' AND a.disabled = '' AND NOT a.break_glass")
    if not settled:
        check(first.status == 201, "the first manager: %s" % first)
        desk.person("ikumana", "--office", "ikuno", "--role", "manager")
    for role in ("coordinator", "manager"):
        refused = root.post("/users", {"user": "puppet", "name": "x", "role": role, "office": "ikuno"})
        check(refused.code == "managers_matter", "an account of one's own that sees patients: %s" % refused)
    desk.run("user", "add", "ikuclerk", "--office", "ikuno", "--by", "tester")
    clerk = [one["id"] for one in root.get("/users").json["items"] if one["user"] == "ikuclerk"][0]
    check(root.post("/users/%d/grants" % clerk, {"role": "manager", "office": "ikuno"}).code == "managers_matter", "a role for somebody")
    check(root.post("/users/%d/reset" % clerk, {"second_factor": True}).code == "managers_matter", "an account taken over")
    check(root.post("/users/%d/revoke" % clerk, {"role": "coordinator", "office": "ikuno"}).status == 204, "a role taken away")
    check(root.post("/users", {"user": "aud", "name": "監査", "role": "auditor", "office": "*"}).status == 201, "a role that sees no patients")


def test_events(desk, person):
    """A stream tells what changes in the own office, nothing of another, and ends with the session."""
    line = desk.connect(timeout=40)
    line.request("GET", "/api/v1/events", headers={"Cookie": person.cookie})
    stream = line.getresponse()
    check(stream.status == 200 and stream.headers["Content-Type"] == "text/event-stream", "the stream: %s" % stream.status)
    check(stream.readline().startswith(b"retry"), "the stream begins")
    for office in ("ikuno", "higashinari"):
        desk.run("directory", "import", str(desk.dir / "directory.csv"), "--office", office, "--by", "tester")
    text = b""
    while b"directory.import" not in text:
        text += stream.readline()
    check(b"event: directory\n" in text and b"higashinari" in text and b"ikuno" not in text, "what was told: %s" % text)
    person.post("/session/lock")
    began = time.monotonic()
    while stream.readline():
        pass
    check(time.monotonic() - began < 35, "the stream goes on for a locked desk")
    check(person.post("/session/unlock", {"password": person.password}).status == 200, "unlocking")


def test_behind_a_proxy():
    with Desk(web='  trusted_proxies: ["127.0.0.1"]', tls=False) as desk:
        desk.open_desk()
        one = Person(desk, "proxy")
        handed = desk.account("proxy", "--office", "higashinari")
        for forwarded, wanted in (("203.0.113.7", "203.0.113.7"), ("198.51.100.1, 203.0.113.8", "203.0.113.8"),
                                  ("203.0.113.9, 127.0.0.1", "203.0.113.9"), ("evil\" OR 1", "127.0.0.1"), (None, "127.0.0.1")):
            one.post("/session", {"user": "proxy", "password": handed}, headers={"X-Forwarded-For": forwarded} if forwarded else {})
            seen = desk.query("SELECT detail FROM audit WHERE action = 'sign_in' ORDER BY seq DESC LIMIT 1")
            check(seen and seen[0][0] == "address=" + wanted, "X-Forwarded-For: %s gives %s" % (forwarded, seen))
        direct = Person(desk, "proxy", source="127.0.0.3")
        direct.post("/session", {"user": "proxy", "password": handed}, headers={"X-Forwarded-For": "203.0.113.7"})
        seen = desk.query("SELECT detail FROM audit WHERE action = 'sign_in' ORDER BY seq DESC LIMIT 1")
        check(seen[0][0] == "address=127.0.0.3", "whoever is no proxy names another address: %s" % seen)


def main():
    under = ["valgrind", "--error-exitcode=9", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite"] if "--valgrind" in sys.argv else []
    chosen = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    with Desk(web="  connections_max: 200") as desk:
        desk.open_desk(under)
        person = desk.person("tanaka", "--display", "田中", "--office", "higashinari")
        for name, test in list(globals().items()):
            if not name.startswith("test_") or name == "test_behind_a_proxy" or (chosen and name not in chosen):
                continue
            began, known = time.monotonic(), {"desk": desk, "person": person}
            test(*[known[arg] for arg in test.__code__.co_varnames[:test.__code__.co_argcount]])
            print("%-36s %5.1f s" % (name, time.monotonic() - began), flush=True)
        status = desk.close_desk()
        check(status == 0, "the desk ended with %s:\n%s" % (status, desk.log_path.read_text()[-3000:] if status else ""))
        desk.run("audit", "verify")
    if not chosen or "test_behind_a_proxy" in chosen:
        test_behind_a_proxy()
    finish()


if __name__ == "__main__":
    main()
