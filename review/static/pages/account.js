/* account - one's own password, second factor and recovery codes; and what has to be done before the first work */
import { afterSignIn } from '../app.js';
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { day } from '../format.js';
import { t } from '../i18n.js';
import { loadSession, session } from '../session.js';
import { callout, facts, formField, pageHead } from '../widgets/parts.js';
import { showToast } from '../widgets/toast.js';

export const title = 'account.title';

function passwordInput(name, autocomplete) {
  return h('input', { type: 'password', name, autocomplete, required: true, maxlength: 200 });
}

/* A form of its own: its fault is said beside the button. */
function form(label, fields, send) {
  const fault = h('p.fault', { role: 'alert' });
  const submit = h('button.primary', { type: 'submit' }, label);
  return h('form.stack', {
    onsubmit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      fill(fault);
      try {
        await send((text) => fill(fault, text));
      } catch (error) {
        fill(fault, error.message);
      } finally {
        submit.disabled = false;
      }
    },
  }, fields, fault, h('div.row', submit));
}

function passwordForm(account, done) {
  const old = passwordInput('old', 'current-password');
  const fresh = passwordInput('new', 'new-password');
  const again = passwordInput('again', 'new-password');
  return form(t('account.changePassword'), [
    formField(t('account.oldPassword'), old),
    formField(t('account.newPassword'), fresh, { note: t('account.passwordRule', { n: account.password_length_min }) }),
    formField(t('account.againPassword'), again),
  ], async (refuse) => {
    if (fresh.value !== again.value) {
      refuse(t('account.different'));
      again.select();
      return;
    }
    await api.post('/account/password', { password: old.value, new: fresh.value });
    await done();
  });
}

/* The codes are on the screen once: the page stays until they are on paper. */
function showCodes(root, codes, done) {
  fill(root, h('section.card.codes',
    h('h1', { tabindex: -1 }, t('account.codesTitle')),
    h('p', t('account.codesText')),
    h('p', t('account.codesOf', { user: session.user, name: session.name, day: day(new Date().toISOString()) })),
    h('ol.code-list', codes.map((code) => h('li', h('code', code)))),
    h('p.note', t('account.codesKeep')),
    h('div.row.no-print', h('button', { type: 'button', onclick: () => window.print() }, t('account.print')),
      h('button.primary', { type: 'button', onclick: () => done() }, t('account.codesDone')))));
  root.querySelector('h1').focus();
}

function keyPicture(svgText) {
  const url = URL.createObjectURL(new Blob([svgText], { type: 'image/svg+xml' }));
  return h('img.key-picture', { src: url, alt: t('account.keyPicture'), width: 220, height: 220, onload: () => URL.revokeObjectURL(url) });
}

async function showKey(root, proof, done) {
  const key = await api.post('/account/enrol', proof);
  const code = h('input', { name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 10 });
  fill(root, h('section.card.enrol',
    h('h1', t('account.enrolTitle')),
    h('ol', h('li', t('account.enrolApp')), h('li', t('account.enrolScan')), h('li', t('account.enrolType'))),
    h('div.row', keyPicture(key.qr), h('p', t('account.keyText'), h('br'), h('code', key.secret.replace(/(.{4})(?=.)/g, '$1 ')))),
    form(t('account.enrolDo'), formField(t('account.code'), code), async () => {
      const answer = await api.post('/account/enrolled', { code: code.value });
      showCodes(root, answer.codes, done);
    })));
  code.focus();
}

function proofFields(withCode) {
  const password = passwordInput('proof', 'current-password');
  const code = h('input', { name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 40 });
  return {
    nodes: [formField(t('account.password'), password), withCode ? formField(t('account.code'), code) : null],
    value: () => ({ password: password.value, code: withCode ? code.value : null }),
  };
}

function factorPart(account, root, again) {
  const forKey = proofFields(true);
  const forCodes = proofFields(true);
  if (!account.second_factor) {
    return h('section.card', h('h2', t('account.factor')), h('p', t('account.factorNone')),
      h('div.row', h('button', { type: 'button', onclick: () => showKey(root, {}, again) }, t('account.enrolStart'))));
  }
  return [
    h('section.card', h('h2', t('account.recovery')), h('p', t('account.recoveryLeft', { n: account.recovery_left })),
      h('details', h('summary', t('account.recoveryNew')), form(t('account.recoveryDo'), forCodes.nodes, async () => {
        const answer = await api.post('/account/recovery', forCodes.value());
        showCodes(root, answer.codes, again);
      }))),
    h('section.card', h('h2', t('account.factor')), h('p', t('account.factorReady')),
      h('details', h('summary', t('account.factorNew')), form(t('account.enrolStart'), forKey.nodes, () => showKey(root, forKey.value(), again)))),
  ];
}

/* The first sign-in: a password of one's own, then the second factor, then the desk. */
async function renderFirst(root, account, next) {
  if (session.must === 'password') {
    fill(root, pageHead(t('account.firstTitle')), callout('wait', h('p', t('account.firstPassword'))),
      h('section.card', passwordForm(account, next)));
    root.querySelector('input').focus();
    return;
  }
  fill(root, pageHead(t('account.firstTitle')), callout('wait', h('p', t('account.firstFactor'))),
    h('div.row', h('button.primary', { type: 'button', 'data-focus': true, onclick: () => showKey(root, {}, next) }, t('account.enrolStart'))));
  root.querySelector('button').focus();
}

export async function render(root, params, signal) {
  async function again() {
    await loadSession();
    if (signal.aborted) return;
    if (session.must === '' && params.query.has('to')) {
      await afterSignIn(params.query.get('to'));
      return;
    }
    await draw();
  }

  async function draw() {
    const account = await api.get('/account', { signal });
    if (session.must) {
      await renderFirst(root, account, again);
      return;
    }
    fill(root, pageHead(t('account.title')),
      h('section.card', facts([
        [t('account.user'), account.user], [t('account.name'), account.name],
        [t('account.offices'), session.offices.map((office) => office.name).join('、')],
        [t('account.roles'), session.roles.map((role) => t(`account.role.${role}`)).join('、')],
        [t('account.passwordAt'), day(account.password_at)],
      ])),
      h('div.columns',
        h('section.card', h('h2', t('account.changePassword')), passwordForm(account, async () => {
          showToast(t('account.passwordChanged'));
          await again();
        })),
        h('div', factorPart(account, root, again))));
  }

  await draw();
}
