/* A difficult case: proposed, released by a second person, read by a ward viewer's account that sees nothing else. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, client, close, open, shot, world } from './support/browser.mjs';
import { Client } from './support/site.mjs';
import { totp } from './support/totp.mjs';

after(close);

const api = client('sato');

async function aCase() {
  const told = await api.send('POST', '/cases', { informant: '見本', how: 'phone', at: '2026-05-11T01:00:00Z',
    values: { patient_name: '住吉 次郎', patient_kana: 'スミヨシ ジロウ', sex: 'male', birth_date: '1940-02-03', notes: '独居', from_clinic: '見本内科クリニック', to_hospital: '試験総合', referral_date: '2026-05-10' } });
  const sheet = await api.send('GET', `/sheets/${told.sheet}`);
  await api.send('POST', `/sheets/${told.sheet}/confirm`, { revision: sheet.revision });
  return told.case;
}

test('a ward office is told the chosen fields, and no other', async () => {
  const number = await aCase();
  const page = await open('sato');
  await page.goto(`/cases/${number}/difficult`);
  await page.getByText('区役所を対象とする同意が記録されていません').waitFor();
  await api.send('POST', `/cases/${number}/consents`, { scope: 'ward_office', state: 'recorded', giver: 'patient', how: 'paper' });
  await api.send('POST', '/directory', { office: 'higashinari', kind: 'ward_office', name: '試験区保健福祉センター', department: '', ward: '住吉区', fax: '', email: '', phone: '' });
  await page.reload();
  await page.getByLabel('知らせる理由').fill('拒否がある');
  await page.getByLabel('区役所', { exact: true }).selectOption({ label: '試験区保健福祉センター' });
  await page.getByLabel('窓口(担当者の名前)').fill('窓口 花子');
  await page.getByLabel('方法').selectOption('hand');
  await page.getByLabel(/患者氏名/).check();
  await page.getByRole('button', { name: '2人目の確認に回す' }).click();
  await page.getByText('提案した人とは別の人が確認します').waitFor();
  await shot(page, 'difficult');
  await accessible(page);

  const second = await open('manager');
  await second.goto(`/cases/${number}/difficult`);
  const words = await second.locator('pre').innerText();
  assert.ok(words.includes('住吉 次郎') && !words.includes('独居') && !words.includes('1940'), words);
  await second.getByRole('button', { name: '確認して出す' }).click();
  await second.getByRole('dialog').getByRole('button', { name: 'はい' }).click();
  await second.getByRole('button', { name: '手渡した' }).click();
  await second.getByRole('dialog').getByRole('textbox').fill('窓口 花子');
  await second.keyboard.press('Enter');
  await second.getByRole('button', { name: '読まれたことを記録' }).click();
  await second.getByRole('dialog').getByRole('textbox').fill('窓口 花子');
  await second.keyboard.press('Enter');
  await second.getByText('読まれた', { exact: true }).waitFor();
  const english = await open('manager', { language: 'en' });
  await english.goto(`/cases/${number}/difficult`);
  await english.getByText('Difficult case').first().waitFor();
  await accessible(english);
});

/* First sign-in of an account: a password of its own, an authenticator. */
async function begin(user, first) {
  const http = new Client(world.url);
  const password = 'seven paper cranes over the bridge';
  await http.send('POST', '/session', { user, password: first });
  await http.send('POST', '/account/password', { password: first, new: password });
  await http.send('POST', '/session', { user, password });
  const { secret } = await http.send('POST', '/account/enrol', {});
  await http.send('POST', '/account/enrolled', { code: totp(secret) });
  await http.send('GET', '/session');
  return http;
}

test('an account of the ward office sees the released words, in its language, and nothing else', async () => {
  const manager = client('manager');
  const number = await aCase();
  const user = `ward-${number.slice(-4)}`;
  const made = await manager.send('POST', '/users', { user, name: '窓口 花子', role: 'ward_viewer', office: 'higashinari' });
  const viewer = await begin(user, made.password);
  assert.equal((await viewer.raw('GET', `/cases/${number}/released`)).status, 403, 'before anything is released');
  await api.send('POST', `/cases/${number}/consents`, { scope: 'ward_office', state: 'recorded', giver: 'patient', how: 'paper' });
  const ward = await api.send('POST', '/directory', { office: 'higashinari', kind: 'ward_office', name: `閲覧区役所 ${user}`, department: '', ward: '住吉区', fax: '', email: '', phone: '' });
  const { items } = await api.send('POST', `/cases/${number}/difficult`, { why: '拒否がある', fields: 'patient_name', desk: '窓口 花子', way: 'viewer', institution: ward.entry?.id ?? ward.id, account: user, until: '2099-12-31' });
  await manager.send('POST', `/difficult/${items[0].id}/release`, {});
  world.accounts[user] = { cookie: viewer.cookie, csrf: viewer.csrf };
  for (const [language, heading] of [['ja', '2099-12-31'], ['en', '2099-12-31']]) {
    const page = await open(user, { language });
    await page.goto(`/cases/${number}`);
    await page.waitForURL(`**/cases/${number}/released`);
    await page.getByText(new RegExp(heading)).first().waitFor();
    const words = await page.locator('pre.words').innerText();
    assert.ok(words.includes('住吉 次郎') && !words.includes('独居') && !words.includes('1940'), words);
    await accessible(page);
    await shot(page, `released-${language}`);
  }
  for (const path of [`/cases/${number}`, '/cases', '/queue', '/todos', `/cases/${number}/ledger`])
    assert.ok([403, 404].includes((await viewer.raw('GET', path)).status), path);
  assert.equal((await api.send('GET', `/cases/${number}/difficult`)).items[0].state, 'read');
  await api.send('POST', `/cases/${number}/consents`, { scope: 'ward_office', state: 'withdrawn' });
  assert.deepEqual((await viewer.send('GET', `/cases/${number}/released`)).items, []);
});
