/* notice_acts - what a person does about a notice */
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { ask, askText, openDialog } from './widgets/dialog.js';
import { formField } from './widgets/parts.js';
import { showFault, showToast } from './widgets/toast.js';

async function act(notice, what, body, done, words) {
  try {
    const answer = await api.post(`/notices/${notice.id}/${what}`, body);
    showToast(words);
    done(answer);
  } catch (error) {
    showFault(error);
  }
}

export async function retryNotice(notice, done) {
  if (notice.state === 'unknown' && !await ask(t('notice.retryTitle'), t('notice.retryUnknown'), { yes: t('notice.retry') })) return;
  await act(notice, 'retry', {}, done, t('notice.retried'));
}

export async function cancelNotice(notice, done) {
  const why = await askText(t('notice.cancelTitle'), t('notice.cancelWhy'), { yes: t('notice.cancel') });
  if (why) await act(notice, 'cancel', { why }, done, t('notice.cancelled'));
}

export async function otherChannel(notice, channel, done) {
  if (await ask(t('notice.otherTitle'), t('notice.otherText', { channel: t(`notice.channels.${channel.channel}`), value: channel.value }), { yes: t('notice.other') }))
    await act(notice, 'channel', { channel: channel.channel }, done, t('notice.rerouted'));
}

export async function tellByHand(notice, done) {
  const how = h('input', { autocomplete: 'off' });
  const at = h('input', { type: 'datetime-local', value: new Date(Date.now() + 9 * 3600 * 1000).toISOString().slice(0, 16) });
  const body = await openDialog({
    title: t('notice.byHandTitle'),
    body: [h('p.note', t('notice.byHandText')), formField(t('notice.how'), how, { note: t('notice.howNote') }), formField(t('todo.when'), at)],
    actions: [
      { label: t('common.cancel'), value: null },
      { label: t('notice.byHand'), primary: true, get value() { return { how: how.value.trim(), when: at.value ? new Date(`${at.value}:00+09:00`).toISOString() : undefined }; },
        check: () => (how.value.trim() === '' ? t('common.needed') : '') },
    ],
  });
  if (body) await act(notice, 'by-hand', body, done, t('notice.byHandDone'));
}
