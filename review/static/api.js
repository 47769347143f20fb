/*
 * api - the one way to the server
 *
 *   const queue = await api.get('/queue', { query: { state: 'waiting', page: 2 }, signal });
 *   await api.post(`/sheets/${id}/confirm`, { revision }, { signal });
 *
 * Paths are below /api/v1. Answers are JSON; a failure throws ApiError, whose message is a sentence for the person at the screen:
 * the words for problem.refusal or problem.code in the language table where there are some, else the server's own detail. A request that meets a
 * session which has ended or is locked waits for the person to come back (lock.js) and is then made again, so that nothing typed
 * is lost. A request whose answer never came is not repeated by itself: the message says that nobody knows.
 */
import { t, has } from './i18n.js';

const ROOT = '/api/v1';
let csrf = '';
let comeBack = null; // async (code) => boolean: true when the same person is back
let waiting = null;

export class ApiError extends Error {
  constructor(status, problem, path) {
    super(words(status, problem));
    this.name = 'ApiError';
    this.status = status;
    this.code = problem?.code ?? '';
    this.problem = problem ?? {};
    this.path = path;
  }
}

/* What the server refused, in the person's language: its sentence by code, and what was filled into it. */
function refusal(problem) {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const said = (part) => (has(`refusals.word.${part}`) ? t(`refusals.word.${part}`) : part);
  const values = Object.fromEntries((problem.parts ?? []).map((part, i) => [names[i], said(part)]));
  return t(`refusals.${problem.refusal}`, values);
}

function words(status, problem) {
  if (problem?.refusal && has(`refusals.${problem.refusal}`)) return refusal(problem);
  if (problem?.code && has(`common.problem.${problem.code}`)) return t(`common.problem.${problem.code}`, problem);
  if (problem?.detail) return problem.detail;
  if (has(`common.problem.status${status}`)) return t(`common.problem.status${status}`);
  return t('common.problem.other', { status });
}

export function useCsrf(token) {
  csrf = token ?? '';
}

export function onSessionEnd(handler) {
  comeBack = handler;
}

export function url(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) value.forEach((one) => search.append(name, one));
    else if (value !== undefined && value !== null && value !== '') search.set(name, value);
  }
  const text = search.toString();
  return ROOT + path + (text ? `?${text}` : '');
}

async function problemOf(response) {
  const type = response.headers.get('Content-Type') ?? '';
  if (!type.includes('json')) return null;
  try {
    return await response.json();
  } catch {
    return null;
  }
}

async function once(method, path, { query, body, file, signal }) {
  const headers = { Accept: 'application/json' };
  let payload;
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (file !== undefined) {
    payload = file;
    headers['Content-Type'] = file.type || 'application/octet-stream';
  } else if (body !== undefined) {
    payload = JSON.stringify(body);
    headers['Content-Type'] = 'application/json';
  }
  try {
    return await fetch(url(path, query), { method, headers, body: payload, signal, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, { code: method === 'GET' ? 'offline' : 'offline_change' }, path);
  }
}

/* One dialog for however many requests meet the end of the session. */
async function back(code) {
  if (comeBack === null) return false;
  waiting ??= comeBack(code).finally(() => { waiting = null; });
  return waiting;
}

/* attachment; filename="27115-2026-0001.pdf"; filename*=UTF-8''… */
function nameOf(response) {
  const said = response.headers.get('Content-Disposition') ?? '';
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(said);
  return coded ? decodeURIComponent(coded[1]) : /filename="([^"]*)"/i.exec(said)?.[1] ?? '';
}

async function request(method, path, options = {}) {
  for (;;) {
    const response = await once(method, path, options);
    if (response.ok) {
      if (response.status === 204) return null;
      if (options.keep) return { blob: await response.blob(), name: nameOf(response) };
      return (response.headers.get('Content-Type') ?? '').includes('json') ? response.json() : response.blob();
    }
    const problem = await problemOf(response);
    if (problem?.csrf) csrf = problem.csrf; // of a locked session: what unlocks it needs the token too
    if (response.status === 401 && !options.anonymous && await back(problem?.code ?? 'signed_out')) continue;
    throw new ApiError(response.status, problem, path);
  }
}

export const api = {
  get: (path, options) => request('GET', path, options),
  post: (path, body, options) => request('POST', path, { ...options, body: body ?? {} }),
  put: (path, body, options) => request('PUT', path, { ...options, body: body ?? {} }),
  patch: (path, body, options) => request('PATCH', path, { ...options, body: body ?? {} }),
  delete: (path, options) => request('DELETE', path, options),
  /* The bytes of a file as the body, its name in ?name= */
  upload: (path, file, options) => request('POST', path, { ...options, file, query: { ...options?.query, name: file.name } }),
  /* { blob, name }: whatever it holds, as a file */
  file: (path, options) => request('GET', path, { ...options, keep: true }),
  url,
};
