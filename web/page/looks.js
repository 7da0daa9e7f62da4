// A first look into a file, here, before anything is sent: what is certainly no use is said at once, the rest the service judges.

export const MOST_BYTES = 10 * 1024 * 1024;
export const HEAD = 1024; // a PDF says so within its first kilobyte (ISO 32000-1, 7.5.2 and its implementation notes)
const STARTS = { picture: [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]], office: [[0x50, 0x4b, 0x03, 0x04], [0xd0, 0xcf, 0x11, 0xe0]] };
const POINTS_PER_MM = 72 / 25.4;
const PAPERS = { A4: [210, 297], F4: [215, 330], Letter: [216, 279] };
const SLACK_MM = 4;

// What a file of `size` bytes is, whose `bytes` (Uint8Array) are its first ones, or all: `kind` "pdf", "empty", "too_large", "picture", "office" or "other"; of a PDF also whether it is
// `encrypted`, whether its signer `certified` it, and its first page's `paper` (a name, millimetres, or null: not seen).
export function look(bytes, size = bytes.length) {
  if (size === 0) return { kind: "empty" };
  const head = latin(bytes.subarray(0, HEAD));
  if (!head.includes("%PDF-")) return { kind: strangerOf(bytes) };
  if (size > MOST_BYTES) return { kind: "too_large" };
  const text = latin(bytes);
  return {
    kind: "pdf",
    encrypted: /\/Encrypt\s*(\d+\s+\d+\s+R|<<)/.test(text),
    certified: /\/Perms\s*(\d+\s+\d+\s+R|<<\s*\/DocMDP)/.test(text) && text.includes("/DocMDP"),
    paper: paperOf(text),
  };
}

function strangerOf(bytes) {
  const begins = (start) => start.every((byte, at) => bytes[at] === byte);
  return Object.keys(STARTS).find((kind) => STARTS[kind].some(begins)) ?? "other";
}

function paperOf(text) {
  const found = /\/MediaBox\s*\[\s*([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s*\]/.exec(text);
  if (!found) return null;
  const [left, bottom, right, top] = found.slice(1).map(Number);
  const sides = [Math.abs(right - left), Math.abs(top - bottom)].map((points) => points / POINTS_PER_MM).sort((a, b) => a - b);
  const near = ([, [width, height]]) => Math.abs(sides[0] - width) <= SLACK_MM && Math.abs(sides[1] - height) <= SLACK_MM;
  return Object.entries(PAPERS).find(near)?.[0] ?? `${Math.round(sides[0])} × ${Math.round(sides[1])} mm`;
}

// Every byte is one character: what is looked for is ASCII, whatever stands around it.
const latin = (bytes) => new TextDecoder("latin1").decode(bytes);
