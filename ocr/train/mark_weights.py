#!/usr/bin/env python3
"""Fits the weights of the mark reader (ocr/marks/weights.h) to labelled options.

usage: mark_weights.py [--truth TRUTH.jsonl] [--net ODDS.jsonl] [--write weights.h] FEATURES.jsonl…

FEATURES is what tasuki-mark-features prints of pages that TRUTH knows, or what measure_marks --features prints of sheets
of its own making, which carry their labels. ODDS is what tasuki-train-marks --odds prints of boxes that the network has not
learnt from: what is measured and what the network sees are weighed together. Struck-out options
are left out: a strike is ink too. Prints, by five-fold cross-validation over pages, how many options fall on the wrong side, and how many of them surely so.
"""
import argparse
import json

from logistic import newton_step

STEPS = 30
RIDGE = {'box': 3e-5, 'circle': 1e-4, 'both': 1e-3}  # of the count
SURE = 2.0  # log odds, as in marks.c
MEASURED_MAX = 8.0  # as in option.c


def odds(weights, terms):
    return weights[0] + sum(w * t for w, t in zip(weights[1:], terms))


def fit_used(samples, used, ridge):
    """Options that are the same by their terms count once, with how often they occur."""
    data = [([terms[i] for i in used], marked, times) for (terms, marked), times in samples.items()]
    weights = [0.0] * (len(used) + 1)
    for _ in range(STEPS):
        step = newton_step(data, weights, ridge)
        weights = [w + max(-3.0, min(3.0, s)) for w, s in zip(weights, step)]
        if max(abs(s) for s in step) < 1e-4:
            break
    return weights


def fit(rows, kind):
    """No ink speaks against a mark: terms that would count so are dropped, the worst first."""
    samples = {}
    for _, terms, marked in rows:
        key = (terms, marked)
        samples[key] = samples.get(key, 0) + 1
    used = list(range(len(rows[0][1])))
    while True:
        weights = fit_used(samples, used, RIDGE[kind] * len(rows))
        worst = min(range(len(used)), key=lambda i: weights[i + 1])
        if weights[worst + 1] >= 0:
            break
        del used[worst]
    out = [weights[0]] + [0.0] * len(rows[0][1])
    for i, weight in zip(used, weights[1:]):
        out[i + 1] = weight
    return out


def cross(rows, kind, folds=5):
    pages = {page: i % folds for i, page in enumerate(sorted({page for page, _, _ in rows}))}
    wrong, sure, unsure = 0, [], 0
    for fold in range(folds):
        weights = fit([row for row in rows if pages[row[0]] != fold], kind)
        for page, terms, marked in (row for row in rows if pages[row[0]] == fold):
            z = odds(weights, terms)
            wrong += (z > 0) != marked
            unsure += abs(z) < SURE
            if (z > 0) != marked and abs(z) >= SURE:
                sure.append((page, marked, round(z, 1)))
    print(f'{kind:7} options {len(rows)}  wrong {wrong}  unsure {unsure}  surely wrong {len(sure)}')
    for page, marked, z in sure:
        print(f'    {page} marked {marked:d} log odds {z}')


def read(paths, truth):
    rows = {'box': [], 'circle': []}
    for path in paths:
        with open(path, encoding='utf-8') as lines:
            for line in lines:
                seen = json.loads(line)
                if 'marked' in seen:
                    marked, struck = seen['marked'], seen['struck']
                else:
                    field = truth[seen['file']]['fields'].get(seen['field'])
                    if field is None or truth[seen['file']]['form'] != seen['form']:
                        continue
                    marked, struck = seen['option'] in field['value'], seen['option'] in (field.get('cancelled') or [])
                if not struck:
                    terms = tuple(round(term, 4) for term in seen['terms'])
                    rows[seen['kind']].append((seen['file'], terms, bool(marked)))
    return rows


def fit_both(path, kind):
    samples = {}
    with open(path, encoding='utf-8') as lines:
        for seen in map(json.loads, lines):
            if seen['kind'] == kind:
                measured, net = max(-MEASURED_MAX, min(MEASURED_MAX, seen['odds'])), seen['net']
                agreed = 0.0 if measured * net < 0 else min(measured, net, key=abs)
                key = (measured, net, agreed), seen['label'] > 0
                samples[key] = samples.get(key, 0) + 1
    used = [0, 1, 2] if kind == 'box' else [0, 1]  # of boxes, what both agree on counts once more
    return fit_used(samples, used, RIDGE['both'] * sum(samples.values()))


def c_array(name, count, weights):
    return f'static const double {name}[{count} + 1] = {{ ' + ', '.join(f'{w:.4g}' for w in weights) + ' };\n'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--truth')
    parser.add_argument('--net')
    parser.add_argument('--write')
    parser.add_argument('features', nargs='+')
    args = parser.parse_args()
    truth = {}
    if args.truth:
        with open(args.truth, encoding='utf-8') as lines:
            truth = {page['file']: page for page in map(json.loads, lines)}
    rows = read(args.features, truth)
    weights = {}
    for kind in ('box', 'circle'):
        cross(rows[kind], kind)
        weights[kind] = fit(rows[kind], kind)
        print('    ' + ' '.join(f'{w:.3f}' for w in weights[kind]))
    both, ring = (fit_both(args.net, kind) if args.net else [0.0, 1.0] + [0.0] * (2 if kind == 'box' else 1)
                  for kind in ('box', 'circle'))
    for together in (both, ring):
        print('    ' + ' '.join(f'{w:.3f}' for w in together))
    if args.write:
        with open(args.write, 'w', encoding='utf-8') as file:
            file.write(f'/*\n * weights - of the two logistic models of ocr/marks, made by ocr/train/mark_weights.py from '
                       f'{len(rows["box"])} boxes\n * and {len(rows["circle"])} words of labelled faxes and of sheets '
                       'that measure_marks made\n *\n'
                       ' * Order: bias, then the terms of box_terms() and circle_terms() in option.c.\n */\n'
                       '#ifndef TASUKI_OCR_MARKS_WEIGHTS_H\n#define TASUKI_OCR_MARKS_WEIGHTS_H\n\n'
                       f'#define BOX_TERMS {len(weights["box"]) - 1}\n'
                       f'#define CIRCLE_TERMS {len(weights["circle"]) - 1}\n\n'
                       + c_array('box_weights', 'BOX_TERMS', weights['box'])
                       + c_array('circle_weights', 'CIRCLE_TERMS', weights['circle'])
                       + c_array('both_weights', 3, both) + c_array('ring_weights', 2, ring) + '\n#endif\n')


main()
