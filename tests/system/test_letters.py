#!/usr/bin/env python3
"""An outcome goes to the clinic as an encrypted letter by mail: a real SMTP server takes it, nothing of the patient can be read in the
mail, the PDF opens with the passphrase that was agreed and with nothing else, and without a passphrase the content goes another way."""
import email
import email.policy
import os
import pathlib
import subprocess
import sys

from tasuki_site import SOURCE, Site, check, finish, make_sheet, wait_for

CLINIC = "見本内科クリニック"
PATIENT = {"patient_name": "森 節子", "patient_kana": "モリ セツコ"}
REFERRAL = {"to_hospital": "見本中央", "from_clinic": CLINIC, "referral_date.year": "令和8", "referral_date.month": "11", "referral_date.day": "2",
            "birth_era": "showa", "birth_date.year": "8", "birth_date.month": "5", "birth_date.day": "12", "contact_method": "email", **PATIENT}
OUTCOME = {"outcome": "discharge", "move_date.year": "令和8", "move_date.month": "11", "move_date.day": "20"}


def start_sink(folder):
    folder.mkdir()
    sink = subprocess.Popen([sys.executable, "-B", str(SOURCE / "tests/routing/smtp_sink.py"), str(folder)])
    wait_for(lambda: (folder / "port").exists(), 10, "the mail server listens")
    return sink, (folder / "port").read_text().strip()


def confirmed(site, name, values):
    """A sheet with these values that a person confirmed; its number."""
    before = site.query("SELECT coalesce(max(id), 0) FROM sheets")[0][0]
    file = pathlib.Path(site.root) / (name + ".tif")
    make_sheet(file, [{"form": "referral-status", "values": {"consent": ["yes"]}}], header=name, compression="g4")
    site.drop("higashinari", file.name, file.read_bytes())
    wait_for(lambda: site.query("SELECT count(*) FROM sheets WHERE id > ?", before)[0][0] == 1, 60, "%s is read" % name)
    sheet = str(site.query("SELECT max(id) FROM sheets")[0][0])
    for field, value in values.items():
        site.run("sheet", "set", sheet, field, value, "--by", "佐藤")
    case = site.query("SELECT max(number) FROM cases")[0][0] if before else "new"
    if site.query("SELECT case_number FROM sheets WHERE id = ?", sheet)[0][0] is None:
        site.run("sheet", "link", sheet, case, "--by", "佐藤")
    site.run("sheet", "confirm", sheet, "--accept-all", "--by", "佐藤")
    return sheet


def pdftotext(path, *password):
    return subprocess.run(["pdftotext", *password, str(path), "-"], capture_output=True, text=True)


def letters(folder):
    """Mails to the clinic, oldest first."""
    found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(folder.glob("*.eml"), key=lambda p: int(p.stem))]
    return [one for one in found if "clinic@mihon" in str(one["To"])]


def agree(site, entry, *more, **keywords):
    return site.run("directory", "passphrase", entry, "--how", "phone", "--told-to", "山本", "--by", "佐藤", *more, **keywords)


def look_at(mail, root, passphrase):
    parts = list(mail.iter_attachments())
    check(len(parts) == 1 and parts[0].get_content_type() == "application/pdf", "one PDF is attached: %s" % [p.get_content_type() for p in parts])
    outside = "%s\n%s\n%s" % (mail["Subject"], mail.get_body(("plain",)).get_content(), parts[0].get_filename())
    for word in (*PATIENT.values(), "森", "モリ", "退院", "12日", passphrase):
        check(word not in outside, "the mail itself says nothing of %s" % word)
    check("合言葉" in outside and "添付" in outside, "the mail says how to open it")
    pdf = root / "letter.pdf"
    pdf.write_bytes(parts[0].get_content())
    for word in (PATIENT["patient_name"].encode(), b"/Title", "退院".encode("utf-16-be")):
        check(word not in pdf.read_bytes(), "nothing of the letter stands in the file as it is")
    for wrong in ((), ("-upw", "wrong-passphrase")):
        done = pdftotext(pdf, *wrong)
        check(done.returncode != 0 and done.stdout.strip() == "", "it does not open %s: %s" % (wrong, done.stdout[:60]))
    done = pdftotext(pdf, "-upw", passphrase)
    check(done.returncode == 0 and "森 節子" in done.stdout and "転帰: 退院" in done.stdout, "the passphrase opens it: %s" % done.stdout[:300])
    info = subprocess.run(["qpdf", "--password=" + passphrase, "--show-encryption", str(pdf)], capture_output=True, text=True).stdout
    check("AESv3" in info and "R = 6" in info, "AES-256: %s" % info)


def main():
    site = Site()
    root = pathlib.Path(site.root)
    os.chmod(root, 0o777)
    sink, port = start_sink(root / "sink")
    try:
        site.edit('channel: "maildir"', 'channel: "smtp"\n  smtp_url: "smtp://127.0.0.1:%s"\n  smtp_tls: "none"' % port)
        site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
        entry = str(site.query("SELECT id FROM institutions WHERE name = ? AND office_id = 'higashinari'", CLINIC)[0][0])
        check("clinic@mihon" in site.run("directory", "show", entry).stdout, "the clinic has an address")
        site.serve()
        confirmed(site, "REFERRAL", REFERRAL)
        case = site.query("SELECT number FROM cases")[0][0]
        site.run("consent", "record", case, "--scope", "medical", "--giver", "patient", "--how", "sheet", "--by", "佐藤")

        made = agree(site, entry).stdout.split("\n")[0].split()[-1]
        check(len(made) == 19 and made.count("-") == 3, "a passphrase is made, and shown once: %s" % len(made))
        check(made not in site.run("directory", "show", entry).stdout, "it is not shown again")
        short = agree(site, entry, "--enter", check_status=False, input="kettei-1\n")
        check(short.returncode != 0 and "12 to 64" in short.stderr and "kettei-1" not in short.stderr, "a short one is refused: %s" % short.stderr)
        agree(site, entry, "--enter", input="Kotoba-27115-x\n")

        state = "SELECT state, channel FROM notices WHERE sheet_id = ? AND rule = 'outcome-clinic'"
        todo = "SELECT kind FROM todos WHERE sheet_id = ? AND rule = 'outcome-clinic' AND done = ''"
        early = confirmed(site, "OUTCOME ONE", {**REFERRAL, **OUTCOME, "move_date.day": "19"})
        check(site.query(todo, early) == [("call",)] and site.query(state, early) == [], "no letter to an address that nobody verified")
        for who in ("佐藤", "鈴木"):
            site.run("directory", "verify", entry, "--channel", "email", "--how", "letterhead", "--by", who)
        first = confirmed(site, "OUTCOME TWO", {**REFERRAL, **OUTCOME})
        wait_for(lambda: site.query(state, first) == [("sent", "letter")], 60, "the letter leaves: %s" % site.query(state, first))
        wait_for(lambda: site.query(todo, early) == [] and site.query(state, early) == [("sent", "letter")], 60, "and for the one that nobody has called about yet")
        mails = letters(root / "sink")
        check(len(mails) == 2, "one mail each: the content needs no other: %d" % len(mails))
        for one in mails:
            look_at(one, root, "Kotoba-27115-x")
        ledger = site.run("case", "ledger", case, "--by", "佐藤", "--plain").stdout
        check("letter" in ledger and "clinic@mihon" in ledger, "the ledger has it: %s" % ledger)

        site.run("directory", "passphrase", entry, "--revoke", "--by", "鈴木")
        second = confirmed(site, "OUTCOME THREE", {**REFERRAL, **OUTCOME, "move_date.day": "21"})
        check(site.query(todo, second) == [("call",)], "without a passphrase the content is said: %s" % site.query(state, second))
        told = ["case", "told", case, "--to", entry, "--what", "退院の予定日", "--way", "phone", "--person", "山本", "--by", "佐藤"]
        check("退院の予定日" in site.run(*told).stdout, "what a person says at the telephone is in the ledger too")
        site.run("consent", "withdraw", case, "--scope", "medical", "--by", "佐藤")
        done = site.run(*told, check_status=False)
        check(done.returncode != 0 and "同意が取り下げられています" in done.stderr, "and is refused without consent: %s" % done.stderr)
        site.stop()
        kept = b"".join(path.read_bytes() for path in site.dir.rglob("*") if path.is_file()) + site.log_text().encode()
        for secret in (made, "Kotoba-27115-x"):
            check(secret.encode() not in kept, "no passphrase stands anywhere in the site or its log")
            check(secret.encode() not in b"".join(path.read_bytes() for path in (root / "sink").glob("*.eml")), "nor in a mail")
    finally:
        sink.kill()
        site.close()
    finish()


main()
