"""What a site does for itself: anchors, alerts that come once and end once, a second way, metrics, paper for the day without a server."""
import email
import email.policy
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import urllib.request

from tasuki_site import OUTCOME_PAGE, Site, check, finish, make_sheet, wait_for


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def letters(site, to):
    found = []
    for path in site.mails():
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if to in mail["To"]:
            found.append((mail["Subject"], mail.get_content()))
    return found


def add_config(site, text):
    site.edit("# keys:\n#   file", text + "# keys:\n#   file")


def reload(site):
    loaded = site.log_text().count("event=config.loaded")
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: site.log_text().count("event=config.loaded") > loaded, 20, "the configuration is taken")


def script(site, name, text):
    path = os.path.join(site.root, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def shared(site, name):
    path = os.path.join(site.root, name)
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)
    return path


def test_anchor(site, folder):
    path = os.path.join(folder, "audit.txt")
    wait_for(lambda: os.path.exists(path) and open(path).read().count("\n") == 1, 30, "the head is noted")
    wait_for(lambda: any("監査記録の末尾" in subject for subject, _ in letters(site, "kanri@")), 10, "and mailed")
    verified = site.run("audit", "verify").stdout
    check("agrees with 1 heads noted" in verified, verified)
    # an older state of the whole database is put back: the chain is whole by itself, but not what was noted
    site.stop()
    store = site.dir / "store" / "tasuki.db"
    for suffix in ("-wal", "-shm"):
        check(not os.path.exists(str(store) + suffix) or os.path.getsize(str(store) + suffix) == 0, "the store is closed")
    head = open(path).read().split()[1]
    number, digest = head.split(":")
    with open(path, "a") as out:
        out.write("2026-11-26T00:00:00.000Z %d:%s\n" % (int(number) + 500, digest))
    done = site.run("audit", "verify", check_status=False)
    check(done.returncode == 1 and "the end was cut" in done.stderr, "a cut end is found by what was noted: %s" % done.stderr)
    doctor = site.run("doctor", check_status=False)
    check("the end was cut" in doctor.stdout, "doctor finds it too")
    site.serve()
    wait_for(lambda: any("異常: audit" in s for s, _ in letters(site, "kanri@")), 60, "and the operator is told")
    with open(path, "w") as out:
        out.write("2026-11-25T00:00:00.000Z %s\n" % head)
    site.stop()
    site.serve()
    wait_for(lambda: any("解消: audit" in s for s, _ in letters(site, "kanri@")), 60, "and that it is over")


def test_trouble_once(site):
    """A disk that is nearly full: one letter at the start, none while it lasts, one at the end; also over a restart."""
    def count(word):
        return sum(word in subject for subject, _ in letters(site, "kanri@"))

    good = (site.dir / "tasuki.yaml").read_text()
    (site.dir / "tasuki.yaml").write_text(good.replace("disk_free_mb_min: 20", "disk_free_mb_min: 900000000"))
    reload(site)
    wait_for(lambda: count("異常: disk") == 1, 30, "the trouble is told")
    site.stop()
    site.serve()
    time.sleep(4)
    check(count("異常: disk") == 1, "once, also over a restart: %d" % count("異常: disk"))
    (site.dir / "tasuki.yaml").write_text(good)
    reload(site)
    wait_for(lambda: count("解消: disk") == 1, 30, "its end is told")
    texts = [text for subject, text in letters(site, "kanri@") if "disk" in subject]
    check(all("ディスクの空き" in text and "tasuki doctor" in text for text in texts), str(texts))


def test_second_way(site, folder):
    """Mail is down: the trouble itself is told by the program."""
    told = os.path.join(folder, "told")
    program = script(site, "second.sh", "{ echo \"$TASUKI_SUBJECT\"; cat; } >>%s\n" % told)
    good = (site.dir / "tasuki.yaml").read_text()
    down = good.replace('channel: "maildir"', 'channel: "smtp"\n  smtp_url: "smtp://127.0.0.1:%d"\n  smtp_tls: "none"' % free_port())
    down = down.replace("operator:\n", "operator:\n  second: \"%s\"\n" % program, 1)
    down = down.replace("disk_free_mb_min: 20", "disk_free_mb_min: 900000000")
    (site.dir / "tasuki.yaml").write_text(down)
    reload(site)
    wait_for(lambda: os.path.exists(told) and "異常: disk" in open(told, encoding="utf-8").read(), 60, "the second way is taken")
    (site.dir / "tasuki.yaml").write_text(good)
    reload(site)


def test_metrics(site, port):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10) as answer:
        page = answer.read().decode()
        kind = answer.headers["Content-Type"]
    check(kind.startswith("text/plain; version=0.0.4"), kind)
    names = {line.split("{")[0].split()[0] for line in page.splitlines() if line and not line.startswith("#")}
    for name in ("tasuki_up", "tasuki_spool_documents", "tasuki_documents", "tasuki_sheets", "tasuki_notices", "tasuki_audit",
                 "tasuki_disk_free_bytes", "tasuki_chore_done_timestamp_seconds", "tasuki_troubles"):
        check(name in names, "%s is served: %s" % (name, sorted(names)))
    check('tasuki_documents{office="higashinari",state="read"} 1' in page, page)
    check("tasuki_up 1" in page and "one.tif" not in page, page)
    printed = site.run("metrics").stdout
    check("tasuki_up 1" in printed, printed)
    try:
        urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=10)
        check(False, "nothing else is served")
    except urllib.error.HTTPError as error:
        check(error.code == 404, str(error))
    listening = subprocess.run(["ss", "-Hltn", "sport = :%d" % port], capture_output=True, text=True).stdout
    check([line.split()[3] for line in listening.splitlines()] == ["127.0.0.1:%d" % port], "on loopback only: %s" % listening)


def test_fallback(site, folder):
    files = {office: os.path.join(folder, "tasuki-%s.pdf" % office) for office in ("higashinari", "ikuno")}
    wait_for(lambda: all(os.path.exists(path) for path in files.values()), 60, "a PDF an office")
    for office, password in (("higashinari", "paper-for-east"), ("ikuno", "paper-for-all")):
        path = files[office]
        shut = subprocess.run(["pdftotext", path, "-"], capture_output=True)
        check(shut.returncode != 0 and shut.stdout == b"", "it does not open without the password")
        text = subprocess.run(["pdftotext", "-layout", "-upw", password, path, "-"], capture_output=True, text=True)
        check(text.returncode == 0, "it opens with it: %s" % text.stderr)
        for word in ("非常時の一覧", "すること", "案件番号", "電話・Fax 番号"):
            check(word in text.stdout, "%s has %s" % (office, word))
        info = subprocess.run(["pdfinfo", "-upw", password, path], capture_output=True, text=True).stdout
        check("algorithm:AES-256" in info, info)
        pages = int([line.split()[1] for line in info.splitlines() if line.startswith("Pages")][0])
        check(pages >= 5, "lists and blanks: %d pages" % pages)
    east = subprocess.run(["pdftotext", "-upw", "paper-for-east", files["higashinari"], "-"], capture_output=True, text=True).stdout
    check("生野区在宅" not in east.split("紹介患者")[0], "an office sees its own")
    check(not any(n.startswith(".tmp") for n in os.listdir(folder)), "nothing else is left")
    check(stat.S_IMODE(os.stat(files["ikuno"]).st_mode) & 0o007 == 0, "closed to others")


def test_fallback_on_a_bare_machine(paper):
    """The server is gone. What is left is a file, its password, and a viewer: no program of ours, no site, no variable of the environment."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}

    def view(*words):
        return subprocess.run(words, env=bare, cwd=paper, stdin=subprocess.DEVNULL, capture_output=True)

    check(os.listdir(paper) == ["tasuki-higashinari.pdf"], "one file: %s" % os.listdir(paper))
    for wrong in ("", "paper-for-all"):
        check(view("pdftotext", "-upw", wrong, "tasuki-higashinari.pdf", "-").returncode != 0, "another password does not open it")
    text = view("pdftotext", "-layout", "-upw", "paper-for-east", "tasuki-higashinari.pdf", "-").stdout.decode()
    for word in ("非常時の一覧", "すること", "案件番号", "電話・Fax 番号", "06-"):
        check(word in text, "it can be read without a server: %s" % word)
    drawn = view("pdftoppm", "-r", "40", "-gray", "-upw", "paper-for-east", "tasuki-higashinari.pdf", "page")
    pages = sorted(name for name in os.listdir(paper) if name.startswith("page"))
    check(drawn.returncode == 0 and len(pages) >= 5, "and printed: %s" % pages)
    for name in pages:
        with open(os.path.join(paper, name), "rb") as file:
            grey = file.read()[-1000 * 100:]
        check(min(grey) < 128, "%s has ink" % name)


def test_silent_source():
    """A source that brought something every hour, and then nothing for days."""
    site = Site(env={"TASUKI_CLOCK": "offset_s=%d" % (5 * 86400)})
    try:
        add_config(site, "operator:\n  email: \"kanri@tasuki.example\"\n")
        site.serve()
        wait_for(lambda: "keeper" in site.log_text() and len(site.query("SELECT name FROM sqlite_master WHERE name = 'documents'")) == 1,
                 60, "the site is up")
        wait_for(lambda: len(site.query("SELECT 1 FROM sources WHERE id = 'ikuno-fax'")) == 1, 30, "its sources are known")
        site.stop()
        now = time.time()
        import contextlib
        import sqlite3
        with contextlib.closing(sqlite3.connect(site.dir / "store" / "tasuki.db")) as db:
            for source, office, last_hours in (("higashinari-fax", "higashinari", 0), ("ikuno-fax", "ikuno", -118)):
                for number in range(12):
                    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now + (-last_hours - 12 + number) * 3600))
                    db.execute("INSERT INTO documents (spool_id, office_id, source, sender, name, media, received, sha256, size_bytes, state,"
                               " reason, recorded) VALUES (?, ?, ?, '', '', '', ?, ?, 1, 'held', 'x', ?)",
                               ("%s%02d" % (source, number), office, source, at, "%064x" % (hash((source, number)) % (1 << 255)), at))
            db.commit()
        site.serve()
        wait_for(lambda: any("異常: source:higashinari-fax" in s for s, _ in letters(site, "kanri@")), 60, "silence is told")
        time.sleep(1)
        check(not any("source:ikuno-fax" in s for s, _ in letters(site, "kanri@")), "the other one keeps its habit")
        site.stop()
    finally:
        site.close()


def test_clock():
    """A machine whose clock nobody keeps, an hour after its start; then somebody does."""
    def told(word):
        return sum(word in subject for subject, _ in letters(site, "kanri@"))

    site = Site(env={"TASUKI_CLOCK": "offset_s=3600,kept=0"})
    try:
        add_config(site, "operator:\n  email: \"kanri@tasuki.example\"\n")
        site.serve()
        wait_for(lambda: told("異常: clock") == 1, 60, "the operator is told")
        check("event=clock.alone" in site.log_text(), "the start says it")
        doctor = site.run("doctor", check_status=False).stdout
        check("WARNING: nothing keeps the clock right" in doctor, "so does doctor: %s" % doctor)
        check("tasuki_clock_synchronised 0" in site.run("metrics").stdout, "and the metrics")
        site.stop()
        site.env["TASUKI_CLOCK"] = "offset_s=3600,kept=1"
        site.serve()
        wait_for(lambda: told("解消: clock") == 1, 60, "and that it is over")
        check("the clock is synchronised" in site.run("doctor", check_status=False).stdout, "doctor too")
        check("tasuki_clock_synchronised 1" in site.run("metrics").stdout, "and the metrics")
        site.stop()
    finally:
        site.close()


def test_clock_that_was_ahead():
    """Four hundred days ahead, and back: what is done every day is done today, and the newest backup is the one that stays."""
    def backups():
        return sorted(name for name in os.listdir(folder) if name.endswith(".backup"))

    site = Site(env={"TASUKI_CLOCK": "offset_s=%d" % (400 * 86400)})
    try:
        folder = shared(site, "outside")
        add_config(site, "audit:\n  anchor_file: \"%s/audit.txt\"\nbackup:\n  folder: \"%s\"\n  keep: 1\n" % (folder, folder))
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "test")  # something is in the chain
        site.serve()
        wait_for(lambda: len(backups()) == 1 and os.path.exists(os.path.join(folder, "audit.txt")), 60, "chores are done")
        ahead = backups()[0]
        site.stop()
        del site.env["TASUKI_CLOCK"]
        site.serve()
        wait_for(lambda: backups() not in ([], [ahead]), 60, "they are done again")
        wait_for(lambda: len(backups()) == 1, 20, "one is kept: %s" % backups())
        check(backups()[0] < ahead, "the newest: %s, %s" % (backups(), ahead))
        wait_for(lambda: open(os.path.join(folder, "audit.txt")).read().count("\n") == 2, 20, "the head is noted again")
        site.stop()
    finally:
        site.close()


def main():
    paper = tempfile.mkdtemp(prefix="tasuki-paper-")
    site = Site()
    port = free_port()
    try:
        folder = shared(site, "outside")
        words = os.path.join(site.root, "words")
        with open(words, "w") as out:
            out.write("paper-for-all\nhigashinari: paper-for-east\n")
        os.chmod(words, 0o644)
        add_config(site, "audit:\n  anchor_file: \"%s/audit.txt\"\n  anchor_mail: \"kanri@tasuki.example\"\n"
                         "operator:\n  email: \"kanri@tasuki.example\"\nmetrics:\n  port: %d\n"
                         "fallback:\n  folder: \"%s\"\n  password_file: \"%s\"\n  at: \"00:00\"\n" % (folder, port, folder, words))
        page = os.path.join(site.root, "one.tif")
        make_sheet(page, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        with open(page, "rb") as file:
            site.drop("higashinari", "one.tif", file.read())
        site.serve()
        wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == 1, 60, "a document is recorded")
        test_metrics(site, port)
        test_fallback(site, folder)
        shutil.copy(os.path.join(folder, "tasuki-higashinari.pdf"), paper)
        test_trouble_once(site)
        test_second_way(site, folder)
        test_anchor(site, folder)
        site.stop()
    finally:
        site.close()
    check(not os.path.exists(site.root), "the machine is gone")
    test_fallback_on_a_bare_machine(paper)
    shutil.rmtree(paper)
    test_silent_source()
    test_clock()
    test_clock_that_was_ahead()
    finish()


main()
