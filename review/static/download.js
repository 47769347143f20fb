/*
 * download - files of the desk's API: fetched first, so that a refusal is a sentence on the page and not a download that fails in silence
 */
import { api } from './api.js';
import { h } from './dom.js';
import { showFault } from './widgets/toast.js';

const KEPT_MS = 60000; // the browser may ask where to put it

/* path: below /api/v1 */
export async function download(path, query) {
  try {
    const { blob, name } = await api.file(path, { query });
    const url = URL.createObjectURL(blob);
    h('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
  } catch (error) {
    if (error.name !== 'AbortError') showFault(error);
  }
}
