/*
 * tabs - parts of a page, one at a time; arrow keys move between them
 *
 *   makeTabs({ label, tabs: [{ id, label, count, render: (panel) => … }], selected, onselect })
 */
import { h, fill } from '../dom.js';
import { number } from '../i18n.js';

export function makeTabs({ label, tabs, selected = tabs[0].id, onselect = () => {} }) {
  const panel = h('div.tab-panel', { role: 'tabpanel', id: 'tab-panel', tabindex: 0 });
  const buttons = tabs.map((tab) => h('button', {
    type: 'button', role: 'tab', id: `tab-${tab.id}`, 'aria-controls': 'tab-panel', onclick: () => select(tab.id, true), onkeydown: move,
  }, tab.label, tab.count === undefined ? null : h('span.count', number(tab.count))));
  const element = h('div.tabs', h('div.tab-row', { role: 'tablist', 'aria-label': label }, buttons), panel);

  function select(id, tell) {
    selected = tabs.some((tab) => tab.id === id) ? id : tabs[0].id;
    tabs.forEach((tab, i) => {
      buttons[i].setAttribute('aria-selected', String(tab.id === selected));
      buttons[i].tabIndex = tab.id === selected ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', `tab-${selected}`);
    fill(panel);
    tabs.find((tab) => tab.id === selected).render(panel);
    if (tell) onselect(selected);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex((tab) => tab.id === selected) + step + tabs.length) % tabs.length;
    select(tabs[next].id, true);
    buttons[next].focus();
  }

  function setCount(id, count) {
    const button = buttons[tabs.findIndex((tab) => tab.id === id)];
    const badge = button.querySelector('.count') ?? button.appendChild(h('span.count'));
    badge.textContent = number(count);
  }

  select(selected, false);
  return { element, select, setCount, get selected() { return selected; } };
}
