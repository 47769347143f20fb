#!/usr/bin/env python3
"""Trains the weights of the text engine's scores (ocr/text/weights.c) on labelled pages.

usage: text_weights.py [--write weights.c] [--scores SCORES.jsonl] FEATURES.jsonl TRUTH.jsonl [FEATURES TRUTH]...

FEATURES is what tasuki-text-features prints. Each score is a logistic regression with a ridge, fitted by Newton steps.
Prints, by five-fold cross-validation over pages, how many fields could be accepted at given shares of wrong ones. SCORES gets
the scores of the same five fits, each for the pages that it has not seen: calibrate.py learns from those what a score is worth.
"""
import argparse
import json
import math
import unicodedata

from logistic import newton_step, probability

DASHES = dict.fromkeys(map(ord, '‐‑‒–—―−ー－ｰ'), '-')
CLASSES = {
    'institution': 'LISTED', 'department': 'LISTED', 'ward': 'LISTED', 'relation': 'LISTED',
    'surname': 'NAME', 'person': 'NAME', 'kana': 'KANA', 'town': 'ADDRESS', 'phone': 'PATTERN', 'email': 'PATTERN',
}
RIDGE = 3.0
UNLISTED_MOST = 0.9  # as TSK_UNLISTED_MOST
# Which way a feature may count (order of enum tsk_feature): a fit that says otherwise has seen an accident.
SIGNS = dict(enumerate({'-': -1, '+': 1, '0': 0}[c] for c in
             # distance nearest margin exact disagree same least1 mean1 least2 mean2 length prior formed kept error coarse
             '--++-+++++0-+0--'
             # uneven strokes thin broken more fewer hand both farther pitch
             '-00----+--'
             # of the shapes: fit worst margin same off sure
             '--++-+'
             # rows: broken missing spoilt
             '---'
             # language rival
             '-+'))


def norm(text):
    return ''.join(unicodedata.normalize('NFKC', text or '').split()).translate(DASHES)


def fit_signed(samples):
    """Drops the feature that counts most the wrong way, one after the other, until none does."""
    dropped = set()
    while True:
        weights = fit([([0.0 if i in dropped else v for i, v in enumerate(x)], y) for x, y in samples])
        wrong = [(abs(weights[i + 1]), i) for i, sign in SIGNS.items() if sign * weights[i + 1] < -1e-9]
        if not wrong:
            return weights
        dropped |= {i for _, i in sorted(wrong)[-3:]}


def fit(samples, ridge=RIDGE, steps=10):
    """samples: (features, label). Features are scaled for the ridge, the weights given back for raw ones."""
    n = len(samples[0][0])
    means = [sum(x[i] for x, _ in samples) / len(samples) for i in range(n)]
    scales = [math.sqrt(sum((x[i] - means[i]) ** 2 for x, _ in samples) / len(samples)) or 1.0 for i in range(n)]
    data = [([(x[i] - means[i]) / scales[i] for i in range(n)], y, 1) for x, y in samples]
    w = [0.0] * (n + 1)
    for _ in range(steps):
        w = [a + max(-5, min(5, b)) for a, b in zip(w, newton_step(data, w, ridge))]
    raw = [w[i + 1] / scales[i] for i in range(n)]
    return [w[0] - sum(r * m for r, m in zip(raw, means))] + raw


def cross(samples, fit=fit, folds=5, seen=None):
    """samples: (page, features, label, what) -> (score, label), each scored by a fit that did not see its page."""
    pages = sorted({page for page, *_ in samples})
    fold = {page: i % folds for i, page in enumerate(pages)}
    out = []
    for k in range(folds):
        weights = fit([(x, y) for page, x, y, *_ in samples if fold[page] != k])
        for page, x, y, *what in samples:
            if fold[page] == k:
                out.append((probability(weights, x), y))
                if seen is not None:
                    seen[(*page, *what)] = out[-1][0]
    return out


def table(name, scored):
    scored = sorted(scored, reverse=True)
    line = f'{name:12} {len(scored):5} right {100 * sum(y for _, y in scored) / len(scored):6.2f}%   accepted at'
    for tolerated in (0.0, 0.001, 0.003, 0.01, 0.015):
        best = wrong = 0
        for i, (_, y) in enumerate(scored, 1):
            wrong += not y
            if wrong <= tolerated * i:
                best = i
        line += f'  {100 * tolerated:g}%: {100 * best / len(scored):5.1f}'
    print(line)


def c_array(weights):
    return '{ ' + ', '.join(f'{w:.4g}' for w in weights) + ' }'


def load(features, truths, scores, written, hands):
    """Adds what the fields of one set of pages show to scores (by class), written and hands."""
    truth = {}
    with open(truths, encoding='utf-8') as lines:
        for line in lines:
            page = json.loads(line)
            truth[page['file']] = page
    with open(features, encoding='utf-8') as lines:
        for line in lines:
            seen = json.loads(line)
            page = truth[seen['file']]
            if page['form'] != seen['form'] or seen['field'] not in page['fields']:
                continue
            where = (truths, seen['file'])
            want = norm(page['fields'][seen['field']]['value'])
            written.append((where, seen['ink'], int(want != '')))
            if want and not seen['blank']:
                name = CLASSES.get(seen['lexicon'], 'FREE')
                right = int(norm(seen['value']) == want)
                scores.setdefault(name, []).append((where, seen['features'], right, seen['field'], seen['value'], seen['unlisted']))
                hands.append((where, seen['hand_features'], int(page['hand'])))


def write_weights(path, out, written, hands):
    with open(path, 'w', encoding='utf-8') as file:
        file.write('/* Made by ocr/train/text_weights.py; the order is that of enum tsk_feature. */\n'
                   '#include "ocr/text/decide.h"\n\n'
                   '/* clang-format off */\n'
                   'const double tsk_text_weights[TSK_SCORE_CLASSES][TSK_FEATURES + 1] = {\n')
        for name in sorted(out):
            file.write(f'    [TSK_SCORE_{name}] = {c_array(out[name])},\n')
        file.write('};\n'
                   f'const double tsk_written_weights[TSK_INK_FEATURES + 1] =\n    '
                   f'{c_array(fit([(x, y) for _, x, y in written]))};\n'
                   f'const double tsk_hand_weights[TSK_HAND_FEATURES + 1] =\n    '
                   f'{c_array(fit([(x, y) for _, x, y in hands]))};\n'
                   '/* clang-format on */\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--write')
    parser.add_argument('--scores')
    parser.add_argument('pairs', nargs='+')
    args = parser.parse_args()
    scores, written, hands = {}, [], []
    for features, truths in zip(args.pairs[::2], args.pairs[1::2]):
        load(features, truths, scores, written, hands)
    everything, held = [], {}
    for name in sorted(scores):
        scored = cross(scores[name], fit_signed, seen=held)
        everything += scored
        table(name, scored)
    table('all', everything)
    if args.scores:
        with open(args.scores, 'w', encoding='utf-8') as file:
            for (truths, page, field, value, unlisted), score in held.items():
                score = min(score, UNLISTED_MOST) if unlisted else score
                file.write(json.dumps({'truth': truths, 'file': page, 'field': field, 'value': value, 'score': score}) + '\n')
    scored = cross(hands)
    print(f'hand told from type: {100 * sum((p > 0.5) == bool(y) for p, y in scored) / len(scored):.2f}%')
    scored = cross(written)
    print(f'writing told from none: {100 * sum((p > 0.5) == bool(y) for p, y in scored) / len(scored):.2f}%')
    table('blank', [(1 - p, 1 - y) for p, y in scored if p < 0.5])
    if args.write:
        out = {name: fit_signed([(x, y) for _, x, y, *_ in scores[name]]) for name in sorted(scores)}
        write_weights(args.write, out, written, hands)


if __name__ == '__main__':
    main()
