"""Backups while documents come in; a new machine with a paper and a file; the generation before last, after the key was changed."""
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time

from tasuki_site import BUILD, OUTCOME_PAGE, Site, check, finish, make_sheet, wait_for

TASUKI = str(BUILD / "tasuki")


def run(site, *args, **more):
    return subprocess.run([TASUKI, *args], env=site.env, capture_output=True, text=True, **more)


def backups(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".backup"))


def make_folder(site, name):
    folder = os.path.join(site.root, name)
    os.makedirs(folder)
    os.chmod(folder, 0o777)
    return folder


def page_of(site):
    path = os.path.join(site.root, "page.tif")
    make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
    with open(path, "rb") as file:
        return file.read()


def feed(site, page, stop):
    for number in range(400):
        site.drop("higashinari" if number % 2 else "ikuno", "%03d.tif" % number, page + b"load %d" % number)
        if stop.wait(0.1):
            return


def accepted_now(site):
    return site.log_text().count("event=intake.accepted")


def paper_key(site, name):
    """What a person does with the paper on a new machine."""
    lines = re.findall(r"^  [1-4]   (\S+)$", site.run("key", "print", "--by", "tester").stdout, re.M)
    path = os.path.join(site.root, name)
    done = run(site, "key", "enter", path, input="\n".join(lines).lower())
    check(done.returncode == 0, done.stderr)
    return path


def restore(site, backup, key, name):
    """A restored site; Site's way of looking at it."""
    directory = os.path.join(site.root, name)
    done = run(site, "restore", "--key", key, backup, directory)
    check(done.returncode == 0, "restore: %s" % done.stderr)
    os.makedirs(directory + ".keys", exist_ok=True)
    with open(key, "rb") as file, open(directory + ".keys/site.key", "wb") as out:
        out.write(file.read())
    os.chmod(directory + ".keys/site.key", 0o400)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody", directory + ".keys"], check=True)
    return directory, done.stdout


def doctor(site, directory):
    return run(site, "doctor", "--verify", "--site", directory)


def test_under_load(site, page, folder):
    """Three generations while documents come in; each holds every document that had been accepted before it began."""
    stop = threading.Event()
    feeder = threading.Thread(target=feed, args=(site, page, stop))
    feeder.start()
    accepted = [0]
    for _ in range(3):
        wait_for(lambda: accepted_now(site) >= accepted[-1] + 8, 30, "documents come in")
        accepted.append(accepted_now(site))
        done = site.run("backup", "--to", folder)
        check("read again and found right" in done.stdout, done.stdout)
    stop.set()
    feeder.join()
    site.wait_idle(120)
    accepted = accepted[1:]
    check(len(backups(folder)) == 3, "three generations")
    return accepted


def serve_restored(site, directory):
    process = subprocess.Popen([TASUKI, "serve", "--site", directory], env=site.env, stderr=site.log, stdin=subprocess.DEVNULL)
    done = run(site, "queue", "--wait-idle", "90", "--site", directory)
    check(done.returncode == 0, done.stderr)
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    with contextlib.closing(sqlite3.connect("file:%s/store/tasuki.db?mode=ro" % directory, uri=True)) as db:
        return db.execute("SELECT count(*), count(*) FILTER (WHERE state = 'duplicate') FROM documents").fetchone()


def test_new_machine(site, folder, accepted):
    key = paper_key(site, "paper.key")
    for name, before in zip(backups(folder), accepted):
        directory, _ = restore(site, os.path.join(folder, name), key, "restored-" + name[7:22])
        done = doctor(site, directory)
        check("0 faults" in done.stdout and "restored: each of" in done.stdout, done.stdout + done.stderr)
        check("the database is identical to the backup" in done.stdout, "identical: %s" % done.stdout)
        audit = run(site, "audit", "verify", "--site", directory)
        check(audit.returncode == 0, "the chain is whole: %s" % audit.stderr)
        documents, doubled = serve_restored(site, directory)
        check(documents >= before, "every document accepted before the backup is there: %d of %d" % (documents, before))
        check(doubled == 0, "none is read twice: %d" % doubled)


def test_generation_before_last(site, folder):
    """The key is changed; the paper of today opens what was made before, by the ring beside the backups; so does the old paper."""
    old_paper = paper_key(site, "old.key")
    oldest = os.path.join(folder, backups(folder)[0])
    site.run("key", "rotate", "--by", "tester")
    site.run("backup", "--to", folder)
    new_paper = paper_key(site, "new.key")
    for number, key in enumerate((new_paper, old_paper)):
        directory, _ = restore(site, oldest, key, "before-%d" % number)
        done = doctor(site, directory)
        check("0 faults" in done.stdout and "identical to the backup" in done.stdout, done.stdout + done.stderr)
    wrong = os.path.join(site.root, "wrong.key")
    other = Site()
    try:
        wrong = str(other.dir) + ".keys/site.key"
        done = run(site, "restore", "--key", wrong, oldest, os.path.join(site.root, "never"))
        check(done.returncode == 1 and "is not in" in done.stderr, "another site's key opens nothing: %s" % done.stderr)
        check(not os.path.exists(os.path.join(site.root, "never")), "and nothing is written")
    finally:
        other.close()


def test_what_is_inside(site, folder):
    newest = os.path.join(folder, backups(folder)[-1])
    with open(newest, "rb") as file:
        data = file.read()
    check(b"ustar" not in data and b"II*\x00" not in data and b"SQLite" not in data, "a backup shows nothing")
    tar = os.path.join(site.root, "inside.tar")
    with open(tar, "wb") as out:
        subprocess.run([TASUKI, "backup", "--tar", newest, "--site", str(site.dir)], env=site.env, stdout=out, check=True)
    with tarfile.open(tar) as inside:
        names = inside.getnames()
        content = b"".join(inside.extractfile(name).read() for name in names if name.startswith("site/"))
    secret = open(str(site.dir) + ".keys/site.key").read().split("\nkey ")[1].split()[0].encode()
    check("site/tasuki.yaml" in names and "store/tasuki.db" in names and names[-1] == "MANIFEST", str(names[:5]))
    check(secret not in content and secret not in data, "the key is not in it")


def test_damage(site, folder, key):
    newest = os.path.join(folder, backups(folder)[-1])
    with open(newest, "rb") as file:
        data = bytearray(file.read())
    for what, at in (("cut", None), ("changed", len(data) // 2), ("changed", 60), ("longer", -1)):
        bad = os.path.join(site.root, "bad.backup")
        copy = data[: len(data) - 70000] if at is None else bytearray(data) + b"x" if at == -1 else bytearray(data)
        if at not in (None, -1):
            copy[at] ^= 1
        with open(bad, "wb") as out:
            out.write(copy)
        os.chmod(bad, 0o644)
        done = run(site, "restore", "--key", key, bad, os.path.join(site.root, "bad-site"))
        check(done.returncode == 1 and "damaged" in done.stderr, "%s: %s" % (what, done.stderr))
        check(not os.path.exists(os.path.join(site.root, "bad-site")), "nothing is written of a damaged backup")
    done = run(site, "restore", "--key", key, newest, site.root)
    check(done.returncode == 1 and "not empty" in done.stderr, "a restore writes over nothing: %s" % done.stderr)


def test_killed(site, folder):
    before = backups(folder)
    for number in range(6):
        process = subprocess.Popen([TASUKI, "backup", "--to", folder, "--site", str(site.dir)], env=site.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.01 + 0.03 * number)
        process.kill()
        process.wait()
    for name in set(backups(folder)) - set(before):
        check(site.run("backup", "--verify", os.path.join(folder, name)).returncode == 0, "what has a name is whole")
    check(site.run("doctor").returncode == 0, "and the site is as it was")


@contextlib.contextmanager
def small_disk(site, name, size):
    """A file system of its own, of so many bytes; None without the right to make one."""
    path = make_folder(site, name)
    made = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=0777" % size, "tasuki-small", path],
                                                check=False, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield path if made else None
    finally:
        if made:
            subprocess.run(["umount", "-l", path], check=False)


def leave(path, room):
    """Fills the disk that path is on, but for so many bytes."""
    filler = os.path.join(path, "filler")
    with open(filler, "wb", buffering=0) as out:
        with contextlib.suppress(OSError):
            while True:
                out.write(bytes(1 << 14))
        out.truncate(max(0, os.path.getsize(filler) - room))
    return filler


def test_the_disk_fills(site, folder):
    """What the backup is written to, and what the site lies on: nothing gets a name, nothing is left over, and it works when there is room."""
    size = os.path.getsize(os.path.join(folder, backups(folder)[-1]))
    with small_disk(site, "small", 3 * size) as small:
        if small is None:
            print("no small disk: that needs root")
            return
        site.run("backup", "--to", small)
        for part in (0, 10, 50, 90):
            filler = leave(small, size * part // 100)
            done = site.run("backup", "--to", small, check_status=False)
            check(done.returncode == 1 and "tasuki: " in done.stderr, "room for %d %%: %s" % (part, done.stdout + done.stderr))
            check([n for n in os.listdir(small) if n not in ("filler", "keyring")] == backups(small) and len(backups(small)) == 1,
                  "nothing but the earlier one: %s" % os.listdir(small))
            check(site.run("backup", "--verify", os.path.join(small, backups(small)[0])).returncode == 0, "which is whole")
            os.unlink(filler)
        site.run("backup", "--to", small)
        check(len(backups(small)) == 2, "there is room again")
    with small_disk(site, "whole", 64 << 20) as small:
        other = Site(root=small)
        try:
            other.run("directory", "import", str(other.dir / "directory.csv"), "--by", "tester")
            filler = leave(small, 20000)
            target = make_folder(other, os.path.join(site.root, "elsewhere"))
            done = other.run("backup", "--to", target, check_status=False)
            check(done.returncode == 1 and backups(target) == [], "no room beside the database: %s" % (done.stdout + done.stderr))
            left = [n for _, _, names in os.walk(other.dir) for n in names if n.startswith(".tmp-")] + os.listdir(target)
            check(left == [], "nothing is left over: %s" % left)
            os.unlink(filler)
            other.run("backup", "--to", target)
            check(len(backups(target)) == 1 and other.run("doctor").returncode == 0, "and then it works")
        finally:
            other.close()


def test_generations_by_itself(site, folder):
    """backup: in the configuration: at its time, so many are kept."""
    site.edit("# keys:\n#   file", "backup:\n  folder: \"%s\"\n  keep: 2\n  at: \"00:00\"\n# keys:\n#   file" % folder)
    count = len(backups(folder))
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "event=keeper.backup" in site.log_text(), 60, "the keeper makes one")
    wait_for(lambda: len(backups(folder)) == 2, 30, "and keeps two of %d" % count)


def main():
    site = Site()
    try:
        page = page_of(site)
        site.drop("higashinari", "broken.tif", b"II*\x00 broken")
        site.serve()
        wait_for(lambda: "recogniser.ready" in site.log_text(), 60, "the site is up")
        folder = make_folder(site, "backups")
        accepted = test_under_load(site, page, folder)
        test_new_machine(site, folder, accepted)
        test_generation_before_last(site, folder)
        test_what_is_inside(site, folder)
        test_damage(site, folder, os.path.join(site.root, "new.key"))
        test_killed(site, folder)
        test_the_disk_fills(site, folder)
        test_generations_by_itself(site, folder)
        site.stop()
    finally:
        site.close()
    finish()


main()
