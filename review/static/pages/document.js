/* document - the pages of one fax: what each is, in which order, to whom each belongs */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { onEvent } from '../events.js';
import { bindKeys } from '../keys.js';
import { navigate } from '../navigate.js';
import { lookups } from '../lookups.js';
import { who } from '../people.js';
import { reasonText } from '../reasons.js';
import { session } from '../session.js';
import { handOver, settle } from '../settle.js';
import { askReread, loadReread } from '../sheet/reread.js';
import { askCase } from '../widgets/case_picker.js';
import { ask } from '../widgets/dialog.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';

export const path = '/documents/:id';
export const title = 'desk.documentTitle';

function pageState(page) {
  if (page.settled) return badge(word('desk.settledAs', page.settled), 'calm');
  if (page.sheet) return badge(t('desk.isSheet', { n: page.sheet }), 'good');
  return badge(word('desk.tray', page.state), 'wait');
}

function about(item, names) {
  return facts([
    [t('desk.received'), when(item.received)],
    [t('desk.source'), session.sourceName(item.source, names.officeName)],
    [t('desk.sender'), item.sender],
    [t('desk.file'), item.name],
    [t('desk.office'), names.officeName(item.office)],
  ]);
}

function notices(item, names) {
  if (item.handed_to)
    return callout('calm', t('desk.handedLine', { office: names.officeName(item.handed_to), by: who(item.handed_by), when: when(item.handed_at) }));
  if (item.state === 'held')
    return callout('wait', h('strong', t('desk.tray.held')), ' ', reasonText(item.reason));
  if (item.state === 'duplicate')
    return callout('calm', t('desk.duplicateOf'), ' ', h('a', { href: `/documents/${encodeURIComponent(item.duplicate_of)}` }, item.duplicate_of));
  return null;
}

export async function render(root, params, signal) {
  const id = params.id;
  const names = await lookups();
  const base = `/documents/${encodeURIComponent(id)}`;
  const thumbs = h('ol.thumbs', { 'aria-label': t('desk.pages') });
  const view = h('div.page-view');
  const head = h('div');
  let state = { document: {}, pages: [] };
  let at = 0;
  let reread = null; // of the page that is looked at, when it is no sheet
  const chosen = new Set();

  const current = () => state.pages[at] ?? null;
  const asItem = (page) => ({ kind: 'page', document: id, page: page.number, ward: '' });

  function thumb(page, i) {
    const box = h('input', { type: 'checkbox', checked: chosen.has(page.number), 'aria-label': t('desk.choosePage', { n: page.number }),
      onchange: () => { if (box.checked) chosen.add(page.number); else chosen.delete(page.number); drawActions(); } });
    return h('li', { class: { here: i === at } }, box,
      h('button.thumb', { type: 'button', 'aria-current': i === at ? 'true' : 'false', onclick: () => { at = i; draw(); } },
        page.image ? h('img', { src: `/api/v1${base}/pages/${page.number}/image`, alt: '', loading: 'lazy' }) : h('span.note', t('desk.noImage')),
        h('span', t('desk.pageN', { n: page.number })), pageState(page)));
  }

  function pageActions(page) {
    const button = (label, key, act, props = {}) => h('button', { type: 'button', onclick: act, ...props }, label, ' ', h('kbd', key));
    const done = () => load();
    if (page.settled)
      return [h('span.note', t('desk.settledBy', { by: who(page.settled_by), when: when(page.settled_at) }), page.settled_note ? ` 「${page.settled_note}」` : '', page.case ? h('a', { href: `/cases/${page.case}` }, ` ${page.case}`) : null),
        button(t('desk.takeBack'), 'Z', () => takeBack(page))];
    return [
      page.sheet ? h('a.button', { href: `/sheets/${page.sheet}` }, t('desk.openSheet')) : button(t('desk.assign'), 'A', () => assign(page)),
      page.sheet ? null : button(t('desk.readAs'), 'R', () => readAs(page)),
      button(t('desk.key.file'), 'F', () => settle(asItem(page), 'filed', done)),
      button(t('desk.key.forward'), 'W', () => settle(asItem(page), 'forwarded', done)),
      button(t('desk.key.junk'), 'X', () => settle(asItem(page), 'junk', done)),
      button(t('desk.key.notOurs'), 'U', () => settle(asItem(page), 'not_ours', done)),
    ];
  }

  async function run(work, words) {
    try {
      const answer = await work();
      if (answer?.document) take(answer);
      else await load();
      if (words) showToast(words);
    } catch (error) {
      if (error.name !== 'AbortError') showFault(error);
    }
  }

  const takeBack = (page) => run(() => api.put(`${base}/pages/${page.number}/settled`, { as: '' }), t('common.undone'));

  async function assign(page) {
    const number = await askCase(t('desk.assignTitle'));
    if (number) await run(() => api.put(`${base}/pages/${page.number}/case`, { case: number }), t('desk.assigned', { number }));
  }

  const rereadOf = (page) => `${base}/pages/${page.number}`;

  async function readAs(page) {
    const form = await askReread(await loadReread(rereadOf(page), signal), null);
    if (form) await run(() => api.post(`${rereadOf(page)}/reread`, form), t('desk.readAsWaiting'));
  }

  async function openAsSheet(page) {
    try {
      const { sheet } = await api.post(`${rereadOf(page)}/reread/take`);
      showToast(t('desk.readAsTaken'));
      navigate(`/sheets/${sheet}`);
    } catch (error) {
      showFault(error);
    }
  }

  /* How far reading this page as a form has come. */
  function drawReread(page) {
    const drop = h('button', { type: 'button', onclick: () => run(() => api.delete(`${rereadOf(page)}/reread`)) }, t('desk.readAsDrop'));
    fill(again, reread?.state === 'asked' ? callout('calm', h('div.row', h('span', t('desk.readAsWaiting')), drop))
      : reread?.state === 'read' ? callout('wait', h('div.row', h('strong', t('desk.readAsReady'), ' ', h('span', { lang: 'ja' }, reread.found_title)), h('button.primary', { type: 'button', onclick: () => openAsSheet(page) }, t('desk.readAsOpen')), drop))
        : reread?.state === 'failed' ? callout('bad', h('div.row', h('span', t('sheet.again.failed'), ' ', reasonText(reread.reason)), drop)) : null);
  }

  async function loadAgain(page) {
    reread = null;
    drawReread(page);
    if (!page || page.sheet || page.settled) return;
    const answer = await loadReread(rereadOf(page), signal);
    if (page !== current()) return;
    reread = answer;
    drawReread(page);
  }

  async function move(by) {
    const order = state.pages.map((page) => page.number);
    const to = at + by;
    if (to < 0 || to >= order.length) return;
    order.splice(to, 0, ...order.splice(at, 1));
    at = to;
    await run(() => api.put(`${base}/order`, { pages: order }));
  }

  async function split() {
    if (chosen.size === 0 || chosen.size === state.pages.length) {
      showToast(t('desk.splitChoose'));
      return;
    }
    if (!await ask(t('desk.splitTitle'), t('desk.splitText', { n: chosen.size }))) return;
    const pages = [...chosen];
    chosen.clear();
    at = 0;
    await run(() => api.post(`${base}/split`, { pages }), t('desk.splitDone'));
  }

  function drawActions() {
    const item = state.document;
    const here = !item.handed_to && item.state === 'read';
    const done = () => load();
    fill(head, pageHead(t(title), {
      note: t('desk.documentNote', { n: state.pages.length }),
      actions: here ? [
        state.pages.length > 1 ? h('button', { type: 'button', onclick: () => move(-1) }, t('desk.moveUp'), ' ', h('kbd', '[')) : null,
        state.pages.length > 1 ? h('button', { type: 'button', onclick: () => move(1) }, t('desk.moveDown'), ' ', h('kbd', ']')) : null,
        state.pages.length > 1 ? h('button', { type: 'button', onclick: split, disabled: chosen.size === 0 }, t('desk.split')) : null,
        h('button', { type: 'button', onclick: () => handOver({ document: id, ward: '' }, () => load()) }, t('desk.key.handOver'), ' ', h('kbd', 'H')),
        h('a.button', { href: `/api/v1${base}/original`, download: '' }, t('desk.original')), h('a.button', { href: `/api/v1${base}/pdfa`, download: '' }, t('exports.pdfa')),
      ] : item.state === 'held' && !item.settled ? [
        h('button', { type: 'button', onclick: () => run(() => api.post(`${base}/retry`), t('desk.retried')) }, t('desk.retry')),
        h('button', { type: 'button', onclick: () => handOver({ document: id, ward: '' }, () => load()) }, t('desk.key.handOver'), ' ', h('kbd', 'H')),
        ...['filed', 'forwarded', 'junk', 'not_ours'].map((as) => h('button', { type: 'button', onclick: () => settle({ kind: 'document', document: id }, as, done) }, t(`desk.act.${as}`))),
        h('a.button', { href: `/api/v1${base}/original`, download: '' }, t('desk.original')),
      ] : item.settled && !item.handed_to ? [h('button', { type: 'button', onclick: () => run(() => api.put(`${base}/settled`, { as: '' }), t('common.undone')) }, t('desk.takeBack'))] : [],
    }));
  }

  function draw() {
    const page = current();
    drawActions();
    fill(thumbs, state.pages.map(thumb));
    fill(view, page ? [
      h('div.row.actions', pageActions(page)),
      again,
      page.reason ? h('p.note', reasonText(page.reason)) : null,
      page.image ? h('img.whole', { src: `/api/v1${base}/pages/${page.number}/image`, alt: t('desk.pageAlt', { n: page.number }) }) : h('p.empty', t('desk.noImage')),
    ] : null);
    loadAgain(page).catch(() => {});
  }

  function take(answer) {
    state = answer;
    at = Math.min(at, Math.max(0, state.pages.length - 1));
    fill(top, notices(state.document, names), h('section.card', about(state.document, names)));
    draw();
  }

  async function load() {
    take(await api.get(base, { signal }));
  }

  const top = h('div.stack');
  const again = h('div', { role: 'status' });
  state = await api.get(base, { signal });
  const wanted = state.pages.findIndex((page) => String(page.number) === params.query.get('page'));
  at = Math.max(0, wanted);
  root.append(head, top, h('div.pages-of', thumbs, view));
  take(state);

  const onPage = (act) => () => { const page = current(); if (page && !page.settled) act(page); };
  bindKeys([
    { keys: ['ArrowRight', 'n'], label: t('desk.nextPage'), repeat: true, do: () => { at = Math.min(state.pages.length - 1, at + 1); draw(); } },
    { keys: ['ArrowLeft', 'b'], label: t('desk.previousPage'), repeat: true, do: () => { at = Math.max(0, at - 1); draw(); } },
    { keys: ['f'], label: t('desk.key.file'), do: onPage((page) => void settle(asItem(page), 'filed', load)) },
    { keys: ['w'], label: t('desk.key.forward'), do: onPage((page) => void settle(asItem(page), 'forwarded', load)) },
    { keys: ['x'], label: t('desk.key.junk'), do: onPage((page) => void settle(asItem(page), 'junk', load)) },
    { keys: ['u'], label: t('desk.key.notOurs'), do: onPage((page) => void settle(asItem(page), 'not_ours', load)) },
    { keys: ['a'], label: t('desk.assign'), do: onPage((page) => { if (page.sheet) navigate(`/sheets/${page.sheet}/case`); else void assign(page); }) },
    { keys: ['r'], label: t('desk.readAs'), when: () => Boolean(current()) && !current().sheet && !current().settled, do: () => void readAs(current()).catch(showFault) },
    { keys: ['z'], label: t('desk.takeBack'), do: () => { if (current()?.settled) void takeBack(current()); } },
    { keys: ['['], label: t('desk.moveUp'), do: () => void move(-1) },
    { keys: [']'], label: t('desk.moveDown'), do: () => void move(1) },
    { keys: ['h'], label: t('desk.key.handOver'), do: () => void handOver({ document: id, ward: '' }, load) },
  ], { signal, group: t(title) });
  onEvent('document', (data) => { if (data.object === `document:${id}`) load().catch(() => {}); }, signal);
}
