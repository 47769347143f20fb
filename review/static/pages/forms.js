/* forms - every sheet that the program knows */
import { api } from '../api.js';
import { t } from '../i18n.js';
import { makeList } from '../widgets/list.js';
import { pageHead } from '../widgets/parts.js';

export const path = '/forms';
export const title = 'forms.title';

export async function render(root, params, signal) {
  const { items } = await api.get('/forms', { signal });
  const list = makeList({
    label: t(title),
    columns: [
      { label: t('forms.name'), cell: (form) => form.title },
      { label: t('forms.edition'), cell: (form) => form.edition },
      { label: t('forms.ward'), class: 'narrow', cell: (form) => form.ward },
      { label: t('forms.fields'), class: 'number', cell: (form) => String(form.fields) },
      { label: t('forms.id'), class: 'narrow', cell: (form) => form.form },
    ],
    href: (form) => `/forms/${form.form}/${form.edition}`,
  }, signal);
  root.append(pageHead(t(title), { note: t('forms.note') }), list.element);
  list.show(items.map((form) => ({ ...form, id: `${form.form}/${form.edition}` })));
}
