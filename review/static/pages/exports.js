/* exports - lists of cases and sheets as files for a spreadsheet */
import { download } from '../download.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { parseDate } from '../dates.js';
import { lookups } from '../lookups.js';
import { session } from '../session.js';
import { formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/exports';
export const title = 'exports.title';

const option = (value, text) => h('option', { value }, text);

export async function render(root) {
  const names = await lookups();
  const what = h('select', option('cases', t('exports.cases')), option('sheets', t('exports.sheets')));
  const form = h('select', [...new Map(names.forms.map((one) => [one.form, one.title]))].map(([id, text]) => option(id, text)));
  const formBox = formField(t('exports.form'), form);
  const from = h('input', { size: 12, autocomplete: 'off', inputmode: 'numeric' });
  const to = h('input', { size: 12, autocomplete: 'off', inputmode: 'numeric' });
  const as = h('select', option('csv', t('exports.utf8')), option('cp932', t('exports.cp932')));
  const office = session.offices.length > 1 ? h('select', session.offices.map((one) => option(one.id, one.name))) : null;

  const showForm = () => { formBox.hidden = what.value !== 'sheets'; };

  function day(input) {
    const text = input.value.normalize('NFKC').trim();
    if (text === '') return null;
    const date = parseDate(text);
    if (date === null) throw new Error(t('exports.badDay'));
    return date.iso;
  }

  async function get(event) {
    event.preventDefault();
    try {
      const wish = new URLSearchParams({ as: as.value });
      const days = { from: day(from), to: day(to) };
      for (const [name, value] of Object.entries(days)) if (value) wish.set(name, value);
      if (office) wish.set('office', office.value);
      if (what.value === 'sheets') wish.set('form', form.value);
      await download(`/exports/${what.value}?${wish}`);
    } catch (error) {
      showFault(error);
    }
  }

  form.value = 'referral-status';
  what.addEventListener('change', showForm);
  root.append(
    pageHead(t(title), { note: t('exports.note') }),
    h('form.filters', { onsubmit: get, 'aria-label': t(title) }, formField(t('exports.what'), what), formBox, formField(t('exports.from'), from), formField(t('exports.to'), to),
      office ? formField(t('desk.office'), office) : null, formField(t('exports.as'), as), h('button.primary', { type: 'submit' }, t('exports.get'))));
  showForm();
}
