/*
 * sheets - sheets of a test's own: drawn, faxed, dropped into the watched folder and read by the real reader
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { world } from './browser.mjs';

let made = 0;

export function tasuki(...args) {
  return execFileSync(world.tasuki, [...args, '--site', world.dir], { env: { ...process.env, TASUKI_DATA: world.source }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function sheetIds() {
  return tasuki('sheet', 'list', '--plain', '--by', 'テスト').trim().split('\n').filter(Boolean).map((line) => Number(line.split('\t')[0])).sort((a, b) => a - b);
}

/* Values of a referral whose every field the reader reads; the test changes what it wants. */
export const referral = {
  referral_type: ['outpatient'], 'referral_date.year': '8', 'referral_date.month': '11', 'referral_date.day': '18', to_hospital: '見本中央', to_department: '循環器内', to_doctor: '西川',
  from_clinic: '見本内科クリニック', from_doctor: '松岡 和子', discharge_plan: ['own_clinic'], own_clinic_mode: ['home'], contact_method: ['email'],
  patient_kana: 'ヤマモト トシコ', sex: ['female'], patient_name: '山本 敏子', birth_era: ['showa'], 'birth_date.year': '15', 'birth_date.month': '4', 'birth_date.day': '22', age: '86',
  patient_address: '大今里南3-11-2', care_insurance: ['certified'], consent: ['yes'],
};

/* pages: [{ form, values }]; answers the numbers of the sheets that came of it. */
export async function dropPages(pages, { office = 'higashinari', fax = {}, seconds = 120 } = {}) {
  const name = `test-${process.pid}-${made += 1}`;
  const spec = join(tmpdir(), `tasuki-browser-${name}.json`);
  const file = join(tmpdir(), `tasuki-browser-${name}.tif`);
  const before = new Set(sheetIds());
  writeFileSync(spec, JSON.stringify({ fax: { compression: 'g4', header: `TEST ${Date.now()}-${made}`, ...fax }, pages: pages.map((page) => ({ pen: { font: 'IPAexGothic', style: 'check' }, ...page })) }));
  execFileSync(join(dirname(world.tasuki), 'make_sheet'), [spec, file], { env: { ...process.env, TASUKI_DATA: world.source } });
  const inbox = join(world.dir, 'inbox', office);
  const to = join(inbox, `${name}.tif`);
  copyFileSync(file, to);
  chmodSync(to, 0o644);
  if (process.getuid() === 0) {
    const { uid, gid } = statSync(inbox);
    chownSync(to, uid, gid);
  }
  rmSync(spec);
  rmSync(file);
  for (const end = Date.now() + seconds * 1000; ; await sleep(300)) {
    const fresh = sheetIds().filter((id) => !before.has(id));
    if (fresh.length >= pages.filter((page) => page.form).length) return fresh;
    if (Date.now() > end) throw new Error(`the sheet was not read within ${seconds} s`);
  }
}

export async function dropSheet(values, options = {}) {
  return (await dropPages([{ form: 'referral-status', values: { ...referral, ...values } }], options))[0];
}

const towns = ['大今里南', '東小橋', '玉津', '中道', '神路', '深江北', '東今里', '大今里西', '中本', '深江南'];
const doctors = ['松岡 和子', '大野 隆', '三浦 恵', '原田 進', '中川 直樹', '小野 由美'];

/* Somebody whom nobody takes for the one before: another birth date, age, address, doctor. */
export function person(n, name, kana) {
  const [year, month, day] = [5 + (n * 3) % 28, 1 + (n * 5) % 12, 1 + (n * 7 + Math.floor(n / 12) * 5) % 28];
  const age = 2026 - (1925 + year) - (month > 11 || (month === 11 && day > 18) ? 1 : 0);
  return {
    patient_name: name, patient_kana: kana, sex: [n % 2 ? 'male' : 'female'], 'birth_date.year': String(year), 'birth_date.month': String(month), 'birth_date.day': String(day), age: String(age),
    patient_address: `${towns[n % towns.length]}${1 + (n % 4)}-${3 + n}-${1 + ((n * 2) % 9)}`, from_doctor: doctors[n % doctors.length], 'referral_date.day': String(1 + (n % 18)),
  };
}

/* Every field that waits is decided as read (dates of this year as 令和), so that a test starts from a sheet without doubts. */
export async function settle(api, id) {
  const sheet = await api.send('GET', `/sheets/${id}`);
  const values = {};
  for (const field of sheet.fields)
    if (field.decided === 'waiting' && field.kind !== 'derived') values[field.id] = field.part === 'year' && field.value.length === 1 ? `令和${field.value}` : field.value;
  if (Object.keys(values).length === 0) return sheet;
  return api.send('PATCH', `/sheets/${id}/fields`, { revision: sheet.revision, values });
}

/* Puts fields back into doubt, with these alternatives: what a worse fax would have done. */
export function doubt(id, fields) {
  const script = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
for field, (value, alternatives) in json.loads(sys.argv[3]).items():
    db.execute("UPDATE fields SET value = ?, decided = 'waiting', reason = 'low_confidence', alternatives = ? WHERE sheet_id = ? AND field = ?",
               (value, json.dumps([[one, 0.4] for one in alternatives], ensure_ascii=False), int(sys.argv[2]), field))
db.execute("UPDATE sheets SET state = 'needs_review', revision = revision + 1 WHERE id = ?", (int(sys.argv[2]),))
db.commit()`;
  execFileSync('python3', ['-c', script, join(world.dir, 'store/tasuki.db'), String(id), JSON.stringify(fields)]);
}

export function caseOf(id) {
  return tasuki('sheet', 'show', String(id), '--by', 'テスト').match(/^case\s+(\S+)/m)[1];
}
