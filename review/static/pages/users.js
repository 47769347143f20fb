/* users - the accounts of the offices that a manager or an administrator looks after */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { onEvent } from '../events.js';
import { when } from '../format.js';
import { t } from '../i18n.js';
import { session } from '../session.js';
import { ask, openDialog } from '../widgets/dialog.js';
import { makeList } from '../widgets/list.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';

export const title = 'users.title';

const OFFICE_ROLES = ['coordinator', 'manager', 'ward_viewer'];
const SITE_ROLES = ['health_bureau', 'administrator', 'auditor'];
const SITE = '*';

function officeName(id) {
  return id === SITE ? t('users.site') : session.officeName(id);
}

function grantText(grant) {
  const role = t(`account.role.${grant.role}`);
  return grant.case ? t('users.viewerGrant', { role, case: grant.case, until: grant.until }) : t('users.grant', { role, office: officeName(grant.office) });
}

function stateOf(user) {
  if (user.disabled) return badge(t('users.disabled'), 'bad');
  if (user.break_glass) return user.opened ? badge(t('users.opened', { when: when(user.opened) }), 'bad') : badge(t('users.sealed'));
  if (user.must_change) return badge(t('users.mustChange'), 'wait');
  return user.second_factor ? badge(t('users.ready'), 'good') : badge(t('users.noFactor'), 'wait');
}

/* What is shown once and handed over on paper. */
function showPassword(answer) {
  return openDialog({
    title: t(answer.break_glass ? 'users.sealedTitle' : 'users.passwordTitle'),
    body: h('div.slip', h('p', t('users.slipUser'), ' ', h('code', answer.user)), h('p', t('users.slipPassword'), ' ', h('code', answer.password)),
      h('p', t(answer.break_glass ? 'users.slipSealed' : 'users.slipFirst'))),
    actions: [{ label: t('account.print'), check: () => { window.print(); return t('users.printed'); } }, { label: t('users.handedOver'), value: true, primary: true }],
  });
}

function rolesToGive() {
  return session.is('administrator') ? [...OFFICE_ROLES, ...SITE_ROLES] : OFFICE_ROLES;
}

/* Role and office. A ward viewer gets neither case nor day here: these come with the release of a difficult case. */
function grantFields(roles = rolesToGive()) {
  const role = h('select', roles.map((one) => h('option', { value: one }, t(`account.role.${one}`))));
  const office = h('select', session.offices.map((one) => h('option', { value: one.id }, one.name)));
  const viewer = h('p.note', { hidden: true }, t('users.viewerNote'));
  const officePart = formField(t('users.office'), office);
  function adapt() {
    officePart.hidden = SITE_ROLES.includes(role.value);
    viewer.hidden = role.value !== 'ward_viewer';
  }
  role.addEventListener('change', adapt);
  adapt();
  return {
    nodes: [formField(t('account.roles'), role), viewer, officePart],
    value: () => ({
      role: role.value,
      office: SITE_ROLES.includes(role.value) ? SITE : office.value,
    }),
  };
}

/* Sends before the dialog closes, so that what was typed stays there when it is refused. */
function asking(send) {
  return async () => {
    try {
      await send();
      return '';
    } catch (error) {
      return error.message;
    }
  };
}

async function addUser() {
  const user = h('input', { required: true, maxlength: 40, autocapitalize: 'none', spellcheck: 'false' });
  const name = h('input', { required: true, maxlength: 60 });
  const sealed = h('input', { type: 'checkbox', id: 'break-glass' });
  const grant = grantFields();
  let answer = null;
  const done = await openDialog({
    title: t('users.add'),
    body: [formField(t('account.user'), user, { note: t('users.userNote') }), formField(t('account.name'), name), grant.nodes,
      h('p', sealed, ' ', h('label', { for: 'break-glass' }, t('users.breakGlass')))],
    actions: [{ label: t('common.cancel') }, {
      label: t('users.addDo'), value: true, primary: true,
      check: asking(async () => { answer = await api.post('/users', { user: user.value, name: name.value, break_glass: sealed.checked, ...grant.value() }); }),
    }],
  });
  if (done) await showPassword(answer);
}

async function resetUser(user) {
  const factor = h('input', { type: 'checkbox', id: 'factor-too' });
  let answer = null;
  const done = await openDialog({
    title: t('users.reset'),
    body: [h('p', t('users.resetText', { name: user.name })), user.second_factor ? h('p', factor, ' ', h('label', { for: 'factor-too' }, t('users.resetFactor'))) : null],
    actions: [{ label: t('common.cancel') }, {
      label: t('users.resetDo'), value: true, primary: true,
      check: asking(async () => { answer = await api.post(`/users/${user.id}/reset`, { second_factor: factor.checked }); }),
    }],
  });
  if (done) await showPassword(answer);
}

async function addGrant(user) {
  const grant = grantFields(rolesToGive().filter((one) => one !== 'ward_viewer'));
  await openDialog({
    title: t('users.addGrant'),
    body: [h('p', user.name), grant.nodes],
    actions: [{ label: t('common.cancel') }, {
      label: t('users.grantDo'), value: true, primary: true, check: asking(() => api.post(`/users/${user.id}/grants`, grant.value())),
    }],
  });
}

async function revoke(user, grant) {
  if (!await ask(t('users.revoke'), t('users.revokeText', { name: user.name, grant: grantText(grant) }), { yes: t('users.revokeDo'), danger: true })) return;
  await api.post(`/users/${user.id}/revoke`, { role: grant.role, office: grant.office, case: grant.case });
}

async function setDisabled(user, disabled) {
  if (disabled && !await ask(t('users.disable'), t('users.disableText', { name: user.name }), { yes: t('users.disable'), danger: true })) return;
  await api.post(`/users/${user.id}/disabled`, { disabled });
  showToast(t(disabled ? 'users.wasDisabled' : 'users.wasEnabled', { name: user.name }));
}

/* One account with all that can be done to it. */
async function openUser(user) {
  const choice = await openDialog({
    title: user.name,
    wide: true,
    body: [
      h('p', user.user, ' ', stateOf(user)),
      h('ul', user.grants.map((grant) => h('li', grantText(grant), ' ',
        user.changeable ? h('button.quiet', { type: 'button', onclick: (event) => event.target.closest('dialog').dispatchEvent(new CustomEvent('revoke', { detail: grant })) }, t('users.revokeDo')) : null))),
      user.changeable ? null : h('p.note', t(user.user === session.user ? 'common.problem.own_account' : 'common.problem.works_elsewhere')),
    ],
    onopen: ({ dialog, close }) => dialog.addEventListener('revoke', (event) => close({ revoke: event.detail })),
    actions: [
      { label: t('common.close'), value: null },
      ...(user.changeable ? [
        { label: t('users.addGrant'), value: { grant: true } },
        { label: t('users.reset'), value: { reset: true } },
        { label: t(user.disabled ? 'users.enable' : 'users.disable'), value: { disabled: !user.disabled } },
      ] : []),
    ],
  });
  if (choice?.revoke) await revoke(user, choice.revoke);
  else if (choice?.grant) await addGrant(user);
  else if (choice?.reset) await resetUser(user);
  else if (choice && 'disabled' in choice) await setDisabled(user, choice.disabled);
}

export async function render(root, params, signal) {
  async function load() {
    list.show((await api.get('/users', { signal })).items);
  }
  const then = (action) => async (...args) => {
    try {
      await action(...args);
      if (!signal.aborted) await load();
    } catch (error) {
      showFault(error);
    }
  };
  const list = makeList({
    label: t('users.title'),
    columns: [
      { key: 'name', label: t('account.name'), cell: (user) => h('span', user.name, h('br'), h('small', user.user)) },
      { key: 'grants', label: t('account.roles'), cell: (user) => user.grants.map((grant) => h('div', grantText(grant))) },
      { key: 'state', label: t('users.state'), class: 'narrow', cell: stateOf },
      { key: 'left', label: t('users.codesLeft'), class: 'number', cell: (user) => (user.second_factor ? String(user.recovery_left) : '') },
      { key: 'signed', label: t('users.signedIn'), class: 'narrow', cell: (user) => when(user.signed_in) || t('users.never') },
    ],
    open: then(openUser),
    empty: t('common.nothing'),
  }, signal);
  fill(root, pageHead(t('users.title'), { note: t('users.note'), actions: [h('button.primary', { type: 'button', onclick: then(addUser) }, t('users.add'))] }), list.element);
  await load();
  onEvent('account', () => load().catch(() => {}), signal);
}
