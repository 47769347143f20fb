/* retention - what is kept long enough, what stands against it, legal holds, and the lists that two people decide on */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf, when } from '../format.js';
import { navigate } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { ask, askText } from '../widgets/dialog.js';
import { makeList } from '../widgets/list.js';
import { badge, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';

export const path = '/retention';
export const title = 'retention.title';

export const listTone = (state) => ({ proposed: 'wait', approved: 'calm', refused: 'calm', done: 'good' }[state] ?? 'calm');
const isFree = (one) => one.hindrance === '' && one.disposal === 0;
const places = { case: 'cases', document: 'documents', incident: 'incidents' };
const subject = (kind, id) => h('a', { href: `/${places[kind]}/${id}` }, id);
const nameOf = (one) => (one.kind === 'incident' ? `incident:${one.id}` : one.id);

export async function render(root, params, signal) {
  const box = h('div.stack');

  async function propose(office) {
    if (!await ask(t('retention.propose'), t('retention.proposeText'))) return;
    try {
      const made = await api.post('/disposals', { office });
      navigate(`/retention/${made.list.id}`);
    } catch (error) {
      showFault(error);
    }
  }

  async function hold(id, place) {
    const why = await askText(t(place ? 'retention.hold' : 'retention.lift'), t('retention.why'));
    if (!why) return;
    try {
      await api.post('/retention/holds', { id, hold: place, why });
      showToast(t('retention.noted'));
      await load();
    } catch (error) {
      showFault(error);
    }
  }

  async function holdAny() {
    const id = await askText(t('retention.hold'), t('retention.holdWhich'));
    if (id) await hold(id.normalize('NFKC'), true);
  }

  function dueList(items) {
    const list = makeList({ label: t('retention.due'), empty: t('retention.empty'), columns: [
      { label: t('retention.what'), cell: (one) => [word('retention.kind', one.kind), ' ', subject(one.kind, one.id)] },
      ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
      { label: t('retention.until'), class: 'narrow', cell: (one) => dayOf(one.until) || h('span.none', '—') },
      { label: t('retention.state'), cell: (one) => (one.disposal ? h('a', { href: `/retention/${one.disposal}` }, t('retention.inList', { n: one.disposal })) : badge(word('retention.hindrance', one.hindrance || 'none'), one.hindrance ? 'wait' : 'good')) },
      { label: '', class: 'narrow', cell: (one) => (one.hindrance === 'held' ? '' : h('button', { type: 'button', onclick: () => hold(nameOf(one), true) }, t('retention.hold'))) }] }, signal);
    list.show(items);
    return list.element;
  }

  function holdList(items) {
    return items.length === 0 ? h('p.none', t('retention.noHolds')) : h('ul', items.map((one) => h('li', word('retention.kind', one.kind), ' ', subject(one.kind, one.id), ` ${one.why} `,
      h('span.note', t('retention.since', { when: when(one.placed), by: who(one.by) })), ' ', h('button', { type: 'button', onclick: () => hold(nameOf(one), false) }, t('retention.lift')))));
  }

  function lists(items) {
    const list = makeList({ label: t('retention.lists'), href: (one) => `/retention/${one.id}`, empty: t('retention.noLists'), columns: [
      { label: t('retention.number'), class: 'narrow', cell: (one) => String(one.id) },
      ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
      { label: t('retention.proposed'), cell: (one) => t('retention.since', { when: when(one.proposed), by: who(one.proposed_by) }) },
      { label: t('retention.size'), class: 'narrow', cell: (one) => t('retention.sizes', { cases: one.cases, documents: one.documents, incidents: one.incidents }) },
      { label: t('retention.state'), class: 'narrow', cell: (one) => badge(word('retention.listState', one.state), listTone(one.state)) }] }, signal);
    list.show(items);
    return list.element;
  }

  async function load() {
    const found = await api.get('/retention', { signal });
    const offices = session.offices.filter((office) => found.items.some((one) => one.office === office.id && isFree(one)));
    fill(box,
      pageHead(t(title), { note: t('retention.note'), actions: [...offices.map((office) => h('button.primary', { type: 'button', onclick: () => propose(office.id) },
        session.offices.length > 1 ? `${t('retention.propose')}: ${office.name}` : t('retention.propose'))), h('button', { type: 'button', onclick: holdAny }, t('retention.hold'))] }),
      h('section', h('h2', t('retention.due')), dueList(found.items)),
      h('section', h('h2', t('retention.lists')), lists(found.lists)),
      h('section', h('h2', t('retention.holds')), holdList(found.holds)));
  }

  await load();
  root.append(box);
}
