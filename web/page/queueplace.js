// <queue-place>: where somebody stands in the queue, about when their turn is, and how old that word is. It reads room.json; the
// service itself is asked only when the turn has come. Its parts stand in the HTML. Taken off the page, it stops.
//   wait({line, joined, ask})   shows it until `ask(signal)` says that they have been served; `line` is theirs, `joined` when they
//                               joined. One at a time: another one ends it
//   stop()                      ends it

import { now, pause } from "./api.js";
import { $ } from "./dom.js";
import { ahead, askAfter, estimate, isDue, lookAfter } from "./queue.js";
import { readRoom } from "./room.js";
import { language, queue } from "./said.js";
import { clock, number } from "./words.js";

const jittered = (seconds) => seconds * 1_000 * (0.75 + Math.random() / 2);

class QueuePlace extends HTMLElement {
  #waiting = null;

  disconnectedCallback() {
    this.stop();
  }

  stop() {
    this.#waiting?.abort();
  }

  async wait({ line, joined, ask }) {
    this.stop();
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    const second = Math.floor(Date.parse(joined) / 1_000);
    let shown = null;
    let asked = -Infinity;
    let asks = 0;
    const ticking = setInterval(() => shown && this.#tellAge(shown), 1_000);
    try {
      for (;;) {
        const room = await readRoom(signal);
        const { bins, rates, waiting } = room.lines[line];
        const before = ahead(bins, second);
        const expected = estimate(before, rates, room.standstill_seconds);
        this.#tell(room, before, expected);
        shown = room;
        const due = isDue(before, expected, room.standstill_seconds);
        if (!due) asks = 0;
        const patience = askAfter(waiting, asks);
        if (due && now() - asked >= patience * 1_000) {
          asked = now();
          asks += 1;
          if (await ask(signal)) return;
        }
        await pause(jittered(due ? Math.min(patience, 10) : lookAfter(expected)), signal);
      }
    } finally {
      clearInterval(ticking);
      this.hidden = true;
    }
  }

  #tell(room, before, expected) {
    this.hidden = false;
    $("queue-place").textContent = queue.place(number(before + 1));
    const at = (seconds) => clock(Date.parse(room.kept_at) + seconds * 1_000);
    $("queue-turn").textContent = expected ? queue.turn(at(expected.p10), at(expected.p90)) : queue.unknown;
    $("queue-incident").textContent = room.incident?.[language] ?? (room.channels.issuer === "down" ? queue.issuerDown : "");
    $("queue-incident").hidden = !$("queue-incident").textContent;
    this.#tellAge(room);
  }

  #tellAge(room) {
    $("queue-age").textContent = queue.age(Math.max(0, Math.round((now() - Date.parse(room.kept_at)) / 1_000)));
  }
}

customElements.define("queue-place", QueuePlace);
