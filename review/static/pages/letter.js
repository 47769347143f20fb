/* letter - a notice on paper, for whoever has no verified number or no line at all */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { day } from '../format.js';
import { lookups } from '../lookups.js';
import { pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/notices/:id/letter';
export const title = 'notice.letter';

export async function render(root, params, signal) {
  const [state, names] = await Promise.all([api.get(`/notices/${params.id}`, { signal }), lookups()]);
  const { notice } = state;

  /* That a case left on paper is a line of the audit log, as every print of it. */
  async function toPaper() {
    try {
      if (notice.case) await api.post(`/cases/${encodeURIComponent(notice.case)}/prints`, {});
      print();
    } catch (error) {
      showFault(error);
    }
  }

  root.append(
    h('div.no-print', pageHead(t(title), { note: t('notice.letterNote'), actions: [
      h('button.primary', { type: 'button', onclick: toPaper }, t('desk.print')), h('a.button', { href: `/notices/${notice.id}` }, t('notice.back'))] })),
    h('article.letter-sheet',
      h('p.right', day(new Date().toISOString())),
      h('p.big', t('notice.dear', { name: notice.name })),
      h('p.right', names.officeName(notice.office)),
      h('h2', notice.subject),
      h('div.say', state.body),
      notice.case ? h('p.right', `${t('desk.case')} ${notice.case}`) : null));
}
