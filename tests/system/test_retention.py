"""Years later: cases read from faxes, closed, backed up, purged; an older backup restored afterwards brings nothing back."""
import json
import os
import re
import sqlite3
import subprocess

from tasuki_site import BUILD, OUTCOME_PAGE, Site, check, finish, make_sheet, wait_for

TASUKI = str(BUILD / "tasuki")
YEARS_S = 7 * 366 * 86400


def later(site, *args, status=0):
    """The same site, seven years on."""
    done = subprocess.run([TASUKI, *args, "--site", str(site.dir)], env={**site.env, "TASUKI_CLOCK": "rate=1,offset_s=%d" % YEARS_S},
                          capture_output=True, text=True)
    check(done.returncode == status, "%s: %s%s" % (" ".join(args), done.stdout, done.stderr))
    return done.stdout + done.stderr


def take_in(site):
    """Two faxes of two patients, the first of them again under another name, and a page that is no sheet."""
    path = os.path.join(site.root, "page.tif")
    make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
    with open(path, "rb") as file:
        page = file.read()
    for name, office, data in (("a.tif", "higashinari", page), ("again.tif", "higashinari", page), ("other.tif", "ikuno", page),
                               ("b.tif", "higashinari", page + b"second")):
        site.drop(office, name, data)
        site.wait_idle(90)


def open_cases(site):
    """What a person does: confirm, put to a case, close."""
    numbers = []
    with sqlite3.connect(site.dir / "store" / "tasuki.db") as db:
        sheets = [row[0] for row in db.execute("SELECT s.id FROM sheets s WHERE office_id = 'higashinari' ORDER BY id")]
    for sheet in sheets:
        site.run("sheet", "confirm", str(sheet), "--accept-all", "--by", "佐藤")
        site.run("sheet", "link", str(sheet), "new", "--by", "佐藤")
        with sqlite3.connect(site.dir / "store" / "tasuki.db") as db:
            numbers.append(db.execute("SELECT case_number FROM sheets WHERE id = ?", (sheet,)).fetchone()[0])
    for number in numbers:
        site.run("case", "close", number, "--as", "home", "--by", "佐藤")
    for todo in re.findall(r"^(\d+)\t", site.run("todo", "--plain").stdout, re.M):
        site.run("todo", "done", todo, "--note", "済", "--by", "佐藤")
    return numbers


def archived(directory):
    return sum(len(files) for _, _, files in os.walk(os.path.join(directory, "archive")))


def main():
    site = Site()
    try:
        site.serve()
        take_in(site)
        numbers = open_cases(site)
        site.wait_idle(60)
        wait_for(lambda: site.query("SELECT count(*) FROM notices WHERE state IN ('queued', 'sending')") == [(0,)], 30, "all are told")
        site.stop()
        check(len(numbers) == 2, numbers)
        folder = os.path.join(site.root, "backups")
        os.makedirs(folder)
        os.chmod(folder, 0o777)
        site.edit("# backup:\n", "backup: {folder: \"%s\"}\n# backup:\n" % folder)
        site.run("backup", "--to", folder)
        check("nothing of office" in site.run("retention", "propose", "--office", "higashinari", "--by", "佐藤", check_status=False).stderr,
              "today nothing is due")
        for number in numbers:
            check(re.search(re.escape(number) + r".*free to go", later(site, "retention", "list")), later(site, "retention", "list"))
        later(site, "retention", "hold", numbers[1], "--why", "訴訟", "--by", "佐藤")
        later(site, "retention", "propose", "--office", "higashinari", "--by", "佐藤")
        check("another person" in later(site, "retention", "approve", "1", "--by", "佐藤", status=1), "not by oneself")
        check("only an approved one" in later(site, "retention", "run", "1", "--by", "佐藤", status=1), "not before")
        later(site, "retention", "approve", "1", "--by", "田中")
        before = archived(site.dir)
        said = later(site, "retention", "run", "1", "--by", "田中")
        check("1 purged, 0 left" in said, said)
        certificate = json.loads(later(site, "retention", "certificate", "1"))
        item = certificate["items"][0]
        check((certificate["proposed_by"], certificate["approved_by"]) == ("佐藤", "田中") and item["id"] == numbers[0], certificate)
        check(item["counts"]["documents"] == 2 and item["counts"]["files_kept"] >= 1, "its duplicate went too, the original is another office's: %s" % item)
        check(before - archived(site.dir) == item["counts"]["files"], "files: %d, %d, %s" % (before, archived(site.dir), item))
        check("is whole" in later(site, "audit", "verify"), "the chain")
        check("there is no case" in later(site, "case", "show", numbers[0], status=1), "it is gone")
        later(site, "case", "show", numbers[1])
        check("0 faults" in later(site, "doctor", "--verify"), "nothing that is named is missing")
        restored(site, folder, numbers)
    finally:
        site.close()


def restored(site, folder, numbers):
    """The backup of before, on a new machine, with the log of purges beside it."""
    backup = [name for name in os.listdir(folder) if name.endswith(".backup")][0]
    check("purges.log" in os.listdir(folder), os.listdir(folder))
    directory = os.path.join(site.root, "restored")
    key = str(site.dir) + ".keys/site.key"
    done = subprocess.run([TASUKI, "restore", "--key", key, os.path.join(folder, backup), directory], env=site.env, capture_output=True, text=True)
    check(done.returncode == 0 and "1 purges applied" in done.stdout, done.stdout + done.stderr)
    os.makedirs(directory + ".keys")
    subprocess.run(["cp", key, directory + ".keys/site.key"], check=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody", directory + ".keys"], check=True)
    with sqlite3.connect(os.path.join(directory, "store", "tasuki.db")) as db:
        cases = [row[0] for row in db.execute("SELECT number FROM cases WHERE office_id = 'higashinari'")]
    check(cases == [numbers[1]], "purged again: %s" % cases)
    for args in (("doctor", "--verify"), ("audit", "verify")):
        done = subprocess.run([TASUKI, *args, "--site", directory], env=site.env, capture_output=True, text=True)
        check(done.returncode == 0, "%s: %s%s" % (args, done.stdout, done.stderr))


main()
finish()
