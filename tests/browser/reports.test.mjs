/* Reports: counted, approved by the manager alone, sent by the ways of their form, corrected by a new version; the overview. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { accessible, client, close, open, pdf, shot, until } from './support/browser.mjs';

after(close);

const api = client('sato');

test('from the log to a report that was sent', async () => {
  await api.send('POST', '/contacts', { counterpart: 'pharmacy', kind: 'consultation', day: '2026-06-15', minutes: 10 });
  const page = await open('sato');
  await page.goto('/reports');
  await page.getByLabel('月').fill('2026-06');
  await page.getByRole('button', { name: '数える' }).click();
  await page.getByText('承認は責任者が行います').waitFor();
  assert.equal(await page.getByRole('button', { name: '承認する' }).count(), 0);
  const id = new URL(page.url()).pathname.split('/').pop();
  const row = page.locator('table.figures tr', { hasText: '薬局' }).first();
  assert.match(await row.innerText(), /1/);
  await shot(page, 'report-draft');
  await accessible(page);

  const manager = await open('manager');
  await manager.goto(`/reports/${id}`);
  await manager.getByRole('button', { name: '承認する' }).click();
  await manager.getByRole('dialog').getByRole('button', { name: 'はい' }).click();
  await manager.getByText('承認済').first().waitFor();
  for (const name of ['メールで送った', '郵送した']) {
    await manager.getByRole('button', { name }).click();
    await manager.getByRole('dialog').waitFor();
    await manager.keyboard.press('Enter');
    await manager.getByRole('button', { name }).waitFor({ state: 'detached' });
  }
  await manager.getByText('提出済').first().waitFor();
  await manager.getByText('山本 管理者 が承認').waitFor(); // people by their names, on the paper as well
  assert.match((await manager.evaluate((path) => fetch(path).then((answer) => answer.text()), `/api/v1/reports/${id}/file?as=csv`)), /提出済（\d{4}-\d\d-\d\d 山本 管理者）/);

  await api.send('POST', '/contacts', { counterpart: 'pharmacy', kind: 'consultation', day: '2026-06-16' });
  await manager.reload();
  await manager.getByText('承認のあとで記録が変わりました').waitFor();
  await shot(manager, 'report-changed');
  await accessible(manager);
  await manager.getByRole('button', { name: '新しい版を作る' }).click();
  await until(() => !manager.url().endsWith(`/${id}`), 'a new version is shown');
  await manager.getByText('前の版からの変更').waitFor();
  assert.match(await manager.locator('.callout').first().innerText(), /薬局 計: 1 → 2/);
  await pdf(manager, 'report');
});

test('a form that may not be mailed offers no mail, and refuses it', async () => {
  const made = await api.send('POST', '/reports', { layout: 'third', period: '2026-04' });
  const manager = await open('manager');
  await manager.goto(`/reports/${made.report.id}`);
  await manager.getByRole('button', { name: '承認する' }).click();
  await manager.getByRole('dialog').getByRole('button', { name: 'はい' }).click();
  await manager.getByRole('button', { name: '郵送した' }).waitFor();
  assert.equal(await manager.getByRole('button', { name: 'メールで送った' }).count(), 0);
  await assert.rejects(api.send('POST', `/reports/${made.report.id}/sendings`, { way: 'email' }));
});

test('the bureau sees all wards, and no small number of a single one', async () => {
  const page = await open('bureau');
  await page.goto('/overview?period=2026-06&kind=year');
  await page.locator('table.figures').first().waitFor();
  await page.locator('table.figures').nth(1).getByText('東成区在宅医療').waitFor();
  assert.ok((await page.locator('table.figures').nth(1).innerText()).includes('x'), 'what is small is hidden');
  const [paper] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '区別 PDF' }).click()]);
  const words = execFileSync('pdftotext', ['-layout', await paper.path(), '-'], { encoding: 'utf8' });
  assert.ok(/東成区在宅医療/.test(words) && /x は、5 未満の数/.test(words), 'the same on paper');
  await shot(page, 'overview');
  await accessible(page);
});
