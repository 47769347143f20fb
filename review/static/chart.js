/*
 * chart - bars and lines as SVG, built from numbers; each has the same numbers as a table beside it, for whoever does not see them
 *
 *   barChart({ label, rows: [{ label, parts: [{ name, value }] }], format })     stacked, one bar a row of the data
 *   lineChart({ label, rows: [{ label, value, more }], names: [..], format })
 *
 * Parts differ by pattern as well as by colour.
 */
import { h, svg } from './dom.js';
import { t, number } from './i18n.js';

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 34;
const TOP = 10;

function steps(most, whole) {
  const rough = whole ? Math.max(1, most / 4) : most / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

function axes(ticks, format, y) {
  return ticks.map((tick) => svg('g',
    svg('line', { x1: LEFT, x2: WIDTH, y1: y(tick), y2: y(tick), class: 'grid' }),
    svg('text', { x: LEFT - 6, y: y(tick) + 4, 'text-anchor': 'end' }, format(tick))));
}

/* As many labels below as there is room for. */
function labels(rows, x) {
  const every = Math.max(1, Math.ceil(rows.length / 10));
  return rows.map((row, i) => (i % every === 0 ? svg('text', { x: x(i), y: HEIGHT - 12, 'text-anchor': 'middle' }, row.short ?? row.label) : null)).filter(Boolean);
}

function table(label, heads, rows) {
  return h('details.numbers', h('summary', t('dashboard.numbers')), h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': label }, h('table', h('caption.unseen', label),
    h('thead', h('tr', heads.map((head) => h('th', { scope: 'col' }, head)))),
    h('tbody', rows.map((row) => h('tr', row.map((value, i) => h(i === 0 ? 'th' : 'td.number', i === 0 ? { scope: 'row' } : {}, value))))))));
}

function frame(label, content, legend, numbers) {
  return h('figure.chart', h('figcaption', label), legend.length > 1 ? h('ul.legend', legend.map((name, i) => h('li', h(`span.swatch.part${i % 6}`, { 'aria-hidden': 'true' }), name))) : null,
    svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label }, content), numbers);
}

export function barChart({ label, rows, format = number }) {
  if (rows.length === 0) return h('figure.chart', h('figcaption', label), h('p.empty', t('dashboard.nothing')));
  const names = [...new Set(rows.flatMap((row) => row.parts.map((part) => part.name)))];
  const sums = rows.map((row) => row.parts.reduce((sum, part) => sum + part.value, 0));
  const ticks = steps(Math.max(...sums, 1), true);
  const most = ticks[ticks.length - 1];
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most);
  const room = (WIDTH - LEFT) / rows.length;
  const x = (i) => LEFT + room * (i + 0.5);
  const wide = Math.min(room * 0.76, 48);
  const bars = rows.map((row, i) => {
    let below = 0;
    return row.parts.map((part) => {
      const from = below;
      below += part.value;
      return svg('rect', { x: x(i) - wide / 2, width: wide, y: y(below), height: Math.max(0, y(from) - y(below)), class: `part${names.indexOf(part.name) % 6}` },
        svg('title', `${row.label}${part.name ? ` ${part.name}` : ''}: ${format(part.value)}`));
    });
  });
  const numbers = table(label, ['', ...names.map((name) => name || t('dashboard.count'))], rows.map((row) => [row.label, ...names.map((name) => format(row.parts.filter((part) => part.name === name).reduce((sum, part) => sum + part.value, 0)))]));
  return frame(label, [axes(ticks, format, y), bars, labels(rows, x)], names, numbers);
}

export function lineChart({ label, rows, names, format = number, most: fixed = null }) {
  if (rows.length === 0) return h('figure.chart', h('figcaption', label), h('p.empty', t('dashboard.nothing')));
  const values = rows.flatMap((row) => row.values);
  const ticks = steps(fixed ?? Math.max(...values, 1), false);
  const most = fixed ?? ticks[ticks.length - 1];
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(value, most) / most);
  const x = (i) => LEFT + (WIDTH - LEFT - 12) * (rows.length === 1 ? 0.5 : i / (rows.length - 1));
  const lines = names.map((name, part) => [
    svg('polyline', { points: rows.map((row, i) => `${x(i)},${y(row.values[part])}`).join(' '), class: `line part${part}` }),
    rows.map((row, i) => svg('circle', { cx: x(i), cy: y(row.values[part]), r: 3, class: `dot part${part}` }, svg('title', `${row.label} ${name}: ${format(row.values[part])}`)))]);
  return frame(label, [axes(ticks.filter((tick) => tick <= most), format, y), lines, labels(rows, x)], names, table(label, ['', ...names], rows.map((row) => [row.label, ...row.values.map((value) => format(value))])));
}
