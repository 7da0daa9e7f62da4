// What this browser keeps between visits: the account's token, where the person was, and requests without an answer yet.

const PREFIX = "meterai.";
const memory = new Map(); // where storage is refused (private windows), this visit's own

export function get(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function set(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // the memory above is all there is
  }
}

export function drop(...names) {
  for (const name of names) {
    memory.delete(name);
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // nothing was kept there
    }
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
