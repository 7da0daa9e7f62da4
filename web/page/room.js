// Waiting: everything that is shown comes from room.json, one static file for everybody. The service itself is asked only when
// the turn has come.

import { now, pause, persist } from "./api.js";
import { $, el } from "./dom.js";
import { ahead, askAfter, estimate, isDue, lookAfter } from "./queue.js";
import { language, queue } from "./said.js";
import { clock, number } from "./words.js";

const jittered = (seconds) => seconds * 1_000 * (0.75 + Math.random() / 2);

export async function readRoom(signal) {
  let room = null;
  await persist(async (limit) => {
    const found = await fetch("/room.json", { signal: limit, credentials: "omit" });
    room = found.ok ? await found.json().catch(() => null) : null;
    return room ? found : null;
  }, signal);
  return room;
}

// Shows where somebody stands until `ask()` says that they have been served. `line` is theirs, `joined` when they joined.
export async function waitTurn({ line, joined, ask, signal }) {
  const shown = { room: null, expected: null };
  const ticking = setInterval(() => tellAge(shown.room), 1_000);
  const second = Math.floor(Date.parse(joined) / 1_000);
  let asked = -Infinity;
  let asks = 0;
  try {
    for (;;) {
      const room = await readRoom(signal);
      const { bins, rates, waiting } = room.lines[line];
      const before = ahead(bins, second);
      const expected = estimate(before, rates, room.standstill_seconds);
      tell(room, before, expected);
      shown.room = room;
      const due = isDue(before, expected, room.standstill_seconds);
      if (!due) asks = 0;
      const patience = askAfter(waiting, asks);
      if (due && now() - asked >= patience * 1_000) {
        asked = now();
        asks += 1;
        if (await ask()) return;
      }
      await pause(jittered(due ? Math.min(patience, 10) : lookAfter(expected)), signal);
    }
  } finally {
    clearInterval(ticking);
    $("queue").hidden = true;
  }
}

function tell(room, before, expected) {
  $("queue").hidden = false;
  $("queue-place").textContent = queue.place(number(before + 1));
  const at = (seconds) => clock(Date.parse(room.kept_at) + seconds * 1_000);
  $("queue-turn").textContent = expected ? queue.turn(at(expected.p10), at(expected.p90)) : queue.unknown;
  $("queue-incident").textContent = room.incident?.[language] ?? (room.channels.issuer === "down" ? queue.issuerDown : "");
  $("queue-incident").hidden = !$("queue-incident").textContent;
  tellAge(room);
}

function tellAge(room) {
  if (room) $("queue-age").textContent = queue.age(Math.max(0, Math.round((now() - Date.parse(room.kept_at)) / 1_000)));
}

// The receipt, as a link that anybody can check.
export function showReceipt(receipt) {
  $("queue-receipt").replaceChildren(receipt ? el("a", { href: `/receipt.html#${receipt}` }, queue.receipt) : "");
}
