/* A difficult case: proposed, released by a second person, read by a ward viewer's account that sees nothing else. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, client, close, open, shot } from './support/browser.mjs';

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
