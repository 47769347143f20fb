/*
 * i18n - every word on the screen, by key
 *
 * Tables are lang/ja/AREA.js and lang/en/AREA.js, each `export default { key: 'text' }`; AREA is listed in lang/areas.js. A key is
 * used as t('AREA.key', values). "{name}" takes a value; "{count:sheet|sheets}" chooses by the number and does not print it.
 * Japanese is the first language and the one that a missing English text falls back to (a test sees to it that none is missing).
 */
import { areas } from './lang/areas.js';

export const languages = ['ja', 'en'];
const tables = { ja: {}, en: {} };
let current = 'ja';

async function load(language) {
  const loaded = await Promise.all(areas.map((area) => import(`./lang/${language}/${area}.js`)));
  areas.forEach((area, i) => { tables[language][area] = loaded[i].default; });
}

function remembered() {
  try {
    return localStorage.getItem('tasuki.language');
  } catch {
    return null; // storage is forbidden: Japanese then
  }
}

export function language() {
  return current;
}

export async function useLanguage(wanted = remembered()) {
  const next = languages.includes(wanted) ? wanted : 'ja';
  if (Object.keys(tables[next]).length === 0) await load(next);
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem('tasuki.language', next);
  } catch { /* for this page then */ }
}

function find(key) {
  const dot = key.indexOf('.');
  const area = key.slice(0, dot);
  const name = key.slice(dot + 1);
  return tables[current][area]?.[name] ?? tables.ja[area]?.[name];
}

export function has(key) {
  return find(key) !== undefined;
}

export function t(key, values = {}) {
  const text = find(key);
  if (text === undefined) return key;
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    if (!(name in values)) return whole;
    if (one !== undefined) return Number(values[name]) === 1 ? one : many;
    return typeof values[name] === 'number' ? number(values[name]) : String(values[name]);
  });
}

/* For words that the server names by an identifier: state.needs_review; the identifier itself when nobody has a word for it. */
export function word(prefix, identifier) {
  const key = `${prefix}.${identifier}`;
  return has(key) ? t(key) : identifier;
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(current, { maximumFractionDigits: digits }).format(value);
}
