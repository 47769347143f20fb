/*
 * reread - reading a page again: asked for here, done by the reader, and taken or dropped by a person who has seen what differs
 */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { callout, formField } from '../widgets/parts.js';
import { openDialog } from '../widgets/dialog.js';

/* Which form the page is to be read as: { form, edition } or null. sheet null: a page that is none yet, so one must be named. */
export async function askReread(reread, sheet) {
  const choices = [...(sheet ? [{ form: '', edition: '', title: t('sheet.again.any') }] : []), ...reread.forms];
  const select = h('select', { lang: 'ja' }, choices.map((one, i) => h('option', { value: String(i), selected: one.form === sheet?.form && one.edition === sheet?.edition }, one.form ? `${one.title}（${one.edition}）` : one.title)));
  const answer = await openDialog({
    title: t(sheet ? 'sheet.again.title' : 'desk.readAs'),
    body: [h('p', t(sheet ? 'sheet.again.what' : 'desk.readAsWhat')), formField(t('sheet.again.as'), select)],
    actions: [{ label: t('common.cancel') }, { label: t('sheet.again.ask'), value: true, primary: true }],
  });
  const chosen = choices[Number(select.value)];
  return answer ? { form: chosen.form, edition: chosen.edition } : null;
}

function differences(reread) {
  if (reread.differences.length === 0) return h('p', t('sheet.again.same'));
  return h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('sheet.again.differences') }, h('table',
    h('thead', h('tr', ['field', 'before', 'now', 'after'].map((one) => h('th', { scope: 'col' }, t(`sheet.again.${one}`))))),
    h('tbody', reread.differences.map((one) => h('tr', { lang: 'ja' }, h('th', { scope: 'row' }, one.label), h('td', one.before || '—'), h('td', one.now || '—'),
      h('td', one.value || '—', one.kept ? h('small', { lang: document.documentElement.lang }, ` ${t('sheet.again.kept')}`) : null))))));
}

/* true: take it, false: drop it, null: later */
export function decideReread(reread, sheet) {
  const other = reread.found_form !== sheet.form || reread.found_edition !== sheet.edition;
  return openDialog({
    title: t('sheet.again.result'), wide: true,
    body: [other ? h('p', h('strong', { lang: 'ja' }, `${sheet.title} → ${reread.found_title}（${reread.found_edition}）`)) : null,
      h('p', t(other ? 'sheet.again.otherForm' : 'sheet.again.compare', { count: reread.differences.length })), differences(reread)],
    actions: [{ label: t('sheet.again.later') }, { label: t('sheet.again.drop'), value: false }, { label: t('sheet.again.take'), value: true, primary: true }],
  });
}

/* What stands above the values while something is under way; null when nothing is. act: { decide(), drop() } */
export function rereadBanner(reread, act) {
  if (reread.state === 'asked') return callout('calm', t('sheet.again.waiting'));
  if (reread.state === 'read') return callout('wait', h('div.row', h('strong', t('sheet.again.ready')), h('button', { type: 'button', onclick: act.decide }, t('sheet.again.look'), ' ', h('kbd', 'D'))));
  if (reread.state === 'failed') return callout('bad', h('div.row', h('span', t('sheet.again.failed'), ' ', h('span', { lang: 'en' }, reread.reason)), h('button', { type: 'button', onclick: act.drop }, t('common.close'))));
  return null;
}

export const loadReread = (base, signal) => api.get(`${base}/reread`, { signal });
