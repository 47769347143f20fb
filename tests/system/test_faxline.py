#!/usr/bin/env python3
"""Real fax calls over a simulated line, handed over as a spooler does: every document ends as a record, as incomplete with
a to-do to ask for it again, or held; hook and sweep together take each once, and nothing that is still being written."""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys

from tasuki_site import BUILD, SOURCE, USER, Site, check, finish, make_sheet, wait_for

FAXLOOP = BUILD / "faxloop"
LINES = [  # name, ecm, every, length, cut -> end, incomplete pages, whether the spooler calls it partial
    ("clean with ECM", 1, 0, 0, 0, "read", [], False),
    ("clean without ECM", 0, 0, 0, 0, "read", [], False),
    ("bursts with ECM", 1, 41, 16, 0, "read", [], False),  # with 40 they keep falling on the frames that ask for blocks, and spandsp gives up
    ("bursts without ECM", 0, 40, 16, 0, "read", [], False),
    ("one drop-out of 20 ms without ECM", 0, -1250, -160, 0, "read", [1], False),  # both ends say OK
    ("drop-outs of 20 ms all the time", 0, 150, -160, 0, None, None, True),
    ("line cut in page 2", 1, 0, 0, 30, "read", [2], True),
    ("line cut before page 1", 1, 0, 0, 4, None, None, True),
]

SOURCES = """sources:
  - id: "line"
    office: "higashinari"
    kind: "fax"
    folder: "%(recvq)s"
    called: ["06-6999-8888"]
    callid: ["number", "name", "-", "called"]
    stable_ms: 300
    sweep_s: 1
  - id: "line-ikuno"
    office: "ikuno"
    kind: "fax"
    folder: ""
    devices: ["ttyS7"]
"""


def own(path):
    if os.geteuid() == 0:
        shutil.chown(path, USER)


def page(kana):
    spec = json.loads((SOURCE / "config/sample/sheets/higashinari/01-referral.json").read_text())["pages"][0]
    return {**spec, "values": {**spec["values"], "patient_kana": kana}}


def call(root, number, line):
    """One call: the file that a spooler would have, or None, and whether the receiver saw an error."""
    _, ecm, every, length, cut = line[:5]
    sent, got = root / ("sent%d.tif" % number), root / ("got%d.tif" % number)
    make_sheet(sent, [page("サトウ ハナ"), page("カトウ サチ")], seed=number + 1, compression="g4")
    done = subprocess.run([str(FAXLOOP), str(sent), str(got), str(ecm), str(every), str(length), str(cut)],
                          capture_output=True, text=True, timeout=120)
    print("--", line[0], done.stdout.strip().replace("\n", "; "), flush=True)
    return got if got.exists() and got.stat().st_size > 8 else None, done.returncode != 0


def pages_of(site, spool_id):
    return site.query("SELECT p.number, p.state, p.reason, p.image FROM pages p JOIN documents d ON d.id = p.document_id "
                      "WHERE d.spool_id = ? ORDER BY p.number", spool_id)


def check_line(site, line, spool_id):
    name, want = line[0], line[6]
    rows = site.query("SELECT state, sender, office_id FROM documents WHERE spool_id = ?", spool_id)
    check(rows == [("read", "0612345678", "higashinari")], "%s: %r" % (name, rows))
    pages = pages_of(site, spool_id)
    incomplete = [p[0] for p in pages if p[1] == "incomplete"]
    print("   ", [(p[0], p[1], p[2]) for p in pages], flush=True)
    if want is not None:
        check(incomplete == want, "%s: incomplete %r, wanted %r" % (name, incomplete, want))
        check(all(p[1] == "read" for p in pages if p[0] not in want), "%s: %r" % (name, pages))
    check(len(pages) == 2, "%s: %d pages" % (name, len(pages)))
    todos = site.query("SELECT text FROM todos WHERE document = ? AND kind = 'resend'", spool_id)
    check(len(todos) == (1 if incomplete else 0), "%s: %d requests to send again" % (name, len(todos)))
    for text, in todos:
        check("0612345678" in text and "もう一度" in text, "%s: the to-do does not say whom to ask for what" % name)
    check(all(p[3] for p in pages if "did not arrive" not in p[2]), "%s: what arrived is kept as an image" % name)


def documents(site):
    return site.query("SELECT count(*) FROM documents")[0][0]


def test_lines(site, root):
    taken = []
    for number, line in enumerate(LINES):
        path, failed = call(root, number, line)
        check(failed == line[7], "%s: the receiver saw %s" % (line[0], "an error" if failed else "no error"))
        if path is None:
            check(line[5] is None, "%s: nothing arrived" % line[0])
            continue
        name = "fax%09d.tif" % number
        done = site.run("intake-fax", "--pages", "2", str(path), "ttyIAX1", "000000001",
                        "Disconnected after permitted retries" if failed else "", "0612345678", "<NONE>", "", "0669998888",
                        check_status=False)
        check(done.returncode == 0, "%s: %s" % (name, done.stderr))
        taken.append((line, done.stdout.split()[0]))
    site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")  # makes the store
    site.serve()
    wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == len(taken), 300, "every call has its record")
    for line, spool_id in taken:
        check_line(site, line, spool_id)


def test_hook_and_sweep(site, root, recvq):
    """recvq with one fax that a hook takes, one that none takes, one being written, one of another line."""
    before = documents(site)
    made = []
    for number in range(3):
        path = recvq / ("fax00000010%d.tif" % number)
        with open(path, "wb") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            make_sheet(root / "one.tif", [page("イトウ ミチ")], seed=50 + number)
            out.write((root / "one.tif").read_bytes())
            own(path)
            if number == 2:
                out.flush()
                site_waits = documents(site)
                subprocess.run(["sleep", "3"], check=True)
                check(documents(site) == site_waits + 0, "a fax was taken while it was locked")
        made.append(path)
        if number == 0:
            site.run("intake-fax", str(path), "ttyIAX1", "2", "", "0612345678", "", "", "+81 6 6999 8888")
            again = site.run("intake-fax", str(path), "ttyIAX1", "2", "", "0612345678", "", "", "0669998888")
            check(again.stdout.startswith("known"), "the same file handed over again: " + again.stdout)
            wait_for(lambda: documents(site) == before + 1, 60, "the hook's fax")
        if number == 1:
            subprocess.run(["sleep", "3"], check=True)
            check(documents(site) == before + 1, "a fax whose called number is not ours was swept")
            # the spooler's own description says who was called: station, number, name, -, called
            subprocess.run(["tiffset", "-s", "270", "STATION A\n0611112222\nName\n\n0669998888", str(path)], check=True)
            own(path)
            wait_for(lambda: documents(site) == before + 2, 60, "the sweep takes what no hook told of")
    subprocess.run(["tiffset", "-s", "270", "STATION B\n0611112222\n\n\n0669998888", str(made[2])], check=True)
    own(made[2])
    wait_for(lambda: documents(site) == before + 3, 60, "the fax that was written is taken")
    subprocess.run(["sleep", "3"], check=True)
    check(documents(site) == before + 3, "hook and sweep together take each once")
    check(all(path.exists() for path in made), "the spooler's files stay")
    senders = site.query("SELECT sender FROM documents WHERE name = 'fax000000101.tif'")
    check(senders == [("0611112222",)], "the sender from the file: %r" % senders)


def test_refusals(site, root):
    make_sheet(root / "other.tif", [page("モリ ケン")], seed=70)
    other = root / "other.tif"
    done = site.run("intake-fax", str(other), "ttyS7", "3", "", check_status=False)
    check(done.returncode == 0, "the office of a modem: " + done.stderr)
    done = site.run("intake-fax", str(other), "ttyS9", "3", "", "06", "", "", "0612340000", check_status=False)
    check(done.returncode == 1 and "no fax source" in done.stderr, "a line of nobody: " + done.stderr)
    done = site.run("intake-fax", str(root / "missing.tif"), "ttyS7", "3", "No answer", check_status=False)
    check(done.returncode == 1 and "cannot open" in done.stderr, "a file that is not there: " + done.stderr)
    with open(other, "rb") as file:
        done = site.run("intake-fax", "--source", "line-ikuno", "--fd", str(file.fileno()), "elsewhere.tif",
                        pass_fds=[file.fileno()], check_status=False)
    check(done.returncode == 0, "an open descriptor: " + done.stderr)
    with open(root / "huge.tif", "wb") as out:
        out.write(b"II*\0")
        out.truncate(65 << 20)
    for _ in range(2):
        done = site.run("intake-fax", str(root / "huge.tif"), "ttyS7", "3", check_status=False)
        check(done.returncode == 1 and "larger than 64 MB" in done.stderr, "too large: " + done.stderr)
    held = "SELECT count(*) FROM documents WHERE name = 'huge.tif' AND state = 'held'"
    wait_for(lambda: site.query(held) == [(1,)], 60, "what was refused has its row, once")
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE office_id = 'ikuno' AND name <> 'huge.tif'")) == 2, 60, "the office of the modem")


def main():
    if not FAXLOOP.exists():
        print("faxloop was not built: libspandsp-dev is missing")
        sys.exit(1 if os.environ.get("CI") else 77)
    site = Site()
    root = pathlib.Path(site.root) / "spooler"
    recvq = root / "recvq"
    for path in (root, recvq):
        path.mkdir()
        os.chmod(path, 0o755)
        own(path)
    text = (site.dir / "tasuki.yaml").read_text()
    begin, end = text.index("sources:"), text.index("# 読み取り。")
    (site.dir / "tasuki.yaml").write_text(text[:begin] + SOURCES % {"recvq": recvq} + text[end:])
    try:
        test_lines(site, root)
        test_hook_and_sweep(site, root, recvq)
        test_refusals(site, root)
        site.stop()
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        site.close()
    finish()


main()
