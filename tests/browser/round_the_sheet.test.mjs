/* The desk around a sheet: queue, trays, documents, hand-over, search, cases, to-dos, notices, directory, forms, figures. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessible, client, close, open, pdf, shot, until, world } from './support/browser.mjs';

after(close);

const rows = (page) => page.locator('tbody tr');
const api = client('sato');
const tanaka = client('tanaka');
const ikuno = client('ikuno');
const isoNow = () => new Date(Date.now() - 60000).toISOString();

async function ready(page, path, selector = 'main h1') {
  await page.goto(path);
  await page.waitForSelector(selector);
  await page.waitForLoadState('networkidle').catch(() => {});
}

async function audited(action, object) {
  const auditor = client('auditor');
  const found = await auditor.send('GET', `/audit?object=${encodeURIComponent(object)}`);
  return found.items.some((entry) => entry.action === action);
}

/* A copy of a sample sheet under bytes of its own, so that this file finds what it needs whatever ran before. */
async function upload(name, mark) {
  const bytes = Buffer.concat([readFileSync(join(world.source, 'config/sample/sheets/higashinari', name)), Buffer.from(`round ${mark} ${Date.now()}`)]);
  const response = await fetch(`${world.url}/api/v1/uploads?name=${name}`, { method: 'POST', body: bytes,
    headers: { Cookie: api.cookie, 'X-CSRF-Token': api.csrf, 'Content-Type': 'application/octet-stream' } });
  assert.equal(response.status, 201);
  return (await response.json()).document;
}

const mine = {};
before(async () => {
  mine.referral = await upload('01-referral.tif', 1);
  mine.outcome = await upload('02-referral-with-outcome.tif', 2);
  mine.letter = await upload('04-outcome-letter.tif', 4);
  mine.advertisement = await upload('06-advertisement.tif', 6);
  mine.broken = await upload('07-broken-off.tif', 7);
  execFileSync(world.tasuki, ['queue', '--wait-idle', '240', '--site', world.dir], { env: { ...process.env, TASUKI_DATA: world.source } });
});

const of = (items, document) => items.find((item) => item.document === document);
const sheetsOf = async (who, tray = 'all') => (await who.send('GET', `/queue?tray=${tray}&limit=500`)).items;

test('the first page says what arrived, what is uncertain and who waits; trays by number keys; counts are live', async () => {
  const page = await open('sato');
  await ready(page, '/', '.tiles');
  const counts = await api.send('GET', '/counts');
  assert.ok(counts.arrived > 0 && counts.trays.review > 0 && counts.todos > 0);
  const tiles = await page.locator('.tile strong').allTextContents();
  assert.deepEqual(tiles.map(Number), [counts.arrived, counts.trays.review, counts.todos, counts.notices]);
  await shot(page, 'queue');
  await accessible(page);
  await page.waitForFunction(() => document.activeElement?.closest('tbody tr'));
  await page.keyboard.press('4');
  await until(async () => (await rows(page).count()) === counts.trays.which_case, 'the tray of sheets without a case');
  assert.match(page.url(), /tray=which_case/);
  await page.keyboard.press('1');
  await until(async () => (await rows(page).count()) === counts.trays.all, 'everything again');
  const held = of(await sheetsOf(api, 'held'), mine.broken);
  await api.send('PUT', `/documents/${held.document}/settled`, { as: 'junk' });
  await until(async () => (await rows(page).count()) === counts.trays.all - 1, 'the list follows what another browser did');
  await api.send('PUT', `/documents/${held.document}/settled`, { as: '' });
});

test('one key each for what is no sheet, and undo', async () => {
  const page = await open('sato');
  await ready(page, '/?tray=no_form', 'tbody tr');
  const before = await rows(page).count();
  await page.waitForFunction(() => document.activeElement?.closest('tbody tr'));
  for (const key of ['x', 'f', 'u']) {
    await page.keyboard.press(key);
    await until(async () => (await rows(page).count()) === before - 1, `${key} puts it away`);
    await page.keyboard.press('Control+z');
    await until(async () => (await rows(page).count()) === before, `undo of ${key}`);
    await rows(page).first().focus();
  }
  await page.keyboard.press('w');
  await page.getByRole('dialog').getByRole('textbox').fill('医師会 会長');
  await page.keyboard.press('Enter');
  await until(async () => (await rows(page).count()) === before - 1, 'forwarded');
  await shot(page, 'queue-undo');
  await page.keyboard.press('Control+z');
  await until(async () => (await rows(page).count()) === before, 'undo of forwarding');
});

test('the pages of a document: looked at, assigned to a case, taken back', async () => {
  const page = await open('sato');
  const letter = of(await sheetsOf(api, 'no_form'), mine.advertisement);
  await ready(page, `/documents/${letter.document}`, '.thumbs img');
  await shot(page, 'document');
  await accessible(page);
  await page.keyboard.press('a');
  const cases = (await api.send('GET', '/cases')).items;
  await page.getByRole('dialog').getByRole('combobox').fill(cases[0].number);
  await page.getByRole('option', { name: cases[0].number }).click(); // else the list may lie over the button
  await page.getByRole('dialog').getByRole('button', { name: '決定' }).click();
  await page.waitForSelector(`text=${cases[0].number} に加えました`);
  assert.equal((await api.send('GET', `/cases/${cases[0].number}`)).pages.length, 1);
  await page.keyboard.press('z');
  await until(async () => (await api.send('GET', `/cases/${cases[0].number}`)).pages.length === 0, 'taken back');
});

test('another ward: handed over, one line stays, the page is gone, both logs say so', async () => {
  const page = await open('sato');
  const before = (await sheetsOf(ikuno)).length;
  const item = of(await sheetsOf(api), mine.letter);
  assert.ok(item, 'a sheet to hand over');
  await ready(page, '/', 'tbody tr');
  await page.locator(`tr[data-id="sheet${item.id}"]`).focus();
  await page.keyboard.press('h');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption('ikuno');
  await shot(page, 'hand-over');
  await accessible(page);
  await dialog.getByRole('button', { name: '引き渡す' }).click();
  await until(async () => (await page.locator(`tr[data-id="sheet${item.id}"]`).count()) === 0, 'gone from the list');
  assert.equal((await api.raw('GET', `/sheets/${item.id}`)).status, 404);
  assert.equal((await api.raw('GET', `/sheets/${item.id}/page`)).status, 404);
  assert.equal((await api.raw('GET', `/documents/${item.document}/pages/1/image`)).status, 404);
  await until(async () => (await sheetsOf(ikuno)).length === before + 1, 'at the other office');
  assert.equal((await ikuno.send('GET', `/sheets/${item.id}`)).case, '');
  await ready(page, '/received', 'tbody tr');
  await page.waitForSelector('text=へ引き渡し');
  await shot(page, 'received');
  await accessible(page);
  assert.ok(await audited('document.hand_over', `document:${item.document}`));
  const taken = (await sheetsOf(ikuno)).find((one) => one.id === item.id && one.kind === 'sheet');
  assert.ok(await audited('document.taken_over', `document:${taken.document}`));
});

test('search finds a patient by two characters, narrow kana and birth date', async () => {
  const page = await open('sato');
  await ready(page, '/', '.tiles');
  await page.keyboard.press('/');
  await page.keyboard.type('坂本');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/cases\?q=/);
  await page.waitForSelector('text=坂本 清');
  await shot(page, 'search');
  await accessible(page);
  for (const words of ['ｻｶﾓﾄ', 'さかもと', 'S11.9.3', '昭和11年9月3日', '坂本 清']) {
    await page.getByRole('searchbox').fill(words);
    await page.keyboard.press('Enter');
    await until(async () => (await rows(page).count()) >= 1 && /坂本 清/.test(await rows(page).first().textContent()), words);
  }
  await page.getByRole('searchbox').fill('だれもいない');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=該当する患者・案件はありません');
  assert.equal((await ikuno.send('GET', '/search?q=%E5%9D%82%E6%9C%AC')).items.length, 0);
});

test('which case is this: side by side, taken by number key', async () => {
  const page = await open('sato');
  const { id, case: its } = of(await sheetsOf(api), mine.outcome); // the matching may have linked it by itself
  await ready(page, `/sheets/${id}/case`, 'table.candidates');
  assert.ok((await page.locator('td.agrees').count()) >= 3);
  await shot(page, 'which-case');
  await accessible(page);
  const { items } = await api.send('GET', `/sheets/${id}/candidates`);
  const other = items.findIndex((one) => one.case !== its);
  if (other < 0) {
    await page.waitForSelector('text=いまの案件');
    return;
  }
  await page.keyboard.press(String(other + 1));
  await page.waitForURL(new RegExp(`/sheets/${id}$`));
  await until(async () => (await api.send('GET', `/sheets/${id}`)).case === items[other].case, 'linked');
});

test('the case: notes by hand, consent, an outcome told by telephone, print and export are audited', async () => {
  const page = await open('sato');
  const number = (await api.send('GET', '/search?q=%E5%9D%82%E6%9C%AC')).items[0].case;
  await ready(page, `/cases/${number}`, '.timeline');
  await page.keyboard.press('k');
  await page.getByRole('dialog').getByRole('textbox', { name: '支援経過' }).fill('同意を確認。訪問看護の開始を相談。');
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click();
  await page.waitForSelector('.timeline .entry');
  await page.keyboard.press('m');
  await page.getByRole('dialog').getByRole('textbox', { name: '参加者' }).fill('主治医、訪問看護、ケアマネジャー');
  await page.getByRole('dialog').getByRole('textbox', { name: '備考' }).fill('在宅で看取りまで支える方針');
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click();
  await page.waitForSelector('text=在宅で看取りまで');
  await page.locator('.consent').first().getByRole('button').click();
  await page.getByRole('dialog').getByRole('button', { name: '同意を記録' }).click();
  await page.waitForSelector('.consent .badge.good');
  await shot(page, 'case', { fullPage: true });
  await accessible(page);
  await page.evaluate(() => { window.print = () => { window.printed = true; }; });
  await page.getByRole('button', { name: '印刷' }).click();
  await page.waitForFunction(() => window.printed);
  await pdf(page, 'case-sheet');
  assert.ok(await audited('print', `case:${number}`));
  assert.ok(await audited('view', `case:${number}`));
  await api.send('GET', `/cases/${number}/export`);
  assert.ok(await audited('export', `case:${number}`));

  await page.keyboard.press('o');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('移動期日').fill('R8.11.20');
  await dialog.getByLabel('転帰', { exact: true }).selectOption('discharge');
  await dialog.getByLabel('話してくれた人').fill('山本看護師(見本中央病院)');
  await shot(page, 'outcome-by-phone');
  await accessible(page);
  await dialog.getByRole('button', { name: '内容の確認へ' }).click();
  await page.waitForURL(/\/sheets\/\d+$/);
  const id = Number(page.url().split('/').pop());
  const sheet = await api.send('GET', `/sheets/${id}`);
  assert.equal(sheet.told_by, '山本看護師(見本中央病院)');
  assert.equal(sheet.case, number);
});

test('an outcome that was told is not told again when its fax comes', async () => {
  const number = (await api.send('GET', '/search?q=%E5%9D%82%E6%9C%AC')).items[0].case;
  const tell = async (who) => {
    const told = await api.send('POST', `/cases/${number}/outcomes`, { informant: who, how: 'phone', at: isoNow(), values: { move_date: 'R8.11.21', outcome: 'transfer', destination: '見本中央' } });
    const sheet = await api.send('GET', `/sheets/${told.sheet}`);
    const values = Object.fromEntries(sheet.fields.filter((field) => field.decided === 'waiting').map((field) => [field.id, field.value]));
    const set = Object.keys(values).length > 0 ? await api.send('PATCH', `/sheets/${told.sheet}/fields`, { revision: sheet.revision, values }) : sheet;
    return (await api.send('POST', `/sheets/${told.sheet}/confirm`, { revision: set.revision })).id;
  };
  const about = async () => (await api.send('GET', `/cases/${number}`));
  const first = await tell('山本看護師');
  const after1 = await about();
  const second = await tell('田中医師');
  const after2 = await about();
  const ofSheet = (list, id) => list.filter((one) => one.sheet === id && one.event.startsWith('outcome'));
  assert.ok(ofSheet(after1.notices, first).length + ofSheet(after1.todos, first).length > 0, 'the first is told');
  assert.ok(ofSheet(after1.notices, first).some((one) => one.kind === 'alert'), 'the ward office is told');
  assert.equal(ofSheet(after2.notices, second).filter((one) => one.kind === 'alert').length, 0, 'and is not told again');
  const out = after2.notices.filter((one) => one.event.startsWith('outcome') && one.kind === 'disclosure' && !['refused', 'cancelled'].includes(one.state));
  assert.ok(out.length <= 1, 'the clinic is told once at most');
});

test('a case opened by hand, merged into another, and split off again', async () => {
  const page = await open('sato');
  await ready(page, '/cases/new', 'form');
  await page.getByLabel('患者氏名').fill('𠮷田 はな');
  await page.getByLabel('フリガナ').fill('ヨシダ ハナ');
  await page.getByLabel('生年月日').fill('S10.1.2');
  await page.getByLabel('話してくれた人').fill('長女');
  await shot(page, 'case-new');
  await accessible(page);
  await page.getByRole('button', { name: '案件を開いて' }).click();
  await page.waitForURL(/\/sheets\/\d+$/);
  const made = (await api.send('GET', '/search?q=%E3%83%A8%E3%82%B7%E3%83%80')).items[0];
  assert.equal(made.birth, '1935-01-02');
  const other = (await api.send('GET', '/cases?order=opened')).items.find((one) => one.number !== made.case);
  await ready(page, `/cases/${made.case}`, '.timeline');
  await page.getByRole('button', { name: '統合' }).click();
  await page.getByRole('dialog').getByRole('combobox').fill(other.number);
  await page.getByRole('option', { name: other.number }).click(); // else the list may lie over the button
  await page.getByRole('dialog').getByRole('button', { name: '次へ' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '統合' }).click();
  await page.waitForURL(new RegExp(`/cases/${other.number}$`));
  const merged = await api.send('GET', `/cases/${other.number}`);
  assert.ok(merged.sheets.some((sheet) => sheet.id === made.sheet));
  assert.equal((await api.send('GET', `/cases/${made.case}`)).case.merged_into, other.number);
  await page.waitForSelector('.timeline');
  await page.getByRole('button', { name: '分割' }).click();
  const split = page.getByRole('dialog');
  await split.locator(`#split-${made.sheet}`).check();
  await split.getByRole('combobox').selectOption(made.case);
  await shot(page, 'split');
  await accessible(page);
  await split.getByRole('button', { name: '分割' }).click();
  await until(async () => (await api.send('GET', `/cases/${made.case}`)).case.merged_into === '', 'its own again');
});

test('to-dos: no answer, passed on, done with whom and when, and open again', async () => {
  const page = await open('sato');
  await ready(page, '/todos', 'tbody tr');
  await shot(page, 'todos');
  await accessible(page);
  await page.waitForFunction(() => document.activeElement?.closest('tbody tr'));
  const id = await page.evaluate(() => document.activeElement.dataset.id);
  await page.keyboard.press('n');
  await page.getByRole('dialog').getByLabel('次に試す日').fill('R8.12.1');
  await page.keyboard.press('Enter');
  await until(async () => (await api.send('GET', `/todos/${id}`)).todo.due === '2026-12-01', 'again on');
  await ready(page, `/todos/${id}`);
  await page.keyboard.press('p');
  await page.getByRole('dialog').getByLabel('誰に引き継ぎますか').fill('田中');
  await page.keyboard.press('Enter');
  await until(async () => (await api.send('GET', `/todos/${id}`)).todo.assigned === '田中', 'passed on');
  await page.keyboard.press('d');
  await page.getByRole('dialog').getByLabel('誰と話しましたか').fill('山本看護師');
  await page.getByRole('dialog').getByRole('button', { name: '済み' }).click();
  await until(async () => (await api.send('GET', `/todos/${id}`)).todo.done !== '', 'done');
  await shot(page, 'todo');
  await accessible(page);
  const { results } = await api.send('GET', `/todos/${id}`);
  assert.deepEqual(results.map((one) => one.result).slice(-3), ['no_answer', 'passed_on', 'done']); /* after what was there before */
  await page.getByRole('button', { name: '未了に戻す' }).click();
  await until(async () => (await api.send('GET', `/todos/${id}`)).todo.done === '', 'open again');
  assert.equal((await ikuno.raw('GET', `/todos/${id}`)).status, 404);
});

test('the directory: typed by one, verified by two, and the same person is refused', async () => {
  const page = await open('sato');
  await ready(page, '/directory', 'tbody tr');
  await shot(page, 'directory');
  await accessible(page);
  await ready(page, '/directory/new', 'form');
  await page.getByLabel('名称').fill('緑橋やすらぎ診療所');
  await page.getByLabel('ファックス').fill('06-1111-2222');
  await page.getByRole('button', { name: '保存' }).click();
  await page.waitForURL(/\/directory\/\d+$/);
  const id = Number(page.url().split('/').pop());
  await page.getByRole('button', { name: '1人目として確認する' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '確かめた' }).click();
  await page.waitForSelector('text=1人が確認しました');
  await shot(page, 'directory-entry');
  await accessible(page);
  await page.getByRole('button', { name: '2人目として確認する' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '確かめた' }).click();
  await page.waitForSelector('.toast.fault');
  assert.equal((await api.send('GET', `/directory/${id}`)).entry.fax_state, 'proposed');
  const second = await open('manager');
  await ready(second, '/directory', '.callout');
  await second.getByRole('link', { name: '緑橋やすらぎ診療所' }).first().click();
  await second.getByRole('button', { name: '2人目として確認する' }).click();
  await second.getByRole('dialog').getByRole('button', { name: '確かめた' }).click();
  await until(async () => (await api.send('GET', `/directory/${id}`)).entry.fax_state === 'verified', 'verified by two');
  await page.reload();
  await page.getByLabel('メール', { exact: true }).fill('yasuragi@clinic.example.jp');
  await page.getByRole('button', { name: '保存' }).first().click();
  await page.getByRole('button', { name: '合言葉を作る' }).click();
  await page.getByRole('dialog').getByLabel('相手の名前').fill('山本');
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: '作る', exact: true }).click();
  await page.waitForSelector('dialog p.big');
  const passphrase = await page.locator('dialog p.big').innerText();
  assert.match(passphrase, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
  await shot(page, 'directory-passphrase');
  await accessible(page);
  await page.getByRole('button', { name: '伝えた' }).click();
  await page.waitForSelector('text=相手 山本');
  await shot(page, 'directory-letters');
  const seen = await api.send('GET', `/directory/${id}`);
  assert.equal(seen.entry.agreed.how, 'phone');
  assert.doesNotMatch(JSON.stringify(seen), new RegExp(passphrase), 'it is shown once');
  assert.equal((await ikuno.raw('POST', `/directory/${id}/passphrase`, { how: 'phone', told_to: 'x' })).status, 404);
  await page.getByRole('button', { name: '合言葉を取り消す' }).click();
  await page.waitForSelector('text=合言葉は決めていません');
  await page.getByLabel('ファックス', { exact: true }).fill('06-1111-3333');
  await page.getByRole('button', { name: '保存' }).first().click();
  await until(async () => (await api.send('GET', `/directory/${id}`)).entry.fax_state === 'unverified', 'a changed number is another one');
  assert.equal((await ikuno.raw('GET', `/directory/${id}`)).status, 404);
});

test('a notice: its words, its attempts, its letter; sent by hand with a name', async () => {
  const page = await open('sato');
  await ready(page, '/notices', 'tbody tr');
  await shot(page, 'notices');
  await accessible(page);
  const all = (await api.send('GET', '/notices?limit=200')).items;
  const one = all.find((notice) => notice.state === 'delivered');
  await ready(page, `/notices/${one.id}`);
  await shot(page, 'notice');
  await accessible(page);
  await ready(page, `/notices/${one.id}/letter`);
  await shot(page, 'letter');
  await accessible(page);
  assert.equal((await api.raw('POST', `/notices/${one.id}/cancel`, { why: '誤り' })).status, 422);
  assert.equal((await ikuno.raw('GET', `/notices/${one.id}`)).status, 404);
  const refused = all.find((notice) => notice.state === 'refused' && notice.reason.includes('同意'));
  if (refused) assert.equal((await api.raw('POST', `/notices/${refused.id}/by-hand`, { how: '窓口で手渡し' })).status, 422, 'by hand needs consent too');
  const open_ = all.find((notice) => ['queued', 'failed'].includes(notice.state));
  if (open_) {
    await ready(page, `/notices/${open_.id}`);
    await page.getByRole('button', { name: '手作業で送付した' }).click();
    await page.getByRole('dialog').getByLabel('どのように').fill('窓口で手渡し');
    await page.getByRole('dialog').getByRole('button', { name: '手作業で送付した' }).click();
    await page.waitForSelector('text=さんが手作業で送付しました');
    assert.equal((await api.send('GET', `/notices/${open_.id}`)).notice.by_hand, 'sato');
  }
});

test('forms with their regions, figures as pictures and as numbers', async () => {
  const page = await open('sato');
  await ready(page, '/forms', 'tbody tr');
  await shot(page, 'forms');
  await accessible(page);
  await ready(page, '/forms/referral-status/higashinari-2015', '.regions rect');
  assert.ok(await page.evaluate(() => document.querySelector('.blank img').naturalWidth > 500));
  await page.locator('.regions rect[data-field="patient_name"]').click();
  await page.waitForSelector('li[aria-current="true"] >> text=患者氏名');
  await shot(page, 'form');
  await accessible(page);
  await ready(page, '/dashboard', '.chart svg');
  assert.ok((await page.locator('.chart svg rect').count()) > 0);
  await shot(page, 'dashboard', { fullPage: true });
  await accessible(page);
  const bureau = await open('bureau');
  await ready(bureau, '/dashboard', '.chart');
  assert.equal((await client('bureau').raw('GET', '/queue')).status, 403);
});

test('in English, at 200 %, and on paper', async () => {
  const paths = ['/', '/todos', '/cases', '/notices', '/directory', '/dashboard', '/forms', '/received'];
  const number = (await tanaka.send('GET', '/cases')).items[0].number;
  const page = await open('tanaka', { language: 'en' });
  for (const path of [...paths, `/cases/${number}`]) {
    await ready(page, path);
    await accessible(page);
  }
  await ready(page, `/cases/${number}`, '.timeline');
  await shot(page, 'case-en');
  await ready(page, '/', '.tiles');
  await shot(page, 'queue-en');
  const large = await open('tanaka', { zoom: 2 });
  for (const path of [...paths, `/cases/${number}`]) {
    await ready(large, path);
    assert.ok(await large.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${path} is wider than the screen at 200 %`);
    await accessible(large);
  }
  await shot(large, 'case-200');
  await ready(page, '/', '.tiles');
  await pdf(page, 'queue-list');
  assert.ok(world.screenshots);
});
