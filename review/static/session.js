/*
 * session - who is at the screen, and what happens when the session ends under a page
 *
 * GET /session answers { user, name, roles, offices: [{id, name}], sources: [{id, name}], cases, csrf, idle_seconds, must, … }. Roles are for showing and
 * hiding only; the server decides. After idle_seconds without a key or a movement the page is covered (lock.js) and the server is told.
 */
import { api, useCsrf, onSessionEnd } from './api.js';
import { t, word } from './i18n.js';
import { askToComeBack } from './lock.js';

let current = null;
let idleTimer = 0;
let told = 0; // when the server heard of activity

/* "upload", "submit", "hand", "office:kita" are ways in that no configuration names. */
function sourceName(id, officeName = session.officeName) {
  const [kind, office] = id.split(':');
  if (office !== undefined) return t('desk.fromOffice', { office: officeName(office) });
  return current?.sources?.find((source) => source.id === id)?.name ?? word('desk.sourceKind', kind);
}

export const session = {
  get user() { return current?.user ?? ''; },
  get name() { return current?.name ?? ''; },
  get roles() { return current?.roles ?? []; },
  get must() { return current?.must ?? ''; }, // what has to be done before anything else: "password", "second_factor"
  get cases() { return current?.cases ?? []; },
  get offices() { return current?.offices ?? []; },
  get signedIn() { return current !== null; },
  is: (...roles) => roles.some((role) => current?.roles?.includes(role)),
  officeName: (id) => current?.offices?.find((office) => office.id === id)?.name ?? id,
  sourceName,
};

function take(answer) {
  current = answer;
  told = Date.now();
  useCsrf(answer?.csrf);
  watchIdle();
}

/* false when nobody is signed in. */
export async function loadSession() {
  try {
    take(await api.get('/session', { anonymous: true }));
  } catch (error) {
    if (error.status !== 401) throw error;
    take(null);
    if (error.code !== 'locked') return false;
    const answer = await askToComeBack('locked', '');
    if (answer === null) return false;
    take(answer);
  }
  return true;
}

export function signedIn(answer) {
  take(answer);
}

export async function signOut() {
  await api.delete('/session');
  take(null);
  location.assign('/sign-in');
}

async function comeBack(code) {
  const before = current?.user ?? '';
  const answer = await askToComeBack(code, before);
  if (answer === null) return false;
  if (before !== '' && answer.user !== before) {
    location.assign('/'); // another person must not see what the first one had on the screen
    return false;
  }
  take(answer);
  return true;
}

onSessionEnd(comeBack);

async function lockNow() {
  try {
    await api.post('/session/lock', {}, { anonymous: true });
  } catch { /* it ended already, or the server is away: cover the page all the same */ }
  await api.get('/session'); // meets the lock, and so the dialog
}

/* Typing for long without asking the server for anything is work too. */
function tellActivity() {
  if (!current?.idle_seconds || Date.now() - told < current.idle_seconds * 250) return;
  told = Date.now();
  api.post('/session/activity', {}, { anonymous: true }).catch(() => {}); // if the session is over, the next real request says so
}

function watchIdle(event) {
  clearTimeout(idleTimer);
  if (!current?.idle_seconds) return;
  if (event) tellActivity();
  idleTimer = setTimeout(() => lockNow().catch(() => {}), current.idle_seconds * 1000);
}

for (const event of ['keydown', 'pointerdown', 'pointermove', 'wheel'])
  addEventListener(event, watchIdle, { passive: true, capture: true });
