"""The records from a terminal: what an administrator types, what comes back, and the exit status.

usage: test_terminal.py TASUKI SEED
"""
import os
import pwd
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest

TASUKI, SEED = (os.path.abspath(path) for path in sys.argv[1:3])
HEAD = "kind,name,department,ward,fax,email,phone\n"
HOSPITAL = "hospital,大阪今里病院,地域医療連携室,東成区,06-4323-7952,renkei@example.jp,06-4646-2529\n"
CLINIC = "clinic,緑橋クリニック,,東成区,06-1111-2222,clinic@example.jp,06-1111-2223\n"


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tasuki-terminal-")
        self.site = self.folder.name
        with open(os.path.join(self.site, "tasuki.yaml"), "w", encoding="utf-8") as file:
            file.write(self.config())

    def tearDown(self):
        self.folder.cleanup()

    @staticmethod
    def config():
        """The sample's rules with offices of our own."""
        sample = os.path.join(os.environ["TASUKI_SOURCE"], "config", "sample", "tasuki.yaml")
        with open(sample, encoding="utf-8") as file:
            return re.sub(r'(?m)^user: .*$', 'user: ""', file.read())

    def run_raw(self, *words):
        environment = {"PATH": os.environ["PATH"], "TASUKI_SITE": self.site, "TASUKI_DATA": os.environ["TASUKI_SOURCE"],
                       "TZ": "America/New_York", "LC_ALL": "C"}
        environment.update((name, os.environ[name]) for name in ("LSAN_OPTIONS",) if name in os.environ)
        return subprocess.run([TASUKI, *words], capture_output=True, encoding="utf-8", env=environment, check=False)

    def ok(self, *words):
        done = self.run_raw(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    def refused(self, says, *words, status=1):
        done = self.run_raw(*words)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        self.assertIn(says, done.stderr)
        return done.stderr

    def seed(self):
        self.ok("case", "list")  # makes the site's folders and its offices
        subprocess.run([SEED, os.path.join(self.site, "store", "tasuki.db")], check=True)

    def write(self, name, text):
        path = os.path.join(self.site, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_directory(self):
        path = self.write("list.csv", HEAD + HOSPITAL + CLINIC)
        self.assertIn("4 added, 0 changed, 0 as before", self.ok("directory", "import", path))
        self.assertIn("0 added, 0 changed, 4 as before", self.ok("directory", "import", path))
        with open(os.path.join(self.site, "run", "directory.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), HEAD + HOSPITAL + CLINIC)
        rows = [line.split("\t") for line in self.ok("directory", "list", "--plain", "--office", "ikuno").splitlines()]
        self.assertEqual([row[3] for row in rows], ["大阪今里病院", "緑橋クリニック"])
        entry = rows[0][0]
        verify = ("directory", "verify", entry, "--channel", "fax", "--how", "test-fax")
        self.refused("--by NAME", *verify)
        self.assertIn("second person", self.ok(*verify, "--by", "佐藤"))
        self.refused("a second person must do it now", *verify, "--by", "佐藤")
        self.assertIn("is verified", self.ok(*verify, "--by", "鈴木"))
        self.assertIn("06-4323-7952 (verified)", self.ok("directory", "show", entry))
        self.assertEqual(len(self.ok("directory", "list", "--plain", "--unverified").splitlines()), 4)
        self.assertIn("digest", self.ok("directory", "set", entry, "--notice", "digest", "--by", "佐藤"))
        self.refused("no directory entry", "directory", "show", entry, "--office", "higashinari")
        changed = self.write("list.csv", HEAD + HOSPITAL.replace("06-4323-7952", "06-9999-9999") + CLINIC)
        self.assertIn("1 numbers or addresses changed", self.ok("directory", "import", changed, "--office", "ikuno"))
        self.assertIn("06-9999-9999 (unverified)", self.ok("directory", "show", entry))

    def test_a_bad_directory(self):
        path = self.write("bad.csv", HEAD + HOSPITAL + "clinic,A,,東成区,06-CALL-ME,nobody,\n")
        said = self.refused("2 faults; nothing was imported", "directory", "import", path)
        self.assertIn(f'{path}:3: fax: "06-CALL-ME" ', said)
        self.assertIn(f'{path}:3: email: "nobody" ', said)
        self.assertEqual(self.ok("directory", "list", "--plain"), "")
        self.refused("cannot open", "directory", "import", "/nowhere.csv")

    def test_columns_are_aligned(self):
        self.ok("directory", "import", self.write("list.csv", HEAD + HOSPITAL + CLINIC))
        lines = self.ok("directory", "list", "--office", "ikuno").splitlines()
        places = {width(line[:line.index(word)]) for line, word in zip(lines, ("fax", "06-4323", "06-1111"))}
        self.assertEqual(len(places), 1, lines)

    def test_a_sheet_to_its_end(self):
        self.seed()
        self.assertEqual(len(self.ok("sheet", "list", "--plain").splitlines()), 3)
        self.assertEqual(len(self.ok("sheet", "list", "--plain", "--office", "ikuno").splitlines()), 1)
        self.assertIn("which case?", self.ok("sheet", "list", "--plain", "--state", "which_case"))
        shown = self.ok("sheet", "show", "1", "--waiting")
        self.assertIn("low_confidence", shown)
        self.assertNotIn("birth_era", shown)
        self.refused("patient_name", "sheet", "confirm", "1", "--by", "佐藤")
        self.refused("--by NAME", "sheet", "confirm", "1")
        self.refused("has no field", "sheet", "set", "1", "nothing", "x", "--by", "佐藤")
        said = self.ok("sheet", "set", "1", "patient_name", "山田 一郎", "--by", "佐藤", "--why", "原本で確認")
        self.assertIn("0 fields wait, the sheet is ready", said)
        self.assertIn("is confirmed; case 27115-2015-0001", self.ok("sheet", "confirm", "1", "--by", "佐藤"))
        self.assertIn("was confirmed already", self.ok("sheet", "confirm", "1", "--by", "佐藤"))
        history = self.ok("sheet", "show", "1", "--history")
        self.assertIn("山田 一朗", history)
        self.assertIn("原本で確認", history)

        self.refused("no case 27115-2015-0009", "sheet", "link", "2", "27115-2015-0009", "--by", "佐藤")
        self.refused("belongs to office", "sheet", "link", "2", "27116-2015-0001", "--by", "佐藤")
        self.assertIn("belongs to case 27115-2015-0001", self.ok("sheet", "link", "2", "27115-2015-0001", "--by", "佐藤"))
        self.ok("sheet", "confirm", "2", "--accept-all", "--by", "佐藤")
        case = self.ok("case", "show", "27115-2015-0001")
        self.assertIn("medical: no", case)
        self.assertEqual([word for word in ("opened", "linked", "confirmed") if word not in case], [])
        self.assertEqual(len(self.ok("sheet", "list", "--plain", "--case", "27115-2015-0001").splitlines()), 2)
        self.refused("no case", "case", "show", "27115-2015-0001", "--office", "ikuno")
        self.refused("no sheet 1", "sheet", "show", "1", "--office", "ikuno")
        self.refused("there is no office nowhere", "case", "list", "--office", "nowhere")
        self.assertNotIn("山田", case)

    def test_no_picture(self):
        self.seed()
        self.refused("no picture of sheet 1", "sheet", "page", "1", os.path.join(self.site, "page.png"))

    def test_a_case_of_its_own(self):
        self.seed()
        self.assertIn("27115-2015-0002", self.ok("sheet", "link", "2", "new", "--by", "佐藤"))
        self.refused("belongs to case", "sheet", "link", "2", "new", "--by", "佐藤")

    def test_consent(self):
        self.seed()
        number = "27115-2015-0001"
        self.refused("medical, care, facility, ward_office", "consent", "record", number, "--by", "佐藤")
        self.ok("consent", "record", number, "--scope", "medical", "--giver", "family", "--how", "sheet", "--by", "佐藤")
        self.assertIn("medical: yes", self.ok("case", "show", number))
        self.ok("consent", "withdraw", number, "--scope", "medical", "--by", "佐藤")
        self.assertIn("medical: no", self.ok("case", "show", number))
        self.refused("no consent", "consent", "withdraw", number, "--scope", "medical", "--by", "佐藤")
        self.assertEqual(len(self.ok("consent", "list", number, "--plain").splitlines()), 2)

    def test_log(self):
        self.seed()
        add = ("log", "add", "--office", "higashinari", "--by", "佐藤")
        self.assertIn("entry 1", self.ok(*add, "4", "coo", "転院の相談", "--case", "27115-2015-0001", "--minutes", "15", "--day", "R8.5.11"))
        self.assertEqual(self.ok("log", "list", "--plain").split("\t")[1:7], ["2026-05-11", "higashinari", "hospital", "coordination", "27115-2015-0001", "15"])
        self.refused("no counterpart", *add, "nobody", "consultation")
        self.refused("the kind is", *add, "1", "co")
        self.refused("no case", *add, "1", "consultation", "--case", "27116-2015-0001")
        self.refused("several offices", "log", "add", "1", "outside", "--by", "佐藤")
        self.assertIn("entry 2", self.ok(*add, "1", "相談", "--replaces", "1"))
        self.assertEqual(len(self.ok("log", "list", "--plain").splitlines()), 1)
        self.ok("log", "remove", "2", "--why", "重複", "--by", "佐藤")
        self.assertEqual(len(self.ok("log", "list", "--all", "--plain").splitlines()), 2)
        self.ok("log", "meeting", "related", "会議", "--care", "--office", "higashinari", "--by", "佐藤")
        self.assertIn("yes", self.ok("log", "list", "--meetings", "--plain"))
        self.assertEqual(self.ok("log", "proposals", "--plain"), "")
        self.refused("proposes no entry", "log", "decline", "todo:1", "--office", "higashinari", "--by", "佐藤")
        self.assertNotIn("転院の相談", self.ok("audit", "list"))

    def test_incident(self):
        self.seed()
        by = ("--by", "佐藤")
        said = self.ok("incident", "open", "--case", "27115-2015-0001", "--known", "2026-11-20T10:00", "--text", "隣の番号に送った", *by)
        self.assertIn("preliminary report from 2026-11-22, by 2026-11-24; final report by 2026-12-19", said)
        self.assertEqual(self.ok("incident", "list", "--plain").split("\t")[:3], ["1", "higashinari", "mis_sent"])
        self.assertIn("【事故 1】責任者に", self.ok("todo", "--text"))
        self.ok("incident", "note", "1", "manager", *by)
        self.assertNotIn("【事故 1】責任者に", self.ok("todo", "--text"))
        self.refused("nothing to note", "incident", "note", "1", "weather", "x", *by)
        self.refused("not after now", "incident", "note", "1", "city", "--when", "2999-01-01", *by)
        for name, start in (("sheet.csv", b"\xef\xbb\xbf"), ("sheet.pdf", b"%PDF")):
            path = os.path.join(self.site, name)
            self.ok("incident", "export", "1", path, *by)
            with open(path, "rb") as file:
                self.assertTrue(file.read().startswith(start))
        self.refused("a .csv or a .pdf", "incident", "export", "1", "x.doc", *by)
        self.assertIn("隣の番号に送った", self.ok("incident", "show", "1", *by))
        self.ok("incident", "note", "1", "returned", "封をしたまま戻った", *by)
        self.assertEqual(self.ok("incident", "list", "--plain"), "")
        self.assertIn("no_leak", self.ok("incident", "list", "--all", "--plain"))
        self.refused("there is no case", "incident", "open", "--case", "27115-2015-0001", "--office", "ikuno", *by)
        self.assertNotIn("隣の番号", self.ok("audit", "list"))

    def test_who_is_proved(self):
        """With terminal: a login of the machine is one name, whatever is typed; without it a name is a promise."""
        def become(login):
            with open(os.path.join(self.site, "tasuki.yaml"), "w", encoding="utf-8") as file:
                file.write(self.config() + "terminal:\n  - {login: \"%s\", name: \"田中\"}\n  - {login: \"somebody\", name: \"鈴木\"}\n" % login)

        with open("/proc/self/loginuid", encoding="ascii") as file:
            number = int(file.read())
        me = pwd.getpwuid(number if number != 0xffffffff else os.getuid()).pw_name
        path = os.path.join(self.site, "directory.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD + HOSPITAL)
        become(me)
        self.refused('is "田中" under terminal:', "directory", "import", path, "--by", "鈴木")
        self.refused('is "田中" under terminal:', "case", "list", "--by", "鈴木")
        self.refused('is "田中" under terminal:', "key", "print", "--by", "鈴木")
        self.ok("directory", "import", path, "--by", "田中")
        self.ok("directory", "set", "1", "--links", "yes")  # nobody is named: the login is somebody
        self.assertEqual({line.split("\t")[3] for line in self.ok("audit", "list", "--plain").splitlines() if "directory" in line}, {"田中"})
        become("an-other-login")
        self.refused('the login "%s" of this machine is nobody' % me, "directory", "import", path, "--by", "田中")
        self.refused('the login "%s" of this machine is nobody' % me, "case", "list")
        become(me)
        with open(os.path.join(self.site, "tasuki.yaml"), "a", encoding="utf-8") as file:
            file.write("  - {login: \"%s\", name: \"山本\"}\n" % me)
        self.refused("terminal", "case", "list")

    def test_audit(self):
        self.seed()
        self.ok("sheet", "show", "1", "--by", "佐藤")
        self.assertIn("view", self.ok("audit", "list", "--object", "sheet:1"))
        head = re.search(r"head (\S+)", self.ok("audit", "verify")).group(1)
        self.ok("sheet", "show", "1")
        self.ok("audit", "verify", "--head", head)
        self.refused("--head takes", "audit", "verify", "--head", "7")
        self.refused("was noted", "audit", "verify", "--head", head[:-1] + ("0" if head[-1] != "0" else "1"))
        self.assertNotIn("山田", self.ok("audit", "list"))

    def test_called_wrongly(self):
        for words in (("sheet",), ("sheet", "show"), ("sheet", "set", "1"), ("case", "frob"), ("directory", "verify", "--by", "x")):
            self.refused("usage: tasuki", *words, status=2)
        self.refused("--state is needs_review", "sheet", "list", "--state", "done")
        self.refused("no option --frob", "case", "list", "--frob")
        self.refused('"x" is no number of a sheet', "sheet", "show", "x")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=0)
