"""The package's unit under a real systemd: started, closed in, killed, powered off and on, with its key as a credential.

systemd runs as process 1 of namespaces of our own, on an overlay over this machine: what it changes is in memory and ends with the test.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from test_package import check, failures, make_package, run, skip

SYSTEMD = "/usr/lib/systemd/systemd"
SITE = "var/lib/tasuki"
SHEETS = "/usr/share/tasuki/config/sample/sheets/higashinari/"
PATIENCE_S = 240  # of a busy machine; a passing test does not wait for it
SET_UP = """set -e
mount -t proc proc $R/proc
mount -t sysfs sysfs $R/sys
mount -t tmpfs run $R/run
mount -t tmpfs tmp $R/tmp
mount -t tmpfs -o mode=755 dev $R/dev
for node in null zero full random urandom tty; do touch $R/dev/$node; mount --bind /dev/$node $R/dev/$node; done
mkdir $R/dev/shm; mount -t tmpfs -o mode=1777 shm $R/dev/shm
mkdir $R/dev/mqueue $R/dev/hugepages $R/dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts $R/dev/pts; ln -s pts/ptmx $R/dev/ptmx
ln -s /proc/self/fd $R/dev/fd
mount -t tmpfs cgroup $R/sys/fs/cgroup
if [ -d /sys/fs/cgroup/systemd ]; then
  mkdir $R/sys/fs/cgroup/systemd; mount -t cgroup -o none,name=systemd systemd $R/sys/fs/cgroup/systemd
else
  umount $R/sys/fs/cgroup; mount -t cgroup2 cgroup2 $R/sys/fs/cgroup
fi
cd $R; mkdir -p run/before
pivot_root . run/before
exec env -i container=tasuki-test PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd / && umount -l /run/before && mount --make-rshared / && \\
  exec %s --system --unit=tasuki-test.target --log-target=null --show-status=false' <>/dev/null >&0 2>&0
""" % SYSTEMD
TARGET = """[Unit]
Description=Only the gateway, and what it asks for
Requires=basic.target
Wants=tasuki.service
AllowIsolate=yes
"""
# What has no meaning in here. The journal is not there either: the log goes to a file.
MASKED = ("systemd-udevd.service", "systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket",
          "systemd-journal-flush.service", "systemd-udev-trigger.service", "systemd-networkd.service", "systemd-timesyncd.service",
          "systemd-remount-fs.service", "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
          "systemd-modules-load.service", "systemd-sysctl.service", "network-online.target", "swap.target", "local-fs.target")


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    check(False, what + ": not within %d s" % PATIENCE_S)
    return False


class Machine:
    """What stays when the power goes (disk), and the machine that runs on it while there is power."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder) / "root"
        memory = pathlib.Path(folder) / "memory"
        for path in (self.root, memory):
            path.mkdir()
        run("mount", "-t", "tmpfs", "-o", "mode=755", "memory", memory)
        for name in ("upper", "work"):
            (memory / name).mkdir()
        run("mount", "-t", "overlay", "-o", "lowerdir=/,upperdir=%s,workdir=%s" % (memory / "upper", memory / "work"), "overlay", self.root)
        self.log = self.root / "var/log/tasuki-test.log"
        self.process = self.first = None

    def chroot(self, *args):
        return run("chroot", self.root, *args, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def power_on(self):
        self.process = subprocess.Popen(["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net", "--fork", "--kill-child", "sh", "-c", SET_UP],
                                        env={**os.environ, "R": str(self.root)}, stdin=subprocess.DEVNULL)
        began = self.starts()
        up = wait_for(lambda: self.process.poll() is not None or self.starts() > began, "the gateway is up")
        check(up and self.process.poll() is None, "systemd runs: %s" % self.text()[-2000:])
        self.first = int(pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)).read_text().split()[0])

    def power_off(self):
        """As a cut cable does it: everything is gone at once."""
        os.kill(self.first, signal.SIGKILL)
        self.process.wait(60)

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def starts(self):
        return self.text().count("event=recogniser.ready")

    def run(self, *args, check_status=True):
        done = subprocess.run(["nsenter", "-t", str(self.first), "-m", "-p", "-i", "-n", "--root", "--wd=/", *args], capture_output=True, text=True,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        if check_status and done.returncode != 0:
            raise AssertionError("%s: %s%s" % (" ".join(args), done.stdout[-2000:], done.stderr[-2000:]))
        return done.stdout

    def show(self, name):
        return self.run("systemctl", "show", "-P", name, "tasuki.service").strip()

    def sheets(self):
        return len(self.run("tasuki", "sheet", "list", "--plain").splitlines())

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.power_off()
        run("umount", "-l", self.root)


def install(machine, package):
    shutil.copy(package, machine.root / "var/tasuki.deb")
    machine.chroot("dpkg", "-i", "/var/tasuki.deb")
    machine.write("etc/systemd/system/tasuki-test.target", TARGET)
    machine.write("etc/systemd/system/tasuki.service.d/log.conf", "[Service]\nStandardError=append:/var/log/tasuki-test.log\n")
    for name in MASKED:
        with contextlib.suppress(FileExistsError):
            os.symlink("/dev/null", machine.root / "etc/systemd/system" / name)


def take(machine, *names):
    """Sheets go in and become records, with everything that the unit forbids forbidden."""
    before = machine.sheets()
    for name in names:
        machine.run("tasuki", "submit", "--office", "higashinari", name)
    machine.run("tasuki", "queue", "--wait-idle", str(PATIENCE_S))
    check(machine.sheets() > before, "%s are read: %s" % (names, machine.text()[-1500:]))


def status_of(machine, pid):
    return dict(re.findall(r"^(\w+):\s+(.*)$", machine.run("cat", "/proc/%s/status" % pid), re.M))


def test_started(machine, pdf):
    check(machine.show("ActiveState") == "active", "the unit is active")
    take(machine, SHEETS + "01-referral.tif", pdf)
    check("spool.held" not in machine.text() and machine.run("ls", "/" + SITE + "/spool/held") == "", "nothing is held: the children work")
    out = machine.run("tasuki", "doctor", check_status=False)
    check("tasuki serve is running" in out and "0 faults" in out, out)


def test_closed_in(machine):
    main = machine.show("MainPID")
    pids = [main] + machine.run("cat", "/proc/%s/task/%s/children" % (main, main)).split()
    check(len(pids) > 5, "its processes: %s" % pids)
    for pid in pids:
        status = status_of(machine, pid)
        check(status["CapEff"].strip("0") == "" and status["CapBnd"].strip("0") == "", "%s has no capability: %s" % (pid, status["CapBnd"]))
        check((status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), "%s: no new rights, a filter" % pid)
        check(status["Uid"].split()[0] != "0", "%s is not root" % pid)
        check(re.search(r"Max core file size\s+0\s+0", machine.run("cat", "/proc/%s/limits" % pid)), "no core file of %s" % pid)
    mounts = machine.run("cat", "/proc/%s/mountinfo" % main)
    check(re.search(r" / / ro[, ]", mounts), "its / cannot be written: %s" % mounts.splitlines()[:3])
    check(re.search(r" /%s rw[, ]" % SITE, mounts), "its site can")


def test_killed(machine):
    began = machine.starts()
    machine.run("kill", "-9", machine.show("MainPID"))
    wait_for(lambda: machine.starts() > began, "it is started again by itself")
    take(machine, SHEETS + "04-outcome-letter.tif")


def test_power_cut(machine):
    """With a document that was accepted a moment before: nobody is there when the power comes back."""
    before = machine.sheets()
    machine.run("systemctl", "enable", "tasuki.service")
    machine.run("tasuki", "submit", "--office", "higashinari", SHEETS + "03-care-liaison.tif")
    machine.power_off()
    machine.power_on()
    machine.run("tasuki", "queue", "--wait-idle", str(PATIENCE_S))
    check(machine.sheets() > before, "what was accepted is read: %d, %d" % (before, machine.sheets()))
    check("is whole" in machine.run("tasuki", "audit", "verify"), "the chain is whole")
    check("0 faults" in machine.run("tasuki", "doctor", "--verify", check_status=False), "nothing is missing")


def test_credential(machine):
    """The key is nowhere near the data: systemd hands it over at the start."""
    machine.power_off()
    key = machine.root / "etc/tasuki/keys/site.key"
    os.makedirs(machine.root / "etc/credstore", exist_ok=True)
    shutil.move(key, machine.root / "etc/credstore/tasuki-key")
    os.chown(machine.root / "etc/credstore/tasuki-key", 0, 0)
    config = machine.root / "etc/tasuki/tasuki.yaml"
    config.write_text(re.sub(r"^keys:\n  file: .*\n", "", config.read_text(), flags=re.M))
    machine.write("etc/systemd/system/tasuki.service.d/key.conf", "[Service]\nLoadCredential=tasuki-key:/etc/credstore/tasuki-key\n")
    machine.power_on()
    check("CREDENTIALS_DIRECTORY=" in machine.run("cat", "/proc/%s/environ" % machine.show("MainPID")), "it has a credential")
    inbox = machine.root / SITE / "inbox/higashinari"
    shutil.copy(str(machine.root) + SHEETS + "02-referral-with-outcome.tif", inbox / "fax.tif")
    shutil.chown(inbox / "fax.tif", os.stat(inbox).st_uid, os.stat(inbox).st_gid)
    wait_for(lambda: "event=document.recorded" in machine.text().rpartition("event=serve.up")[2], "a document is read with it")
    check("cannot be read" not in machine.text().rpartition("event=serve.up")[2], "no process lacks the key")


def main():
    if os.geteuid() != 0:
        skip("root is needed for namespaces")
    if not os.path.exists(SYSTEMD) or shutil.which("dpkg-shlibdeps") is None:
        skip("systemd and dpkg-dev are needed")
    if os.environ.get("TASUKI_PACKAGE_INSIDE") is None:  # mounts of our own, which end with us
        if subprocess.run(["unshare", "--mount", "--pid", "--cgroup", "--net", "--fork", "true"], capture_output=True).returncode != 0:
            skip("no rights for namespaces")
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", __file__],
                   {**os.environ, "TASUKI_PACKAGE_INSIDE": "1"})
    with tempfile.TemporaryDirectory(prefix="tasuki-unit-", dir="/var/tmp") as folder:
        package = make_package(os.path.join(folder, "made"))
        try:
            machine = Machine(folder)
        except AssertionError as error:
            skip("no overlay: %s" % str(error).strip().splitlines()[-1])
        try:
            install(machine, package)
            pdf = "/var/sheet.pdf"
            shutil.copy(os.environ["TASUKI_SOURCE"] + "/forms/outcome/higashinari-2015/blank.pdf", str(machine.root) + pdf)
            machine.power_on()
            for test in (test_started, test_closed_in, test_killed, test_power_cut, test_credential):
                test(*[{"machine": machine, "pdf": pdf}[name] for name in test.__code__.co_varnames[:test.__code__.co_argcount]])
                print(test.__name__, flush=True)
        finally:
            if failures:
                print(machine.text()[-4000:])
            machine.close()
            run("umount", "-l", os.path.join(folder, "memory"))
    print("%d failures" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
