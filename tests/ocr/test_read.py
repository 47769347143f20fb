#!/usr/bin/env python3
"""tasuki read from outside: order, exit status, bad files, children and recognisers that die, zones and locales.

usage: test_read.py TASUKI SOURCE_DIR
"""
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

TASUKI, SOURCE = sys.argv[1], sys.argv[2]
BLANK = os.path.join(SOURCE, 'forms', 'referral-status', 'higashinari-2015', 'blank.pdf')
OUTCOME = os.path.join(SOURCE, 'forms', 'outcome', 'higashinari-2015', 'blank.pdf')


def read(*arguments, **environment):
    """(exit status, pages, lines on standard error that are messages)"""
    done = subprocess.run([TASUKI, 'read', *arguments], capture_output=True, text=True, encoding='utf-8',
                          env={**os.environ, **environment}, check=False)
    said = [line for line in done.stderr.splitlines() if line.startswith('tasuki: ')]
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], said


def tiff(pages, date=b'2026:11:21 12:15:00\0'):
    """Pages of (width, height, rows of bits, ink 1, or None to claim without having) as an uncompressed TIFF."""
    out = bytearray(b'II*\0\0\0\0\0')
    link = 4
    for width, height, bits in pages:
        rows = bits if bits is not None else b'\0' * 64
        at = len(out)
        out += rows + date
        tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 0), (273, 4, 1, at),
                (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(rows)), (306, 2, len(date), at + len(rows))]
        struct.pack_into('<L', out, link, len(out))
        out += struct.pack('<H', len(tags)) + b''.join(struct.pack('<HHLL', *tag) for tag in tags)
        link = len(out)
        out += struct.pack('<L', 0)
    return bytes(out)


def bitmap_of(pdf, turned=False):
    """A fax page of a PDF: 204 x 196 dpi."""
    data = subprocess.run(['pdftoppm', '-mono', '-rx', '204', '-ry', '196', pdf], capture_output=True, check=True).stdout
    head, _, rest = data.partition(b'\n')
    size, _, bits = rest.partition(b'\n')
    width, height = map(int, size.split())
    assert head == b'P4'
    if turned:
        stride = (width + 7) // 8
        flip = bytes(int(f'{n:08b}'[::-1], 2) for n in range(256))
        bits = bits[:stride * height][::-1].translate(flip)
        width = stride * 8
    return width, height, bits


def wait_for(find, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = find()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError('nothing came')


def child_of(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


class Read(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix='tasuki-read-')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def file(self, name, content):
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def test_each_page_of_each_file_in_order(self):
        both = self.file('both.tif', tiff([bitmap_of(BLANK), (1728, 2292, b'\0' * 216 * 2292), bitmap_of(OUTCOME, True)]))
        status, pages, said = read('--jobs', '2', both, OUTCOME, both)
        self.assertEqual((status, said), (0, []))
        self.assertEqual([(page['file'], page['page'], page['form'], page['rotation']) for page in pages],
                         [(both, 1, 'referral-status', 0), (both, 2, None, 0), (both, 3, 'outcome', 180),
                          (OUTCOME, 1, 'outcome', 0),
                          (both, 1, 'referral-status', 0), (both, 2, None, 0), (both, 3, 'outcome', 180)])
        self.assertEqual(pages[1]['state'], 'no_form')
        self.assertEqual(pages[1]['fields'], {})
        self.assertEqual(pages[0]['received'], '2026-11-21T03:15:00.000Z')

    def test_nothing_is_read_where_nothing_is_written(self):
        _, pages, _ = read(BLANK)
        written = {name: field['value'] for name, field in pages[0]['fields'].items() if field['value']}
        self.assertEqual(written, {})

    def test_reception_can_be_told(self):
        path = self.file('page.tif', tiff([bitmap_of(BLANK)]))
        self.assertEqual(read('--marks', '--received', '2015-04-12T09:00:00+09:00', path)[1][0]['received'],
                         '2015-04-12T00:00:00.000Z')
        status, pages, said = read('--received', 'soon', path)
        self.assertEqual((status, pages, len(said)), (1, [], 1))
        self.assertIn('--received: soon is not a time', said[0])

    def test_only_marks(self):
        _, pages, _ = read('--marks', BLANK)
        for field in pages[0]['fields'].values():
            if field['kind'] in ('text', 'digits'):
                self.assertTrue(field['review'])

    def test_bad_files_are_named_and_the_others_read(self):
        bad = {
            'empty.tif': (b'', 'is empty'),
            'letter.txt': (b'Dear Sirs', 'is not a TIFF, PDF, PNG or JPEG'),
            'cut.tif': (tiff([bitmap_of(BLANK)])[:5000], 'damaged or was cut off'),
            'enormous.tif': (tiff([(60000, 60000, None)]), '60000 x 60000'),
            'long.tif': (tiff([(64, 8, b'\0' * 64)] * 500), 'more than 200 pages'),
            'none.tif': (b'II*\0\0\0\0\0', 'has no pages'),
            'broken.pdf': (b'%PDF-1.4\nand so on', 'damaged or has no pages'),
        }
        paths = [self.file(name, content) for name, (content, _) in bad.items()]
        status, pages, said = read('--marks', *paths, BLANK, os.path.join(self.dir, 'missing.tif'), self.dir)
        self.assertEqual(status, 1)
        self.assertEqual([page['file'] for page in pages], [BLANK])
        self.assertEqual(len(said), len(bad) + 2)
        for line, path, (_, why) in zip(said, paths, bad.values()):
            self.assertTrue(line.startswith(f'tasuki: {path}: '), line)
            self.assertIn(why, line)

    def test_a_page_never_hides_another(self):
        path = self.file('mixed.tif', tiff([(60000, 60000, None), bitmap_of(BLANK)]))
        status, pages, _ = read('--marks', path)
        self.assertEqual(status, 0)
        self.assertEqual([(page['page'], page['state'], page['form']) for page in pages],
                         [(1, 'incomplete', None), (2, 'read', 'referral-status')])
        self.assertIn('60000 x 60000', pages[0]['reason'])

    def test_zone_and_locale_change_nothing(self):
        path = self.file('zone.tif', tiff([bitmap_of(BLANK)], date=b'2026/11/21 01:15:00\0'))
        here = read(path, TZ='Asia/Tokyo', LC_ALL='C.UTF-8')
        there = read(path, TZ='America/New_York', LC_ALL='C')
        self.assertEqual(here, there)

    def kill_in_the_middle(self, files, victim, number):
        """(status, lines, messages) of reading files, when what victim finds is killed after the first page"""
        with subprocess.Popen([TASUKI, 'read', *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, encoding='utf-8') as process:
            first = process.stdout.readline() # before that the recogniser draws its blanks, in children of another kind
            try:
                os.kill(wait_for(lambda: victim(process.pid))[-1], number)
            except ProcessLookupError:
                pass
            rest, said = process.communicate(timeout=300)
        return process.returncode, [first, *rest.splitlines()], said

    def test_a_child_that_dies_takes_only_its_document(self):
        """A child may have answered when it is killed, and then takes nothing with it: again, until one is met at work. SIGABRT is
        the signal that a sanitizer leaves alone: it takes SIGSEGV for its own, and the child ends with a status instead."""
        long = self.file('long.tif', tiff([bitmap_of(BLANK)] * 5))
        files = [BLANK, long, long, long]
        for _ in range(20):
            status, lines, said = self.kill_in_the_middle(
                files, lambda pid: [child for recogniser in child_of(pid) for child in child_of(recogniser)], signal.SIGABRT)
            if (status, len(lines)) != (0, 16):
                break
        self.assertEqual((status, len(lines)), (1, 11), said)
        self.assertIn('the reader broke down on it (signal 6)', said)

    def test_a_recogniser_that_dies_is_replaced(self):
        status, lines, said = self.kill_in_the_middle(
            [BLANK] * 4, lambda pid: [recogniser for recogniser in child_of(pid) if child_of(recogniser)], signal.SIGKILL)
        self.assertEqual((status, len(lines)), (0, 4), said)

    def test_what_cannot_start_says_so_once(self):
        status, pages, said = read('--form', 'tax-return', BLANK)
        self.assertEqual((status, pages, len(said)), (1, [], 1))
        self.assertIn('there is no form tax-return', said[0])
        status, _, said = read('--directory', os.path.join(self.dir, 'nowhere.csv'), BLANK)
        self.assertEqual((status, len(said)), (1, 1))


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]], verbosity=2)
