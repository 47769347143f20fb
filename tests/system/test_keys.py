"""What a thief of the disk sees, a rotation that is killed again and again, a site that was plain, a paper that is typed in."""
import os
import re
import signal
import subprocess
import time

from tasuki_site import BUILD, OUTCOME_PAGE, Site, check, contents, finish, make_sheet, wait_for

PLAIN_MARKS = (b"II*\x00", b"\x89PNG", b"higashinari-fax", b"\"sha256\"")


def files_of(site, *folders):
    return contents(*(site.dir / folder for folder in folders))


def key_path(site):
    return str(site.dir) + ".keys/site.key"


def key_of(site):
    return re.search(r"^key (\w+) in", site.run("key", "status").stdout).group(1)


def heads(site):
    return {data[12:20].hex() for _, data in files_of(site, "archive")}


def page_of(site):
    path = os.path.join(site.root, "page.tif")
    make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
    with open(path, "rb") as file:
        return file.read()


def serve(site):
    site.serve()
    wait_for(lambda: "recogniser.ready" in site.log_text(), 60, "the site is up")


def take(site, page, names):
    for name in names:
        site.drop("higashinari", name + ".tif", page + name.encode())
    wait_for(lambda: len(site.query("SELECT 1 FROM documents WHERE name IN (%s)" % ",".join("?" * len(names)),
                                    *(name + ".tif" for name in names))) == len(names), 90, "documents are recorded")


def verified(site, files):
    done = site.run("doctor", "--verify", check_status=False)
    check("archive: each of %d files" % files in done.stdout and "0 faults" in done.stdout, done.stdout + done.stderr)


def test_nothing_on_the_disk(site, page):
    site.drop("higashinari", "broken.tif", b"II*\x00 broken")
    take(site, page, ["a", "b", "c"])
    wait_for(lambda: len(site.spool("held")) == 1, 30, "one is held")
    site.wait_idle(30)
    check(len(site.query("SELECT 1 FROM documents")) == 4, "all four are recorded")
    held = site.spool("held")[0]
    check(sorted(p.name for p in (site.dir / "spool" / "held" / held).iterdir() if p.name.endswith(".sealed"))
          == ["envelope.sealed", "original.sealed"], "a held document is sealed")
    looked = list(files_of(site, "archive", "spool", "run", "cache"))
    check(len(looked) > 10, "there are files to look at")
    for path, data in looked:
        if path.name in ("attempts", "reason", "active.yaml") or "cache" in path.parts:
            continue
        check(not any(mark in data for mark in PLAIN_MARKS), "%s shows nothing" % path)
    names = {"".join(path.parts[-2:]) for path, _ in files_of(site, "archive")}
    known = {row[0] for row in site.query("SELECT sha256 FROM documents UNION SELECT image FROM pages")}
    check(known and not names & known, "no name is the checksum of what a stranger may know")
    out = os.path.join(site.root, "out.tif")
    site.run("queue", "save", held, "/dev/shm/tasuki-saved-%d" % os.getpid(), "--by", "tester")
    saved = "/dev/shm/tasuki-saved-%d" % os.getpid()
    with open(saved, "rb") as file:
        check(file.read() == b"II*\x00 broken", "the original is as it came")
    os.unlink(saved)
    check(not os.path.exists(out), "nothing besides")


def test_no_dumps(site):
    looked = 0
    for pid in [site.process.pid] + site.roles():
        try:
            limits = open("/proc/%d/limits" % pid).read()
        except (FileNotFoundError, ProcessLookupError):  # it was just started anew
            continue
        looked += 1
        check(re.search(r"Max core file size\s+0\s+0", limits), "no core file of %d" % pid)
    check(looked >= 4, "processes to look at: %d" % looked)


def keys_in_file(site):
    with open(key_path(site)) as file:
        return file.read().count("\nkey ")


def killed_rotation(site, delay_s):
    """A rotation that is killed so long after its start: did it live until then, and had it begun?"""
    rotate = subprocess.Popen([str(BUILD / "tasuki"), "key", "rotate", "--by", "tester", "--site", str(site.dir)], env=site.env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay_s)
    rotate.send_signal(signal.SIGKILL)
    return rotate.wait() == -signal.SIGKILL, keys_in_file(site) == 2


def test_rotation(site, page):
    """Killed under load, later and later into its work until it gets to its end; ten times, five of them in the midst. Then to the end."""
    before, count = key_of(site), len(site.query("SELECT 1 FROM documents"))
    kills = midst = number = 0
    delay_s = 0.004
    while (kills < 10 or midst < 5) and number < 200:
        if number < 10:
            site.drop("ikuno", "load-%d.tif" % number, page + b"load %d" % number)
        killed, begun = killed_rotation(site, delay_s)
        kills, midst, number = kills + killed, midst + (killed and begun), number + 1
        delay_s = delay_s * 1.2 + 0.002 if killed else delay_s / 2
    check(kills >= 10 and midst >= 5, "it was killed in the midst: %d, %d of %d times" % (kills, midst, number))
    site.run("key", "rotate", "--by", "tester")
    after = key_of(site)
    check(after != before, "the key is another one")
    wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == count + 10, 90, "what came meanwhile is recorded")
    site.wait_idle(60)
    site.run("key", "seal")
    check(heads(site) == {after}, "everything is under the new key: %s" % heads(site))
    check(len(open(key_path(site)).read().split("\nkey ")) == 2, "the key file holds one key")
    verified(site, 3 * (count + 10 - 1) + 1)  # one is held, and broken: it has an original only
    audit = site.run("audit", "verify", check_status=False)
    check(audit.returncode == 0, "the chain is whole over the change of keys: %s" % audit.stderr)


def test_wrong_key(site):
    """Without its key a site says so, and accepts nothing in the clear."""
    key = key_path(site)
    os.rename(key, key + ".away")
    done = site.run("submit", "--office", "ikuno", os.path.join(site.root, "page.tif"), check_status=False)
    check(done.returncode == 1 and "key" in done.stderr and "docs/keys.md" in done.stderr, done.stderr)
    done = site.run("serve", check_status=False, timeout=120)
    check(done.returncode == 1 and "cannot be read" in done.stderr, done.stderr)
    os.rename(key + ".away", key)


def test_paper(site):
    paper = site.run("key", "print", "--by", "tester").stdout
    lines = re.findall(r"^  [1-4]   (\S+)$", paper, re.M)
    check(len(lines) == 4, paper)
    entered = os.path.join(site.root, "entered.key")
    typed = " ".join(lines).lower().replace("-", "").replace("0", "o")
    done = subprocess.run([str(BUILD / "tasuki"), "key", "enter", entered], input=typed, env=site.env, capture_output=True, text=True)
    check(done.returncode == 0 and key_of(site) in done.stdout, done.stdout + done.stderr)
    slip = typed[:20] + ("b" if typed[20] != "b" else "c") + typed[21:]
    done = subprocess.run([str(BUILD / "tasuki"), "key", "enter", entered + "2"], input=slip, env=site.env, capture_output=True, text=True)
    check(done.returncode == 1 and "line 2" in done.stderr, "a slip is told by its line: %s" % done.stderr)
    check(site.query("SELECT count(*) FROM audit WHERE action = 'key.print'")[0][0] == 1, "printing it stands in the chain")


def test_plain_site_is_sealed(page):
    """As an earlier program left it: no key, plain files, documents in the spool."""
    site = Site()
    try:
        os.unlink(key_path(site))
        os.unlink(site.dir / "keyring")
        serve(site)
        take(site, page, ["old-1", "old-2"])
        site.stop()
        path = os.path.join(site.root, "waits.tif")
        with open(path, "wb") as out:
            out.write(page + b"waits")
        site.run("submit", "--office", "ikuno", path)
        check(any(b"II*" in data for _, data in files_of(site, "archive", "spool")), "it was plain")
        done = site.run("doctor", check_status=False)
        check("has no key" in done.stdout and done.returncode == 1, done.stdout)
        site.run("key", "init")
        serve(site)
        wait_for(lambda: len(site.query("SELECT 1 FROM documents")) == 3, 60, "what waited is recorded")
        wait_for(lambda: heads(site) == {key_of(site)}, 30, "the start seals what was plain")
        verified(site, 9)
        site.stop()
    finally:
        site.close()


def main():
    site = Site()
    page = page_of(site)
    try:
        serve(site)
        test_nothing_on_the_disk(site, page)
        test_no_dumps(site)
        test_rotation(site, page)
        test_paper(site)
        site.stop()
        test_wrong_key(site)
    finally:
        site.close()
    test_plain_site_is_sealed(page)
    finish()


main()
