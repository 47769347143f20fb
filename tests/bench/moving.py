#!/usr/bin/env python3
"""What moving an office costs: seconds for a hundred documents and the peak memory of `tasuki office export` and `tasuki office import`,
for an office of two sizes.

usage: moving.py [--documents N,M] [--bytes N] [--growth MB]   (TASUKI_BUILD: where the program is)

Drawn faxes, each of its own, come through the watched folder, the spool and the reader into a site; each has --bytes more that do not
compress, as a page of handwriting has. The office is exported to a second, empty site and imported there; then as many more come in, and it
moves to a third. Ends with status 1 when the peak of either command grows by more than --growth between the two sizes: memory must not
follow the size of the office. Seconds are by the clock.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("TASUKI_BUILD", str(ROOT / "build" / "release"))
os.environ.setdefault("TASUKI_SOURCE", str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "system"))
from tasuki_site import TASUKI, Site, make_sheet  # noqa: E402

OFFICE = "higashinari"


def peak_of(pid):
    try:
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def watched(site, *args):
    """(output, seconds, peak kB)"""
    began = time.monotonic()
    process = subprocess.Popen([TASUKI, *args, "--site", str(site.dir)], env=site.env, stdout=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_of(process.pid))
        time.sleep(0.005)
    said = process.stdout.read()
    if process.returncode != 0:
        sys.exit("moving: %s ended with %d" % (args[:2], process.returncode))
    return said, time.monotonic() - began, peak


def take_in(site, first, last, more):
    path = os.path.join(site.root, "page.tif")
    for number in range(first, last):
        make_sheet(path, [{"form": "referral-status", "edition": "higashinari-2015", "values": {"patient_name": "見本 %d" % number}}],
                   header="%06d" % number, compression="g4")
        with open(path, "rb") as file:
            site.drop(OFFICE, "%06d.tif" % number, file.read() + os.urandom(more))
    site.wait_idle(20 + last - first)
    there = site.query("SELECT count(*) FROM documents WHERE office_id = ?", OFFICE)[0][0]
    if there != last:
        sys.exit("moving: %d documents of %d were read in" % (there, last))


def put(site, name, text):
    path = os.path.join(site.root, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o644)
    return path


def move(old, count):
    """One line of the table; the peaks."""
    new = Site()
    try:
        new.run("queue")  # makes the store, so that no command pays for it
        os.chmod(old.root, 0o777)
        key = put(old, "new.key", new.run("office", "key").stdout)
        said, out_s, out_kb = watched(old, "office", "export", OFFICE, "--for", key, "--to", old.root, "--by", "佐藤")
        archive = re.search(r"^(\S+\.office):", said, re.M)[1]
        os.chmod(archive, 0o644)
        digest = re.search(r"^digest (\w{64})$", said, re.M)[1]
        _, in_s, in_kb = watched(new, "office", "import", archive, "--digest", digest, "--by", "田中")
        there = new.query("SELECT count(*) FROM documents WHERE office_id = ?", OFFICE)[0][0]
        if there != count:
            sys.exit("moving: %d documents of %d arrived" % (there, count))
        print("%9d %10.1f %14.2f %14.2f %11.1f %11.1f" % (count, os.path.getsize(archive) / 1e6, out_s * 100 / count, in_s * 100 / count,
                                                        out_kb / 1024, in_kb / 1024), flush=True)
        os.unlink(archive)
        old.run("office", "stay", OFFICE, "--by", "佐藤")
        return out_kb, in_kb
    finally:
        new.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", default="100,400")
    parser.add_argument("--bytes", type=int, default=60000)
    parser.add_argument("--growth", type=float, default=8, help="MB")
    options = parser.parse_args()
    sizes = sorted(int(word) for word in options.documents.split(","))
    old = Site()
    peaks = []
    try:
        old.serve()
        for before, count in zip([0] + sizes, sizes):
            take_in(old, before, count, options.bytes)
            if not peaks:
                print("%9s %10s %14s %14s %11s %11s" % ("documents", "MB of file", "export s/100", "import s/100", "export MB", "import MB"))
            peaks.append(move(old, count))
        old.stop()
    finally:
        old.close()
    grown = max(last - first for first, last in zip(peaks[0], peaks[-1])) / 1024
    print("peak memory from the smallest to the largest: %+.1f MB (at most %.1f)" % (grown, options.growth))
    sys.exit(1 if grown > options.growth else 0)


main()
