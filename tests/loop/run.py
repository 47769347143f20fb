"""A scripted year of one office through the program, against what is true: run.py [DAYS [SEED [REFERRALS A YEAR]]]

600 referrals a year, outcomes, pages faxed again, corrected, copied for the next patient, consent refused and withdrawn, numbers that
change, days off, people who leave work for tomorrow, cases that the ward office has to know of, reports that are corrected later. At the
end every case is exported. Prints figures; ends with 1 when anything is not as it is true. Environment: TASUKI_BUILD, TASUKI_SOURCE.
"""
import csv
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from tasuki_site import BUILD, Site, check, finish

HOLIDAYS = """2026-04-29 2026-05-03 2026-05-04 2026-05-05 2026-05-06 2026-07-20 2026-08-11 2026-09-21 2026-09-22 2026-09-23
2026-10-12 2026-11-03 2026-11-23 2026-12-29 2026-12-30 2026-12-31 2027-01-01 2027-01-02 2027-01-03 2027-01-11 2027-02-11 2027-02-23
2027-03-21 2027-03-22""".split()
CONFIG = [
    ('channel: "by-hand"', 'channel: "hylafax"\n  server: "127.0.0.1:1"\n  hours: "08:00-18:00"\n  holidays: [%s]' % ", ".join('"%s"' % day for day in HOLIDAYS)),
    ("# inquiries:", "inquiries:\n  after_days: 21\n  again_days: 14\n  limit: 3\n  due_days: 7"),
]

TRUTH = "number kana name sex birth clinic hospital outcome moved consent ward closed completed".split()
OUTCOMES = {"": "", "discharge": "退院", "transfer": "転院", "admission": "入院", "other": "その他"}
CLOSED = {"": "", "home": "在宅", "died": "死亡", "ended": "支援終了"}
SEXES = {"": "", "male": "男性", "female": "女性"}


def differing(pairs):
    return ["%s is %r, the truth is %r" % (what, is_, should) for what, is_, should in pairs if is_ != should]


def row_faults(true, row):
    if row is None:
        return ["not in the table"]
    return differing((
        ("フリガナ", row["フリガナ"], true["kana"]), ("氏名", row["氏名"], true["name"]), ("性別", row["性別"], SEXES[true["sex"]]),
        ("生年月日", row["生年月日"], true["birth"]), ("紹介元", row["紹介元"], true["clinic"]),
        ("病院", row["紹介先"], true["hospital"]), ("転帰", row["転帰"], OUTCOMES[true["outcome"]]),
        ("移動期日", row["移動期日"], true["moved"]), ("同意", row["同意（医療機関）"], true["consent"]),
        ("完了日", row["完了日"], true["completed"]), ("完了の区分", row["完了の区分"], CLOSED[true["closed"]])))


def bundle_faults(true, bundle):
    found = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    patient = found["Patient"][0]
    names = {name["text"] for name in patient.get("name", [])}
    medical = [one["provision"]["type"] for one in found.get("Consent", [])
               if one["status"] == "active" and "医療機関" in one["provision"]["actor"][0]["reference"]["display"]]
    return differing((
        ("Patient.name", names, {true["name"], true["kana"]} - {""}), ("Patient.birthDate", patient.get("birthDate", ""), true["birth"]),
        ("Patient.gender", patient.get("gender", ""), true["sex"]),
        ("Consent", medical, {"あり": ["permit"], "なし": ["deny"], "撤回": ["deny"], "未確認": []}[true["consent"]]),
        ("EpisodeOfCare.status", found["EpisodeOfCare"][0]["status"], "finished" if true["closed"] else "active")))


def paper_faults(true, path):
    words = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    said = "".join(words.split())
    return ["%s is not on the paper" % true[key] for key in ("number", "name", "kana", "birth", "completed")
            if "".join(true[key].split()) not in said]


def exports(folder, whole):
    """What left at the end, case by case; the Bundles by the validators of the browser tests."""
    with open(folder / "cases.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["案件番号"]: row for row in csv.DictReader(file)}
    faults, cases = 0, 0
    for line in (folder / "truth.tsv").read_text(encoding="utf-8").splitlines():
        true = dict(zip(TRUTH, line.split("\t")))
        number = true["number"]
        bundle = json.loads((folder / (number + ".json")).read_text(encoding="utf-8"))
        wrong = row_faults(true, rows.get(number)) + bundle_faults(true, bundle) + paper_faults(true, folder / (number + ".pdf"))
        for one in wrong:
            print("  %s: %s" % (number, one))
        cases, faults = cases + 1, faults + bool(wrong)
    print("%-58s %6d" % ("cases exported as table, on paper and as Bundle", cases))
    check(faults == 0, "%d cases whose exports are not the truth" % faults)
    modules = pathlib.Path(__file__).parents[1] / "browser/node_modules"
    if modules.is_dir() or whole:
        valid = subprocess.run(["node", str(modules.parent / "support/validate_bundles.mjs"), str(folder)], capture_output=True, text=True)
        print(valid.stdout, end="")
        check(valid.returncode == 0, valid.stderr)


site = Site(config=CONFIG)
folder = pathlib.Path(site.root) / "exports"
try:
    folder.mkdir()
    folder.chmod(0o777)
    words = [str(word) for word in (sys.argv[1:] or ["365"])]
    days, seed, referrals = (words + ["365", "1", "600"][len(words):])[:3]
    done = subprocess.run([str(BUILD / "loop_year"), str(site.dir), days, seed, referrals, str(folder)], env=site.env,
                          capture_output=True, text=True)
    print(done.stdout, *(line for line in done.stderr.splitlines(True) if " level=info " not in line), sep="", end="")
    check(done.returncode == 0, "the year is not as it is true")
    if (folder / "truth.tsv").exists():
        exports(folder, int(days) >= 365)
    whole = site.run("audit", "verify", check_status=False)
    check(whole.returncode == 0, whole.stderr.strip())
    print(whole.stdout.strip())
finally:
    shutil.rmtree(folder, ignore_errors=True)
    site.close()
finish()
