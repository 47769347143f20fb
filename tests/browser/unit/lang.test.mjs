/* Every word exists in both languages, and every key that the pages use exists. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const root = new URL('../../../review/static/', import.meta.url);
const { areas } = await import(new URL('lang/areas.js', root));

async function table(language, area) {
  return (await import(new URL(`lang/${language}/${area}.js`, root))).default;
}

function places(text) {
  return [...text.matchAll(/\{(\w+)/g)].map((found) => found[1]);
}

for (const area of areas) {
  test(`${area}: the same keys in both languages, no empty text, no place that the other lacks`, async () => {
    const [ja, en] = [await table('ja', area), await table('en', area)];
    assert.deepEqual(Object.keys(en).sort(), Object.keys(ja).sort());
    for (const key of Object.keys(ja)) {
      assert.ok(ja[key].trim() !== '' && en[key].trim() !== '', `${area}.${key} is empty`);
      assert.deepEqual([...new Set(places(en[key]))].sort(), [...new Set(places(ja[key]))].sort(), `${area}.${key}: {places}`);
    }
  });
}

test('areas.js names every table, and every table is named', () => {
  for (const language of ['ja', 'en'])
    assert.deepEqual(readdirSync(new URL(`lang/${language}/`, root)).sort(), areas.map((area) => `${area}.js`).sort());
});

test('English is English', async () => {
  for (const area of areas)
    for (const [key, text] of Object.entries(await table('en', area)))
      assert.doesNotMatch(text, /[\u3041-\u309f\u30a1-\u30fa]/, `${area}.${key}`);
});

test('every key that a module names is in the tables', async () => {
  const tables = Object.fromEntries(await Promise.all(areas.map(async (area) => [area, await table('ja', area)])));
  /* Not so: the stable codes of the server's problems, and the beginnings that word() gets. */
  const used = new RegExp(`(?<!code [!=]== )['"\`](${areas.join('|')})\\.([\\w.]+)['"\`]`, 'g');
  const begins = (area, start) => Object.keys(tables[area]).some((key) => key.startsWith(`${start}.`));
  const missing = [];
  for (const name of readdirSync(root, { recursive: true }).filter((one) => one.endsWith('.js') && !one.startsWith('lang')))
    for (const [, area, key] of readFileSync(new URL(name, root), 'utf8').matchAll(used))
      if (!(key in tables[area]) && !begins(area, key)) missing.push(`${name}: ${area}.${key}`);
  assert.deepEqual(missing, []);
});

test('no module makes markup, styles or code from strings', () => {
  for (const name of readdirSync(root, { recursive: true }).filter((one) => /\.(js|html)$/.test(one)))
    assert.doesNotMatch(readFileSync(new URL(name, root), 'utf8'), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\sstyle="|<script>/, name);
});
