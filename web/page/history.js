// Riwayat: what this account had stamped, newest first, with the serial number and a fresh link to the file; and where a piece went
// whose document was not stamped after all.

import { call, now, Refused } from "./api.js";
import { rememberDocument } from "./document.js";
import { $, el, during } from "./dom.js";
import * as kept from "./kept.js";
import { past } from "./said.js";
import { followStamping, hasEnded, openSealed, reasonOf, serialLink } from "./stamp.js";
import { day, moment } from "./words.js";

const A_PAGE = 5;
const known = new Map(); // stamping id -> stamping
let cursor = null;

export function setUpHistory() {
  $("past-more").addEventListener("click", () => during($("past-more"), $("past-says"), () => load(cursor)));
}

export async function refreshHistory() {
  if (kept.get("token")) await load(null);
}

// A stamping that the list may not have yet.
export async function rememberStamping(stamping) {
  known.set(stamping.id, stamping);
  await show([stamping]);
}

export function forgetHistory() {
  known.clear();
  cursor = null;
  draw();
}

async function load(from) {
  const found = await call("GET", `/v1/stampings?limit=${A_PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);
  for (const stamping of found.data) known.set(stamping.id, stamping);
  if (from || cursor === null) cursor = found.next_cursor;
  $("past-more").hidden = !cursor;
  await show(found.data);
}

// At once; and again with the names that this browser did not know, which are asked for once.
async function show(stampings) {
  draw();
  const names = kept.get("names") ?? {};
  const strangers = new Set(stampings.map(({ document_id: id }) => id).filter((id) => !names[id]));
  if (!strangers.size) return;
  await Promise.all([...strangers].map(ask));
  draw();
}

async function ask(id) {
  try {
    rememberDocument(await call("GET", `/v1/documents/${id}`));
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // it has no name any more
  }
}

function draw() {
  const newestFirst = [...known.values()].sort((a, b) => b.joined_at.localeCompare(a.joined_at));
  $("past").hidden = newestFirst.length === 0;
  $("past-list").replaceChildren(...newestFirst.map(line));
}

function line(stamping) {
  const { filename = past.unnamed, until } = kept.get("names")?.[stamping.document_id] ?? {};
  const { status, serial } = stamping;
  const said = hasEnded(stamping) ? past.ended[status](moment(stamping.ended_at)) : past.joined(moment(stamping.joined_at));
  const source = until && Date.parse(until) > now() ? past.source(day(until)) : past.gone;
  const act = status === "done" ? [past.download, () => openSealed(stamping.id)] : [past.follow, () => followStamping(stamping)];
  return el(
    "li",
    { class: "past", data: { stamping: stamping.id } },
    el("h3", {}, `${filename} `, el("span", { class: "tag", data: { status } }, past.states[status] ?? "")),
    el("p", { class: "small" }, said),
    serial ? el("p", { class: "serial" }, serialLink(serial)) : null,
    status === "released" ? el("p", { class: "says", data: { kind: "warn" } }, reasonOf(stamping)) : null,
    status === "done" ? el("p", { class: "small" }, source) : null,
    status === "released" ? null : button(filename, ...act),
  );
}

function button(filename, label, act) {
  const made = el("button", { type: "button", class: "quiet", aria: { label: `${label}: ${filename}` } }, label);
  made.addEventListener("click", () => during(made, $("past-says"), act));
  return made;
}
