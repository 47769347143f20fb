#!/usr/bin/env python3
"""Every reason for which a document is held has its words in Japanese: whoever adds one in English is told here."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = [*(ROOT / "ocr/decode").glob("*.c"), ROOT / "ocr/confine/pdf.c", ROOT / "ocr/confine/read_document.c",
         *(ROOT / "gateway/mail").glob("*.c"), ROOT / "gateway/imap/take.c", ROOT / "gateway/folder.c"]
REASON = re.compile(r'"((?:is|has|claims|uses|takes|cannot) [^"\n]{8,}[^"\n%]*)"')
NOT_HELD = ("cannot open", "cannot read", "cannot make", "cannot move", "cannot delete", "cannot start", "cannot be started",
            "cannot write", "cannot watch", "is not rasterised", "was not rasterised", "cannot go back", "cannot lock")

table = (ROOT / "routing/reasons.c").read_text(encoding="utf-8")
parts = re.findall(r'\{ "([^"]+)",', table[: table.index("deliveries[]")])
missing, seen = [], 0
for path in FILES:
    for reason in REASON.findall(path.read_text(encoding="utf-8")):
        if any(word in reason for word in NOT_HELD):
            continue
        seen += 1
        if not any(part in reason for part in parts):
            missing.append("%s: %s" % (path.relative_to(ROOT), reason))
print("%d reasons" % seen)
for line in missing:
    print("without Japanese words in routing/reasons.c:", line)
sys.exit(1 if missing or seen < 30 else 0)
