/* ledger - whom the content of a case was told, under which consent, and whom not; to print for the patient who asks */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { who } from '../people.js';
import { openDialog } from '../widgets/dialog.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { tone } from './notices.js';

export const path = '/cases/:number/ledger';
export const title = 'waiting.ledger';

function consent(line) {
  if (!line.consent_how) return h('span.none', t('cases.noConsent'));
  return `${word('cases.consentHow', line.consent_how)}・${who(line.consent_by)}・${when(line.consent_at)}`;
}

function about(line) {
  const words = line.said ? line.said : line.what === 'inquiry' ? t('waiting.page') : word('waiting.form', line.about);
  return line.sheet ? h('a', { href: `/sheets/${line.sheet}` }, words) : words;
}

const WAYS = ['phone', 'hand', 'post', 'fax', 'other'];
const localNow = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 16);

/* Somebody told it without the program. */
async function addTold(number, office) {
  const { items } = await api.get('/directory', { query: { office } });
  const to = h('select', items.map((one) => h('option', { value: String(one.id) }, [one.name, one.department].filter(Boolean).join(' '))));
  const person = h('input', { maxlength: 100, autocomplete: 'off' });
  const what = h('input', { maxlength: 300, autocomplete: 'off' });
  const way = h('select', WAYS.map((one) => h('option', { value: one }, t(`notice.channels.${one}`))));
  const at = h('input', { type: 'datetime-local', value: localNow() });
  let answer = null;
  await openDialog({
    title: t('waiting.tell'), wide: true, focus: to,
    body: [h('p.note', t('waiting.tellNote')), formField(t('waiting.to'), to), formField(t('waiting.person'), person), formField(t('waiting.what'), what),
      formField(t('waiting.how'), way), formField(t('waiting.at'), at)],
    actions: [{ label: t('common.cancel'), value: null }, {
      label: t('common.save'), value: true, primary: true,
      check: async () => {
        if (!to.value || what.value.trim() === '' || at.value === '') return t('common.needed');
        try {
          answer = await api.post(`/cases/${encodeURIComponent(number)}/ledger`, {
            institution: Number(to.value), person: person.value.trim(), what: what.value.trim(), way: way.value, when: new Date(`${at.value}:00+09:00`).toISOString() });
          return '';
        } catch (error) {
          return error.message;
        }
      },
    }],
  });
  return answer;
}

function row(line) {
  return h('tr',
    h('td.narrow', when(line.at)), h('td', line.name), h('td', about(line)),
    h('td', word('notice.channels', line.channel), line.destination ? h('small.number', ` ${line.destination}`) : null),
    h('td', line.what === 'by_hand' ? badge(t('waiting.byHand'), 'good') : badge(word('notice.states', line.by ? 'by_hand' : line.state), tone(line.by ? 'by_hand' : line.state)), line.by ? h('small', ` ${who(line.by)}`) : null, line.reason ? h('p.note', line.reason) : null),
    h('td', consent(line)));
}

export async function render(root, params, signal) {
  const base = `/cases/${encodeURIComponent(params.number)}`;
  const ledger = await api.get(`${base}/ledger`, { signal });
  const heads = ['waiting.at', 'waiting.to', 'waiting.what', 'waiting.how', 'waiting.result', 'waiting.under'];
  const body = h('div');
  const tell = async () => {
    const answer = await addTold(params.number, ledger.office);
    if (answer) draw(answer.items);
  };
  const draw = (items) => fill(body, items.length === 0 ? h('p.empty', t('waiting.ledgerEmpty'))
    : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t(title) }, h('table', h('thead', h('tr', heads.map((key) => h('th', { scope: 'col' }, t(key))))), h('tbody', items.map(row)))));
  draw(ledger.items);
  root.append(
    pageHead(t(title), { note: `${t('desk.case')} ${params.number}`, actions: [
      h('a.button', { href: base }, t('waiting.toCase')), h('button', { type: 'button', onclick: tell }, t('waiting.tell')), h('button', { type: 'button', onclick: async () => { await api.post(`${base}/prints`, {}); print(); } }, t('desk.print'))] }),
    h('p.note', t('waiting.ledgerNote')), body);
}
