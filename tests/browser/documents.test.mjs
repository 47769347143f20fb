/* Documents around the reader: handed in at the desk, read as a form that nobody saw in it, held ones tried again and handed over; forms to print. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, client, close, open, shot, until, world } from './support/browser.mjs';
import { dropSheet, person, settle, tasuki } from './support/sheets.mjs';

after(close);

const sato = client('sato');
const ikuno = client('ikuno');
const SAMPLES = 'config/sample/sheets/higashinari';

async function documentNamed(api, name, seconds = 120) {
  return until(async () => (await api.send('GET', '/documents?limit=200')).items.find((one) => one.name === name), `${name} is there`, seconds);
}

function drop(name, bytes) {
  const inbox = join(world.dir, 'inbox', 'higashinari');
  const path = join(inbox, name);
  writeFileSync(path, bytes, { mode: 0o644 });
  if (process.getuid() === 0) chownSync(path, statSync(inbox).uid, statSync(inbox).gid);
}

/* Other bytes for the same page. */
const copyOf = (name) => Buffer.concat([readFileSync(join(world.source, SAMPLES, name)), randomBytes(16)]);

test('a scan is handed in at the desk', async () => {
  const page = await open('sato');
  await page.goto('/');
  await page.getByRole('button', { name: 'スキャンを取り込む' }).waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'handed-in.tif', mimeType: 'image/tiff', buffer: copyOf('01-referral.tif') });
  await page.getByText('「handed-in.tif」を受け付けました').first().waitFor();
  await accessible(page);
  const one = await documentNamed(sato, 'handed-in.tif');
  assert.equal(one.office, 'higashinari');
  await page.goto('/received');
  await page.getByText('handed-in.tif').first().waitFor();
  const ways = await page.locator('tbody tr td:nth-child(2)').allInnerTexts();
  assert.ok(ways.includes('スキャンの取り込み') && ways.includes('東成区 ファクス'), `ways in are named for people: ${ways}`);
});

test('a page that is no form is read as one, and becomes a sheet when a person takes it', async () => {
  drop('letter.tif', copyOf('06-advertisement.tif'));
  const { id } = await documentNamed(sato, 'letter.tif');
  const page = await open('sato');
  await page.goto(`/documents/${encodeURIComponent(id)}`);
  await page.getByRole('button', { name: /用紙として読み取る/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption({ index: 0 });
  await accessible(page);
  await dialog.getByRole('button', { name: '読み取る', exact: true }).click();
  await until(async () => (await sato.send('GET', `/documents/${encodeURIComponent(id)}/pages/1/reread`)).state === 'read', 'it is read', 120);
  await page.reload();
  await page.getByText('読み取りが終わりました。').waitFor();
  await shot(page, 'read-as-form');
  await accessible(page);
  await page.getByRole('button', { name: '用紙として開く' }).click();
  await page.waitForURL(/\/sheets\/\d+$/);
  await page.locator('.paper canvas').waitFor();
  const { pages } = await sato.send('GET', `/documents/${encodeURIComponent(id)}`);
  assert.equal(pages[0].sheet, Number(new URL(page.url()).pathname.split('/').at(-1)));
});

test('what cannot be opened is tried again, and goes to the office that it is for', async () => {
  drop('torn.tif', Buffer.concat([Buffer.from('II*\0'), randomBytes(300)]));
  const { id } = await documentNamed(sato, 'torn.tif');
  const base = `/documents/${encodeURIComponent(id)}`;
  await until(async () => (await sato.send('GET', base)).document.state === 'held', 'it is held');
  const page = await open('sato');
  await page.goto(base);
  await page.getByRole('button', { name: 'もう一度開いてみる' }).click();
  await page.getByText('もう一度読み取りに回しました').first().waitFor();
  await accessible(page);
  const spooled = () => execFileSync(world.tasuki, ['queue', 'list', '--site', world.dir], { env: { ...process.env, TASUKI_DATA: world.source }, encoding: 'utf8' });
  await until(() => spooled().split('\n').some((line) => line.includes(id) && line.includes('held')), 'it is held again', 60);
  await page.reload();
  await page.getByRole('button', { name: /別の区の室へ/ }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption('ikuno');
  await shot(page, 'held-hand-over');
  await dialog.getByRole('button', { name: '引き渡す' }).click();
  await page.getByText(/へ引き渡し/).first().waitFor();
  const theirs = await until(async () => (await ikuno.send('GET', '/documents?limit=200')).items.find((one) => one.name === 'torn.tif'), 'it is at the other office', 60);
  await until(async () => (await ikuno.send('GET', `/documents/${encodeURIComponent(theirs.id)}`)).document.state === 'held', 'and held there');
  assert.equal((await sato.raw('GET', `${base}/original`)).status, 404);
});

/* The number that the sheets print is in the directory, and two persons have looked at it. */
async function verifyPrintedNumber() {
  const { entry } = await sato.send('POST', '/directory', { office: 'higashinari', kind: 'coordination_office', name: '受信専用', department: '', ward: '東成区', fax: '06-4306-3829', email: '', phone: '' });
  for (const person of ['見本一郎', '見本花子']) tasuki('directory', 'verify', String(entry.id), '--channel', 'fax', '--how', 'letterhead', '--by', person);
}

test('a prefilled sheet: refused in words while its number is nobody\'s, then a PDF with a code', async () => {
  const id = await dropSheet(person(71, '灰田 久', 'ハイダ ヒサシ'));
  await settle(sato, id);
  const sheet = await sato.send('GET', `/sheets/${id}`);
  await sato.send('POST', `/sheets/${id}/confirm`, { revision: sheet.revision });
  const page = await open('sato');
  await page.goto(`/cases/${sheet.case}`);
  const item = page.locator('li', { hasText: '紹介患者状況把握シート' }).filter({ has: page.getByRole('link', { name: /PDF/ }) }).first();
  await item.getByRole('link', { name: /PDF/ }).click();
  await page.getByText('06-4306-3829').first().waitFor(); // which number, and what to do
  await shot(page, 'print-refused');
  await verifyPrintedNumber();
  const [file] = await Promise.all([page.waitForEvent('download', { timeout: 60000 }), item.getByRole('link', { name: /PDF/ }).click()]);
  assert.match(file.suggestedFilename(), /\.pdf$/);
  const path = await file.path();
  assert.equal(readFileSync(path).subarray(0, 5).toString(), '%PDF-');
  assert.match(execFileSync('pdfinfo', [path], { encoding: 'utf8' }), /^Pages: +1$/m);
  const read = execFileSync(world.tasuki, ['read', path], { env: { ...process.env, TASUKI_DATA: world.source }, encoding: 'utf8' });
  assert.match(read, /"code": *"[^"]+"/);
});
