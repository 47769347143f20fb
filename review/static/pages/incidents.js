/* incidents - data reached somebody who may not have it: what is open, and a new one in one step */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { navigate } from '../navigate.js';
import { session } from '../session.js';
import { openDialog } from '../widgets/dialog.js';
import { makeList } from '../widgets/list.js';
import { badge, callout, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/incidents';
export const title = 'incident.title';

const KINDS = ['mis_sent', 'lost', 'stolen', 'seen', 'other'];
export const stateTone = (one) => (one.late ? 'bad' : { open: 'wait', no_leak: 'good', reported: 'calm' }[one.state] ?? 'calm');

/* Also from the page of a notice or a case, which then are its subject. */
export async function openIncident(subject = {}) {
  const kind = h('select', KINDS.map((value) => h('option', { value }, word('incident.kind', value))));
  const known = h('input', { type: 'datetime-local', autocomplete: 'off' });
  const text = h('textarea', { rows: 3, maxlength: 2000 });
  const office = session.offices.length > 1 && !subject.notice && !subject.case ? h('select', session.offices.map((one) => h('option', { value: one.id }, one.name))) : null;
  const malicious = h('input', { type: 'checkbox' });
  const yes = await openDialog({ title: t('incident.open'),
    body: [callout('wait', t('incident.first')), formField(t('incident.kindLabel'), kind), office ? formField(t('desk.office'), office) : null,
      formField(t('incident.known'), known, { note: t('incident.knownNote') }), formField(t('incident.happened'), text),
      h('p', h('label', malicious, ' ', t('incident.malicious')))],
    actions: [{ label: t('common.cancel'), value: null }, { label: t('incident.open'), value: true, primary: true }] });
  if (!yes) return;
  try {
    const made = await api.post('/incidents', { kind: kind.value, text: text.value.trim(), malicious: malicious.checked, ...subject,
      ...(office ? { office: office.value } : {}), ...(known.value ? { known: new Date(`${known.value}:00+09:00`).toISOString() } : {}) });
    navigate(`/incidents/${made.incident.id}`);
  } catch (error) {
    showFault(error);
  }
}

export async function render(root, params, signal) {
  const { items } = await api.get('/incidents', { signal });
  const list = makeList({ label: t(title), href: (one) => `/incidents/${one.id}`, empty: t('incident.empty'), columns: [
    { label: t('incident.number'), class: 'narrow', cell: (one) => String(one.id) },
    { label: t('incident.kindLabel'), cell: (one) => word('incident.kind', one.kind) },
    ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
    { label: t('incident.known'), class: 'narrow', cell: (one) => when(one.known) },
    { label: t('incident.preliminary'), class: 'narrow', cell: (one) => (one.preliminary ? t('incident.sent') : one.preliminary_by) },
    { label: t('incident.final'), class: 'narrow', cell: (one) => (one.final ? t('incident.sent') : one.final_by) },
    { label: t('incident.stateLabel'), class: 'narrow', cell: (one) => badge(one.late ? t('incident.late') : word('incident.state', one.state), stateTone(one)) }] }, signal);

  root.append(pageHead(t(title), { note: t('incident.note'), actions: [h('button.primary', { type: 'button', onclick: () => openIncident() }, t('incident.open'))] }), list.element);
  list.show(items);
}
