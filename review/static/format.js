/*
 * format - times, dates and eras for people. Stamps are UTC; every day on the screen is Japan's.
 */
import { language, t, number } from './i18n.js';

const ZONE = 'Asia/Tokyo';
const formats = new Map();

function formatter(options) {
  const key = language() + JSON.stringify(options);
  if (!formats.has(key))
    formats.set(key, new Intl.DateTimeFormat(language() === 'ja' ? 'ja-JP' : 'en-GB', { timeZone: ZONE, ...options }));
  return formats.get(key);
}

function instant(stamp) {
  const date = new Date(stamp);
  return stamp && !Number.isNaN(date.getTime()) ? date : null;
}

/* 11月21日(土) 12:15, with the year when it is not this one */
export function when(stamp) {
  const date = instant(stamp);
  if (!date) return '';
  const year = formatter({ year: 'numeric' });
  const thisYear = year.format(date) === year.format(new Date());
  return formatter({
    ...(thisYear ? {} : { year: 'numeric' }),
    month: language() === 'ja' ? 'long' : 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false,
  }).format(date);
}

export function day(stamp) {
  const date = instant(stamp);
  return date ? formatter({ year: 'numeric', month: language() === 'ja' ? 'long' : 'short', day: 'numeric' }).format(date) : '';
}

/* The same of a day that is no instant: 2026-11-26 */
export function dayOf(date) {
  return date ? day(`${date}T00:00:00+09:00`) : '';
}

export function clock(stamp) {
  const date = instant(stamp);
  return date ? formatter({ hour: '2-digit', minute: '2-digit', hour12: false }).format(date) : '';
}

/* How long something has waited: "5分", "3時間", "2日" */
export function waited(stamp, now = Date.now()) {
  const date = instant(stamp);
  if (!date) return '';
  const minutes = Math.max(0, Math.floor((now - date.getTime()) / 60000));
  if (minutes < 60) return t('common.minutes', { n: minutes });
  if (minutes < 48 * 60) return t('common.hours', { n: Math.floor(minutes / 60) });
  return t('common.days', { n: Math.floor(minutes / 1440) });
}

export function bytes(count) {
  if (count < 1024) return `${number(count)} B`;
  if (count < 1024 ** 2) return `${number(count / 1024)} KB`;
  return count < 1024 ** 3 ? `${number(count / 1024 ** 2, 1)} MB` : `${number(count / 1024 ** 3, 1)} GB`;
}
