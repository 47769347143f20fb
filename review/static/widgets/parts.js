/* parts - small pieces that every page uses */
import { h, fill, uniqueId } from '../dom.js';
import { t } from '../i18n.js';

/* The only h1 of a page, with what can be done there beside it. */
export function pageHead(title, { note = null, actions = [] } = {}) {
  return h('div.page-head', h('div', h('h1', title), note ? h('p.note', note) : null), h('div.row.actions', actions));
}

/* tone: wait (a person is needed), good, bad, calm */
export function badge(text, tone = 'calm') {
  return h('span.badge', { class: tone }, text);
}

export function callout(tone, ...children) {
  return h('div.callout', { class: tone, ...(tone === 'bad' ? { role: 'alert' } : {}) }, children);
}

export function key(name) {
  return h('kbd', name);
}

/* label and input belong together; note and fault are read with the input */
export function formField(label, input, { note = '', fault = '' } = {}) {
  input.id ||= uniqueId('field');
  const noteId = `${input.id}-note`;
  if (note || fault) input.setAttribute('aria-describedby', noteId);
  if (fault) input.setAttribute('aria-invalid', 'true');
  return h('div.field', h('label', { for: input.id }, label), input,
    note || fault ? h('p', { id: noteId, class: fault ? 'fault' : 'note' }, fault || note) : null);
}

/* Pairs of words and values. */
export function facts(pairs) {
  return h('dl.facts', pairs.filter(Boolean).map(([name, value]) => h('div', h('dt', name), h('dd', value === '' || value == null ? h('span.none', t('common.none')) : value))));
}

/* Shows that something is being fetched only when it takes long enough to be noticed. */
export function loading(root, signal) {
  const timer = setTimeout(() => { if (!signal.aborted) fill(root, h('p.loading', { role: 'status' }, t('common.loading'))); }, 400);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return () => clearTimeout(timer);
}
