/*
 * dom - elements without markup in strings, so that no value of a sheet can become markup
 *
 *   h('button.primary', { type: 'button', onclick: save, disabled: busy }, t('common.save'))
 *
 * The first argument is a tag with optional .classes and #id. Properties: on… adds a listener (an array: [listener, options]),
 * dataset and class take objects, true sets an empty attribute, false, null and undefined leave it out. Children: nodes,
 * strings, numbers, arrays of them; null, undefined and false are nothing. There is no way to set markup or a style attribute.
 */
const SVG = 'http://www.w3.org/2000/svg';

function named(tag, make) {
  const [, name, rest] = /^([a-z0-9-]+)(.*)$/i.exec(tag);
  const element = make(name);
  for (const part of rest.match(/[.#][^.#]+/g) ?? []) {
    if (part[0] === '#') element.id = part.slice(1);
    else element.classList.add(part.slice(1));
  }
  return element;
}

function setOne(element, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name.startsWith('on')) {
    const [listener, options] = Array.isArray(value) ? value : [value];
    element.addEventListener(name.slice(2), listener, options);
  } else if (name === 'class') {
    const classes = typeof value === 'string' ? value.split(' ') : Object.keys(value).filter((key) => value[key]);
    element.classList.add(...classes.filter(Boolean));
  } else if (name === 'dataset') {
    Object.assign(element.dataset, value);
  } else if (name === 'value' && 'value' in element && element.tagName !== 'LI') {
    element.value = value;
  } else if (['checked', 'indeterminate', 'selected', 'muted'].includes(name)) {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

function build(element, args) {
  let children = args;
  const first = args[0];
  if (first !== null && typeof first === 'object' && !Array.isArray(first) && !(first instanceof Node)) {
    children = args.slice(1);
    element.append(...flat(children)); // before the properties: the value of a select needs its options
    for (const [name, value] of Object.entries(first)) setOne(element, name, value);
  } else {
    element.append(...flat(children));
  }
  return element;
}

function flat(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true)
    .map((child) => (child instanceof Node ? child : String(child)));
}

export function h(tag, ...args) {
  return build(named(tag, (name) => document.createElement(name)), args);
}

export function svg(tag, ...args) {
  return build(named(tag, (name) => document.createElementNS(SVG, name)), args);
}

export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

let last = 0;
export function uniqueId(prefix = 'u') {
  last += 1;
  return `${prefix}${last}`;
}

export function isTextInput(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement &&
    !['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'].includes(element.type);
}

/* For screen readers only; says it again when it is the same. */
export function say(text, urgent = false) {
  const region = document.getElementById(urgent ? 'alerts' : 'live');
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}
