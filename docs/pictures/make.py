#!/usr/bin/python3
"""Draws docs/pictures/sheet.png: one faxed sample sheet, the fields that were read on it, and what waits for a person.

usage: make.py TASUKI      where TASUKI is the built program

Everything shown comes from `tasuki read` and the sample page. Needs python3-pil and fonts-ipaexfont-gothic; neither the
program, nor ./check, nor ./demo needs this script.
"""
import json
import pathlib
import re
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "config/sample/sheets/ikuno/01-referral-by-hand.tif"
DIRECTORY = ROOT / "config/sample/directory.csv"
FORM = ROOT / "forms/referral-status/higashinari-2015/form.yaml"
FONT = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"
RECEIVED = "2026-11-21T12:15:00+09:00"
SURE, WAITS = (36, 140, 70), (200, 120, 0)
SURE_TINT, WAITS_TINT = (196, 236, 204), (255, 222, 150)
PAGE_WIDTH, LIST_WIDTH, HEIGHT = 700, 560, 990


def words_of(form):
    """Labels of fields, and of each field's options, as the form's description has them."""
    labels, options, field = {}, {}, None
    for line in form.read_text(encoding="utf-8").splitlines():
        here = re.search(r"\bid: ([\w.]+)", line)
        label = re.search(r"\blabel: ([^,}]+)", line)
        value = re.search(r'\bvalue: "?(\w+)', line)
        if here:
            field = here[1]
        if value and label:
            options[field, value[1]] = label[1].strip()
        elif label and field not in labels:
            labels[field] = label[1].strip()
    return labels, options


def read_page(program):
    command = [program, "read", "--directory", str(DIRECTORY), "--received", RECEIVED, str(PAGE)]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    return json.loads(out.splitlines()[0])


def tint(page, reading):
    """The page in colour, at its true proportions (a fax has other dots a millimetre across than down)."""
    image = Image.open(PAGE).convert("L").rotate(-reading["rotation"], expand=True)
    paper = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(paper)
    for field in reading["fields"].values():
        if field.get("review") or not field.get("blank", True):
            x, y, w, h = field["box"]
            draw.rectangle((x, y, x + w, y + h), fill=WAITS_TINT if field["review"] else SURE_TINT)
    paper.paste((0, 0, 0), mask=image.point(lambda grey: 255 - grey))
    height = round(PAGE_WIDTH * (reading["height"] / reading["y_dpi"]) / (reading["width"] / reading["x_dpi"]))
    page.paste(paper.resize((PAGE_WIDTH, height), Image.LANCZOS), (0, 0))


def text_of(field_id, value, options):
    if isinstance(value, list):
        return "・".join(options.get((field_id, one), one) for one in value)
    return str(value)


def fitted(draw, text, font, width):
    while draw.textlength(text, font=font) > width:
        text = text[:-2] + "…"
    return text


def write_list(page, reading):
    labels, options = words_of(FORM)
    draw = ImageDraw.Draw(page)
    title, font, small = (ImageFont.truetype(FONT, size) for size in (22, 16, 14))
    x, y = PAGE_WIDTH + 24, 24
    draw.text((x, y), "tasuki read", font=title, fill="black")
    y += 38
    draw.text((x, y), f"{reading['form']} / {reading['edition']}", font=small, fill=(90, 90, 90))
    y += 30
    shown = [(i, f) for i, f in reading["fields"].items() if f["review"] or not f.get("blank", True)]
    for waiting, heading, colour in ((False, "sure", SURE), (True, "waits for a person", WAITS)):
        fields = [(i, f) for i, f in shown if f["review"] is waiting]
        draw.text((x, y), f"{heading} ({len(fields)})", font=font, fill=colour)
        y += 26
        for field_id, field in fields:
            draw.rectangle((x, y + 2, x + 10, y + 15), fill=colour)
            draw.text((x + 18, y), fitted(draw, labels.get(field_id, field_id), small, 190), font=small, fill=(90, 90, 90))
            value = text_of(field_id, field["value"], options) or "(blank)"
            draw.text((x + 216, y), fitted(draw, value, font, 310), font=font, fill="black")
            y += 23
            more = [a["value"] for a in field.get("alternatives", [])[:3]] if waiting else []
            if more:
                draw.text((x + 216, y), fitted(draw, "or " + " / ".join(more), small, 310), font=small, fill=WAITS)
                y += 21
        y += 14


def main():
    reading = read_page(sys.argv[1])
    page = Image.new("RGB", (PAGE_WIDTH + LIST_WIDTH, HEIGHT), "white")
    tint(page, reading)
    write_list(page, reading)
    draw = ImageDraw.Draw(page)
    draw.line((PAGE_WIDTH, 0, PAGE_WIDTH, HEIGHT), fill=(200, 200, 200))
    target = pathlib.Path(__file__).with_name("sheet.png")
    page.quantize(160, method=Image.Quantize.MAXCOVERAGE).save(target, optimize=True)
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
