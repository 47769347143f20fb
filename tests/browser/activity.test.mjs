/* The log of what the office did: typed in seconds, repeated, corrected, proposed. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, client, close, open, shot, until } from './support/browser.mjs';

after(close);

const api = client('sato');
const entries = async () => (await api.send('GET', '/contacts?limit=100')).items;

async function ready(page, path = '/log') {
  await page.goto(path);
  await page.locator('form.entry').waitFor();
  await page.waitForFunction(() => document.activeElement?.matches('form.entry select'));
}

test('a contact is typed without the mouse, and repeated by a key', async () => {
  const page = await open('sato');
  await ready(page);
  const before = (await entries()).length;
  let strokes = 0;
  const press = async (key) => { strokes += 1; await page.keyboard.press(key); };
  const type = async (text) => { strokes += text.length; await page.keyboard.type(text); };
  await press('4'); // hospital; goes on to the kind
  await press('2');
  await press('Tab');
  await press('Tab');
  await type('15');
  await press('Tab');
  await type('転院先の相談');
  await press('Enter');
  await until(async () => (await entries()).length === before + 1, 'the entry is there');
  const [made] = await entries();
  assert.deepEqual([made.counterpart, made.kind, made.minutes, made.text, made.by], ['hospital', 'coordination', 15, '転院先の相談', 'sato']);
  assert.ok(strokes <= 20, `${strokes} strokes`); // at two strokes a second this is well below 15 seconds
  await page.waitForFunction(() => document.activeElement?.matches('form.entry select'));
  await page.keyboard.press('r');
  await page.waitForFunction(() => document.activeElement?.matches('form.entry input'));
  await page.keyboard.press('Enter');
  await until(async () => (await entries()).length === before + 2, 'the same again');
  await shot(page, 'activity');
  await accessible(page);
});

test('an entry is corrected, and removed with a reason; both are kept', async () => {
  const page = await open('sato');
  await ready(page);
  await page.locator('tbody tr').first().getByRole('button', { name: '訂正' }).click();
  await page.keyboard.press('1');
  await page.keyboard.press('1');
  await page.keyboard.press('Enter');
  await until(async () => (await entries())[0].counterpart === 'clinic', 'it is corrected');
  const [corrected] = await entries();
  assert.notEqual(corrected.replaces, 0);
  assert.equal(corrected.kind, 'consultation');
  await page.locator('tbody tr').first().getByRole('button', { name: '取り消す' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('二重に記入');
  await page.keyboard.press('Enter');
  await until(async () => (await entries()).every((one) => one.id !== corrected.id), 'it is gone from the list');
  const all = (await api.send('GET', '/contacts?all=1&limit=100')).items;
  assert.equal(all.find((one) => one.id === corrected.id).why, '二重に記入');
});

test('a meeting is entered', async () => {
  const page = await open('sato');
  await page.goto('/log?tab=meetings');
  await page.getByLabel('主催').selectOption('related');
  await page.getByLabel('地域ケア会議').check();
  await page.getByLabel('内容').fill('地域ケア会議');
  await page.keyboard.press('Enter');
  await until(async () => (await api.send('GET', '/gatherings')).items.some((one) => one.care_meeting && one.text === '地域ケア会議'), 'the meeting is there');
  await shot(page, 'activity-meetings');
  await accessible(page);
});

test('what was done proposes its entry; a person accepts it or not', async () => {
  const todo = (await api.send('GET', '/todos')).items[0];
  assert.ok(todo, 'the sample site has a to-do');
  await api.send('POST', `/todos/${todo.id}/results`, { result: 'done', whom: '山本看護師', note: '電話した' });
  const page = await open('sato');
  await page.goto('/log?tab=proposals');
  const row = page.locator('tbody tr', { hasText: '山本看護師' }).or(page.locator(`tbody tr[data-id="todo:${todo.id}"]`)).first();
  await row.waitFor();
  await shot(page, 'activity-proposals');
  await accessible(page);
  await row.getByRole('button', { name: '記録にする' }).click();
  const taken = async () => (await entries()).some((one) => one.source === `todo:${todo.id}`);
  await page.waitForTimeout(300);
  if (!(await taken())) { // whom it was with is chosen by a person
    await page.waitForFunction(() => document.activeElement?.matches('form.entry select'));
    await page.keyboard.press('5');
    await page.keyboard.press('Enter');
  }
  await until(taken, 'the proposal is an entry');
  await api.send('POST', `/todos/${todo.id}/results`, { result: 'reopened' });
});
