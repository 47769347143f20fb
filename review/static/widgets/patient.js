/* patient - name as written, kana above it, birth date in its era; nothing of it is ever put together in a string of markup */
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { toEra, eraText } from '../dates.js';
import { language } from '../i18n.js';

export function birthText(date) {
  if (!date) return '';
  const era = toEra(date);
  return era && language() === 'ja' ? `${eraText(era)} (${date.slice(0, 4)})` : date;
}

export function patient({ name, kana, birth }) {
  return h('span.patient',
    kana ? h('span.kana', kana) : null,
    h('span.name', name || t('desk.noName')),
    birth ? h('small', birthText(birth)) : null);
}
