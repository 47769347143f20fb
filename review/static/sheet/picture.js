/*
 * picture - the page at the left: zoom, pan, turn, a frame around the field that is being looked at; and crops of it
 *
 * The image is fetched once and drawn from memory. Its pixels need not be square: everything on the screen is in square units of
 * the horizontal resolution.
 */
import { api } from '../api.js';
import { fill, h, svg } from '../dom.js';
import { t } from '../i18n.js';

const MARGIN = 0.012; // of the page's width, around a crop
const ZOOMS = [0.35, 0.5, 0.7, 1, 1.4, 2, 2.8];

export async function loadPicture(path, image, signal) {
  const blob = await api.get(path, { signal });
  const bitmap = await createImageBitmap(blob);
  const stretch = image.x_dpi > 0 && image.y_dpi > 0 ? image.x_dpi / image.y_dpi : 1;
  return { bitmap, stretch, width: bitmap.width, height: bitmap.height * stretch };
}

/* The part of the page in box (pixels of the image) with some paper around, at most width x height CSS pixels large. least: it
 * is not drawn smaller than that, and loses its right end instead. before: more paper at the left, where an era is printed, as a
 * share of the page's width. */
export function drawCrop(canvas, picture, box, { width, height, least = 0 }, before = 0) {
  const { bitmap, stretch } = picture;
  const around = bitmap.width * MARGIN;
  const x = Math.max(0, box[0] - around - bitmap.width * before);
  const y = Math.max(0, box[1] - around / stretch / 2);
  const whole = Math.min(bitmap.width - x, box[0] + box[2] + around - x);
  const w = least > 0 ? Math.min(whole, width / least) : whole;
  const tall = Math.min(bitmap.height - y, box[3] + around / stretch);
  const scale = Math.min(width / w, height / (tall * stretch));
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(w * scale * ratio));
  canvas.height = Math.max(1, Math.round(tall * stretch * scale * ratio));
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, x, y, w, tall, 0, 0, canvas.width, canvas.height);
}

export function makeViewer(picture, label, signal) {
  const canvas = h('canvas', { role: 'img', 'aria-label': label });
  const frame = svg('rect', { class: 'frame', rx: 4 });
  const layer = svg('svg', { class: 'frames', 'aria-hidden': 'true' }, frame);
  const sheet = h('div.paper', canvas, layer);
  const port = h('div.port', { tabindex: 0, role: 'region', 'aria-label': label }, sheet);
  const zoomText = h('span.zoom', { 'aria-live': 'polite' });
  const button = (text, name, act, key) => h('button', { type: 'button', title: `${name} (${key})`, 'aria-label': name, onclick: act }, text);
  const element = h('div.viewer',
    h('div.viewer-tools',
      button('−', t('sheet.view.out'), () => zoomBy(-1), '-'), zoomText, button('+', t('sheet.view.in'), () => zoomBy(1), '+'),
      button(t('sheet.view.width'), t('sheet.view.widthLong'), () => fit(), '0'),
      button('⟳', t('sheet.view.turn'), () => turn(), 'R')), port);
  let fitting = true;
  let scale = 1; // CSS pixels a pixel of the image
  let turned = 0;
  let current = null;

  const across = () => (turned % 2 === 0 ? picture.width : picture.height);
  const down = () => (turned % 2 === 0 ? picture.height : picture.width);

  function draw() {
    if (fitting) scale = Math.max(0.1, (port.clientWidth - 2) / across());
    const ratio = devicePixelRatio || 1;
    const [w, tall] = [across() * scale, down() * scale];
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(tall * ratio);
    canvas.style.width = sheet.style.width = `${w}px`;
    canvas.style.height = sheet.style.height = `${tall}px`;
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.setTransform(1, 0, 0, 1, canvas.width / 2, canvas.height / 2);
    context.rotate(turned * Math.PI / 2);
    const [pw, ph] = turned % 2 === 0 ? [canvas.width, canvas.height] : [canvas.height, canvas.width];
    context.drawImage(picture.bitmap, -pw / 2, -ph / 2, pw, ph);
    zoomText.textContent = `${Math.round(scale * 100)}%`;
    layer.setAttribute('viewBox', `0 0 ${across()} ${down()}`);
    place();
  }

  /* Where a box of the upright page lies on the turned one. */
  function turnedBox([x, y, w, tall]) {
    const box = [x, y * picture.stretch, w, tall * picture.stretch];
    for (let i = 0, height = picture.height, width = picture.width; i < turned; i++, [width, height] = [height, width])
      box.splice(0, 4, height - box[1] - box[3], box[0], box[3], box[2]);
    return box;
  }

  function place() {
    frame.toggleAttribute('hidden', !current);
    frame.style.display = current ? '' : 'none';
    if (!current) return;
    const [x, y, w, tall] = turnedBox(current);
    const pad = picture.width * 0.005;
    for (const [name, value] of Object.entries({ x: x - pad, y: y - pad, width: w + 2 * pad, height: tall + 2 * pad })) frame.setAttribute(name, value);
  }

  function show(box) {
    current = box;
    place();
    if (!box || port.clientHeight === 0) return;
    const [x, y, w, tall] = turnedBox(box).map((value) => value * scale);
    const seen = (from, size, at, room) => at > from + 8 && at + size < from + room - 8;
    if (!seen(port.scrollTop, tall, y, port.clientHeight)) port.scrollTop = y + tall / 2 - port.clientHeight / 2;
    if (!seen(port.scrollLeft, w, x, port.clientWidth)) port.scrollLeft = x + w / 2 - port.clientWidth / 2;
  }

  function zoomTo(next) {
    const middle = [(port.scrollLeft + port.clientWidth / 2) / scale, (port.scrollTop + port.clientHeight / 2) / scale];
    fitting = false;
    scale = next;
    draw();
    port.scrollTo(middle[0] * scale - port.clientWidth / 2, middle[1] * scale - port.clientHeight / 2);
    show(current);
  }

  function zoomBy(step) {
    const beyond = step > 0 ? ZOOMS.find((one) => one > scale * 1.05) : [...ZOOMS].reverse().find((one) => one < scale * 0.95);
    if (beyond) zoomTo(beyond);
  }

  function fit() {
    fitting = true;
    draw();
    show(current);
  }

  function turn() {
    turned = (turned + 1) % 4;
    draw();
    show(current);
  }

  function drag(event) {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    const from = { x: event.clientX + port.scrollLeft, y: event.clientY + port.scrollTop };
    port.setPointerCapture(event.pointerId);
    const move = (next) => port.scrollTo(from.x - next.clientX, from.y - next.clientY);
    port.addEventListener('pointermove', move);
    port.addEventListener('pointerup', () => port.removeEventListener('pointermove', move), { once: true });
  }

  port.addEventListener('pointerdown', drag);
  port.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1 : -1);
  }, { passive: false });
  const watch = new ResizeObserver(() => { if (fitting && port.clientWidth > 0) fit(); });
  watch.observe(port);
  signal.addEventListener('abort', () => watch.disconnect(), { once: true });

  return {
    element, show, zoomIn: () => zoomBy(1), zoomOut: () => zoomBy(-1), fit, turn,
    pan: (x, y) => port.scrollBy(x * port.clientWidth / 4, y * port.clientHeight / 4),
  };
}

/* In place of a picture that is not kept. */
export function noPicture() {
  return { element: fill(h('div.viewer'), h('p.empty', t('sheet.view.none'))), show() {}, zoomIn() {}, zoomOut() {}, fit() {}, turn() {}, pan() {} };
}
