/* reports - what the office owes the city: counted from its log, approved by the manager, marked as sent */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t, word } from '../i18n.js';
import { navigate } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { makeList } from '../widgets/list.js';
import { badge, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/reports';
export const title = 'reports.title';

export const stateTone = (state) => ({ draft: 'wait', approved: 'calm', sent: 'good' }[state] ?? 'calm');
const lastMonth = () => {
  const now = new Date(Date.now() + 9 * 3600 * 1000);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
};

export async function render(root, params, signal) {
  const { items, layouts } = await api.get('/reports', { signal });
  const layout = h('select', layouts.map((one) => h('option', { value: one.id }, one.title)));
  const month = h('input', { value: lastMonth(), size: 8, inputmode: 'numeric', autocomplete: 'off', pattern: '\\d{4}-\\d{2}' });
  const office = session.offices.length > 1 ? h('select', session.offices.map((one) => h('option', { value: one.id }, one.name))) : null;
  const list = makeList({ label: t(title), href: (one) => `/reports/${one.id}`, empty: t('reports.empty'), columns: [
    { label: t('reports.period'), class: 'narrow', cell: (one) => `${one.first} – ${one.last}` },
    { label: t('reports.report'), cell: (one) => one.title },
    ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (one) => session.officeName(one.office) }] : []),
    { label: t('reports.version'), class: 'narrow', cell: (one) => String(one.version) },
    { label: t('reports.stateLabel'), class: 'narrow', cell: (one) => badge(one.newest ? word('reports.state', one.state) : t('reports.replaced'), one.newest ? stateTone(one.state) : 'calm') },
    { label: t('reports.approvedBy'), class: 'narrow', cell: (one) => one.approved_by ? who(one.approved_by) : h('span.none', '—') }] }, signal);

  async function make(event) {
    event.preventDefault();
    try {
      const made = await api.post('/reports', { layout: layout.value, period: month.value.normalize('NFKC').trim(), ...(office ? { office: office.value } : {}) });
      navigate(`/reports/${made.report.id}`);
    } catch (error) {
      showFault(error);
    }
  }

  root.append(
    pageHead(t(title), { note: t('reports.note'), actions: [session.is('manager') ? h('a.button', { href: '/overview' }, t('reports.overview')) : null] }),
    h('form.filters', { onsubmit: make, 'aria-label': t('reports.make') }, formField(t('reports.report'), layout), formField(t('reports.month'), month, { note: t('reports.monthNote') }),
      office ? formField(t('desk.office'), office) : null, h('button.primary', { type: 'submit' }, t('reports.make'))),
    list.element);
  list.show(items);
}
