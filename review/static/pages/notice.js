/* notice - one message: its words, where it went, each attempt, and what can still be done */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { who } from '../people.js';
import { cancelNotice, otherChannel, retryNotice, tellByHand } from '../notice_acts.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { openIncident } from './incidents.js';
import { tone } from './notices.js';

export const path = '/notices/:id';
export const title = 'notice.one';

const STILL = ['queued', 'failed', 'refused', 'unknown'];

export async function render(root, params, signal) {
  let state = await api.get(`/notices/${params.id}`, { signal });
  const body = h('div');
  const done = (answer) => { state = answer; draw(); };

  function actions({ notice, channels }) {
    const still = STILL.includes(notice.state);
    return [
      ['failed', 'unknown'].includes(notice.state) ? h('button.primary', { type: 'button', onclick: () => retryNotice(notice, done) }, t('notice.retry')) : null,
      ...(still ? channels.filter((one) => one.may).map((one) => h('button', { type: 'button', onclick: () => otherChannel(notice, one, done) }, t('notice.sendBy', { channel: t(`notice.channels.${one.channel}`) }))) : []),
      still ? h('button', { type: 'button', onclick: () => tellByHand(notice, done) }, t('notice.byHand')) : null,
      ['queued', 'failed', 'refused'].includes(notice.state) ? h('button', { type: 'button', onclick: () => cancelNotice(notice, done) }, t('notice.cancel')) : null,
      h('a.button', { href: `/notices/${notice.id}/letter` }, t('todo.letter')),
      STILL.includes(notice.state) && notice.state !== 'unknown' ? null : h('button', { type: 'button', onclick: () => openIncident({ notice: notice.id }) }, t('incident.open')),
    ];
  }

  function draw() {
    const { notice, channels, deliveries } = state;
    fill(body,
      pageHead(notice.subject || t(title), { note: word('notice.kinds', notice.kind), actions: actions(state) }),
      notice.reason && !['by_hand', 'sent', 'delivered'].includes(notice.state) ? callout(['failed', 'unknown'].includes(notice.state) ? 'bad' : 'wait', notice.reason) : null,
      notice.state === 'by_hand' ? callout('good', t('notice.byHandLine', { by: who(notice.by_hand), when: when(notice.finished), how: notice.reason })) : null,
      h('div.halves',
        h('section.card', h('h2', t('notice.words')), h('div.say', state.body || t('common.none'))),
        h('div.stack',
          h('section.card', h('h2', t('notice.where')), facts([
            [t('notice.state'), badge(word('notice.states', notice.state), tone(notice.state))],
            [t('notice.to'), notice.name],
            [t('notice.channel'), word('notice.channels', notice.channel)],
            [t('notice.destination'), notice.destination],
            [t('todo.phone'), state.phone],
            [t('desk.case'), notice.case ? h('a', { href: `/cases/${notice.case}` }, notice.case) : ''],
            [t('todo.sheet'), notice.sheet ? h('a', { href: `/sheets/${notice.sheet}` }, String(notice.sheet)) : ''],
            [t('notice.next'), notice.state === 'queued' ? when(notice.next) : ''],
          ]), channels.some((one) => !one.may && one.state !== 'verified') ? h('p.note', t('notice.unverifiedNote')) : null),
          h('section.card', h('h2', t('notice.attempts')), deliveries.length === 0 ? h('p.none', t('notice.noAttempts')) : h('table',
            h('thead', h('tr', ['notice.started', 'notice.result', 'notice.who', 'notice.detail'].map((key) => h('th', { scope: 'col' }, t(key))))),
            h('tbody', deliveries.map((one) => h('tr', h('td.narrow', when(one.started)), h('td.narrow', word('notice.states', one.result)), h('td', one.who), h('td', one.detail)))))))));
  }

  draw();
  root.append(body);
}
