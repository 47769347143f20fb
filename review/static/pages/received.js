/* received - everything that came in, whatever became of it: also the one line that stays of what was handed over */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t, word } from '../i18n.js';
import { when } from '../format.js';
import { onEvent } from '../events.js';
import { session } from '../session.js';
import { lookups } from '../lookups.js';
import { who } from '../people.js';
import { makeList } from '../widgets/list.js';
import { badge, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/received';
export const title = 'desk.receivedTitle';

function fate(item, names) {
  if (item.handed_to) return badge(t('desk.handedTo', { office: names.officeName(item.handed_to), by: who(item.handed_by) }), 'calm');
  if (item.state === 'duplicate') return badge(t('desk.doc.duplicate'), 'calm');
  if (item.settled) return badge(word('desk.settledAs', item.settled), 'calm');
  if (item.state === 'held') return badge(t('desk.tray.held'), 'wait');
  return badge(t('desk.doc.read', { pages: item.pages, sheets: item.sheets }), item.sheets > 0 ? 'good' : 'wait');
}

export async function render(root, params, signal) {
  const names = await lookups();
  const list = makeList({
    label: t(title),
    columns: [
      { label: t('desk.received'), class: 'narrow', cell: (item) => when(item.received) },
      { label: t('desk.source'), cell: (item) => session.sourceName(item.source, names.officeName) },
      { label: t('desk.sender'), cell: (item) => item.sender },
      { label: t('desk.file'), cell: (item) => item.name },
      ...(session.offices.length > 1 ? [{ label: t('desk.office'), cell: (item) => session.officeName(item.office) }] : []),
      { label: t('desk.state'), cell: (item) => fate(item, names) },
    ],
    href: (item) => `/documents/${encodeURIComponent(item.id)}`, empty: t('desk.nothingReceived'),
  }, signal);

  async function load() {
    try {
      list.show((await api.get('/documents', { query: { limit: 200 }, signal })).items);
    } catch (error) {
      showFault(error);
    }
  }

  root.append(pageHead(t(title), { note: t('desk.receivedNote') }), list.element);
  await load();
  onEvent('document', load, signal);
}
