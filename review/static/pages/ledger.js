/* ledger - whom the content of a case was told, under which consent, and whom not; to print for the patient who asks */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { badge, pageHead } from '../widgets/parts.js';
import { tone } from './notices.js';

export const path = '/cases/:number/ledger';
export const title = 'waiting.ledger';

function consent(line) {
  if (!line.consent_how) return h('span.none', t('cases.noConsent'));
  return `${word('cases.consentHow', line.consent_how)}・${line.consent_by}・${when(line.consent_at)}`;
}

function about(line) {
  const words = line.what === 'inquiry' ? t('waiting.page') : word('waiting.form', line.about);
  return line.sheet ? h('a', { href: `/sheets/${line.sheet}` }, words) : words;
}

function row(line) {
  return h('tr',
    h('td.narrow', when(line.at)), h('td', line.name), h('td', about(line)),
    h('td', word('notice.channels', line.channel), line.destination ? h('small.number', ` ${line.destination}`) : null),
    h('td', line.what === 'by_hand' ? badge(t('waiting.byHand'), 'good') : badge(word('notice.states', line.state), tone(line.state)), line.by ? h('small', ` ${line.by}`) : null, line.reason ? h('p.note', line.reason) : null),
    h('td', consent(line)));
}

export async function render(root, params, signal) {
  const base = `/cases/${encodeURIComponent(params.number)}`;
  const { items } = await api.get(`${base}/ledger`, { signal });
  const heads = ['waiting.at', 'waiting.to', 'waiting.what', 'waiting.how', 'waiting.result', 'waiting.under'];
  root.append(
    pageHead(t(title), { note: `${t('desk.case')} ${params.number}`, actions: [
      h('a.button', { href: base }, t('waiting.toCase')), h('button', { type: 'button', onclick: async () => { await api.post(`${base}/prints`, {}); print(); } }, t('desk.print'))] }),
    h('p.note', t('waiting.ledgerNote')),
    items.length === 0 ? h('p.empty', t('waiting.ledgerEmpty'))
      : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t(title) }, h('table', h('thead', h('tr', heads.map((key) => h('th', { scope: 'col' }, t(key))))), h('tbody', items.map(row)))));
}
