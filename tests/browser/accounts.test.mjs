/* From the slip of paper to the desk: own password, authenticator, recovery codes; the lock that loses nothing; a manager's work with accounts. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, close, open, pdf, shot } from './support/browser.mjs';
import { tasuki } from './support/sheets.mjs';
import { totp } from './support/totp.mjs';

after(close);

const PASSWORD = 'four green kettles';

async function signIn(page, user, password) {
  await page.goto('/sign-in');
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
}

test('the first sign-in: own password, authenticator, codes on paper', async () => {
  const page = await open(null);
  const slip = tasuki('user', 'add', 'mori', '--display', '森', '--office', 'higashinari', '--plain', '--by', 'test').trim();
  await signIn(page, 'mori', `${slip}x`);
  await page.getByRole('alert').filter({ hasText: '正しくありません' }).first().waitFor();
  await signIn(page, 'mori', slip);
  await page.fill('input[name=old]', slip);
  await page.fill('input[name=new]', 'mori kaede 2026');
  await page.fill('input[name=again]', 'mori kaede 2026');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: '利用者名を含め' }).waitFor();
  for (const name of ['new', 'again']) await page.fill(`input[name=${name}]`, PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '認証アプリを登録する' }).click();
  await page.locator('.key-picture').waitFor();
  await accessible(page);
  await shot(page, 'account-enrol');
  const secret = (await page.locator('.enrol code').innerText()).replaceAll(' ', '');
  await page.fill('input[name=code]', '000000');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: '新しい確認コードが合いま' }).waitFor();
  await page.fill('input[name=code]', totp(secret));
  await page.keyboard.press('Enter');
  await page.locator('.code-list li').first().waitFor();
  assert.equal(await page.locator('.code-list li').count(), 10);
  await accessible(page);
  await shot(page, 'account-codes');
  await pdf(page, 'account-codes');
  const codes = await page.locator('.code-list code').allInnerTexts();
  await page.getByRole('button', { name: '印刷しました' }).click();
  await page.waitForURL((url) => url.pathname === '/');

  const other = await open(null); // the telephone is lost: a code from paper, as somebody types it
  await signIn(other, 'mori', PASSWORD);
  await other.locator('input[name=code]').waitFor();
  await other.fill('input[name=code]', codes[2].toLowerCase().replaceAll('-', ' '));
  await other.keyboard.press('Enter');
  await other.waitForURL((url) => url.pathname === '/');
});

test('the lock covers the page and loses no typing', async () => {
  const page = await open('sato');
  await page.goto('/account');
  await page.locator('input[name=new]').fill('half a word');
  const token = await page.evaluate(async () => (await (await fetch('/api/v1/session')).json()).csrf);
  await page.evaluate((csrf) => fetch('/api/v1/session/lock', { method: 'POST', headers: { 'X-CSRF-Token': csrf, 'Content-Type': 'application/json' }, body: '{}' }), token);
  await page.locator('input[name=old]').fill('not the password');
  await page.locator('input[name=again]').fill('half a word');
  await page.keyboard.press('Enter'); // meets the lock
  const lock = page.locator('dialog.lock');
  await lock.waitFor();
  await accessible(page);
  await shot(page, 'lock');
  await lock.locator('input[type=password]').fill('wrong');
  await page.keyboard.press('Enter');
  await lock.getByRole('alert').filter({ hasText: '正しくありません' }).waitFor();
  const { world } = await import('./support/browser.mjs');
  await lock.locator('input[type=password]').fill(world.accounts.sato.password);
  await page.keyboard.press('Enter');
  await lock.waitFor({ state: 'detached' });
  assert.equal(await page.locator('input[name=new]').inputValue(), 'half a word');
});

test('a manager adds a colleague, and takes the role away again', async () => {
  const page = await open('manager');
  await page.goto('/users');
  await page.getByRole('button', { name: '利用者を加える' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('利用者名').fill('hayashi');
  await dialog.getByLabel('氏名').fill('林');
  await accessible(page);
  await shot(page, 'users-add');
  await page.keyboard.press('Enter');
  await dialog.locator('.slip code').first().waitFor();
  assert.match(await dialog.locator('.slip').innerText(), /hayashi/);
  await shot(page, 'users-slip');
  await dialog.getByRole('button', { name: '渡しました' }).click();
  const row = page.getByRole('row').filter({ hasText: 'hayashi' });
  await row.waitFor();
  await row.click();
  await dialog.getByRole('button', { name: '外す' }).click();
  await page.locator('dialog').getByRole('button', { name: '外す' }).click();
  await row.waitFor({ state: 'detached' }); // no role, no place in the list of this office
});

test('the chain is checked, and says what to note', async () => {
  const page = await open('auditor');
  await page.goto('/audit');
  await page.getByRole('button', { name: '検証する' }).click();
  const whole = page.locator('.callout.good');
  await whole.waitFor();
  const head = await whole.locator('code').innerText();
  assert.match(head, /^\d+:[0-9a-f]{64}$/);
  await page.getByLabel('控えておいた先頭').fill(`1:${'0'.repeat(64)}`);
  await page.getByRole('button', { name: '検証する' }).click();
  await page.locator('.callout.bad').waitFor();
  await shot(page, 'audit-broken');
});
