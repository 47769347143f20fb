/* which - the cases that the sheet may belong to, side by side with what agrees and what differs */
import { h } from '../dom.js';
import { eraText, toEra } from '../dates.js';
import { day } from '../format.js';
import { t, word } from '../i18n.js';

const people = (value) => (/^\d{4}-\d\d-\d\d$/.test(value) && toEra(value) ? eraText(toEra(value)) : value);
const SIGNS = { agrees: ['✓', 'good'], differs: ['≠', 'bad'], unknown: ['–', 'none'] };

/* choose(number): a case's number, or "new" */
export function whichCase(candidates, choose) {
  const cell = (one, fact) => {
    const [sign, tone] = SIGNS[one.likeness[fact]] ?? SIGNS.unknown;
    return h('td', { lang: 'ja' }, h('span', { class: tone, 'aria-label': word('sheet.like', one.likeness[fact]) }, sign), ' ', people(one.values[fact]));
  };
  const known = candidates.items.slice(0, 3);
  const facts = Object.keys(candidates.values).filter((fact) => candidates.values[fact] || known.some((one) => one.values[fact]));
  return h('div.which',
    known.length === 0 ? h('p', t('sheet.which.none')) : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('sheet.sum.which') }, h('table',
      h('thead', h('tr', h('td'), h('th', { scope: 'col' }, t('sheet.which.sheet')),
        known.map((one, i) => h('th', { scope: 'col' }, h('button', { type: 'button', onclick: () => choose(one.case) }, h('kbd', String(i + 1)), ' ', one.case), h('br'), h('small', day(one.opened)))))),
      h('tbody', facts.map((fact) => h('tr', h('th', { scope: 'row' }, word('sheet.fact', fact)), h('td', { lang: 'ja' }, people(candidates.values[fact])), known.map((one) => cell(one, fact))))))),
    h('div.row', h('button', { type: 'button', onclick: () => choose('new') }, h('kbd', 'N'), ' ', t('sheet.which.new')), h('button', { type: 'button', onclick: () => choose(null) }, t('sheet.which.other'))));
}
