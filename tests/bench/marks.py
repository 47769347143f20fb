#!/usr/bin/env python3
"""How far marks can be trusted: accepted values that are wrong, with their bound, and predicted against observed errors.

usage: marks.py [--sheets N] [--seed N] [--hands] [--shapes IMAGES LABELS] [--measure PROGRAM] [--jobs N] [--keep FOLDER]
       marks.py --add SCORES… [--calibration FILE.json]

Makes and reads N sheets of its own (tests/ocr/measure_marks, 3,000 unless told: 24,000 marks, ten minutes of one core), with every
fault of scanner and line, half of them with marks that people made when --shapes names them (IDX files, unpacked), the others with
--hands by hands of other habits (tests/ocr/mark_hands.h), every second sheet then sent over a line with hits.

With --keep what was read of every field is written to FOLDER, a file a job and seed; --add counts such files again, so that a long
run may be done in slices. --calibration: accepted is then what this file would accept, for runs made before it was.

By kind: fields, right, accepted, wrong among the accepted and its 95 % bound. By steps of confidence: fields, predicted and
observed errors of what no rule had sent to a person anyway. Exit status 1 when a step of 200 fields or more is wrong more than
twice as often as predicted. accuracy.py beside it does this for all kinds on labelled pages.
"""
import argparse
import bisect
import collections
import json
import math
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'ocr', 'train'))
import calibrate  # noqa: E402  pylint: disable=wrong-import-position

TOLERATED = 0.001  # as reading.tolerated_silent_error is unless set

EDGES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)
ENOUGH = 200


def bound(wrong, sure=0.95):
    """Highest mean under which so few errors would still come with probability 1 - sure (Poisson)."""
    low, high = 0.0, wrong * 2 + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for k in range(1, wrong + 1):
            term *= mean / k
            total += term
        low, high = (mean, high) if total > 1 - sure else (low, mean)
    return high


def make_and_read(args, folder):
    """What was read, as files"""
    share = args.sheets // args.jobs
    shapes = ['--hands'] * args.hands + (['--shapes', *args.shapes] if args.shapes else [])
    paths = [os.path.join(folder, f'{args.seed + i * share}.jsonl') for i in range(args.jobs)]
    running = []
    for i, path in enumerate(paths):
        with open(path, 'wb') as out:
            running.append(subprocess.Popen([args.measure, '--sheets', str(share), '--seed', str(args.seed + i * share),
                                             '--scores', *shapes], stdout=out))
    if any([process.wait() for process in running]):
        sys.exit('marks: sheets could not be made or read')
    return paths


def group_of(seen):
    return ('mark' if seen['kind'] == 'box' else 'circle') + ('.none' if seen['empty'] else '')


def judged_anew(seen, calibration):
    group = calibration['groups'][group_of(seen)]
    accept_from = dict(map(tuple, group['accept']))[TOLERATED]
    seen['accepted'] = not seen['asked'] and seen['score'] >= accept_from
    seen['confidence'] = calibrate.interpolate(group['right'], seen['score'])


def of_files(paths, calibration):
    """(kind, right, asked, accepted, confidence) of every mark; a sheet that two files hold counts once"""
    met = set()
    for path in paths:
        with open(path, encoding='utf-8') as file:
            for line in file:
                if not line.endswith('\n'):
                    break  # a slice that was ended, or that is being made
                seen = json.loads(line)
                if (seen['sheet'], seen['field']) in met:
                    continue
                met.add((seen['sheet'], seen['field']))
                if calibration:
                    judged_anew(seen, calibration)
                if seen['accepted'] and not seen['right']:
                    print(f"accepted and wrong: sheet {seen['sheet']} {seen['field']}, score {seen['score']}")
                yield seen['kind'], seen['right'], seen['asked'], seen['accepted'], seen['confidence']


def print_kinds(fields):
    table = collections.defaultdict(lambda: [0, 0, 0, 0])
    for kind, right, _, accepted, _ in fields:
        for key in (kind, 'all'):
            entry = table[key]
            entry[0], entry[1], entry[2], entry[3] = (entry[0] + 1, entry[1] + right, entry[2] + accepted,
                                                      entry[3] + (accepted and not right))
    print(f'{"kind":13}{"fields":>8}{"right":>10}{"accepted":>10}{"wrong":>7}{"below (95 %)":>14}')
    for kind in sorted(table, key=lambda k: (k == 'all', k)):
        count, right, accepted, wrong = table[kind]
        limit = f'{bound(wrong) / accepted:.4%}' if accepted else '-'
        print(f'{kind:13}{count:8}{right / count:10.3%}{accepted / count:10.3%}{wrong:7}{limit:>14}')


def print_steps(fields):
    """True when every step with enough fields is as good as it says"""
    steps, good = [[0, 0.0, 0] for _ in range(len(EDGES) + 1)], True
    for _, right, asked, _, confidence in fields:
        if not asked:
            entry = steps[bisect.bisect(EDGES, confidence)]
            entry[0], entry[1], entry[2] = entry[0] + 1, entry[1] + 1 - confidence, entry[2] + (not right)
    print('\nconfidence      fields  predicted wrong  observed wrong')
    for low, (count, expected, wrong) in zip((0, *EDGES), steps):
        if count:
            over = count >= ENOUGH and wrong > 2 * expected and wrong > 1
            good = good and not over
            print(f'from {low:<7g} {count:9} {expected / count:15.3%} {wrong / count:15.3%}' + ('   more than twice' if over else ''))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sheets', type=int, default=3000)
    parser.add_argument('--seed', type=int, default=9000000)
    parser.add_argument('--hands', action='store_true')
    parser.add_argument('--shapes', nargs=2)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--measure', default=os.path.join(ROOT, 'build', 'release', 'tests', 'ocr', 'measure_marks'))
    parser.add_argument('--keep')
    parser.add_argument('--add', nargs='+')
    parser.add_argument('--calibration')
    args = parser.parse_args()
    calibration = None
    if args.calibration:
        with open(args.calibration, encoding='utf-8') as file:
            calibration = json.load(file)
    with tempfile.TemporaryDirectory() as scratch:
        fields = list(of_files(args.add or make_and_read(args, args.keep or scratch), calibration))
    print_kinds(fields)
    sys.exit(not print_steps(fields))


if __name__ == '__main__':
    main()
