/* system - processes, queues, sources, disk: whether the machine does its work */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { bytes, waited, when } from '../format.js';
import { number, t, word } from '../i18n.js';
import { session } from '../session.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const title = 'system.title';

const AGAIN_MS = 15000;

function table(caption, columns, rows) {
  return h('section.card', h('h2', caption), rows.length === 0 ? h('p.none', t('common.none')) : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', { 'aria-label': caption }, h('thead', h('tr', columns.map((column) => h('th', { scope: 'col' }, column)))), h('tbody', rows.map((cells) => h('tr', cells.map((cell) => h('td', cell))))))));
}

/* One role once, however many processes it has. */
function processRows(processes) {
  const groups = Map.groupBy ? Map.groupBy(processes, (one) => one.role) : processes.reduce((all, one) => all.set(one.role, [...(all.get(one.role) ?? []), one]), new Map());
  return [...groups].map(([role, all]) => {
    const running = all.filter((one) => one.running).length;
    const ends = all.reduce((sum, one) => sum + one.ends, 0);
    return [word('system.role', role), running === all.length ? badge(t('system.running'), 'good') : badge(t('system.notRunning', { running, all: all.length }), 'bad'), ends > 0 ? badge(number(ends), 'wait') : '0'];
  });
}

function sourceState(source) {
  if (!source.looked) return badge(t('system.neverLooked'), 'bad');
  const late = Date.now() - new Date(source.looked).getTime() > Math.max(source.every_seconds * 3000, 120000);
  return badge(late ? t('system.late', { since: waited(source.looked) }) : t('system.works'), late ? 'bad' : 'good');
}

/* Everything that is not as it should be, said first. */
function warnings(state) {
  const list = [];
  const { disk, records } = state;
  if (!state.served) list.push(t('system.notServed'));
  if (disk.free_mb < disk.refuse_below_mb) list.push(t('system.diskFull'));
  else if (disk.free_mb < disk.refuse_below_mb * 3) list.push(t('system.diskLow'));
  for (const queue of state.queues) if (queue.state === 'corrupt' && queue.count > 0) list.push(t('system.corrupt', { count: queue.count }));
  if (state.processes.some((one) => !one.running)) list.push(t('system.processDown'));
  if (records.notices_due && Date.now() - new Date(records.notices_due).getTime() > 3600000) list.push(t('system.noticesLate', { since: waited(records.notices_due) }));
  return list;
}

function draw(root, state) {
  const { disk, records } = state;
  const found = warnings(state);
  fill(root,
    found.length === 0 ? callout('good', h('p', t('system.allWell'))) : callout('bad', h('ul', found.map((text) => h('li', text)))),
    h('div.columns.system',
      table(t('system.processes'), [t('system.process'), t('users.state'), t('system.ends')], processRows(state.processes)),
      table(t('system.queues'), [t('system.queue'), t('system.count'), t('system.oldest')],
        state.queues.map((queue) => [word('system.queueState', queue.state), number(queue.count), queue.oldest ? waited(queue.oldest) : ''])),
      h('section.card', h('h2', t('system.machine')), facts([
        [t('system.disk'), t('system.diskFree', { free: bytes(disk.free_mb * 1048576), size: bytes(disk.size_mb * 1048576) })],
        records.store_bytes > 0 ? [t('system.store'), bytes(records.store_bytes)] : null,
        [t('system.noticesQueued'), number(records.notices_queued)],
        [t('system.noticesFailed'), number(records.notices_failed)],
        [t('system.noticesUnknown'), number(records.notices_unknown)],
        [t('system.sheetsWaiting'), number(records.sheets_waiting)],
        [t('system.todosOpen'), number(records.todos_open)],
        [t('system.version'), state.version],
        [t('system.now'), when(state.now)],
      ]))),
    table(t('system.sources'), [t('system.source'), t('system.kind'), t('system.looked'), t('users.state')],
      state.sources.map((source) => [h('span', session.sourceName(source.id), h('br'), h('small', `${source.id} · ${session.officeName(source.office)}`)), word('system.sourceKind', source.kind), when(source.looked), sourceState(source)])));
}

export async function render(root, params, signal) {
  const content = h('div');
  async function load() {
    draw(content, await api.get('/system', { signal }));
  }
  fill(root, pageHead(t('system.title'), { actions: [h('button', { type: 'button', onclick: () => load().catch(showFault) }, t('system.again'))] }), content);
  await load();
  const timer = setInterval(() => { if (!document.hidden) load().catch(() => {}); }, AGAIN_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
