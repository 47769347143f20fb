"""A scripted year of one office through the program, against what is true: run.py [DAYS [SEED [REFERRALS A YEAR]]]

600 referrals a year, outcomes, pages faxed again, corrected, copied for the next patient, consent refused and withdrawn, numbers that
change, days off, people who leave work for tomorrow. Prints figures; ends with 1 when anything is not as it is true.
Environment: TASUKI_BUILD, TASUKI_SOURCE.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from tasuki_site import BUILD, Site, check, finish

HOLIDAYS = """2026-04-29 2026-05-03 2026-05-04 2026-05-05 2026-05-06 2026-07-20 2026-08-11 2026-09-21 2026-09-22 2026-09-23
2026-10-12 2026-11-03 2026-11-23 2026-12-29 2026-12-30 2026-12-31 2027-01-01 2027-01-02 2027-01-03 2027-01-11 2027-02-11 2027-02-23
2027-03-21 2027-03-22""".split()
CONFIG = [
    ('channel: "by-hand"', 'channel: "hylafax"\n  server: "127.0.0.1:1"\n  holidays: [%s]' % ", ".join('"%s"' % day for day in HOLIDAYS)),
    ("# inquiries:", "inquiries:\n  after_days: 21\n  again_days: 14\n  limit: 3\n  due_days: 7"),
]

site = Site(config=CONFIG)
try:
    words = [str(word) for word in (sys.argv[1:] or ["365"])]
    days, seed, referrals = (words + ["365", "1", "600"][len(words):])[:3]
    done = subprocess.run([str(BUILD / "loop_year"), str(site.dir), days, seed, referrals], env=site.env, capture_output=True, text=True)
    print(done.stdout, *(line for line in done.stderr.splitlines(True) if " level=info " not in line), sep="", end="")
    check(done.returncode == 0, "the year is not as it is true")
    whole = site.run("audit", "verify", check_status=False)
    check(whole.returncode == 0, whole.stderr.strip())
    print(whole.stdout.strip())
finally:
    site.close()
finish()
