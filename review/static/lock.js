/*
 * lock - covers the page while its session is locked or has ended, and keeps everything below as it was
 *
 * POST /session/unlock { password } for a locked session; POST /session { user, password, code } for one that ended.
 * Both answer what GET /session answers.
 */
import { api, useCsrf } from './api.js';
import { h, fill, say, uniqueId } from './dom.js';
import { t } from './i18n.js';
import { belongsToIme } from './keys.js';

function field(label, attributes) {
  const id = uniqueId('lock');
  return { input: h('input', { id, ...attributes }), label: h('label', { for: id }, label) };
}

/* The session's answer, or null when the person leaves for the sign-in page. */
export function askToComeBack(code, user) {
  const locked = code === 'locked';
  const name = field(t('common.lock.user'), { name: 'username', autocomplete: 'username', required: true, value: user, readonly: user !== '' });
  const password = field(t('common.lock.password'), { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  const second = field(t('common.lock.code'), { name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 20 });
  const fault = h('p.fault', { role: 'alert' });
  const submit = h('button.primary', { type: 'submit' }, t(locked ? 'common.lock.unlock' : 'common.lock.signIn'));
  const title = uniqueId('lock');

  return new Promise((resolve) => {
    const leave = h('button.quiet', { type: 'button', onclick: () => { done(null); location.assign('/sign-in'); } }, t('common.lock.leave'));
    const form = h('form.stack', { onsubmit: send },
      h('h2', { id: title }, t(locked ? 'common.lock.titleLocked' : 'common.lock.titleEnded')),
      h('p', t('common.lock.kept')),
      locked && user !== '' ? h('p', t('common.lock.who', { user })) : [name.label, name.input],
      password.label, password.input,
      locked ? null : [second.label, second.input],
      fault, h('div.row', submit, leave));
    const dialog = h('dialog.lock', { 'aria-labelledby': title }, form);
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    dialog.addEventListener('keydown', (event) => { if (event.key === 'Enter' && belongsToIme(event)) event.preventDefault(); });

    function done(answer) {
      dialog.close();
      dialog.remove();
      resolve(answer);
    }

    async function send(event) {
      event.preventDefault();
      submit.disabled = true;
      fill(fault);
      try {
        const answer = locked
          ? await api.post('/session/unlock', { password: password.input.value }, { anonymous: true })
          : await api.post('/session', { user: name.input.value, password: password.input.value, code: second.input.value }, { anonymous: true });
        useCsrf(answer.csrf);
        done(answer);
        say(t('common.lock.back'));
      } catch (error) {
        fill(fault, error.message);
        password.input.select();
      } finally {
        submit.disabled = false;
      }
    }

    document.body.append(dialog);
    dialog.showModal();
    (user === '' && !locked ? name.input : password.input).focus();
  });
}
