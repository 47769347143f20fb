/*
 * combobox - a text input that completes: what is typed stands unless a person chooses something else
 *
 *   const box = makeCombobox({ id, label, value, search: async (text, signal) => [{ value, label, note }], onchange: (value, item) => … });
 *
 * Arrow keys move in the list, Enter or a click takes, Esc closes it. While an IME composes, nothing is searched and no key is taken.
 */
import { h, fill, uniqueId, say } from '../dom.js';
import { belongsToIme } from '../keys.js';
import { t } from '../i18n.js';

const WAIT_MS = 120;

export function makeCombobox({ id = uniqueId('combo'), label = null, value = '', search, onchange = () => {}, oninput = () => {}, attributes = {} }) {
  const listId = uniqueId('options');
  const input = h('input', {
    id, value, role: 'combobox', autocomplete: 'off', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': listId, ...attributes,
    ...(label ? { 'aria-label': label } : {}),
  });
  const list = h('ul.options', { id: listId, role: 'listbox', hidden: true, 'aria-label': label ?? t('common.suggestions') });
  const element = h('div.combobox', input, list);
  let items = [];
  let at = -1;
  let timer = 0;
  let running = null;
  let settled = value;

  function close() {
    running?.abort();
    clearTimeout(timer);
    list.hidden = true;
    items = [];
    at = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  function mark(index) {
    at = index;
    [...list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === at)));
    if (at >= 0) {
      input.setAttribute('aria-activedescendant', list.children[at].id);
      list.children[at].scrollIntoView({ block: 'nearest' });
    } else {
      input.removeAttribute('aria-activedescendant');
    }
  }

  function take(item) {
    input.value = item.value;
    close();
    settle(item);
  }

  function settle(item = null) {
    if (input.value === settled) return;
    settled = input.value;
    onchange(input.value, item);
  }

  function show(found) {
    items = found;
    fill(list, items.map((item, i) => h('li', { id: uniqueId('option'), role: 'option', 'aria-selected': 'false', onpointerdown: (event) => { event.preventDefault(); take(items[i]); } },
      h('span', item.label ?? item.value), item.note ? h('small', item.note) : null)));
    list.hidden = items.length === 0;
    input.setAttribute('aria-expanded', String(items.length > 0));
    mark(-1);
    if (items.length > 0) say(t('common.suggestionCount', { n: items.length }));
  }

  function look() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      running?.abort();
      running = new AbortController();
      try {
        const found = await search(input.value, running.signal);
        if (document.activeElement === input) show(found);
      } catch (error) {
        if (error.name !== 'AbortError') close();
      }
    }, WAIT_MS);
  }

  input.addEventListener('input', (event) => { oninput(input.value); if (!event.isComposing) look(); });
  input.addEventListener('compositionend', look);
  input.addEventListener('blur', () => { close(); settle(); });
  input.addEventListener('keydown', (event) => {
    if (belongsToIme(event)) return;
    const openNow = !list.hidden;
    if (event.key === 'ArrowDown' && !event.altKey) {
      if (openNow) mark((at + 1) % items.length);
      else look();
    } else if (event.key === 'ArrowUp' && openNow && !event.altKey) {
      mark(at <= 0 ? items.length - 1 : at - 1);
    } else if (event.key === 'Enter' && openNow && at >= 0) {
      take(items[at]);
    } else if (event.key === 'Escape' && openNow) {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    element, input,
    get value() { return input.value; },
    set value(next) { input.value = next; settled = next; },
    settle,
  };
}
