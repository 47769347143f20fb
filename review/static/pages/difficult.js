/* difficult - what a ward office's named desk is told of a case: proposed here, released by a second person, receipt and end */
import { api } from '../api.js';
import { h, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { parseDate } from '../dates.js';
import { dayOf } from '../format.js';
import { who } from '../people.js';
import { session } from '../session.js';
import { ask, askText } from '../widgets/dialog.js';
import { badge, callout, formField, pageHead } from '../widgets/parts.js';
import { showFault } from '../widgets/toast.js';

export const path = '/cases/:number/difficult';
export const title = 'difficult.title';

const TONE = { proposed: 'wait', released: 'wait', told: 'calm', read: 'good' };

function proposal(state, send) {
  if (!state.consent) return callout('wait', t('difficult.noConsent'));
  if (state.ward_offices.length === 0) return callout('wait', t('difficult.noWard'));
  if (state.choices.length === 0) return callout('wait', t('difficult.nothing'));
  const why = h('input', { size: 40, autocomplete: 'off' });
  const to = h('select', state.ward_offices.map((one) => h('option', { value: one.id }, [one.name, one.department].filter(Boolean).join(' '))));
  const desk = h('input', { size: 24, autocomplete: 'off' });
  const way = h('select', ['fax', 'hand', 'viewer'].map((one) => h('option', { value: one }, t(`difficult.way.${one}`))));
  const account = h('input', { autocomplete: 'off' });
  const until = h('input', { size: 12, autocomplete: 'off' });
  const accountBox = formField(t('difficult.account'), account);
  const untilBox = formField(t('difficult.until'), until);
  const boxes = state.choices.map((one) => h('input', { type: 'checkbox', value: one.id }));
  const showWay = () => { accountBox.hidden = untilBox.hidden = way.value !== 'viewer'; };
  way.addEventListener('change', showWay);
  showWay();
  const submit = (event) => {
    event.preventDefault();
    const viewer = way.value === 'viewer';
    send({ why: why.value.trim(), desk: desk.value.trim(), way: way.value, institution: Number(to.value), fields: boxes.filter((one) => one.checked).map((one) => one.value).join(','),
      ...(viewer ? { account: account.value.trim(), until: parseDate(until.value)?.iso ?? until.value } : {}) });
  };
  return h('form.card.stack', { onsubmit: submit, 'aria-label': t('difficult.propose') }, h('h2', t('difficult.propose')),
    formField(t('difficult.why'), why), h('div.row', formField(t('difficult.to'), to), formField(t('difficult.desk'), desk)), h('div.row', formField(t('difficult.way'), way), accountBox, untilBox),
    h('fieldset', h('legend', t('difficult.fields')), h('ul.plain', state.choices.map((one, i) => h('li', h('label', boxes[i], ` ${one.label}: `, h('span', one.value)))))),
    h('div.row', h('button.primary', { type: 'submit' }, t('difficult.send'))));
}

export async function render(root, params, signal) {
  const base = `/cases/${encodeURIComponent(params.number)}/difficult`;
  const body = h('div.stack');

  async function step(work) {
    try {
      draw(await work());
    } catch (error) {
      showFault(error);
    }
  }

  const release = async (one) => { if (await ask(t('difficult.release'), t('difficult.releaseText'))) await step(() => api.post(`/difficult/${one.id}/release`)); };
  const say = (one, what, label, member) => async () => {
    const text = await askText(t(`difficult.${what === 'read' ? 'wasRead' : what}`), t(label));
    if (text) await step(() => api.post(`/difficult/${one.id}/${what}`, { [member]: text }));
  };

  function item(one) {
    const button = (label, onclick, kind = 'button') => h(kind, { type: 'button', onclick }, t(label));
    return h('section.card', h('p', badge(word('difficult.state', one.state), TONE[one.state] ?? 'calm'), ' ', h('strong', `${one.name} ${one.desk}`), ' ', t(`difficult.way.${one.way}`), ' ', one.until ? t('difficult.untilLine', { day: dayOf(one.until) }) : ''),
      h('p.note', t('difficult.line', { by: who(one.proposed_by), second: one.decided_by ? who(one.decided_by) : t('difficult.none'), reader: one.read_by ? who(one.read_by) : t('difficult.none') }), one.decided_why ? ` ${one.decided_why}` : ''),
      h('pre.words', { tabindex: 0 }, one.words),
      h('div.row.no-print',
        one.state === 'proposed' && one.proposed_by !== session.user ? button('difficult.release', () => release(one), 'button.primary') : null,
        one.state === 'proposed' && one.proposed_by === session.user ? h('span.note', t('difficult.second')) : null,
        one.state === 'released' ? button('difficult.handed', say(one, 'handed', 'difficult.whom', 'who')) : null,
        one.state === 'told' ? button('difficult.wasRead', say(one, 'read', 'difficult.whoRead', 'who')) : null,
        ['refused', 'ended'].includes(one.state) ? null : button('difficult.end', say(one, 'end', 'difficult.endWhy', 'why'))));
  }

  function draw(state) {
    fill(body, pageHead(t(title), { note: t('difficult.note'), actions: [h('a.button', { href: `/cases/${params.number}` }, params.number), h('button', { type: 'button', onclick: () => print() }, t('desk.print'))] }),
      state.items.map(item), state.items.some((one) => one.state === 'proposed') ? null : proposal(state, (wish) => step(() => api.post(base, wish))));
  }

  draw(await api.get(base, { signal }));
  root.append(body);
}
