/*
 * toast - one line about what was just done, with undo where that is possible; Ctrl+Z undoes the newest
 *
 * It stays while the pointer or the focus is on it, is read to screen readers, and nothing that a person must know is said by it alone.
 */
import { h, say } from '../dom.js';
import { t } from '../i18n.js';
import { bindKeys } from '../keys.js';

const STAY_MS = 9000;
const UNDO_MAX = 30;
let shown = null; // one at a time: a pile of them covers what a person works on
let undoable = []; // newest last; also those that are no longer on the screen

function remove(toast) {
  clearTimeout(toast.timer);
  toast.element.remove();
  if (shown === toast) shown = null;
}

function wait(toast) {
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => {
    if (toast.element.matches(':hover, :focus-within')) wait(toast);
    else remove(toast);
  }, STAY_MS);
}

async function undo(toast) {
  remove(toast);
  undoable = undoable.filter((one) => one !== toast);
  try {
    await toast.undo();
    showToast(t('common.undone'));
  } catch (error) {
    showFault(error);
  }
}

export function showToast(text, { undo: undoing = null, fault = false } = {}) {
  const toast = { undo: undoing };
  toast.element = h('div.toast', { class: { fault } }, h('span', text),
    undoing ? h('button', { type: 'button', onclick: () => undo(toast) }, t('common.undo'), ' ', h('kbd', 'Ctrl+Z')) : null,
    h('button.quiet', { type: 'button', 'aria-label': t('common.close'), onclick: () => remove(toast) }, '×'));
  if (shown) remove(shown);
  document.getElementById('toasts').append(toast.element);
  shown = toast;
  if (undoing) undoable = [...undoable.slice(-UNDO_MAX), toast];
  wait(toast);
  say(text, fault);
}

export function showFault(error) {
  if (error?.name === 'AbortError') return;
  showToast(error?.message ?? String(error), { fault: true });
}

export function clearUndo() { // another page: what can be undone there is not seen here
  if (shown?.undo) remove(shown);
  undoable = [];
}

bindKeys([{
  keys: ['Ctrl+z'], hidden: true,
  do: () => { const toast = undoable.at(-1); return toast ? void undo(toast) : false; },
}]);
