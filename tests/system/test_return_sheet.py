"""A return sheet is printed from a case, and finds its case again when it comes back by fax."""
import os
import subprocess

from tasuki_site import SOURCE, Site, check, finish, wait_for

SAMPLE = SOURCE / "config" / "sample" / "sheets" / "higashinari" / "01-referral.tif"
PRINTED = "06-4306-3829"  # on the blank of this edition


def know_the_number(site):
    path = os.path.join(site.root, "directory.csv")
    with open(path, "w", encoding="utf-8") as out:
        out.write("kind,name,department,ward,fax,email,phone\n"
                  "coordination_office,東成区医師会 受信専用,,東成区,%s,,\n" % PRINTED)
    os.chmod(path, 0o644)
    site.run("directory", "import", path, "--by", "tester")
    entry = [line.split("\t")[0] for line in site.run("directory", "list", "--office", "higashinari", "--plain").stdout.splitlines()
             if "受信専用" in line][0]
    for person in ("tester one", "tester two"):
        site.run("directory", "verify", entry, "--channel", "fax", "--how", "letterhead", "--by", person)


def print_sheet(site, case, name, **more):
    path = os.path.join(site.root, name)
    done = site.run("forms", "print", "referral-status", path, "--case", case, "--by", "tester", **more)
    return path, done


def main():
    site = Site(fast=False)
    os.chmod(site.root, 0o777)
    try:
        site.edit("stable_ms: 2000", "stable_ms: 100")
        site.serve()
        site.drop("higashinari", "referral.tif", SAMPLE.read_bytes())
        wait_for(lambda: len(site.query("SELECT 1 FROM sheets WHERE case_number IS NOT NULL")) == 1, 60, "a referral opens a case")
        case = site.query("SELECT case_number FROM sheets")[0][0]

        _, done = print_sheet(site, case, "refused.pdf", check_status=False)
        check(done.returncode != 0 and PRINTED in done.stderr and "verified" in done.stderr,
              "an unverified number is not printed: %s" % done.stderr)
        check(not os.path.exists(os.path.join(site.root, "refused.pdf")), "nothing was printed")
        know_the_number(site)

        paper, _ = print_sheet(site, case, "sheet.pdf")
        text = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
        check("Pages:           1" in text and "A4" in text, "one page of A4: %s" % text)
        fax, _ = print_sheet(site, case, "sheet.tif")
        with open(fax, "rb") as file:
            site.drop("higashinari", "returned.tif", file.read())
        wait_for(lambda: len(site.query("SELECT 1 FROM sheets")) == 2, 60, "the return sheet is read")
        row = site.query("SELECT case_number, proposed_case FROM sheets ORDER BY id DESC LIMIT 1")[0]
        check(row == (case, case), "the code brings the sheet back to its case: %s" % (row,))
        printed = site.query("SELECT count(*) FROM audit WHERE action = 'print' AND object = ?", "case:" + case)[0][0]
        check(printed == 2, "both prints stand in the audit chain: %d" % printed)
    finally:
        site.stop()
        print(site.log_path.read_text()[-2000:] if os.environ.get("SHOW_LOG") else "", end="")
    finish()


main()
