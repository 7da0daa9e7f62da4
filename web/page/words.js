// Money, days, sizes and lengths as people here write them.

import { counts, locale } from "./said.js";

export const DUTY_IDR = 10_000; // domain/money.py has the same two, and a test that says so
export const SERVICE_IDR = 2_500;

export const rupiah = (amount) => `Rp${amount.toLocaleString("id-ID")}`;
export const number = (count) => count.toLocaleString(locale);

const WIB = { timeZone: "Asia/Jakarta" };
const dayFormat = new Intl.DateTimeFormat(locale, {
  ...WIB, weekday: "long", day: "numeric", month: "long", year: "numeric",
}); // prettier-ignore
const momentFormat = new Intl.DateTimeFormat(locale, {
  ...WIB, day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
}); // prettier-ignore

const clockFormat = new Intl.DateTimeFormat(locale, { ...WIB, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondFormat = new Intl.DateTimeFormat(locale, {
  ...WIB, day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export const clock = (at) => clockFormat.format(new Date(at));
export const second = (at) => `${secondFormat.format(new Date(at))} WIB`;
export const day = (at) => dayFormat.format(new Date(at));
export const moment = (at) => `${momentFormat.format(new Date(at))} WIB`;
export const pieces = (count) => counts.pieces(count, number(count));

export function size(bytes) {
  if (bytes < 1_000_000) return `${number(Math.max(1, Math.round(bytes / 1_000)))} KB`;
  return `${(bytes / 1_000_000).toLocaleString(locale, { maximumFractionDigits: 1 })} MB`;
}

export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}.${String(seconds % 60).padStart(2, "0")}`;
}

// "3 hari", or hours where the window is no whole number of days.
export function span(seconds) {
  const days = seconds / 86_400;
  return Number.isInteger(days) ? counts.days(days) : counts.hours(Math.round(seconds / 3_600));
}

export const policy = (rule) => counts.policy(rule.id, span(rule.window_seconds), rule.percent, rule.promise_days);

// A file's name without the marks that turn the direction of what follows: "suratfdp.exe" does not read as "suratexe.pdf".
export const plainName = (name) => name.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

// Hexadecimal digits in words of four, to be read out.
export const words = (digits) => digits.match(/.{1,4}/g)?.join(" ") ?? "";
