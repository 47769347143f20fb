"""One site from the first file to the last notice: two offices, bad input, reload, stop, start, another time zone."""
import email
import os
import signal
import subprocess
import threading
import time

from tasuki_site import OUTCOME_PAGE, SOURCE, Site, check, finish, make_sheet, wait_for


def sheet_bytes(site, pages=None, **fax):
    path = os.path.join(site.root, "sheet.tif")
    make_sheet(path, pages or [OUTCOME_PAGE], **fax)
    with open(path, "rb") as file:
        return file.read()


def test_flow(site):
    page = sheet_bytes(site)
    site.serve()
    site.drop("higashinari", "one.tif", page + b"1")
    site.drop("ikuno", "two.tif", page + b"2")
    site.drop("ikuno", "twice.tif", page + b"2")
    site.drop("ikuno", "text.txt", b"not a fax")
    site.drop("ikuno", "empty.tif", b"")
    site.drop("higashinari", ".hidden.tif", page + b"3")
    site.drop("higashinari", "upload.tif.part", page + b"4")
    os.symlink("/etc/passwd", site.dir / "inbox" / "higashinari" / "link.tif")
    wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == 5, 60, "five documents are recorded")
    site.wait_idle(30)
    states = dict(site.query("SELECT office_id || ' ' || name, state FROM documents"))
    duplicates = [key for key, state in states.items() if state == "duplicate"]
    check(states.get("higashinari one.tif") == "read", "one.tif is read: %s" % states)
    check(sorted(states[key] for key in ("ikuno two.tif", "ikuno twice.tif")) == ["duplicate", "read"], str(states))
    check(states.get("ikuno text.txt") == "held" and states.get("ikuno empty.tif") == "held", str(states))
    check(len(duplicates) == 1, "one duplicate: %s" % states)
    check(len(site.spool("held")) == 2, "two documents in held/")
    check(site.spool("incoming") == [] and site.spool("reading") == [] and site.spool("tmp") == [], "spool is empty")
    inbox = site.dir / "inbox" / "higashinari"
    check(sorted(p.name for p in inbox.iterdir()) == [".hidden.tif", "done", "link.tif", "upload.tif.part"],
          "what is left in the folder: %s" % sorted(p.name for p in inbox.iterdir()))
    wait_for(lambda: len(site.mails()) == 4, 30, "two sheets and two held documents are told")
    to = sorted(email.message_from_bytes(mail.read_bytes())["To"].split("<")[1] for mail in site.mails())
    check(to == ["higashinari@tasuki.example>"] + ["ikuno@tasuki.example>"] * 3, "recipients: %s" % to)


def test_doctor(site):
    done = site.run("doctor", check_status=False)
    check(done.returncode == 0 and "tasuki serve is running" in done.stdout, "doctor: %s" % done.stdout)
    for word in ("clock", "free", "Japanese fonts", "jpn.traineddata", "the recogniser starts", "audit chain"):
        check(any(word in line and line.startswith("ok") for line in done.stdout.splitlines()), "doctor looks at: " + word)


def test_scopes(site):
    east = site.run("sheet", "list", "--office", "higashinari", "--plain").stdout
    check(len(east.splitlines()) == 1 and "ikuno" not in east, "an office sees its own sheets: %s" % east)
    unknown = site.run("sheet", "list", "--office", "kita", check_status=False)
    check(unknown.returncode != 0, "an unknown office is refused")


def test_second_serve(site):
    second = site.run("serve", check_status=False, timeout=120)
    check(second.returncode == 1 and "already serves" in second.stderr and len(second.stderr.splitlines()) == 1,
          "a second serve is refused: %s" % second.stderr)


def test_reload(site):
    good = (site.dir / "tasuki.yaml").read_text()
    (site.dir / "tasuki.yaml").write_text(good + "colour: red\n")
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "colour: unknown key" in site.log_text(), 10, "a wrong configuration is named")
    check(site.process.poll() is None, "serve lives on with the old configuration")
    doctor = site.run("doctor", check_status=False)
    check(doctor.returncode == 1 and "colour" in doctor.stderr, "doctor names it too: %s" % doctor.stderr)
    # the old one is what roles are started with: one that dies meanwhile comes back
    before = set(site.roles())
    os.kill(max(before), signal.SIGKILL)
    wait_for(lambda: len(site.roles()) == len(before) and set(site.roles()) != before, 20, "a role that died comes back")
    (site.dir / "tasuki.yaml").write_text(good.replace("06-0000-1150", "06-0000-9999"))
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: site.log_text().count("event=config.loaded") >= 2, 20, "a right one is taken")
    page = sheet_bytes(site)
    site.drop("higashinari", "after.tif", page + b"after")
    wait_for(lambda: any("06-0000-9999" in mail.read_text() for mail in site.mails()), 60, "the new number is told")


def test_limits(site):
    """Too little room: refused politely, the file waits in its folder. Quiet hours: the mail waits."""
    good = (site.dir / "tasuki.yaml").read_text()

    def load(text):
        loaded = site.log_text().count("event=config.loaded")
        (site.dir / "tasuki.yaml").write_text(text)
        site.process.send_signal(signal.SIGHUP)
        wait_for(lambda: site.log_text().count("event=config.loaded") >= loaded + 3, 20, "the configuration is taken")

    page = sheet_bytes(site)
    load(good.replace("disk_free_mb_min: 20", "disk_free_mb_min: 900000000"))
    site.drop("ikuno", "full.tif", page + b"full")
    done = site.run("submit", "--office", "ikuno", os.path.join(site.root, "sheet.tif"), check_status=False)
    check(done.returncode == 1 and "nearly full" in done.stderr, "a full disk is told: %s" % done.stderr)
    wait_for(lambda: "nearly full" in site.log_text(), 20, "and logged")
    check((site.dir / "inbox" / "ikuno" / "full.tif").exists(), "the file stays where it is")
    mails = len(site.mails())
    load(good.replace('to: "00:00"', 'to: "23:59"'))
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE name = 'full.tif'")) == 1, 60, "room again: it is read")
    time.sleep(2.5)
    check(len(site.mails()) == mails, "no mail in quiet hours")
    load(good)
    wait_for(lambda: len(site.mails()) == mails + 1, 30, "the mail follows")


def test_commands(site):
    for args, words in ((("submit", "/nonexistent.tif", "--office", "ikuno"), "cannot open"),
                        (("submit", str(SOURCE / "README.md")), "which office"),
                        (("submit", str(SOURCE / "LICENSE"), "--office", "kita"), "no office"),
                        (("submit", str(SOURCE / "LICENSE"), "--source", "fax9"), "no source"),
                        (("queue", "show", "../../etc"), "not the id"),
                        (("queue", "retry", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "is not in held"),
                        (("sheet", "show", "999"), "")):
        done = site.run(*args, check_status=False)
        check(done.returncode != 0 and words in done.stderr and len(done.stderr.splitlines()) == 1,
              "%s: %d %r" % (" ".join(args), done.returncode, done.stderr))
    held = site.spool("held")[0]
    check("original" in site.run("queue", "show", held).stdout, "queue show")
    site.run("queue", "retry", held)
    wait_for(lambda: held in site.spool("held"), 30, "tried again and held again")
    report = site.run("report").stdout
    check(report.count("\ndocument ") == len(site.query("SELECT 1 FROM documents")), "report names every document")
    check("look: tasuki sheet show" in report and "told: alert" in report and "waits for a person" in report, "report")


def test_half_a_file(site):
    """A machine that writes slowly: the file is taken when it is whole, not when it has been still for a while."""
    page, path = sheet_bytes(site) + b"slow", site.dir / "inbox" / "ikuno" / "slow.tif"
    site.drop("ikuno", "slow.tif", b"")
    with open(path, "ab") as out:
        for part in (page[:5000], page[5000:]):
            out.write(part)
            out.flush()
            time.sleep(1)
            check(path.exists() and not site.query("SELECT 1 FROM documents WHERE name = 'slow.tif'"), "half a file is left")
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE name = 'slow.tif'")) == 1, 60, "the whole file is taken")
    check(site.query("SELECT state, size_bytes FROM documents WHERE name = 'slow.tif'") == [("read", len(page))], "once, whole")


def test_stop(site):
    """In the midst of work: down in time, and what was under way is finished by the next start."""
    page, dropped, down = sheet_bytes(site), [], threading.Event()

    def feed():  # until it is down, so that there is work to be stopped in
        while not down.is_set() and len(dropped) < 200:
            site.drop("ikuno", "stop-%03d.tif" % len(dropped), page + b"stop %d" % len(dropped))
            dropped.append(1)
            down.wait(0.1)

    feeder = threading.Thread(target=feed)
    feeder.start()
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE name LIKE 'stop%'")) >= 2, 60, "some are read")
    check(site.stop(5.2) < 5.2 and site.process.returncode == 0, "SIGTERM ends it well: %s" % site.process.returncode)
    down.set()
    feeder.join()
    check(len(site.query("SELECT 1 FROM documents WHERE name LIKE 'stop%'")) < len(dropped), "it was in the midst of work")
    site.serve()
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE name LIKE 'stop%'")) == len(dropped), 60, "the rest is read")
    check(site.query("SELECT DISTINCT state FROM documents WHERE name LIKE 'stop%'") == [("read",)], "all are read, once")
    site.wait_idle(60)
    site.stop(5.2)
    left = subprocess.run(["pgrep", "-f", str(site.dir)], capture_output=True, text=True).stdout
    check(left == "", "no process is left: %s" % left)


def test_log(site):
    text = site.log_text()
    check("level=error" not in text.replace("event=config.kept", "") or
          all("config.kept" in line for line in text.splitlines() if "level=error" in line), "no unexpected error in the log")
    check("Sanitizer" not in text, "no sanitizer complains")
    check("two.tif" not in text and "06-0000" not in text, "no file name and no number in the log")


def test_privileges(site):
    if os.geteuid() != 0:
        print("not root: privileges are not tested")
        return
    uids = {line.split()[1] for pid in [site.process.pid] + site.roles()
            for line in open("/proc/%d/status" % pid) if line.startswith("Uid:")}
    check(uids == {"65534"}, "every process runs as nobody: %s" % uids)


def look_elsewhere(env):
    """Near the turn of the fiscal year: 1 April in Japan, 31 March in New York."""
    offset = 1806512400 + 3600 - int(time.time())  # 2027-03-31T16:00Z
    site = Site(env={**env, "TASUKI_CLOCK": "offset_s=%d" % offset})
    try:
        referral = {"form": "referral-status", "edition": "higashinari-2015",
                    "values": {"referral_type": ["outpatient"], "sex": ["female"]}}
        site.drop("higashinari", "a.tif", sheet_bytes(site, [referral]))
        site.serve()
        wait_for(lambda: len(site.query("SELECT name FROM sqlite_master WHERE name = 'documents'")) == 1 and
                 len(site.query("SELECT 1 FROM documents")) == 1, 90, "the sheet is recorded")
        fields = site.query("SELECT field, value, decided, reason, confidence FROM fields ORDER BY id")
        cases = site.query("SELECT number FROM cases")
        year = [row[0] for row in site.query("SELECT fiscal_year FROM case_counters")]
        site.stop()
        return fields, cases, year
    finally:
        site.close()


def test_elsewhere():
    here = look_elsewhere({"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"})
    there = look_elsewhere({"TZ": "America/New_York", "LC_ALL": "C"})
    check(here == there, "another time zone and locale give the same records")
    check(len(here[0]) > 50, "the fields were recorded: %d" % len(here[0]))
    check(here[2] in ([], [2027]), "the fiscal year is Japan's: %s" % here[2])


def main():
    site = Site()
    try:
        test_flow(site)
        test_doctor(site)
        test_scopes(site)
        test_privileges(site)
        test_second_serve(site)
        test_reload(site)
        test_limits(site)
        test_half_a_file(site)
        test_commands(site)
        test_stop(site)
        test_log(site)
    finally:
        site.close()
    test_elsewhere()
    finish()


main()
