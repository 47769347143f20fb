/* inquiry_acts - asking a hospital by hand, letting a first page go, taking one back */
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { ask, openDialog } from './widgets/dialog.js';
import { formField } from './widgets/parts.js';
import { showFault, showToast } from './widgets/toast.js';

async function send(path, body, words) {
  try {
    const answer = await api.post(path, body);
    showToast(words);
    return answer;
  } catch (error) {
    showFault(error);
    return null;
  }
}

export async function askNow(number) {
  if (!await ask(t('waiting.sendTitle'), t('waiting.sendText'), { yes: t('waiting.send') })) return null;
  return send(`/cases/${encodeURIComponent(number)}/inquiries`, {}, t('waiting.sent'));
}

export async function releaseInquiry(inquiry) {
  if (!await ask(t('waiting.releaseTitle'), t('waiting.releaseText', { hospital: inquiry.name || inquiry.hospital }), { yes: t('waiting.release') })) return null;
  return send(`/inquiries/${inquiry.id}/release`, {}, t('waiting.released'));
}

export async function cancelInquiry(inquiry) {
  const why = h('input', { maxlength: 300, autocomplete: 'off' });
  const body = await openDialog({
    title: t('waiting.cancelTitle'), focus: why,
    body: [h('p', t('waiting.cancelText')), formField(t('waiting.why'), why)],
    actions: [{ label: t('common.cancel'), value: null },
      { label: t('waiting.cancel'), primary: true, check: () => (why.value.trim() ? '' : t('common.needed')), get value() { return { why: why.value.trim() }; } }],
  });
  return body ? send(`/inquiries/${inquiry.id}/cancel`, body, t('waiting.cancelled')) : null;
}
