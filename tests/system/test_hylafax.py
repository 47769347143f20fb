#!/usr/bin/env python3
"""A hospital's unmodified HylaFAX faxes a sheet through two soft modems into the gateway's HylaFAX, whose hook hands it to
tasuki; it is read, confirmed, and the outcome's notice is faxed back. Everything listens on the loopback of a network of its
own. Needs root and namespaces, HylaFAX and iaxmodem; without them exit status 77 says skipped."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import tasuki_site
from tasuki_site import SOURCE, TASUKI, Site, check, finish, make_sheet, wait_for

CLINIC = "見本内科クリニック"
SOURCES = """sources:
  - id: "line"
    office: "higashinari"
    kind: "fax"
    folder: "%s/recvq"
    devices: ["ttyIAX1"]
    callid: ["number", "name", "-", "called"]
    stable_ms: 20000
    sweep_s: 5
"""
FAX = """fax:
  channel: "hylafax"
  server: "ttyIAX1@127.0.0.1:24559"
  spool: "%s"
"""


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("CI") else 77)


def private_network():
    """This program again, in a network and a view of the file system of its own."""
    if os.environ.get("TASUKI_FAX_NAMESPACE") == "yes":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if os.geteuid() != 0:
        skip("root is needed for a network of its own")
    for name in ("unshare", "ip", "faxq", "hfaxd", "faxgetty", "sendfax", "iaxmodem"):
        if shutil.which(name) is None:
            skip(name + " is not installed")
    if subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True).returncode != 0:
        skip("namespaces are not allowed here")
    env = {**os.environ, "TASUKI_FAX_NAMESPACE": "yes"}
    os.execvpe("unshare", ["unshare", "-n", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv], env)


class Line:
    """One HylaFAX with one soft modem: number 0 is the hospital, 1 the gateway."""

    def __init__(self, root, number, port, hooks):
        self.spool, self.port, self.modem, self.processes = root / ("hylafax%d" % number), port, "ttyIAX%d" % number, []
        subprocess.run(["cp", "-a", "/var/spool/hylafax", str(self.spool)], check=True)
        subprocess.run("cp -a /etc/hylafax/. %s/etc/" % self.spool, shell=True, check=True)
        for queue in ("recvq", "sendq", "doneq", "docq"):
            for old in (self.spool / queue).iterdir():
                if old.is_file() and old.name != "seqf":
                    old.unlink()
        (self.spool / "log/xferfaxlog").touch()
        (self.spool / "log/seqf").write_text("1\n")
        (self.spool / "etc/hosts.hfaxd").write_text("127.0.0.1\nlocalhost\n")
        (self.spool / "etc/config").write_text("InternationalPrefix: 010\n" + hooks.get("config", ""))
        modem = (self.spool / "config/iaxmodem").read_text()
        (self.spool / ("etc/config." + self.modem)).write_text(
            'CountryCode: 81\nFAXNumber: "+81 6 1234 567%d"\nLocalIdentifier: "STATION-%d"\nRecvFileMode: 0640\n'
            "RingsBeforeAnswer: 1\nPollLockWait: 1\nPollModemWait: 1\nInternationalPrefix: 010\nLongDistancePrefix: 0\n" % (number, number) + modem
            + hooks.get("modem", ""))
        for name, text in hooks.get("bin", {}).items():
            (self.spool / "bin" / name).write_text(text)
            (self.spool / "bin" / name).chmod(0o755)
        subprocess.run(["chown", "-R", "uucp:uucp", str(self.spool)], check=True)
        (self.spool / "etc/hosts.hfaxd").chmod(0o600)
        self.log = open(root / ("hylafax%d.log" % number), "ab")

    def start(self, *command):
        self.processes.append(subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL))

    def open(self):
        self.start("faxq", "-D", "-q", str(self.spool))
        time.sleep(1)
        self.start("hfaxd", "-d", "-q", str(self.spool), "-l", "127.0.0.1", "-i", str(self.port))
        self.start("faxgetty", "-q", str(self.spool), "/dev/" + self.modem)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.log.close()

    def is_idle(self):
        status = self.spool / "status" / self.modem
        return status.exists() and "idle" in status.read_text()

    def received(self):
        return sorted((self.spool / "recvq").glob("fax*.tif"))


def soft_modems(root, line):
    folder = root / "iaxmodem"
    folder.mkdir()
    subprocess.run(["mount", "--bind", str(folder), "/etc/iaxmodem"], check=True)
    for i in (0, 1):
        (folder / ("ttyIAX%d" % i)).write_text(
            "device /dev/ttyIAX%d\nowner uucp:uucp\nmode 660\nport 457%d\nrefresh 0\nserver 127.0.0.1:457%d\npeername p%d\n"
            "secret x\ncidname Hospital\ncidnumber 061234567%d\ncodec ulaw\n" % (i, i, 1 - i, i, i))
        line.start("iaxmodem", "ttyIAX%d" % i)
    wait_for(lambda: all(os.path.exists("/dev/ttyIAX%d" % i) for i in (0, 1)), 10, "the soft modems are there")


def sheet():
    spec = json.loads((SOURCE / "config/sample/sheets/higashinari/02-referral-with-outcome.json").read_text())["pages"][0]
    spec["values"]["contact_method"] = ["fax"]
    return spec


def make_site(gateway_spool):
    tasuki_site.USER = "uucp"
    site = Site()
    path = site.dir / "tasuki.yaml"
    text = path.read_text()
    text = text.replace("fax:\n  channel: \"by-hand\"\n", FAX % gateway_spool)
    begin, end = text.index("sources:"), text.index("# 読み取り。")
    path.write_text(text[:begin] + SOURCES % gateway_spool + text[end:])
    return site


def hooks(site_dir):
    run = "#!/bin/sh\nexec %s %%s --site %s \"$@\" >>log/tasuki.log 2>&1\n" % (TASUKI, site_dir)
    return {"config": "NotifyCmd: bin/tasuki-notify\n", "modem": "FaxRcvdCmd: bin/tasuki-rcvd\n",
            "bin": {"tasuki-rcvd": run % "intake-fax", "tasuki-notify": run % "fax-notify"}}


def verify_clinic(site):
    site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
    (number,), = site.query("SELECT id FROM institutions WHERE name = ? AND office_id = 'higashinari'", CLINIC)
    for who in ("佐藤", "鈴木"):
        site.run("directory", "verify", str(number), "--channel", "fax", "--how", "test-fax", "--by", who)
    return number


def confirm(site):
    (sheet_id, case), = site.query("SELECT id, case_number FROM sheets")
    if case is None:
        site.run("sheet", "link", str(sheet_id), "new", "--by", "佐藤")
        (case,), = site.query("SELECT case_number FROM sheets")
    for field, value in (("from_clinic", CLINIC), ("patient_address", "大今里南3-11-2"), ("patient_name", "山本 敏子")):
        site.run("sheet", "set", str(sheet_id), field, value, "--by", "佐藤", check_status=False)
    site.run("consent", "record", case, "--scope", "medical", "--giver", "patient", "--how", "sheet", "--by", "佐藤")
    site.run("sheet", "confirm", str(sheet_id), "--accept-all", "--by", "佐藤")


def send_sheet(root, hospital):
    make_sheet(root / "sheet.tif", [sheet()], compression="g4", seed=4)
    done = subprocess.run(["sendfax", "-n", "-m", "-h", "ttyIAX0@127.0.0.1:%d" % hospital.port, "-o", "hospital", "-f",
                           "a@hospital.example", "-d", "0669998888", str(root / "sheet.tif")], capture_output=True, text=True)
    check(done.returncode == 0 and "request id is" in done.stdout, "the hospital's sendfax: " + done.stdout + done.stderr)


def notice(site):
    return site.query("SELECT n.id, n.state, n.channel, d.detail FROM notices n LEFT JOIN deliveries d ON d.notice_id = n.id "
                      "WHERE n.rule = 'outcome-clinic'")


def test_round_trip(site, root, hospital, gateway):
    verify_clinic(site)
    send_sheet(root, hospital)
    if not wait_for(lambda: site.query("SELECT 1 FROM documents WHERE state = 'read'"), 90, "the faxed sheet is read"):
        return
    rows = site.query("SELECT d.office_id, d.sender, d.source, s.form FROM documents d JOIN sheets s ON s.document_id = d.id")
    print("received:", rows, flush=True)
    check(rows == [("higashinari", "0612345670", "line", "referral-status")], "received: %r" % rows)
    check(gateway.received() != [], "the spooler keeps its file")
    wait_for(lambda: hospital.is_idle() and gateway.is_idle(), 30, "the line is free again")
    before = len(hospital.received())
    confirm(site)
    wait_for(lambda: notice(site) and notice(site)[0][1] in ("delivered", "failed", "unknown"), 90, "the notice is faxed back")
    for id, state, channel, detail in notice(site):
        print("notice:", id, state, channel, detail, flush=True)
        check(state == "delivered" and channel == "fax", "the outcome's notice: %s by %s" % (state, channel))
    details = " ".join(row[3] or "" for row in notice(site))
    check("station=STATION-0" in details and "pages=2/2" in details, "station and pages: " + details)
    wait_for(lambda: len(hospital.received()) > before, 20, "the hospital has the notice")
    info = subprocess.run(["tiffinfo", str(hospital.received()[-1])], capture_output=True, text=True).stdout
    check(info.count("Image Width: 1728") == 2, "cover and letter arrived: " + info)
    check(site.query("SELECT count(*) FROM documents") == [(1,)], "hook and sweep take the fax once")
    check("error" not in (gateway.spool / "log/tasuki.log").read_text(), "the hooks: "
          + (gateway.spool / "log/tasuki.log").read_text())


def main():
    private_network()
    site = make_site("@SPOOL@")
    root = pathlib.Path(site.root)
    began = time.monotonic()
    lines = []
    try:
        hospital = Line(root, 0, 14559, {"modem": "FaxRcvdCmd: /bin/true\n"})
        lines.append(hospital)
        gateway = Line(root, 1, 24559, hooks(site.dir))
        lines.append(gateway)
        path = site.dir / "tasuki.yaml"
        path.write_text(path.read_text().replace("@SPOOL@", str(gateway.spool)))
        soft_modems(root, hospital)
        for line in lines:
            line.open()
        site.serve()
        wait_for(lambda: all(line.is_idle() for line in lines), 30, "the modems are idle")
        test_round_trip(site, root, hospital, gateway)
        site.stop()
    finally:
        if tasuki_site.failures:
            for line in lines:
                line.log.flush()
                for log in sorted((line.spool / "log").glob("*"))[-6:]:
                    print("----", log, "\n", log.read_text(errors="replace")[-2500:])
        for line in reversed(lines):
            line.close()
        site.close()
    print("%.0f s" % (time.monotonic() - began))
    finish()


main()
