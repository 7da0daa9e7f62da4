// Bubuhkan: one piece, one document, one key until it is answered; then the file.

import { alone, call, send } from "./api.js";
import { bringAgain } from "./document.js";
import { $, el, say, sayFailure, moveTo, during, codeLink } from "./dom.js";
import * as kept from "./kept.js";
import { onQuota, refreshQuota } from "./quota.js";
import { problems, stampings, findings, queue } from "./said.js";
import * as shelf from "./shelf.js";
import { size, moment } from "./words.js";

const GONE = ["not_found", "document_not_ready"]; // the document was deleted meanwhile, or is another account's
let brought = null;
let again = () => {};
let ended = () => {};

// `onAgain()` is told that somebody has another document; `onEnded(stamping)` of each stamping that has come to its end.
export function setUpStamping(onAgain, onEnded) {
  again = onAgain;
  ended = onEnded;
  $("affix").addEventListener("click", () => during($("affix"), $("affix-says"), affix));
  $("download").addEventListener("click", download);
  $("stamp-cancel").addEventListener("click", () => during($("stamp-cancel"), $("stamping-says"), cancel));
  $("stamp-again").addEventListener("click", startAgain);
  // Pieces left from before are used first; without any, paying is the next thing to do.
  onQuota(({ available }) => {
    $("affix").hidden = available < 1;
    $("affix-note").hidden = available < 1;
    $("affix-note").textContent = stampings.uses(available);
  });
}

export function offerStamping(document) {
  brought = document;
  const stamped = document.findings.some((found) => found.code === "already_stamped");
  $("another-part").hidden = !stamped;
  $("another").checked = false;
  $("another-note").textContent = findings.already_stamped;
  say($("affix-says"), "");
}

const asked = () => ({ document_id: brought.id, placement: $("placement").placement, another: $("another").checked });

// Whoever pays with a document in its place wants it stamped: said once, done when the money has come, by whichever tab sees it.
export function wish() {
  if (brought && !$("placing").hidden) kept.set("wish", asked());
}

// False where nothing was wished.
export function fulfil() {
  return alone("wish", async () => {
    const wanted = kept.get("wish");
    if (!wanted) return followed();
    const body = brought?.id === wanted.document_id && !$("placing").hidden ? asked() : wanted;
    const name = `stamping:${wanted.document_id}`;
    kept.intent(name, "/v1/stampings", body); // kept before the wish goes: at every instant one of them is there
    kept.drop("wish");
    await joined(name, body);
    return true;
  });
}

// Another tab saw the money first: this one shows the same stamping.
async function followed() {
  if (!kept.get("stamping") || !$("stamping").hidden) return false;
  const refused = await resumeStamping();
  if (refused) throw refused;
  return true;
}

async function affix() {
  const body = asked();
  say($("affix-says"), stampings.sending, "wait");
  try {
    await joined(`stamping:${brought.id}`, body);
  } catch (error) {
    await refreshQuota();
    throw error;
  }
}

async function joined(name, body) {
  let stamping;
  try {
    stamping = await send(name, "/v1/stampings", body, { prefer: "wait=10" });
  } catch (error) {
    if (!GONE.includes(error.code)) throw error;
    await bringAgain(); // this browser has it still
    return;
  }
  say($("affix-says"), "");
  kept.set("stamping", stamping.id);
  show(stamping);
}

// Sends again what had no answer before the page was closed, or goes on following. Returns what was refused, or null.
export async function resumeStamping() {
  const [name, waiting] = Object.entries(kept.intents()).find(([name]) => name.startsWith("stamping:")) ?? [];
  try {
    if (waiting) await joined(name, waiting.body);
    else if (kept.get("stamping")) show(await call("GET", `/v1/stampings/${kept.get("stamping")}`));
    return null;
  } catch (error) {
    kept.drop("stamping");
    return error;
  }
}

// Another stamping of this account's, from its history.
export function followStamping(stamping) {
  kept.set("stamping", stamping.id);
  show(stamping);
}

function show(stamping) {
  $("placing").hidden = true;
  moveTo($("stamping"));
  draw(stamping);
  $("queue").stop();
  refreshQuota();
  if (hasEnded(stamping)) {
    ended(stamping);
    return;
  }
  const ask = async (signal) => {
    const latest = await call("GET", `/v1/stampings/${stamping.id}`, { signal });
    draw(latest);
    if (!hasEnded(latest)) return false;
    ended(latest);
    await refreshQuota();
    return true;
  };
  $("queue").wait({ line: "paid", joined: stamping.joined_at, ask }).catch((error) => sayFailure($("stamping-says"), error));
}

export const hasEnded = (stamping) => stamping.status === "done" || stamping.status === "released";

function draw(stamping) {
  const done = stamping.status === "done";
  const released = stamping.status === "released";
  if (released) say($("stamping-says"), reasonOf(stamping), "warn", problems[stamping.reason] ? codeLink(stamping.reason) : "");
  else say($("stamping-says"), stampings[stamping.status], done ? "good" : "wait");
  // The receipt is a link that anybody can check.
  $("queue-receipt").replaceChildren(stamping.receipt ? el("a", { href: `/receipt.html#${stamping.receipt}` }, queue.receipt) : "");
  $("sealed").hidden = !done;
  $("stamp-cancel").hidden = done || released;
  $("stamp-again").hidden = !(done || released);
  if (done || released) shelf.drop();
  if (!done) return;
  checked(stamping).catch((error) => sayFailure($("stamping-says"), error));
  $("download").href = stamping.download_url;
  $("download").dataset.stamping = stamping.id;
  $("sealed-size").textContent = size(stamping.sealed_size);
  $("sealed-at").textContent = moment(stamping.ended_at);
  $("sealed-serial").replaceChildren(serialLink(stamping.serial));
}

// What is handed out is checked against the public register first, as anybody can.
async function checked(stamping) {
  const entry = await call("GET", `/v1/serials/${stamping.serial}`, { anonymous: true });
  const same = entry.state === "affixed" && stamping.sealed_sha256?.startsWith(entry.document_sha256_starts);
  $("sealed-verdict").hidden = !same;
  $("sealed-verdict").textContent = stampings.verified;
}

// To the number's own page, whose address is written out on paper.
export function serialLink(serial) {
  return el("a", { href: `/v/${serial}`, data: { print: `${location.host}/v/${serial}` } }, serial);
}

export function reasonOf(stamping) {
  const why = problems[stamping.reason];
  return why && stamping.reason !== "stamping_cancelled" ? `${stampings.released} ${why}` : (why ?? stampings.released);
}

async function download(event) {
  event.preventDefault();
  try {
    await openSealed($("download").dataset.stamping);
  } catch (error) {
    sayFailure($("stamping-says"), error);
  }
}

// Links to files live for minutes only: a fresh one for every tap.
export async function openSealed(id) {
  const { download_url: url } = await call("GET", `/v1/stampings/${id}`);
  location.assign(url);
}

async function cancel() {
  $("queue").stop();
  const stamping = await call("POST", `/v1/stampings/${kept.get("stamping")}/cancel`);
  draw(stamping);
  ended(stamping);
  await refreshQuota();
}

function startAgain() {
  leaveStamping();
  again();
}

export function leaveStamping() {
  $("queue").stop();
  kept.drop("stamping", "wish");
  $("stamping").hidden = true;
}
