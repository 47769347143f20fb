/* todo - one to-do: whom to call, under which number, what to say, what came of it */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf, when } from '../format.js';
import { bindKeys } from '../keys.js';
import { navigate } from '../navigate.js';
import { who } from '../people.js';
import { todoCalendar, todoDone, todoNoAnswer, todoPassOn, todoReopen } from '../todo_results.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';

export const path = '/todos/:id';
export const title = 'todo.one';

function contactCard(contact) {
  if (!contact) return h('section.card', h('h2', t('todo.contact')), h('p.none', t('todo.noContact')));
  return h('section.card', h('h2', t('todo.contact')),
    h('p.big', contact.name, contact.department ? h('small', ` ${contact.department}`) : null),
    contact.phone ? h('p.phone', h('span.note', t('todo.phone')), ' ', h('a', { href: `tel:${contact.phone.replace(/[^0-9+]/g, '')}` }, contact.phone)) : h('p.note', t('todo.noPhone')),
    facts([
      [t('todo.fax'), contact.fax ? `${contact.fax} (${word('directory.state', contact.fax_state)})` : ''],
      [t('todo.email'), contact.email ? `${contact.email} (${word('directory.state', contact.email_state)})` : ''],
    ]),
    h('p.no-print', h('a', { href: `/directory/${contact.id}` }, t('todo.toDirectory'))));
}

function results(rows) {
  if (rows.length === 0) return null;
  return h('section.card', h('h2', t('todo.history')), h('table', h('thead', h('tr', ['todo.when', 'todo.result', 'todo.whom', 'todo.note', 'todo.by'].map((key) => h('th', { scope: 'col' }, t(key))))),
    h('tbody', rows.map((row) => h('tr',
      h('td.narrow', row.when || when(row.at)), h('td.narrow', word('todo.ends', row.result), row.again ? ` → ${dayOf(row.again)}` : ''), h('td', row.whom), h('td', row.note), h('td.narrow', who(row.by)))))));
}

function facets(todo) {
  return facts([
    [t('desk.case'), todo.case ? h('a', { href: `/cases/${todo.case}` }, todo.case) : ''],
    [t('todo.sheet'), todo.sheet ? h('a', { href: `/sheets/${todo.sheet}` }, String(todo.sheet)) : ''],
    todo.document && !todo.sheet ? [t('desk.document'), h('a', { href: `/documents/${encodeURIComponent(todo.document)}` }, t('todo.openDocument'))] : null,
    [t('todo.due'), todo.due ? dayOf(todo.due) : t('todo.now')],
    [t('todo.assigned'), todo.assigned || t('todo.nobody')],
    [t('todo.created'), when(todo.created)],
  ]);
}

export async function render(root, params, signal) {
  let state = await api.get(`/todos/${params.id}`, { signal });
  const done = (answer) => { if (answer?.todo) { state = answer; draw(); } else load(); };
  const load = async () => { state = await api.get(`/todos/${params.id}`, { signal }); draw(); };
  const body = h('div');

  function actions(todo) {
    if (todo.done) return [h('button', { type: 'button', onclick: () => todoReopen(todo, done) }, t('todo.reopen'))];
    const button = (label, key, act, props = {}) => h('button', { type: 'button', onclick: () => act(todo, done), ...props }, label, ' ', h('kbd', key));
    return [
      button(t('todo.done'), 'D', todoDone, { class: 'primary' }), button(t('todo.noAnswer'), 'N', todoNoAnswer), button(t('todo.pass'), 'P', todoPassOn),
      todo.kind === 'conference' ? h('button', { type: 'button', onclick: () => todoCalendar(todo) }, t('todo.calendar')) : null,
      todo.kind === 'fax_print' ? h('a.button.primary', { href: `/api/v1/todos/${todo.id}/fax`, download: '' }, t('todo.printFax')) : null,
      state.notice ? h('a.button', { href: `/notices/${state.notice.id}/letter` }, t('todo.letter')) : null,
      h('button', { type: 'button', onclick: () => print() }, t('desk.print')),
    ];
  }

  function draw() {
    const { todo, contact, notice } = state;
    const [first, ...rest] = todo.text.split('\n');
    fill(body,
      pageHead(first, { note: word('todo.kind', todo.kind), actions: actions(todo) }),
      todo.done ? callout('good', t('todo.doneLine', { by: who(todo.done_by), when: when(todo.done) }), todo.note ? ` 「${todo.note}」` : '') : null,
      h('div.halves',
        h('div.stack', h('section.card', h('h2', t('todo.say')), h('div.say', rest.join('\n').trim() || first), state.say ? [h('hr'), h('div.say', { lang: 'ja' }, state.say)] : null), results(state.results)),
        h('div.stack', contactCard(contact), h('section.card', h('h2', t('todo.about')), facets(todo),
          notice ? h('p', h('a', { href: `/notices/${notice.id}` }, t('todo.notice')), ' ', badge(word('notice.state', notice.state), 'calm')) : null))));
  }

  draw();
  root.append(body);
  const open = (act) => () => { if (!state.todo.done) void act(state.todo, done); };
  bindKeys([
    { keys: ['d'], label: t('todo.done'), do: open(todoDone) },
    { keys: ['n'], label: t('todo.noAnswer'), do: open(todoNoAnswer) },
    { keys: ['p'], label: t('todo.pass'), do: open(todoPassOn) },
    { keys: ['Escape', 'Backspace'], label: t('todo.back'), do: () => void navigate('/todos') },
  ], { signal, group: t(title) });
}
