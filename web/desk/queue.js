// The queue: every refund that has not ended, the nearest promise first; whose turn it is and what is late can be seen at once.

import { $, during, el, say } from "../page/dom.js";
import { day, rupiah } from "../page/words.js";
import { ask } from "./desk.js";
import { desk, kinds, marks, statuses, told, turns } from "./said.js";

const OPEN = ["awaiting_decision", "approved", "awaiting_destination", "unconfirmed", "pending", "received", "paying"];
let cursor = null;
let current = null;

export function setUpQueue() {
  $("status").append(...OPEN.map((status) => el("option", { value: status }, statuses[status])));
  $("status").addEventListener("change", () => during($("again"), $("queue-says"), refreshQueue));
  $("again").addEventListener("click", () => during($("again"), $("queue-says"), refreshQueue));
  $("more").addEventListener("click", () => during($("more"), $("queue-says"), () => load(cursor)));
}

export const refreshQueue = () => load(null);

// Which case is open, for the eye and for screen readers.
export function mark(id) {
  current = id;
  for (const link of $("queued").querySelectorAll("a")) link.setAttribute("aria-current", String(link.dataset.refund === id));
}

async function load(from) {
  const status = $("status").value;
  const query = new URLSearchParams({ limit: "50", ...(status && { status }), ...(from && { cursor: from }) });
  const found = await ask("GET", `/v1/desk/refunds?${query}`);
  if (status !== $("status").value) return; // another choice was made meanwhile: its own answer comes
  cursor = found.next_cursor;
  $("more").hidden = !cursor;
  const lines = found.data.map(drawn);
  if (from) $("queued").append(...lines);
  else $("queued").replaceChildren(...lines);
  mark(current);
  say($("queue-says"), $("queued").children.length ? "" : status ? desk.emptyHere : desk.empty);
}

function drawn(refund) {
  return el(
    "li",
    {},
    el(
      "a",
      { class: "queued", href: `#${refund.id}`, data: { refund: refund.id, status: refund.status } },
      el(
        "span",
        {},
        el("strong", {}, rupiah(refund.amount_idr)),
        `, ${statuses[refund.status] ?? refund.status} `,
        refund.alarm ? el("span", { class: "tag", data: { kind: "alarm" } }, marks.alarm) : "",
        refund.needs_officer ? el("span", { class: "tag", data: { kind: "officer" } }, marks.officer) : "",
      ),
      el("span", { class: "small" }, told.promise(refund.day, day(refund.promise_at))),
      el("span", { class: "small" }, told.turn(turns[refund.turn] ?? refund.turn)),
      refund.kind === "payment" ? el("span", { class: "small" }, kinds.payment) : "",
    ),
  );
}
