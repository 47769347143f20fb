/* form - the blank of one edition with the regions that are read, and the list of its fields beside it */
import { api } from '../api.js';
import { h, svg } from '../dom.js';
import { t, word } from '../i18n.js';
import { session } from '../session.js';
import { facts, pageHead } from '../widgets/parts.js';

export const path = '/forms/:form/:edition';
export const title = 'forms.one';

function region(box, field, option, select) {
  const [x, y, width, height] = box;
  return svg('rect', { x, y, width, height, class: `region ${field.kind}`, 'data-field': field.id, onclick: () => select(field.id, true) },
    svg('title', option ? `${field.label}: ${option.label}` : field.label));
}

export async function render(root, params, signal) {
  const base = `/forms/${encodeURIComponent(params.form)}/${encodeURIComponent(params.edition)}`;
  const { form, blocks, fields } = await api.get(base, { signal });
  const rows = new Map();
  const regions = svg('svg', { viewBox: `0 0 ${form.width} ${form.height}`, class: 'regions', role: 'img', 'aria-label': t('forms.regions', { title: form.title }) });

  function select(id, scroll) {
    for (const rect of regions.querySelectorAll('rect')) rect.classList.toggle('here', rect.dataset.field === id);
    for (const [field, row] of rows) row.setAttribute('aria-current', String(field === id));
    if (scroll) rows.get(id)?.scrollIntoView({ block: 'nearest' });
    else regions.querySelector('.here')?.scrollIntoView?.({ block: 'nearest' });
  }

  regions.append(...fields.flatMap((field) => (field.box ? [region(field.box, field, null, select)] : field.options.map((option) => region(option.box, field, option, select)))));
  const list = blocks.map((block) => h('section.card', h('h2', block.label, h('small', ` ${word('forms.party', block.party)}`)),
    h('ul.fields', fields.filter((field) => field.block === block.id).map((field) => {
      const row = h('li', h('button.quiet', { type: 'button', onclick: () => select(field.id, false), onfocus: () => select(field.id, false) },
        h('strong', field.label), ' ', h('small', `${t(`forms.kinds.${field.kind}`)}${field.lexicon ? ` · ${word('forms.lexicon', field.lexicon)}` : ''}${field.required ? ` · ${t('forms.required')}` : ''}`),
        field.options.length > 0 ? h('small', ` [${field.options.map((option) => option.label).join(' | ')}]`) : null, h('code', field.id)));
      rows.set(field.id, row);
      return row;
    }))));
  root.append(
    pageHead(form.title, { note: form.edition, actions: [session.is('coordinator', 'manager') ? ['pdf', 'fax'].map((as) => h('a.button', { href: `/api/v1${base}/print?as=${as}`, download: '' }, `${t('forms.printBlank')} ${t(`forms.as.${as}`)}`)) : null, h('a.button', { href: '/forms' }, t('forms.back'))] }),
    facts([[t('forms.size'), `${form.width} × ${form.height} mm`], [t('forms.fields'), String(form.fields)]]),
    h('div.form-page', h('div.blank', h('img', { src: `/api/v1${base}/blank`, alt: t('forms.blank', { title: form.title }) }), regions), h('div.stack', list)));
}
