/* since - for offices that open a few hours a week: what came and what came up since one was last here; to print in the morning */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t } from '../i18n.js';
import { when } from '../format.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/since';
export const title = 'since.title';

const ORDER = ['facility', 'failed', 'held', 'overdue', 'unmatched', 'outcome', 'referral', 'sheet', 'todo'];
const URGENT = ['facility', 'failed', 'held', 'overdue'];
const local = (stamp) => new Date(Date.parse(stamp) + 9 * 3600 * 1000).toISOString().slice(0, 16);

function target(one) {
  if (one.todo) return `/todos/${one.todo}`;
  if (one.notice) return `/notices/${encodeURIComponent(one.notice)}`;
  return one.document ? `/documents/${encodeURIComponent(one.document)}` : `/sheets/${one.sheet}`;
}

function line(one) {
  return h('tr', h('td.narrow', when(one.at)), h('td', h('a', { href: target(one) }, one.text)), h('td', one.name),
    h('td.narrow', one.case ? h('a', { href: `/cases/${encodeURIComponent(one.case)}` }, one.case) : h('span.none', '—')),
    h('td.narrow', one.settled ? badge(t('since.settled'), 'good') : h('span', { 'aria-label': t('since.open') }, '□')));
}

function group(what, items) {
  const heads = ['since.at', 'since.text', 'since.patient', 'desk.case', 'since.done'];
  const name = t(`since.what.${what}`);
  return h('section.card', { class: URGENT.includes(what) ? 'waits' : '' }, h('h2', name, h('small', ` ${t('since.count', { n: items.length })}`)),
    h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': name }, h('table', h('thead', h('tr', heads.map((key) => h('th', { scope: 'col' }, t(key))))), h('tbody', items.map(line)))));
}

export async function render(root, params, signal) {
  const state = { since: params.query.get('since') ?? '', office: params.query.get('office') ?? '' };
  const body = h('div.stack');
  const from = h('input', { type: 'datetime-local', onchange: () => { state.since = from.value ? new Date(`${from.value}:00+09:00`).toISOString() : ''; rememberQuery({ since: state.since }); load(); } });
  const note = h('p.note');

  async function load() {
    try {
      const answer = await api.get('/since', { query: state, signal });
      from.value = local(answer.since);
      fill(note, t('since.note', { when: when(answer.since) }));
      const groups = ORDER.map((what) => [what, answer.items.filter((one) => one.what === what)]).filter(([, items]) => items.length > 0);
      fill(body, groups.length > 0 ? groups.map(([what, items]) => group(what, items)) : h('p.empty', t('since.empty')));
    } catch (error) {
      showFault(error);
    }
  }

  const office = h('select', { value: state.office, onchange: () => { state.office = office.value; rememberQuery({ office: state.office }); load(); } },
    [['', t('desk.every')], ...session.offices.map((one) => [one.id, one.name])].map(([value, text]) => h('option', { value }, text)));
  root.append(
    pageHead(t(title), { actions: [h('button', { type: 'button', onclick: () => print() }, t('since.print'))] }), note,
    h('div.filters', formField(t('since.from'), from), session.offices.length > 1 ? formField(t('desk.office'), office) : null), body);
  await load();
}
