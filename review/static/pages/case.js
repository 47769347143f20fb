/* case - one patient's transition on one page: what happened in order, what is in it, who was told, until when it is kept */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { day, dayOf, when } from '../format.js';
import { onEvent } from '../events.js';
import { bindKeys } from '../keys.js';
import { navigate } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { addNote, addOutcome, closeCase, mergeCase, recordConsent, reopenCase, splitCase, withdrawConsent } from '../case_acts.js';
import { askNow, cancelInquiry, releaseInquiry } from '../inquiry_acts.js';
import { badge, callout, facts, pageHead } from '../widgets/parts.js';
import { birthText } from '../widgets/patient.js';
import { showFault } from '../widgets/toast.js';
import { uploadButton } from '../widgets/upload.js';
import { tone } from './notices.js';
import { inquiryText } from './waiting.js';

export const path = '/cases/:number';
export const title = (params) => params.number;

const SCOPES = ['medical', 'care', 'facility', 'ward_office'];
const CONSENT_WORDS = { recorded: 'cases.stands', refused: 'cases.isRefused', withdrawn: 'cases.isWithdrawn' };
const PRINTED = ['referral-status', 'outcome', 'inquiry'];
const works = () => session.is('coordinator', 'manager');

/* One line a thing that happened, from every list of the answer. */
function timeline({ sheets, events, notices, todos }) {
  const replaced = new Set(events.map((event) => event.replaces).filter(Boolean));
  const lines = [
    ...sheets.map((sheet) => ({ at: sheet.told_at || sheet.received, kind: 'sheet', sheet })),
    ...events.map((event) => ({ at: event.at, kind: event.kind, event, struck: replaced.has(event.key) })),
    ...notices.filter((notice) => notice.state !== 'cancelled').map((notice) => ({ at: notice.finished || notice.created, kind: 'notice', notice })),
    ...todos.filter((todo) => todo.done).map((todo) => ({ at: todo.done, kind: 'todo', todo })),
  ];
  return lines.sort((a, b) => (a.at < b.at ? 1 : -1));
}

function sheetLine({ sheet }) {
  return [h('a', { href: `/sheets/${sheet.id}` }, sheet.title), ' ',
    sheet.told_how ? badge(t('cases.toldBy', { how: t(`cases.told.${sheet.told_how}`), who: sheet.told_by }), 'calm') : null, ' ',
    sheet.state === 'confirmed' ? badge(t('cases.confirmedBy', { by: who(sheet.confirmed_by) }), 'good') : badge(sheet.waiting ? t('desk.waiting', { n: sheet.waiting }) : t('desk.tray.ready'), 'wait')];
}

/* What the records note of an event, in words: "medical recorded", the number of a document. */
function detail(event) {
  const [scope, state] = event.text.split(' ');
  if (event.kind === 'consent') return `${word('cases.scope', scope)}: ${t(CONSENT_WORDS[state] ?? 'cases.noConsent')}`;
  if (event.kind === 'inquiry') return `${word('waiting.inquiry', scope)}${state ? ` ${t('waiting.round', { n: state })}` : ''}`;
  if (event.kind === 'page') return h('a', { href: `/documents/${event.text}` }, t('cases.original'));
  return word('cases.detail', event.text);
}

function eventLine({ event, struck }, number, redo) {
  const entry = ['progress', 'conference'].includes(event.kind);
  const text = !event.text ? '' : entry ? event.text : detail(event);
  return [h('strong', word('cases.event', event.kind)), event.case !== number ? h('small', ` (${event.case})`) : null, event.sheet ? [' ', h('a', { href: `/sheets/${event.sheet}` }, t('cases.sheetN', { n: event.sheet }))] : null,
    text ? h(struck ? 'del.entry' : 'div.entry', event.attendees ? [h('small', `${t('cases.attendees')}: ${event.attendees}`), h('br')] : null, text) : null,
    entry && !struck && works() ? h('button.quiet.small.no-print', { type: 'button', onclick: () => redo(event) }, t('cases.correct')) : null];
}

function noticeLine({ notice }) {
  return [h('a', { href: `/notices/${notice.id}` }, t('cases.noticeTo', { name: notice.name, channel: word('notice.channels', notice.channel) })), ' ',
    badge(word('notice.states', notice.state), tone(notice.state)), notice.reason && !['sent', 'delivered'].includes(notice.state) ? h('small', ` ${notice.reason}`) : null];
}

function todoLine({ todo }) {
  return [h('a', { href: `/todos/${todo.id}` }, todo.text.split('\n')[0]), ' ', badge(t('todo.isDone'), 'good'), todo.note ? h('small', ` ${todo.note}`) : null];
}

function drawLine(line, number, redo) {
  const content = { sheet: sheetLine, notice: noticeLine, todo: todoLine }[line.kind]?.(line) ?? eventLine(line, number, redo);
  const by = line.event?.by ?? line.todo?.done_by ?? '';
  return h('li', { class: line.kind }, h('time', { datetime: line.at }, when(line.at)), h('div', content), h('span.by', who(by)));
}

function consentCard({ consent, consents, case: one }, redraw) {
  const last = (scope) => consents.filter((row) => row.scope === scope).at(-1);
  return h('section.card', h('h2', t('cases.consent')), h('ul.plain', SCOPES.map((scope) => {
    const row = last(scope);
    return h('li.consent', h('strong', t(`cases.scope.${scope}`)), ' ',
      badge(t(CONSENT_WORDS[row?.state] ?? 'cases.noConsent'), consent[scope] ? 'good' : 'wait'),
      row ? h('small', ` ${when(row.at)} ${who(row.by)}${row.giver ? ` (${word('cases.giver', row.giver)}・${word('cases.consentHow', row.how)}${row.told_by ? `・${row.told_by}` : ''})` : ''}`) : null,
      works() ? h('button.quiet.small.no-print', { type: 'button', onclick: async () => { if (await (consent[scope] ? withdrawConsent : recordConsent)(one.number, scope)) redraw(); } }, t(consent[scope] ? 'cases.withdraw' : 'cases.consentRecord')) : null);
  })), h('p.no-print', h('a', { href: `/cases/${encodeURIComponent(one.number)}/ledger` }, t('waiting.ledger'))));
}

function openTodos(todos) {
  const open = todos.filter((todo) => !todo.done);
  if (open.length === 0) return null;
  return h('section.card.waits', h('h2', t('cases.openTodos', { n: open.length })), h('ul.plain', open.map((todo) => h('li', h('a', { href: `/todos/${todo.id}` }, todo.text.split('\n')[0]), todo.due ? h('small', ` ${t('todo.dueOn', { day: todo.due })}`) : null))));
}

function pagesCard(pages) {
  if (pages.length === 0) return null;
  return h('section.card', h('h2', t('cases.pages')), h('ul.plain', pages.map((page) => h('li', h('a', { href: `/documents/${encodeURIComponent(page.document)}?page=${page.page}` }, t('cases.pageLine', { when: when(page.received), n: page.page }))))));
}

/* What the case waits for, and what was asked because of it. */
function inquiriesCard({ wait, items }, number, redraw) {
  const open = items.find((one) => ['held', 'planned', 'calling', 'asked'].includes(one.state));
  const button = (label, work) => h('button.quiet.small', { type: 'button', onclick: async () => { if (await work()) redraw(); } }, label);
  return h('section.card', h('h2', t('waiting.inquiries')),
    wait && !['none', 'closed'].includes(wait.state) ? h('p', badge(word('waiting.wait', wait.state), 'calm'), ' ', wait.hospital ? t('waiting.waitLine', { hospital: wait.hospital, day: dayOf(wait.since) }) : null) : h('p.none', t('waiting.notWaiting')),
    items.length > 0 ? h('ul.plain', items.map((one) => h('li', inquiryText(one), ' ', h('small', `${one.name || one.hospital} ${dayOf(one.day)}`), one.notice ? [' ', h('a', { href: `/notices/${one.notice}` }, t('todo.notice'))] : null, one.why ? h('p.note', one.why) : null))) : h('p.none', t('waiting.noneAsked')),
    works() ? h('div.row.no-print',
      !open && wait?.state === 'waiting' ? button(t('waiting.send'), () => askNow(number)) : null,
      open?.state === 'held' ? button(t('waiting.release'), () => releaseInquiry(open)) : null,
      open ? button(t('waiting.cancel'), () => cancelInquiry(open)) : null) : null);
}

/* Sheets to hand over or to fax: filled in from the referral, with the code that brings them back. */
function printsCard(forms, number) {
  const link = (form, as) => h('a', { href: `/api/v1/forms/${form.form}/${form.edition}/print?case=${encodeURIComponent(number)}&as=${as}`, download: '' }, t(`forms.as.${as}`));
  return h('section.card.no-print', h('h2', t('forms.printTitle')), h('ul.plain', forms.map((form) => h('li', form.title, form.edition.includes('-') ? h('small', ` ${form.edition}`) : null, ' ', link(form, 'pdf'), ' · ', link(form, 'fax')))));
}

function mergedHere(events, number) {
  const kept = new Set();
  for (const event of events) {
    if (event.case !== number) continue;
    if (event.kind === 'merged') kept.add(event.text);
    if (event.kind === 'split') kept.delete(event.text);
  }
  return [...kept];
}

export async function render(root, params, signal) {
  const base = `/cases/${encodeURIComponent(params.number)}`;
  let state = await api.get(base, { signal }).catch((error) => {
    if (works() || ![403, 404].includes(error.status)) throw error;
    return null; // a ward office's account sees what was released to it
  });
  if (state === null) return void navigate(`${base}/released`);
  let asked = { wait: null, items: [] };
  let forms = [];
  const body = h('div');
  const loadMore = async () => { if (works()) asked = await api.get(`${base}/inquiries`, { signal }); };
  const load = async () => { state = await api.get(base, { signal }); await loadMore(); draw(); };
  const act = (work) => async () => { if (await work()) await load().catch(showFault); };
  const note = (kind, old) => act(() => addNote(params.number, kind, old));

  async function outcome() {
    const answer = await addOutcome(params.number);
    if (answer) navigate(`/sheets/${answer.sheet}`);
  }

  async function merge() {
    const into = await mergeCase(params.number);
    if (into) navigate(`/cases/${into}`);
  }

  async function printCase() {
    try {
      await api.post(`${base}/prints`, {});
      print();
    } catch (error) {
      showFault(error);
    }
  }

  function actions(one) {
    const paper = h('button', { type: 'button', onclick: printCase }, t('desk.print'));
    if (!works() || one.merged_into) return [paper];
    const button = (label, key, work, props = {}) => h('button', { type: 'button', onclick: work, ...props }, label, key ? [' ', h('kbd', key)] : null);
    return [
      button(t('cases.addOutcome'), 'O', outcome, { class: 'primary' }), button(t('cases.note.progress'), 'K', note('progress')), button(t('cases.note.conference'), 'M', note('conference')),
      button(t('cases.merge'), '', merge), button(t('cases.split'), '', act(() => splitCase(params.number, state.sheets, mergedHere(state.events, params.number)))),
      one.completed ? button(t('cases.reopen'), '', act(() => reopenCase(params.number))) : button(t('cases.close'), '', act(() => closeCase(params.number))),
      uploadButton(params.number), paper];
  }

  function exportCard() {
    const link = (href, label) => h('a.button', { href: `/api/v1${base}/${href}`, download: '' }, label);
    return h('section.card.no-print', h('h2', t('exports.ofCase')), h('p.note', t('exports.caseNote')), h('div.row',
      link('file?as=pdf', t('exports.pdf')), link('file?as=pages', t('exports.pages')), link('file?as=fhir', t('exports.fhir')), link('export', t('exports.json')), h('a.button', { href: `${base}/difficult` }, t('difficult.title'))));
  }

  function draw() {
    const one = state.case;
    fill(body,
      pageHead(one.name || t('desk.noName'), { note: one.kana, actions: actions(one) }),
      one.merged_into ? callout('wait', t('cases.mergedInto'), ' ', h('a', { href: `/cases/${one.merged_into}` }, one.merged_into)) : null,
      one.completed ? callout('calm', t('cases.closedLine', { day: dayOf(one.completed), as: word('cases.closedAs', one.closed_as), by: who(one.closed_by) })) : null,
      h('section.card', facts([
        [t('desk.case'), one.number], [t('cases.birth'), birthText(one.birth)], [t('cases.opened'), `${day(one.opened)} ${who(one.opened_by)}`],
        [t('cases.sheets'), one.unconfirmed ? t('cases.sheetsOpen', { n: one.sheets, open: one.unconfirmed }) : String(one.sheets)],
        [t('cases.keepUntil'), dayOf(one.keep_until)], [t('desk.office'), session.officeName(one.office)],
      ])),
      h('div.halves.case-columns',
        h('section.card', h('h2', t('cases.timeline')), h('ol.timeline', timeline(state).map((line) => drawLine(line, params.number, (event) => note(event.kind, event)())))),
        h('div.stack', openTodos(state.todos), consentCard(state, () => load().catch(showFault)), works() ? inquiriesCard(asked, params.number, () => load().catch(showFault)) : null, pagesCard(state.pages), works() ? printsCard(forms, params.number) : null, works() && !one.merged_into ? exportCard() : null)));
  }

  await loadMore();
  if (works()) forms = (await api.get('/forms', { signal })).items.filter((form) => PRINTED.includes(form.form));
  draw();
  root.append(body);
  if (works() && !state.case.merged_into)
    bindKeys([
      { keys: ['o'], label: t('cases.addOutcome'), do: () => void outcome() },
      { keys: ['k'], label: t('cases.note.progress'), do: () => void note('progress')() },
      { keys: ['m'], label: t('cases.note.conference'), do: () => void note('conference')() },
    ], { signal, group: params.number });
  let later = 0;
  const soon = () => { clearTimeout(later); later = setTimeout(() => load().catch(() => {}), 500); };
  onEvent('case', (data) => { if (data.object === `case:${params.number}` && data.action !== 'print') soon(); }, signal);
  onEvent('todo', soon, signal);
  onEvent('sheet', soon, signal);
  onEvent('document', soon, signal);
}
