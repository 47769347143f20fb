/* pager - "51-100 of 1,234" with buttons to both sides; total may be unknown (undefined): then `more` says whether there is another */
import { h } from '../dom.js';
import { t } from '../i18n.js';

export function makePager({ from, count, total, more, onmove }) {
  const last = from + count;
  const text = total === undefined ? t('common.pageOpen', { from: from + 1, to: last }) : t('common.page', { from: count ? from + 1 : 0, to: last, total });
  return h('nav.pager', { 'aria-label': t('common.pages') },
    h('button', { type: 'button', disabled: from === 0, onclick: () => onmove(-1) }, '◀ ', t('common.previous')),
    h('span', { 'aria-live': 'polite' }, text),
    h('button', { type: 'button', disabled: total === undefined ? !more : last >= total, onclick: () => onmove(1) }, t('common.next'), ' ▶'));
}
