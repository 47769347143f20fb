/* released - what an office released to this account of a difficult case, and nothing else of it */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { pageHead } from '../widgets/parts.js';

export const path = '/cases/:number/released';
export const title = 'difficult.released';

export async function render(root, params, signal) {
  const { items } = await api.get(`/cases/${encodeURIComponent(params.number)}/released`, { signal });
  root.append(pageHead(t(title), { note: `${t('difficult.case')} ${params.number}` }),
    items.length === 0 ? h('p', t('difficult.empty')) : h('div.stack', items.map((one) => h('section.card', h('p.note', t('difficult.releasedNote', { desk: one.desk, until: one.until })), h('pre.words', { tabindex: 0 }, one.words)))));
}
