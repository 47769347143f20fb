"""The Debian package in a clean system: installed, run, upgraded over one of the previous schema with data, removed, purged.

The chroot lies in build/package and is made once, by debootstrap and apt; each run works on a copy that is thrown away.
"""
import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ["TASUKI_BUILD"])
SOURCE = pathlib.Path(os.environ["TASUKI_SOURCE"])
CACHE = SOURCE / "build" / "package"
SITE = "var/lib/tasuki"
failures = []


def check(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED:", text, flush=True)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def run(*args, **more):
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise AssertionError("%s: %s%s" % (" ".join(map(str, args)), done.stdout[-2000:], done.stderr[-2000:]))
    return done.stdout


def mirror():
    """The one that this machine takes its packages from."""
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.is_file():
            found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(https?://\S+)", path.read_text(), re.M)
            if found and "security" not in found.group(1):
                return found.group(1)
    skip("no source of Debian packages is set up on this machine")


def depends(package):
    names = run("dpkg-deb", "-f", package, "Depends")
    return sorted({re.split(r"[ |(]", name.strip())[0] for name in names.split(",")})


class Chroot:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)

    def mount(self):
        run("mount", "-t", "proc", "proc", self.dir / "proc")
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "shm", self.dir / "dev/shm")

    def run(self, *args, check_status=True, **more):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root"}
        done = subprocess.run(["chroot", str(self.dir), *args], env=env, capture_output=True, text=True, **more)
        if check_status and done.returncode != 0:
            raise AssertionError("in the chroot: %s: %s%s" % (" ".join(args), done.stdout[-3000:], done.stderr[-3000:]))
        return done

    def path(self, name):
        return self.dir / name

    def files(self):
        """What is there, but what dpkg and apt keep for themselves."""
        own = ("proc", "sys", "dev", "tmp", "run", "var/lib/dpkg", "var/cache", "var/log", "root")
        found = set()
        for root, dirs, files in os.walk(self.dir):
            rel = os.path.relpath(root, self.dir)
            dirs[:] = [d for d in dirs if os.path.normpath(os.path.join(rel, d)) not in own]
            found.update(os.path.normpath(os.path.join(rel, name)) for name in files + dirs)
        return found


def make_base(package):
    """A minimal system with everything the package depends on."""
    base = CACHE / "chroot"
    wanted = depends(package)
    stamp = CACHE / "chroot.packages"
    if base.exists() and stamp.exists() and stamp.read_text() == "\n".join(wanted):
        return base
    shutil.rmtree(base, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base), mirror()], capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(base, ignore_errors=True)
        skip("debootstrap: %s" % (made.stderr or made.stdout).strip().splitlines()[-1])
    shutil.copy("/etc/resolv.conf", base / "etc/resolv.conf")
    chroot = Chroot(base)
    chroot.run("apt-get", "update", "-q")
    chroot.run("apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted)
    chroot.run("apt-get", "clean")
    stamp.write_text("\n".join(wanted))
    return base


def make_package(folder):
    run(os.environ.get("TASUKI_CPACK", "cpack"), "-G", "DEB", "-B", folder, cwd=BUILD)
    return next(pathlib.Path(folder).glob("tasuki_*.deb"))


def with_version(package, version, folder):
    """The same package under an older version: what dpkg upgrades from."""
    inside = pathlib.Path(folder) / "older"
    run("dpkg-deb", "-R", package, inside)
    control = inside / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: " + version, control.read_text(), flags=re.M))
    older = pathlib.Path(folder) / ("tasuki_%s.deb" % version)
    run("dpkg-deb", "--root-owner-group", "-b", inside, older)
    return older


def migrations():
    return sorted((SOURCE / "records/migrations").glob("*.sql"))


def previous_schema(chroot):
    """The records as the program before the last migration kept them: the same rows, in the tables of that time."""
    path, older = chroot.path(SITE + "/store/tasuki.db"), chroot.path(SITE + "/store/older.db")
    owner = path.stat()
    with contextlib.closing(sqlite3.connect(older, isolation_level=None)) as db:
        for file in migrations()[:-1]:
            db.executescript(file.read_text())
        db.execute("PRAGMA user_version = %d" % (len(migrations()) - 1))
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("ATTACH ? AS newer", (str(path),))
        for table, in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND "
                                 "name NOT LIKE 'sqlite_%'").fetchall():
            new = {row[1] for row in db.execute("PRAGMA newer.table_info(%s)" % table)}
            both = ", ".join(row[1] for row in db.execute("PRAGMA main.table_info(%s)" % table) if row[1] in new)
            if both:
                db.execute("INSERT OR REPLACE INTO main.%s (%s) SELECT %s FROM newer.%s" % (table, both, both, table))
        db.execute("PRAGMA journal_mode = WAL")
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(str(path) + suffix)
            os.unlink(str(older) + suffix)
    os.rename(older, path)
    os.chown(path, owner.st_uid, owner.st_gid)


def version_of(chroot):
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % chroot.path(SITE + "/store/tasuki.db"), uri=True)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


class Serving:
    """The gateway as systemd would start it: as its user, with an empty environment."""

    def __init__(self, chroot):
        self.chroot = chroot

    def __enter__(self):
        self.log = open(self.chroot.dir / "tmp/serve.log", "wb")  # of this start alone
        self.process = subprocess.Popen(["chroot", str(self.chroot.dir), "setpriv", "--reuid", "tasuki", "--regid", "tasuki", "--clear-groups",
                                         "/usr/bin/tasuki", "serve", "--site", "/" + SITE],
                                        env={"PATH": "/usr/sbin:/usr/bin:/bin"}, stderr=self.log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 300
        while "recogniser.ready" not in self.text() and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.2)
        check("recogniser.ready" in self.text(), "it comes up: %s" % self.text()[-1500:])
        return self

    def text(self):
        return (self.chroot.dir / "tmp/serve.log").read_text(errors="replace")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def sheets(chroot):
    return len(chroot.run("tasuki", "sheet", "list", "--plain").stdout.splitlines())


def smoke(chroot, sample):
    """A sheet comes in, is read, and the office is told."""
    before = sheets(chroot)
    chroot.run("tasuki", "submit", "--office", "higashinari", "/usr/share/tasuki/config/sample/sheets/higashinari/" + sample)
    chroot.run("tasuki", "queue", "--wait-idle", "180")
    check(sheets(chroot) > before, "the sheet is recorded")
    check(any(chroot.path(SITE + "/mail/new").iterdir()), "somebody is told")


def faults(chroot, *options):
    done = chroot.run("tasuki", "doctor", *options, check_status=False)
    check(done.returncode == 0 and "0 faults" in done.stdout, "doctor: %s%s" % (done.stdout, done.stderr))
    return done.stdout


def test_fresh_install(chroot, package):
    before = chroot.files()
    chroot.run("dpkg", "-i", "/" + package)
    check("tasuki 0" in chroot.run("tasuki", "--version").stdout, "it runs")
    check(chroot.run("sh", "-c", "getent passwd tasuki").stdout.startswith("tasuki:"), "its user is there")
    modes = {name: "%03o" % (chroot.path(name).stat().st_mode & 0o777) for name in
             ("etc/tasuki/tasuki.yaml", "etc/tasuki/keys", "etc/tasuki/keys/site.key", SITE)}
    check(modes == {"etc/tasuki/tasuki.yaml": "640", "etc/tasuki/keys": "700", "etc/tasuki/keys/site.key": "400", SITE: "750"}, str(modes))
    check("key " in chroot.run("tasuki", "key", "status").stdout, "the site has a key")
    check(chroot.path("usr/lib/systemd/system/tasuki.service").exists(), "the unit is there")
    chroot.run("tasuki", "queue")
    faults(chroot)
    chroot.run("dpkg", "-P", "tasuki")
    left = {name for name in chroot.files() - before if not name.startswith(("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid"))}
    check(not left, "purged without data, nothing is left: %s" % sorted(left)[:20])
    check("tasuki" not in chroot.run("sh", "-c", "getent passwd tasuki || true").stdout, "nor the user")


def without_keys(chroot):
    """As a site of that time was."""
    shutil.rmtree(chroot.path("etc/tasuki/keys"))
    os.unlink(chroot.path(SITE + "/keyring"))
    config = chroot.path("etc/tasuki/tasuki.yaml")
    config.write_text(re.sub(r"^keys:\n  file: .*\n", "", config.read_text(), flags=re.M))


def test_upgrade(chroot, older, newer):
    chroot.run("dpkg", "-i", "/" + older)
    without_keys(chroot)
    with Serving(chroot):
        smoke(chroot, "01-referral.tif")
    count = sheets(chroot)
    previous_schema(chroot)
    check(version_of(chroot) == len(migrations()) - 1, "the records are of the previous schema")
    with open(chroot.path("etc/default/tasuki"), "a") as out:
        out.write("# kept\n")
    chroot.run("dpkg", "-i", "/" + newer)
    check("# kept" in chroot.path("etc/default/tasuki").read_text(), "a conffile that was changed stays")
    check(chroot.path(SITE + "/keyring").exists(), "the site has a key now")
    with Serving(chroot) as serving:
        check(version_of(chroot) == len(migrations()), "the records are migrated")
        check(sheets(chroot) == count, "every sheet is there")
        smoke(chroot, "04-outcome-letter.tif")
        check("keeper.sealed" in serving.text(), "what lay plain is sealed")
    out = faults(chroot, "--verify")
    check("every file of the archive is sealed" in out, out)
    check("is whole" in chroot.run("tasuki", "audit", "verify").stdout, "the audit chain goes on")


def test_remove_and_purge(chroot, package):
    count = sheets(chroot)
    chroot.run("dpkg", "-r", "tasuki")
    check(not chroot.path("usr/bin/tasuki").exists() and not chroot.path("usr/lib/systemd/system/tasuki.service").exists(), "it is gone")
    check(chroot.path("etc/default/tasuki").exists() and chroot.path(SITE + "/store/tasuki.db").exists(), "configuration and data stay")
    chroot.run("dpkg", "-i", "/" + package)
    check(sheets(chroot) == count, "installed again, everything is there")
    said = chroot.run("dpkg", "-P", "tasuki")
    check("hold records and stay" in said.stdout + said.stderr, said.stdout + said.stderr)
    check(chroot.path(SITE + "/store/tasuki.db").exists() and not chroot.path("etc/default/tasuki").exists(), "a purge keeps records")


def main():
    if os.geteuid() != 0:
        skip("root is needed for a chroot")
    if shutil.which("debootstrap") is None or shutil.which("dpkg-shlibdeps") is None:
        skip("debootstrap and dpkg-dev are needed")
    if os.environ.get("TASUKI_PACKAGE_INSIDE") is None:  # mounts of our own, which end with us
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
            skip("no rights to mount")
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", __file__],
                   {**os.environ, "TASUKI_PACKAGE_INSIDE": "1"})
    with tempfile.TemporaryDirectory(prefix="tasuki-package-", dir="/var/tmp") as folder:
        package = make_package(os.path.join(folder, "made"))
        base = make_base(package)
        root = os.path.join(folder, "root")
        run("cp", "-a", "--reflink=auto", base, root)
        chroot = Chroot(root)
        chroot.mount()
        try:
            newer, older = "tmp/newer.deb", "tmp/older.deb"
            shutil.copy(package, chroot.path(newer))
            shutil.copy(with_version(package, "0.0.9", folder), chroot.path(older))
            test_fresh_install(chroot, newer)
            test_upgrade(chroot, older, newer)
            test_remove_and_purge(chroot, newer)
        finally:
            for name in ("proc", "dev/shm"):
                subprocess.run(["umount", "-l", os.path.join(root, name)], check=False)
    print("%d failures" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
