/* case_acts - dialogs of the case page: an entry of the office, an outcome that was told, consent, merge and split */
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { parseDate } from './dates.js';
import { when } from './format.js';
import { askCase } from './widgets/case_picker.js';
import { ask, openDialog } from './widgets/dialog.js';
import { formField } from './widgets/parts.js';
import { showFault, showToast } from './widgets/toast.js';
import { toldFields } from './told.js';

const localNow = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 16);

async function send(path, body, words) {
  try {
    const answer = await api.post(path, body);
    showToast(words);
    return answer;
  } catch (error) {
    showFault(error);
    return null;
  }
}

export async function addNote(number, kind, old = null) {
  const at = h('input', { type: 'datetime-local', value: old ? new Date(Date.parse(old.at) + 9 * 3600 * 1000).toISOString().slice(0, 16) : localNow() });
  const attendees = h('input', { value: old?.attendees ?? '', autocomplete: 'off' });
  const text = h('textarea', { rows: 6, value: old?.text ?? '' });
  const body = await openDialog({
    title: t(`cases.note.${kind}`), wide: true, focus: kind === 'conference' ? attendees : text,
    body: [formField(t('todo.when'), at), kind === 'conference' ? formField(t('cases.attendees'), attendees) : null,
      formField(t(kind === 'conference' ? 'cases.policy' : 'cases.text'), text), old ? h('p.note', t('cases.correctNote')) : null],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('common.save'), primary: true, check: () => (text.value.trim() === '' || at.value === '' ? t('common.needed') : ''),
        get value() { return { kind, at: new Date(`${at.value}:00+09:00`).toISOString(), text: text.value.trim(), attendees: attendees.value.trim(), replaces: old?.key ?? '' }; } },
    ],
  });
  return body ? send(`/cases/${number}/notes`, body, t('cases.noteSaved')) : null;
}

/* The sheet has no box for these: they stand under その他, in words that casework knows (casework/facts.c). */
function withoutBox(outcome, words) {
  const named = { department: '転科', facility: '施設入所' }[outcome];
  if (named) return { outcome: 'other', outcome_other: words ? `${named}（${words}）` : named };
  return words ? { outcome_other: words } : {};
}

export async function addOutcome(number) {
  const told = toldFields();
  const outcome = h('select', ['transfer', 'discharge', 'admission', 'department', 'facility', 'other'].map((one) => h('option', { value: one }, t(`cases.outcome.${one}`))));
  const other = h('input', { autocomplete: 'off' });
  const day = h('input', { autocomplete: 'off', placeholder: 'R8.11.25' });
  const destination = h('input', { autocomplete: 'off' });
  const department = h('input', { autocomplete: 'off' });
  const body = await openDialog({
    title: t('cases.addOutcome'), wide: true, focus: day,
    body: [h('p.note', t('cases.outcomeNote')), h('div.halves',
      h('div.stack', formField(t('cases.moveDate'), day, { note: t('cases.dateNote') }), formField(t('cases.outcomeKind'), outcome), formField(t('cases.outcomeOther'), other),
        formField(t('cases.destination'), destination), formField(t('cases.destinationDepartment'), department)), told.element)],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('cases.toReview'), primary: true, check: () => (parseDate(day.value) ? told.wrong() : t('todo.noDate')),
        get value() {
          const values = { move_date: day.value.trim(), outcome: outcome.value, ...withoutBox(outcome.value, other.value.trim()) };
          if (destination.value.trim()) values.destination = destination.value.trim();
          if (department.value.trim()) values.destination_department = department.value.trim();
          return { ...told.value, values };
        } },
    ],
  });
  return body ? send(`/cases/${number}/outcomes`, body, t('cases.outcomeSaved')) : null;
}

export async function recordConsent(number, scope) {
  const giver = h('select', ['patient', 'family', 'guardian'].map((one) => h('option', { value: one }, t(`cases.giver.${one}`))));
  const ways = scope === 'medical' ? ['sheet', 'clinic', 'paper', 'oral'] : ['paper', 'oral']; // the sheet's sentence covers medical institutions only
  const how = h('select', ways.map((one) => h('option', { value: one }, t(`cases.consentHow.${one}`))));
  const toldBy = h('input', { autocomplete: 'off', maxlength: 200 });
  const at = h('input', { type: 'datetime-local', value: localNow() });
  const note = h('input', { autocomplete: 'off' });
  const answer = (state) => ({ scope, state, giver: giver.value, how: how.value, told_by: toldBy.value.trim(), at: new Date(`${at.value}:00+09:00`).toISOString(), note: note.value.trim() });
  const check = () => (at.value === '' || (how.value === 'clinic' && toldBy.value.trim() === '') ? t('common.needed') : '');
  const body = await openDialog({
    title: t('cases.consentTitle', { scope: t(`cases.scope.${scope}`) }),
    body: [h('p.note', t(scope === 'medical' ? 'cases.consentReach' : 'cases.consentExplicit')), formField(t('cases.giverLabel'), giver), formField(t('cases.consentHowLabel'), how),
      formField(t('cases.toldByLabel'), toldBy, { note: t('cases.toldByNote') }), formField(t('todo.when'), at), formField(t('todo.note'), note)],
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('cases.consentRefuse'), check, get value() { return answer('refused'); } },
      { label: t('cases.consentRecord'), primary: true, check, get value() { return answer('recorded'); } }],
  });
  return body ? send(`/cases/${number}/consents`, body, t('cases.consentSaved')) : null;
}

export async function withdrawConsent(number, scope) {
  if (!await ask(t('cases.withdrawTitle'), t('cases.withdrawText', { scope: t(`cases.scope.${scope}`) }), { yes: t('cases.withdraw'), danger: true })) return null;
  return send(`/cases/${number}/consents`, { scope, state: 'withdrawn' }, t('cases.withdrawn'));
}

/* Nobody is asked any more, and the clock of retention starts. A death is what a person knows, never what was read. */
export async function closeCase(number) {
  const as = h('select', ['home', 'facility', 'hospital', 'died', 'ended', 'not_ours'].map((one) => h('option', { value: one }, t(`cases.closedAs.${one}`))));
  const on = h('input', { type: 'date', value: localNow().slice(0, 10) });
  const note = h('input', { autocomplete: 'off', maxlength: 500 });
  const body = await openDialog({
    title: t('cases.close'),
    body: [h('p.note', t('cases.closeNote')), formField(t('cases.closedAsLabel'), as), formField(t('cases.closedOn'), on), formField(t('todo.note'), note)],
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('cases.close'), primary: true, check: () => (on.value ? '' : t('common.needed')), get value() { return { as: as.value, day: on.value, note: note.value.trim() }; } }],
  });
  return body ? send(`/cases/${number}/closing`, body, t('cases.closed')) : null;
}

export async function reopenCase(number) {
  const why = h('input', { autocomplete: 'off', maxlength: 300 });
  const body = await openDialog({
    title: t('cases.reopen'), focus: why, body: formField(t('cases.reopenWhy'), why),
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('cases.reopen'), primary: true, check: () => (why.value.trim() ? '' : t('common.needed')), get value() { return { why: why.value.trim() }; } }],
  });
  return body ? send(`/cases/${number}/reopening`, body, t('cases.reopened')) : null;
}

export async function mergeCase(number) {
  const into = await askCase(t('cases.mergeTitle', { number }), { yes: t('cases.mergeNext'), not: number });
  if (!into) return null;
  if (!await ask(t('cases.mergeTitle', { number }), t('cases.mergeText', { number, into }), { yes: t('cases.merge'), danger: true })) return null;
  const answer = await send(`/cases/${number}/merge`, { into }, t('cases.merged', { into }));
  return answer ? into : null;
}

export async function splitCase(number, sheets, mergedHere) {
  const boxes = sheets.map((sheet) => ({ sheet, box: h('input', { type: 'checkbox', id: `split-${sheet.id}` }) }));
  const target = h('select', h('option', { value: '' }, t('cases.splitNew')), mergedHere.map((one) => h('option', { value: one }, t('cases.splitBack', { number: one }))));
  const body = await openDialog({
    title: t('cases.splitTitle'), wide: true,
    body: [h('p.note', t('cases.splitNote')), h('ul.plain', boxes.map(({ sheet, box }) => h('li', box, ' ', h('label', { for: box.id }, `${sheet.title} – ${when(sheet.received)}`)))), formField(t('cases.splitTo'), target)],
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('cases.split'), primary: true, check: () => (boxes.some(({ box }) => box.checked) || target.value ? '' : t('cases.splitChoose')),
        get value() { return { sheets: boxes.filter(({ box }) => box.checked).map(({ sheet }) => sheet.id), to: target.value }; } }],
  });
  return body ? send(`/cases/${number}/split`, body, t('cases.splitDone')) : null;
}
