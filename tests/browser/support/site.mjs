/*
 * site - one installation for the browser tests: the sample site, its sheets read by the real reader, the desk on a free port
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { totp } from './totp.mjs';

const USER = 'nobody'; // whom the site belongs to when the tests run as root

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Site {
  constructor({ tasuki, source }) {
    this.tasuki = tasuki;
    this.source = source;
    this.root = mkdtempSync(join(tmpdir(), 'tasuki-browser-'));
    chmodSync(this.root, 0o755);
    this.dir = join(this.root, 'site');
    this.asRoot = process.getuid() === 0;
    this.processes = [];
    this.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TASUKI_') && name !== 'NODE_TEST_CONTEXT'));
    Object.assign(this.env, { TASUKI_DATA: source });
  }

  run(...args) {
    return execFileSync(this.tasuki, [...args, '--site', this.dir], { env: this.env, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  edit(from, to) {
    const path = join(this.dir, 'tasuki.yaml');
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`tasuki.yaml has no "${from}"`);
    writeFileSync(path, text.replace(from, to));
  }

  async make() {
    execFileSync(this.tasuki, ['init', '--sample', ...(this.asRoot ? ['--user', USER] : []), this.dir], { env: this.env });
    this.port = await freePort();
    this.url = `http://localhost:${this.port}`;
    const path = join(this.dir, 'tasuki.yaml');
    const text = readFileSync(path, 'utf8').replace(/^web:(\n([ #].*)?)*?(?=\n\S)/m, '').replace('stable_ms: 2000', 'stable_ms: 100');
    writeFileSync(path, `${text}\nweb:\n  listen: "127.0.0.1:${this.port}"\n`);
  }

  start(...args) {
    const log = openSync(join(this.root, `${args[0]}.log`), 'a');
    const child = spawn(this.tasuki, [...args, '--site', this.dir], { env: this.env, stdio: ['ignore', log, log] });
    this.processes.push(child);
    return child;
  }

  drop(office, path, name = path.split('/').pop()) {
    const to = join(this.dir, 'inbox', office, name);
    copyFileSync(path, to);
    chmodSync(to, 0o644);
    if (this.asRoot) {
      const [uid, gid] = execFileSync('id', ['-u', USER], { encoding: 'utf8' }).trim().split('\n').concat(execFileSync('id', ['-g', USER], { encoding: 'utf8' }).trim());
      chownSync(to, Number(uid), Number(gid));
    }
  }

  waitIdle(seconds) {
    this.run('queue', '--wait-idle', String(seconds));
  }

  samples(office) {
    const folder = join(this.source, 'config/sample/sheets', office);
    return readdirSync(folder).filter((name) => name.endsWith('.tif')).sort().map((name) => join(folder, name));
  }

  fillDirectory() {
    this.run('directory', 'import', join(this.source, 'config/sample/directory.csv'), '--by', '見本の係');
    const entries = this.run('directory', 'list', '--plain').trim().split('\n').map((line) => line.split('\t')[0]);
    for (const person of ['見本一郎', '見本花子'])
      this.run('directory', 'verify', ...entries, '--channel', 'email', '--how', 'phone', '--by', person);
  }

  mails() {
    const folder = join(this.dir, 'mail/new');
    return existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')) : [];
  }

  async waitUp(seconds = 30) {
    for (const end = Date.now() + seconds * 1000; ; ) {
      try {
        if ((await fetch(`${this.url}/api/v1/session`)).status === 401) return;
      } catch { /* not yet */ }
      if (Date.now() > end) throw new Error(`the desk does not answer at ${this.url}: ${this.logs()}`);
      await sleep(100);
    }
  }

  /* An account that has changed its first password, set up its second factor, and is signed in. */
  async account(name, { display = name, office = 'higashinari', role = 'coordinator' } = {}) {
    const said = this.run('user', 'add', name, '--display', display, '--role', role, ...(office ? ['--office', office] : []), '--by', '見本の係');
    const first = /^password\s+(\S+)/m.exec(said)[1];
    const password = 'seven paper cranes over the bridge';
    const http = new Client(this.url);
    await http.send('POST', '/session', { user: name, password: first });
    await http.send('POST', '/account/password', { password: first, new: password });
    await http.send('POST', '/session', { user: name, password });
    const { secret } = await http.send('POST', '/account/enrol', {});
    const { codes } = await http.send('POST', '/account/enrolled', { code: totp(secret) });
    const { csrf } = await http.send('GET', '/session');
    return { name, display, password, secret, codes, cookie: http.cookie, csrf };
  }

  logs() {
    return readdirSync(this.root).filter((name) => name.endsWith('.log')).map((name) => `== ${name}\n${readFileSync(join(this.root, name), 'utf8').slice(-4000)}`).join('\n');
  }

  async stop() {
    for (const child of this.processes) child.kill('SIGTERM');
    await Promise.all(this.processes.map((child) => child.exitCode !== null || child.signalCode !== null ? null : new Promise((resolve) => child.once('exit', resolve))));
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/* The API as a browser's session uses it. */
export class Client {
  constructor(url) {
    this.url = url;
    this.cookie = '';
    this.csrf = '';
  }

  async raw(method, path, body, headers = {}) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Cookie: this.cookie, 'X-CSRF-Token': this.csrf, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const set = response.headers.getSetCookie?.()[0] ?? response.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0];
    return response;
  }

  async send(method, path, body) {
    const response = await this.raw(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const answer = text === '' ? null : JSON.parse(text);
    if (answer?.csrf) this.csrf = answer.csrf;
    return answer;
  }

  async signIn({ name, password, secret }) {
    return this.send('POST', '/session', { user: name, password, code: totp(secret) });
  }
}
