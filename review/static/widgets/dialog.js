/*
 * dialog - a question on top of the page; closes by Esc, gives the focus back to where it was
 *
 *   const answer = await openDialog({ title, body: [nodes], actions: [{ label, value, primary, danger }] });
 *
 * Resolves with the value of the action, or null. An action's check() may return a text: it is shown and the dialog stays.
 * submit: index of the action that Enter in an input means (the primary one by default).
 */
import { h, fill, uniqueId } from '../dom.js';
import { t } from '../i18n.js';
import { belongsToIme, bindKeys } from '../keys.js';

export function openDialog({ title, body, actions, wide = false, keys = [], focus = null, onopen = null }) {
  return new Promise((resolve) => {
    const id = uniqueId('dialog');
    const fault = h('p.fault', { role: 'alert' });
    const before = document.activeElement;
    const closing = new AbortController();
    const primary = actions.find((action) => action.primary);
    const buttons = actions.map((action) => h('button', {
      type: 'button',
      class: { primary: action.primary, danger: action.danger },
      onclick: () => choose(action),
    }, action.label));
    const form = h('form.stack', { method: 'dialog', onsubmit: (event) => { event.preventDefault(); if (primary) choose(primary); } },
      h('h2', { id }, title), h('div.dialog-body', body), fault, h('div.row.actions', buttons));
    const dialog = h('dialog', { 'aria-labelledby': id, class: { wide } }, form);

    function end(value) {
      closing.abort();
      dialog.close();
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(value);
    }

    async function choose(action) {
      const wrong = await action.check?.();
      if (wrong) {
        fill(fault, wrong);
        return;
      }
      end(action.value ?? null);
    }

    dialog.addEventListener('cancel', (event) => { event.preventDefault(); if (!belongsToIme(event)) end(null); });
    dialog.addEventListener('keydown', (event) => { // a form with several inputs and no submit button does not submit itself
      if (event.key !== 'Enter' || event.defaultPrevented || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      if (!belongsToIme(event) && !event.repeat && primary) choose(primary);
    });
    if (keys.length > 0) bindKeys(keys, { signal: closing.signal, root: dialog });
    document.body.append(dialog);
    dialog.showModal();
    onopen?.({ dialog, close: end });
    (focus ?? dialog.querySelector('input, select, textarea') ?? buttons[actions.indexOf(primary)] ?? buttons[0])?.focus();
  });
}

export async function ask(title, text, { yes = t('common.yes'), danger = false } = {}) {
  return (await openDialog({
    title,
    body: h('p', text),
    actions: [{ label: t('common.cancel'), value: null }, { label: yes, value: true, primary: true, danger }],
  })) === true;
}

export async function askText(title, label, { value = '', required = true, multiline = false, yes = t('common.ok') } = {}) {
  const id = uniqueId('ask');
  const input = multiline ? h('textarea', { id, rows: 4, value }) : h('input', { id, value });
  return openDialog({
    title,
    body: [h('label', { for: id }, label), input],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: yes, primary: true, get value() { return input.value.trim(); },
        check: () => (required && input.value.trim() === '' ? t('common.needed') : '') },
    ],
  });
}
