#!/usr/bin/env python3
"""Sheets received in 2026 on paper that says 平成: struck out or not, 令和 written beside it, over it, into the cell, or not at all.

usage: test_years.py TASUKI MAKE_SHEET [PAGES [SEED]]

No year is accepted that is not the one that was written, and no date is derived as certain that is not the day that was meant.
Prints how many years a person is asked about.
"""
import collections
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile

TASUKI, MAKE_SHEET = sys.argv[1], sys.argv[2]
PAGES = int(sys.argv[3]) if len(sys.argv) > 3 else 24
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1

# Printed 平成 and the cells of year, month and day, in mm on the blank.
SHEETS = {
    'referral-status': {
        'referral_date': ((143.2, 33.6, 7.4, 3.7), (150.6, 32.3, 8.8, 7.3)),
        'move_date': ((43.5, 164.0, 7.4, 3.7), (50.9, 162.8, 8.8, 7.3)),
    },
    'admission-info': {'created_date': ((154.4, 21.6, 7.4, 3.7), (162.0, 20.7, 7.8, 6.0))},
}
FONTS = ('IPAexMincho', 'IPAexGothic', 'Noto Sans CJK JP', 'Noto Serif CJK JP')


def strike(rnd, box):
    """One or two strokes through the printed era."""
    x, y, w, h = box
    return [[x - rnd.uniform(0, 1), y + h * at + rnd.uniform(-0.3, 0.3), x + w + rnd.uniform(-0.5, 1),
             y + h * at + rnd.uniform(-0.5, 0.5)] for at in rnd.choice(((0.5,), (0.35, 0.65)))]


def era_by_hand(rnd, printed, cell):
    """令和 above, over, or running into the cell; R in it."""
    where = rnd.choice(('above', 'over', 'into', 'letter'))
    size = rnd.uniform(8, 12)
    if where == 'above':
        return [printed[0] + rnd.uniform(-1, 1), printed[1] - rnd.uniform(3, 4), size, '令和']
    if where == 'over':
        return [printed[0] + rnd.uniform(-1, 1), printed[1] + rnd.uniform(-1, 1), size, '令和']
    if where == 'into':
        return [cell[0] - rnd.uniform(2, 6), cell[1] + rnd.uniform(0.5, 2.5), size, '令和']
    return [cell[0] + rnd.uniform(-0.5, 0.8), cell[1] + rnd.uniform(1, 2.5), size, 'R']


def put_date(rnd, page, name, places, day, as_heisei):
    printed, cell = places
    year = day.year - (1988 if as_heisei else 2018)
    parts = (year, day.month, day.day)
    for part, number in zip(('year', 'month', 'day'), parts):
        page['values'][f'{name}.{part}'] = str(number)
    if as_heisei:
        return
    if rnd.random() < 0.5:
        page['lines'] += strike(rnd, printed)
    if rnd.random() < 0.6:
        page['notes'].append(era_by_hand(rnd, printed, cell))


def fax_of(rnd, received):
    raster = rnd.choice(((204, 196), (204, 196), (204, 98), (204, 391)))
    return {'x_dpi': raster[0], 'y_dpi': raster[1], 'skew_deg': rnd.uniform(-1.5, 1.5), 'noise': rnd.uniform(0, 22),
            'threshold': rnd.randint(135, 185), 'specks': rnd.randint(0, 60), 'offset_y_mm': rnd.uniform(0, 4),
            'seed': rnd.randint(1, 1 << 30), 'compression': 'g4', 'received': received.strftime('%Y-%m-%dT%H:%M:%S')}


def make_page(rnd, folder, number):
    """(path, {date: day that was meant}, {year cell: what was written})"""
    form = rnd.choice(('referral-status', 'referral-status', 'admission-info'))
    received = datetime.datetime(2026, 1, 10) + datetime.timedelta(minutes=rnd.randint(0, 330 * 1440))
    page = {'form': form, 'values': {}, 'notes': [], 'lines': [],
            'pen': {'font': rnd.choice(FONTS), 'size_pt': rnd.uniform(9, 12), 'width_mm': rnd.uniform(0.25, 0.6),
                    'jitter_mm': rnd.choice((0, 0.3)), 'seed': number}}
    meant, written = {}, {}
    day = received.date() - datetime.timedelta(days=rnd.randint(0, 20))
    for name, places in reversed(SHEETS[form].items()):
        put_date(rnd, page, name, places, day, rnd.random() < 0.15)
        meant[name], written[name + '.year'] = day.isoformat(), page['values'][name + '.year']
        day -= datetime.timedelta(days=rnd.randint(5, 120))
    path = os.path.join(folder, f'{number:04}.tif')
    spec = {'fax': fax_of(rnd, received), 'pages': [page]}
    subprocess.run([MAKE_SHEET, '-', path], input=json.dumps(spec).encode(), check=True)
    return path, meant, written


def check(page, meant, written, count):
    """Complaints about one page"""
    if page['form'] is None:
        return [f'{page["file"]}: no form']
    faults = []
    for name, value in written.items():
        got = page['fields'][name]
        count['years'] += 1
        count['asked'] += got['review']
        count['offered'] += any(a['value'].startswith('令和') for a in got.get('alternatives', []))
        if not got['review'] and got['value'].lstrip('0') != value:
            faults.append(f'{page["file"]}: {name} accepted as {got["value"]}, written {value}')
    for name, day in meant.items():
        cells = [page['fields'][f'{name}.{part}'] for part in ('year', 'month', 'day')]
        derived = page.get('derived', {}).get(name)
        if derived is not None and derived != day and not any(cell['review'] for cell in cells):
            faults.append(f'{page["file"]}: {name} is {derived} for certain, meant {day}')
    return faults


def main():
    rnd, count, faults = random.Random(SEED), collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for number in range(PAGES):
            path, meant, written = make_page(rnd, folder, number)
            made[os.path.basename(path)] = meant, written
        done = subprocess.run([TASUKI, 'read', *(os.path.join(folder, name) for name in sorted(made))],
                              stdout=subprocess.PIPE, check=True)
        pages = [json.loads(line) for line in done.stdout.decode().splitlines()]
    for page in pages:
        faults += check(page, *made[os.path.basename(page['file'])], count)
    print(f'{len(pages)} pages received in 2026: {count["years"]} years, a person is asked about {count["asked"]}, '
          f'令和 is offered for {count["offered"]}, accepted and wrong: {len(faults)}')
    print('\n'.join(faults))
    sys.exit(bool(faults) or len(pages) != PAGES or count['offered'] == 0)


if __name__ == '__main__':
    main()
