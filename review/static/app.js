/*
 * app - the frame around every page: navigation, language, titles, focus, help
 */
import { h, fill, say } from './dom.js';
import { t, language, languages, useLanguage } from './i18n.js';
import { bindKeys, activeKeys, singleKeys, useSingleKeys } from './keys.js';
import { loadSession, session, signOut } from './session.js';
import { loadPeople } from './people.js';
import { onNavigate, navigate, reasonToStay } from './navigate.js';
import { openDialog, ask } from './widgets/dialog.js';
import { clearUndo, showFault } from './widgets/toast.js';
import { loading } from './widgets/parts.js';
import { startEvents, onEvent } from './events.js';
import { api } from './api.js';
import { download } from './download.js';
import { routes } from './routes.js';

const main = document.getElementById('main');
const top = document.getElementById('top');
let shown = { route: null, leave: new AbortController(), url: '' };
let counts = {};

const compiled = routes.map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
}));

function match(pathname) {
  for (const route of compiled) {
    const found = route.pattern.exec(pathname);
    if (found) return { route, params: Object.fromEntries(Object.entries(found.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)])) };
  }
  return null;
}

function mayLink(route) {
  return route.nav && (!route.roles || session.is(...route.roles));
}

function navLink(route) {
  const here = shown.route && (shown.route.path === route.path || shown.route.under === route.path);
  const count = route.count ? counts[route.count] : undefined;
  return h('a', { href: route.path, ...(here ? { 'aria-current': 'page' } : {}) }, t(route.nav),
    count ? h('span.count', { 'aria-label': t('common.nav.waiting', { count }) }, String(count)) : null);
}

function menu(label, className, children) {
  const details = h('details.menu', { class: className }, h('summary', label), h('div.menu-items', children));
  details.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && details.open) {
      details.open = false;
      details.querySelector('summary').focus();
      event.stopPropagation();
    }
  });
  details.addEventListener('focusout', (event) => { if (!details.contains(event.relatedTarget)) details.open = false; });
  return details;
}

async function switchLanguage(to) {
  await useLanguage(to);
  if (session.signedIn) api.put('/session/language', { language: to }).catch(() => {});
  drawFrame();
  if (shown.route) await show(shown.url, { again: true });
}

function languageButtons() {
  return languages.filter((one) => one !== language()).map((one) =>
    h('button.quiet', { type: 'button', lang: one, onclick: () => switchLanguage(one).catch(showFault) }, one === 'ja' ? '日本語' : 'English'));
}

function drawFrame() {
  fill(document.getElementById('skip'), t('common.skip'));
  document.getElementById('toasts').setAttribute('aria-label', t('common.toasts'));
  top.hidden = false;
  const brand = h('a.brand', { href: '/' }, h('img', { src: '/static/icon.svg', alt: '', width: 24, height: 24 }), t('common.brand'));
  if (!session.signedIn || shown.route?.bare) {
    fill(top, brand, h('div.end', languageButtons()));
    return;
  }
  const links = compiled.filter(mayLink);
  const grouped = links.filter((route) => route.group);
  const current = grouped.some((route) => shown.route && (shown.route.path === route.path || shown.route.under === route.path));
  fill(top, brand,
    h('nav', { 'aria-label': t('common.nav.label') }, links.filter((route) => !route.group).map(navLink),
      grouped.length > 0 ? menu(t('common.nav.more'), current ? 'here' : '', grouped.map(navLink)) : null),
    h('div.end',
      h('button.quiet', { type: 'button', onclick: showKeys, title: t('common.keys.title') }, t('common.keys.short'), ' ', h('kbd', '?')),
      languageButtons(),
      menu(session.name || session.user, '', [
        h('p.note', session.offices.map((office) => office.name).join('、')),
        h('a', { href: '/account' }, t('common.nav.account')),
        h('button', { type: 'button', onclick: () => leaveGuarded(() => signOut()).catch(showFault) }, t('common.nav.signOut')),
      ])));
}

async function leaveGuarded(go) {
  const reason = reasonToStay();
  if (reason && !await ask(t('common.leave.title'), reason, { yes: t('common.leave.yes') })) return;
  await go();
}

/* Lets the page that is on the screen go and renders the one that belongs to url. */
async function show(url, { again = false } = {}) {
  const target = new URL(url, location.href);
  const found = match(target.pathname);
  if (session.signedIn === false && !(found?.route.bare)) {
    history.replaceState(null, '', `/sign-in?${new URLSearchParams({ to: target.pathname + target.search })}`);
    return show(location.href);
  }
  if (session.must && found?.route.page !== 'account') {
    history.replaceState(null, '', `/account?${new URLSearchParams({ to: target.pathname + target.search })}`);
    return show(location.href);
  }
  shown.leave.abort();
  const leave = new AbortController();
  shown = { route: found?.route ?? null, leave, url: target.href };
  if (!again) clearUndo();
  drawFrame();
  const root = h('div.page', { class: found?.route.page ?? 'missing' });
  const stop = loading(main, leave.signal);
  try {
    if (!found) {
      setTitle(t('common.missing.title'));
      fill(root, h('h1', t('common.missing.title')), h('p', t('common.missing.text')), h('p', h('a', { href: '/' }, t('common.missing.back'))));
    } else {
      const [page] = await Promise.all([import(`./pages/${found.route.page}.js`), loadPeople()]);
      if (leave.signal.aborted) return undefined;
      setTitle(typeof page.title === 'function' ? page.title(found.params) : t(page.title));
      await page.render(root, { ...found.params, query: target.searchParams }, leave.signal);
    }
  } catch (error) {
    if (leave.signal.aborted || error.name === 'AbortError') return undefined;
    console.error(error);
    showPageFault(root, error);
  }
  if (leave.signal.aborted) return undefined;
  stop();
  fill(main, root);
  settleFocus(root, again);
  return undefined;
}

function showPageFault(root, error) {
  const title = error.status === 404 ? t('common.missing.title') : t('common.fault.title');
  setTitle(title);
  fill(root, h('h1', title), h('p.fault', { role: 'alert' }, error.message),
    h('p', h('button', { type: 'button', onclick: () => show(shown.url, { again: true }) }, t('common.fault.again')), ' ', h('a', { href: '/' }, t('common.missing.back'))));
}

export function setTitle(title) {
  document.title = `${title} – ${t('common.brand')}`;
}

/* A page may mark where it wants the focus: [data-focus]. Else its heading is read. */
function settleFocus(root, again) {
  const wanted = root.querySelector('[data-focus]');
  if (wanted) wanted.focus();
  else if (!root.contains(document.activeElement)) main.focus({ preventScroll: true });
  if (!again) {
    scrollTo(0, 0);
    say(document.title);
  }
}

async function go(path, replace) {
  const reason = reasonToStay();
  if (reason && !await ask(t('common.leave.title'), reason, { yes: t('common.leave.yes') })) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  await show(location.href);
}

onNavigate(go);

addEventListener('popstate', async () => {
  const reason = reasonToStay();
  if (reason && !await ask(t('common.leave.title'), reason, { yes: t('common.leave.yes') })) {
    history.pushState(null, '', shown.url);
    return;
  }
  await show(location.href);
});

addEventListener('beforeunload', (event) => { if (reasonToStay()) event.preventDefault(); });

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.hasAttribute('download') && link.origin === location.origin && link.pathname.startsWith('/api/v1/')) {
    event.preventDefault();
    void download(link.pathname.slice('/api/v1'.length) + link.search);
    return;
  }
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin || !match(link.pathname)) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  link.closest('details')?.removeAttribute('open');
  navigate(link.pathname + link.search);
});

function showKeys() {
  const before = activeKeys();
  const plain = h('input', { type: 'checkbox', id: 'single-keys', checked: singleKeys(), onchange: () => useSingleKeys(plain.checked) });
  return openDialog({
    title: t('common.keys.title'),
    wide: true,
    body: [
      h('div.key-groups', before.map((map) => h('section', h('h3', map.group || t('common.keys.everywhere')),
        h('dl.key-list', map.bindings.map((binding) => h('div', h('dt', binding.keys.map((one) => h('kbd', keyName(one)))), h('dd', binding.label))))))),
      h('p.note', t('common.keys.ime')),
      h('p', plain, ' ', h('label', { for: 'single-keys' }, t('common.keys.single'))),
    ],
    actions: [{ label: t('common.close'), primary: true }],
  });
}

export function keyName(name) {
  const names = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', ' ': t('common.keys.space') };
  return name.split('+').map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join('+') || '+';
}

const g = (path) => () => navigate(path);
let afterG = 0;
bindKeys([
  { keys: ['?'], get label() { return t('common.keys.help'); }, do: () => void showKeys() },
  { keys: ['g'], get label() { return t('common.keys.go'); }, do: () => { afterG = Date.now(); } },
  { keys: ['q'], hidden: true, when: () => Date.now() - afterG < 1500, do: () => void g('/')() },
]);

async function loadCounts() {
  try {
    counts = await api.get('/counts', { signal: AbortSignal.timeout(10000) });
    if (!top.contains(document.activeElement)) drawFrame();
  } catch { /* the pages themselves say what is wrong */ }
}

export async function afterSignIn(to = '/') {
  startEvents();
  await Promise.all([loadCounts(), navigate(to.startsWith('/') && !to.startsWith('//') ? to : '/', { replace: true })]);
}

let countsLater = 0;
onEvent('*', () => { clearTimeout(countsLater); countsLater = setTimeout(loadCounts, 300); });

async function start() {
  await useLanguage();
  try {
    if (await loadSession()) {
      startEvents();
      loadCounts();
    }
  } catch (error) {
    showFault(error);
  }
  await show(location.href);
}

start();
