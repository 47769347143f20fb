#!/usr/bin/env python3
"""Multifunction printers write into a watched folder as they do, ten documents in the time of one sweep: in pieces, closed and
opened again for every page, under another name until they are finished, the same name again after a counter reset, longer
between two pages than any delay. Every document comes in once, none half. And: a file that is too large has its row."""
import os
import re
import shutil
import subprocess
import threading
import time

from tasuki_site import TASUKI, USER, Site, check, finish, wait_for

SECONDS = 12       # of writing
DEVICES = 18
STABLE_MS = 600
SWEEP_S = 1

sizes = []         # of the documents that were written: each has its own
lock = threading.Lock()


def content():
    """A TIFF of its own size, whole only with its last byte: the list of pages stands at the end."""
    with lock:
        size = 4000 + 37 * len(sizes)
        sizes.append(size)
    directory = size - 6
    return b"II*\0" + directory.to_bytes(4, "little") + os.urandom(size - 14) + bytes(6)


def own(path):
    if os.geteuid() == 0:
        shutil.chown(path, USER)


def in_pieces(folder, name):
    data = content()
    with open(folder / name, "wb", buffering=0) as out:
        own(folder / name)
        for at in range(0, len(data), 1500):
            out.write(data[at:at + 1500])
            time.sleep(0.05)


def page_by_page(folder, name, gap=0.3):
    data = content()
    third = len(data) // 3
    for part in (data[:third], data[third:2 * third], data[2 * third:]):
        with open(folder / name, "ab", buffering=0) as out:
            own(folder / name)
            out.write(part)
        time.sleep(gap)


def renamed(folder, name):
    (folder / (name + ".part")).write_bytes(content())
    own(folder / (name + ".part"))
    time.sleep(0.1)
    (folder / (name + ".part")).rename(folder / name)


def same_name(folder, _):
    """SCN_0001 again and again: as soon as the last one is gone, by rename and by writing in place in turn."""
    path = folder / "SCN_0001.tif"
    while path.exists():
        time.sleep(0.002)
    data = content()
    if len(data) % 2:
        (folder / ".scn").write_bytes(data)
        own(folder / ".scn")
        (folder / ".scn").rename(path)
    else:
        path.write_bytes(data)
        own(path)


def slow_feeder(folder, name):
    page_by_page(folder, name, gap=STABLE_MS / 1000 * 1.7)


HABITS = (in_pieces, page_by_page, renamed, slow_feeder, in_pieces, page_by_page)


def device(folder, number, until):
    count = 0
    while number == 0 and time.monotonic() < until:
        same_name(folder, "")
    while time.monotonic() < until:
        HABITS[number % len(HABITS)](folder, "dev%d_%04d.tif" % (number, count))
        count += 1


def came_in(site):
    return [int(number) for number in re.findall(r"(\d+) bytes", site.run("queue").stdout)]


def test_devices(site):
    folder = site.dir / "inbox" / "higashinari"
    intake = subprocess.Popen([TASUKI, "intake", "--site", str(site.dir)], env=site.env, stderr=site.log)
    try:
        wait_for(folder.is_dir, 20, "the folder is there")
        until = time.monotonic() + SECONDS
        threads = [threading.Thread(target=device, args=(folder, number, until)) for number in range(DEVICES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(sizes) / SECONDS * SWEEP_S
        check(rate >= 10, "%.1f documents in the time of a sweep" % rate)
        wait_for(lambda: not [p for p in folder.iterdir() if p.is_file()], 60, "the folder is empty")
        got = sorted(came_in(site))
        missing, extra = set(sizes) - set(got), [size for size in set(got) if size not in set(sizes)]
        print("%d documents, %.1f in the time of a sweep" % (len(sizes), rate))
        check(not extra, "%d halves came in: %r" % (len(extra), extra[:5]))
        check(not missing, "%d documents did not come in" % len(missing))
        check(len(got) == len(set(got)), "%d came in twice" % (len(got) - len(set(got))))
        check(len(list((folder / "done").iterdir())) == len(sizes), "what was taken is in done/")
    finally:
        intake.terminate()
        intake.wait(10)


def test_too_large(site):
    folder = site.dir / "inbox" / "higashinari"
    with open(folder / "huge.pdf", "wb") as out:
        out.write(b"%PDF-1.4\n")
        out.truncate(3 << 20)
    own(folder / "huge.pdf")
    site.serve()
    row = "SELECT state, reason, name FROM documents WHERE name = 'huge.pdf'"
    wait_for(lambda: site.query(row) != [], 120, "what was refused has its row")
    state, reason, _ = site.query(row)[0]
    check(state == "held" and "larger than 2 MB" in reason and "refused/" in reason, "held: %r" % reason)
    check([p.name.endswith("huge.pdf") for p in (folder / "refused").iterdir()] == [True], "it lies in refused/")
    check(site.query("SELECT count(*) FROM todos WHERE kind = 'held'")[0][0] == 1, "a person is told once")
    check("大きすぎる" in site.query("SELECT text FROM todos WHERE kind = 'held'")[0][0], "in words for a clerk")
    check(not (folder / "huge.pdf").exists(), "and is not taken again")
    site.stop()


def main():
    site = Site(config=[("stable_ms: 100", "stable_ms: %d" % STABLE_MS), ("sweep_s: 30", "sweep_s: %d" % SWEEP_S)])
    try:
        test_devices(site)
        shutil.rmtree(site.dir / "spool" / "incoming")
        site.edit("document_mb_max: 64", "document_mb_max: 2")
        test_too_large(site)
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        site.close()
    finish()


main()
