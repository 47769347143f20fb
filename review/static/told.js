/* told - who said it, how and when: for what nobody faxed */
import { h } from './dom.js';
import { t } from './i18n.js';
import { formField } from './widgets/parts.js';

export function toldFields() {
  const informant = h('input', { autocomplete: 'off', required: true });
  const how = h('select', ['phone', 'visit', 'letter'].map((one) => h('option', { value: one }, t(`cases.told.${one}`))));
  const at = h('input', { type: 'datetime-local', required: true, value: new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 16) });
  return {
    element: h('section.card.stack', h('h2', t('cases.toldPart')), formField(t('cases.informant'), informant, { note: t('cases.informantNote') }), formField(t('cases.how'), how), formField(t('todo.when'), at)),
    wrong: () => (informant.value.trim() === '' || at.value === '' ? t('cases.toldNeeded') : ''),
    get value() { return { informant: informant.value.trim(), how: how.value, at: new Date(`${at.value}:00+09:00`).toISOString() }; },
  };
}
