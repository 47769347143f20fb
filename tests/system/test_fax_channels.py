#!/usr/bin/env python3
"""Faxes of offices without a modem: as a mail to a fax service, and as paper that a person sends."""
import email
import email.policy
import os
import pathlib
import subprocess

from tasuki_site import Site, check, finish, wait_for

NUMBER = "06-0000-4101"
MAIL = """fax:
  channel: "mail"
  address: "fax+*@service.example"
  number: "international"
  attach: "%s"
  result_from: ["result@service.example"]
"""
MANUAL = """fax:
  channel: "manual"
"""


def with_fax(text):
    site = Site()
    path = site.dir / "tasuki.yaml"
    path.write_text(path.read_text().replace("fax:\n  channel: \"by-hand\"\n", text))
    site.run("directory", "import", str(site.dir / "directory.csv"), "--by", "係")
    (entry,), = site.query("SELECT id FROM institutions WHERE fax = ? AND office_id = 'higashinari'", NUMBER)
    return site, entry


def test_fax(site, entry):
    site.run("directory", "test-fax", str(entry), "--by", "佐藤")
    newest = "SELECT id, state FROM notices WHERE channel = 'fax' ORDER BY rowid DESC LIMIT 1"
    wait_for(lambda: site.query(newest)[0][1] == "sent", 20, "the fax is handed over")
    return site.query(newest)[0][0]


def state_of(site, notice):
    return site.query("SELECT state FROM notices WHERE id = ?", notice)[0][0]


def by_mail(kind):
    site, entry = with_fax(MAIL % kind)
    try:
        said = site.run("doctor", check_status=False).stdout
        check("no mailbox is a source" in said, "doctor misses the way back: " + said)
        site.serve()
        notice = test_fax(site, entry)
        mail = email.message_from_bytes(site.mails()[-1].read_bytes(), policy=email.policy.default)
        check(mail["To"] == "fax+81600004101@service.example", "to the service: %r" % mail["To"])
        check(mail["Subject"] == "Tasuki " + notice and mail["Message-ID"].startswith("<" + notice), "it names the notice")
        text, pages = mail.iter_parts()
        check(text.get_content().strip() == "Tasuki " + notice, "nothing else in the text: %r" % text.get_content())
        file = pathlib.Path(site.root) / ("fax." + kind)
        file.write_bytes(pages.get_content())
        if kind == "pdf":
            said = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True).stdout
            check("送信票" in said and "誤送信の際" in said and "送信試験" in said and said.count("\f") == 2, "the pages: " + said)
        else:
            said = subprocess.run(["tiffinfo", str(file)], capture_output=True, text=True).stdout
            check(said.count("Image Width: 1728") == 2, "the pages: " + said)
        check(list((site.dir / "letters").iterdir()) == [], "nothing stays behind")
        site.stop()
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        site.close()


def todo_of(site, notice):
    return site.query("SELECT id, text, done FROM todos WHERE kind = 'fax_print' AND about = ?", "notice:" + notice)[0]


def by_hand():
    site, entry = with_fax(MANUAL)
    out = pathlib.Path(site.root) / "paper"
    out.mkdir()
    out.chmod(0o777)
    try:
        site.serve()
        notice = test_fax(site, entry)
        todo, text, _ = todo_of(site, notice)
        check(NUMBER in text and "送信試験" in text and "tasuki todo print" in text, "the to-do: " + text)
        site.run("todo", "print", str(todo), str(out / "fax.pdf"), "--by", "佐藤")
        said = subprocess.run(["pdftotext", "-layout", str(out / "fax.pdf"), "-"], capture_output=True, text=True).stdout
        check("送信票" in said and NUMBER in said and "送信試験" in said, "the paper: " + said)
        check(oct(os.stat(out / "fax.pdf").st_mode & 0o777) == "0o600", "the paper is for its user alone")
        mute = site.run("todo", "done", str(todo), "--by", "佐藤", check_status=False)
        check(mute.returncode == 1 and "--result" in mute.stderr and state_of(site, notice) == "sent", mute.stderr)
        odd = site.run("todo", "done", str(todo), "--by", "佐藤", "--result", "maybe", check_status=False)
        check(odd.returncode == 1 and "delivered or failed" in odd.stderr, odd.stderr)
        site.run("todo", "done", str(todo), "--by", "佐藤", "--result", "delivered", "--note", "2 枚")
        check(state_of(site, notice) == "delivered" and todo_of(site, notice)[2] != "", "the result is recorded")
        reason = site.query("SELECT reason FROM notices WHERE id = ?", notice)[0][0]
        check("佐藤" in reason and "2 枚" in reason, "who and how: " + reason)
        failed = test_fax(site, entry)
        site.run("todo", "done", str(todo_of(site, failed)[0]), "--by", "佐藤", "--result", "failed")
        check(state_of(site, failed) == "failed", "a failure is one")
        told = site.query("SELECT count(*) FROM todos WHERE kind = 'delivery_failed' AND about = ?", "notice:" + failed)
        check(told == [(1,)], "and asks for another way")
        site.stop()
        check("Sanitizer" not in site.log_text(), "a sanitizer complains")
    finally:
        site.close()


def main():
    by_mail("pdf")
    by_mail("tiff")
    by_hand()
    finish()


main()
