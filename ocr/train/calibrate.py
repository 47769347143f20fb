#!/usr/bin/env python3
"""Makes ocr/judge/calibration.json from pages whose truth is known.

usage: calibrate.py [--scores SCORES]... [--marks MARKS]... [--keep CALIBRATION.json --only KIND,…] TRUTH.jsonl RESULTS.jsonl [TRUTH RESULTS]...
           > ocr/judge/calibration.json
       calibrate.py --reliability CALIBRATION.json [--marks MARKS]... TRUTH.jsonl RESULTS.jsonl [TRUTH RESULTS]...

RESULTS is what `tasuki read` printed for the pages of TRUTH; for texts alone, what tasuki-text-features printed does as well. Where the score of a text comes from weights that were trained on
these pages, SCORES (text_weights.py --scores) gives the score that weights without its page give (and the value, should
the engine have changed since). Pages with digits should have
been read with weights that do not know their writers. MARKS is what measure_marks --scores prints of sheets of its own making. --keep takes the groups of other kinds than those that --only names (text,
digits, mark, circle; or a group, digits.typed) over from an older file: nothing of them is made anew then. A group is a kind of value and a hand (text.typed, digits.hand, mark,
circle; names of a list, free text and the blanks apart). In each group

  right   the share of right values as a function of the engine's score: a logistic curve in the logit of the score, bent to
          rise with what was observed (isotonic regression) where there are enough values;
  accept  for each tolerated share of silent errors the lowest score from which on values are accepted: the share of errors above
          it (of texts and digits: its upper bound at SURE) and the share that the curve expects must both stay within what is
          tolerated, and no accepted value may itself be expected wrong more than FLOOR times as often. Sure values do not pay
          for doubtful ones. Texts of one hand are weighed together: one expected share of errors bounds all their groups, the
          one up to which the accepted ones of all, taken together, stay within what is tolerated for texts.

A table of expected against observed errors goes to standard error. --reliability prints, for other pages, what a calibration
expects against what is observed, by steps of confidence, and what would have been accepted in error.
"""
import argparse
import bisect
import collections
import functools
import itertools
import json
import math
import os
import pathlib
import re
import sys
import unicodedata

DASHES = dict.fromkeys(map(ord, '‐‑‒–—―−ー－ｰ'), '-')
STEPS = (0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05)
# Texts may be wrong three times as often as digits for the same setting: they are shown beside their crop anyway. A mark decides
# who is told what: a fifth and a half.
LENIENCE = {f'{name}.{hand}': 3 for name in ('text', 'free', 'listed') for hand in ('typed', 'hand')}
STRICT = {'mark': 0.2, 'mark.none': 0.2, 'circle': 0.5, 'circle.none': 0.5}
LISTED = ('institution', 'department', 'ward', 'relation')
POOLS = {hand: tuple(f'{name}.{hand}' for name in ('text', 'free', 'listed')) for hand in ('typed', 'hand')}
BOUNDED = {'digits.typed', 'digits.hand', *LENIENCE}
HANDS = ('none', 'typed', 'hand')  # as enum tsk_hand
VOTES_MIN, CLEAR = 3, 0.8  # as in ocr/text/text_field.c
SURE = 0.7
FLOOR = 20
NEVER = 2
FORMS = pathlib.Path(__file__).resolve().parents[2] / 'forms'



def norm(kind, value):
    if kind in ('box', 'circle'):
        return tuple(sorted(value or []))
    text = ''.join(unicodedata.normalize('NFKC', value or '').split()).translate(DASHES)
    return (text.lstrip('0') or text[-1:]) if kind == 'digits' else text


@functools.lru_cache(None)
def lexicons(form):
    """field -> lexicon; fields of rows that repeat stand under the last part of their name"""
    found, last = {}, ''
    for path in FORMS.glob(form + '/*/form.yaml'):
        for line in path.read_text(encoding='utf-8').splitlines():
            last = m[1] if (m := re.search(r'\bid: *([\w.]+)', line)) else last
            if m := re.search(r'\blexicon: *(\w+)', line):
                found[last] = m[1]
    return found


def group_of(form, kind, name, got):
    """As tsk_calibration_group in ocr/judge/calibration.c."""
    if kind in ('box', 'circle'):
        group = 'mark' if kind == 'box' else 'circle'
        return group if got['value'] else group + '.none'
    if not got['value']:
        return kind + '.blank'
    lexicon = lexicons(form).get(name.split('.')[-1], '')
    if kind == 'text':
        kind = 'free' if lexicon == 'free' else 'listed' if lexicon in LISTED else 'text'
    return kind + ('.typed' if got.get('hand') == 'typed' else '.hand')


def read_results(path):
    results = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            page = json.loads(line)
            key = (os.path.basename(page['file']), page.get('page', 1))
            if 'field' in page:  # of tasuki-text-features: a line a field
                whole = results.setdefault(key, {'form': page['form'], 'fields': {}})
                whole['fields'][page['field']] = {'value': page['value'], 'score': page['score'], 'hand': HANDS[page['hand']],
                                                 'reason': page['reason']}
            else:
                results[key] = page
    return results


def settle_hand(page, hand):
    """The reader asks the digits of a block where its texts are of two minds; these know, and here the truth stands for them."""
    said = collections.Counter(field['hand'] for field in page['fields'].values() if field['hand'] != 'none')
    votes = said['typed'] + said['hand']
    if votes < VOTES_MIN or max(said.values()) < CLEAR * votes:
        most = 'hand' if hand else 'typed'
    else:
        most = 'typed' if said['typed'] > said['hand'] else 'hand'
    for field in page['fields'].values():
        field['hand'] = most


def pages_of(truth_path, results_path):
    results = read_results(results_path)
    with open(truth_path, encoding='utf-8') as file:
        for line in file:
            truth = json.loads(line)
            page = results.get((truth['file'], truth.get('page', 1)))
            if page is not None and page.get('form') == truth['form']:
                if 'file' not in page:
                    settle_hand(page, truth['hand'])
                yield truth, page


def samples(pairs, held, every=False):
    """group -> list of (score, right, asked), without what a rule sent to a person whatever its score (unless every)"""
    out = collections.defaultdict(list)
    for truth_path, results_path in pairs:
        for truth, page in pages_of(truth_path, results_path):
            for name, want in truth['fields'].items():
                got = page['fields'].get(name)
                if got is None:
                    continue
                asked = got.get('reason', '') not in ('', 'low_confidence')
                if asked and not every:
                    continue
                got = got | held.get((truth_path, truth['file'], name), {})
                right = norm(want['kind'], want['value']) == norm(want['kind'], got['value'])
                score = float(got.get('score', 0))
                out[group_of(truth['form'], want['kind'], name, got)].append((score, right, asked))
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
    """[(lowest score, count, right)] of blocks whose share of right rises with the score; equal scores are one block"""
    blocks = []
    for score, same in itertools.groupby(sorted(values), key=lambda value: value[0]):
        rights = [right for _, right in same]
        blocks.append([score, len(rights), sum(rights)])
        while len(blocks) > 1 and blocks[-2][2] * blocks[-1][1] >= blocks[-1][2] * blocks[-2][1]:
            _, count, right = blocks.pop()
            blocks[-1][1] += count
            blocks[-1][2] += right
    return blocks


def curve(values, bounded):
    """No group of texts or digits is surer than so many values without an error would let one be (SURE)."""
    a, b = fit_logistic(values)
    ceiling = max(0.5, 1 - bound(0) / len(values)) if bounded else 0.99999

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
        points.append((score, round(min(highest, ceiling), 6)))
    # what is shown of a mark claims no more than so many values can tell
    told = [(score, min(share, round(1 - 1 / (len(values) + 2), 6))) for score, share in points]
    return told, lambda score: interpolate(points, score)


def interpolate(points, x):
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def accept_from(values, right, tolerated, bounded):
    """lowest score above which both the observed (or its bound) and the expected share of errors stay within tolerated"""
    ordered = sorted(values, reverse=True)
    best, wrong, expected = NEVER, 0, 0.0
    for count, (score, ok) in enumerate(ordered, 1):
        doubt = 1 - right(score)
        if doubt > FLOOR * tolerated:
            break
        wrong += not ok
        expected += doubt
        last_of_score = count == len(ordered) or ordered[count][0] < score
        observed = bound(wrong) if bounded else wrong
        if last_of_score and observed <= tolerated * count and expected <= tolerated * count:
            below = ordered[count][0] if count < len(ordered) else score
            best = (score + below) / 2
    return best


def accept_pooled(members, tolerated):
    """{group: lowest accepted score}: as accept_from for several groups with one expected share of errors as their limit"""
    ordered = sorted(((right(score), ok) for values, right in members.values() for score, ok in values), reverse=True)
    limit, wrong, expected = NEVER, 0, 0.0
    for count, (sure, ok) in enumerate(ordered, 1):
        if 1 - sure > FLOOR * tolerated:
            break
        wrong += not ok
        expected += 1 - sure
        last_of_score = count == len(ordered) or ordered[count][0] < sure
        if last_of_score and bound(wrong) <= tolerated * count and expected <= tolerated * count:
            limit = sure
    return {name: lowest_score(values, right, limit) for name, (values, right) in members.items()}


def lowest_score(values, right, limit):
    scores = sorted({score for score, _ in values}, reverse=True)
    within = [score for score in scores if right(score) >= limit]
    if not within:
        return NEVER
    below = scores[len(within)] if len(within) < len(scores) else within[-1]
    return (within[-1] + below) / 2


@functools.lru_cache(None)
def bound(wrong):
    """Highest mean under which so few errors would still come with probability 1 - SURE (Poisson)."""
    low, high = 0.0, wrong + 20.0 + 3 * math.sqrt(wrong)
    for _ in range(60):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for k in range(1, wrong + 1):
            term *= mean / k
            total += term
        low, high = (mean, high) if total > 1 - SURE else (low, mean)
    return high


def mark_samples(paths, every=False):
    out = collections.defaultdict(list)
    for path in paths:
        with open(path, encoding='utf-8') as file:
            for seen in map(json.loads, file):
                if seen['asked'] and not every:
                    continue
                group = ('mark' if seen['kind'] == 'box' else 'circle') + ('.none' if seen['empty'] else '')
                out[group].append((seen['score'], seen['right'], seen['asked']))
    return out


def kind_of(group):
    kind = group.split('.')[0]
    return 'text' if kind in ('free', 'listed') else kind


def accepted_scores(curves):
    """group -> [(step, lowest accepted score)]"""
    found = collections.defaultdict(list)
    pooled = {name for names in POOLS.values() for name in names}
    for step in STEPS:
        for names in POOLS.values():
            members = {name: curves[name] for name in names if name in curves}
            lenience = max((LENIENCE.get(name, 1) for name in members), default=1)
            for name, score in accept_pooled(members, step * lenience).items():
                found[name].append((step, round(score, 6)))
        for name, (values, right) in curves.items():
            if name not in pooled:
                score = accept_from(values, right, step * {**LENIENCE, **STRICT}.get(name, 1), name in BOUNDED)
                found[name].append((step, round(score, 6)))
    return found


def calibrate(pairs, held, marks, kept, only):
    groups, curves, points = dict(kept), {}, {}
    seen = samples(pairs, held)
    for name, values in mark_samples(marks).items():
        seen[name] += values
    for name, values in sorted(seen.items()):
        if only and kind_of(name) not in only and name not in only:
            continue
        values = [(score, right) for score, right, _ in values]
        points[name], right = curve(values, name in BOUNDED)
        curves[name] = values, right
    for name, accept in sorted(accepted_scores(curves).items()):
        values = curves[name][0]
        groups[name] = {'count': len(values), 'wrong': sum(not ok for _, ok in values), 'right': points[name], 'accept': accept}
        shown = {step: sum(score >= at for score, _ in values) / len(values) for step, at in accept}
        print(f"{name:13} {len(values):6} values {groups[name]['wrong']:5} wrong   accepted at " +
              '  '.join(f'{step:g}: {share:.1%}' for step, share in shown.items() if step in (0.001, 0.003, 0.005)),
              file=sys.stderr)
    made = {'made_by': 'ocr/train/calibrate.py', 'bound': SURE, 'groups': dict(sorted(groups.items()))}
    json.dump(made, sys.stdout, separators=(',', ':'))
    print()


EDGES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)


def reliability(calibration, pairs, marks=()):
    """Bins of confidence over all kinds; then silent errors by group. True if no bin is wrong more than twice as often as it says."""
    kept = True
    bins = [[0, 0.0, 0] for _ in range(len(EDGES) + 1)]
    table = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    counts = collections.Counter()
    seen = samples(pairs, {}, every=True)
    for name, values in mark_samples(marks, every=True).items():
        seen[name] += values
    for name, values in seen.items():
        group = calibration['groups'].get(name)
        for score, ok, asked in values:
            if group is None:
                continue
            counts[name] += 1
            doubt = 1 - interpolate(group['right'], score)
            if not asked:
                entry = bins[bisect.bisect(EDGES, 1 - doubt)]
                entry[0], entry[1], entry[2] = entry[0] + 1, entry[1] + doubt, entry[2] + (not ok)
            for step, at in group['accept']:
                if not asked and score >= at:
                    for key in (name, 'all'):
                        table[key][step][0] += 1
                        table[key][step][1] += not ok
    print('confidence      fields  predicted wrong  observed wrong')
    for low, (count, expected, wrong) in zip((0, *EDGES), bins):
        if count:
            kept = kept and not (count >= 200 and wrong > 2 * expected)
            over = '   more than twice' if count >= 200 and wrong > 2 * expected else ''
            print(f'from {low:<7g} {count:9} {expected / count:15.3%} {wrong / count:15.3%}{over}')
    counts['all'] = sum(counts.values())
    steps = (0.001, 0.003, 0.005)
    print('group           fields  ' + '  '.join(f'at {step:<5g} accepted wrong' for step in steps))
    for name in sorted(table, key=lambda n: (n == 'all', n)):
        cells = (table[name][step] for step in steps)
        print(f'{name:13} {counts[name]:8}  ' + '  '.join(
            f'{n / counts[name]:17.1%} {wrong:5}' + (f' {wrong / n:6.2%}' if n else '') for n, wrong in cells))
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scores', action='append', default=[])
    parser.add_argument('--marks', action='append', default=[])
    parser.add_argument('--reliability')
    parser.add_argument('--keep')
    parser.add_argument('--only', default='')
    parser.add_argument('pairs', nargs='*')
    args = parser.parse_args()
    pairs = list(zip(args.pairs[::2], args.pairs[1::2]))
    if args.reliability:
        with open(args.reliability, encoding='utf-8') as file:
            reliability(json.load(file), pairs, args.marks)
        return
    held = {}
    for path in args.scores:
        with open(path, encoding='utf-8') as file:
            for line in file:
                seen = json.loads(line)
                held[(seen['truth'], seen['file'], seen['field'])] = seen
    only, kept = {kind for kind in args.only.split(',') if kind}, {}
    if args.keep:
        with open(args.keep, encoding='utf-8') as file:
            kept = {name: group for name, group in json.load(file)['groups'].items()
                    if kind_of(name) not in only and name not in only}
    calibrate(pairs, held, args.marks, kept, only)


if __name__ == '__main__':
    main()
