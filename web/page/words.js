// Money, days, sizes and lengths as people here write them.

export const rupiah = (amount) => `Rp${amount.toLocaleString("id-ID")}`;

const WIB = { timeZone: "Asia/Jakarta" };
const dayFormat = new Intl.DateTimeFormat("id-ID", {
  ...WIB, weekday: "long", day: "numeric", month: "long", year: "numeric",
});
const momentFormat = new Intl.DateTimeFormat("id-ID", {
  ...WIB, day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

const clockFormat = new Intl.DateTimeFormat("id-ID", { ...WIB, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondFormat = new Intl.DateTimeFormat("id-ID", {
  ...WIB, day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export const clock = (at) => clockFormat.format(new Date(at));
export const second = (at) => `${secondFormat.format(new Date(at))} WIB`;
export const count = (number) => number.toLocaleString("id-ID");
export const day = (at) => dayFormat.format(new Date(at));
export const moment = (at) => `${momentFormat.format(new Date(at))} WIB`;
export const pieces = (count) => `${count.toLocaleString("id-ID")} keping`;

export function size(bytes) {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1_000)).toLocaleString("id-ID")} KB`;
  return `${(bytes / 1_000_000).toLocaleString("id-ID", { maximumFractionDigits: 1 })} MB`;
}

export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}.${String(seconds % 60).padStart(2, "0")}`;
}

// "3 hari", or hours where the window is no whole number of days.
export function span(seconds) {
  const days = seconds / 86_400;
  return Number.isInteger(days) ? `${days} hari` : `${Math.round(seconds / 3_600)} jam`;
}

export function policy(rule) {
  return (
    `Aturan ${rule.id}: diajukan paling lambat ${span(rule.window_seconds)} setelah bayar, satu tagihan utuh, ` +
    `selama sisa kuota cukup. Kembali ${rule.percent} % dari total, paling lama ${rule.promise_days} hari kalender.`
  );
}

// Hexadecimal digits in words of four, to be read out.
export const words = (digits) => digits.match(/.{1,4}/g)?.join(" ") ?? "";
