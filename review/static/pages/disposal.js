/* disposal - one list of what shall go: its items, the manager's decision, and the certificate once it is done */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf, when } from '../format.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { ask, askText } from '../widgets/dialog.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';
import { listTone } from './retention.js';

export const path = '/retention/:id';
export const title = 'retention.one';

export async function render(root, params, signal) {
  const base = `/disposals/${params.id}`;
  const box = h('div.stack');

  async function decide(approve) {
    const why = approve ? '' : await askText(t('retention.refuse'), t('retention.why'));
    if (why === null || (approve && !await ask(t('retention.approve'), t('retention.approveText'), { danger: true }))) return;
    try {
      show(await api.post(`${base}/decision`, { approve, ...(why ? { why } : {}) }));
      showToast(t('retention.noted'));
    } catch (error) {
      showFault(error);
    }
  }

  function show({ list, items, certificate }) {
    const mine = session.is('manager') && list.state === 'proposed';
    fill(box,
      pageHead(t('retention.heading', { n: list.id }), { note: session.officeName(list.office), actions: [
        ...(mine ? [h('button.primary', { type: 'button', onclick: () => decide(true) }, t('retention.approve')), h('button', { type: 'button', onclick: () => decide(false) }, t('retention.refuse'))] : []),
        h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
      h('p', badge(word('retention.listState', list.state), listTone(list.state))),
      list.state === 'proposed' ? callout('wait', t(session.is('manager') ? 'retention.decideNote' : 'retention.managerNote')) : null,
      list.state === 'approved' ? callout('calm', t('retention.runNote', { n: list.id })) : null,
      facts([[t('retention.proposed'), t('retention.since', { when: when(list.proposed), by: who(list.proposed_by) })],
        list.decided ? [t('retention.decided'), t('retention.since', { when: when(list.decided), by: who(list.decided_by) })] : null,
        list.why ? [t('retention.why'), list.why] : null,
        list.finished ? [t('retention.finished'), t('retention.since', { when: when(list.finished), by: who(list.finished_by) })] : null]),
      h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('retention.items') }, h('table', h('thead', h('tr', ['what', 'until', 'state'].map((key) => h('th', { scope: 'col' }, t(`retention.${key}`))))),
        h('tbody', items.map((one) => h('tr', h('th', { scope: 'row' }, `${word('retention.kind', one.kind)} ${one.id}`), h('td.narrow', dayOf(one.until)), h('td', word('retention.itemState', one.state), one.reason ? ` (${word('retention.hindrance', one.reason)})` : '')))))),
      certificate ? h('section.card', h('h2', t('retention.certificate')), h('pre', { tabindex: 0 }, JSON.stringify(JSON.parse(certificate), null, 2))) : null);
  }

  show(await api.get(base, { signal }));
  root.append(box);
}
