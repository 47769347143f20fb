/* Cases that wait: asked by hand, taken back; consent that names who said so; the ledger; what came since last time. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, client, close, open, pdf, shot, until, world } from './support/browser.mjs';
import { dropSheet, person, settle, tasuki } from './support/sheets.mjs';

after(close);

const sato = client('sato');
const sheetOf = (id) => sato.send('GET', `/sheets/${id}`);

/* A referral of this month that a person confirmed; nobody has said anything of consent. */
async function confirmedCase(n, name, kana) {
  const id = await dropSheet({ ...person(n, name, kana), consent: [] });
  const sheet = await settle(sato, id);
  await sato.send('POST', `/sheets/${id}/claim`, {});
  await sato.send('POST', `/sheets/${id}/confirm`, { revision: (await sheetOf(id)).revision ?? sheet.revision });
  await until(async () => (await sheetOf(id)).state === 'confirmed', 'it is confirmed');
  return (await sheetOf(id)).case;
}

test('without a tick the clinic is asked, who answered is recorded, and then the hospital is asked by hand', async () => {
  const number = await confirmedCase(21, '森 節子', 'モリ セツコ');
  const todos = (await sato.send('GET', `/todos?case=${number}`)).items;
  assert.ok(todos.some((todo) => todo.kind === 'consent' && /電話番号/.test(todo.text)), 'a to-do asks the clinic');
  const page = await open('sato');
  await page.goto(`/cases/${number}`);
  await page.getByText('同意なし').first().waitFor();
  await page.locator('.consent').first().getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('確かめ方').selectOption('clinic');
  await dialog.getByRole('button', { name: '同意を記録' }).click();
  await dialog.getByText('入力してください').waitFor(); // who said so is part of it
  await dialog.getByLabel('答えた人').fill('見本内科クリニック 山本');
  await accessible(page);
  await dialog.getByRole('button', { name: '同意を記録' }).click();
  await page.locator('.consent .badge.good').first().waitFor();
  await page.getByText('山本').first().waitFor();
  assert.equal((await sato.send('GET', `/todos?case=${number}`)).items.filter((todo) => todo.kind === 'consent').length, 0);

  await page.getByRole('button', { name: '照会する' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '照会する' }).click();
  await until(async () => (await sato.send('GET', `/cases/${number}/inquiries`)).items.at(-1)?.state === 'planned', 'it goes with the next fax');
  await shot(page, 'case-inquiries', { fullPage: true });
  await accessible(page);

  await page.goto('/waiting');
  const line = page.locator(`tr:has(a[href="/cases/${number}"])`);
  await line.getByText('次の Fax で').waitFor();
  await line.focus();
  await page.keyboard.press('x');
  await page.getByRole('dialog').getByLabel('理由').fill('電話で聞いた');
  await page.getByRole('dialog').getByRole('button', { name: '取り消す' }).click();
  await until(async () => (await sato.send('GET', `/cases/${number}/inquiries`)).items.at(-1).state === 'cancelled', 'it is taken back');
  assert.equal((await sato.send('GET', `/cases/${number}/inquiries`)).items.at(-1).why, '電話で聞いた');
  await shot(page, 'waiting');
});

test('a death is recorded at the desk, and nobody is asked any more', async () => {
  const number = await confirmedCase(22, '辻 正', 'ツジ タダシ');
  await sato.send('POST', `/cases/${number}/consents`, { scope: 'medical', state: 'recorded', giver: 'family', how: 'paper' });
  await sato.send('POST', `/cases/${number}/inquiries`, {});
  const page = await open('sato');
  await page.goto(`/cases/${number}`);
  await page.getByRole('button', { name: '終了する' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('終わり方').selectOption('died');
  await accessible(page);
  await dialog.getByRole('button', { name: '終了する' }).click();
  await page.getByText('に終了しました(死亡)').waitFor();
  assert.equal((await sato.send('GET', `/cases/${number}/inquiries`)).items.at(-1).state, 'cancelled');
  await page.getByRole('button', { name: '再開する' }).click();
  await page.getByRole('dialog').getByLabel('再開する理由').fill('別の患者と取り違えた');
  await page.getByRole('dialog').getByRole('button', { name: '再開する' }).click();
  await page.getByRole('button', { name: '終了する' }).waitFor();
  assert.equal((await sato.send('GET', `/cases/${number}/inquiries`)).wait.state, 'waiting');
});

test('consent of the sheet is no consent to tell a facility', async () => {
  const number = (await sato.send('GET', '/waiting')).items[0].case;
  const page = await open('sato');
  await page.goto(`/cases/${number}`);
  await page.locator('.consent').nth(2).getByRole('button').click();
  const ways = await page.getByRole('dialog').getByLabel('確かめ方').locator('option').allInnerTexts();
  assert.deepEqual(ways, ['同意書', '口頭']);
  await page.keyboard.press('Escape');
  await assert.rejects(sato.send('POST', `/cases/${number}/consents`, { scope: 'facility', state: 'recorded', giver: 'patient', how: 'sheet' }));
});

test('what a person told by telephone is a line of the ledger, and is refused where consent does not reach', async () => {
  const number = await confirmedCase(23, '浜 久子', 'ハマ ヒサコ');
  const clinic = (await sato.send('GET', '/directory?kind=clinic&office=higashinari')).items.find((one) => one.name.includes('見本内科'));
  const page = await open('sato');
  await page.goto(`/cases/${number}/ledger`);
  await page.getByRole('button', { name: '伝えたことを記録' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('相手', { exact: true }).selectOption(String(clinic.id));
  await dialog.getByLabel('相手の名前').fill('山本');
  await dialog.getByLabel('内容').fill('退院の予定日');
  await accessible(page);
  await dialog.getByRole('button', { name: '保存' }).click();
  await dialog.getByText('同意が記録されていません').waitFor();
  await sato.send('POST', `/cases/${number}/consents`, { scope: 'medical', state: 'recorded', giver: 'patient', how: 'paper' });
  await dialog.getByRole('button', { name: '保存' }).click();
  await page.locator('tr', { hasText: '退院の予定日' }).getByText('人が伝えた').waitFor();
  await shot(page, 'ledger');
  await accessible(page);
  const line = (await sato.send('GET', `/cases/${number}/ledger`)).items.at(-1);
  assert.equal(line.by, 'sato');
  assert.equal(line.channel, 'phone');
  assert.equal(line.consent_how, 'paper');
  const ward = (await sato.send('GET', '/directory?kind=ward_office&office=higashinari')).items[0];
  await assert.rejects(sato.send('POST', `/cases/${number}/ledger`, { institution: ward.id, what: '住所', way: 'hand' }), /明示の同意/);
});

test('a letter for a hospital without a verified number is printed and handed over, and stands in the ledger', async () => {
  const number = await confirmedCase(24, '牧 千代', 'マキ チヨ');
  const letters = async () => (await sato.send('GET', `/notices?case=${number}&kind=disclosure`)).items;
  const waits = await until(async () => (await letters()).find((one) => one.state === 'refused'), 'without consent nothing goes');
  const page = await open('sato');
  await page.goto(`/notices/${waits.id}`);
  await page.getByRole('button', { name: '手作業で送付した' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('どのように、誰に').fill('窓口で山本看護師に手渡し');
  await dialog.getByRole('button', { name: '手作業で送付した' }).click();
  await page.getByText('同意が記録されていません').last().waitFor();
  assert.ok((await letters()).every((one) => one.by_hand !== 'sato'), 'a hand needs consent as well');
  await sato.send('POST', `/cases/${number}/consents`, { scope: 'medical', state: 'recorded', giver: 'patient', how: 'paper' });
  for (const language of ['en', 'ja']) {
    const desk = await open('sato', { language });
    await desk.goto(`/notices/${waits.id}/letter`);
    await desk.locator('.letter-sheet h2').waitFor();
    assert.doesNotMatch(await desk.locator('main').innerText(), /\b(notice|desk)\.[a-z]+/);
    await accessible(desk);
    await shot(desk, `letter-${language}`);
  }
  const paper = await open('sato');
  await paper.goto(`/notices/${waits.id}/letter`);
  await paper.evaluate(() => { globalThis.print = () => { globalThis.printed = (globalThis.printed ?? 0) + 1; }; });
  await paper.getByRole('button', { name: '印刷' }).click();
  await paper.waitForFunction(() => globalThis.printed === 1);
  await pdf(paper, 'letter');
  const words = execFileSync('pdftotext', ['-layout', join(world.screenshots, 'letter.pdf'), '-'], { encoding: 'utf8' });
  assert.ok(words.includes('御中') && words.includes(number) && !words.includes('手作業'), words);
  const audit = tasuki('audit', 'list', '--object', `case:${number}`);
  assert.match(audit, /\bprint\b/, 'paper that leaves is a line of the log');

  await paper.getByRole('link', { name: '通知へ戻る' }).click();
  await paper.getByRole('button', { name: '手作業で送付した' }).click();
  await paper.getByRole('dialog').getByLabel('どのように、誰に').fill('窓口で山本看護師に手渡し');
  await paper.getByRole('dialog').getByRole('button', { name: '手作業で送付した' }).click();
  await paper.getByText('さんが手作業で送付しました').waitFor();
  await paper.goto(`/cases/${number}/ledger`);
  const line = paper.locator('tr', { hasText: '窓口で山本看護師に手渡し' });
  await line.getByText('手作業で送付').waitFor();
  await shot(paper, 'ledger-handed');
  const said = (await sato.send('GET', `/cases/${number}/ledger`)).items.find((one) => one.id === waits.id);
  assert.equal(said.by, 'sato');
  assert.equal(said.consent_how, 'paper');
  assert.equal((await sato.raw('POST', `/notices/${waits.id}/by-hand`, { how: 'もう一度' })).status, 422, 'once');
});

test('what came since last time, and from when is a choice', async () => {
  const page = await open('sato');
  await page.goto('/since');
  await page.locator('main table').first().waitFor();
  await page.getByRole('heading', { name: '新しい紹介' }).waitFor();
  await shot(page, 'since-list', { fullPage: true });
  await page.getByLabel('いつから').fill('2030-01-01T00:00');
  await page.getByText('新しく届いたもの、起きたことはありません').waitFor();
});

test('what the server refuses is said in the language of the page', async () => {
  const number = (await sato.send('GET', '/waiting')).items[0].case;
  const close = ([path, day]) => import('/static/api.js').then(({ api }) => api.post(path, { as: 'home', day, note: '' })).catch((error) => error.message);
  const said = async (language, day) => {
    const page = await open('sato', { language });
    await page.goto(`/cases/${number}`);
    await page.locator('h1').first().waitFor();
    return page.evaluate(close, [`/cases/${number}/closing`, day]);
  };
  assert.equal(await said('ja', '2099-01-01'), '完了日に先の日付は入れられません。');
  assert.equal(await said('en', '2099-01-01'), 'The day of completion is still to come.');
  assert.match(await said('ja', '2001-01-01'), new RegExp(`^案件 ${number} には、その日より後\\(\\d{4}-\\d\\d-\\d\\d\\)の出来事があります。`));
});

test('a move into another department, heard by telephone, is that and lets the hospital be asked later', async () => {
  const number = await confirmedCase(31, '堀 静江', 'ホリ シズエ');
  await sato.send('POST', `/cases/${number}/consents`, { scope: 'medical', state: 'recorded', giver: 'patient', how: 'paper' });
  const page = await open('sato');
  await page.goto(`/cases/${number}`);
  await page.getByRole('button', { name: '転帰を電話・訪問で聞いた' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('移動期日').fill(await page.evaluate(() => new Date(Date.now() + 9 * 3600000 - 86400000).toISOString().slice(0, 10)));
  await dialog.getByLabel('転帰', { exact: true }).selectOption('department');
  await dialog.getByLabel('転帰(その他の内容)').fill('内科');
  await dialog.getByLabel('話してくれた人').fill('山本看護師');
  await accessible(page);
  await shot(page, 'outcome-told');
  await dialog.getByRole('button', { name: '内容の確認へ' }).click();
  await page.waitForURL(/\/sheets\/\d+/);
  const id = Number(new URL(page.url()).pathname.split('/').pop());
  const sheet = await sheetOf(id);
  assert.equal(sheet.fields.find((field) => field.id === 'outcome_other').value, '転科（内科）');
  await settle(sato, id);
  await sato.send('POST', `/sheets/${id}/claim`, {});
  await sato.send('POST', `/sheets/${id}/confirm`, { revision: (await sheetOf(id)).revision });
  await until(async () => (await sato.send('GET', `/cases/${number}/inquiries`)).wait.state === 'waiting', 'the hospital is asked later');
});
