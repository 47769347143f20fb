#!/usr/bin/env python3
"""What reading costs: seconds of each stage a page, pages a minute on one and two readers, peak memory, and beside it the
time that a full-page run of tesseract takes on the same pages.

usage: bench.py [--tasuki PROGRAM] [--directory FILE.csv] [--marks] [--tesseract-pages N] [FILE|FOLDER]...

Without files it takes the sheets of the sample site. Times of stages are wall-clock times of this machine as it is now;
processor times, and their ratio to tesseract's on the same pages, do not depend on what else it does. --marks: marks alone.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STAGES = ('decode', 'register', 'marks', 'digits', 'text', 'judge')
KINDS = ('.tif', '.tiff', '.pdf', '.png', '.jpg', '.jpeg')


def files_of(arguments):
    found = []
    for argument in arguments or [os.path.join(ROOT, 'config', 'sample', 'sheets')]:
        if os.path.isdir(argument):
            found += sorted(os.path.join(folder, name) for folder, _, names in os.walk(argument) for name in names
                            if name.lower().endswith(KINDS))
        else:
            found.append(argument)
    if not found or not all(os.path.exists(path) for path in found):
        sys.exit('bench: there are no pages to read; name files or a folder')
    return found


def status_kb(pid, key):
    try:
        with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
            for line in file:
                if line.startswith(key + ':'):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def children_of(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def private_kb(pid):
    """What a process shares with no other."""
    try:
        with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(('Private_Dirty:', 'Private_Clean:')))
    except OSError:
        return 0


class Watch(threading.Thread):
    """Peak resident memory of the recogniser and peak private memory of its children, looked at while they live."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_kb, self.child_kb, self.over = pid, 0, 0, False

    def run(self):
        while not self.over:
            for recogniser in children_of(self.pid):
                self.peak_kb = max(self.peak_kb, status_kb(recogniser, 'VmHWM'))
                for child in children_of(recogniser):
                    self.child_kb = max(self.child_kb, private_kb(child))
            time.sleep(0.02)


def read(tasuki, options, jobs, files):
    """(seconds, pages, the watch over its memory)"""
    started = time.monotonic()
    with subprocess.Popen([tasuki, 'read', '--timing', '--jobs', str(jobs), *options, *files], stdout=subprocess.PIPE,
                          text=True, encoding='utf-8') as process:
        watch = Watch(process.pid)
        watch.start()
        pages = [json.loads(line) for line in process.stdout]
    watch.over = True
    watch.join()
    return time.monotonic() - started, pages, watch


def start_up(tasuki, options):
    """Seconds until the models are loaded: reading nothing that can be read."""
    started = time.monotonic()
    subprocess.run([tasuki, 'read', *options, os.devnull], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - started


def print_stages(pages):
    print(f'{"stage":<10}{"mean s":>9}{"median":>9}{"p90":>9}{"max":>9}')
    rows = [(stage, [page['timing_ms'][stage] / 1000 for page in pages]) for stage in STAGES]
    rows.append(('all', [sum(page['timing_ms'].values()) / 1000 for page in pages]))
    for name, seconds in rows:
        seconds = sorted(seconds)
        p90 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.9))]
        print(f'{name:<10}{statistics.mean(seconds):>9.3f}{statistics.median(seconds):>9.3f}{p90:>9.3f}{seconds[-1]:>9.3f}')


def used_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def time_tesseract(files):
    """Processor seconds of each"""
    environment = dict(os.environ, OMP_THREAD_LIMIT='1')
    seconds = []
    for file in files:
        started = used_s()
        try:
            subprocess.run(['tesseract', file, '-', '-l', 'jpn', '--psm', '3'], env=environment, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        seconds.append(used_s() - started)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tasuki', default=os.path.join(ROOT, 'build', 'release', 'tasuki'))
    parser.add_argument('--directory')
    parser.add_argument('--marks', action='store_true')
    parser.add_argument('--tesseract-pages', type=int, default=20)
    parser.add_argument('files', nargs='*')
    arguments = parser.parse_args()
    files = files_of(arguments.files)
    options = (['--directory', arguments.directory] if arguments.directory else []) + (['--marks'] if arguments.marks else [])

    loading = start_up(arguments.tasuki, options)
    print(f'{len(files)} files, {os.cpu_count()} processors, models loaded in {loading:.2f} s\n')
    for jobs in (1, 2):
        seconds, pages, watch = read(arguments.tasuki, options, jobs, files)
        timed = [page for page in pages if 'timing_ms' in page]
        if not timed:
            sys.exit('bench: not one page could be read')
        if jobs == 1:
            print_stages(timed)
            children = [page['child']['peak_kb'] for page in pages if 'child' in page]
            cpu = sorted(page['child']['cpu_ms'] / 1000 for page in pages if 'child' in page)
            print(f'\nprocessor time of a document: {statistics.mean(cpu):.3f} s on average, median {statistics.median(cpu):.3f} s')
            print(f'peak memory: recogniser {watch.peak_kb / 1024:.0f} MB, its children {max(children) / 1024:.0f} MB, '
                  f'{watch.child_kb / 1024:.0f} MB of it their own')
        print(f'{jobs} reader{"s" if jobs > 1 else " "}: {len(pages) / (seconds - loading) * 60:7.1f} pages a minute')
    images = [file for file in files if not file.lower().endswith('.pdf')][:arguments.tesseract_pages]
    seconds = time_tesseract(images)
    if seconds:
        print(f'\ntesseract --psm 3 -l jpn, whole page, processor time: {statistics.mean(seconds):.2f} s a file on average, '
              f'median {statistics.median(seconds):.2f} s ({len(seconds)} files): {statistics.mean(seconds) / statistics.mean(cpu):.1f} times ours')


if __name__ == '__main__':
    main()
