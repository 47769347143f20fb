#!/usr/bin/env python3
"""Makes ocr/judge/calibration.json from pages whose truth is known.

usage: calibrate.py TRUTH.jsonl RESULTS.jsonl [TRUTH RESULTS]... > ocr/judge/calibration.json

RESULTS is what `tasuki read` printed for the pages of TRUTH. A group is a kind of value and a hand (text.typed, digits.hand,
mark, circle, and the blanks apart). In each group

  right   the share of right values as a function of the engine's score: a logistic curve in the logit of the score, bent to
          rise with what was observed (isotonic regression) where there are enough values;
  accept  for each tolerated share of silent errors the lowest score from which on values are accepted: the observed share
          above it and the share that the curve expects must both stay within what is tolerated, and no accepted value may
          itself be expected wrong more than FLOOR times as often. Sure values do not pay for doubtful ones.

A table of expected against observed errors goes to standard error.
"""
import collections
import json
import math
import os
import sys
import unicodedata

DASHES = dict.fromkeys(map(ord, '‐‑‒–—―−ー－ｰ'), '-')
STEPS = (0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05)
# Texts may be wrong three times as often as a mark for the same setting: they are shown beside their crop anyway.
LENIENCE = {'text.typed': 3, 'text.hand': 3}
FLOOR = 20
NEVER = 2


def norm(kind, value):
    if kind in ('box', 'circle'):
        return tuple(sorted(value or []))
    text = ''.join(unicodedata.normalize('NFKC', value or '').split()).translate(DASHES)
    return (text.lstrip('0') or text[-1:]) if kind == 'digits' else text


def group_of(kind, got):
    name = {'box': 'mark', 'circle': 'circle', 'digits': 'digits', 'text': 'text'}[kind]
    if kind in ('box', 'circle'):
        return name if got['value'] else name + '.none'
    if not got['value']:
        return name + '.blank'
    return name + ('.typed' if got.get('hand') == 'typed' else '.hand')


def samples(pairs):
    """group -> list of (score, right), without what a rule sent to a person whatever its score"""
    out = collections.defaultdict(list)
    for truth_path, results_path in pairs:
        results = {}
        with open(results_path, encoding='utf-8') as file:
            for line in file:
                page = json.loads(line)
                results[(os.path.basename(page['file']), page.get('page', 1))] = page
        with open(truth_path, encoding='utf-8') as file:
            for line in file:
                truth = json.loads(line)
                page = results.get((truth['file'], truth.get('page', 1)))
                if page is None or page.get('form') != truth['form']:
                    continue
                for name, want in truth['fields'].items():
                    got = page['fields'].get(name)
                    if got is None or got.get('reason', '') not in ('', 'low_confidence'):
                        continue
                    right = norm(want['kind'], want['value']) == norm(want['kind'], got['value'])
                    out[group_of(want['kind'], got)].append((float(got.get('score', 0)), right))
    return out


def logit(score):
    score = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(score / (1 - score))


def fit_logistic(values):
    """(a, b) of p = 1 / (1 + exp(-(a + b * logit(score)))), by Newton steps with a little pull towards (0, 1)"""
    a, b, pull = 0.0, 1.0, 0.5
    for _ in range(60):
        ga, gb, haa, hab, hbb = pull * -a, pull * (1 - b), pull, 0.0, pull
        for score, right in values:
            x = logit(score)
            p = 1 / (1 + math.exp(-max(min(a + b * x, 30), -30)))
            ga += right - p
            gb += (right - p) * x
            w = p * (1 - p)
            haa += w
            hab += w * x
            hbb += w * x * x
        det = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        a, b = a + max(min(da, 1), -1), b + max(min(db, 1), -1)
        if abs(da) + abs(db) < 1e-9:
            break
    return a, max(b, 0.05)


def isotonic(values):
    """[(lowest score, count, right)] of blocks whose share of right rises with the score"""
    blocks = []
    for score, right in sorted(values):
        blocks.append([score, 1, int(right)])
        while len(blocks) > 1 and blocks[-2][2] * blocks[-1][1] >= blocks[-1][2] * blocks[-2][1]:
            _, count, rights = blocks.pop()
            blocks[-1][1] += count
            blocks[-1][2] += rights
    return blocks


def curve(values):
    a, b = fit_logistic(values)

    def expected(score):
        return 1 / (1 + math.exp(-max(min(a + b * logit(score), 30), -30)))

    blocks = isotonic(values)

    def right(score):
        block = next((block for block in reversed(blocks) if block[0] <= score), blocks[0])
        _, count, rights = block
        strength = 20  # the curve counts as so many observations
        return (rights + strength * expected(score)) / (count + strength)

    grid = sorted({0.0, 1.0, *(round(i / 20, 3) for i in range(1, 20)),
                   *(round(1 - 0.05 * 0.6 ** i, 5) for i in range(1, 14))})
    points, highest = [], 0.0
    for score in grid:
        highest = max(highest, right(score))
        points.append((score, round(min(highest, 0.99999), 6)))
    return points, lambda score: interpolate(points, score)


def interpolate(points, x):
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def accept_from(values, right, tolerated):
    """lowest score above which both the observed and the expected share of errors stay within tolerated"""
    ordered = sorted(values, reverse=True)
    best, wrong, expected = NEVER, 0, 0.0
    for count, (score, ok) in enumerate(ordered, 1):
        doubt = 1 - right(score)
        if doubt > FLOOR * tolerated:
            break
        wrong += not ok
        expected += doubt
        last_of_score = count == len(ordered) or ordered[count][0] < score
        if last_of_score and wrong <= tolerated * count and expected <= tolerated * count:
            below = ordered[count][0] if count < len(ordered) else score
            best = (score + below) / 2
    return best


def main():
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit(__doc__)
    groups = {}
    for name, values in sorted(samples(list(zip(sys.argv[1::2], sys.argv[2::2]))).items()):
        points, right = curve(values)
        lenience = LENIENCE.get(name, 1)
        accept = [(step, round(accept_from(values, right, step * lenience), 6)) for step in STEPS]
        groups[name] = {'count': len(values), 'wrong': sum(not ok for _, ok in values), 'right': points, 'accept': accept}
        shown = {step: sum(score >= at for score, _ in values) / len(values) for step, at in accept}
        print(f"{name:13} {len(values):6} values {groups[name]['wrong']:5} wrong   accepted at " +
              '  '.join(f'{step:g}: {share:.1%}' for step, share in shown.items() if step in (0.001, 0.005, 0.01)),
              file=sys.stderr)
    json.dump({'made_by': 'ocr/train/calibrate.py', 'groups': groups}, sys.stdout, indent=None, separators=(',', ':'))
    print()


if __name__ == '__main__':
    main()
