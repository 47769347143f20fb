/* todos - calls to make, letters to send, questions that only a person can answer; what is due longest stands first */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf, when, waited } from '../format.js';
import { onEvent } from '../events.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { todoKeys } from '../todo_results.js';
import { makeList } from '../widgets/list.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/todos';
export const title = 'todo.title';

const today = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 10);

function due(todo) {
  if (todo.done) return [badge(t('todo.isDone'), 'good'), ' ', h('small', when(todo.done))];
  if (!todo.due) return h('span', t('todo.since', { time: waited(todo.created) }));
  return badge(t('todo.dueOn', { day: dayOf(todo.due) }), todo.due <= today() ? 'bad' : 'calm');
}

const columns = () => [
  { label: t('todo.due'), class: 'narrow', cell: due },
  { label: t('todo.what'), cell: (todo) => [badge(word('todo.kind', todo.kind), todo.done ? 'calm' : 'wait'), ' ', todo.text.split('\n')[0]] },
  { label: t('todo.who'), cell: (todo) => todo.name },
  { label: t('desk.case'), class: 'narrow', cell: (todo) => todo.case || h('span.none', '—') },
  ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (todo) => session.officeName(todo.office) }] : []),
  { label: t('todo.assigned'), class: 'narrow', cell: (todo) => [todo.assigned || h('span.none', t('todo.nobody')), todo.tries ? h('small', ` ${t('todo.tries', { n: todo.tries })}`) : null] },
];

export async function render(root, params, signal) {
  const state = { office: params.query.get('office') ?? '', done: params.query.get('done') ?? '', assigned: params.query.get('assigned') ?? '' };
  const list = makeList({
    label: t(title), columns: columns(), href: (todo) => `/todos/${todo.id}`, empty: t('todo.empty'),
    rowClass: (todo) => (!todo.done && todo.due && todo.due < today() ? 'urgent' : ''),
    keys: todoKeys(() => load()),
  }, signal);

  async function load() {
    try {
      const answer = await api.get('/todos', { query: { office: state.office, done: state.done, limit: 500 }, signal });
      list.show(state.assigned === 'me' ? answer.items.filter((todo) => todo.assigned === session.name || todo.assigned === session.user) : answer.items);
    } catch (error) {
      showFault(error);
    }
  }

  function select(name, label, options) {
    const element = h('select', { value: state[name], onchange: () => { state[name] = element.value; rememberQuery({ [name]: element.value }); load(); } },
      options.map(([value, text]) => h('option', { value }, text)));
    return formField(label, element);
  }

  const filters = h('div');
  fill(filters, h('div.filters',
    select('done', t('todo.show'), [['', t('todo.openOnes')], ['1', t('todo.doneToo')]]),
    select('assigned', t('todo.assigned'), [['', t('desk.every')], ['me', t('todo.mine')]]),
    session.offices.length > 1 ? select('office', t('desk.office'), [['', t('desk.every')], ...session.offices.map((office) => [office.id, office.name])]) : null));
  root.append(pageHead(t(title), { note: t('todo.keysNote'), actions: [h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }), filters, list.element);
  await load();
  list.element.querySelector('tbody tr')?.setAttribute('data-focus', '');
  onEvent('todo', load, signal);
}
