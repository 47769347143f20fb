/* report - one report: its figures, what differs, and the steps from draft to sent */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word, number } from '../i18n.js';
import { dayOf, when } from '../format.js';
import { parseDate } from '../dates.js';
import { navigate } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { barChart } from '../chart.js';
import { ask, askText } from '../widgets/dialog.js';
import { badge, callout, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';
import { stateTone } from './reports.js';

export const path = '/reports/:id';
export const title = 'reports.one';

const today = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 10);

function figures({ report, columns, rows }) {
  return h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': report.title }, h('table.figures',
    h('thead', h('tr', h('th', { scope: 'col' }, t('reports.section')), h('th', { scope: 'col' }, t('activity.counterpart')), columns.map((name) => h('th.number', { scope: 'col' }, name)))),
    h('tbody', rows.map((row, i) => h('tr', { class: { sum: row.sum } }, h('td', i > 0 && rows[i - 1].section === row.section ? '' : row.section), h('th', { scope: 'row' }, row.label || row.section),
      row.values.map((value) => h('td.number', value === 0 ? h('span.none', '–') : number(value))))))));
}

function changes(tone, heading, items) {
  return items.length === 0 ? null : callout(tone, h('strong', heading), h('ul', items.slice(0, 40).map((one) => h('li',
    `${one.section} ${one.label} ${one.column}: ${number(one.before)} → ${number(one.after)}`))));
}

function charts({ rows, columns }) {
  const sections = [...new Set(rows.filter((row) => row.sum).map((row) => row.section))];
  return h('div.charts', sections.map((section) => barChart({ label: section,
    rows: rows.filter((row) => row.section === section && !row.sum).map((row) => ({ label: row.label, short: row.label.slice(0, 4), parts: [{ name: '', value: row.values[columns.length - 1] }] })) })));
}

export async function render(root, params, signal) {
  const base = `/reports/${params.id}`;
  const box = h('div.stack');

  async function step(work, done) {
    try {
      show(await work());
      if (done) showToast(t(done));
    } catch (error) {
      showFault(error);
    }
  }

  async function approve() {
    if (await ask(t('reports.approve'), t('reports.approveText'))) await step(() => api.post(`${base}/approval`), 'reports.approvedToast');
  }

  async function sent(way) {
    const day = await askText(t('reports.sentTitle', { way: t(`reports.way.${way}`) }), t('reports.sentDay'), { value: today() });
    const date = day ? parseDate(day) : null;
    if (day && date === null) showFault(new Error(t('activity.noDay')));
    if (date) await step(() => api.post(`${base}/sendings`, { way, day: date.iso }), 'reports.sentToast');
  }

  async function again(report) {
    try {
      const made = await api.post('/reports', { office: report.office, layout: report.layout, period: report.first.slice(0, 7) });
      if (made.report.id === report.id) show(made);
      else navigate(`/reports/${made.report.id}`);
    } catch (error) {
      showFault(error);
    }
  }

  function steps({ report, now, sendings }) {
    const ways = ['email', 'post', 'hand'].filter((way) => (way !== 'email' || report.may_mail) && !(way === 'hand' && report.may_mail) && !sendings.some((one) => one.way === way));
    const open = report.newest && report.state !== 'draft';
    return h('div.row.no-print',
      report.newest && (report.state === 'draft' || now.length > 0) ? h('button', { type: 'button', onclick: () => again(report) }, t(report.state === 'draft' ? 'reports.recount' : 'reports.newVersion')) : null,
      report.state === 'draft' && session.is('manager') ? h('button.primary', { type: 'button', onclick: approve }, t('reports.approve')) : null,
      report.state === 'draft' && !session.is('manager') ? h('span.note', t('reports.managerApproves')) : null,
      open ? ways.map((way) => h('button', { type: 'button', onclick: () => sent(way) }, t(`reports.sentBy.${way}`))) : null,
      h('a.button', { href: `/api/v1${base}/file?as=pdf`, download: '' }, 'PDF'), h('a.button', { href: `/api/v1${base}/file?as=csv`, download: '' }, 'CSV'),
      h('a.button', { href: `/api/v1${base}/file?as=cp932`, download: '' }, t('reports.cp932')));
  }

  function show(answer) {
    const { report, since, now, sendings } = answer;
    fill(box,
      pageHead(report.title, { note: `${session.officeName(report.office)}  ${report.first} – ${report.last}`, actions: [h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
      h('p', badge(report.newest ? word('reports.state', report.state) : t('reports.replaced'), report.newest ? stateTone(report.state) : 'calm'), ' ', t('reports.versionOf', { n: report.version }), '  ',
        t('reports.madeLine', { by: who(report.made_by), when: when(report.made) }), report.approved_by ? [' ', t('reports.approvedLine', { by: who(report.approved_by), when: when(report.approved) })] : null),
      sendings.length ? h('ul', sendings.map((one) => h('li', t('reports.sentLine', { way: t(`reports.way.${one.way}`), day: dayOf(one.day), by: who(one.by) })))) : null,
      steps(answer),
      report.newest ? changes('wait', t(report.state === 'draft' ? 'reports.nowDraft' : 'reports.nowLine'), now) : null,
      changes('calm', t('reports.sinceLine'), since),
      h('p.note', t(report.may_mail ? (report.form === '3' ? 'reports.mail3' : 'reports.mail4') : 'reports.noMail')),
      figures(answer), charts(answer));
  }

  show(await api.get(base, { signal }));
  root.append(box);
}
