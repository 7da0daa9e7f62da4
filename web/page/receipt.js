// The public check of a queue receipt: its signature, by the keys that room.json publishes, in this browser. What is behind the #
// is sent nowhere.

import { receipts, speak } from "./said.js";
import { setUpBanner } from "./banner.js";
import { $, say } from "./dom.js";
import "./qrcode.js";
import { readRoom } from "./room.js";
import { second as clockTime, pieces } from "./words.js";

const FORM = /^v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const text = new TextEncoder();

const spelled = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// What `spelled` spelled; null for any other spelling of it.
function bytes(word) {
  try {
    const found = Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    return spelled(found) === word ? found : null;
  } catch {
    return null;
  }
}

// A day that there is: some would read 31 February as one in March.
function isInstant(word) {
  const at = INSTANT.test(word) ? Date.parse(word) : NaN;
  return Number.isFinite(at) && new Date(at).toISOString().slice(0, 23) === word.slice(0, 23);
}

// What the payload says, if it is spelled in the one way (domain/receipt.py).
function said(payload) {
  try {
    const word = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const { about, joined_at, line, pieces } = JSON.parse(word);
    const well =
      ["paid", "bulk"].includes(line) && Number.isInteger(pieces) && pieces >= 0 && pieces <= 10_000_000 &&
      /^[0-9a-f]{64}$/.test(about) && isInstant(joined_at);
    return well && JSON.stringify({ about, joined_at, line, pieces }) === word ? { about, joined_at, line, pieces } : null;
  } catch {
    return null;
  }
}

// What a receipt says that one of these keys signed; null when it is none. Raises NotSupportedError in a browser without Ed25519.
export async function read(token, keys) {
  const [, payload, signature] = (token.length <= 400 ? FORM.exec(token) : null)?.map((word, at) => (at ? bytes(word) : word)) ?? [];
  if (!payload || !signature) return null;
  const name = text.encode("meterai queue receipt v1\n");
  const signed = new Uint8Array([...name, ...payload]);
  for (const key of keys.map(bytes)) {
    if (key?.length !== 32) continue;
    const known = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    if (await crypto.subtle.verify("Ed25519", known, signature, signed)) return said(payload);
  }
  return null;
}

export async function isOf(receipt, id) {
  const digest = await crypto.subtle.digest("SHA-256", text.encode(`meterai queue receipt is about\n${id}`));
  return [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("") === receipt.about;
}

async function check() {
  const token = $("receipt").value.trim();
  const id = $("receipt-id").value.trim();
  $("receipt-facts").hidden = true;
  $("receipt-paper").hidden = true;
  say($("receipt-says"), token ? receipts.checking : receipts.empty, token ? "wait" : "plain");
  if (!token) return;
  const room = await readRoom();
  let found;
  try {
    found = await read(token, room.receipt_keys);
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    say($("receipt-says"), receipts.old, "warn");
    return;
  }
  if (!found) {
    say($("receipt-says"), room.receipt_keys.length ? receipts.forged : receipts.noKeys, room.receipt_keys.length ? "bad" : "warn");
    return;
  }
  const theirs = id ? await isOf(found, id) : null;
  say($("receipt-says"), theirs === false ? receipts.another : receipts.genuine, theirs === false ? "bad" : "good");
  $("receipt-facts").hidden = false;
  $("receipt-paper").hidden = false;
  $("receipt-code").value = `${location.origin}/receipt.html#${token}`;
  $("receipt-since").textContent = clockTime(found.joined_at);
  $("receipt-pieces").textContent = receipts.paid(pieces(found.pieces));
  $("receipt-line").textContent = receipts.lines[found.line];
  $("receipt-whose").textContent = receipts.whose(theirs);
}

function open() {
  const token = decodeURIComponent(location.hash.slice(1));
  if (!token) return;
  $("receipt").value = token;
  check();
}

if ($("receipt")) {
  speak();
  setUpBanner();
  $("receipt-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  addEventListener("hashchange", open);
  open();
}
