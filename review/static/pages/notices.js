/* notices - what was told and how far it came, newest first */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { onEvent } from '../events.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { cancelNotice, retryNotice, tellByHand } from '../notice_acts.js';
import { makeList } from '../widgets/list.js';
import { makePager } from '../widgets/pager.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/notices';
export const title = 'notice.title';

const LIMIT = 50;
export const STATES = ['queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'refused', 'cancelled'];
export const tone = (state) => ({ failed: 'bad', unknown: 'bad', refused: 'wait', queued: 'calm', sending: 'calm', sent: 'good', delivered: 'good', by_hand: 'good' }[state] ?? 'calm');

const columns = () => [
  { label: t('notice.created'), class: 'narrow', cell: (notice) => when(notice.created) },
  { label: t('notice.state'), class: 'narrow', cell: (notice) => badge(word('notice.states', notice.state), tone(notice.state)) },
  { label: t('notice.to'), cell: (notice) => [notice.name, notice.destination ? h('small', ` ${notice.destination}`) : null] },
  { label: t('notice.channel'), class: 'narrow', cell: (notice) => word('notice.channels', notice.channel) },
  { label: t('notice.kind'), class: 'narrow', cell: (notice) => word('notice.kinds', notice.kind) },
  { label: t('desk.case'), class: 'narrow', cell: (notice) => notice.case || h('span.none', '—') },
  { label: t('notice.reason'), cell: (notice) => (['sent', 'delivered'].includes(notice.state) ? '' : notice.reason) },
];

export async function render(root, params, signal) {
  const state = { state: params.query.get('state') ?? '', office: params.query.get('office') ?? '', before: [''] };
  const foot = h('div');
  const list = makeList({
    label: t(title), columns: columns(), href: (notice) => `/notices/${notice.id}`, empty: t('notice.empty'),
    rowClass: (notice) => (['failed', 'unknown'].includes(notice.state) ? 'urgent' : notice.state === 'refused' ? 'waits' : ''),
    keys: [
      { keys: ['r'], label: t('notice.retry'), when: (notice) => ['failed', 'unknown'].includes(notice.state), do: (notice) => void retryNotice(notice, load) },
      { keys: ['x'], label: t('notice.cancel'), when: (notice) => ['queued', 'failed', 'refused'].includes(notice.state), do: (notice) => void cancelNotice(notice, load) },
      { keys: ['h'], label: t('notice.byHand'), when: (notice) => ['queued', 'failed', 'refused', 'unknown'].includes(notice.state), do: (notice) => void tellByHand(notice, load) },
    ],
  }, signal);

  async function load() {
    try {
      const before = state.before[state.before.length - 1];
      const answer = await api.get('/notices', { query: { state: state.state, office: state.office, before, limit: LIMIT }, signal });
      list.show(answer.items);
      fill(foot, makePager({
        from: (state.before.length - 1) * LIMIT, count: answer.items.length, more: answer.more,
        onmove: (by) => { if (by > 0) state.before.push(answer.items.at(-1).id); else state.before.pop(); load(); },
      }));
    } catch (error) {
      showFault(error);
    }
  }

  function select(name, label, options) {
    const element = h('select', { value: state[name], onchange: () => { state[name] = element.value; state.before = ['']; rememberQuery({ [name]: element.value }); load(); } },
      h('option', { value: '' }, t('desk.every')), options.map(([value, text]) => h('option', { value }, text)));
    return formField(label, element);
  }

  root.append(pageHead(t(title)), h('div.filters',
    select('state', t('notice.state'), STATES.map((one) => [one, t(`notice.states.${one}`)])),
    session.offices.length > 1 ? select('office', t('desk.office'), session.offices.map((office) => [office.id, office.name])) : null), list.element, foot);
  await load();
  list.element.querySelector('tbody tr')?.setAttribute('data-focus', '');
  onEvent('notice', load, signal);
  onEvent('case', load, signal);
}
