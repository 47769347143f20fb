/*
 * list - a table whose rows take the focus: arrow keys, Home, End, Page Up and Down move, Enter opens
 *
 *   const list = makeList({
 *     label: t('queue.title'),
 *     columns: [{ key: 'received', label: t('…'), cell: (row) => when(row.received), class: 'narrow', sort: 'received' }],
 *     open: (row) => navigate(`/sheets/${row.id}`), href: (row) => `/sheets/${row.id}`,   // href: so that a row can be opened in a tab
 *     keys: [{ keys: ['f'], label: t('…'), do: (row) => … }],
 *     empty: t('queue.empty'), sorted: { by, descending }, onsort: (by, descending) => …,
 *   }, signal);
 *   root.append(list.element); list.show(rows, { keep: true }); list.focus();
 *
 * Rows need `id`: show() again keeps the focus on the same row, or on its neighbour when the row is gone.
 */
import { h, fill } from '../dom.js';
import { bindKeys } from '../keys.js';
import { t } from '../i18n.js';
import { navigate } from '../navigate.js';

const PAGE = 10;

export function makeList({ label, columns, open = null, href = null, keys = [], empty = '', rowClass = null, sorted = {}, onsort = null }, signal) {
  const body = h('tbody');
  const table = h('table.list', { role: 'grid', 'aria-label': label },
    h('thead', h('tr', columns.map((column) => heading(column, sorted, onsort)))), body);
  const nothing = h('p.empty', { hidden: true }, empty || t('common.nothing'));
  const element = h('div.list-box', table, nothing);
  let rows = [];
  let at = 0;

  function elements() {
    return [...body.children];
  }

  function place(index, focus) {
    at = Math.max(0, Math.min(rows.length - 1, index));
    elements().forEach((row, i) => { row.tabIndex = i === at ? 0 : -1; });
    if (focus && rows.length > 0) {
      elements()[at].focus();
      elements()[at].scrollIntoView({ block: 'nearest' });
    }
  }

  function make(row, index) {
    const name = rowClass?.(row);
    return h('tr', { tabindex: -1, dataset: { id: row.id }, ...(name ? { class: name } : {}), onclick: (event) => clicked(event, row, index) },
      columns.map((column, i) => {
        const content = column.cell(row);
        const inside = i === 0 && href ? h('a.cell', { href: href(row), tabindex: -1 }, content) : content;
        return h('td', column.class ? { class: column.class } : {}, inside);
      }));
  }

  function clicked(event, row, index) {
    if (event.target.closest('button, input, select')) return;
    place(index, true);
    if (event.target.closest('a')) return; // the router takes it, or the browser opens a tab
    if (!getSelection()?.toString()) open?.(row);
  }

  function show(next, { keep = true, focus = false } = {}) {
    const had = element.contains(document.activeElement);
    const id = rows[at]?.id;
    rows = next;
    fill(body, rows.map(make));
    table.hidden = rows.length === 0;
    nothing.hidden = rows.length > 0;
    const same = keep ? rows.findIndex((row) => row.id === id) : 0;
    place(same >= 0 ? same : at, had || focus);
  }

  table.addEventListener('focusin', (event) => {
    const index = elements().indexOf(event.target.closest('tr'));
    if (index >= 0 && index !== at) place(index, false);
  });
  const onRow = () => element.contains(document.activeElement) && !document.activeElement.closest('button, a:not(.cell), input, select');
  const step = (by) => () => place(at + by, true);
  bindKeys([
    { keys: ['ArrowDown', 'j'], label: t('common.key.down'), when: onRow, repeat: true, do: step(1) },
    { keys: ['ArrowUp', 'k'], label: t('common.key.up'), when: onRow, repeat: true, do: step(-1) },
    { keys: ['PageDown'], hidden: true, when: onRow, repeat: true, do: step(PAGE) },
    { keys: ['PageUp'], hidden: true, when: onRow, repeat: true, do: step(-PAGE) },
    { keys: ['Home'], hidden: true, when: onRow, do: () => place(0, true) },
    { keys: ['End'], hidden: true, when: onRow, do: () => place(rows.length - 1, true) },
    ...(open || href ? [{ keys: ['Enter'], label: t('common.key.open'), when: onRow, do: () => (open ? open(rows[at]) : navigate(href(rows[at]))) }] : []),
    ...keys.map((key) => ({ ...key, when: () => onRow() && rows.length > 0 && (!key.when || key.when(rows[at])), do: () => key.do(rows[at]) })),
  ], { signal, group: label });

  return { element, show, focus: () => place(at, true), get current() { return rows[at] ?? null; }, get rows() { return rows; } };
}

function heading(column, sorted, onsort) {
  if (!column.sort || !onsort) return h('th', { scope: 'col', ...(column.class ? { class: column.class } : {}) }, column.label);
  const active = sorted.by === column.sort;
  const direction = active ? (sorted.descending ? 'descending' : 'ascending') : 'none';
  return h('th', { scope: 'col', 'aria-sort': direction, ...(column.class ? { class: column.class } : {}) },
    h('button.sort', { type: 'button', onclick: () => onsort(column.sort, active && !sorted.descending) },
      column.label, active ? (sorted.descending ? ' ▼' : ' ▲') : ''));
}
