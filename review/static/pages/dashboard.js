/* dashboard - how the office is doing, in six pictures; no patient is in any of them */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word, number } from '../i18n.js';
import { rememberQuery } from '../navigate.js';
import { session } from '../session.js';
import { barChart, lineChart } from '../chart.js';
import { formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/dashboard';
export const title = 'dashboard.title';

const AGES = ['0-7', '8-30', '31-90', '91-180', '181-'];
const DAY = 24 * 3600 * 1000;
const isoDay = (ms) => new Date(ms + 9 * 3600 * 1000).toISOString().slice(0, 10);
const short = (date) => `${Number(date.slice(5, 7))}/${Number(date.slice(8, 10))}`;
const percent = (share) => `${number(share, 1)} %`;
const hours = (value) => t('dashboard.hours', { n: number(value, 1) });

function perDay(from, to, figures) {
  const days = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += DAY) days.push(new Date(at).toISOString().slice(0, 10));
  return days.map((date) => ({ label: date, short: short(date), figures: figures.filter((one) => one.label === date) }));
}

function hospitals(figures) {
  if (figures.length === 0) return h('figure.chart', h('figcaption', t('dashboard.hospitals')), h('p.empty', t('dashboard.nothing')));
  return h('figure.chart.wide', h('figcaption', t('dashboard.hospitals')), h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('dashboard.hospitals') }, h('table',
    h('thead', h('tr', ['dashboard.hospital', 'dashboard.referrals', 'dashboard.answered', 'dashboard.rate', 'dashboard.days'].map((key, i) => h('th', { scope: 'col', class: i ? 'number' : '' }, t(key))))),
    h('tbody', figures.map((one) => h('tr', h('th', { scope: 'row' }, one.label), h('td.number', number(one.count)), h('td.number', number(one.value)),
      h('td.number', h('meter', { min: 0, max: 1, value: one.count ? one.value / one.count : 0, 'aria-label': percent((100 * one.value) / one.count) }), ' ', percent((100 * one.value) / one.count)),
      h('td.number', one.value ? number(one.more, 1) : '—')))))));
}

function draw(answer) {
  const { charts, from, to } = answer;
  const simple = (figures, name) => figures.map((one) => ({ label: name(one.label), parts: [{ name: '', value: one.count }] }));
  return [
    barChart({ label: t('dashboard.received'), rows: perDay(from, to, charts.received).map((row) => ({ ...row, parts: row.figures.map((one) => ({ name: session.sourceName(one.part), value: one.count })) })) }),
    lineChart({ label: t('dashboard.waiting'), names: [t('dashboard.median'), t('dashboard.ninety')], format: hours,
      rows: charts.waiting.map((one) => ({ label: one.label, short: short(one.label), values: [one.value, one.more] })) }),
    lineChart({ label: t('dashboard.fields'), names: [t('dashboard.accepted')], format: percent, most: 100,
      rows: charts.fields.map((one) => ({ label: one.label, short: short(one.label), values: [one.count ? (100 * one.value) / one.count : 0] })) }),
    barChart({ label: t('dashboard.outcomes'), rows: simple(charts.outcomes, (label) => word('cases.outcome', label)) }),
    barChart({ label: t('dashboard.openAge'), rows: simple(AGES.map((age) => charts.open_age.find((one) => one.label === age) ?? { label: age, count: 0 }), (label) => t('dashboard.ageDays', { range: label })) }),
    hospitals(charts.hospitals),
  ];
}

export async function render(root, params, signal) {
  const state = { days: params.query.get('days') ?? '30', office: params.query.get('office') ?? '' };
  const box = h('div.charts');

  async function load() {
    try {
      const now = Date.now();
      fill(box, draw(await api.get('/dashboard', { query: { from: isoDay(now - (Number(state.days) - 1) * DAY), to: isoDay(now), office: state.office }, signal })));
    } catch (error) {
      showFault(error);
    }
  }

  function select(name, label, options) {
    const element = h('select', { value: state[name], onchange: () => { state[name] = element.value; rememberQuery({ [name]: element.value }); load(); } }, options.map(([value, text]) => h('option', { value }, text)));
    return formField(label, element);
  }

  root.append(
    pageHead(t(title), { note: t('dashboard.note'), actions: [h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
    h('div.filters', select('days', t('dashboard.period'), ['7', '30', '90', '365'].map((days) => [days, t('dashboard.lastDays', { n: days })])),
      session.offices.length > 1 ? select('office', t('desk.office'), [['', t('desk.every')], ...session.offices.map((office) => [office.id, office.name])]) : null),
    box);
  await load();
}
