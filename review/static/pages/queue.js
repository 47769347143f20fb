/* queue - what arrived and waits */
import { pageHead } from '../widgets/parts.js';
import { t } from '../i18n.js';

export const path = '/';
export const title = 'common.nav.queue';

export async function render(root) {
  root.append(pageHead(t(title)));
}
