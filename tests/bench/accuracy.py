#!/usr/bin/env python3
"""How well labelled pages are read: predicted against observed errors by steps of confidence, and silent errors by kind.

usage: accuracy.py [--tasuki PROGRAM] [--directory FILE.csv] [--keep FOLDER] FOLDER...

A FOLDER holds truth.jsonl and the pages that it names, as ocr/train/make_pages.py makes them. Ends with 1 when in a step with
200 fields or more the observed errors are more than twice the predicted ones.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'ocr' / 'train'))
import calibrate  # noqa: E402  pylint: disable=wrong-import-position


def read(tasuki, directory, folder, out):
    with open(os.path.join(folder, 'truth.jsonl'), encoding='utf-8') as file:
        pages = sorted({os.path.join(folder, json.loads(line)['file']) for line in file})
    options = ['--directory', directory] if directory else []
    with open(out, 'w', encoding='utf-8') as file:
        subprocess.run([tasuki, 'read', *options, *pages], stdout=file, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tasuki', default=str(ROOT / 'build' / 'release' / 'tasuki'))
    parser.add_argument('--directory')
    parser.add_argument('--keep', help='a folder for the results')
    parser.add_argument('folders', nargs='+')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pairs = []
        for number, folder in enumerate(arguments.folders):
            results = os.path.join(arguments.keep or scratch, f'results-{number}.jsonl')
            read(arguments.tasuki, arguments.directory or os.path.join(folder, 'directory.csv'), folder, results)
            pairs.append((os.path.join(folder, 'truth.jsonl'), results))
        with open(ROOT / 'ocr' / 'judge' / 'calibration.json', encoding='utf-8') as file:
            kept = calibrate.reliability(json.load(file), pairs)
    sys.exit(0 if kept else 1)


if __name__ == '__main__':
    main()
