/* queue - the first page: what arrived, what is uncertain, who is waiting; then the list of it all, most urgent and oldest first */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word, number } from '../i18n.js';
import { when, waited } from '../format.js';
import { onEvent } from '../events.js';
import { bindKeys } from '../keys.js';
import { navigate, rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { lookups } from '../lookups.js';
import { who } from '../people.js';
import { reasonText } from '../reasons.js';
import { settleKeys } from '../settle.js';
import { makeList } from '../widgets/list.js';
import { makePager } from '../widgets/pager.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { patient } from '../widgets/patient.js';
import { uploadButton } from '../widgets/upload.js';
import { showFault } from '../widgets/toast.js';

export const path = '/';
export const title = 'common.nav.queue';

const TRAYS = ['all', 'review', 'ready', 'which_case', 'other_ward', 'duplicate', 'no_form', 'incomplete', 'held'];
const LIMIT = 50;
const LATE_MS = 48 * 3600 * 1000;

function linkOf(item) {
  if (item.kind === 'sheet') return `/sheets/${item.number}`;
  return `/documents/${encodeURIComponent(item.document)}${item.kind === 'page' ? `?page=${item.page}` : ''}`;
}

function marks(item, names) {
  return [
    item.urgent ? badge(t('desk.urgent'), 'bad') : null,
    item.kind !== 'sheet' ? badge(word('desk.tray', item.state), 'wait') : null,
    item.kind === 'sheet' && item.state === 'needs_review' ? badge(t('desk.waiting', { n: item.waiting }), 'wait') : null,
    item.kind === 'sheet' && item.state === 'ready' ? badge(t('desk.tray.ready'), 'good') : null,
    item.kind === 'sheet' && !item.case ? badge(t('desk.tray.which_case'), 'wait') : null,
    item.twin ? badge(t('desk.tray.duplicate'), 'wait') : null,
    item.ward ? badge(t('desk.wardOf', { ward: names.wardName(item.ward) }), 'wait') : null,
    item.claimed ? badge(item.own ? t('desk.claimedOwn') : t('desk.claimed', { by: who(item.claimed) }), 'calm') : null,
  ];
}

function columns(names) {
  const several = session.offices.length > 1;
  return [
    { label: t('desk.received'), class: 'narrow', cell: (item) => [h('span', when(item.received)), ' ', h('small', t('desk.since', { time: waited(item.received) }))] },
    { label: t('desk.patient'), cell: (item) => (item.kind === 'sheet' ? patient(item) : h('span.note', item.kind === 'page' ? t('desk.pageOf', { page: item.page }) : t('desk.document'))) },
    { label: t('desk.form'), cell: (item) => (item.form ? names.formTitle(item.form) : h('span.note', item.kind !== 'sheet' ? reasonText(item.reason) : '')) },
    { label: t('desk.fromTo'), cell: (item) => [item.from || item.sender || session.sourceName(item.source, names.officeName), item.to ? ` → ${item.to}` : ''] },
    ...(several ? [{ label: t('desk.office'), cell: (item) => session.officeName(item.office) }] : []),
    { label: t('desk.case'), class: 'narrow', cell: (item) => item.case || h('span.none', '—') },
    { label: t('desk.state'), cell: (item) => h('span.row.tight', marks(item, names)) },
  ];
}

function summary(counts) {
  const tile = (href, label, value, note, tone) => h('a.tile', { href, class: `tone-${tone}` }, h('span', label), h('strong', number(value)), h('small', note));
  return h('div.tiles',
    tile('/received', t('desk.tile.arrived'), counts.arrived, counts.oldest ? t('desk.tile.oldest', { time: waited(counts.oldest) }) : t('desk.tile.none'), 'calm'),
    tile('/?tray=review', t('desk.tile.review'), counts.trays.review, t('desk.tile.ready', { n: counts.trays.ready }), counts.trays.review > 0 ? 'wait' : 'good'),
    tile('/todos', t('desk.tile.todos'), counts.todos, t('desk.tile.due', { n: counts.todos_due }), counts.todos > 0 ? 'wait' : 'good'),
    tile('/notices?state=failed', t('desk.tile.notices'), counts.notices, t('desk.tile.queued', { n: counts.notices_waiting }), counts.notices > 0 ? 'bad' : 'good'));
}

/* What the page shows, and how it is asked for again. */
function makeState(query) {
  return {
    tray: TRAYS.includes(query.get('tray')) ? query.get('tray') : 'all',
    office: query.get('office') ?? '', form: query.get('form') ?? '', source: query.get('source') ?? '', reason: query.get('reason') ?? '',
    cursors: [''],
  };
}

function trayRow(state, counts, choose) {
  return h('div.trays', { role: 'group', 'aria-label': t('desk.trays') }, TRAYS.map((tray) => h('button', {
    type: 'button', 'aria-pressed': String(state.tray === tray), onclick: () => choose(tray), dataset: { tray },
  }, t(`desk.tray.${tray}`), h('span.count', number(counts.trays[tray] ?? 0)))));
}

function filterRow(state, facets, names, change) {
  const select = (name, label, options) => {
    const element = h('select', { value: state[name], onchange: () => change(name, element.value) },
      h('option', { value: '' }, t('desk.every')), options.map(([value, text, count]) => h('option', { value }, count === undefined ? text : `${text} (${number(count)})`)));
    return formField(label, element);
  };
  const of = (what) => facets.items.filter((one) => one.what === what);
  return h('div.filters.inline',
    session.offices.length > 1 ? select('office', t('desk.office'), session.offices.map((office) => [office.id, office.name])) : null,
    select('form', t('desk.form'), of('form').map((one) => [one.value, names.formTitle(one.value), one.count])),
    select('source', t('desk.source'), of('source').map((one) => [one.value, session.sourceName(one.value, names.officeName), one.count])),
    select('reason', t('desk.reasonLabel'), of('reason').map((one) => [one.value, word('sheet.reason', one.value), one.count])));
}

function searchForm() {
  const input = h('input', { type: 'search', name: 'q', autocomplete: 'off', 'aria-label': t('desk.search'), placeholder: t('desk.searchHint') });
  const form = h('form.search', { role: 'search', onsubmit: (event) => { event.preventDefault(); if (input.value.trim()) navigate(`/cases?q=${encodeURIComponent(input.value.trim())}`); } },
    input, h('button', { type: 'submit' }, t('desk.searchGo')));
  return { form, input };
}

async function printList(list) {
  try {
    await api.post('/queue/prints', { rows: list.rows.length });
    print();
  } catch (error) {
    showFault(error);
  }
}

export async function render(root, params, signal) {
  const names = await lookups();
  const state = makeState(params.query);
  const top = h('div');
  const filters = h('div');
  const foot = h('div');
  const head = h('p.print-only.note');
  const search = searchForm();
  const list = makeList({
    label: t('common.nav.queue'), columns: columns(names), href: linkOf, empty: t('desk.empty'),
    rowClass: (item) => (item.urgent ? 'urgent' : Date.now() - Date.parse(item.received) > LATE_MS ? 'waits' : ''),
    keys: [
      { keys: ['c'], label: t('desk.key.whichCase'), when: (item) => item.kind === 'sheet', do: (item) => navigate(`/sheets/${item.number}/case`) },
      { keys: ['p'], label: t('desk.key.pages'), do: (item) => navigate(`/documents/${encodeURIComponent(item.document)}?page=${item.page || 1}`) },
      ...settleKeys(() => load()),
    ],
  }, signal);

  async function loadCounts() {
    const [counts, facets] = await Promise.all([
      api.get('/counts', { query: { office: state.office }, signal }), api.get('/queue/facets', { query: { office: state.office }, signal })]);
    fill(top, summary(counts), trayRow(state, counts, (tray) => change('tray', tray)));
    if (!filters.contains(document.activeElement)) fill(filters, filterRow(state, facets, names, change));
  }

  async function loadList(focus) {
    const after = state.cursors[state.cursors.length - 1];
    const answer = await api.get('/queue', {
      query: { tray: state.tray, office: state.office, form: state.form, source: state.source, reason: state.reason, after, limit: LIMIT }, signal });
    list.show(answer.items.map((item) => ({ ...item, number: item.id, id: `${item.kind}${item.id}` })), { focus });
    fill(head, t('desk.printed', { when: when(new Date().toISOString()), n: answer.items.length }));
    fill(foot, makePager({
      from: (state.cursors.length - 1) * LIMIT, count: answer.items.length, more: answer.next !== '',
      onmove: (by) => { if (by > 0) state.cursors.push(answer.next); else state.cursors.pop(); load(true); },
    }));
  }

  async function load(focus = false) {
    try {
      await Promise.all([loadCounts(), loadList(focus)]);
    } catch (error) {
      if (error.name !== 'AbortError') showFault(error);
    }
  }

  function change(name, value) {
    state[name] = value;
    state.cursors = [''];
    rememberQuery({ [name]: value === 'all' ? '' : value });
    load();
  }

  root.append(
    pageHead(t(title), { actions: [search.form, uploadButton(), h('button', { type: 'button', onclick: () => printList(list) }, t('desk.print'))] }),
    top, filters, head, list.element, foot);
  await load();
  if (list.rows.length > 0) list.element.querySelector('tbody tr')?.setAttribute('data-focus', '');

  bindKeys([
    { keys: ['/'], label: t('desk.key.search'), do: () => search.input.focus() },
    { keys: ['t'], label: t('desk.key.todos'), do: () => navigate('/todos') },
    ...TRAYS.map((tray, i) => ({ keys: [String(i + 1)], label: t(`desk.tray.${tray}`), do: () => change('tray', tray) })),
  ], { signal, group: t(title) });
  let later = 0;
  onEvent('*', () => { clearTimeout(later); later = setTimeout(() => load(), 400); }, signal);
}
