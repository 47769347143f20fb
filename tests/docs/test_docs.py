"""What the documentation says to type exists: commands, subcommands, options, files, links.

usage: test_docs.py TASUKI SOURCE
"""
import pathlib
import re
import subprocess
import sys
import unittest

TASUKI, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
PAGES = sorted(SOURCE.glob("docs/*.md")) + sorted(SOURCE.glob("*.md")) + [SOURCE / "forms/README.md"]
GENERAL = {"--site", "--help"}
RECORDS = {"sheet", "case", "consent", "directory", "todo", "route", "audit", "report", "user", "inquiry", "log", "counts", "difficult", "export", "retention", "incident", "office"}  # --office, --by, --plain: all of them


def output_of(*args):
    return subprocess.run([TASUKI, *args], check=True, capture_output=True, text=True).stdout


def known_commands():
    """{command: (subcommands, options)} as --help has them."""
    commands = {}
    for name in re.findall(r"^  ([a-z][a-z-]*) +\S", output_of("help"), re.M):
        usage = output_of(name, "--help")
        lines = [line.split()[1:] for line in usage.splitlines() if line.startswith("  tasuki ")]
        subs = {words[1].strip("[]") for words in lines if len(words) > 1 and re.fullmatch(r"\[?[a-z-]+\]?", words[1])}
        commands[name] = (subs, set(re.findall(r"--[a-z][a-z0-9-]*", usage)) | GENERAL)
        if name in RECORDS:
            commands[name][1].update({"--office", "--by", "--plain"})
    return commands


def typed_in(page):
    """(line, words) of every `tasuki …` that a page says to type: in code spans, and at the start of a line of a code block."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
            continue
        found = re.findall(r"^\s*(?:\$ )?tasuki ([^#&|]+)", line) if inside else re.findall(r"`tasuki ([^`]+)`", line)
        for text in found:
            if not text.startswith(":"):
                yield number, text.split()


class Docs(unittest.TestCase):
    def test_what_is_typed(self):
        commands = known_commands()
        self.assertIn("sheet", commands)
        seen = 0
        for page in PAGES:
            for line, words in typed_in(page):
                where = f"{page.name}:{line}: tasuki {' '.join(words)}"
                if words[0] in ("COMMAND", "…", "help"):
                    continue
                seen += 1
                self.assertIn(words[0], commands, where)
                subs, options = commands[words[0]]
                if subs and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]) and not words[1].startswith("-"):
                    self.assertIn(words[1], subs, where)
                for word in words[1:]:
                    if re.match("--[a-z]", word):
                        self.assertIn(word.split("=")[0], options, where)
        self.assertGreater(seen, 40)

    def test_links(self):
        for page in PAGES:
            text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = page.parent / path if path else page
                self.assertTrue(file.exists(), f"{page.name}: {target}")
                if anchor:
                    heads = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
                    self.assertIn(anchor, {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads})

    def test_files_named(self):
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            for path in re.findall(r"((?:tests|docs|forms|config|ocr|records|routing|gateway|base|cmake)/[\w/-]+\.[a-z]+)", text):
                self.assertTrue((SOURCE / path).exists(), f"{page.name}: {path}")

    def test_tests_named(self):
        """A page that answers with a test names one that exists."""
        tests = "".join(f.read_text(encoding="utf-8") for f in SOURCE.glob("tests/**/test_*.*") if f.suffix in (".c", ".py"))
        for page in PAGES:
            for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")):
                self.assertIn(name, tests, page.name)

    def test_manual_names_every_command(self):
        manual = (SOURCE / "docs/tasuki.1").read_text(encoding="utf-8")
        for name in known_commands():
            self.assertRegex(manual, rf"\b{name}\b")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
