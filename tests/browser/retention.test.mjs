/* Incidents are opened and ended at the desk; what is kept long enough is proposed by one person and approved by the manager. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, client, close, open, shot, until, world } from './support/browser.mjs';

after(close);

const sato = client('sato');
const YEARS_S = 8 * 366 * 86400;

/* The terminal in eight years: what is put away today is due then. */
function later(...args) {
  return execFileSync(world.tasuki, [...args, '--site', world.dir], { env: { ...process.env, TASUKI_DATA: world.source, TASUKI_CLOCK: `offset_s=${YEARS_S}` }, encoding: 'utf8' });
}

/* What no reader can read: a document of no case, which counts from the day on which it is put away. */
function dropGarbage(name) {
  const inbox = join(world.dir, 'inbox', 'higashinari');
  const path = join(inbox, name);
  writeFileSync(path, Buffer.concat([Buffer.from('II*\0'), randomBytes(400)]), { mode: 0o644 });
  if (process.getuid() === 0) chownSync(path, statSync(inbox).uid, statSync(inbox).gid);
}

test('an incident is opened, a step is noted, and it ends when the page comes back unread', async () => {
  const page = await open('sato');
  await page.goto('/incidents');
  await page.getByRole('button', { name: '事故を記録する' }).click();
  await page.getByRole('dialog').getByLabel('何が起きたか').fill('隣の番号に送った');
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: '事故を記録する' }).click();
  await page.getByRole('heading', { name: /誤送信/ }).waitFor();
  await page.locator('li', { hasText: '責任者に報告' }).getByRole('button').click();
  await page.getByRole('dialog').getByRole('textbox').fill('山本さんに電話');
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.locator('li', { hasText: '責任者に報告' }).getByText('山本さんに電話').waitFor();
  await page.getByRole('button', { name: '読まれずに戻った' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('封をしたまま戻った');
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByText('漏えいなし', { exact: true }).first().waitFor();
  await shot(page, 'incident-ended');
  const [sheet] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'PDF' }).click()]);
  assert.match(sheet.suggestedFilename(), /^incident-\d+\.pdf$/);
  const words = execFileSync('pdftotext', ['-layout', await sheet.path(), '-'], { encoding: 'utf8' });
  for (const one of ['個人情報の事故の記録', '隣の番号に送った', '封をしたまま戻った']) assert.ok(words.includes(one), one);
  const id = Number(new URL(page.url()).pathname.split('/').at(-1));
  const { incident, facts } = await sato.send('GET', `/incidents/${id}`);
  assert.equal(incident.state, 'no_leak');
  assert.ok(facts.some((one) => one.value.includes('隣の番号に送った')));
  await page.goto('/incidents');
  await page.getByRole('grid').getByText('漏えいなし').first().waitFor();
});

test('a list of disposal is approved by the manager and by nobody else', async () => {
  dropGarbage('broken.tif');
  const broken = await until(async () => (await sato.send('GET', '/documents?state=held')).items.find((one) => one.name === 'broken.tif'), 'it is held', 60);
  await sato.send('PUT', `/documents/${encodeURIComponent(broken.document ?? broken.id)}/settled`, { as: 'junk' });
  await until(async () => later('retention', 'list').includes('free to go'), 'the word of it is sent');
  later('retention', 'propose', '--office', 'higashinari', '--by', 'sato');
  const list = (await sato.send('GET', '/retention')).lists[0];
  for (const language of ['ja', 'en']) {
    const page = await open('sato', { language });
    await page.goto(`/retention/${list.id}`);
    await page.locator('main h1').waitFor();
    assert.equal(await page.getByRole('button', { name: /承認する|Approve/ }).count(), 0);
    assert.doesNotMatch(await page.locator('main').innerText(), /\bretention\.[a-z]+/);
    await accessible(page);
    await shot(page, `disposal-${language}`);
    await page.context().close();
  }
  const page = await open('manager');
  await page.goto('/retention');
  await page.getByRole('grid', { name: '廃棄の一覧' }).getByText('承認待ち').waitFor();
  await page.goto(`/retention/${list.id}`);
  await page.getByRole('button', { name: '承認する' }).click();
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByText('承認済み', { exact: true }).waitFor();
  await accessible(page);
  await until(async () => (await sato.send('GET', `/disposals/${list.id}`)).list.state === 'approved', 'it is approved');
});

test('a hold is placed and lifted', async () => {
  const number = (await sato.send('GET', '/sheets/4')).case;
  const page = await open('sato');
  await page.goto('/retention');
  await page.getByRole('button', { name: '保全する' }).first().click();
  await page.getByRole('dialog').getByRole('textbox').fill(number);
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByRole('dialog').getByLabel('理由').fill('情報公開請求');
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByText('情報公開請求').waitFor();
  await accessible(page);
  await shot(page, 'retention-hold');
  await page.getByRole('button', { name: '保全をやめる' }).click();
  await page.getByRole('dialog').getByLabel('理由').fill('回答済み');
  await page.getByRole('dialog').getByRole('button').last().click();
  await until(async () => (await sato.send('GET', '/retention')).holds.length === 0, 'the hold is gone');
});
