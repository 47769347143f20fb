/*
 * keys - the keyboard map of what is on the screen
 *
 *   bindKeys([{ keys: ['Enter'], label: t('…'), do: (event) => … }], { signal, group: t('…') });
 *
 * keys    event.key, with Ctrl+ Alt+ Shift+ in front where they matter ("Ctrl+z", "Alt+ArrowUp", "?", "1"); a letter also works
 *         with caps lock on.
 * when    () => boolean, else the binding does not exist for now
 * typing  true: also while a text is being typed (never a plain character); without it a binding rests in text inputs
 * repeat  true: also for a key that is held down; without it only the first stroke counts
 * hidden  true: not in the help
 * `do` may return false: not meant, go on looking.
 *
 * A later binding goes before an earlier one. An open dialog hides everything bound outside of it (root: dialog).
 * IME: keys of a composition (isComposing, key code 229), and the Enter that ends one where the browser reports it afterwards, are
 * never looked at. Plain letters and digits can be switched off in the help (WCAG 2.1.4).
 */
import { isTextInput } from './dom.js';

const maps = [];
let composing = false;
let endedAt = -Infinity;

addEventListener('compositionstart', () => { composing = true; }, true);
addEventListener('compositionend', () => { composing = false; endedAt = performance.now(); }, true);
addEventListener('keyup', (event) => { if (event.key === 'Enter' && !event.isComposing) endedAt = -Infinity; }, true);

/* Also for listeners of their own: this key belongs to the input method. */
export function belongsToIme(event) {
  return composing || event.isComposing || event.keyCode === 229 ||
    (event.key === 'Enter' && performance.now() - endedAt < 100);
}

export function singleKeys() {
  try {
    return localStorage.getItem('tasuki.singleKeys') !== 'off';
  } catch {
    return true;
  }
}

export function useSingleKeys(on) {
  try {
    localStorage.setItem('tasuki.singleKeys', on ? 'on' : 'off');
  } catch { /* stays on */ }
}

function nameOf(event) {
  const plain = event.key.length === 1;
  const key = plain && /[a-z]/i.test(event.key) ? event.key.toLowerCase() : event.key;
  return (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + (event.altKey ? 'Alt+' : '') +
    (event.shiftKey && !plain ? 'Shift+' : '') + key;
}

function matches(binding, name, event) {
  const character = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (!binding.keys.includes(name)) return false;
  if (event.repeat && !binding.repeat) return false;
  if (isTextInput(event.target) && (!binding.typing || character)) return false;
  if (character && event.key !== '?' && !singleKeys()) return false;
  return !binding.when || binding.when();
}

function active() {
  const modal = [...document.querySelectorAll('dialog[open]')].filter((dialog) => dialog.matches(':modal')).pop();
  return maps.filter((map) => (modal ? map.root === modal : !map.root || map.root.isConnected)).reverse();
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || belongsToIme(event)) return;
  const name = nameOf(event);
  for (const map of active()) {
    for (const binding of map.bindings) {
      if (!matches(binding, name, event) || binding.do(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
});

export function bindKeys(bindings, { signal, group = '', root = null } = {}) {
  const map = { bindings, group, root };
  maps.push(map);
  signal?.addEventListener('abort', () => maps.splice(maps.indexOf(map), 1), { once: true });
}

/* [{ group, bindings }] of what works right now, for the help. */
export function activeKeys() {
  return active().map((map) => ({
    group: map.group,
    bindings: map.bindings.filter((binding) => !binding.hidden && (!binding.when || binding.when())),
  })).filter((map) => map.bindings.length > 0).reverse();
}
