#!/usr/bin/env python3
"""What taking documents in costs, beside a bare loop that writes the same two files a document and syncs the same files and
folders: both in turn in one run, on the same disk. And the memory of the process that takes them.

usage: intake.py [--documents N] [--bytes N] [--folder DIR] [--least RATIO]   (TASUKI_BUILD: where the program is)

--folder: on a disk, not in memory, where syncing costs nothing. Ends with status 1 below the ratio, or when memory grows.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASUKI = str(pathlib.Path(os.environ.get("TASUKI_BUILD", ROOT / "build" / "release")) / "tasuki")
GROWTH_KB_MAX = 4096  # of names, for a thousand documents that wait at once


def sync(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def put(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, data)
    os.fsync(fd)
    os.close(fd)


def bare(root, original, envelope, count):
    """Documents a second: folder, two files, their names, its name at both ends, as spool/ does."""
    tmp, incoming = root / "tmp", root / "incoming"
    tmp.mkdir(parents=True)
    incoming.mkdir()
    began = time.monotonic()
    for number in range(count):
        name = "%026d" % number
        (tmp / name).mkdir()
        put(tmp / name / "original", original)
        put(tmp / name / "envelope.json", envelope)
        sync(tmp / name)
        os.rename(tmp / name, incoming / name)
        sync(incoming)
        sync(tmp)
    seconds = time.monotonic() - began
    shutil.rmtree(root)
    return count / seconds


def resident_kb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def take(site, count):
    """(documents a second, growth of memory in kB between the first tenth and the end)"""
    incoming = site / "spool" / "incoming"
    process = subprocess.Popen([TASUKI, "intake", "--site", str(site)], stderr=subprocess.DEVNULL)
    began = first_kb = None
    try:
        while True:
            done = len(os.listdir(incoming)) if incoming.is_dir() else 0
            if done > 0 and began is None:
                began, before = time.monotonic(), done
            if first_kb is None and done >= count // 10:
                first_kb = resident_kb(process.pid)
            if done >= count:
                return (count - before) / (time.monotonic() - began), resident_kb(process.pid) - first_kb
            time.sleep(0.005)
    finally:
        process.terminate()
        process.wait(20)


def make_site(folder, original, count):
    site = folder / "site"
    folder.chmod(0o755)
    user = ["--user", "nobody"] if os.geteuid() == 0 else []
    subprocess.run([TASUKI, "init", "--sample", *user, str(site)], check=True, stdout=subprocess.DEVNULL)
    inbox = site / "inbox" / "higashinari"
    inbox.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (inbox / ("scan%05d.tif" % number)).write_bytes(original[:-8] + b"%08d" % number)
    if os.geteuid() == 0:
        for path in (site, *site.rglob("*")):
            shutil.chown(path, "nobody")
    return site


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=40000)
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--least", type=float, default=0.6)
    options = parser.parse_args()
    original = os.urandom(options.bytes)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tasuki-intake-", dir=options.folder))
    try:
        site = make_site(folder, original, options.documents)
        rates = [bare(folder / "bare", original, bytes(400), options.documents // 2)]
        rate, growth_kb = take(site, options.documents)
        rates.append(bare(folder / "bare", original, bytes(400), options.documents // 2))
        ratio = rate / (sum(rates) / 2)
        print("%d documents of %d bytes: %.0f a second, bare loop %.0f and %.0f: ratio %.2f; memory grew by %d kB"
              % (options.documents, options.bytes, rate, *rates, ratio, growth_kb))
        sys.exit(0 if ratio >= options.least and growth_kb <= GROWTH_KB_MAX else 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
