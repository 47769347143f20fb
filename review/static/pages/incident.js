/* incident - one incident: its deadlines, its steps, and the facts for the report */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf, when } from '../format.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { askText } from '../widgets/dialog.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';
import { stateTone } from './incidents.js';

export const path = '/incidents/:id';
export const title = 'incident.one';

const STEPS = ['receiver', 'manager', 'city', 'preliminary', 'patient', 'final'];
const FACTS = ['happened', 'data', 'persons', 'cause', 'harm', 'measures', 'note'];

export async function render(root, params, signal) {
  const base = `/incidents/${params.id}`;
  const box = h('div.stack');

  async function note(what, required) {
    const text = await askText(word('incident.what', what), t(`incident.ask.${required ? 'fact' : 'step'}`), { required, multiline: true });
    if (text === null) return;
    try {
      show(await api.post(`${base}/entries`, { what, text }));
      showToast(t('incident.noted'));
    } catch (error) {
      showFault(error);
    }
  }

  /* However it ended, manager and city were to be told; of a leak the patient too. */
  const needed = (what, { state }) => state === 'open' || what === 'manager' || what === 'city' || (what === 'patient' && state === 'reported');

  function step(what, { incident, entries }) {
    const done = entries.filter((one) => one.what === what).at(-1);
    const due = { preliminary: incident.preliminary_by, final: incident.final_by }[what];
    return h('li', h('strong', word('incident.what', what)), ' ', due ? h('span.note', t('incident.due', { day: dayOf(due) })) : null, ' ',
      done ? [badge(t('incident.done'), 'good'), ' ', t('incident.doneLine', { when: when(done.done), by: who(done.by) }), done.text ? ` ${done.text}` : ''] : needed(what, incident) ? badge(t('incident.open_step'), 'wait') : h('span.note', t('incident.dropped')), ' ',
      needed(what, incident) ? h('button.no-print', { type: 'button', onclick: () => note(what, false) }, t('incident.noteStep')) : null);
  }

  function show(answer) {
    const { incident } = answer;
    fill(box,
      pageHead(t('incident.heading', { n: incident.id, kind: word('incident.kind', incident.kind) }), { note: session.officeName(incident.office),
        actions: [h('a.button', { href: `/api/v1${base}/file?as=pdf`, download: '' }, 'PDF'), h('a.button', { href: `/api/v1${base}/file`, download: '' }, 'CSV'), h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
      h('p', badge(incident.late ? t('incident.late') : word('incident.state', incident.state), stateTone(incident))),
      incident.state === 'open' ? callout('wait', t('incident.first')) : null,
      facts([[t('incident.known'), when(incident.known)], [t('incident.preliminary'), `${dayOf(incident.preliminary_from)} – ${dayOf(incident.preliminary_by)}`], [t('incident.final'), dayOf(incident.final_by)],
        [t('desk.case'), incident.case ? h('a', { href: `/cases/${incident.case}` }, incident.case) : ''], [t('incident.notice'), incident.notice ? h('a', { href: `/notices/${incident.notice}` }, incident.notice) : '']]),
      h('section.card', h('h2', t('incident.steps')), h('ul', STEPS.map((what) => step(what, answer))),
        incident.state === 'open' ? h('p', h('button.primary.no-print', { type: 'button', onclick: () => note('returned', true) }, word('incident.what', 'returned')), ' ', h('span.note', t('incident.returnedNote'))) : null),
      h('section.card', h('h2', t('incident.facts')), h('div.row.no-print', FACTS.map((what) => h('button', { type: 'button', onclick: () => note(what, true) }, word('incident.what', what)))),
        h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('incident.facts') }, h('table', h('thead', h('tr', ['part', 'name', 'value'].map((key) => h('th', { scope: 'col' }, t(`incident.column.${key}`))))),
          h('tbody', answer.facts.map((one) => h('tr', h('td.narrow', one.part), h('th', { scope: 'row' }, one.name), h('td', one.value))))))));
  }

  show(await api.get(base, { signal }));
  root.append(box);
}
