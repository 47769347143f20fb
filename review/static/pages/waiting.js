/* waiting - cases that wait for an outcome, the longest first, and what was asked because of it */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf } from '../format.js';
import { askNow, cancelInquiry, releaseInquiry } from '../inquiry_acts.js';
import { onEvent } from '../events.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { makeList } from '../widgets/list.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/waiting';
export const title = 'waiting.title';

const TONES = { waiting: 'calm', look: 'wait', stuck: 'wait', no_consent: 'bad' };

export function inquiryText(one) {
  if (!one) return h('span.none', '—');
  return [badge(word('waiting.inquiry', one.state), one.state === 'held' ? 'wait' : 'calm'), ' ', h('small', t('waiting.round', { n: one.round })),
    one.due ? h('small', ` ${t('waiting.due', { day: dayOf(one.due) })}`) : null];
}

const columns = () => [
  { label: t('waiting.days'), class: 'number narrow', cell: (row) => t('common.days', { n: row.days }) },
  { label: t('waiting.patient'), cell: (row) => [row.name || t('desk.noName'), row.kana ? h('small', ` ${row.kana}`) : null] },
  { label: t('desk.case'), class: 'narrow', cell: (row) => row.case },
  { label: t('waiting.hospital'), cell: (row) => [row.hospital || h('span.none', t('common.none')), row.moved ? [' ', badge(t('waiting.moved'), 'calm')] : null] },
  { label: t('waiting.state'), class: 'narrow', cell: (row) => badge(word('waiting.wait', row.state), TONES[row.state] ?? 'calm') },
  { label: t('waiting.askOn'), class: 'narrow', cell: (row) => (row.ask_on ? dayOf(row.ask_on) : h('span.none', '—')) },
  { label: t('waiting.asked'), cell: (row) => inquiryText(row.inquiry) },
  ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (row) => session.officeName(row.office) }] : []),
];

export async function render(root, params, signal) {
  const state = { office: params.query.get('office') ?? '' };
  const after = async (work) => { if (await work) load(); };
  const list = makeList({
    label: t(title), columns: columns(), href: (row) => `/cases/${row.case}`, empty: t('waiting.empty'),
    rowClass: (row) => (row.state === 'no_consent' || row.state === 'stuck' ? 'urgent' : ''),
    keys: [
      { keys: ['s'], label: t('waiting.send'), do: (row) => after(askNow(row.case)) },
      { keys: ['f'], label: t('waiting.release'), do: (row) => { if (row.inquiry?.state === 'held') after(releaseInquiry(row.inquiry)); } },
      { keys: ['x'], label: t('waiting.cancel'), do: (row) => { if (row.inquiry) after(cancelInquiry(row.inquiry)); } },
    ],
  }, signal);

  async function load() {
    try {
      const { items } = await api.get('/waiting', { query: { office: state.office }, signal });
      list.show(items.map((row) => ({ ...row, id: row.case })), { keep: true });
    } catch (error) {
      showFault(error);
    }
  }

  const office = h('select', { value: state.office, onchange: () => { state.office = office.value; rememberQuery({ office: state.office }); load(); } },
    [['', t('desk.every')], ...session.offices.map((one) => [one.id, one.name])].map(([value, text]) => h('option', { value }, text)));
  root.append(
    pageHead(t(title), { note: t('waiting.note'), actions: [h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
    session.offices.length > 1 ? h('div.filters', formField(t('desk.office'), office)) : h('div'),
    list.element);
  await load();
  list.element.querySelector('tbody tr')?.setAttribute('data-focus', '');
  onEvent('case', load, signal);
}
