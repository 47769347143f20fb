/* sign-in - name, password, and the code of the second factor when the account has one */
import { afterSignIn } from '../app.js';
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t } from '../i18n.js';
import { signedIn } from '../session.js';
import { formField } from '../widgets/parts.js';

export const title = 'account.signIn.title';

/* Where somebody begins who asked for no page. */
function home(session) {
  if (session.roles.includes('coordinator') || session.roles.includes('manager')) return '/';
  if (session.roles.includes('ward_viewer') && session.cases.length > 0) return `/cases/${session.cases[0].number}/released`;
  if (session.roles.includes('administrator')) return '/system';
  return session.roles.includes('auditor') ? '/audit' : '/dashboard';
}

export async function render(root, params) {
  const user = h('input', { name: 'username', autocomplete: 'username', required: true, autocapitalize: 'none', spellcheck: 'false', maxlength: 100, 'data-focus': true });
  const password = h('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true, maxlength: 200 });
  const code = h('input', { name: 'code', autocomplete: 'one-time-code', maxlength: 40 });
  const second = formField(t('account.code'), code, { note: t('account.codeNote') });
  const fault = h('p.fault', { role: 'alert' });
  const submit = h('button.primary', { type: 'submit' }, t('account.signIn.do'));
  second.hidden = true;

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    fill(fault);
    try {
      const answer = await api.post('/session', { user: user.value, password: password.value, code: second.hidden ? null : code.value }, { anonymous: true });
      signedIn(answer);
      const to = params.query.get('to') ?? '/';
      await afterSignIn(to === '/' || to.startsWith('/sign-in') ? home(answer) : to);
    } catch (error) {
      if (error.code === 'code_needed') {
        second.hidden = false;
        code.focus();
      } else {
        fill(fault, error.message);
        (second.hidden ? password : code).select();
      }
    } finally {
      submit.disabled = false;
    }
  }

  root.append(h('div.sign-in.card',
    h('h1', t('account.signIn.title')),
    h('form.stack', { onsubmit: send }, formField(t('account.user'), user), formField(t('account.password'), password), second, fault,
      h('div.row', submit)),
    h('p.note', t('account.signIn.help'))));
}
