/*
 * navigate - going to another page of the desk without loading it anew
 *
 * A page that holds something unsaved registers guardLeaving(() => text or '', signal): the person is asked first.
 */
const guards = new Set();
let show = null;

export function onNavigate(handler) {
  show = handler;
}

export function guardLeaving(guard, signal) {
  guards.add(guard);
  signal?.addEventListener('abort', () => guards.delete(guard), { once: true });
}

export function reasonToStay() {
  for (const guard of guards) {
    const reason = guard();
    if (reason) return reason;
  }
  return '';
}

export function navigate(path, { replace = false } = {}) {
  return show(path, replace);
}

/* Changes the query of this page in the address bar without showing the page again. */
export function rememberQuery(values) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === '' || value === null || value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text ? `?${text}` : ''));
}
