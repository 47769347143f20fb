/*
 * sheet - review of one sheet: the page at the left, its values at the right, and at the end what confirming leads to
 *
 * Keys that arrive while an answer of the server is on its way wait their turn, so that three quick strokes decide three fields and
 * never one field three times.
 */
import { api } from '../api.js';
import { fill, h, isTextInput, say } from '../dom.js';
import { onEvent } from '../events.js';
import { clock, when } from '../format.js';
import { t, word } from '../i18n.js';
import { bindKeys } from '../keys.js';
import { guardLeaving, navigate } from '../navigate.js';
import { openDialog, askText } from '../widgets/dialog.js';
import { showFault, showToast } from '../widgets/toast.js';
import { badge, callout, formField } from '../widgets/parts.js';
import { checks } from '../sheet/checks.js';
import { shown, withRows } from '../sheet/model.js';
import { loadPicture, makeViewer, noPicture } from '../sheet/picture.js';
import { askReread, decideReread, loadReread, rereadBanner } from '../sheet/reread.js';
import { makeRow, rowNotes } from '../sheet/row.js';
import { makeSummary } from '../sheet/summary.js';
import { whichCase } from '../sheet/which.js';

export const path = '/sheets/:id';
export const title = 'sheet.title';

const STILL_HERE_MS = 45000;

export async function render(root, params, signal) {
  const base = `/sheets/${params.id}`;
  const back = params.query.get('back')?.startsWith('/') ? params.query.get('back') : '/';
  let sheet = withRows(await api.get(base, { signal }));
  const wards = new Map((await api.get(`${base}/completions`, { query: { field: 'ward', q: '' }, signal })).items.map((one) => [one.value, one.note]));
  const picture = await loadPicture(`${base}/page`, sheet.image, signal).catch((error) => { if (error.name === 'AbortError') throw error; return null; });
  let claim = sheet.closed === '' ? await api.post(`${base}/claim`, {}, { signal }) : { own: false, by: '', since: '' };
  let reread = await loadReread(base, signal);
  let active = null;
  let turn = Promise.resolve(); // what the keys asked for, one after the other
  let queued = 0; // of it, what is not done yet: a key that comes meanwhile is for the row that will be next
  let showBlank = false;
  let inSummary = false;

  const viewer = picture ? makeViewer(picture, t('sheet.view.label', { page: sheet.page }), signal) : noPicture();
  const head = h('header.sheet-head');
  const banner = h('div.banner', { role: 'status' });
  const list = h('div.rows');
  const hint = h('p.keys-hint.no-print');
  let rows = [];

  const summary = makeSummary({ person, send, consent, askConsent, whichCase: showCandidates, back: leaveSummary, mayWrite });
  const values = h('section.values', { 'aria-label': t('sheet.values') }, head, banner, summary.element, list);
  root.append(h('div.review', viewer.element, values), hint);

  function person(name) {
    return sheet.people[name] ?? claim.people?.[name] ?? name;
  }

  function mayWrite() {
    return claim.own && sheet.closed === '';
  }

  const act = {
    sheetId: sheet.id, picture, canEdit: mayWrite, person,
    wardName: (code) => [...wards].find(([, one]) => one === code)?.[0] ?? '',
    wardCode: (name) => wards.get(name.normalize('NFKC').trim()) ?? '',
    active: setActive,
    accept: (row) => run(() => accept(row)),
    decide: (row, changes, options) => run(() => decide(row, changes, options)),
  };

  /* One thing after the other. */
  function run(what) {
    queued += 1;
    turn = turn.then(() => (signal.aborted ? null : what())).catch((error) => { if (error.name !== 'AbortError') showFault(error); }).finally(() => { queued -= 1; });
    return turn;
  }

  function setActive(row) {
    if (active?.row.id === row.id) return;
    active = rows.find((one) => one.row.id === row.id) ?? null;
    for (const one of rows) one.element.classList.toggle('active', one === active);
    viewer.show(row.box);
  }

  function drawHead() {
    const waiting = sheet.waitingRows.length;
    const state = sheet.state === 'confirmed' ? badge(t('sheet.state.confirmed', { by: person(sheet.confirmed_by), when: when(sheet.confirmed_at) }), 'good')
      : waiting > 0 ? badge(t('sheet.state.waiting', { count: waiting }), 'wait') : badge(t('sheet.state.ready'), 'good');
    fill(head, h('div', h('h1', { lang: 'ja' }, sheet.title), h('p.note', t('sheet.received', { when: when(sheet.received) }), '　', sheet.case ? t('sheet.ofCase', { number: sheet.case }) : t('sheet.noCase'), '　', sheet.office_name)),
      h('div.row', state, moreMenu()));
  }

  function moreMenu() {
    const item = (label, key, go) => h('button', { type: 'button', onclick: (event) => { event.target.closest('details').open = false; go(); } }, label, key ? [' ', h('kbd', key)] : null);
    return h('details.menu.no-print', h('summary.button', t('sheet.more')), h('div.menu-items',
      item(t('sheet.history'), 'H', showHistory),
      item(t('sheet.again.title'), '', () => readAgain().catch(showFault)),
      item(t('sheet.otherCase'), '', otherCase),
      item(t('sheet.print'), '', () => print()),
      item(t(showBlank ? 'sheet.hideBlank' : 'sheet.showBlank'), 'B', toggleBlank)));
  }

  function drawBanner() {
    const parts = [];
    if (sheet.closed !== '') parts.push(callout('calm', t('sheet.closed')));
    else if (!claim.own) parts.push(callout('wait', h('div.row', h('strong', t('sheet.claimed', { by: person(claim.by), since: clock(claim.since) })), h('button', { type: 'button', onclick: () => run(takeOver) }, t('sheet.takeOver'), ' ', h('kbd', 'T')))));
    const again = rereadBanner(reread, { decide: () => decideAgain().catch(showFault), drop: () => dropAgain().catch(showFault) });
    if (again) parts.push(again);
    else if (sheet.form_changed || sheet.reader_changed) parts.push(callout('calm', h('div.row', h('span', t(sheet.form_changed ? 'sheet.formChanged' : 'sheet.readerChanged')), h('button', { type: 'button', onclick: () => readAgain().catch(showFault) }, t('sheet.again.title')))));
    fill(banner, parts);
  }

  /* Rows that look as before stay as they are, with whatever is being typed in them. */
  function drawRows() {
    const findings = checks(sheet);
    const before = new Map(rows.map((one) => [one.row.id, one]));
    const focused = document.activeElement?.closest?.('.row-field')?.dataset.row;
    rows = sheet.rows.map((row) => {
      const key = JSON.stringify([row.value, row.decided, row.waiting, row.choices, row.reasons, row.by, mayWrite(), findings.filter((one) => one.rows.includes(row.id)), sheet.problems.filter((one) => row.fields.includes(one.field))]);
      const old = before.get(row.id);
      if (old && (old.key === key || old.busy)) return old;
      return Object.assign(makeRow(row, sheet, rowNotes(row, sheet, findings), act), { key });
    });
    fill(list, sheet.blocks.map((block) => {
      const written = rows.some((one) => one.row.block === block.id && (one.row.waiting || !one.row.blank));
      const own = rows.filter((one) => one.row.block === block.id && (showBlank || one.row.waiting || !one.row.blank || (written && one.row.required)));
      const hidden = rows.filter((one) => one.row.block === block.id).length - own.length;
      return own.length + hidden === 0 ? null : h('section.block', h('h2', { lang: 'ja' }, block.label, h('small.note', { lang: document.documentElement.lang }, word('sheet.party', block.party))),
        own.map((one) => one.element), hidden > 0 ? h('button.quiet.no-print', { type: 'button', onclick: toggleBlank }, t('sheet.blankRows', { count: hidden })) : null);
    }));
    for (const one of rows) if (one.element.isConnected) one.draw();
    const again = focused && rows.find((one) => one.row.id === focused);
    if (again && !again.element.contains(document.activeElement) && again.element.isConnected) again.focus();
    active = rows.find((one) => one.row.id === active?.row.id) ?? null;
    for (const one of rows) one.element.classList.toggle('active', one === active);
  }

  function drawHint() {
    const pairs = inSummary ? [['Enter', t('sheet.key.send')], ['C', t('sheet.key.consent')], ['Esc', t('sheet.key.fields')]]
      : [['Enter', t('sheet.key.accept')], ['1–9', t('sheet.key.choose')], ['E', t('sheet.key.edit')], ['Ctrl+Z', t('common.undo')], ['↑ ↓', t('sheet.key.move')], ['?', t('common.keys.short')]];
    fill(hint, pairs.map(([key, text]) => h('span', h('kbd', key), ' ', text, '　')));
  }

  function draw() {
    drawHead();
    drawBanner();
    list.hidden = inSummary;
    if (!inSummary) drawRows();
    drawHint();
  }

  function take(answer) {
    sheet = withRows(answer);
    draw();
  }

  function nextWaiting(after) {
    const at = sheet.rows.findIndex((row) => row.id === after);
    const order = [...sheet.rows.slice(at + 1), ...sheet.rows.slice(0, at + 1)];
    return order.find((row) => row.waiting) ?? null;
  }

  function focusRow(id) {
    const found = rows.find((one) => one.row.id === id);
    if (!found) return;
    found.focus();
    found.element.scrollIntoView({ block: 'nearest' });
    setActive(found.row);
  }

  async function goOn(after) {
    const next = nextWaiting(after);
    if (next) focusRow(next.id);
    else if (sheet.state !== 'confirmed') await enterSummary();
    else focusRow(after);
  }

  async function accept(row) {
    const now = sheet.rows.find((one) => one.id === row.id);
    if (!now?.waiting) return goOn(row.id);
    const ticked = rows.find((one) => one.row.id === row.id)?.pending ?? null;
    if (ticked !== null) return decide(now, { [row.id]: ticked });
    const fields = now.fields.filter((id) => sheet.byId.get(id).decided === 'waiting');
    if (now.blocked) fields.push(now.date.id);
    return decide(now, Object.fromEntries(fields.map((id) => [id, sheet.byId.get(id).value])));
  }

  async function decide(row, changes, { stay = false } = {}) {
    if (!mayWrite()) {
      showToast(t('sheet.readOnly'), { fault: true });
      return;
    }
    rows.find((one) => one.row.id === row.id)?.forget();
    const saw = new Map(Object.keys(changes).map((id) => [id, sheet.byId.get(id)]));
    try {
      await send_(changes, saw, row);
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (error.code === 'sheet.changed') return;
      rows.find((one) => one.row.id === row.id)?.fail(error.message);
      return;
    }
    const now = sheet.rows.find((one) => one.id === row.id);
    const ids = Object.keys(changes);
    showToast(t('sheet.took', { label: row.label, value: now ? shown(sheet, now.kind === 'ward' ? { ...now, value: act.wardName(now.value) } : now) || t('sheet.blank') : '' }), { undo: () => run(() => undo(ids, row)) });
    if (stay || now?.blocked) focusRow(row.id);
    else await goOn(row.id);
  }

  /* Somebody else changed the sheet: what they changed elsewhere is no reason to ask, what they changed here is. */
  async function send_(changes, saw, row) {
    for (let again = 0; ; again++) {
      try {
        take(await api.patch(`${base}/fields`, { revision: sheet.revision, values: changes }, { signal }));
        return;
      } catch (error) {
        if (error.code !== 'sheet.changed' || again > 3) throw error;
        take(await api.get(base, { signal }));
        const theirs = [...saw].filter(([id, before]) => sheet.byId.get(id)?.value !== before.value || sheet.byId.get(id)?.decided !== before.decided);
        if (theirs.length > 0 && !await askConflict(row, changes, theirs)) throw error;
      }
    }
  }

  async function askConflict(row, changes, theirs) {
    const now = sheet.rows.find((one) => one.id === row.id) ?? row;
    const by = theirs.map(([id]) => sheet.byId.get(id)?.by).find(Boolean);
    const who = by ? person(by) : t('sheet.somebody');
    const mine = Object.values(changes).join(' ');
    return (await openDialog({
      title: t('sheet.conflict.title', { by: who }),
      body: [h('p', { lang: 'ja' }, row.label), h('dl.facts', h('div', h('dt', who), h('dd', { lang: 'ja' }, shown(sheet, now) || t('sheet.blank'))), h('div', h('dt', t('sheet.conflict.mine')), h('dd', { lang: 'ja' }, mine || t('sheet.blank'))))],
      actions: [{ label: t('sheet.conflict.theirs'), value: false, primary: true }, { label: t('sheet.conflict.take'), value: true }],
    })) === true;
  }

  async function undo(ids, row) {
    leaveSummary(false);
    take(await api.post(`${base}/undo`, { revision: sheet.revision, fields: ids }, { signal }));
    focusRow(row.id);
  }

  async function enterSummary() {
    const found = await api.get(`${base}/summary`, { signal });
    inSummary = true;
    draw();
    summary.show(found, { confirmed: sheet.state === 'confirmed', findings: checks(sheet) });
    summary.focus();
    viewer.show(null);
  }

  function leaveSummary(focus = true) {
    if (!inSummary) return;
    const before = active; // where one came from: perhaps to look at it again
    inSummary = false;
    summary.hide();
    draw();
    if (focus) focusRow((sheet.waitingRows[0] ?? before?.row ?? sheet.rows.find((row) => !row.blank) ?? sheet.rows[0]).id);
  }

  async function send() {
    try {
      take(await api.post(`${base}/confirm`, { revision: sheet.revision }, { signal }));
    } catch (error) {
      if (error.code !== 'sheet.changed' && error.code !== 'sheet.waiting') throw error;
      showFault(error);
      take(await api.get(base, { signal }));
      inSummary = false;
      summary.hide();
      draw();
      await goOn('');
      return;
    }
    summary.hide();
    showToast(t('sheet.confirmed', { title: sheet.title }));
    await navigate(back);
  }

  async function consent(giver, how, note = '') {
    take(await api.post(`${base}/consent`, { revision: sheet.revision, scope: 'medical', giver, how, note }, { signal }));
    say(t('sheet.sum.recorded'));
    await enterSummary();
  }

  async function askConsent() {
    const choice = (name, values, chosenOne) => h('select', { name }, values.map((one) => h('option', { value: one, selected: one === chosenOne }, word(`sheet.${name}`, one))));
    const giver = choice('giver', ['patient', 'family', 'guardian'], 'patient');
    const how = choice('how', ['oral', 'paper', 'sheet'], 'oral');
    const note = h('input', { maxlength: 500 });
    const answer = await openDialog({
      title: t('sheet.sum.recordOther'),
      body: [h('p', t('sheet.sum.consentMeans')), formField(t('sheet.sum.giver'), giver), formField(t('sheet.sum.how'), how), formField(t('sheet.sum.note'), note)],
      actions: [{ label: t('common.cancel') }, { label: t('sheet.sum.record'), value: true, primary: true }],
    });
    if (answer) run(() => consent(giver.value, how.value, note.value.trim()));
  }

  function showCandidates(found) {
    return whichCase(found.candidates ?? { values: {}, items: [] }, (number) => (number === null ? otherCase() : run(() => link(number))));
  }

  async function link(number) {
    take(await api.put(`${base}/case`, { revision: sheet.revision, case: number }, { signal }));
    showToast(t('sheet.linked', { number: sheet.case }));
    if (sheet.waitingRows.length > 0) {
      leaveSummary(false);
      await goOn('');
    } else {
      await enterSummary();
    }
  }

  async function otherCase() {
    const number = await askText(t('sheet.otherCase'), t('sheet.caseNumber'));
    if (number) await run(() => link(number.normalize('NFKC')));
  }

  async function showHistory() {
    const { items, people } = await api.get(`${base}/history`, { signal });
    await openDialog({
      title: t('sheet.history'), wide: true,
      body: items.length === 0 ? h('p', t('sheet.noHistory')) : h('div.list-box', { tabindex: 0, role: 'region', 'aria-label': t('sheet.history') }, h('table', h('thead', h('tr', ['when', 'field', 'before', 'after', 'by', 'why'].map((one) => h('th', { scope: 'col' }, t(`sheet.hist.${one}`))))),
        h('tbody', items.map((one) => h('tr', h('td', when(one.at)), h('td', { lang: 'ja' }, one.label), h('td', { lang: 'ja' }, one.before), h('td', { lang: 'ja' }, one.after), h('td', people[one.by] ?? one.by), h('td', { lang: 'ja' }, word('sheet.why', one.why))))))),
      actions: [{ label: t('common.close'), primary: true }],
    });
  }

  async function readAgain() {
    const form = await askReread(reread, sheet);
    if (!form) return;
    reread = await api.post(`${base}/reread`, form, { signal });
    say(t('sheet.again.waiting'));
    drawBanner();
  }

  async function decideAgain() {
    const answer = await decideReread(reread, sheet);
    if (answer === null) return;
    if (answer === false) {
      await dropAgain();
      return;
    }
    const taken = await api.post(`${base}/reread/take`, { revision: sheet.revision }, { signal });
    reread = await loadReread(base, signal);
    leaveSummary(false);
    rows = [];
    take(taken);
    showToast(t('sheet.again.taken'));
    await run(() => goOn(''));
  }

  async function dropAgain() {
    await api.delete(`${base}/reread`, { signal });
    reread = await loadReread(base, signal);
    drawBanner();
  }

  function toggleBlank() {
    showBlank = !showBlank;
    draw();
  }

  async function takeOver() {
    claim = await api.post(`${base}/claim`, { take_over: true }, { signal });
    take(await api.get(base, { signal }));
    await goOn('');
  }

  async function stillHere() {
    const had = claim.own;
    claim = await api.post(`${base}/claim`, {}, { signal });
    if (had !== claim.own) {
      if (had) showToast(t('sheet.lost', { by: person(claim.by) }), { fault: true });
      take(await api.get(base, { signal }));
    }
  }

  async function changedElsewhere(data) {
    if (data.object !== undefined && data.object !== `sheet:${sheet.id}`) return;
    if (reread.state === 'asked') {
      reread = await loadReread(base, signal);
      drawBanner();
      if (reread.state === 'read') say(t('sheet.again.ready'));
    }
    await run(catchUp); // behind what one does oneself: an answer from before it must not undo it on the screen
  }

  async function catchUp() {
    const answer = await api.get(base, { signal });
    const had = claim.own;
    claim = answer.claim ? { ...answer.claim, people: answer.people } : claim;
    if (had && !claim.own) showToast(t('sheet.lost', { by: person(claim.by) }), { fault: true });
    if (answer.revision > sheet.revision) {
      take(answer);
      if (inSummary && sheet.state !== 'confirmed') await enterSummary();
      else if (inSummary) leaveSummary();
    } else if (had !== claim.own) {
      draw();
    }
  }

  const rowKeys = () => !inSummary && !isTextInput(document.activeElement) && !document.activeElement?.closest?.('button, a, select, summary');
  const onButton = () => document.activeElement?.closest?.('.values button') && !document.activeElement.closest('.sheet-head, .banner, .summary');
  const step = (by) => () => {
    const own = rows.filter((one) => one.element.isConnected);
    const at = own.findIndex((one) => one === active);
    const next = own[Math.max(0, Math.min(own.length - 1, at + by))];
    if (next) focusRow(next.row.id);
  };
  const numbers = () => !inSummary && !isTextInput(document.activeElement) && (queued > 0 || active?.row.waiting);
  const number = (event) => void run(async () => {
    const { row } = active ?? {};
    const picked = !inSummary && row?.waiting ? active.number(Number(event.key)) : null;
    if (picked) await decide(row, picked);
  });

  bindKeys([
    { keys: ['Enter'], get label() { return t('sheet.key.accept'); }, when: rowKeys, do: () => void run(() => (active?.row.waiting ? accept(active.row) : goOn(active?.row.id ?? ''))) },
    { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'], get label() { return t('sheet.key.choose'); }, when: numbers, do: number },
    { keys: ['e', 'F2', ' '], get label() { return t('sheet.key.edit'); }, when: () => rowKeys() && active !== null, do: () => active.edit() },
    { keys: ['ArrowDown', 'j'], get label() { return t('sheet.key.move'); }, repeat: true, when: () => rowKeys() || (!inSummary && onButton()), do: step(1) },
    { keys: ['ArrowUp', 'k'], hidden: true, repeat: true, when: () => rowKeys() || (!inSummary && onButton()), do: step(-1) },
    { keys: ['c'], get label() { return t('sheet.key.consent'); }, when: () => inSummary, do: () => { summary.element.querySelector('.callout.consent button')?.click(); } },
    { keys: ['1', '2', '3', 'n'], get label() { return t('sheet.key.case'); }, when: () => inSummary && sheet.case === '', do: (event) => { summary.element.querySelectorAll('.which button').forEach((one) => { if (one.querySelector('kbd')?.textContent.toLowerCase() === event.key.toLowerCase()) one.click(); }); } },
    { keys: ['t'], get label() { return t('sheet.takeOver'); }, when: () => !claim.own && sheet.closed === '', do: () => void run(takeOver) },
    { keys: ['d'], get label() { return t('sheet.again.look'); }, when: () => reread.state === 'read', do: () => void decideAgain().catch(showFault) },
    { keys: ['h'], get label() { return t('sheet.history'); }, do: () => void showHistory().catch(showFault) },
    { keys: ['b'], get label() { return t('sheet.showBlank'); }, do: toggleBlank },
    { keys: ['Escape'], get label() { return t('sheet.key.back'); }, typing: true, do: () => { if (inSummary) leaveSummary(); else navigate(back); } },
    { keys: ['+', ';'], get label() { return t('sheet.view.in'); }, repeat: true, do: () => viewer.zoomIn() },
    { keys: ['-'], get label() { return t('sheet.view.out'); }, repeat: true, do: () => viewer.zoomOut() },
    { keys: ['w'], get label() { return t('sheet.view.widthLong'); }, do: () => viewer.fit() },
    { keys: ['r'], get label() { return t('sheet.view.turn'); }, do: () => viewer.turn() },
    { keys: ['Alt+ArrowDown', 'Alt+ArrowUp', 'Alt+ArrowLeft', 'Alt+ArrowRight'], get label() { return t('sheet.view.pan'); }, repeat: true, typing: true,
      do: (event) => { const [x, y] = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key]; viewer.pan(x, y); } },
  ], { signal, group: t('sheet.title') });

  guardLeaving(() => (rows.some((one) => one.busy) ? t('sheet.unsaved') : ''), signal);
  onEvent('sheet', (data) => changedElsewhere(data).catch(() => {}), signal);
  const timer = setInterval(() => { if (sheet.closed === '') stillHere().catch(() => {}); }, STILL_HERE_MS);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    if (claim.own) api.delete(`${base}/claim`, { keepalive: true, anonymous: true }).catch(() => {});
  }, { once: true });

  draw();
  requestAnimationFrame(() => {
    viewer.fit();
    for (const one of rows) if (one.element.isConnected) one.draw();
    run(() => (sheet.closed === '' && (claim.own || sheet.state === 'confirmed') ? goOn('') : null));
  });
}
