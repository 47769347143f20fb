/* One sheet from the queue to the notice, by keys alone; how many keys; what an IME, a second person and a held key do. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, client, close, keys, open, shot, until, world } from './support/browser.mjs';
import { doubt, dropSheet, person, settle } from './support/sheets.mjs';

after(close);

const sato = client('sato');
const sheetOf = (id) => sato.send('GET', `/sheets/${id}`);
const fieldOf = async (id, field) => (await sheetOf(id)).fields.find((one) => one.id === field);
const row = (page, id) => page.locator(`.row-field[data-row="${id}"]`);
const sendButton = (page) => page.locator('.summary-foot .primary');
const armed = (page) => page.waitForTimeout(650);

/* The queue with the row of this sheet focused, as a person finds it by the arrow keys. */
async function atRow(page, id) {
  await page.goto('/');
  const line = page.locator(`tr:has(a[href^="/sheets/${id}"])`).first();
  await line.waitFor();
  await line.focus();
  page.pressed = 0;
}

async function inSummary(page) {
  await sendButton(page).waitFor();
  await armed(page);
}

/* Of a mail of one part. */
function bodyOf(mail) {
  const [head, ...rest] = mail.split(/\r?\n\r?\n/);
  const body = rest.join('\n\n');
  return /^Content-Transfer-Encoding: base64/im.test(head) ? Buffer.from(body, 'base64').toString('utf8') : body;
}

async function confirmed(id) {
  return until(async () => (await sheetOf(id)).state === 'confirmed', `sheet ${id} is confirmed`);
}

async function consent(id) {
  const sheet = await sheetOf(id);
  await sato.send('POST', `/sheets/${id}/consent`, { revision: sheet.revision, scope: 'medical', giver: 'patient', how: 'sheet' });
}

test('nothing in doubt: two keys from the queue', async () => {
  const id = await dropSheet({ ...person(1, '井上 花', 'イノウエ ハナ') });
  await settle(sato, id);
  await consent(id);
  const page = await open('sato');
  await atRow(page, id);
  await keys(page, 'Enter');
  await inSummary(page);
  await shot(page, 'sheet-summary');
  await keys(page, 'Enter');
  await confirmed(id);
  assert.equal(page.pressed, 2);
  await until(() => new URL(page.url()).pathname === '/', 'the queue is back');
});

test('three fields whose first alternative is right: five keys', async () => {
  const id = await dropSheet({ ...person(2, '石川 実', 'イシカワ ミノル') });
  await settle(sato, id);
  await consent(id);
  doubt(id, { patient_name: ['石川 夫', ['石川 実', '石川 美']], to_doctor: ['西田', ['西川']], from_doctor: ['三浦 恵子', ['三浦 恵', '三浦 憲']] });
  const page = await open('sato');
  await atRow(page, id);
  await keys(page, 'Enter');
  await row(page, 'to_doctor').and(page.locator(':focus')).waitFor();
  await shot(page, 'sheet-review');
  await keys(page, '1', '1', '1');
  await inSummary(page);
  await keys(page, 'Enter');
  await confirmed(id);
  assert.equal(page.pressed, 5);
  assert.equal((await fieldOf(id, 'patient_name')).value, '石川 実');
  assert.equal((await fieldOf(id, 'to_doctor')).value, '西川');
});

test('consent is said to be missing, and is recorded there by one key more', async () => {
  const id = await dropSheet({ ...person(3, '上田 進', 'ウエダ ススム') });
  await settle(sato, id);
  const page = await open('sato');
  await atRow(page, id);
  await keys(page, 'Enter');
  await inSummary(page);
  await page.locator('.callout.consent').getByText('同意が記録されていません').waitFor();
  await shot(page, 'sheet-consent');
  await keys(page, 'c');
  await page.getByText(/が .*に記録/).waitFor();
  await inSummary(page);
  await keys(page, 'Enter');
  await confirmed(id);
  assert.equal(page.pressed, 3);
});

test('a sheet as it came from the reader, from the keyboard alone, to the mail of the clinic', async () => {
  const id = await dropSheet({ ...person(4, '江口 文子', 'エグチ フミコ'), 'move_date.year': '8', 'move_date.month': '11', 'move_date.day': '20',
    outcome: ['discharge'], destination: '見本中央' });
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  for (let left = 30; left > 0 && await sendButton(page).isHidden(); left--) {
    const waiting = page.locator('.row-field:focus-within');
    await waiting.waitFor();
    const focus = await waiting.getAttribute('data-row');
    const text = await waiting.innerText();
    await page.keyboard.press(/date$/.test(focus) && /1\s*令和/.test(text) ? '1' : 'Enter');
    await until(async () => await sendButton(page).isVisible() || (await page.locator('.row-field:focus-within').getAttribute('data-row').catch(() => focus)) !== focus, `${focus} is decided`);
  }
  await inSummary(page);
  await page.getByText('どの案件ですか').waitFor();
  await accessible(page);
  await shot(page, 'sheet-which-case');
  await page.keyboard.press('n');
  await page.getByRole('button', { name: '用紙の同意を記録する' }).waitFor();
  await page.keyboard.press('c');
  await page.getByText(/が .*に記録/).waitFor();
  const clinic = page.locator('.told').filter({ hasText: '見本内科クリニック' }).filter({ hasText: '送る' });
  const address = await clinic.locator('.number').innerText();
  const preview = await clinic.locator('pre').innerText();
  assert.match(preview, /見本内科クリニック/);
  await shot(page, 'sheet-summary-outcome');
  await inSummary(page);
  await page.keyboard.press('Enter');
  await confirmed(id);
  const number = (await sheetOf(id)).case;
  const mails = () => readdirSync(join(world.dir, 'mail/new')).map((name) => readFileSync(join(world.dir, 'mail/new', name), 'utf8'));
  const mail = await until(() => mails().find((text) => text.includes(`<${address}>`) && bodyOf(text).includes(number)), `a mail to ${address} lies in the maildir`, 60);
  assert.ok(bodyOf(mail).replace(/\s/g, '').includes(preview.replace(/\s/g, '').slice(0, 60)), 'the mail says what the preview said');
  assert.doesNotMatch(bodyOf(mail), /江口|エグチ/);
});

test('the key that sends does nothing in its first half second, nor while it is held', async () => {
  const id = await dropSheet({ ...person(5, '大西 豊', 'オオニシ ユタカ') });
  await settle(sato, id);
  await consent(id);
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  await page.evaluate(async () => { // in the very frame in which it appears
    const frame = () => new Promise(requestAnimationFrame);
    let button = null;
    while (!(button = document.querySelector('.summary:not([hidden]) .summary-foot .primary'))) await frame();
    button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    button.click();
  });
  await page.waitForTimeout(300);
  assert.equal((await sheetOf(id)).state, 'ready');
  await armed(page);
  const session = await page.context().newCDPSession(page);
  for (let i = 0; i < 5; i++) await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, autoRepeat: true });
  await page.waitForTimeout(300);
  assert.equal((await sheetOf(id)).state, 'ready');
  await page.keyboard.press('Enter');
  await confirmed(id);
});

test('Enter of an input method confirms nothing', async () => {
  const id = await dropSheet({ ...person(6, '川口 誠', 'カワグチ マコト') });
  await settle(sato, id);
  doubt(id, { patient_name: ['川田 誠', []] });
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  const name = row(page, 'patient_name');
  await name.and(page.locator(':focus')).waitFor();
  await page.keyboard.press('e');
  const input = name.locator('input');
  await input.and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Control+a');
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'かわぐち', selectionStart: 4, selectionEnd: 4 });
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  await session.send('Input.insertText', { text: '川口' });
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 }); // as some report it after the end
  await page.waitForTimeout(200);
  assert.equal((await fieldOf(id, 'patient_name')).decided, 'waiting');
  assert.equal(await input.inputValue(), '川口');
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  await session.send('Input.insertText', { text: ' 誠' });
  await page.waitForTimeout(200);
  await page.keyboard.press('Enter');
  await until(async () => (await fieldOf(id, 'patient_name')).value === '川口 誠', 'the typed name is taken');
});

test('a date is typed as people type it; a name is completed; a change is taken back', async () => {
  const id = await dropSheet({ ...person(7, '木下 茂', 'キノシタ シゲル') });
  await settle(sato, id);
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  await inSummary(page);
  await page.keyboard.press('Escape');
  await row(page, 'birth_date').getByRole('button').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('S6.5.2');
  await page.keyboard.press('Enter');
  await until(async () => (await fieldOf(id, 'birth_date')).value === '1931-05-02', 'S6.5.2 is 1931-05-02');
  await inSummary(page);
  await page.locator('.summary').getByText('年齢は 74歳とありますが').waitFor(); // said before it is confirmed
  await page.keyboard.press('Escape');
  await row(page, 'birth_date').getByText('年齢は 74歳とありますが').waitFor();
  await row(page, 'age').getByText('年齢は 74歳とありますが').waitFor();
  await shot(page, 'sheet-problem');
  await page.keyboard.press('Control+z');
  await until(async () => (await fieldOf(id, 'birth_date')).value === '1951-12-22', 'the birth date is back');
  await row(page, 'birth_date').getByText('年齢は 74歳').waitFor({ state: 'detached' });
  await row(page, 'from_clinic').getByRole('button').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('見本');
  await page.getByRole('option').first().waitFor();
  await shot(page, 'sheet-complete');
  await page.keyboard.press('ArrowDown');
  const offered = await page.locator('[role=option][aria-selected=true] span').innerText();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await until(async () => (await fieldOf(id, 'from_clinic')).value === offered, `${offered} is taken`);
});

test('marks by number keys', async () => {
  const id = await dropSheet({ ...person(8, '久保 清', 'クボ キヨシ') });
  await settle(sato, id);
  doubt(id, { contact_method: ['email', []], care_insurance: ['', []] });
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  await row(page, 'contact_method').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('1'); // fax as well: several may be marked, so the row stays
  await row(page, 'contact_method').getByRole('button', { name: 'Fax', pressed: true }).waitFor();
  await shot(page, 'sheet-marks');
  await page.keyboard.press('Enter');
  await row(page, 'care_insurance').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('2'); // one of three: chosen, and on
  await inSummary(page);
  assert.equal((await fieldOf(id, 'contact_method')).value, 'fax,email');
  assert.equal((await fieldOf(id, 'care_insurance')).value, 'certified');
});

test('two people on one sheet never overwrite each other without a word', async () => {
  const id = await dropSheet({ ...person(9, '近藤 勇', 'コンドウ イサム') });
  await settle(sato, id);
  doubt(id, { patient_name: ['近藤 男', ['近藤 勇']], to_doctor: ['西田', ['西川']] });
  const first = await open('sato');
  await first.goto(`/sheets/${id}`);
  await row(first, 'to_doctor').and(first.locator(':focus')).waitFor();
  const second = await open('tanaka');
  await second.goto(`/sheets/${id}`);
  await second.getByText('佐藤').first().waitFor();
  await second.getByText('作業中です').waitFor();
  await shot(second, 'sheet-claimed');
  await second.keyboard.press('1'); // reading only
  await second.waitForTimeout(300);
  assert.equal((await fieldOf(id, 'to_doctor')).decided, 'waiting');
  await second.keyboard.press('t');
  await first.getByText(/引き継ぎました/).first().waitFor();
  await row(second, 'to_doctor').and(second.locator(':focus')).waitFor();
  await second.keyboard.press('1');
  await until(async () => (await fieldOf(id, 'to_doctor')).value === '西川', 'the second has written');
  await first.keyboard.press('t'); // takes it back, and sees what the other wrote
  await row(first, 'patient_name').and(first.locator(':focus')).waitFor();
  /* Both think it is theirs: the other's stroke is on its way while this one writes the same field. */
  const tanaka = client('tanaka');
  await first.route('**/api/v1/sheets/*/fields', async (route) => {
    const now = await sheetOf(id);
    await tanaka.send('PATCH', `/sheets/${id}/fields`, { revision: now.revision, values: { patient_name: '近藤 勉' } });
    await route.continue();
  }, { times: 1 });
  await first.keyboard.press('1');
  await first.getByText('先に変更しました').waitFor();
  await shot(first, 'sheet-conflict');
  assert.equal((await fieldOf(id, 'patient_name')).value, '近藤 勉');
  await first.getByRole('button', { name: '相手の値を残す' }).click();
  assert.equal((await fieldOf(id, 'patient_name')).value, '近藤 勉');
});

test('what was confirmed for the case stands on its next sheet', async () => {
  const first = await dropSheet({ ...person(10, '笹川 薫', 'ササガワ カオル') });
  await settle(sato, first);
  let sheet = await sheetOf(first);
  await sato.send('POST', `/sheets/${first}/confirm`, { revision: sheet.revision });
  const number = sheet.case;
  const second = await dropSheet({ ...person(10, '笹川 薫', 'ササガワ カオル'), 'move_date.year': '8', 'move_date.month': '11', 'move_date.day': '21', outcome: ['discharge'] });
  await settle(sato, second);
  doubt(second, { patient_name: ['笠川 薫', []] });
  sheet = await sheetOf(second);
  const elsewhere = (await sheetOf(4)).case; // away and back: as if a person had to find the case
  for (const to of [elsewhere, number]) {
    sheet = await sheetOf(second);
    await sato.send('PUT', `/sheets/${second}/case`, { revision: sheet.revision, case: to });
  }
  const name = await fieldOf(second, 'patient_name');
  assert.equal(name.value, '笹川 薫');
  assert.equal(name.reason, 'from_case');
  const page = await open('sato');
  await page.goto(`/sheets/${second}`);
  await page.getByText('一致: ').waitFor();
  await shot(page, 'sheet-of-case');
});

test('the page can be zoomed and turned, and says which field is looked at', async () => {
  const page = await open('sato');
  await page.goto('/sheets/1');
  await page.locator('.paper canvas').waitFor();
  await page.locator('.row-field.active').waitFor();
  const width = () => page.locator('.paper canvas').evaluate((canvas) => canvas.clientWidth);
  const before = await width();
  assert.equal(await page.locator('.frames .frame').evaluate((frame) => Number(frame.getAttribute('width')) > 20), true);
  await page.keyboard.press('+');
  assert.ok(await width() > before);
  await page.keyboard.press('w');
  await page.keyboard.press('r');
  await page.waitForTimeout(200);
  await accessible(page);
  await shot(page, 'sheet-turned');
});

test('read again as another form: a person sees what differs and takes it', async () => {
  const id = await dropSheet({ ...person(12, '西村 修', 'ニシムラ オサム') });
  await settle(sato, id);
  const page = await open('sato');
  await page.goto(`/sheets/${id}`);
  await inSummary(page);
  await page.locator('.sheet-head summary').click();
  await page.getByRole('button', { name: 'もう一度読み取る' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '読み取る', exact: true }).click();
  await page.getByText('読み直しが終わりました').first().waitFor({ timeout: 90000 });
  await page.keyboard.press('d');
  await page.getByRole('dialog').getByText('読み直した結果').waitFor();
  await accessible(page);
  await shot(page, 'sheet-reread');
  await page.getByRole('button', { name: '取り入れる' }).click();
  await page.getByText('新しい読み取りを取り入れました').first().waitFor();
  const sheet = await sheetOf(id);
  assert.equal(sheet.form, 'referral-status');
  assert.equal(sheet.fields.find((one) => one.id === 'referral_date.year').value, '令和8'); // a person's value stood
});
