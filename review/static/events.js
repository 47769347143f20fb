/*
 * events - what changed on the server while a page is open
 *
 *   onEvent('sheet', (data) => …, signal);      one kind;  onEvent('*', (data, kind) => …, signal): every kind
 *
 * One tab of the browser holds the stream and tells the others: six streams would use up every connection that HTTP/1.1 allows to
 * a host. After a gap (the computer slept, the server was restarted) every listener gets kind "again" and should load anew.
 */
const listeners = new Set();
const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('tasuki-events') : null;
let kinds = ['again', 'queue', 'sheet', 'case', 'todo', 'notice', 'document', 'directory', 'account', 'system'];
let source = null;
let started = false;
let wasOpen = false;

function tell(kind, data) {
  for (const one of listeners)
    if (one.kind === kind || one.kind === '*' || kind === 'again') one.listener(data, kind);
}

function hear(kind, data) {
  channel?.postMessage({ kind, data });
  tell(kind, data);
}

function open() {
  source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => {
    if (wasOpen) hear('again', {});
    wasOpen = true;
  });
  for (const kind of kinds)
    source.addEventListener(kind, (event) => hear(kind, JSON.parse(event.data || '{}')));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 15000); // refused (session, server away): later
  });
}

export function startEvents() {
  if (started) return;
  started = true;
  channel?.addEventListener('message', (message) => tell(message.data.kind, message.data.data));
  if (navigator.locks) navigator.locks.request('tasuki-events', () => { open(); return new Promise(() => {}); });
  else open();
}

export function onEvent(kind, listener, signal) {
  const one = { kind, listener };
  listeners.add(one);
  signal?.addEventListener('abort', () => listeners.delete(one), { once: true });
}
