/* upload - a scan that a person hands in: asked for its office where there are several; with a case it is put there when it was read */
import { api } from '../api.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { session } from '../session.js';
import { openDialog } from './dialog.js';
import { formField } from './parts.js';
import { showFault, showToast } from './toast.js';

const KINDS = 'image/tiff,image/png,image/jpeg,application/pdf';

async function askOffice() {
  if (session.offices.length < 2) return session.offices[0]?.id ?? '';
  const select = h('select', session.offices.map((office) => h('option', { value: office.id }, office.name)));
  return openDialog({
    title: t('desk.upload'), body: [formField(t('desk.uploadFor'), select)],
    actions: [{ label: t('common.cancel'), value: null }, { label: t('desk.uploadGo'), primary: true, get value() { return select.value; } }],
  });
}

async function upload(file, number) {
  try {
    const office = number ? '' : await askOffice();
    if (office === null) return;
    await api.upload('/uploads', file, { query: number ? { case: number } : { office } });
    showToast(t(number ? 'desk.uploadedCase' : 'desk.uploaded', { name: file.name, number }));
  } catch (error) {
    showFault(error);
  }
}

/* number: of the case that the scan belongs to, or '' */
export function uploadButton(number = '') {
  const input = h('input', { type: 'file', hidden: true, accept: KINDS, 'aria-label': t('desk.upload'), onchange: () => { if (input.files[0]) upload(input.files[0], number); input.value = ''; } });
  return [input, h('button', { type: 'button', onclick: () => input.click() }, t('desk.upload'))];
}
