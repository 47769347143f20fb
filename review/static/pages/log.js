/* log - what the office did, one line a contact: a key for the counterpart, Tab, a key for the kind, minutes, text, Enter */
import { api } from '../api.js';
import { h, fill, say } from '../dom.js';
import { t, word } from '../i18n.js';
import { dayOf } from '../format.js';
import { parseDate } from '../dates.js';
import { belongsToIme, bindKeys } from '../keys.js';
import { rememberQuery } from '../navigate.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { makeCombobox } from '../widgets/combobox.js';
import { askText } from '../widgets/dialog.js';
import { makeList } from '../widgets/list.js';
import { birthText } from '../widgets/patient.js';
import { makeTabs } from '../widgets/tabs.js';
import { formField, pageHead } from '../widgets/parts.js';
import { showFault, showToast } from '../widgets/toast.js';

export const path = '/log';
export const title = 'activity.title';

const KINDS = ['consultation', 'coordination', 'outside'];
const HOSTS = ['city_ward', 'related'];
const FORMS = ['meeting', 'training'];
const today = () => new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 10);
const numbered = (prefix, values) => values.map((value, i) => h('option', { value }, `${i + 1} ${word(prefix, value)}`));

/* Enter in a field saves; the form has no other way to be sent by it. */
function entryForm(label, fields, save, cancel) {
  return h('form.entry', { 'aria-label': label, onsubmit: (event) => { event.preventDefault(); save(); },
    onkeydown: (event) => {
      if (belongsToIme(event)) return;
      if (event.key === 'Enter' && event.target.matches('input, select')) { event.preventDefault(); save(); }
      if (event.key === 'Escape') { event.preventDefault(); cancel(); }
    } }, fields, h('div.row', h('button.primary', { type: 'submit' }, t('activity.save')), h('button.quiet', { type: 'button', onclick: cancel }, t('activity.clear'))));
}

function officeSelect() {
  return session.offices.length > 1 ? h('select', session.offices.map((office) => h('option', { value: office.id }, office.name))) : null;
}

function caseBox() {
  return makeCombobox({
    search: async (text, signal) => (text.trim() === '' ? [] : (await api.get('/search', { query: { q: text, limit: 8 }, signal })).items
      .filter((hit) => hit.case).map((hit) => ({ value: hit.case, label: `${hit.name} ${hit.kana}`, note: `${birthText(hit.birth)} ${hit.case}` }))),
  });
}

/* The day that was typed, or null after saying that it is none. */
function typedDay(input) {
  const date = parseDate(input.value);
  if (date === null) {
    input.focus();
    showFault(new Error(t('activity.noDay')));
  }
  return date?.iso ?? null;
}

function minutesOf(input) {
  const value = Number(input.value.normalize('NFKC') || '0');
  if (Number.isInteger(value) && value >= 0 && value <= 1440) return value;
  input.focus();
  showFault(new Error(t('activity.noMinutes')));
  return null;
}

function contactForm(counterparts, saved) {
  const office = officeSelect();
  const date = h('input', { value: today(), size: 12, autocomplete: 'off' });
  const counterpart = h('select', { 'data-focus': '' }, counterparts.map((one) => h('option', { value: one.id }, `${one.key} ${one.name}`)));
  const kind = h('select', numbered('activity.kind', KINDS));
  const kase = caseBox();
  const minutes = h('input', { value: '', size: 4, inputmode: 'numeric', autocomplete: 'off' });
  const text = h('input', { value: '', maxlength: 1000, autocomplete: 'off' });
  let source = null;
  let replaces = null;

  function clear() {
    source = replaces = null;
    kase.value = minutes.value = text.value = '';
    date.value = today();
    counterpart.focus();
  }

  function take(entry, more = {}) {
    source = more.source ?? null;
    replaces = more.replaces ?? null;
    if (office && entry.office) office.value = entry.office;
    date.value = entry.day ?? today();
    if (entry.counterpart) counterpart.value = entry.counterpart;
    kind.value = entry.kind;
    kase.value = entry.case ?? '';
    minutes.value = entry.minutes ? String(entry.minutes) : '';
    text.value = entry.text ?? '';
  }

  async function save() {
    const when = typedDay(date);
    const took = when === null ? null : minutesOf(minutes);
    if (took === null) return;
    try {
      const entry = await api.post('/contacts', { ...(office ? { office: office.value } : {}), day: when, counterpart: counterpart.value, kind: kind.value,
        case: kase.value.trim() || null, minutes: took, text: text.value.trim() || null, source, replaces });
      clear();
      saved(entry);
    } catch (error) {
      showFault(error);
    }
  }

  const element = entryForm(t('activity.newContact'), [
    office ? formField(t('desk.office'), office) : null, formField(t('activity.day'), date), formField(t('activity.counterpart'), counterpart),
    formField(t('activity.kindLabel'), kind), h('div.field', h('label', { for: kase.input.id }, t('desk.case')), kase.element),
    formField(t('activity.minutes'), minutes), h('div.grow', formField(t('activity.text'), text))], save, clear);
  return { element, take, counterpart, kind, text };
}

function meetingForm(saved) {
  const office = officeSelect();
  const date = h('input', { value: today(), size: 12, autocomplete: 'off' });
  const form = h('select', numbered('activity.form', FORMS));
  const host = h('select', numbered('activity.host', HOSTS));
  const care = h('input', { type: 'checkbox' });
  const minutes = h('input', { value: '', size: 4, inputmode: 'numeric', autocomplete: 'off' });
  const text = h('input', { value: '', maxlength: 1000, autocomplete: 'off' });
  let replaces = null;

  function clear() {
    replaces = null;
    date.value = today();
    minutes.value = text.value = '';
    care.checked = false;
    date.focus();
  }

  function take(entry, id) {
    replaces = id;
    if (office) office.value = entry.office;
    date.value = entry.day;
    form.value = entry.form;
    host.value = entry.host;
    care.checked = entry.care_meeting;
    minutes.value = entry.minutes ? String(entry.minutes) : '';
    text.value = entry.text;
  }

  async function save() {
    const when = typedDay(date);
    const took = when === null ? null : minutesOf(minutes);
    if (took === null) return;
    try {
      const entry = await api.post('/gatherings', { ...(office ? { office: office.value } : {}), day: when, form: form.value, host: host.value,
        care_meeting: care.checked, minutes: took, text: text.value.trim() || null, replaces });
      clear();
      saved(entry);
    } catch (error) {
      showFault(error);
    }
  }

  const element = entryForm(t('activity.newMeeting'), [
    office ? formField(t('desk.office'), office) : null, formField(t('activity.day'), date), formField(t('activity.formLabel'), form),
    formField(t('activity.hostLabel'), host), formField(t('activity.care'), care), formField(t('activity.minutes'), minutes),
    h('div.grow', formField(t('activity.text'), text))], save, clear);
  return { element, take, first: date };
}

async function remove(path, entry, reload) {
  const why = await askText(t('activity.removeTitle'), t('activity.why'), { yes: t('activity.remove') });
  if (!why) return;
  try {
    await api.post(`${path}/${entry.id}/removal`, { why });
    showToast(t('activity.removed'));
    reload();
  } catch (error) {
    showFault(error);
  }
}

export async function render(root, params, signal) {
  const { items: all } = await api.get('/counterparts', { signal });
  const offered = all.filter((one) => !one.retired);
  const nameOf = (id) => all.find((one) => one.id === id)?.name ?? id;
  let last = null;

  const acts = (correct, take_out) => ({ label: t('activity.acts'), class: 'narrow', cell: (one) => h('div.row.tight',
    h('button.quiet', { type: 'button', onclick: () => correct(one) }, t('activity.correct')), h('button.quiet', { type: 'button', onclick: () => take_out(one) }, t('activity.remove'))) });
  const form = contactForm(offered, (entry) => { last = entry; showToast(t('activity.saved')); loadContacts(); });
  const meetings = meetingForm(() => { showToast(t('activity.saved')); loadMeetings(); });
  const correct = (one) => { form.take(one, { replaces: one.id }); form.counterpart.focus(); };
  const contactList = makeList({ label: t('activity.contacts'), empty: t('activity.empty'), columns: [
    { label: t('activity.day'), class: 'narrow', cell: (one) => dayOf(one.day) },
    { label: t('activity.counterpart'), cell: (one) => nameOf(one.counterpart) },
    { label: t('activity.kindLabel'), cell: (one) => word('activity.kind', one.kind) },
    { label: t('desk.case'), class: 'narrow', cell: (one) => (one.case ? h('a', { href: `/cases/${one.case}` }, one.case) : h('span.none', '—')) },
    { label: t('activity.minutes'), class: 'narrow', cell: (one) => (one.minutes ? one.minutes : h('span.none', '—')) },
    { label: t('activity.text'), cell: (one) => one.text },
    { label: t('activity.by'), class: 'narrow', cell: (one) => who(one.by) },
    acts(correct, (one) => remove('/contacts', one, loadContacts))] }, signal);
  const meetingList = makeList({ label: t('activity.meetings'), empty: t('activity.empty'), columns: [
    { label: t('activity.day'), class: 'narrow', cell: (one) => dayOf(one.day) },
    { label: t('activity.formLabel'), class: 'narrow', cell: (one) => word('activity.form', one.form) },
    { label: t('activity.hostLabel'), cell: (one) => word('activity.host', one.host) },
    { label: t('activity.care'), class: 'narrow', cell: (one) => (one.care_meeting ? t('common.yes') : h('span.none', '—')) },
    { label: t('activity.minutes'), class: 'narrow', cell: (one) => (one.minutes ? one.minutes : h('span.none', '—')) },
    { label: t('activity.text'), cell: (one) => one.text },
    { label: t('activity.by'), class: 'narrow', cell: (one) => who(one.by) },
    acts((one) => { meetings.take(one, one.id); meetings.first.focus(); }, (one) => remove('/gatherings', one, loadMeetings))] }, signal);
  const proposalList = makeList({ label: t('activity.proposals'), empty: t('activity.noProposals'), columns: [
    { label: t('activity.day'), class: 'narrow', cell: (one) => dayOf(one.day) },
    { label: t('activity.channel'), class: 'narrow', cell: (one) => word('todo.kind', one.channel) },
    { label: t('activity.whom'), cell: (one) => [one.name, one.counterpart ? h('small', ` ${nameOf(one.counterpart)}`) : null] },
    { label: t('activity.kindLabel'), cell: (one) => word('activity.kind', one.kind) },
    { label: t('desk.case'), class: 'narrow', cell: (one) => one.case || h('span.none', '—') },
    { label: t('activity.acts'), class: 'narrow', cell: (one) => h('div.row.tight', h('button', { type: 'button', onclick: () => accept(one) }, t('activity.accept')),
      h('button.quiet', { type: 'button', onclick: () => decline(one) }, t('activity.decline'))) }] }, signal);

  async function guarded(work) {
    try {
      await work();
    } catch (error) {
      showFault(error);
    }
  }

  const loadContacts = () => guarded(async () => contactList.show((await api.get('/contacts', { query: { limit: 100 }, signal })).items));
  const loadMeetings = () => guarded(async () => meetingList.show((await api.get('/gatherings', { query: { limit: 100 }, signal })).items));
  const loadProposals = () => guarded(async () => {
    const { items } = await api.get('/contact-proposals', { signal });
    proposalList.show(items.map((one) => ({ ...one, id: one.source })));
    tabs.setCount('proposals', items.length);
  });

  /* With a counterpart it is an entry at once; without, the person chooses one first. */
  async function accept(one) {
    if (one.counterpart === '') {
      tabs.select('contacts', true);
      form.take({ ...one, minutes: 0, text: one.name }, { source: one.source });
      form.counterpart.focus();
      say(t('activity.choose'));
      return;
    }
    await guarded(async () => {
      last = await api.post('/contacts', { office: one.office, day: one.day, counterpart: one.counterpart, kind: one.kind, case: one.case || null, text: one.name || null, source: one.source });
      showToast(t('activity.saved'));
      await Promise.all([loadProposals(), loadContacts()]);
    });
  }

  const decline = (one) => guarded(async () => {
    await api.post('/contact-proposals/decline', { office: one.office, source: one.source });
    await loadProposals();
  });

  function repeat() {
    last ??= contactList.rows[0] ?? null;
    if (last === null) return;
    form.take({ ...last, day: today() });
    form.text.focus();
    form.text.select();
  }

  const tabs = makeTabs({ label: t(title), selected: params.query.get('tab') ?? 'contacts', onselect: (tab) => rememberQuery({ tab }), tabs: [
    { id: 'contacts', label: t('activity.contacts'), render: (panel) => fill(panel, form.element, contactList.element) },
    { id: 'meetings', label: t('activity.meetings'), render: (panel) => fill(panel, meetings.element, meetingList.element) },
    { id: 'proposals', label: t('activity.proposals'), count: 0, render: (panel) => fill(panel, h('p.note', t('activity.proposalsNote')), proposalList.element) }] });

  const atForm = () => tabs.selected === 'contacts' && !contactList.element.contains(document.activeElement) && document.activeElement !== form.kind;
  bindKeys([
    { keys: ['r'], label: t('activity.repeat'), when: () => tabs.selected === 'contacts' && document.activeElement !== form.kind, do: repeat },
    ...offered.filter((one) => one.key).map((one) => ({ keys: [one.key], label: one.name, when: atForm, do: () => { form.counterpart.value = one.id; form.kind.focus(); say(one.name); } })),
  ], { signal, group: t(title) });

  root.append(pageHead(t(title), { note: t('activity.note'), actions: [h('button', { type: 'button', onclick: repeat }, t('activity.repeat'), ' ', h('kbd', 'R'))] }), tabs.element);
  await Promise.all([loadContacts(), loadMeetings(), loadProposals()]);
}
