/* people - how those are called who work at one's offices; the records know them by account */
import { api } from './api.js';
import { has, t } from './i18n.js';
import { session } from './session.js';

let names = new Map();
let loading = null;

async function load() {
  const { items } = await api.get('/people');
  names = new Map(items.map((one) => [one.user, one.name]));
}

/* Before a page is drawn; asked for once. A page without names is better than none. */
export function loadPeople() {
  if (!session.is('coordinator', 'manager')) return Promise.resolve();
  loading ??= load().catch(() => { loading = null; });
  return loading;
}

/* The person's name; a word for what the program did by itself; for a ward office the office, whose accounts are none of its business; else as it is written: somebody typed it, or works elsewhere. */
export function who(account) {
  if (has(`cases.by.${account}`)) return t(`cases.by.${account}`);
  if (session.is('ward_viewer') && !session.is('coordinator', 'manager', 'administrator', 'auditor')) return t('cases.by.office');
  return names.get(account) ?? account;
}
