/*
 * row - one row of the review: its words, its crop, its value, and the ways to decide it
 *
 * A row that waits can have the focus as a whole: there Enter keeps what was read, a number takes an alternative or an option. E, F2
 * or the space bar go into its input, where Enter takes what is typed and Esc goes back. Enter of an IME never arrives here.
 */
import { api } from '../api.js';
import { fill, h, say, uniqueId } from '../dom.js';
import { t, word } from '../i18n.js';
import { belongsToIme } from '../keys.js';
import { makeCombobox } from '../widgets/combobox.js';
import { drawCrop } from './picture.js';
import { chosen, dateValues, shown } from './model.js';

const ERA_SHARE = 0.05; // how far before the year the printed era stands
const COMPLETED = ['institution', 'department', 'town', 'ward'];

/* act: { decide(row, values), accept(row), active(row), canEdit(), sheetId, picture } */
export function makeRow(row, sheet, notes, act) {
  const labelId = uniqueId('row');
  const notesId = uniqueId('notes');
  const fault = h('p.fault', { role: 'alert' });
  const canvas = row.box && act.picture ? h('canvas.crop', { 'aria-hidden': 'true' }) : h('span.crop.none', { 'aria-hidden': 'true' });
  const value = h('div.row-value');
  const element = h('div.row-field', {
    role: 'group', 'aria-labelledby': labelId, 'aria-describedby': notesId, tabindex: row.waiting ? 0 : -1, dataset: { row: row.id },
    class: { waits: row.waiting, done: ['set', 'confirmed'].includes(row.decided), blank: row.blank && !row.waiting },
  },
  h('div.row-label', { id: labelId, lang: 'ja' }, row.label),
  canvas, value, h('div.row-notes', { id: notesId }, notes, fault));
  let input = null;
  let editing = false;
  let typed = false;
  let pending = null; // options ticked in a row that waits, until Enter

  if (row.kind === 'mark') showOptions();
  else if (row.waiting) showWaiting();
  else showValue();
  element.addEventListener('focusin', () => act.active(row));

  function typedValue() {
    return input.value.normalize('NFC').replace(/\s+$/, '');
  }

  function text() {
    const words = shown(sheet, row);
    return row.kind === 'ward' ? (act.wardName(row.value) || words) : words;
  }

  function showValue() {
    fill(value, h('button.value', { type: 'button', lang: 'ja', disabled: row.kind === 'image', onclick: () => edit(), title: act.canEdit() ? t('sheet.edit') : '' },
      text() || h('span.none', row.kind === 'image' ? t('sheet.image') : t('sheet.blank'))),
    suffix(), decision());
  }

  function suffix() { // printed behind the blank
    return row.field?.suffix && row.value !== '' ? h('small.note', { lang: 'ja' }, row.field.suffix) : null;
  }

  function decision() {
    if (row.decided === 'set') return h('span.by', t('sheet.by.set', { by: act.person(row.by) }), row.changed ? h('small', { lang: 'ja' }, t('sheet.readAs', { read: row.kind === 'date' ? row.read : shown(sheet, { ...row, value: row.read }) || t('sheet.blank') })) : null);
    if (row.decided === 'confirmed') return h('span.by', t('sheet.by.confirmed', { by: act.person(row.by) }));
    if (row.field?.reason === 'from_case') return h('span.by', t('sheet.by.case'), row.changed ? h('small', { lang: 'ja' }, t('sheet.readAs', { read: row.read || t('sheet.blank') })) : null);
    return null;
  }

  function choiceButtons() {
    const keep = h('button.choice', { type: 'button', lang: 'ja', onclick: () => act.accept(row) }, h('kbd', 'Enter'), ' ', text() || t('sheet.blankOk'));
    return [keep, row.choices.map((choice, i) => h('button.choice', { type: 'button', lang: 'ja', onclick: () => act.decide(row, choice.values) }, h('kbd', String(i + 1)), ' ', choice.text || t('sheet.blankOk')))];
  }

  function showWaiting() {
    input = makeInput();
    fill(value, h('div.choices', choiceButtons()), h('div.typing', inputElement(), h('span.hint', h('kbd', 'E'), ' ', t('sheet.type'))));
  }

  function showOptions() {
    const picked = chosen(pending ?? row.value);
    fill(value, h('div.choices', row.field.options.map((option, i) => h('button.choice', {
      type: 'button', lang: 'ja', 'aria-pressed': String(picked.includes(option.value)), onclick: () => clicked(i),
    }, row.waiting && i < 9 ? [h('kbd', String(i + 1)), ' '] : null, option.label)),
    row.waiting ? h('button.choice.keep', { type: 'button', onclick: () => act.accept(row) }, h('kbd', 'Enter'), ' ', picked.length === 0 ? t('sheet.noMark') : t('sheet.asShown')) : null), decision());
  }

  function inputElement() {
    return input.element ?? input;
  }

  function makeInput() {
    const name = `${row.label}: ${t('sheet.type')}`;
    if (row.field && COMPLETED.includes(row.kind === 'ward' ? 'ward' : row.field.lexicon)) {
      const box = makeCombobox({
        label: name, value: row.kind === 'ward' ? act.wardName(row.value) : row.value, attributes: { lang: 'ja' }, oninput: () => { typed = true; },
        search: async (q, signal) => (await api.get(`/sheets/${act.sheetId}/completions`, { query: { field: row.id, q }, signal })).items,
      });
      box.input.addEventListener('keydown', keydown);
      box.input.dataset.edit = '';
      return { element: box.element, get value() { return box.input.value; }, focus: () => box.input.focus(), select: () => box.input.select() };
    }
    const lines = row.field?.lines ?? 1;
    const made = lines > 1
      ? h('textarea', { rows: Math.min(lines, 4), 'aria-label': name, lang: 'ja', value: row.value })
      : h('input', { 'aria-label': name, lang: 'ja', autocomplete: 'off', value: row.value, ...(row.kind === 'digits' ? { inputmode: 'numeric' } : {}), ...(row.kind === 'date' ? { placeholder: t('sheet.date.example') } : {}) });
    made.dataset.edit = '';
    made.addEventListener('input', () => { typed = true; });
    made.addEventListener('keydown', keydown);
    return made;
  }

  function keydown(event) {
    if (belongsToIme(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) commit();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      leave();
    }
  }

  function commit() {
    const now = typedValue();
    fill(fault);
    if (row.kind === 'date') {
      const found = now === row.value ? { values: Object.fromEntries(row.fields.map((id) => [id, sheet.byId.get(id).value])) } : dateValues(sheet, row.date, now);
      if (found.fault) {
        fill(fault, t(found.fault));
        return;
      }
      settle(found.values);
    } else if (row.kind === 'ward') {
      const code = act.wardCode(now);
      if (now !== '' && !code) {
        fill(fault, t('sheet.noWard'));
        return;
      }
      settle({ ward: code });
    } else {
      const plain = row.kind === 'digits' ? now.normalize('NFKC').replace(/\s/g, '') : now;
      if (row.kind === 'digits' && !/^\d*$/.test(plain)) {
        fill(fault, t('sheet.digitsOnly'));
        return;
      }
      settle({ [row.id]: plain });
    }
  }

  function settle(values) {
    editing = false;
    typed = false;
    act.decide(row, values);
  }

  function edit() {
    if (!act.canEdit() || row.kind === 'image') return;
    if (row.kind === 'mark') {
      value.querySelector('button')?.focus();
      return;
    }
    if (!input) {
      input = makeInput();
      fill(value, h('div.typing', inputElement(), h('span.hint', h('kbd', 'Enter'), ' ', t('sheet.take'), ' ', h('kbd', 'Esc'), ' ', t('common.cancel'))));
    }
    editing = true;
    input.focus();
    input.select();
  }

  function leave() {
    editing = false;
    typed = false;
    fill(fault);
    if (row.waiting) {
      input = null;
      showWaiting();
      element.focus();
    } else {
      input = null;
      showValue();
      value.querySelector('button')?.focus();
    }
  }

  /* The values that option i makes. One of several: chosen, and on. Any number of them: ticked until Enter while the row waits (null). */
  function pick(i) {
    const option = row.field.options[i];
    if (!option || !act.canEdit()) return null;
    const picked = chosen(pending ?? row.value);
    const has = picked.includes(option.value);
    if (row.field.choose !== 'many') return { [row.id]: has && !row.waiting ? '' : option.value };
    const next = row.field.options.map((one) => one.value).filter((one) => (one === option.value ? !has : picked.includes(one))).join(',');
    if (!row.waiting) return { [row.id]: next };
    pending = next;
    showOptions();
    element.focus();
    say(`${option.label}: ${t(has ? 'sheet.off' : 'sheet.on')}`);
    return null;
  }

  function clicked(i) {
    const values = pick(i);
    if (values) act.decide(row, values, { stay: !row.waiting });
  }

  return {
    element, edit, row,
    get busy() { return (editing && typed) || pending !== null; },
    get pending() { return pending; },
    forget() { pending = null; },
    draw() { if (row.box && act.picture) drawCrop(canvas, act.picture, row.box, row.waiting ? { width: 480, height: 88 } : { width: 208, height: 40, least: 0.34 }, row.date?.era ? ERA_SHARE : 0); },
    focus() {
      if (row.waiting && row.kind !== 'mark' && row.blank && row.choices.length === 0) edit();
      else if (row.waiting) element.focus();
      else (value.querySelector('button') ?? element).focus();
    },
    /* What the number key means for this row: values, or null. */
    number(n) {
      if (row.kind !== 'mark') return row.choices[n - 1]?.values ?? null;
      return n === 0 ? { [row.id]: '' } : pick(n - 1);
    },
    fail(text) { fill(fault, text); },
  };
}

/* Why a row waits, and what does not agree with it. */
export function rowNotes(row, sheet, findings) {
  const problems = sheet.problems.filter((one) => one.open && (row.fields.includes(one.field) || one.field === row.id));
  const said = new Set(problems.map((one) => one.code));
  return [
    row.reasons.filter((reason) => !said.has(reason) && !(reason === 'unsure' && row.reasons.length > 1)).map((reason) => h('p.reason', word('sheet.reason', reason))),
    problems.map((one) => h('p.reason', { lang: 'ja' }, one.text)),
    findings.filter((one) => one.rows.includes(row.id)).map((one) => h('p.reason', t(one.key, one.values))),
  ];
}
