// How a refund stands, for whoever reads it: its state and promise, whose turn it is, which day it is, what happened when, and what
// comes next by when.

import { now } from "./api.js";
import { reminder } from "./calendar.js";
import { el } from "./dom.js";
import { problems, refunds, notes, refunding, turns, upcoming } from "./said.js";
import { day, moment, rupiah } from "./words.js";

export const ENDED = ["refunded", "rejected", "cancelled"];

export function standing(refund) {
  const promised = ENDED.includes(refund.status) ? "" : ` ${refunding.promised(day(refund.promise_at))}`;
  return el("p", { class: "refund-now", role: "status" }, `${refunds[refund.status] ?? ""}.${promised}`);
}

export function turn(refund) {
  const whose = turns.whose[refund.acts_next] ?? turns.ended;
  const which = turns.day(refund.day, refund.promise_days, ENDED.includes(refund.status));
  const what = upcoming.steps[refund.status];
  return el("p", { class: "turn" }, [whose, what ? upcoming.next(what) : "", which].filter(Boolean).join(" "));
}

export function timeline(refund) {
  const lines = refund.timeline.map((line) => {
    const why = notes[line.note] ?? problems[line.note] ?? line.note ?? "";
    return el(
      "li",
      { data: { status: line.status } },
      el("strong", {}, refunds[line.status] ?? ""),
      why ? `: ${why}` : "",
      el("span", { class: "small" }, ` ${moment(line.at)}`),
    );
  });
  return el("ol", { class: "timeline" }, ...lines, promised(refund));
}

function promised(refund) {
  if (ENDED.includes(refund.status)) return null;
  return el("li", { class: "next" }, el("strong", {}, upcoming.by), el("span", { class: "small" }, ` ${day(refund.promise_at)} (WIB)`));
}

// The promised day, for the calendar of whoever waits for it.
export function calendarLink(refund) {
  const text = reminder({
    id: refund.id,
    at: refund.promise_at,
    made: now(),
    title: refunding.remindTitle(rupiah(refund.amount_idr)),
    about: refunding.remindAbout(refund.invoice_id, location.origin),
  });
  const href = `data:text/calendar;charset=utf-8,${encodeURIComponent(text)}`;
  return el("a", { class: "reminder", href, download: "pengembalian-dana.ics" }, refunding.remind);
}
