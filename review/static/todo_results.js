/* todo_results - what came of a to-do, asked in one small dialog each; the same from the list and from the to-do's page */
import { api } from './api.js';
import { download } from './download.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { dayOf } from './format.js';
import { parseDate } from './dates.js';
import { openDialog } from './widgets/dialog.js';
import { formField } from './widgets/parts.js';
import { showFault, showToast } from './widgets/toast.js';

function nowText() {
  const date = new Date(Date.now() + 9 * 3600 * 1000);
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

function tomorrow() {
  return new Date(Date.now() + 33 * 3600 * 1000).toISOString().slice(0, 10);
}

async function send(id, body, done, words) {
  try {
    const answer = await api.post(`/todos/${id}/results`, body);
    showToast(words, body.result === 'done' ? { undo: async () => { await api.post(`/todos/${id}/results`, { result: 'reopened' }); done(); } } : {});
    done(answer);
  } catch (error) {
    showFault(error);
  }
}

export async function todoDone(todo, done) {
  const whom = h('input', { autocomplete: 'off' });
  const at = h('input', { value: nowText(), autocomplete: 'off' });
  const note = h('textarea', { rows: 3 });
  const hand = h('input', { type: 'checkbox', id: 'todo-by-hand', checked: ['call', 'fax', 'refused', 'no_address', 'delivery_failed'].includes(todo.kind) });
  const body = await openDialog({
    title: t('todo.doneTitle'),
    body: [
      formField(t('todo.whom'), whom, { note: t('todo.whomNote') }), formField(t('todo.when'), at), formField(t('todo.note'), note),
      todo.recipient ? h('p', hand, ' ', h('label', { for: 'todo-by-hand' }, t('todo.byHand'))) : null,
    ],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('todo.done'), primary: true, get value() {
        return { result: 'done', whom: whom.value.trim(), when: at.value.trim(), note: note.value.trim(), by_hand: Boolean(todo.recipient) && hand.checked };
      } },
    ],
  });
  if (body) await send(todo.id, body, done, t('todo.doneToast'));
}

export async function todoNoAnswer(todo, done) {
  const again = h('input', { value: tomorrow(), autocomplete: 'off' });
  const note = h('input', { autocomplete: 'off' });
  const body = await openDialog({
    title: t('todo.noAnswerTitle'),
    body: [formField(t('todo.again'), again, { note: t('todo.againNote') }), formField(t('todo.note'), note)],
    focus: again,
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('todo.noAnswer'), primary: true, get value() { return { result: 'no_answer', again: parseDate(again.value)?.iso ?? '', note: note.value.trim() }; },
        check: () => (parseDate(again.value) ? '' : t('todo.noDate')) },
    ],
  });
  if (body) await send(todo.id, body, done, t('todo.noAnswerToast', { day: dayOf(body.again) }));
}

export async function todoPassOn(todo, done) {
  const whom = h('input', { autocomplete: 'off' });
  const note = h('input', { autocomplete: 'off' });
  const body = await openDialog({
    title: t('todo.passTitle'),
    body: [formField(t('todo.passTo'), whom), formField(t('todo.note'), note)],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('todo.pass'), primary: true, get value() { return { result: 'passed_on', whom: whom.value.trim(), note: note.value.trim() }; },
        check: () => (whom.value.trim() === '' ? t('common.needed') : '') },
    ],
  });
  if (body) await send(todo.id, body, done, t('todo.passToast', { whom: body.whom }));
}

export async function todoReopen(todo, done) {
  await send(todo.id, { result: 'reopened' }, done, t('todo.reopened'));
}

/* A file that a calendar takes in; the day may not be known yet. */
export async function todoCalendar(todo) {
  const start = h('input', { type: 'datetime-local' });
  const minutes = h('input', { type: 'number', min: 5, max: 1440, value: 60 });
  const place = h('input', { autocomplete: 'off', maxlength: 200 });
  const query = await openDialog({
    title: t('todo.calendar'), focus: start,
    body: [h('p.note', t('todo.calendarNote')), formField(t('todo.when'), start), formField(t('todo.minutes'), minutes), formField(t('todo.place'), place)],
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('todo.download'), primary: true, get value() { return { start: start.value.replace('T', ' '), minutes: minutes.value, place: place.value.trim() }; } }],
  });
  if (query) await download(`/todos/${todo.id}/calendar`, query);
}

export function todoKeys(done) {
  const open = (todo) => !todo.done;
  return [
    { keys: ['d'], label: t('todo.done'), when: open, do: (todo) => void todoDone(todo, done) },
    { keys: ['n'], label: t('todo.noAnswer'), when: open, do: (todo) => void todoNoAnswer(todo, done) },
    { keys: ['p'], label: t('todo.pass'), when: open, do: (todo) => void todoPassOn(todo, done) },
  ];
}
