/* overview - all offices beside each other, for the health bureau: totals by year of opening, and single offices without small numbers */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, number } from '../i18n.js';
import { rememberQuery } from '../navigate.js';
import { formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/overview';
export const title = 'reports.overview';

const month = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 7);
const mean = (value) => value.toFixed(1);

function totals({ measures, groups }) {
  return h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('reports.totals') }, h('table.figures', h('caption', t('reports.totals')),
    h('thead',
      h('tr', h('td', { rowspan: 2 }), groups.map((group) => h('th', { scope: 'colgroup', colspan: 4 }, `${group.title} (${number(group.offices)})`))),
      h('tr', groups.flatMap(() => ['total', 'mean', 'min', 'max'].map((key) => h('th.number', { scope: 'col' }, t(`reports.${key}`)))))),
    h('tbody', measures.map((measure, m) => h('tr', h('th', { scope: 'row' }, measure.title),
      groups.flatMap((group) => [number(group.cells[m].total), mean(group.cells[m].mean), number(group.cells[m].min), number(group.cells[m].max)].map((value) => h('td.number', value))))))));
}

function offices({ measures, offices: list, small_below: below }) {
  return [h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('reports.offices') }, h('table.figures', h('caption', t('reports.offices')),
    h('thead', h('tr', h('th', { scope: 'col' }, t('desk.office')), measures.map((measure) => h('th.number', { scope: 'col' }, measure.title)))),
    h('tbody', list.map((one) => h('tr', h('th', { scope: 'row' }, one.name), one.values.map((value) => h('td.number', value === null ? 'x' : number(value)))))))),
  h('p.note', t('reports.smallNote', { n: below }))];
}

export async function render(root, params, signal) {
  const state = { period: params.query.get('period') ?? month(), kind: params.query.get('kind') ?? 'year' };
  const box = h('div.stack');
  const files = h('div.row');
  const link = (part, as, label) => h('a.button', { href: api.url('/overview/file', { ...state, part, as }), download: '' }, label);

  async function load() {
    try {
      const answer = await api.get('/overview', { query: state, signal });
      fill(box, h('p', `${answer.first} – ${answer.last}`), totals(answer), offices(answer));
      fill(files, link('totals', 'csv', t('reports.totalsCsv')), link('totals', 'pdf', t('reports.totalsPdf')),
        link('offices', 'csv', t('reports.officesCsv')), link('offices', 'pdf', t('reports.officesPdf')));
    } catch (error) {
      showFault(error);
    }
  }

  const period = h('input', { value: state.period, size: 8, autocomplete: 'off' });
  const kind = h('select', { value: state.kind }, ['year', 'third', 'month'].map((one) => h('option', { value: one }, t(`reports.kind.${one}`))));
  root.append(pageHead(t(title), { note: t('reports.overviewNote'), actions: [files] }),
    h('form.filters', { onsubmit: (event) => { event.preventDefault(); Object.assign(state, { period: period.value.trim(), kind: kind.value }); rememberQuery(state); load(); } },
      formField(t('reports.kindLabel'), kind), formField(t('reports.month'), period), h('button', { type: 'submit' }, t('reports.show'))), box);
  await load();
}
