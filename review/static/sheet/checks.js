/*
 * checks - what does not agree between the values as they are now; each finding stands at the rows that it is about
 *
 * checks(sheet) answers [{ rows: [ids], key, values }]. They explain; nothing is forbidden by them: the paper may be wrong.
 */
import { chosen } from './model.js';

function ageOn(birth, day) {
  const [by, bm, bd] = birth.split('-').map(Number);
  const [y, m, d] = day.split('-').map(Number);
  return y - by - (m < bm || (m === bm && d < bd) ? 1 : 0);
}

function japanDay(stamp) {
  return new Date(new Date(stamp).getTime() + 9 * 3600 * 1000).toISOString().slice(0, 10);
}

const dateOf = (sheet, role) => sheet.dates.find((date) => date.role === role);
const valueOf = (sheet, id) => sheet.byId.get(id)?.value ?? '';

function age(sheet) {
  const birth = dateOf(sheet, 'birth');
  const written = birth?.age ? valueOf(sheet, birth.age) : '';
  const born = birth ? valueOf(sheet, birth.id) : '';
  if (!written || !born) return [];
  const own = ['referral', 'created', 'issued'].map((role) => dateOf(sheet, role)).find((date) => date && valueOf(sheet, date.id));
  const day = own ? valueOf(sheet, own.id) : japanDay(sheet.received);
  const right = ageOn(born, day);
  return right === Number(written) ? [] : [{ rows: [birth.id, birth.age], key: 'sheet.check.age', values: { written, right } }];
}

function order(sheet) {
  const from = dateOf(sheet, 'referral');
  const to = dateOf(sheet, 'move');
  const [a, b] = [from && valueOf(sheet, from.id), to && valueOf(sheet, to.id)];
  return a && b && b < a ? [{ rows: [from.id, to.id], key: 'sheet.check.order', values: {} }] : [];
}

function future(sheet) {
  const today = japanDay(sheet.received);
  return sheet.dates.filter((date) => date.role !== 'valid_to' && valueOf(sheet, date.id) > today)
    .map((date) => ({ rows: [date.id], key: 'sheet.check.future', values: {} }));
}

function conditions(sheet) {
  const found = [];
  for (const row of sheet.rows) {
    const [other, option] = (row.field?.only_if ?? '').split('=');
    if (!option || row.blank || !sheet.byId.has(other)) continue;
    const on = sheet.byId.get(other);
    if (!chosen(on.value).includes(option))
      found.push({ rows: [row.id], key: 'sheet.check.condition', values: { option: on.options.find((one) => one.value === option)?.label ?? option, field: on.label } });
  }
  return found;
}

export function checks(sheet) {
  return [...age(sheet), ...order(sheet), ...future(sheet), ...conditions(sheet)];
}
