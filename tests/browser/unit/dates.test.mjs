/* Dates as people type them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eraById, eraText, parseDate, toEra } from '../../../review/static/dates.js';

const rows = [
  ['S6.5.2', '1931-05-02'], ['s6-5-2', '1931-05-02'], ['Ｓ６．５．２', '1931-05-02'], ['昭和6年5月2日', '1931-05-02'],
  ['昭和六年5月2日', null], ['昭6/5/2', '1931-05-02'], ['1931-05-02', '1931-05-02'], ['1931年5月2日', '1931-05-02'],
  ['19310502', '1931-05-02'], ['令和元年5月1日', '2019-05-01'], ['R1.5.1', '2019-05-01'], ['R1.4.30', null],
  ['平成31年4月30日', '2019-04-30'], ['平成31年5月1日', null], ['昭和64年1月7日', '1989-01-07'], ['昭和64年1月8日', null],
  ['大正15年12月24日', '1926-12-24'], ['大正15年12月25日', null], ['T15.12.24', '1926-12-24'], ['昭和1年12月26日', '1926-12-26'],
  ['M45.7.29', '1912-07-29'], ['2023-02-29', null], ['2024-02-29', '2024-02-29'], ['S6.13.2', null], ['6.5.2', null], ['', null],
  [' 昭和 6年 5月 2日 ', '1931-05-02'],
];

for (const [typed, want] of rows)
  test(`"${typed}" is ${want ?? 'no date'}`, () => assert.equal(parseDate(typed)?.iso ?? null, want));

test('without an era the one that is printed on the sheet is taken', () =>
  assert.equal(parseDate('27.4.12', eraById('heisei')).iso, '2015-04-12'));
test('a day in its era', () => assert.equal(eraText(toEra('2019-05-01')), '令和元年5月1日'));
