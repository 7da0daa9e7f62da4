// How a refund stands, for whoever reads it: its state and promise, whose turn it is, which day it is, what happened when.

import { problems, refunds, notes, refunding, turns } from "./said.js";
import { el } from "./dom.js";
import { day, moment } from "./words.js";

export const ENDED = ["refunded", "rejected", "cancelled"];

export function standing(refund) {
  const promised = ENDED.includes(refund.status) ? "" : ` ${refunding.promised(day(refund.promise_at))}`;
  return el("p", { class: "refund-now", role: "status" }, `${refunds[refund.status] ?? ""}.${promised}`);
}

export function turn(refund) {
  const whose = turns.whose[refund.acts_next] ?? turns.ended;
  return el("p", { class: "turn" }, `${whose} ${turns.day(refund.day, refund.promise_days, ENDED.includes(refund.status))}`);
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
  return el("ol", { class: "timeline" }, ...lines);
}
