#!/usr/bin/env python3
"""Too much from one source, and pages that are coarse: the others go on, nothing is lost, and somebody is told."""
import email
import email.policy
import os
import time

from tasuki_site import OUTCOME_PAGE, Site, check, finish, make_sheet, wait_for

LIMIT = 3


def told(site):
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"] for path in site.mails()]


def recorded(site, source):
    return site.query("SELECT count(*) FROM documents WHERE source = ?", source)[0][0]


def inbox(site, office):
    return [name for name in os.listdir(site.dir / "inbox" / office) if name != "done"]


def test_a_flood(site, page):
    """Six documents where three may come in an hour, one at its neighbour."""
    hour_left = 3600 - time.time() % 3600
    if hour_left < 120:
        time.sleep(hour_left + 1)
    for number in range(6):
        site.drop("higashinari", "%d.tif" % number, page + b"%d" % number)
    site.drop("ikuno", "one.tif", page + b"one")
    wait_for(lambda: recorded(site, "higashinari-fax") == LIMIT and recorded(site, "ikuno-fax") == 1, 90, "so many, and the neighbour's")
    wait_for(lambda: "event=intake.limit" in site.log_text(), 20, "the log says it")
    time.sleep(2)
    check(recorded(site, "higashinari-fax") == LIMIT and len(inbox(site, "higashinari")) == 6 - LIMIT,
          "the rest waits in its folder: %s" % inbox(site, "higashinari"))
    doctor = site.run("doctor", check_status=False)
    check(doctor.returncode == 1 and "source higashinari-fax: 3 documents came in this hour" in doctor.stdout, doctor.stdout)
    wait_for(lambda: any("異常: limit:higashinari-fax" in subject for subject in told(site)), 90, "the operator is told")
    site.stop()
    site.env["TASUKI_CLOCK"] = "offset_s=3600"
    site.serve()
    wait_for(lambda: recorded(site, "higashinari-fax") == 6, 90, "an hour later the rest comes in")
    wait_for(lambda: any("解消: limit:higashinari-fax" in subject for subject in told(site)) or
             "limit:" in site.run("metrics").stdout, 90, "over, or there again with the second three")
    check(inbox(site, "higashinari") == [], "nothing is left")


def test_coarse_pages(site):
    doctor = site.run("doctor", check_status=False).stdout
    check("source ikuno-fax: 1 of the 1 pages of 30 days are coarse" in doctor and "keep the paper" in doctor, doctor)
    check("coarse" not in "".join(line for line in doctor.splitlines() if "higashinari-fax" in line and "pages" in line), doctor)
    report = site.run("report").stdout
    check(report.count("is coarse (") == 1, "and the document's report: %s" % report)


def main():
    site = Site()
    try:
        site.edit("    sweep_s: 30", "    hourly_max: %d\n    sweep_s: 1" % LIMIT)
        site.edit("# keys:\n#   file", "operator:\n  email: \"kanri@tasuki.example\"\n# keys:\n#   file")
        fine, coarse = os.path.join(site.root, "fine.tif"), os.path.join(site.root, "coarse.tif")
        make_sheet(fine, [OUTCOME_PAGE], x_dpi=204, y_dpi=196)
        make_sheet(coarse, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        site.serve()
        wait_for(lambda: "recogniser.ready" in site.log_text(), 60, "the site is up")
        page = open(fine, "rb").read()
        original_drop = site.drop

        def drop(office, name, data):
            original_drop(office, name, open(coarse, "rb").read() if office == "ikuno" else data)

        site.drop = drop
        test_a_flood(site, page)
        test_coarse_pages(site)
        site.stop()
    finally:
        site.close()
    finish()


main()
