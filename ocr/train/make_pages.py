#!/usr/bin/env python3
"""Makes labelled pages of fictitious people, for calibrating and checking what is read.

usage: make_pages.py --build DIR [--seed N] [--pages N] [--fonts DIR] [--digits DIR [--fold N]] [--line] OUT

BUILD holds tasuki and make_sheet. OUT gets NNN.tif, truth.jsonl and directory.csv; a seed gives the same pages again with the
same fonts. Typed pages are set in IPAex and Noto CJK and what of MORE_TYPED there is; written ones in whatever of HANDS is installed or stands in --fonts
(none of them is needed by the program), letter by letter, each a little larger, higher and bolder than the next. --digits is a
folder with fax-digits-*: cells are then written with real digits, with --fold only those of senders that a network trained
with --leave-out of that number has not seen. A fifth of the institutions are in no directory, 3 % of the ages are wrong.
--line: every page was sent as G3 without error correction over a line with hits, so that rows are spoilt, black or gone.
"""
import argparse
import csv
import datetime
import gzip
import json
import math
import os
import pathlib
import random
import re
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FORMS = ('referral-status', 'care-liaison', 'admission-info', 'outcome')
TYPED = ('IPAexMincho', 'IPAexGothic', 'Noto Sans CJK JP', 'Noto Serif CJK JP', 'IPAexMincho', 'IPAexGothic')
MORE_TYPED = ('BIZ UDGothic', 'BIZ UDMincho', 'TakaoPMincho', 'VL Gothic', 'MotoyaLCedar', 'Sawarabi Gothic')  # where installed
HANDS = {  # family: (height of its line, middle of its letters), in em
    'Klee One': (1.45, 0.80), 'Yusei Magic': (1.45, 0.79), 'SetoFont': (1.01, 0.50), 'kiloji': (1.01, 0.49),
    'YOzN': (1.01, 0.50), 'YOzNb': (1.01, 0.50), 'YOzNF': (1.01, 0.50), 'YOzS': (1.01, 0.50), 'YOzSF90': (1.01, 0.50),
}
WRITTEN_STYLES = ('check', 're', 'cross', 'slash', 'fill', 'dot', 'circle')
RASTERS = ((204, 196),) * 7 + ((204, 98),) * 2 + ((204, 391),)
MM = 25.4 / 72


# ---- people, places, words

def table(name):
    with open(SOURCE / 'config' / 'data' / name, encoding='utf-8') as file:
        return list(csv.DictReader(file))


def words(text):
    return text.split()


CARE = {
    'who': words('長男 長女 次男 妻 夫 嫁 姪 妹 弟 孫 家族 本人 ご本人 娘さん 主治医 訪問看護 ケアマネ 病棟 連携室 民生委員 包括'),
    'service': words('訪問看護 訪問介護 訪問入浴 訪問リハビリ デイサービス デイケア ショートステイ 福祉用具 配食 通所リハビリ 夜間対応'),
    'place': words('自宅 施設 療養病棟 回復期病棟 グループホーム 有料老人ホーム 在宅 外来 老健 急性期病棟'),
    'state': words('食欲低下 体重減少 むくみ 息切れ ふらつき 不眠 便秘 嚥下困難 意欲低下 易怒性 徘徊 昼夜逆転 発熱 微熱 腰痛 褥瘡 貧血'),
    'disease': words('肺炎 胃潰瘍 脳出血 糖尿病 腎不全 狭心症 高血圧症 肝硬変 関節リウマチ 気管支喘息 前立腺肥大 緑内障 白内障 胆石症 '
                     '慢性腎臓病 パーキンソン病 骨折 帯状疱疹 甲状腺機能低下症 認知症 うつ病 尿路感染症 誤嚥性肺炎 大動脈瘤'),
    'care': words('胃瘻 吸引 点滴 導尿 酸素吸入 人工透析 ストーマ 経管栄養 創傷処置 血糖測定 服薬介助 入浴介助'),
    'day': words('月曜 火曜 水曜 木曜 金曜 土曜 週1回 週2回 週4回 隔週 毎日 月末 来週 今月中 年内'),
    'done': words('連絡済み 調整中 説明済み 希望あり 相談予定 手配済み 未定 検討中 確認中 依頼中 継続中 終了'),
    'part': words('右膝 左肩 腰椎 右手 両下肢 左股関節 右足首 頸椎'),
}
SENTENCES = (
    '{who}が{day}に来院、{place}への移行を希望。', '{state}あり、{care}が必要。', '{service}を{day}から利用。{state}に注意。',
    '{who}と面談、{service}は{done}。', '{disease}の治療後、{place}へ。', '{care}中。{who}が対応可能。', '{part}の痛みで歩行困難。',
    '{who}は遠方。{day}のみ訪問できる。', '{service}について{who}へ{done}。', '{disease}、{disease}の既往。', '{state}と{state}が続く。',
    '{day}に{service}の担当者会議。', '{place}での生活を{who}が支える。', '{who}より電話あり、{care}は{done}。',
)
TERMS = ('{disease}、{disease}', '{disease}のため', '{disease}術後', '{part}骨折', '{state}の精査', '{disease}の再燃', '{disease}と{state}')
SHORT = ('{done}', '{who}と{done}', '{place}を{done}', '{day}に{done}', '{service}', '{who}同席', '{state}なし')

# Given names that many old people bear; any other of the reference data may come as well.
COMMON = {
    'M': words('茂:シゲル 清:キヨシ 進:ススム 勇:イサム 正:タダシ 弘:ヒロシ 昇:ノボル 稔:ミノル 博:ヒロシ 隆:タカシ 豊:ユタカ 誠:マコト '
               '三郎:サブロウ 一夫:カズオ 和夫:カズオ 正雄:マサオ 義雄:ヨシオ 秀雄:ヒデオ 幸雄:ユキオ 利夫:トシオ 武夫:タケオ 信夫:ノブオ '
               '正男:マサオ 辰男:タツオ 光男:ミツオ 正一:ショウイチ 健二:ケンジ 昭三:ショウゾウ 良平:リョウヘイ 邦彦:クニヒコ'),
    'F': words('和子:カズコ 幸子:サチコ 節子:セツコ 洋子:ヨウコ 弘子:ヒロコ 美智子:ミチコ 文子:フミコ 静子:シズコ 君子:キミコ 良子:ヨシコ '
               '悦子:エツコ 千代子:チヨコ 八重子:ヤエコ 富子:トミコ 敏子:トシコ 信子:ノブコ 春子:ハルコ 光子:ミツコ 時子:トキコ 綾子:アヤコ '
               '初枝:ハツエ 菊江:キクエ 房江:フサエ ハナ:ハナ ミツ:ミツ トメ:トメ キヌ:キヌ ウメ:ウメ 貞子:サダコ 照子:テルコ'),
}


def phrase(rnd, patterns):
    return re.sub(r'\{(\w+)\}', lambda m: rnd.choice(CARE[m[1]]), rnd.choice(patterns))


class World:
    """Names, towns and the institutions of one seed."""

    def __init__(self, rnd):
        self.surnames = [(r['surname'], r['kana']) for r in table('surnames.csv')]
        self.given = {'M': [], 'F': []}
        for row in table('given_names.csv'):
            kanji = [k for k in row['kanji'].split('|') if k]
            if kanji and int(row['variants']) > 0:
                self.given[row['sex'][:1]].append((kanji, row['kana']))
        self.towns = [r['town'] for r in table('postal_osaka_city.csv') if r['ward_code5'] in ('27115', '27116') and r['town']]
        self.departments = [r['name'] for r in table('departments.csv') if r['name'].endswith('科')][:60]
        self.relations = [r['relation'] for r in table('relations.csv') if r['common'] == 'yes'] or ['妻']
        self.wards = [r['ward'] for r in table('wards.csv')]
        self.listed, self.unlisted = {}, {}
        for kind, count in (('hospital', 25), ('clinic', 30), ('care_office', 15), ('facility', 10)):
            names = []
            while len(names) < count:
                name = self.institution(rnd, kind)
                if name not in names:
                    names.append(name)
            cut = count - count // 5
            self.listed[kind], self.unlisted[kind] = names[:cut], names[cut:]

    def institution(self, rnd, kind):
        town, surname = rnd.choice(self.towns), rnd.choice(self.surnames[:400])[0]
        fancy = rnd.choice(words('あおぞら ひまわり さくら 若葉 千鳥 白鷺 緑風 大和 希望の丘 すずらん こもれび 陽だまり 青葉 光陽 恵泉 慈生会 '
                                 '清和会 博愛会 平安 友愛 聖心 第二 新生 泉の森'))
        if kind == 'hospital':
            return rnd.choice((town, fancy, surname, fancy + town)) + rnd.choice(('', '総合', '中央', '記念', 'リハビリテーション')) + '病院'
        if kind == 'clinic':
            return rnd.choice((town, surname, fancy)) + rnd.choice(words('内科 医院 診療所 クリニック 整形外科 内科医院 在宅クリニック 皮膚科 外科'))
        if kind == 'care_office':
            return rnd.choice(('ケアプラン', '居宅介護支援', 'ケアセンター', '介護相談')) + rnd.choice((fancy, town, surname))
        return rnd.choice(('老健', '特別養護老人ホーム', 'グループホーム', 'サ高住')) + rnd.choice((fancy, town))

    def any_institution(self, rnd, kind):
        return rnd.choice(self.listed[kind] if rnd.random() < 0.8 else self.unlisted[kind])

    def surname(self, rnd):
        """Common ones are common."""
        return self.surnames[min(int(rnd.expovariate(1 / 250)), len(self.surnames) - 1)]

    def person(self, rnd, sex):
        surname = self.surname(rnd)
        if rnd.random() < 0.6:
            given, kana = rnd.choice(COMMON[sex]).split(':')
        else:
            kanji, kana = rnd.choice(self.given[sex])
            given = rnd.choice(kanji)
        return '%s %s' % (surname[0], given), '%s %s' % (surname[1], kana)

    def address(self, rnd):
        a, b, c = rnd.randint(1, 6), rnd.randint(1, 29), rnd.randint(1, 24)
        return rnd.choice(self.towns) + rnd.choice(('%d-%d-%d', '%d丁目%d番%d号')) % (a, b, c)

    def write(self, path, rnd):
        with open(path, 'w', encoding='utf-8', newline='') as file:
            out = csv.writer(file, lineterminator='\n')
            out.writerow(('kind', 'name', 'department', 'ward', 'fax', 'email', 'phone'))
            for kind, names in self.listed.items():
                for number, name in enumerate(names):
                    out.writerow((kind, name, '地域医療連携室' if kind == 'hospital' else '', rnd.choice(self.wards), phone(rnd),
                                  '%s%d@example.jp' % (kind, number), phone(rnd)))


def phone(rnd):
    return '06-%d-%04d' % (rnd.randint(4000, 6999), rnd.randint(0, 9999))


# ---- forms

def load_form(tasuki, form):
    """[(id, kind, (x, y, w, h), choose, options)] as `tasuki forms show` prints them"""
    fields = []
    text = subprocess.run([tasuki, 'forms', 'show', form], capture_output=True, check=True).stdout.decode()
    for line in text.splitlines():
        option = re.match(r'    (\S+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+) x ([\d.]+)', line)
        written = re.match(r'  (\S+)\s+(text|digits)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+) x ([\d.]+)', line)
        choice = re.match(r'  (\S+)\s+(mark|circle)\s+(one|many|optional)', line)
        if written:
            fields.append((written[1], written[2], tuple(map(float, written.groups()[2:])), '', {}))
        elif choice:
            fields.append((choice[1], 'box' if choice[2] == 'mark' else 'circle', None, choice[3], {}))
        elif option and fields and fields[-1][3]:
            fields[-1][4][option[1]] = tuple(map(float, option.groups()[1:]))
    return fields


def era_year(date):
    if date >= datetime.date(1989, 1, 8):
        return 'heisei', date.year - 1988
    if date >= datetime.date(1926, 12, 25):
        return 'showa', date.year - 1925
    return ('taisho', date.year - 1911) if date >= datetime.date(1912, 7, 30) else ('meiji', date.year - 1867)


def put_date(values, prefix, date):
    values[prefix + '.year'] = str(era_year(date)[1])
    values[prefix + '.month'], values[prefix + '.day'] = str(date.month), str(date.day)


def choose_rest(rnd, fields, values, blank):
    for name, kind, _, choose, options in fields:
        if kind not in ('box', 'circle') or name in values:
            continue
        if rnd.random() < blank:
            values[name] = []
        elif choose == 'many':
            values[name] = rnd.sample(sorted(options), rnd.choice((1, 1, 2, 3)) if len(options) > 3 else 1)
        else:
            values[name] = [rnd.choice(sorted(options))]


def birth(rnd, values, received):
    day = received - datetime.timedelta(days=rnd.randint(66 * 365, 101 * 365))
    era, _ = era_year(day)
    put_date(values, 'birth_date', day)
    age = received.year - day.year - ((received.month, received.day) < (day.month, day.day))
    values['birth_era'] = [era]
    values['age'] = str(age + (rnd.choice((-10, -2, -1, 1, 3)) if rnd.random() < 0.03 else 0))


def referral_status(world, rnd, received, values):
    sex = rnd.choice('MF')
    values['sex'] = ['male' if sex == 'M' else 'female']
    values['patient_name'], values['patient_kana'] = world.person(rnd, sex)
    put_date(values, 'referral_date', received - datetime.timedelta(days=rnd.randint(0, 90)))
    values['to_hospital'] = world.any_institution(rnd, 'hospital')[:-2]
    values['to_department'] = rnd.choice(world.departments)[:-1]
    values['to_doctor'] = world.surname(rnd)[0]
    values['from_clinic'] = world.any_institution(rnd, 'clinic')
    values['from_doctor'] = world.person(rnd, rnd.choice('MF'))[0]
    birth(rnd, values, received)
    values['patient_address'] = world.address(rnd)
    plan = rnd.choice(('own_clinic', 'consult', 'other'))
    values['discharge_plan'] = [plan]
    values['own_clinic_mode'] = [rnd.choice(('home', 'visit', 'either'))] if plan == 'own_clinic' else []
    values['discharge_plan_other'] = phrase(rnd, SHORT) if plan == 'other' else ''
    values['contact_method'] = rnd.sample(('fax', 'email', 'phone'), rnd.choice((1, 1, 2)))
    values['consent'] = ['yes'] if rnd.random() < 0.9 else []
    if rnd.random() < 0.6:
        values['care_plan_office'] = world.any_institution(rnd, 'care_office')
        values['care_manager'] = world.surname(rnd)[0]
    if rnd.random() < 0.6:
        values['notes'] = phrase(rnd, SENTENCES)
    values['outcome'] = []
    if rnd.random() < 0.6:
        outcome = rnd.choice(('transfer', 'discharge', 'admission', 'other'))
        values['outcome'] = [outcome]
        put_date(values, 'move_date', received - datetime.timedelta(days=rnd.randint(0, 20)))
        if outcome == 'other':
            values['outcome_other'] = rnd.choice(('看取り', '死亡', '入所', '施設'))
        else:
            values['destination'] = world.any_institution(rnd, rnd.choice(('hospital', 'facility')))
            values['destination_department'] = rnd.choice(world.departments)[:-1]
    for row in range(1, rnd.choice((1, 1, 1, 2, 3, 5))):
        put_date(values, 'progress_%d' % row, received - datetime.timedelta(days=rnd.randint(0, 60)))
        values['progress_%d.text' % row] = phrase(rnd, SENTENCES)
    if rnd.random() < 0.2:
        put_date(values, 'conference_1', received - datetime.timedelta(days=rnd.randint(0, 30)))
        values['conference_1.attendees'] = '・'.join(rnd.sample(CARE['who'], 2))
        values['conference_1.remarks'] = phrase(rnd, SHORT)


def care_liaison(world, rnd, received, values):
    put_date(values, 'issue_date', received - datetime.timedelta(days=rnd.randint(0, 20)))
    kind = rnd.choice(('clinic', 'hospital'))
    values['to_clinic'] = world.any_institution(rnd, kind)
    values['to_doctor'] = world.surname(rnd)[0]
    values['user_name'] = world.person(rnd, rnd.choice('MF'))[0]
    values['purpose'] = [rnd.choice(('assigned', 'consult'))]
    if values['purpose'] == ['assigned']:
        values['topic'] = []
    values['message'] = ''.join(phrase(rnd, SENTENCES) for _ in range(rnd.choice((1, 1, 2))))
    values['office'] = world.any_institution(rnd, 'care_office')
    values['staff'] = world.surname(rnd)[0]
    values['tel'], values['fax'] = phone(rnd), phone(rnd)
    if rnd.random() < 0.5:
        values['mobile'] = '090-%04d-%04d' % (rnd.randint(1000, 9999), rnd.randint(0, 9999))
    if rnd.random() < 0.3:
        values['email'] = '%s%d@example.jp' % (rnd.choice(words('care office info plan staff')), rnd.randint(1, 99))


def admission_info(world, rnd, received, values):
    sex = rnd.choice('MF')
    values['sex'] = ['male' if sex == 'M' else 'female']
    values['addressee'] = world.any_institution(rnd, 'hospital')
    put_date(values, 'created_date', received - datetime.timedelta(days=rnd.randint(0, 15)))
    values['patient_name'] = world.person(rnd, sex)[0]
    birth(rnd, values, received)
    values['patient_address'] = '大阪市' + rnd.choice(world.wards) + world.address(rnd)
    values['home_phone'], values['tel'], values['fax'] = phone(rnd), phone(rnd), phone(rnd)
    values['family_name'] = world.person(rnd, rnd.choice('MF'))[0]
    values['family_relation'] = rnd.choice(world.relations)
    values['household'] = [rnd.choice(('single', 'two', 'other'))]
    if values['household'] == ['other']:
        values['household_other'] = rnd.choice(('四人家族', '娘と同居', '息子夫婦', '三世代同居', '姉妹二人'))
    values['admission_reason'] = phrase(rnd, TERMS)
    values['living_situation'] = phrase(rnd, SENTENCES)
    values['diseases'] = phrase(rnd, TERMS)
    if rnd.random() < 0.6:
        start = received - datetime.timedelta(days=rnd.randint(10, 300))
        put_date(values, 'valid_from', start)
        put_date(values, 'valid_to', min(start + datetime.timedelta(days=rnd.choice((180, 365, 730))), datetime.date(2019, 4, 30)))
    if rnd.random() < 0.5:
        values['dementia_symptoms'] = phrase(rnd, ('{state}あり', '{state}が時々', '特記なし', '{state}、{state}'))
    values['services'] = [] if rnd.random() < 0.2 else None
    values['disability'] = [] if rnd.random() < 0.8 else None
    values['office'] = world.any_institution(rnd, 'care_office')
    values['staff'] = world.person(rnd, rnd.choice('MF'))[0]


def outcome(world, rnd, received, values):
    values['patient_name'] = world.person(rnd, rnd.choice('MF'))[0]


FILL = {'referral-status': referral_status, 'care-liaison': care_liaison, 'admission-info': admission_info, 'outcome': outcome}


# ---- ink

class Digits:
    """Written digits received by fax, as rows of ink. Folds as the trainer deals them."""

    def __init__(self, folder, fold):
        folder = pathlib.Path(folder)
        images = gzip.open(folder / 'fax-digits-images-idx3-ubyte.gz').read()[16:]
        labels = gzip.open(folder / 'fax-digits-labels-idx1-ubyte.gz').read()[8:]
        senders = [int(s[6:]) for s in (folder / 'fax-digits-senders.txt').read_text().split()]
        folds = self.deal(senders)
        self.by_sender = {}
        for i, (label, sender) in enumerate(zip(labels, senders)):
            if fold is None or folds[sender] == fold:
                glyph = self.rows(images[i * 3136:(i + 1) * 3136])
                self.by_sender.setdefault(sender, {}).setdefault(label, []).append(glyph)
        self.all = {}
        for digits in self.by_sender.values():
            for label, glyphs in digits.items():
                self.all.setdefault(label, []).extend(glyphs)

    @staticmethod
    def deal(senders):
        count, load, folds = {}, [0] * 5, {}
        for sender in senders:
            count[sender] = count.get(sender, 0) + 1
        while count:
            most = min(count, key=lambda s: (-count[s], s))
            least = load.index(min(load))
            folds[most] = least
            load[least] += count.pop(most)
        return folds

    @staticmethod
    def rows(pixels):
        """(width, height, [(x0, x1, y)]) of the ink, in pixels from its corner"""
        runs = []
        for y in range(56):
            x = 0
            while x < 56:
                if pixels[y * 56 + x] > 100:
                    start = x
                    while x < 56 and pixels[y * 56 + x] > 100:
                        x += 1
                    runs.append((start, x - 1, y))
                x += 1
        left, top = min(r[0] for r in runs), min(r[2] for r in runs)
        runs = [(a - left, b - left, y - top) for a, b, y in runs]
        return max(r[1] for r in runs) + 1, max(r[2] for r in runs) + 1, runs

    def writer(self, rnd):
        """One sender's digits; what that sender did not write comes from others."""
        own = self.by_sender[rnd.choice(sorted(self.by_sender))]
        return lambda d: rnd.choice(own.get(d) or self.all[d])


class Page:
    def __init__(self, rnd, font, width_mm):
        self.rnd, self.font, self.width = rnd, font, width_mm
        self.size_pt, self.bold = rnd.uniform(9.5, 13), rnd.random() < 0.3
        self.notes, self.lines = [], []

    def stroke(self, points):
        """A stroke of the pen's width out of thin lines."""
        spread = max(self.width - 0.12, 0)
        for (x0, y0), (x1, y1) in zip(points, points[1:]):
            for k in range(4):
                at, turn = spread / 2, k * math.pi / 2
                dx, dy = at * math.cos(turn), at * math.sin(turn)
                self.lines.append([x0 + dx, y0 + dy, x1 + dx, y1 + dy])
            self.lines.append([x0, y0, x1, y1])

    def near(self, box, x, y, stray=0.12):
        return (box[0] + box[2] * x + self.rnd.gauss(0, stray) * 2, box[1] + box[3] * y + self.rnd.gauss(0, stray) * 2)

    def ring(self, box, beyond):
        rnd = self.rnd
        cx, cy = self.near(box, 0.5, 0.5, 0.15)
        rx, ry = box[2] / 2 + beyond * rnd.uniform(0.7, 1.3), box[3] / 2 + beyond * rnd.uniform(0.6, 1.1)
        start, drift = rnd.uniform(0, 6.3), rnd.uniform(0.97, 1.08)
        turn = 6.283 * rnd.uniform(0.98, 1.05)
        self.stroke([(cx + rx * drift ** (k / 24) * math.cos(start + turn * k / 24),
                      cy + ry * drift ** (k / 24) * math.sin(start + turn * k / 24)) for k in range(25)])

    def mark(self, style, box):
        at = lambda x, y: self.near(box, x, y)
        if style == 'check':
            self.stroke([at(0.1, 0.45), at(0.4, 0.95), at(1.25, -0.2)])
        elif style == 're':
            self.stroke([at(0.25, 0.0), at(0.3, 0.95), at(1.05, 0.3)])
        elif style == 'cross':
            self.stroke([at(0.1, 0.1), at(0.9, 0.9)])
            self.stroke([at(0.9, 0.1), at(0.1, 0.9)])
        elif style == 'slash':
            self.stroke([at(0.95, 0.05), at(0.05, 0.95)])
        elif style == 'circle':
            self.ring(box, 0.9)
        else:
            inset = 0.15 if style == 'fill' else 0.32
            for k in range(9):
                y = inset + (1 - 2 * inset) * k / 8
                self.stroke([self.near(box, inset, y, 0.05), self.near(box, 1 - inset, y, 0.05)])

    def letter(self, x, middle, size_pt, char):
        line = HANDS[self.font][1] * size_pt * MM
        self.notes.append([x, middle - line, size_pt, char])
        if self.bold or self.rnd.random() < 0.12:
            self.notes.append([x + 0.14, middle - line, size_pt, char])

    def text(self, box, text, lines_max=1):
        rnd, x0, room = self.rnd, box[0] + 0.8, box[2] - 1.6
        size = min(self.size_pt, box[3] / lines_max / MM * 0.85)
        spacing = rnd.uniform(0.94, 1.12)
        width = lambda c: (0.35 if c == ' ' else 0.58 if ord(c) < 128 else 1.0) * spacing
        total = sum(map(width, text)) * size * MM
        if total > room * lines_max * 0.93:
            size *= room * lines_max * 0.93 / total
            total = room * lines_max * 0.93
        rows = 1 if total <= room else math.ceil(total / room)
        x = x0 + (rnd.uniform(0, 0.4) * (room - total) if rows == 1 else 0)
        start, row, tilt = x, 0, rnd.gauss(0, 0.008)
        height = box[3] / lines_max if lines_max > 1 else box[3]
        middle = box[1] + (height / 2 if lines_max > 1 else box[3] / 2) + rnd.uniform(-0.35, 0.35)
        for char in text:
            step = width(char) * size * MM
            if x + step > x0 + room + 0.3 and lines_max > 1:
                x, row = start, row + 1
            if char != ' ':
                self.letter(x + rnd.gauss(0, 0.1), middle + row * height + (x - start) * tilt + rnd.gauss(0, 0.14),
                            size * rnd.uniform(0.93, 1.07), char)
            x += step

    def digits(self, box, text, writer):
        """Each at most as high as the cell, side by side, now and then touching."""
        rnd = self.rnd
        height = min(box[3] * rnd.uniform(0.55, 0.85), 5.0)
        glyphs = [writer(int(c)) for c in text]
        scale = min(height / max(g[1] for g in glyphs), (box[2] - 0.6) / (sum(g[0] for g in glyphs) * 1.12))
        gap = rnd.uniform(0.0, 0.7)
        x = box[0] + (box[2] - sum(g[0] * scale + gap for g in glyphs)) / 2 + rnd.uniform(-0.4, 0.4)
        for width, tall, runs in glyphs:
            y = box[1] + (box[3] - tall * scale) / 2 + rnd.uniform(-0.4, 0.4)
            for a, b, row in runs:
                for half in (0, 0.5):
                    at = y + (row + half) * scale
                    self.lines.append([x + a * scale + 0.05, at, x + (b + 1) * scale - 0.05, at])
            x += width * scale + gap


def fax_of(rnd, severity, received, line):
    raster = rnd.choice(RASTERS)
    fax = {'x_dpi': raster[0], 'y_dpi': raster[1], 'seed': rnd.randint(1, 1 << 30), 'received': received.isoformat(),
           'compression': rnd.choice(('g3', 'g3-2d', 'g4', 'g4'))}
    if rnd.random() < 0.7:
        fax['header'] = '%s FROM: %s TO: 0643063829 P.01/01' % (received.strftime('%Y-%m-%d %H:%M'), phone(rnd))
    if severity != 'clean':
        poor = severity == 'poor'
        fax.update(skew_deg=rnd.uniform(-1, 1) * (2.2 if poor else 0.9), stretch_x=rnd.uniform(-1, 1) * (0.015 if poor else 0.005),
                   stretch_y=rnd.uniform(-1, 1) * (0.02 if poor else 0.007), offset_x_mm=rnd.uniform(-2, 2),
                   offset_y_mm=rnd.uniform(-2, 5), noise=rnd.uniform(8, 32 if poor else 22), specks=rnd.randint(0, 60 if poor else 20),
                   threshold=rnd.randint(115, 195) if poor else rnd.randint(140, 185))
        if poor and rnd.random() < 0.4:
            fax['streaks'] = rnd.randint(1, 2)
        if poor and rnd.random() < 0.35:
            fax.update(lost_bands=rnd.randint(1, 3), lost_rows=rnd.randint(1, 4))
        if poor and rnd.random() < 0.3:
            fax['black_edge_mm'] = rnd.uniform(1, 5)
        fax['upside_down'] = rnd.random() < 0.06
    if line:
        fax.update(bad_line(rnd))
    return fax


def bad_line(rnd):
    """Hits while the page was sent as G3; half the pages lose rows elsewhere too, as some receivers drop what came wrong."""
    hits = {'line_hits': rnd.randint(4, 60), 'compression': rnd.choice(('g3', 'g3-2d', 'g3-2d'))}
    if rnd.random() < 0.5:
        hits.update(lost_bands=rnd.randint(3, 50), lost_rows=rnd.choice((1, 1, 2, 4)))
    if rnd.random() < 0.2:
        hits.update(garbled_rows=rnd.choice((5, 20, 60)), repeated_rows=rnd.choice((0, 10, 40)))
    return hits


def write_by_hand(rnd, fields, values, digits, fonts):
    page = Page(rnd, rnd.choice(fonts), rnd.uniform(0.25, 0.7))
    style, writer = rnd.choice(WRITTEN_STYLES), digits.writer(rnd) if digits else None
    for name, kind, box, _, options in fields:
        value = values[name]
        if kind == 'digits' and value and writer:
            page.digits(box, value, writer)
        elif value and kind in ('text', 'digits'):
            page.text(box, value, lines_of(name))
        for option in value if kind in ('box', 'circle') else ():
            page.mark(style, options[option]) if kind == 'box' else page.ring(options[option], 1.0)
    return page, style


def lines_of(name):
    return {'living_situation': 2, 'diseases': 2, 'notes': 2, 'message': 5}.get(name, 1)


def make_page(world, rnd, forms, digits, fonts, typed, number, line):
    form = rnd.choices(FORMS, (4, 2, 2, 1))[0]
    received = datetime.datetime(2015, 2, 1) + datetime.timedelta(minutes=rnd.randint(0, 4 * 365 * 1440))
    values = {}
    FILL[form](world, rnd, received.date(), values)
    values = {k: v for k, v in values.items() if v is not None}
    choose_rest(rnd, forms[form], values, 0.1)
    for name, kind, _, _, _ in forms[form]:
        values.setdefault(name, '' if kind in ('text', 'digits') else [])
    severity = rnd.choices(('clean', 'normal', 'poor'), (2, 5, 3))[0]
    fax = fax_of(rnd, severity, received, line)
    hand = bool(fonts) and rnd.random() < 0.55
    if hand:
        page, style = write_by_hand(rnd, forms[form], values, digits, fonts)
        spec = {'form': form, 'notes': page.notes, 'lines': page.lines, 'pen': {'font': page.font, 'width_mm': 0.14, 'seed': number}}
    else:
        style = rnd.choice(('check', 'fill', 'check'))
        spec = {'form': form, 'values': {k: v for k, v in values.items() if v}, 'pen': {
            'font': rnd.choice(typed), 'size_pt': rnd.uniform(9, 12), 'style': style, 'width_mm': rnd.uniform(0.3, 0.6), 'seed': number}}
    truth = {'file': '%03d.tif' % number, 'page': 1, 'form': form, 'rotation': 180 if fax.get('upside_down') else 0,
             'received': received.isoformat(), 'severity': severity, 'dpi': [fax['x_dpi'], fax['y_dpi']], 'hand': hand, 'mark': style,
             'fields': {name: {'kind': kind, 'value': sorted(values[name]) if kind in ('box', 'circle') else values[name]}
                        for name, kind, _, _, _ in forms[form]}}
    return {'fax': fax, 'pages': [spec]}, truth


def font_settings(folder):
    """Environment in which the fonts of a folder are known as well."""
    if not folder:
        return dict(os.environ)
    with tempfile.NamedTemporaryFile('w', suffix='.conf', delete=False) as file:
        file.write('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
                   '<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>%s</dir></fontconfig>' % pathlib.Path(folder).resolve())
    return dict(os.environ, FONTCONFIG_FILE=file.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--pages', type=int, default=300)
    parser.add_argument('--fonts')
    parser.add_argument('--digits')
    parser.add_argument('--fold', type=int)
    parser.add_argument('--line', action='store_true')
    parser.add_argument('out')
    args = parser.parse_args()
    build, out = pathlib.Path(args.build), pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    env = font_settings(args.fonts)
    known = subprocess.run(['fc-list', ':', 'family'], env=env, capture_output=True, check=True).stdout.decode()
    there = lambda families: [f for f in families if re.search(r'(^|,)%s(,|$)' % re.escape(f), known, re.M)]
    fonts, typed = there(HANDS), list(TYPED) + there(MORE_TYPED)
    rnd = random.Random(args.seed)
    world = World(rnd)
    world.write(out / 'directory.csv', rnd)
    forms = {form: load_form(build / 'tasuki', form) for form in FORMS}
    digits = Digits(args.digits, args.fold) if args.digits else None
    with open(out / 'truth.jsonl', 'w', buffering=1, encoding='utf-8') as truths:
        for number in range(args.pages):
            spec, truth = make_page(world, random.Random(args.seed * 100003 + number), forms, digits, fonts, typed, number, args.line)
            subprocess.run([build / 'make_sheet', '-', out / truth['file']], input=json.dumps(spec).encode(), env=env, check=True)
            truths.write(json.dumps(truth, ensure_ascii=False) + '\n')
    if args.fonts:
        os.unlink(env['FONTCONFIG_FILE'])


if __name__ == '__main__':
    main()
