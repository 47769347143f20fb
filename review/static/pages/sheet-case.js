/* sheet-case - "which case is this?": the cases that it could be, side by side, with what agrees and what differs */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t } from '../i18n.js';
import { day } from '../format.js';
import { bindKeys } from '../keys.js';
import { navigate } from '../navigate.js';
import { askCase } from '../widgets/case_picker.js';
import { badge, callout, pageHead } from '../widgets/parts.js';
import { birthText } from '../widgets/patient.js';
import { showFault, showToast } from '../widgets/toast.js';

export const path = '/sheets/:id/case';
export const title = 'cases.which';

const SIGNS = { agrees: '＝', differs: '≠', unknown: '' };
const shown = (fact) => (fact.fact === 'birth' || fact.fact === 'referral_date' ? birthText(fact.value) : fact.fact === 'sex' && fact.value ? t(`cases.${fact.value}`) : fact.value);

export async function render(root, params, signal) {
  let state = await api.get(`/sheets/${params.id}/candidates`, { signal });
  const body = h('div');

  async function link(number) {
    const before = state.case;
    try {
      const sheet = await api.put(`/sheets/${params.id}/case`, { case: number, revision: state.revision });
      showToast(t('cases.linked', { number: sheet.case }), before ? { undo: async () => { await api.put(`/sheets/${params.id}/case`, { case: before, revision: sheet.revision }); } } : {});
      navigate(`/sheets/${params.id}`);
    } catch (error) {
      showFault(error);
      if (error.status === 409) { state = await api.get(`/sheets/${params.id}/candidates`, { signal }); draw(); }
    }
  }

  const linkOther = async () => { const number = await askCase(t('cases.which')); if (number) await link(number); };

  function cell(fact) {
    return h('td', { class: fact.likeness }, h('span.sign', { 'aria-label': t(`cases.likeness.${fact.likeness}`) }, SIGNS[fact.likeness]), ' ', shown(fact) || h('span.none', '—'));
  }

  function draw() {
    const { items, facts } = state;
    fill(body,
      pageHead(t(title), { note: state.case ? t('cases.nowIn', { number: state.case }) : t('cases.inNone'), actions: [
        state.case ? null : h('button', { type: 'button', onclick: () => link('new') }, t('cases.openNew'), ' ', h('kbd', 'N')),
        h('button', { type: 'button', onclick: linkOther }, t('cases.otherCase'), ' ', h('kbd', '/')),
        h('a.button', { href: `/sheets/${params.id}` }, t('cases.backToSheet'))] }),
      items.length === 0 ? callout('calm', t('cases.noCandidates')) : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t(title) }, h('table.candidates',
        h('thead', h('tr', h('th', { scope: 'col' }, t('cases.factHead')), h('th', { scope: 'col' }, t('cases.thisSheet')), items.map((item, i) => h('th', { scope: 'col' },
          h('a', { href: `/cases/${item.case}` }, item.case), h('br'), h('small', t('cases.openedOn', { day: day(item.opened), n: item.sheets })), h('br'),
          item.probability >= 0.005 ? [h('small', t('cases.likely', { n: Math.round(item.probability * 100) })), h('br')] : null,
          item.case === state.case ? badge(t('cases.itsCase'), 'good') : h('button', { type: 'button', dataset: { case: item.case }, onclick: () => link(item.case) }, t('cases.takeThis'), ' ', h('kbd', String(i + 1))))))),
        h('tbody', facts.map((fact, row) => h('tr', h('th', { scope: 'row' }, t(`cases.fact.${fact.fact}`)), h('td', shown(fact) || h('span.none', '—')), items.map((item) => cell(item.facts[row]))))))));
  }

  draw();
  root.append(body);
  bindKeys([
    ...Array.from({ length: 9 }, (_, i) => ({ keys: [String(i + 1)], label: t('cases.takeN', { n: i + 1 }), when: () => state.items.length > i && state.items[i].case !== state.case, do: () => void link(state.items[i].case) })),
    { keys: ['n'], label: t('cases.openNew'), when: () => !state.case, do: () => void link('new') },
    { keys: ['/'], label: t('cases.otherCase'), do: () => void linkOther() },
    { keys: ['Escape'], label: t('cases.backToSheet'), do: () => void navigate(`/sheets/${params.id}`) },
  ], { signal, group: t(title) });
}
