/* audit - who did what, and whether the chain of lines is whole */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { when } from '../format.js';
import { t, word } from '../i18n.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { callout, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const title = 'audit.title';

const FILTERS = ['from', 'to', 'actor', 'object', 'action'];

/* "sheet:12" as a link to where it is shown; a word for its kind. */
function objectCell(entry) {
  const [kind, id] = entry.object.split(/:(.*)/s);
  const text = id ? `${word('audit.kind', kind)} ${id}` : word('audit.kind', kind);
  if (kind === 'sheet' && session.is('coordinator', 'manager')) return h('a', { href: `/sheets/${id}` }, text);
  if (kind === 'case' && session.is('coordinator', 'manager')) return h('a', { href: `/cases/${id}` }, text);
  return text;
}

function row(entry) {
  return h('tr', h('td.number', String(entry.seq)), h('td.narrow', when(entry.at)), h('td.narrow', entry.office === '*' ? t('users.site') : session.officeName(entry.office)),
    h('td.narrow', entry.actor), h('td.narrow', word('audit.action', entry.action)), h('td.narrow', objectCell(entry)), h('td', entry.detail));
}

function verifyPart() {
  const head = h('input', { maxlength: 90, spellcheck: 'false', autocomplete: 'off' });
  const result = h('div', { role: 'status' });
  const button = h('button', { type: 'submit' }, t('audit.verify'));
  async function verify(event) {
    event.preventDefault();
    button.disabled = true;
    fill(result, h('p.note', t('audit.verifying')));
    try {
      const answer = await api.post('/audit/verify', { head: head.value.trim() || null });
      fill(result, answer.whole
        ? callout('good', h('p', t('audit.whole', { seq: answer.seq })), h('p', t('audit.noteHead'), ' ', h('code', `${answer.seq}:${answer.hash}`)))
        : callout('bad', h('p', t('audit.broken')), h('p', answer.text)));
    } catch (error) {
      fill(result);
      showFault(error);
    } finally {
      button.disabled = false;
    }
  }
  return h('section.card', h('h2', t('audit.chain')), h('p', t('audit.chainText')),
    h('form.filters', { onsubmit: verify }, formField(t('audit.head'), head, { note: t('audit.headNote') }), h('div.row', button)), result);
}

export async function render(root, params, signal) {
  const inputs = {
    from: h('input', { type: 'date' }), to: h('input', { type: 'date' }), actor: h('input', { maxlength: 60 }),
    object: h('input', { maxlength: 80, placeholder: 'sheet:12' }),
    action: h('select', ['', 'view', 'sheet.', 'case.', 'directory.', 'todo.', 'send', 'account.', 'sign_', 'export', 'audit.'].map((one) =>
      h('option', { value: one }, one ? word('audit.group', one.replace(/[._]$/, '')) : t('audit.every')))),
  };
  for (const name of FILTERS) inputs[name].value = params.query.get(name) ?? '';
  const body = h('tbody');
  const more = h('button', { type: 'button', onclick: () => load(false).catch(showFault) }, t('audit.older'));
  const nothing = h('p.empty', t('common.nothing'));
  let before = 0;

  async function load(anew) {
    const values = Object.fromEntries(FILTERS.map((name) => [name, inputs[name].value.trim()]));
    rememberQuery(values);
    const answer = await api.get('/audit', { query: { ...values, before: anew ? '' : before }, signal });
    if (anew) fill(body);
    body.append(...answer.items.map(row));
    before = answer.before;
    more.hidden = before === 0;
    nothing.hidden = body.children.length > 0;
  }

  fill(root, pageHead(t('audit.title'), { note: t('audit.note'), actions: [h('button', { type: 'button', onclick: () => window.print() }, t('account.print'))] }),
    h('form.filters', { onsubmit: (event) => { event.preventDefault(); load(true).catch(showFault); } },
      FILTERS.map((name) => formField(t(`audit.${name}`), inputs[name])), h('div.row', h('button.primary', { type: 'submit' }, t('audit.show')))),
    h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('audit.title') },
      h('table', h('thead', h('tr', ['seq', 'at', 'office', 'actor', 'action', 'object', 'detail'].map((name) => h('th', { scope: 'col' }, t(`audit.${name}`))))), body)),
    nothing, h('div.row.no-print', more), verifyPart());
  await load(true);
}
