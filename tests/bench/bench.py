#!/usr/bin/env python3
"""What reading costs, beside what is asked of it: seconds of each stage a page, with all text and with marks alone, what a second
reader adds, the memory of the recogniser and of its children, and the time of a full-page run of tesseract on the same pages.

usage: bench.py [--tasuki PROGRAM] [--directory FILE.csv] [--pages N] [--tesseract-pages N] [FILE|FOLDER]...

Without files it takes the sheets of the sample site; of more than N pages it takes N, spread over all of them. Processor times, and
their ratio to tesseract's, hardly depend on what else the machine does; times of stages and the gain of a second reader are by the
clock, and mean something on a machine that does nothing else.
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
TEXT_S, MARKS_S, TIMES_TESSERACT, TIMES_TWO, RECOGNISER_MB, CHILD_MB = 0.35, 0.05, 4, 1.8, 250, 60  # what is asked
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


def spread(files, most):
    return [files[i * len(files) // most] for i in range(most)] if len(files) > most else files


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
    """Processor seconds of each file that it could read"""
    environment = dict(os.environ, OMP_THREAD_LIMIT='1')
    seconds = {}
    for file in files:
        started = used_s()
        try:
            subprocess.run(['tesseract', file, '-', '-l', 'jpn', '--psm', '3'], env=environment, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        seconds[file] = used_s() - started
    return seconds


def cpu_of(pages):
    """Processor seconds of each document: the last of its pages tells what its child used"""
    return {page['file']: page['child']['cpu_ms'] / 1000 for page in pages if 'child' in page}


def say(name, value, unit, asked, good):
    print(f'{name:<44}{value:>9.3f} {unit:<3} asked: {asked:<12} {"met" if good else "NOT MET"}')


def say_pages(name, pages, asked_s):
    """Median seconds a page, by the clock and of the processor; the processor's is what counts."""
    clock = statistics.median(sum(page['timing_ms'].values()) / 1000 for page in pages)
    cpu = statistics.median(cpu_of(pages).values())
    say(f'{name}, processor, median', cpu, 's', f'<= {asked_s:.3f}', cpu <= asked_s)
    print(f'{name + ", by the clock, median":<44}{clock:>9.3f} s')


def timed_read(tasuki, options, jobs, files):
    """(seconds without loading, pages with their times, the watch)"""
    loading = start_up(tasuki, options)
    seconds, pages, watch = read(tasuki, options, jobs, files)
    timed = [page for page in pages if 'timing_ms' in page]
    if not timed:
        sys.exit('bench: not one page could be read')
    return max(seconds - loading, 0.001), timed, watch


def say_memory(pages, watch):
    peak, own = watch.peak_kb / 1024, watch.child_kb / 1024
    say('memory of the recogniser with its models', peak, 'MB', f'<= {RECOGNISER_MB}', peak <= RECOGNISER_MB)
    say('memory of a child that is its own', own, 'MB', f'<= {CHILD_MB}', 0 < own <= CHILD_MB)
    print(f'{"memory of a child, with what it shares":<44}{max(page["child"]["peak_kb"] for page in pages if "child" in page) / 1024:>9.3f} MB')


def say_tesseract(files, pages):
    ours, theirs = cpu_of(pages), time_tesseract(files)
    both = [file for file in theirs if ours.get(file)]
    if not both:
        return
    times = sum(theirs[file] for file in both) / sum(ours[file] for file in both)
    median = statistics.median(theirs[file] / ours[file] for file in both)
    print(f'{f"tesseract --psm 3 -l jpn ({len(both)} pages), median":<44}{statistics.median(theirs[f] for f in both):>9.3f} s')
    say('so many times our processor time, in all', times, '', f'>= {TIMES_TESSERACT}', times >= TIMES_TESSERACT)
    print(f'{"the same, median of the pages":<44}{median:>9.3f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tasuki', default=os.path.join(ROOT, 'build', 'release', 'tasuki'))
    parser.add_argument('--directory')
    parser.add_argument('--pages', type=int, default=200)
    parser.add_argument('--tesseract-pages', type=int, default=20)
    parser.add_argument('files', nargs='*')
    arguments = parser.parse_args()
    files = spread(files_of(arguments.files), arguments.pages)
    options = ['--directory', arguments.directory] if arguments.directory else []

    print(f'{len(files)} files, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n')
    one_s, pages, watch = timed_read(arguments.tasuki, options, 1, files)
    print_stages(pages)
    print()
    say_pages('a page with all text', pages, TEXT_S)
    say_pages('a page with marks alone', timed_read(arguments.tasuki, options + ['--marks'], 1, files)[1], MARKS_S)
    images = [file for file in files if not file.lower().endswith('.pdf')]
    say_tesseract(spread(images, arguments.tesseract_pages), pages)
    two_s = timed_read(arguments.tasuki, options, 2, files)[0]
    say('two readers, times one', one_s / two_s, '', f'>= {TIMES_TWO}', one_s / two_s >= TIMES_TWO)
    print(f'{"pages a minute, one reader, two readers":<44}{len(pages) / one_s * 60:>9.1f} {len(pages) / two_s * 60:.1f}')
    say_memory(pages, watch)


if __name__ == '__main__':
    main()
