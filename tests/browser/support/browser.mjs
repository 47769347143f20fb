/*
 * browser - what a test file starts with
 *
 *   import { test, after } from 'node:test';
 *   import { world, open, accessible, shot, close } from './support/browser.mjs';
 *   after(close);
 *   test('…', async () => { const page = await open('sato'); await page.goto('/'); await accessible(page); await shot(page, 'queue'); });
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Client } from './site.mjs';

export const world = JSON.parse(readFileSync(process.env.TASUKI_WORLD, 'utf8'));

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const flags = ['--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
const open_ = [];
let browser = null;
let profile = '';

async function start() {
  if (browser) return browser;
  profile = mkdtempSync(join(tmpdir(), 'tasuki-chromium-'));
  browser = await chromium.launch({
    executablePath: process.env.TASUKI_CHROMIUM ?? '/usr/bin/chromium', args: flags, env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  return browser;
}

/* The API, signed in as one of world.accounts. */
export function client(name) {
  const it = new Client(world.url);
  it.cookie = world.accounts[name].cookie;
  it.csrf = world.accounts[name].csrf;
  return it;
}

/* A window of its own, signed in as one of world.accounts (name null: nobody). What the page itself reports as an error fails the test. */
export async function open(name, { width = 1366, height = 768, language = 'ja', zoom = 1, ...more } = {}) {
  const context = await (await start()).newContext({
    baseURL: world.url, viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) }, deviceScaleFactor: zoom, locale: language, ...more,
  });
  if (name) {
    const [cookie, value] = world.accounts[name].cookie.split('=');
    await context.addCookies([{ name: cookie, value, url: world.url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Strict' }]);
  }
  await context.addInitScript((wanted) => { if (!localStorage.getItem('tasuki.language')) localStorage.setItem('tasuki.language', wanted); }, language);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.faults.push(message.text()); });
  page.setDefaultTimeout(15000);
  open_.push(page);
  return page;
}

export async function close() {
  const faults = open_.flatMap((page) => page.faults);
  await browser?.close();
  browser = null;
  if (profile) rmSync(profile, { recursive: true, force: true });
  assert.deepEqual(faults, [], 'errors on the pages');
}

/* No violation of axe-core's rules, on the whole page as it is now. */
export async function accessible(page, { exclude = [] } = {}) {
  await page.evaluate(`${axeSource}; undefined`);
  const result = await page.evaluate((left) => globalThis.axe.run({ exclude: left }, { resultTypes: ['violations'] }), exclude);
  assert.deepEqual(result.violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.slice(0, 4).map((node) => `   ${node.html.slice(0, 160)} ${node.failureSummary?.replace(/\s+/g, ' ')}`).join('\n')}`), [], page.url());
}

export async function shot(page, name, options = {}) {
  mkdirSync(world.screenshots, { recursive: true });
  await page.screenshot({ path: join(world.screenshots, `${name}.png`), ...options });
}

export async function pdf(page, name) {
  mkdirSync(world.screenshots, { recursive: true });
  await page.pdf({ path: join(world.screenshots, `${name}.pdf`), format: 'A4', printBackground: false, preferCSSPageSize: true });
}

/* How many keys were pressed since the last call of countKeys(page). */
export async function keys(page, ...names) {
  page.pressed ??= 0;
  for (const name of names) {
    await page.keyboard.press(name);
    page.pressed += 1;
  }
}

export async function until(condition, text, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const got = await condition();
    if (got) return got;
    assert.ok(Date.now() < end, `${text}: not within ${seconds} s`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}
