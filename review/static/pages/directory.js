/* directory - the office's institutions; numbers and addresses that wait for a second person stand first */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { onEvent } from '../events.js';
import { navigate, rememberQuery } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { makeList } from '../widgets/list.js';
import { badge, callout, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/directory';
export const title = 'directory.title';

export const stateTone = (state) => ({ verified: 'good', proposed: 'wait' }[state] ?? 'bad');
const numberCell = (value, state) => (value ? [value, ' ', badge(t(`directory.state.${state}`), stateTone(state))] : h('span.none', '—'));

const columns = () => [
  { label: t('directory.name'), cell: (one) => [one.name, one.department ? h('small', ` ${one.department}`) : null] },
  { label: t('directory.kind'), class: 'narrow', cell: (one) => word('directory.kinds', one.kind) },
  { label: t('directory.ward'), class: 'narrow', cell: (one) => one.ward },
  { label: t('directory.fax'), cell: (one) => numberCell(one.fax, one.fax_state) },
  { label: t('directory.email'), cell: (one) => numberCell(one.email, one.email_state) },
  { label: t('directory.phone'), class: 'narrow', cell: (one) => one.phone },
  ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
];

function waiting(items) {
  if (items.length === 0) return null;
  return callout('wait', h('strong', t('directory.waiting', { n: items.length })), h('ul', items.map((one) => h('li',
    h('a', { href: `/directory/${one.id}` }, `${one.name} ${one.department}`), ` ${t(`directory.${one.channel}`)} ${one.value} – `,
    t(one.own ? 'directory.proposedOwn' : 'directory.proposedBy', { by: who(one.by), when: when(one.at) })))));
}

export async function render(root, params, signal) {
  const state = { q: params.query.get('q') ?? '', kind: params.query.get('kind') ?? '' };
  const top = h('div');
  const list = makeList({ label: t(title), columns: columns(), href: (one) => `/directory/${one.id}`, empty: t('directory.empty') }, signal);
  const input = h('input', { type: 'search', value: state.q, autocomplete: 'off' });
  const kind = h('select', { value: state.kind, onchange: () => { state.kind = kind.value; rememberQuery({ kind: kind.value }); load(); } }, h('option', { value: '' }, t('desk.every')),
    ['hospital', 'clinic', 'care_office', 'facility', 'ward_office', 'coordination_office', 'home_nursing', 'pharmacy', 'dental', 'other'].map((one) => h('option', { value: one }, word('directory.kinds', one))));

  async function load() {
    try {
      const [found, proposed] = await Promise.all([
        api.get('/directory', { query: { q: state.q, kind: state.kind }, signal }), api.get('/directory-proposals', { signal })]);
      list.show(found.items);
      fill(top, waiting(proposed.items));
    } catch (error) {
      showFault(error);
    }
  }

  root.append(
    pageHead(t(title), { note: t('directory.note'), actions: [h('button', { type: 'button', onclick: () => navigate('/directory/new') }, t('directory.new'))] }), top,
    h('form.filters', { onsubmit: (event) => { event.preventDefault(); state.q = input.value.trim(); rememberQuery({ q: state.q }); load(); } },
      formField(t('directory.search'), input), formField(t('directory.kind'), kind), h('button', { type: 'submit' }, t('desk.searchGo'))),
    list.element);
  await load();
  onEvent('institution', load, signal);
  onEvent('directory', load, signal);
}
