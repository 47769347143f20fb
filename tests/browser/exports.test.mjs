/* Exports: FHIR by the schema of R4 and by the definitions of its resources, PDF/A, tables. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { client, close, open } from './support/browser.mjs';
import { bundleFaults } from './support/fhir.mjs';
import { dropPages, dropSheet, person, referral } from './support/sheets.mjs';

after(close);

const preflight = new URL('../support/preflight', import.meta.url).pathname;
const api = client('sato');

const values = {
  patient_name: '難波 京子', patient_kana: 'ナンバ キョウコ', sex: 'female', birth_date: '1938-07-15', patient_address: '深江北一丁目2-3', care_insurance: 'certified',
  care_plan_office: '見本ケアプランセンター', care_manager: '見本 花子', notes: '独居', from_clinic: '見本内科クリニック', from_doctor: '見本 一郎',
  to_hospital: '見本中央', to_department: '内科', to_doctor: '試験', referral_type: 'outpatient', referral_date: '2026-05-10', discharge_plan: 'own_clinic',
  contact_method: 'fax,email', conference_request: 'yes', consent: 'yes',
};

async function confirm(id) {
  const sheet = await api.send('GET', `/sheets/${id}`);
  await api.send('POST', `/sheets/${id}/confirm`, { revision: sheet.revision });
}

/* A case of its own: opened at the telephone, with consent, entries of the office, an inquiry, and a move. */
async function aCase() {
  const told = await api.send('POST', '/cases', { informant: '見本', how: 'phone', at: '2026-05-11T01:00:00Z', values });
  await confirm(told.sheet);
  const base = `/cases/${told.case}`;
  await api.send('POST', `${base}/notes`, { kind: 'progress', text: '経過: 家族と面談', at: '2026-06-01T10:00:00Z' });
  await api.send('POST', `${base}/notes`, { kind: 'conference', text: '方針: 在宅', attendees: '主治医、看護師', at: '2026-06-02T10:00:00Z' });
  await api.send('POST', `${base}/consents`, { scope: 'medical', state: 'recorded', giver: 'patient', how: 'paper' });
  await api.send('POST', `${base}/inquiries`, {});
  const moved = await api.send('POST', `${base}/outcomes`, { informant: '連携室', how: 'phone', at: '2026-06-20T01:00:00Z',
    values: { outcome: 'transfer', move_date: '2026-06-19', destination: '中央試験', destination_department: 'リハビリテーション科' } });
  await confirm(moved.sheet);
  return told.case;
}

async function fetchFile(path) {
  const answer = await api.raw('GET', path);
  assert.equal(answer.status, 200, path);
  return Buffer.from(await answer.arrayBuffer());
}

const validate = (bundle) => assert.deepEqual(bundleFaults(bundle), []);
const bundleOf = async (number) => JSON.parse(await fetchFile(`/cases/${number}/file?as=fhir`));
const resources = (bundle, type) => bundle.entry.map((one) => one.resource).filter((one) => one.resourceType === type);

test('a case is a valid FHIR R4 Bundle', async () => {
  const number = await aCase();
  const bundle = await bundleOf(number);
  validate(bundle);
  const types = new Set(bundle.entry.map((one) => one.resource.resourceType));
  for (const type of ['Patient', 'EpisodeOfCare', 'ServiceRequest', 'Encounter', 'QuestionnaireResponse', 'DocumentReference', 'Provenance', 'Consent', 'CommunicationRequest', 'Task', 'Coverage', 'CareTeam', 'Organization'])
    assert.ok(types.has(type), type);
  assert.ok(resources(bundle, 'CommunicationRequest').some((one) => one.category?.[0].text === '情報照会'), 'the inquiry');
  const broken = structuredClone(bundle);
  broken.entry.find((one) => one.resource.resourceType === 'EpisodeOfCare').resource.status = 'whatever';
  assert.notDeepEqual(bundleFaults(broken), [], 'the schema does notice');
});

/* The Binary that the only DocumentReference of a document points at; what is said of it is true. */
function binaryOf(bundle, document) {
  const { attachment } = resources(bundle, 'DocumentReference').find((one) => one.masterIdentifier?.value === document).content[0];
  const binary = bundle.entry.find((one) => one.fullUrl === attachment.url).resource;
  const bytes = Buffer.from(binary.data, 'base64');
  assert.equal(binary.resourceType, 'Binary');
  assert.equal(binary.contentType, attachment.contentType);
  assert.equal(bytes.length, attachment.size);
  assert.equal(createHash('sha1').update(bytes).digest('base64'), attachment.hash);
  return { bytes, type: binary.contentType };
}

test('a Bundle brings the bytes of its documents, and no page of another patient', async () => {
  const [one, other] = await dropPages([{ form: 'referral-status', values: { ...referral, ...person(41, '黒田 昇', 'クロダ ノボル') } },
    { form: 'referral-status', values: { ...referral, ...person(58, '白井 波子', 'シライ ナミコ') } }]);
  const [first, second] = [await api.send('GET', `/sheets/${one}`), await api.send('GET', `/sheets/${other}`)];
  assert.notEqual(first.case, second.case);
  const shared = await bundleOf(first.case);
  validate(shared);
  const { bytes, type } = binaryOf(shared, first.document);
  assert.equal(type, 'application/pdf');
  withFile('own.pdf', bytes, (path) => assert.match(execFileSync('pdfinfo', [path], { encoding: 'utf8' }), /^Pages: +1$/m));

  const alone = await api.send('GET', `/sheets/${await dropSheet(person(63, '赤井 稔', 'アカイ ミノル'))}`);
  const whole = await bundleOf(alone.case);
  validate(whole);
  const original = Buffer.from(await (await api.raw('GET', `/documents/${alone.document}/original`)).arrayBuffer());
  const binary = binaryOf(whole, alone.document);
  assert.equal(binary.type, 'image/tiff');
  assert.ok(binary.bytes.equals(original));
});

/* What a program of Debian makes of the file. */
function withFile(name, bytes, work) {
  const dir = mkdtempSync(join(tmpdir(), 'tasuki-exports-'));
  try {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return work(path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('a case on paper, and its pages as PDF/A', async () => {
  const number = await aCase();
  const words = withFile('case.pdf', await fetchFile(`/cases/${number}/file?as=pdf`), (path) => execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' }));
  for (const one of [number, '難波 京子', '1938-07-15', '家族と面談', '中央試験', '確認済']) assert.ok(words.includes(one), one);
  const faxed = await api.send('GET', '/sheets/4');
  const pages = await fetchFile(`/cases/${faxed.case}/file?as=pages`);
  assert.match(pages.toString('latin1'), /<pdfaid:part>1<\/pdfaid:part><pdfaid:conformance>B/);
  const image = Buffer.from(await (await api.raw('GET', `/documents/${faxed.document}/pages/${faxed.page}/image`)).arrayBuffer());
  const width = image.readUInt32BE(16);
  withFile('pages.pdf', pages, (path) => {
    const list = execFileSync('pdfimages', ['-list', path], { encoding: 'utf8' }).split('\n');
    assert.ok(list.some((line) => line.includes(` ${width} `)), 'the image is the page as it is');
    execFileSync('pdftoppm', ['-r', '30', '-png', path, join(path, '..', 'page')], { stdio: 'pipe' });
    execFileSync(preflight, [path], { stdio: 'pipe' });
  });
  const whole = await fetchFile(`/documents/${faxed.document}/pdfa`);
  withFile('whole.pdf', whole, (path) => execFileSync(preflight, [path], { stdio: 'pipe' }));
});

test('lists for a spreadsheet', async () => {
  const number = await aCase();
  const page = await open('sato');
  await page.goto('/exports');
  const got = async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '書き出す' }).click()]);
    return readFileSync(await file.path());
  };
  const cases = await got();
  assert.deepEqual([...cases.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const line = cases.toString('utf8').split('\r\n').find((one) => one.includes(number));
  for (const one of ['難波 京子', '女性', '1938-07-15', '2026-05-10', '転院', '2026-06-19', '中央試験', 'あり']) assert.ok(line.includes(`"${one}"`), `${one} in ${line}`);
  await page.getByLabel('内容').selectOption('sheets');
  await page.getByLabel('文字コード').selectOption('cp932');
  const sheets = new TextDecoder('shift_jis').decode(await got());
  assert.match(sheets.split('\r\n')[0], /"生年月日".*"紹介者区分"/);
  assert.ok(sheets.split('\r\n').some((one) => one.includes(number) && one.includes('外来紹介') && one.includes('Fax・E-Mail') && one.includes('確認済')));
  await page.getByLabel('(まで)').fill('令和元年5月1日');
  assert.ok(!(new TextDecoder('shift_jis').decode(await got())).includes(number), 'received later');
  assert.equal((await api.raw('GET', '/exports/cases?from=gestern')).status, 422);
  assert.equal((await client('ikuno').raw('GET', `/cases/${number}/file?as=fhir`)).status, 404);
});
