// Own invoices and their refunds: what asking would bring is shown first; then ask, follow to the end, or take it back.

import { problems, invoices, refunding, refundMethods, refundReasons } from "./said.js";
import { call, send, follow } from "./api.js";
import { showUnpaid } from "./buy.js";
import { destinationPart } from "./destination.js";
import { $, el, say, sayFailure, during, codeLink } from "./dom.js";
import * as kept from "./kept.js";
import { refreshQuota } from "./quota.js";
import { ENDED, calendarLink, standing, timeline, turn } from "./timeline.js";
import { rupiah, pieces, day, moment, policy } from "./words.js";

const CANCELLABLE = ["unconfirmed", "pending", "received", "awaiting_decision", "awaiting_destination", "approved"];
const PAID = ["paid", "refunding", "refunded"];
const known = { invoices: new Map(), refunds: new Map() };
const cards = new Map(); // invoice id -> its card
const following = new Map(); // refund id -> what stops following it
let cursor = null;
let asking = null; // the invoice whose quote is open

export function setUpRefunds() {
  $("invoices-more").addEventListener("click", () => during($("invoices-more"), $("invoices-says"), () => load(cursor)));
  $("invoices-again").addEventListener("click", () => during($("invoices-again"), $("invoices-says"), () => refreshInvoices()));
}

// `newest` is an invoice that the list may not have yet.
export async function refreshInvoices(newest) {
  if (!kept.get("token")) return;
  if (newest) known.invoices.set(newest.id, newest);
  $("invoices-part").hidden = false;
  if (newest) draw();
  await Promise.all([load(null), loadRefunds()]);
}

async function load(from) {
  const found = await call("GET", `/v1/invoices?limit=20${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);
  for (const invoice of found.data) known.invoices.set(invoice.id, invoice);
  if (from || cursor === null) cursor = found.next_cursor;
  $("invoices-more").hidden = !cursor;
  draw();
}

async function loadRefunds() {
  const found = await call("GET", "/v1/refunds?limit=100");
  for (const refund of found.data) keep(refund);
  draw();
}

function keep(refund) {
  known.refunds.set(refund.id, refund);
  if (!ENDED.includes(refund.status) && !following.has(refund.id)) watch(refund.id);
}

// Sends again what had no answer before the page was closed.
export async function resumeRefunds() {
  for (const [name, waiting] of Object.entries(kept.intents()).filter(([name]) => name.startsWith("refund:"))) {
    try {
      await asked(name, waiting.body);
    } catch (error) {
      sayFailure($("invoices-says"), error);
    }
  }
}

function watch(id) {
  const control = new AbortController();
  following.set(id, control);
  const { signal } = control;
  const look = async () => {
    const refund = await call("GET", `/v1/refunds/${id}`, { signal });
    const before = known.refunds.get(id);
    known.refunds.set(id, refund);
    if (before?.status !== refund.status) await moved(refund);
    return ENDED.includes(refund.status);
  };
  follow(look, { signal, most: 60_000 })
    .catch((error) => sayFailure($("invoices-says"), error))
    .finally(() => following.delete(id));
}

async function moved(refund) {
  const invoice = await call("GET", `/v1/invoices/${refund.invoice_id}`);
  known.invoices.set(invoice.id, invoice);
  draw();
  await refreshQuota();
}

function draw() {
  const newestFirst = [...known.invoices.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
  for (const invoice of newestFirst) {
    const card = cards.get(invoice.id) ?? newCard(invoice.id);
    drawCard(card, invoice);
  }
  const wanted = newestFirst.map((invoice) => cards.get(invoice.id).root);
  const list = $("invoices");
  if (wanted.some((root, index) => list.children[index] !== root)) list.replaceChildren(...wanted);
  say($("invoices-says"), wanted.length ? "" : refunding.none);
}

function newCard(id) {
  const heading = el("h3", { tabIndex: -1 });
  const card = {
    heading,
    facts: el("p", { class: "small" }),
    actions: el("div", { class: "actions" }),
    quote: el("div", { class: "quote", hidden: true }),
    says: el("p", { class: "says", role: "status" }),
    refunds: el("div"),
  };
  card.root = el("li", { class: "invoice", data: { invoice: id } });
  card.root.append(heading, card.facts, card.actions, card.quote, card.says, card.refunds);
  cards.set(id, card);
  return card;
}

function drawCard(card, invoice) {
  const own = [...known.refunds.values()]
    .filter((refund) => refund.invoice_id === invoice.id)
    .sort((a, b) => a.received_at.localeCompare(b.received_at));
  const state = JSON.stringify([invoice, own, asking]);
  if (card.state === state) return;
  card.state = state;
  card.heading.replaceChildren(
    `${pieces(invoice.quantity)}, ${rupiah(invoice.total_idr)} `,
    el("span", { class: "tag", data: { status: invoice.status } }, invoices[invoice.status] ?? ""),
  );
  const when = invoice.paid_at ? refunding.paid(moment(invoice.paid_at)) : refunding.made(moment(invoice.created_at));
  card.facts.replaceChildren(`${when}. ${refunding.number} `, el("span", { class: "id" }, invoice.id));
  const open = own.some((refund) => refund.kind === "quota" && !ENDED.includes(refund.status));
  card.actions.replaceChildren(...actions(card, invoice, open));
  if (asking !== invoice.id) card.quote.hidden = true;
  card.refunds.replaceChildren(...own.map((refund) => drawRefund(card, refund)));
}

function actions(card, invoice, open) {
  if (PAID.includes(invoice.status)) {
    const receipt = button(refunding.receipt, "quiet", (self) => during(self, card.says, () => keepReceipt(invoice.id)), "receipt");
    if (invoice.status !== "paid" || open || asking === invoice.id) return [receipt];
    return [button(refunding.quote, "quiet", (self) => during(self, card.says, () => quote(card, invoice)), "ask-quote"), receipt];
  }
  if (invoice.status === "awaiting_payment" || invoice.status === "expired") {
    return [button(refunding.code, "quiet", (self) => during(self, card.says, () => showUnpaid(invoice.id)))];
  }
  return [];
}

// The receipt of the payment, made by the service and saved as a file.
async function keepReceipt(id) {
  const file = URL.createObjectURL(await call("GET", `/v1/invoices/${id}/receipt`, { file: "application/pdf" }));
  el("a", { href: file, download: `kwitansi-${id}.pdf` }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60_000);
}

function button(label, look, act, name = "") {
  const made = el("button", { type: "button", class: look, data: { act: name } }, label);
  made.addEventListener("click", () => act(made));
  return made;
}

// The calculator comes first: how much, how, by when, by which rule; or why not.
async function quote(card, invoice) {
  say(card.says, refunding.quoting, "wait");
  const found = await call("GET", `/v1/refund-quotes?invoice_id=${encodeURIComponent(invoice.id)}`);
  const waits = found.code === "stamp_in_progress";
  if (!found.eligible && !waits) {
    say(card.says, problems[found.code] ?? problems.busy, "warn", codeLink(found.code));
    return;
  }
  say(card.says, waits ? problems.stamp_in_progress : "", "warn");
  asking = invoice.id;
  const choice = el("select", { id: `reason-${invoice.id}` }, ...refundReasons.map((reason) => el("option", {}, reason)));
  const ask = button(refunding.ask(rupiah(found.amount_idr)), "main", (self) =>
    during(self, card.says, () => request(card, invoice, choice.value)), "ask-refund"); // prettier-ignore
  card.quote.replaceChildren(
    el("p", { class: "amount" }, rupiah(found.amount_idr)),
    el("p", {}, `${refunding.share(found.policy.percent, rupiah(invoice.total_idr))}, ${refundMethods[found.method] ?? found.method}.`),
    el("p", {}, refunding.latest(day(found.promise_at))),
    el("p", {}, refunding.counted(pieces(invoice.quantity))),
    el("p", { class: "small" }, policy(found.policy)),
    el("label", { htmlFor: choice.id }, refunding.reason),
    choice,
    el("div", { class: "actions" }, ask, button(refunding.not, "quiet", () => close(card))),
  );
  card.quote.hidden = false;
  draw();
  ask.focus();
}

function close(card) {
  asking = null;
  card.quote.hidden = true;
  draw();
  card.heading.focus();
}

async function request(card, invoice, reason) {
  say(card.says, refunding.asking, "wait");
  await asked(`refund:${invoice.id}`, { invoice_id: invoice.id, reason });
  say(card.says, "");
  close(card);
}

async function asked(name, body) {
  const refund = await send(name, "/v1/refunds", body);
  keep(refund);
  await moved(refund);
}

function drawRefund(card, refund) {
  const title = refund.kind === "payment" ? refunding.ofPayment : refunding.ofInvoice;
  const part = el(
    "section",
    { class: "refund", data: { refund: refund.id, status: refund.status } },
    el("h4", {}, `${title} ${rupiah(refund.amount_idr)}`),
    standing(refund),
    turn(refund),
    timeline(refund),
  );
  const destination = destinationPart(refund, (told) => {
    known.refunds.set(told.id, told);
    return moved(told);
  });
  if (destination) part.append(destination);
  if (!ENDED.includes(refund.status)) part.append(calendarLink(refund));
  if (refund.kind === "quota" && CANCELLABLE.includes(refund.status)) {
    part.append(button(refunding.cancel, "quiet", (self) => during(self, card.says, () => cancel(refund)), "cancel-refund"));
  }
  return part;
}

async function cancel(refund) {
  const found = await call("POST", `/v1/refunds/${refund.id}/cancel`);
  known.refunds.set(found.id, found);
  await moved(found);
}
