// What this browser keeps between visits: the account's token, where the person was, and requests without an answer yet.
// A browser writes its local storage to the disk seconds after it was told to, which an empty battery does not wait for: all of it
// is written to IndexedDB too, in one piece and at once, and the newer of the two holds at the next visit.

import * as shelf from "./shelf.js";

const PREFIX = "meterai.";
const TURN = "turn"; // counts the changes, so that it is known which of the two is newer
const PATIENCE = 2_000; // milliseconds: a browser whose IndexedDB hangs is no reason to show nothing
const memory = new Map(); // where storage is refused (private windows), this visit's own
let mirrored = true;
let writing = null;
let stale = false;

export function get(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function set(name, value) {
  put(name, value);
  changed();
}

export function drop(...names) {
  names.forEach(remove);
  changed();
}

function put(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value); // all there is
  }
}

function remove(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // nothing was kept there
  }
}

function names() {
  const found = new Set(memory.keys());
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) found.add(key.slice(PREFIX.length));
  } catch {
    // the memory has them all
  }
  return [...found];
}

function changed() {
  put(TURN, (get(TURN) ?? 0) + 1);
  if (!mirrored) return;
  stale = true;
  writing ??= mirror().finally(() => (writing = null));
}

async function mirror() {
  while (stale) {
    stale = false;
    await shelf.putState(Object.fromEntries(names().map((name) => [name, get(name)])));
  }
}

const patience = () => new Promise((resolve) => setTimeout(resolve, PATIENCE));

// Once what was kept is on the disk, as far as this browser can: before whatever moves money or quota.
export const written = () => Promise.race([writing, patience()]);

async function restore() {
  const state = await Promise.race([shelf.getState(), patience()]);
  mirrored = state !== undefined; // who did not answer may have what is newer: it is left alone
  if (!state || state[TURN] <= (get(TURN) ?? 0)) return;
  for (const name of names()) if (!(name in state)) remove(name);
  for (const [name, value] of Object.entries(state)) put(name, value);
}

if (globalThis.document) await restore();

// Whether anything is there at the next visit.
export async function keeps() {
  try {
    localStorage.setItem(`${PREFIX}${TURN}`, JSON.stringify(get(TURN) ?? 0));
    return true;
  } catch {
    return shelf.works();
  }
}

// An intent is a request that moves money or quota, with the Idempotency-Key it will have until it is answered:
// a reload, a retry or a second tab sends the same key again, so that nothing is ever spent twice.
export function intent(name, path, body) {
  const known = intents()[name];
  if (known && known.path === path && JSON.stringify(known.body) === JSON.stringify(body)) return known;
  const fresh = { path, body, key: crypto.randomUUID() };
  set("intents", { ...intents(), [name]: fresh });
  return fresh;
}

export function settle(name) {
  const { [name]: _, ...rest } = intents();
  set("intents", rest);
}

export function intents() {
  return get("intents") ?? {};
}
