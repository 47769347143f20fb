/* case_picker - asks for a case: by name, kana, birth date or number; resolves with its number, or null */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { openDialog } from './dialog.js';
import { makeCombobox } from './combobox.js';
import { birthText } from './patient.js';

export function askCase(title, { yes = t('common.ok'), not = '' } = {}) {
  let number = '';
  const box = makeCombobox({
    label: t('cases.pick'),
    search: async (text, signal) => (text.trim() === '' ? [] : (await api.get('/search', { query: { q: text, limit: 12 }, signal })).items
      .filter((hit) => hit.case && hit.case !== not)
      .map((hit) => ({ value: hit.case, label: `${hit.name} ${hit.kana}`, note: `${birthText(hit.birth)} ${hit.case}` }))),
    onchange: (value) => { number = value.trim(); },
    attributes: { placeholder: t('cases.pickHint') },
  });
  return openDialog({
    title,
    body: [h('p.note', t('cases.pickNote')), box.element],
    focus: box.input,
    actions: [
      { label: t('common.cancel'), value: null },
      { label: yes, primary: true, get value() { return number || box.value.trim(); }, check: () => ((number || box.value).trim() === '' ? t('common.needed') : '') },
    ],
  });
}
