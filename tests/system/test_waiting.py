#!/usr/bin/env python3
"""A document that meets nothing but faults of the machine is told to a person after an hour, once, and no longer when it is read."""
import subprocess
import time

from tasuki_site import SOURCE, TASUKI, Site, check, finish, wait_for

TODOS = "SELECT count(*), max(text) FROM todos WHERE kind = 'waits' AND done = ''"


def main():
    site = Site()
    reader = None
    try:
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
        for name in ("01-referral.tif", "02-referral-with-outcome.tif"):
            site.run("submit", "--office", "higashinari", str(SOURCE / "config/sample/sheets/higashinari" / name))
        fast = {**site.env, "TASUKI_CLOCK": "rate=1800,start_s=%d" % time.time()}  # two seconds are an hour
        reader = subprocess.Popen([TASUKI, "reader", "--site", str(site.dir)], env=fast, stderr=site.log)  # no recogniser
        wait_for(lambda: site.query(TODOS)[0][0] == 1, 30, "a person is told")
        text = site.query(TODOS)[0][1]
        check("2 通" in text and "tasuki doctor" in text, "what waits and what to do: " + text)
        time.sleep(1)
        check(site.query(TODOS)[0][0] == 1, "once")
        reader.terminate()
        reader.wait(10)
        site.serve()
        wait_for(lambda: site.query("SELECT count(*) FROM documents") == [(2,)], 120, "they are read after all")
        site.stop()
        site.serve()
        wait_for(lambda: site.query(TODOS)[0][0] == 0, 90, "the to-do closes by itself")
        site.stop()
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        if reader is not None and reader.poll() is None:
            reader.kill()
        site.close()
    finish()


main()
