/* Every page in both languages: no error, nothing that axe-core objects to, a picture to look at; some at 200 % and on paper. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, client, close, open, pdf, shot, until } from './support/browser.mjs';
import { sheetIds } from './support/sheets.mjs';

after(close);

const { routes } = await import('../../review/static/routes.js');
const sato = client('sato');

async function first(path, pick) {
  const answer = await sato.send('GET', path);
  return (answer.items ?? [])[0] ? pick((answer.items ?? [])[0]) : null;
}

/* An argument for each page that has one; null: the sample site has nothing to show there. */
const place = {
  '/sheets/:id': () => '/sheets/4',
  '/sheets/:id/case': () => '/sheets/3/case',
  '/documents/:id': () => first('/queue', (item) => `/documents/${encodeURIComponent(item.document)}`),
  '/todos/:id': () => first('/todos', (item) => `/todos/${item.id}`),
  '/cases/:number': async () => `/cases/${(await sato.send('GET', '/sheets/4')).case}`,
  '/cases/:number/ledger': async () => `/cases/${(await sato.send('GET', '/sheets/4')).case}/ledger`,
  '/cases/:number/difficult': async () => `/cases/${(await sato.send('GET', '/sheets/4')).case}/difficult`,
  '/cases/:number/released': () => null, // for a ward viewer: difficult.test.mjs
  '/notices/:id': () => first('/notices', (item) => `/notices/${item.id}`),
  '/notices/:id/letter': () => first('/notices', (item) => `/notices/${item.id}/letter`),
  '/reports/:id': async () => `/reports/${(await sato.send('POST', '/reports', { layout: 'monthly', period: '2026-05' })).report.id}`,
  '/incidents/:id': async () => `/incidents/${(await sato.send('POST', '/incidents', { kind: 'mis_sent', text: '隣の番号に送った' })).incident.id}`,
  '/retention/:id': () => null, // in retention.test.mjs, where a list is made
  '/directory/:id': () => first('/directory', (item) => `/directory/${item.id}`),
  '/forms/:form/:edition': () => '/forms/referral-status/higashinari-2015',
};

/* Who sees the page. */
function person(route) {
  if (route.bare) return null;
  const roles = route.roles ?? ['coordinator'];
  if (roles.includes('coordinator')) return 'sato';
  return roles.includes('manager') ? 'manager' : { administrator: 'admin', auditor: 'auditor', health_bureau: 'bureau' }[roles[0]];
}

async function ready(page, path) {
  await page.goto(path);
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === 'lazy')); // a page is shown once its data are there
}

for (const route of routes) {
  test(`${route.path} in both languages`, async (context) => {
    const path = route.path.includes(':') ? await place[route.path]?.() : route.path;
    assert.notEqual(path, undefined, `${route.path} needs an entry in the table of this test`);
    if (path === null) return context.skip('nothing to show on the sample site');
    const page = await open(person(route));
    for (const language of ['ja', 'en']) {
      if (language !== 'ja') await page.evaluate((wanted) => localStorage.setItem('tasuki.language', wanted), language);
      await ready(page, path);
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      if (route.page !== 'audit') /* which names actions as the chain does */
        assert.doesNotMatch(await page.locator('main').innerText(), /\b(common|sheet|queue|todo|cases|notice|directory|forms|dashboard|activity|reports|exports|difficult|users|audit|system|account|waiting|since)\.[a-z]+/, 'a key without words');
      await shot(page, `${route.page}-${language}`);
      await accessible(page);
    }
    await page.context().close();
    return undefined;
  });
}

for (const [name, path] of [['queue', '/'], ['sheet', '/sheets/4'], ['cases', '/cases']]) {
  test(`${name} at 200 %`, async () => {
    const page = await open('sato', { zoom: 2 });
    await ready(page, path);
    await shot(page, `${name}-200`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} pixels to scroll sideways`);
    await accessible(page);
  });
}

test('queue, sheet and case on paper', async () => {
  const page = await open('sato');
  const number = (await sato.send('GET', '/sheets/4')).case;
  for (const [name, path] of [['queue', '/'], ['sheet', '/sheets/4'], ['case', `/cases/${number}`]]) {
    await ready(page, path);
    await pdf(page, name);
  }
});

test('the keys are told by ?, and the frame says where one is', async () => {
  const page = await open('sato');
  await ready(page, '/sheets/4');
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('このままでよい・次へ').waitFor();
  await accessible(page);
  await shot(page, 'keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await until(() => new URL(page.url()).pathname === '/', 'Escape leads to the queue');
  await until(async () => /受信/.test(await page.title()), 'the title is the queue\'s');
  assert.ok(sheetIds().length > 0);
});

test('the language is switched where one is, and stays', async () => {
  const page = await open('tanaka');
  await ready(page, '/sheets/4');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('More', { exact: true }).first().waitFor();
  await page.goto('/');
  await page.getByRole('link', { name: 'Inbox' }).waitFor();
  await page.getByRole('button', { name: '日本語' }).click();
  await page.getByRole('link', { name: '受信箱' }).waitFor();
});
