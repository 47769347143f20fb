/* case-new - a case that begins with a call or a visit: the same rules hold for it as for a sheet that was faxed */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { parseDate, eraText } from '../dates.js';
import { guardLeaving, navigate } from '../navigate.js';
import { session } from '../session.js';
import { callout, formField, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';
import { toldFields } from '../told.js';

export const path = '/cases/new';
export const title = 'cases.new';

const TEXTS = ['patient_name', 'patient_kana', 'birth_date', 'patient_address', 'from_clinic', 'from_doctor', 'to_hospital', 'to_department', 'referral_date', 'notes'];
const DATES = ['birth_date', 'referral_date'];

export async function render(root, params, signal) {
  const told = toldFields();
  const inputs = Object.fromEntries(TEXTS.map((name) => [name, h('input', { autocomplete: 'off', ...(name === 'patient_name' ? { required: true, 'data-focus': true } : {}) })]));
  const sex = h('select', h('option', { value: '' }, '—'), h('option', { value: 'male' }, t('cases.male')), h('option', { value: 'female' }, t('cases.female')));
  const way = h('select', h('option', { value: '' }, '—'), ['fax', 'email', 'phone', 'other'].map((one) => h('option', { value: one }, t(`notice.channels.${one}`))));
  const office = session.offices.length > 1 ? h('select', session.offices.map((one) => h('option', { value: one.id }, one.name))) : null;
  let saved = false;

  function wrong() {
    for (const name of DATES)
      if (inputs[name].value.trim() !== '' && !parseDate(inputs[name].value)) return t('cases.badDate', { field: t(`cases.field.${name}`), text: inputs[name].value });
    return told.wrong();
  }

  async function save(event) {
    event.preventDefault();
    const fault = wrong();
    if (fault) {
      showToast(fault, { fault: true });
      return;
    }
    const values = Object.fromEntries(TEXTS.map((name) => [name, inputs[name].value.trim()]).filter(([, value]) => value !== ''));
    if (sex.value) values.sex = sex.value;
    if (way.value) values.contact_method = way.value;
    try {
      const answer = await api.post('/cases', { ...told.value, values, office: office?.value });
      saved = true;
      showToast(t('cases.openedToast', { number: answer.case }));
      navigate(`/sheets/${answer.sheet}`);
    } catch (error) {
      showFault(error);
    }
  }

  const dateField = (name) => {
    const note = h('small.note', { 'aria-live': 'polite' });
    inputs[name].addEventListener('input', () => { const parsed = parseDate(inputs[name].value); note.textContent = parsed ? eraText(parsed) : ''; });
    return h('div', formField(t(`cases.field.${name}`), inputs[name], { note: t('cases.dateNote') }), note);
  };
  root.append(
    pageHead(t(title), { actions: [h('a.button', { href: '/cases' }, t('cases.back'))] }),
    callout('calm', t('cases.newNote')),
    h('form', { onsubmit: save }, h('div.halves',
      h('section.card.stack', h('h2', t('cases.patientPart')), office ? formField(t('desk.office'), office) : null,
        formField(t('cases.field.patient_name'), inputs.patient_name), formField(t('cases.field.patient_kana'), inputs.patient_kana), dateField('birth_date'),
        formField(t('cases.field.sex'), sex), formField(t('cases.field.patient_address'), inputs.patient_address)),
      h('div.stack', h('section.card.stack', h('h2', t('cases.referralPart')),
        formField(t('cases.field.from_clinic'), inputs.from_clinic), formField(t('cases.field.from_doctor'), inputs.from_doctor), formField(t('cases.field.contact_method'), way),
        formField(t('cases.field.to_hospital'), inputs.to_hospital), formField(t('cases.field.to_department'), inputs.to_department), dateField('referral_date'), formField(t('cases.field.notes'), inputs.notes)),
      told.element)),
    h('div.row.actions', h('button.primary', { type: 'submit' }, t('cases.openIt')))));
  guardLeaving(() => (!saved && TEXTS.some((name) => inputs[name].value.trim() !== '') ? t('directory.unsaved') : ''), signal);
}
