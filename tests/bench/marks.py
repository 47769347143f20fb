#!/usr/bin/env python3
"""How far marks can be trusted: accepted values that are wrong, with their bound, and predicted against observed errors.

usage: marks.py [--sheets N] [--seed N] [--shapes IMAGES LABELS] [--measure PROGRAM] [--jobs N]

Makes and reads N sheets of its own (tests/ocr/measure_marks, 3,000 unless told: 24,000 marks, ten minutes of one core), with every
fault of scanner and line, half of them with marks that people made when --shapes names them (IDX files, unpacked).

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

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

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


def of_sheets(args):
    """(kind, right, asked, accepted, confidence) of every mark of sheets of our own"""
    share = args.sheets // args.jobs
    shapes = ['--shapes', *args.shapes] if args.shapes else []
    running = [subprocess.Popen([args.measure, '--sheets', str(share), '--seed', str(args.seed + i * share), '--scores', *shapes],
                                stdout=subprocess.PIPE) for i in range(args.jobs)]
    for process in running:
        for line in process.stdout:
            seen = json.loads(line)
            yield seen['kind'], seen['right'], seen['asked'], seen['accepted'], seen['confidence']
        if process.wait() != 0:
            sys.exit('marks: sheets could not be made or read')


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
    parser.add_argument('--shapes', nargs=2)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--measure', default=os.path.join(ROOT, 'build', 'release', 'tests', 'ocr', 'measure_marks'))
    args = parser.parse_args()
    fields = list(of_sheets(args))
    print_kinds(fields)
    sys.exit(not print_steps(fields))


if __name__ == '__main__':
    main()
