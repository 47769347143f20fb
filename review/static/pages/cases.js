/* cases - search by whatever is remembered; without words every case, by kana */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t } from '../i18n.js';
import { when, day } from '../format.js';
import { navigate, rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { lookups } from '../lookups.js';
import { makeList } from '../widgets/list.js';
import { makePager } from '../widgets/pager.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { patient } from '../widgets/patient.js';
import { showFault } from '../widgets/toast.js';

export const path = '/cases';
export const title = 'cases.title';

const LIMIT = 50;

const foundColumns = (names) => [
  { label: t('desk.patient'), cell: patient },
  { label: t('desk.case'), class: 'narrow', cell: (hit) => hit.case || badge(t('desk.tray.which_case'), 'wait') },
  { label: t('desk.fromTo'), cell: (hit) => [hit.from, hit.to ? ` → ${hit.to}` : ''] },
  { label: t('cases.lastSheet'), cell: (hit) => [names.formTitle(hit.form), ' ', h('small', when(hit.received))] },
  { label: t('cases.sheets'), class: 'number', cell: (hit) => [String(hit.sheets), hit.open ? badge(t('cases.openSheets', { n: hit.open }), 'wait') : null] },
  ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (hit) => session.officeName(hit.office) }] : []),
];

const caseColumns = () => [
  { label: t('desk.patient'), cell: patient },
  { label: t('desk.case'), class: 'narrow', cell: (one) => one.number },
  { label: t('cases.opened'), class: 'narrow', cell: (one) => day(one.opened) },
  { label: t('cases.last'), class: 'narrow', cell: (one) => when(one.last_event) },
  { label: t('cases.sheets'), class: 'number', cell: (one) => [String(one.sheets), ' ', one.unconfirmed ? badge(t('cases.openSheets', { n: one.unconfirmed }), 'wait') : null] },
  { label: t('todo.title'), class: 'number', cell: (one) => (one.todos ? badge(String(one.todos), 'wait') : '0') },
  ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
];

export async function render(root, params, signal) {
  const names = await lookups();
  const state = { q: params.query.get('q') ?? '', order: params.query.get('order') ?? 'kana', after: [['', '']] };
  const box = h('div');
  const foot = h('div');
  const input = h('input', { type: 'search', value: state.q, autocomplete: 'off', 'data-focus': true, placeholder: t('desk.searchHint') });
  const found = makeList({ label: t('cases.found'), columns: foundColumns(names), empty: t('cases.nobody'), href: (hit) => (hit.case ? `/cases/${hit.case}` : `/sheets/${hit.sheet}`) }, signal);
  const all = makeList({ label: t(title), columns: caseColumns(), empty: t('cases.none'), href: (one) => `/cases/${one.number}` }, signal);

  async function search() {
    const answer = await api.get('/search', { query: { q: state.q }, signal });
    found.show(answer.items.map((hit) => ({ ...hit, id: hit.case || `sheet${hit.sheet}` })), { keep: false });
    fill(box, found.element);
    fill(foot, h('p.note', { role: 'status' }, answer.more ? t('cases.more', { n: answer.items.length }) : t('cases.count', { n: answer.items.length })));
  }

  async function list() {
    const [key, number] = state.after[state.after.length - 1];
    const answer = await api.get('/cases', { query: { order: state.order, after_key: key, after_number: number, limit: LIMIT }, signal });
    all.show(answer.items.map((one) => ({ ...one, id: one.number })), { keep: false });
    fill(box, all.element);
    fill(foot, makePager({
      from: (state.after.length - 1) * LIMIT, count: answer.items.length, more: answer.more,
      onmove: (by) => { const last = answer.items.at(-1); if (by > 0) state.after.push([last.key, last.number]); else state.after.pop(); load(); },
    }));
  }

  async function load() {
    try {
      await (state.q ? search() : list());
    } catch (error) {
      showFault(error);
    }
  }

  const order = h('select', { value: state.order, onchange: () => { state.order = order.value; state.after = [['', '']]; rememberQuery({ order: order.value }); load(); } },
    h('option', { value: 'kana' }, t('cases.byKana')), h('option', { value: 'opened' }, t('cases.byOpening')));
  root.append(
    pageHead(t(title), { actions: [h('button', { type: 'button', onclick: () => navigate('/cases/new') }, t('cases.new'))] }),
    h('form.filters', { role: 'search', onsubmit: (event) => { event.preventDefault(); state.q = input.value.trim(); rememberQuery({ q: state.q }); load().then(() => { if (state.q && found.rows.length > 0) found.focus(); }); } },
      formField(t('desk.search'), input, { note: t('cases.searchNote') }), h('button', { type: 'submit' }, t('desk.searchGo')), formField(t('cases.order'), order)),
    box, foot);
  await load();
}
