/*
 * settle - what a person decides about a page as a page, one key each, from the queue and from the document alike
 *
 * Every decision can be taken back from the toast. done() is called after each change, so that the list is asked for again.
 */
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { openDialog, askText } from './widgets/dialog.js';
import { showFault, showToast } from './widgets/toast.js';
import { lookups } from './lookups.js';
import { formField } from './widgets/parts.js';

function pathOf(item) {
  return item.kind === 'document'
    ? `/documents/${item.document}/settled`
    : `/documents/${item.document}/pages/${item.page}/settled`;
}

export async function settle(item, as, done) {
  try {
    let note = '';
    if (as === 'forwarded') {
      note = await askText(t('desk.forward.title'), t('desk.forward.whom'));
      if (note === null) return;
    }
    await api.put(pathOf(item), { as, note });
    showToast(t(`desk.settled.${as}`), { undo: async () => { await api.put(pathOf(item), { as: '' }); done(); } });
    done();
  } catch (error) {
    showFault(error);
  }
}

export async function clearSuspicion(item, what, done) {
  try {
    await api.put(`/sheets/${item.number}/suspicion`, { what, cleared: true });
    showToast(t(`desk.cleared.${what}`), {
      undo: async () => { await api.put(`/sheets/${item.number}/suspicion`, { what, cleared: false }); done(); },
    });
    done();
  } catch (error) {
    showFault(error);
  }
}

/* The document goes to another office. It cannot be taken back from here, so it is asked for. */
export async function handOver(item, done) {
  try {
    const { others, officeOfWard } = await lookups();
    if (others.length === 0) {
      showToast(t('desk.handOver.nobody'));
      return;
    }
    const likely = officeOfWard(item.ward);
    const select = h('select', { value: likely?.id ?? '' }, h('option', { value: '' }, t('desk.handOver.choose')),
      others.map((office) => h('option', { value: office.id }, office.name)));
    const answer = await openDialog({
      title: t('desk.handOver.title'),
      body: [h('p', t('desk.handOver.text')), formField(t('desk.handOver.to'), select)],
      actions: [
        { label: t('common.cancel'), value: null },
        { label: t('desk.handOver.yes'), danger: true, primary: true, get value() { return select.value; },
          check: () => (select.value === '' ? t('common.needed') : '') },
      ],
    });
    if (!answer) return;
    await api.post(`/documents/${item.document}/hand-over`, { to: answer });
    showToast(t('desk.handOver.done', { office: others.find((office) => office.id === answer).name }));
    done();
  } catch (error) {
    showFault(error);
  }
}

/* Keys for a list of queue items; each is one key, and each names itself in the help. */
export function settleKeys(done) {
  const open = (item) => item.kind !== 'sheet' || item.state !== 'confirmed';
  return [
    { keys: ['f'], label: t('desk.key.file'), when: open, do: (item) => void settle(item, 'filed', done) },
    { keys: ['w'], label: t('desk.key.forward'), when: open, do: (item) => void settle(item, 'forwarded', done) },
    { keys: ['x'], label: t('desk.key.junk'), when: open, do: (item) => void settle(item, 'junk', done) },
    { keys: ['u'], label: t('desk.key.notOurs'), when: open, do: (item) => void settle(item, 'not_ours', done) },
    { keys: ['d'], label: t('desk.key.duplicate'), when: (item) => open(item) && item.twin > 0, do: (item) => void settle(item, 'duplicate', done) },
    { keys: ['m'], label: t('desk.key.notTwin'), when: (item) => item.twin > 0, do: (item) => void clearSuspicion(item, 'twin', done) },
    { keys: ['h'], label: t('desk.key.handOver'), when: open, do: (item) => void handOver(item, done) },
    { keys: ['s'], label: t('desk.key.stays'), when: (item) => Boolean(item.ward), do: (item) => void clearSuspicion(item, 'ward', done) },
  ];
}
