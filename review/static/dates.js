/*
 * dates - dates as people in an office type them: S6.5.2  昭和6年5月2日  昭6/5/2  令和元年5月1日  R1-5-1  1931-05-02  19310502
 *
 * Half and full width are the same. A date that does not exist, or that its era does not have (昭和64年2月1日), is none.
 */
export const eras = [
  { id: 'meiji', letter: 'M', name: '明治', from: '1868-01-25', to: '1912-07-29', first: 1868 },
  { id: 'taisho', letter: 'T', name: '大正', from: '1912-07-30', to: '1926-12-24', first: 1912 },
  { id: 'showa', letter: 'S', name: '昭和', from: '1926-12-25', to: '1989-01-07', first: 1926 },
  { id: 'heisei', letter: 'H', name: '平成', from: '1989-01-08', to: '2019-04-30', first: 1989 },
  { id: 'reiwa', letter: 'R', name: '令和', from: '2019-05-01', to: '9999-12-31', first: 2019 },
];

export function eraById(id) {
  return eras.find((era) => era.id === id) ?? null;
}

function exists(year, month, day) {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export function iso(year, month, day) {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function eraOf(text) {
  return eras.find((era) => era.letter === text.toUpperCase() || era.name === text || era.name[0] === text) ?? null;
}

function inEra(era, year, month, day) {
  const full = era.first + year - 1;
  if (!exists(full, month, day)) return null;
  const text = iso(full, month, day);
  return text < era.from || text > era.to ? null : { iso: text, era, year, month, day };
}

/* The era that a day lies in, and its year there. */
export function toEra(text) {
  const [year, month, day] = text.split('-').map(Number);
  const era = eras.find((one) => text >= one.from && text <= one.to);
  return era ? { iso: text, era, year: year - era.first + 1, month, day } : null;
}

/* { iso, era, year, month, day } with the year in its era, or null. era: an era to take when none was typed ("31.5.2"). */
export function parseDate(typed, era = null) {
  const text = typed.normalize('NFKC').replace(/[\s、,]/g, '').replace(/元(?=年|[./-])/, '1');
  const parts = /^(明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHRmtshr])?(\d{1,4})[年./-](\d{1,2})[月./-](\d{1,2})日?$/.exec(text);
  if (parts) {
    const [, named, year, month, day] = parts;
    const chosen = named ? eraOf(named) : null;
    if (chosen) return inEra(chosen, Number(year), Number(month), Number(day));
    if (year.length === 4) return exists(Number(year), Number(month), Number(day)) ? toEra(iso(Number(year), Number(month), Number(day))) : null;
    return era ? inEra(era, Number(year), Number(month), Number(day)) : null;
  }
  const digits = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (!digits) return null;
  const [year, month, day] = digits.slice(1).map(Number);
  return exists(year, month, day) ? toEra(iso(year, month, day)) : null;
}

export function eraText(date) {
  return `${date.era.name}${date.year === 1 ? '元' : date.year}年${date.month}月${date.day}日`;
}
