// Buying: a QRIS code with its countdown, and a page that turns by itself when the money has come.

import { ensureEmail } from "./account.js";
import { call, send, follow, pause } from "./api.js";
import { $, say, sayFailure, moveTo, during } from "./dom.js";
import * as kept from "./kept.js";
import { onQuota, refreshQuota } from "./quota.js";
import { buying, payments, invoices, device, queue } from "./said.js";
import { DUTY_IDR, SERVICE_IDR, rupiah, clock, number, pieces, policy } from "./words.js";

const SETTLED = ["paid", "refunding", "refunded"];
const PICTURE = 900; // pixels of the code that is saved
let watching = null; // stops following the invoice before
let shown = null;
let paid = () => {};
let pressed = () => {};

// `onPressed()` is told that somebody pays now, `onPaid(invoice)` that the money has come.
export function setUpBuying(onPressed, onPaid) {
  pressed = onPressed;
  paid = onPaid;
  $("buy").addEventListener("submit", (event) => {
    event.preventDefault();
    during($("buy-go"), $("buy-says"), buy);
  });
  $("email").addEventListener("input", () => $("email").removeAttribute("aria-invalid"));
  $("quantity").addEventListener("input", showPrice);
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  $("new-code").addEventListener("click", () => during($("new-code"), $("bill-says"), renew));
  $("copy-code").addEventListener("click", copy);
  $("save-code").addEventListener("click", () => during($("save-code"), $("bill-says"), save));
  $("buy-more").addEventListener("click", startAgain);
  for (const button of $("simulation").querySelectorAll("button")) {
    button.addEventListener("click", () => during(button, $("simulation-says"), () => simulate(button.value)));
  }
  $("countdown").addEventListener("over", () => say($("bill-says"), payments.expired, "warn"));
  // Pieces left from before come first: whoever has some is told so before they pay again.
  onQuota(({ available }) => {
    $("buy-not").hidden = available < 1;
    $("buy-not").textContent = buying.notNeeded(number(available));
  });
  showPrice();
  $("buy-go").disabled = false;
}

function step(by) {
  const field = $("quantity");
  const wanted = (Number.parseInt(field.value, 10) || 0) + by;
  field.value = Math.min(Number(field.max), Math.max(Number(field.min), wanted));
  showPrice();
}

function showPrice() {
  const count = $("quantity").valueAsNumber || 0;
  $("price").textContent = rupiah(count * (DUTY_IDR + SERVICE_IDR));
  $("price-lines").textContent = buying.lines(pieces(count), rupiah(DUTY_IDR), rupiah(SERVICE_IDR));
}

async function buy() {
  if (!(await ensureEmail())) return;
  say($("buy-says"), buying.making, "wait");
  pressed();
  const body = { quantity: $("quantity").valueAsNumber || 0, payment_method: "qris" };
  showInvoice(await send("invoice", "/v1/invoices", body));
}

// Sends again what had no answer before the page was closed, or shows the invoice that was open.
export async function resumeBuying() {
  const waiting = kept.intents().invoice;
  try {
    if (waiting) showInvoice(await send("invoice", waiting.path, waiting.body));
    else if (kept.get("invoice")) showInvoice(await call("GET", `/v1/invoices/${kept.get("invoice")}`));
  } catch (error) {
    kept.drop("invoice");
    sayFailure($("buy-says"), error);
  }
}

export async function showUnpaid(id) {
  showInvoice(await call("GET", `/v1/invoices/${id}`));
  moveTo($("buying"));
}

function showInvoice(invoice) {
  const fresh = shown?.id !== invoice.id;
  draw(invoice);
  kept.set("invoice", invoice.id);
  if (!SETTLED.includes(invoice.status)) watch(invoice.id);
  else if (kept.get("wish")) paid(invoice); // it was paid while the page was closed
  if (fresh && !SETTLED.includes(invoice.status)) $("bill").scrollIntoView({ block: "start" });
}

function draw(invoice) {
  const { payment } = invoice;
  shown = invoice;
  const settled = SETTLED.includes(invoice.status);
  say($("buy-says"), "");
  $("buy").hidden = true;
  $("bill").hidden = false;
  $("bill-total").textContent = rupiah(invoice.total_idr);
  $("bill-lines").textContent = buying.total(pieces(invoice.quantity), rupiah(invoice.unit_price_idr), rupiah(invoice.fee_idr));
  $("bill-eta").textContent = settled ? "" : expected(invoice.eta);
  $("bill-policy").textContent = policy(invoice.refund_policy);
  $("code").hidden = settled || payment?.status !== "open";
  $("new-code").hidden = settled;
  $("buy-more").hidden = !settled;
  $("simulation").hidden = settled || !payment?.simulator_url;
  if (settled) {
    say($("bill-says"), invoice.status === "paid" ? buying.paid(pieces(invoice.quantity)) : buying.now(invoices[invoice.status]), "good");
    $("countdown").until = null;
    return;
  }
  drawCode(payment);
  const open = payment?.status === "open" && !$("countdown").over;
  say($("bill-says"), payments[payment?.status === "open" && !open ? "expired" : payment?.status] ?? payments.expired, open ? "wait" : "warn");
}

function expected(eta) {
  return eta ? queue.beforePaying(clock(eta.p10), clock(eta.p90)) : queue.beforePayingUnknown;
}

// The code is drawn here, while it can be paid.
function drawCode(payment) {
  const text = payment?.qr_string ?? "";
  $("qr").value = text;
  $("qr").hidden = !text;
  $("save-code").hidden = !text;
  $("qr-string").textContent = text;
  $("wallet").hidden = !payment?.deeplink_url;
  if (payment?.deeplink_url) $("wallet").href = payment.deeplink_url;
  $("countdown").until = payment?.status === "open" ? payment.expires_at : null;
}

// A picture to be opened in a wallet's own scanner, on a phone that cannot look at itself.
async function save() {
  const picture = await $("qr").picture(PICTURE);
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(picture), download: `qris-${shown.id}.png` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function watch(id) {
  watching?.abort();
  const control = new AbortController();
  watching = control;
  const look = async () => {
    const invoice = await call("GET", `/v1/invoices/${id}`, { signal: control.signal });
    draw(invoice);
    if (!SETTLED.includes(invoice.status)) return false;
    await refreshQuota();
    paid(invoice);
    return true;
  };
  const most = () => (shown?.payment?.status === "open" && !$("countdown").over ? 10_000 : 60_000);
  follow(look, { signal: control.signal, most }).catch((error) => sayFailure($("bill-says"), error));
}

async function renew() {
  const path = `/v1/invoices/${shown.id}/payments`;
  showInvoice(await send(`payment:${shown.id}`, path, { payment_method: "qris" }));
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("qr-string").textContent);
    $("copy-code").textContent = buying.copied;
    await pause(2_000);
    $("copy-code").textContent = buying.copy;
  } catch {
    getSelection().selectAllChildren($("qr-string"));
  }
}

function startAgain() {
  kept.drop("invoice");
  forgetBuying();
  $("quantity").focus();
}

export function forgetBuying() {
  watching?.abort();
  shown = null;
  $("bill").hidden = true;
  $("buy").hidden = false;
}

// In the sandbox only: what the payer's bank would do.
async function simulate(action) {
  const id = shown.id;
  let answer;
  try {
    answer = await fetch(shown.payment.simulator_url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ action }),
    });
  } catch {
    say($("simulation-says"), device.simulationGone, "bad");
    return;
  }
  say($("simulation-says"), answer.ok ? "" : device.simulationRefused, answer.ok ? "plain" : "bad");
  if (answer.ok) watch(id);
}
