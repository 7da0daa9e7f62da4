// A day to be reminded of, as a file that every calendar takes (RFC 5545).

const stamp = (at) => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
const escaped = (text) => text.replaceAll(/[\\;,]/g, "\\$&").replaceAll("\n", "\\n");

// Lines are at most 75 bytes long, and go on behind a space.
function folded(line) {
  const parts = [];
  let part = "";
  for (const letter of line) {
    if (new TextEncoder().encode(part + letter).length > 73) {
      parts.push(part);
      part = "";
    }
    part += letter;
  }
  return [...parts, part].join("\r\n ");
}

// An event of an hour's length at `at`, with an alarm a day ahead. `made` is when this is written.
export function reminder({ id, at, made, title, about }) {
  return [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//meterai//page//ID", "BEGIN:VEVENT",
    `UID:${id}@meterai`, `DTSTAMP:${stamp(made)}`, `DTSTART:${stamp(at)}`, "DURATION:PT1H",
    `SUMMARY:${escaped(title)}`, `DESCRIPTION:${escaped(about)}`,
    "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", `DESCRIPTION:${escaped(title)}`, "END:VALARM",
    "END:VEVENT", "END:VCALENDAR", "",
  ].map(folded).join("\r\n"); // prettier-ignore
}
