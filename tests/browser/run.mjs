/*
 * run - makes a site, starts it, and runs every *.test.mjs of this folder against it
 *
 *   node run.mjs --tasuki build/dev/tasuki [--screenshots DIR] [--keep] [FILE.test.mjs …]
 *
 * --keep  leaves the site running and prints where it is and who may sign in: for building pages
 */
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Site } from './support/site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tasuki: { type: 'string', default: join(source, 'build/dev/tasuki') }, screenshots: { type: 'string', default: join(source, 'build/screenshots') }, keep: { type: 'boolean' } },
});

/* Who works at the sample site. */
const people = {
  sato: { display: '佐藤 恵', role: 'coordinator', office: 'higashinari' },
  tanaka: { display: '田中 実', role: 'coordinator', office: 'higashinari' },
  manager: { display: '山本 管理者', role: 'manager', office: 'higashinari' },
  ikuno: { display: '生野 太郎', role: 'coordinator', office: 'ikuno' },
  admin: { display: '管理 係', role: 'administrator', office: null },
  auditor: { display: '監査 係', role: 'auditor', office: null },
  bureau: { display: '健康局 担当', role: 'health_bureau', office: null },
};

const site = new Site({ tasuki: resolve(values.tasuki), source });
let status = 1;

async function prepare() {
  await site.make();
  site.fillDirectory();
  site.start('serve');
  for (const office of ['higashinari', 'ikuno']) for (const sheet of site.samples(office)) site.drop(office, sheet);
  await site.waitUp();
  const accounts = {};
  for (const [name, person] of Object.entries(people)) accounts[name] = await site.account(name, person);
  site.waitIdle(240);
  const world = { url: site.url, dir: site.dir, tasuki: resolve(values.tasuki), source, accounts, screenshots: resolve(values.screenshots) };
  const path = join(site.root, 'world.json');
  writeFileSync(path, JSON.stringify(world), { mode: 0o600 });
  return path;
}

function runTests(world) {
  const files = positionals.length > 0 ? positionals.map((name) => resolve(name)) : readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort().map((name) => join(here, name));
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', '--test-timeout=900000', ...files], {
      stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, TASUKI_WORLD: world },
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}

try {
  const world = await prepare();
  if (values.keep) {
    console.log(`${site.url}\nsite  ${site.dir}\nworld ${world}`);
    await new Promise((done) => { process.once('SIGINT', done); process.once('SIGTERM', done); });
    status = 0;
  } else {
    status = await runTests(world);
  }
} catch (error) {
  console.error(error.stderr?.toString() ?? '', error);
  console.error(site.logs());
} finally {
  await site.stop();
  if (status !== 0 && !values.keep) console.error(site.logs());
  site.remove();
}
process.exit(status);
