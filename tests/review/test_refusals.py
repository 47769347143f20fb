"""Refusals have a code and words: each sentence of review/refusals_table.h stands in the sources and in both languages, and no sentence of
the layers that the desk calls is without one, except those that nobody meets there. test_refusals.py ROOT
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
CONVERSION = re.compile(r"%(?:\.\d+|\.\*)?(?:lld|zu|[sdu])")

# Said to whoever runs the machine or writes a client, or said in Japanese already.
ELSEWHERE = re.compile(r"""
    give\ it\ one\ in\ the\ configuration | one\ of\ its\ own | too\ long\ for\ case\ numbers | --by\ NAME | ^mail\ not\ made | ^mail\. |
    ^%s:|^%s$|^%s\ %s$ | nothing\ was\ imported | line\ must\ be | for\ a\ directory|directory\ is\ larger | audit\ entry\ of | archive |
    needs?\ (the\ name\ of\ )?who | nobody\ is\ named | ^office\ %s\ (was|has\ moved|is\ not\ leaving|has\ %lld) | is\ not\ being\ sent |
    cannot\ become | too\ many\ files | the\ store\ refused | answer\ of\ the\ store | that\ is\ no\ name | the\ file\ of | secret\ must |
    for\ the\ calendar | cannot\ be\ counted | list\ names\ them$ | must\ be\ (an?|true)\ | must\ name | must\ be\ a\ list | as:\ | YYYY-MM-DD$ |
    suspected\ is | language\ must | not\ written\ as | there\ is\ no\ such\ page | no\ such\ number | ^[^\x00-\x7f] | of\ a\ consent\ is
    """, re.X)


def plain(text):
    return text.replace('\\"', '"')


def rejected():
    """Sentence → the file that says it."""
    found = {}
    for folder in "records routing casework reports review".split():
        for path in sorted((ROOT / folder).glob("*.c")):
            source = path.read_text(encoding="utf-8")
            for match in re.finditer(r'TSK_REJECT,\s*0,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', source):
                found.setdefault(plain("".join(LITERAL.findall(match.group(1)))), path.name)
            for one, other in re.findall(r'TSK_REJECT,\s*0,\s*[^;"]*\?\s*"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)"', source):
                found.setdefault(plain(one), path.name)
                found.setdefault(plain(other), path.name)
    return found


def table():
    text = (ROOT / "review/refusals_table.h").read_text(encoding="utf-8")
    entries = re.findall(r'\{\s*"([a-z_.]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}', text)
    return {code: plain("".join(LITERAL.findall(words))) for code, words in entries}


def words_of(language):
    text = (ROOT / ("review/static/lang/%s/refusals.js" % language)).read_text(encoding="utf-8")
    return dict(re.findall(r"^  '([a-z_.]+)': '((?:[^'\\]|\\.)*)',$", text, re.M))


faults = []
said, known = rejected(), table()
sources = plain("".join("".join(LITERAL.findall(path.read_text(encoding="utf-8")))
                        for folder in "records routing casework reports review".split() for path in sorted((ROOT / folder).glob("*.c"))))
faults += ["%s: no source says \"%s\"" % (code, words) for code, words in known.items() if words not in sources]
faults += ["%s: \"%s\" has no code in review/refusals_table.h" % (name, words) for words, name in said.items()
           if words not in known.values() and not ELSEWHERE.search(words)]
for language in ("ja", "en"):
    words = words_of(language)
    faults += ["%s.js has no words for %s" % (language, code) for code in known if code not in words]
    faults += ["%s.js: %s is no refusal" % (language, code) for code in words if code not in known and not code.startswith("word.")]
    for code, text in words.items():
        filled = set("abcdef"[:len(CONVERSION.findall(known.get(code, "")))])
        if not set(re.findall(r"\{(\w)\}", text)) <= filled:
            faults.append("%s.js: %s has a place that nothing fills" % (language, code))
print("%d refusals, %d with a code" % (len(said), len(known)))
print("\n".join(faults))
sys.exit(len(known) < 150 or len(faults) > 0)
