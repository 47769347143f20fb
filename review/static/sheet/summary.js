/*
 * summary - what confirming leads to, on the same screen: patient, case, consent, who is told what by which way
 *
 * The key that sends does nothing in the first half second after the summary appeared or changed, and never while it is held down.
 */
import { fill, h, say } from '../dom.js';
import { day, when } from '../format.js';
import { t, word } from '../i18n.js';
import { eraText, toEra } from '../dates.js';
import { badge, facts } from '../widgets/parts.js';

const ARM_MS = 500;

function birth(text) {
  const era = text ? toEra(text) : null;
  return era ? `${eraText(era)}（${text}）` : text;
}

function patientPart(summary) {
  const { patient } = summary;
  return h('section', h('h3', t('sheet.sum.patient')),
    h('p.big', { lang: 'ja' }, patient.name || h('span.none', t('common.none')), patient.kana ? h('small', ` ${patient.kana}`) : null),
    h('p', { lang: 'ja' }, [patient.sex, birth(patient.birth), patient.ward && !patient.address.includes(patient.ward) ? patient.ward + patient.address : patient.address].filter(Boolean).join('　')));
}

function agreement(kase) {
  if (!kase.compared_with) return h('p', t(kase.sheets > 1 ? 'sheet.sum.noTwin' : 'sheet.sum.first'));
  return [
    kase.differs.length > 0 ? h('div.callout.wait', h('strong', t('sheet.sum.differs')),
      h('ul', { lang: 'ja' }, kase.differs.map((one) => h('li', t('sheet.sum.differsLine', { label: one.label, here: one.here, there: one.there }))))) : null,
    kase.agrees.length > 0 ? h('p', h('span.good', '✓ '), t('sheet.sum.agrees'), h('span', { lang: 'ja' }, kase.agrees.map((one) => one.label).join('・'))) : null,
  ];
}

/* What the values contradict each other in is said once more before they are confirmed. */
function findingsPart(findings) {
  if (findings.length === 0) return null;
  return h('section', h('div.callout.wait', h('strong', t('sheet.sum.findings')), h('ul', findings.map((one) => h('li', t(one.key, one.values))))));
}

function casePart(summary, act) {
  if (!summary.case) return h('section', h('h3', t('sheet.sum.which')), act.whichCase(summary));
  return h('section', h('h3', t('sheet.sum.case')),
    h('p', h('a.big', { href: `/cases/${encodeURIComponent(summary.case.number)}` }, summary.case.number), ' ', t('sheet.sum.caseNote', { day: day(summary.case.opened), sheets: summary.case.sheets })),
    agreement(summary.case));
}

function consentPart(summary, act) {
  const medical = summary.consents.medical;
  if (medical?.state === 'recorded')
    return h('section', h('h3', t('sheet.sum.consent')), h('p', h('span.good', '✓ '), t('sheet.sum.consentThere', { by: act.person(medical.by), day: day(medical.at) })));
  const tone = summary.consent_needed || medical?.state === 'withdrawn' ? 'wait' : 'calm';
  return h('section', h('h3', t('sheet.sum.consent')), h('div.callout.consent', { class: tone },
    h('p', h('strong', t(medical?.state === 'withdrawn' ? 'sheet.sum.withdrawn' : 'sheet.sum.noConsent')), ' ', t(summary.consent_on_sheet ? 'sheet.sum.onSheet' : 'sheet.sum.notOnSheet')),
    summary.case ? h('div.row',
      summary.consent_on_sheet ? h('button', { type: 'button', onclick: () => act.consent('patient', 'sheet') }, h('kbd', 'C'), ' ', t('sheet.sum.recordSheet')) : null,
      h('button', { type: 'button', onclick: () => act.askConsent() }, summary.consent_on_sheet ? null : [h('kbd', 'C'), ' '], t('sheet.sum.recordOther'))) : null));
}

/* What went out before, or is on its way, is not sent again by confirming. */
const isNew = (one) => one.act === 'send' && one.notice === '';
const isQuiet = (one) => one.act === 'nothing' || (one.act === 'send' && one.notice !== '');
const ACTS = { send: 'good', 'to-do': 'wait', refuse: 'bad', wait: 'calm', nothing: 'calm' };

function decision(one) {
  const to = one.name || one.recipient;
  return h('li.told', { class: one.act.replace('-', '') },
    h('div.row', one.notice ? badge(word('sheet.notice', one.notice), 'calm') : badge(word('sheet.act', one.act), ACTS[one.act]), h('strong', { lang: 'ja' }, to || t('sheet.sum.nobody')),
      one.channel ? h('span', `${word('sheet.channel', one.channel)} `, h('span.number', one.destination)) : null,
      one.due ? h('span.note', t('sheet.sum.due', { when: when(one.due) })) : null),
    one.reason ? h('p', { lang: 'ja' }, one.reason) : null,
    one.todo ? h('p.note', { lang: 'ja' }, one.todo) : null,
    one.body && one.act !== 'nothing' ? h('details', { open: isNew(one) }, h('summary', t('sheet.sum.text'), one.subject ? h('span', { lang: 'ja' }, ` ${one.subject}`) : null), h('pre', { lang: 'ja', tabindex: 0, 'aria-label': t('sheet.sum.text') }, one.body)) : null);
}

function toldPart(summary) {
  const acting = summary.decisions.filter((one) => !isQuiet(one));
  const quiet = summary.decisions.filter(isQuiet);
  const sends = acting.filter(isNew).length;
  return h('section', h('h3', t('sheet.sum.told', { count: sends })),
    acting.length > 0 ? h('ul.told-list', acting.map(decision)) : h('p', t('sheet.sum.noneTold')),
    quiet.length > 0 ? h('details', h('summary', t('sheet.sum.quiet', { count: quiet.length })), h('ul.told-list', quiet.map(decision))) : null);
}

/* act: { send(pressedAt), consent(giver, how), askConsent(), whichCase(summary), back(), mayWrite() } */
export function makeSummary(act) {
  const heading = h('h2', { tabindex: -1 }, t('sheet.sum.title'));
  const body = h('div.summary-body');
  const button = h('button.primary.big', { type: 'button' });
  const why = h('p.note', { 'aria-live': 'polite' });
  const element = h('section.summary', { 'aria-label': t('sheet.sum.title'), hidden: true },
    heading, body, h('div.summary-foot', why, h('div.row', button, h('button', { type: 'button', onclick: () => act.back() }, t('sheet.sum.back'), ' ', h('kbd', 'Esc')))));
  let armedAt = Infinity;
  let ready = false;
  let sending = false;

  async function press() {
    if (!ready || sending || performance.now() < armedAt) return;
    sending = true;
    button.setAttribute('aria-disabled', 'true');
    try {
      await act.send();
    } finally {
      sending = false;
    }
  }

  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) press();
  });
  button.addEventListener('click', (event) => { event.preventDefault(); press(); });

  function show(summary, { confirmed, findings }) {
    ready = summary.waiting === 0 && summary.case !== null && !confirmed && act.mayWrite();
    const sends = summary.decisions.filter(isNew).length;
    const sheets = facts([[t('sheet.sum.pages'), t('sheet.sum.pageCount', { n: summary.pages })]]);
    fill(body, findingsPart(findings), patientPart(summary), casePart(summary, act), consentPart(summary, act), toldPart(summary), sheets);
    fill(button, h('kbd', 'Enter'), ' ', sends > 0 ? t('sheet.sum.confirmSend', { count: sends }) : t('sheet.sum.confirm'));
    button.hidden = confirmed;
    button.setAttribute('aria-disabled', String(!ready));
    fill(why, confirmed ? '' : summary.case === null ? t('sheet.sum.needCase') : summary.consent_needed ? t('sheet.sum.heldBack') : '');
    element.hidden = false;
    arm();
  }

  function arm() {
    armedAt = performance.now() + ARM_MS;
    element.classList.add('arming');
    setTimeout(() => element.classList.remove('arming'), ARM_MS);
  }

  return {
    element, show,
    focus() {
      (button.hidden ? heading : button).focus({ preventScroll: true });
      element.scrollIntoView({ block: 'start' });
      say(t('sheet.sum.title'));
    },
    hide() { element.hidden = true; armedAt = Infinity; ready = false; },
    get open() { return !element.hidden; },
  };
}
