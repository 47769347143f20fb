/* entry - one institution: its numbers, who vouched for them, how it wants to be told */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { guardLeaving, navigate } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { openDialog } from '../widgets/dialog.js';
import { badge, callout, formField, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';
import { stateTone } from './directory.js';

export const path = '/directory/:id';
export const title = 'directory.one';

const FIELDS = ['name', 'department', 'ward', 'phone', 'fax', 'email'];
const KINDS = ['hospital', 'clinic', 'care_office', 'facility', 'ward_office', 'coordination_office', 'home_nursing', 'pharmacy', 'dental', 'other'];
const AGREE_WAYS = ['phone', 'paper', 'meeting'];
const WAYS = ['phone', 'letterhead', 'test-fax'];

async function askHow(entry, channel) {
  const select = h('select', WAYS.filter((way) => channel === 'fax' || way !== 'test-fax').map((way) => h('option', { value: way }, t(`directory.ways.${way}`))));
  return openDialog({
    title: t('directory.verifyTitle'),
    body: [h('p', t('directory.verifyText', { name: entry.name, channel: t(`directory.${channel}`) })), h('p.big', entry[channel]), formField(t('directory.how'), select)],
    actions: [{ label: t('common.cancel'), value: null }, { label: t('directory.verify'), primary: true, get value() { return select.value; } }],
  });
}

async function askAgreement(entry) {
  const how = h('select', AGREE_WAYS.map((way) => h('option', { value: way }, t(`directory.agreeWays.${way}`))));
  const person = h('input', { required: true, maxlength: 100, autocomplete: 'off' });
  let answer = null;
  await openDialog({
    title: t('directory.agree'),
    body: [h('p', t('directory.agreeText', { name: entry.name })), formField(t('directory.agreeHow'), how), formField(t('directory.agreeWith'), person)],
    actions: [{ label: t('common.cancel'), value: null }, {
      label: t('directory.agreeDo'), value: true, primary: true,
      check: async () => {
        try {
          answer = await api.post(`/directory/${entry.id}/passphrase`, { how: how.value, told_to: person.value.trim() });
          return '';
        } catch (error) {
          return error.message;
        }
      },
    }],
  });
  if (!answer) return null;
  await openDialog({ title: t('directory.agreed'), body: [h('p.big.number', answer.passphrase), h('p', t('directory.agreedText'))], actions: [{ label: t('directory.agreedDone'), value: true, primary: true }] });
  return answer;
}

function history(rows) {
  if (rows.length === 0) return null;
  return h('section.card', h('h2', t('directory.history')), h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('directory.history') }, h('table',
    h('thead', h('tr', ['todo.when', 'notice.channel', 'directory.value', 'directory.how', 'todo.by', 'notice.result'].map((key) => h('th', { scope: 'col' }, t(key))))),
    h('tbody', rows.map((row) => h('tr', h('td.narrow', when(row.at)), h('td.narrow', t(`directory.${row.channel}`)), h('td', row.value), h('td.narrow', word('directory.ways', row.how)), h('td.narrow', who(row.by)), h('td.narrow', t(`directory.state.${row.result}`))))))));
}

export async function render(root, params, signal) {
  const fresh = params.id === 'new';
  let state = fresh ? { entry: { kind: 'clinic', name: '', department: '', ward: '', phone: '', fax: '', email: '' }, verifications: [] } : await api.get(`/directory/${params.id}`, { signal });
  const body = h('div');
  let inputs = {};
  const changed = () => Object.entries(inputs).some(([name, input]) => input.value.trim() !== (state.entry[name] ?? ''));

  async function save(event) {
    event.preventDefault();
    const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]));
    try {
      const answer = fresh ? await api.post('/directory', { ...values, office: inputsOffice?.value ?? session.offices[0]?.id }) : await api.put(`/directory/${state.entry.id}`, values);
      state = answer;
      inputs = {};
      showToast(t('directory.saved'));
      if (fresh) navigate(`/directory/${answer.entry.id}`, { replace: true });
      else draw();
    } catch (error) {
      showFault(error);
    }
  }

  async function verify(channel) {
    const how = await askHow(state.entry, channel);
    if (!how) return;
    try {
      state = await api.post(`/directory/${state.entry.id}/verifications`, { channel, how });
      showToast(t(`directory.now.${state.entry[`${channel}_state`]}`));
      draw();
    } catch (error) {
      showFault(error);
    }
  }

  let inputsOffice = null;
  function form(entry) {
    inputs = Object.fromEntries(FIELDS.map((name) => [name, h('input', { value: entry[name], autocomplete: 'off', ...(name === 'name' ? { required: true } : {}) })]));
    inputs.kind = h('select', { value: entry.kind }, [...new Set([...KINDS, entry.kind])].map((kind) => h('option', { value: kind }, word('directory.kinds', kind))));
    inputsOffice = fresh && session.offices.length > 1 ? h('select', session.offices.map((office) => h('option', { value: office.id }, office.name))) : null;
    return h('form.card.stack', { onsubmit: save }, h('h2', t('directory.data')),
      inputsOffice ? formField(t('desk.office'), inputsOffice) : null,
      formField(t('directory.kind'), inputs.kind), FIELDS.map((name) => formField(t(`directory.${name}`), inputs[name])),
      fresh ? null : h('p.note', t('directory.changeNote')), h('div.row', h('button.primary', { type: 'submit' }, t('common.save'))));
  }

  function vouching(entry, channel) {
    if (!entry[channel]) return null;
    const value = entry[`${channel}_state`];
    return h('div.vouch', h('p', h('strong', t(`directory.${channel}`)), ` ${entry[channel]} `, badge(t(`directory.state.${value}`), stateTone(value))),
      value === 'verified' ? null : h('p.note', t(value === 'proposed' ? 'directory.secondNote' : 'directory.firstNote')),
      value === 'verified' ? null : h('button', { type: 'button', onclick: () => verify(channel), dataset: { channel } }, t(value === 'proposed' ? 'directory.verifySecond' : 'directory.verifyFirst')));
  }

  function wishes(entry) {
    const notice = h('select', { value: entry.notice }, ['each', 'digest', 'none'].map((one) => h('option', { value: one }, t(`directory.notices.${one}`))));
    const links = h('input', { type: 'checkbox', id: 'can-open-links', checked: entry.can_open_links });
    const hours = h('input', { value: entry.fax_hours, placeholder: '09:00-17:00', autocomplete: 'off' });
    const send = async (event) => {
      event.preventDefault();
      try {
        state = await api.put(`/directory/${entry.id}/wishes`, { notice: notice.value, can_open_links: links.checked, fax_hours: hours.value.trim() });
        showToast(t('directory.saved'));
        draw();
      } catch (error) {
        showFault(error);
      }
    };
    return h('form.card.stack', { onsubmit: send }, h('h2', t('directory.wishes')), formField(t('directory.noticeWish'), notice),
      formField(t('directory.faxHours'), hours, { note: t('directory.faxHoursNote') }), h('p', links, ' ', h('label', { for: 'can-open-links' }, t('directory.links'))),
      h('div.row', h('button', { type: 'submit' }, t('common.save'))));
  }

  async function changeLetters(change) {
    try {
      const answer = await change();
      if (!answer) return;
      state = answer;
      draw();
    } catch (error) {
      showFault(error);
    }
  }

  function letters(entry) {
    if (!entry.email) return null;
    const { agreed } = entry;
    const revoke = async () => {
      const answer = await api.delete(`/directory/${entry.id}/passphrase`);
      showToast(t('directory.revoked'));
      return answer;
    };
    return h('section.card.stack', h('h2', t('directory.letters')), h('p.note', t('directory.lettersNote')),
      h('p', agreed.at ? t('directory.lettersAgreed', { when: when(agreed.at), how: word('directory.agreeWays', agreed.how), who: agreed.with, by: who(agreed.by) }) : t('directory.lettersNone')),
      agreed.at && entry.email_state !== 'verified' ? callout('wait', t('directory.lettersUnverified')) : null,
      h('div.row', h('button', { type: 'button', onclick: () => changeLetters(() => askAgreement(entry)) }, t(agreed.at ? 'directory.agreeAgain' : 'directory.agree')),
        agreed.at ? h('button', { type: 'button', onclick: () => changeLetters(revoke) }, t('directory.revoke')) : null));
  }

  function draw() {
    const { entry, verifications } = state;
    fill(body, pageHead(fresh ? t('directory.new') : entry.name, { note: fresh ? null : entry.department, actions: [h('a.button', { href: '/directory' }, t('directory.back'))] }),
      h('div.halves', form(entry), fresh ? callout('calm', t('directory.newNote')) : h('div.stack',
        h('section.card', h('h2', t('directory.vouched')), entry.fax || entry.email ? [vouching(entry, 'fax'), vouching(entry, 'email')] : h('p.none', t('directory.noNumbers'))),
        letters(entry), wishes(entry), history(verifications))));
  }

  draw();
  root.append(body);
  guardLeaving(() => (changed() ? t('directory.unsaved') : ''), signal);
}
