/*
 * model - a sheet's fields as rows for people: the cells of a date are one row, everything else is its own, in the sheet's order
 *
 * A row: { id, kind: date | mark | text | digits | image | ward, label, block, fields: [ids], waiting, … } and never changes; after every
 * answer of the server the rows are made anew.
 */
import { eraById, eraText, iso, parseDate, toEra } from '../dates.js';

const LETTERS = /^(明治|大正|昭和|平成|令和)/;

export function chosen(value) {
  return value === '' ? [] : value.split(',');
}

/* The era that stands in the year (令和8), else the one ticked, else the one printed; and the bare year. */
export function yearOf(sheet, date) {
  const value = sheet.byId.get(date.year)?.value ?? '';
  const named = LETTERS.exec(value)?.[1];
  const ticked = date.era_field ? chosen(sheet.byId.get(date.era_field)?.value ?? '')[0] : date.era;
  return { era: named ? { name: named } : eraById(ticked ?? ''), year: named ? value.slice(named.length) : value };
}

export function dateText(sheet, date, parts = {}) {
  const get = (part) => parts[date[part]] ?? sheet.byId.get(date[part])?.value ?? '';
  const shown = { ...sheet, byId: new Map(sheet.byId) };
  for (const [id, value] of Object.entries(parts)) shown.byId.set(id, { ...sheet.byId.get(id), value });
  const { era, year } = yearOf(shown, date);
  if (year === '' && get('month') === '' && get('day') === '') return '';
  const mark = (value) => (value === '' ? '＿' : value);
  return `${era?.name ?? '（元号？）'}${mark(year)}年${mark(get('month'))}月${mark(get('day'))}日`;
}

/* What a typed date means for the cells: { values } or { fault: key of i18n }. */
export function dateValues(sheet, date, typed) {
  const text = typed.normalize('NFKC').trim();
  const cells = [date.year, date.month, date.day];
  if (text === '') return { values: Object.fromEntries([...cells, ...(date.era_field ? [date.era_field] : [])].map((id) => [id, ''])) };
  const { era } = yearOf(sheet, date);
  const found = parseDate(text, era?.id ? era : eraById(date.era)) ?? (era && !era.id ? parseDate(era.name + text) : null);
  if (!found) return partial(date, text, cells);
  const values = { [date.month]: String(found.month), [date.day]: String(found.day) };
  if (date.era_field) {
    const option = sheet.byId.get(date.era_field).options.some((one) => one.value === found.era.id);
    if (!option) return { fault: 'sheet.date.noEra' };
    return { values: { [date.era_field]: found.era.id, [date.year]: String(found.year), ...values } };
  }
  return { values: { [date.year]: found.era.id === date.era ? String(found.year) : `${found.era.name}${found.year}`, ...values } };
}

/* "27.4." and "27..12": some cells are empty on the paper, and stay so. */
function partial(date, text, cells) {
  const found = /^(\d{0,2})[年./-](\d{0,2})(?:[月./-](\d{0,2})日?)?$/.exec(text);
  if (!found || found.slice(1).every((part) => part)) return { fault: 'sheet.date.none' };
  return { values: Object.fromEntries(cells.map((id, i) => [id, found[i + 1] ?? ''])) };
}

function isWaiting(field) {
  return field?.decided === 'waiting';
}

function bounds(fields) {
  const boxes = fields.map((field) => field.box).filter(([, , w, h]) => w > 0 && h > 0);
  if (boxes.length === 0) return null;
  const left = Math.min(...boxes.map((box) => box[0]));
  const top = Math.min(...boxes.map((box) => box[1]));
  return [left, top, Math.max(...boxes.map((box) => box[0] + box[2])) - left, Math.max(...boxes.map((box) => box[1] + box[3])) - top];
}

/* Each cell that waits lends its alternatives: the date with that cell replaced. */
function dateChoices(sheet, date, fields) {
  const seen = new Set([dateText(sheet, date)]);
  const found = [];
  for (const field of fields.filter(isWaiting)) {
    for (const one of field.alternatives) {
      const text = dateText(sheet, date, { [field.id]: one.value });
      if (!seen.has(text)) found.push({ text, values: { [field.id]: one.value }, confidence: one.confidence });
      seen.add(text);
    }
  }
  return found.sort((a, b) => b.confidence - a.confidence).slice(0, 5);
}

/* Once it is decided: the day that the sheet means, whatever era is printed there. */
function settled(sheet, date, fields) {
  const meant = sheet.byId.get(date.id);
  const day = meant && meant.decided !== 'waiting' && !fields.some(isWaiting) ? toEra(meant.value) : null;
  return day ? eraText(day) : dateText(sheet, date);
}

function dateRow(sheet, date) {
  const fields = ['era_field', 'year', 'month', 'day'].map((part) => sheet.byId.get(date[part])).filter(Boolean);
  const derived = sheet.byId.get(date.id);
  return {
    id: date.id, kind: 'date', date, label: date.label, block: fields[0].block, fields: fields.map((field) => field.id), box: bounds(fields),
    waiting: fields.some(isWaiting) || isWaiting(derived), derived,
    blocked: isWaiting(derived) && !fields.some(isWaiting), // every cell was decided and they make no date
    reasons: [...new Set([...fields, ...(derived && !fields.some(isWaiting) ? [derived] : [])].filter(isWaiting).map((field) => field.reason))],
    value: settled(sheet, date, fields), decided: decidedOf(fields), choices: dateChoices(sheet, date, fields), by: fields.find((field) => field.by)?.by ?? '',
    changed: fields.some((field) => field.read !== field.value && !isWaiting(field)), read: fields.map((field) => field.read).join('.'),
    blank: fields.every((field) => field.value === ''), required: fields.some((field) => field.required),
  };
}

function decidedOf(fields) {
  if (fields.some(isWaiting)) return 'waiting';
  if (fields.some((field) => field.decided === 'set')) return 'set';
  return fields.every((field) => field.decided === 'confirmed') ? 'confirmed' : fields.some((field) => field.decided === 'confirmed') ? 'confirmed' : 'accepted';
}

function fieldRow(sheet, field) {
  const kind = field.kind === 'circle' ? 'mark' : field.kind;
  const choices = kind === 'mark' ? [] : field.alternatives.filter((one) => one.value !== field.value).map((one) => ({ text: one.value, values: { [field.id]: one.value }, confidence: one.confidence }));
  return {
    id: field.id, kind, field, label: field.label, block: field.block, fields: [field.id], box: bounds([field]), waiting: isWaiting(field),
    reasons: isWaiting(field) ? [field.reason] : [], value: field.value, decided: field.decided, choices: choices.slice(0, 5), by: field.by,
    changed: field.read !== field.value && !isWaiting(field), read: field.read, blank: field.value === '', required: field.required,
  };
}

function wardRow(field, block) {
  return {
    id: 'ward', kind: 'ward', field, label: field.label, block, fields: ['ward'], box: null, waiting: isWaiting(field), reasons: isWaiting(field) ? [field.reason] : [],
    value: field.value, decided: field.decided, choices: [], by: field.by, changed: false, read: field.read, blank: field.value === '', required: false,
  };
}

/* sheet: as the server answers; adds byId and rows. */
export function withRows(answer) {
  const sheet = { ...answer, byId: new Map(answer.fields.map((field) => [field.id, field])) };
  const dates = new Map(sheet.dates.map((date) => [date.id, date]));
  const done = new Set();
  const rows = [];
  let lastBlock = '';
  for (const field of sheet.fields) {
    if (field.kind === 'derived') continue;
    lastBlock = field.block;
    if (field.date && dates.has(field.date)) {
      if (!done.has(field.date)) rows.push(dateRow(sheet, dates.get(field.date)));
      done.add(field.date);
    } else {
      rows.push(fieldRow(sheet, field));
      if (field.means === 'patient.address' && sheet.byId.has('ward')) {
        const ward = sheet.byId.get('ward');
        rows.push(wardRow(ward, field.block));
        done.add('ward');
      }
    }
  }
  if (sheet.byId.has('ward') && !done.has('ward')) rows.push(wardRow(sheet.byId.get('ward'), lastBlock));
  sheet.rows = rows;
  sheet.waitingRows = rows.filter((row) => row.waiting);
  return sheet;
}

/* As people read it. */
export function shown(sheet, row) {
  if (row.kind === 'mark') {
    const picked = chosen(row.value);
    return row.field.options.filter((option) => picked.includes(option.value)).map((option) => option.label).join('・');
  }
  return row.value;
}

export function derivedIso(sheet, dateId) {
  return sheet.byId.get(dateId)?.value ?? '';
}

export { iso };
