// Buying: quantity, a QRIS code with its countdown, and a page that turns by itself when the money has come.

import { payments, invoices, device, queue } from "../sentences.id.js";
import { ensureAccount } from "./account.js";
import { call, send, follow, now, pause } from "./api.js";
import { $, say, sayFailure, moveTo, during } from "./dom.js";
import * as kept from "./kept.js";
import { refreshQuota } from "./quota.js";
import { rupiah, pieces, countdown, policy, clock } from "./words.js";

const SETTLED = ["paid", "refunding", "refunded"];
let watching = null; // stops following the invoice before
let shown = null;
let paid = () => {};

export function setUpBuying(onPaid) {
  paid = onPaid;
  $("buy").addEventListener("submit", (event) => {
    event.preventDefault();
    during($("buy-go"), $("buy-says"), buy);
  });
  $("email").addEventListener("input", () => $("email").removeAttribute("aria-invalid"));
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  $("new-code").addEventListener("click", () => during($("new-code"), $("bill-says"), renew));
  $("copy-code").addEventListener("click", copy);
  $("buy-more").addEventListener("click", startAgain);
  for (const button of $("simulation").querySelectorAll("button")) {
    button.addEventListener("click", () => during(button, $("simulation-says"), () => simulate(button.value)));
  }
  setInterval(showCountdown, 1_000);
}

function step(by) {
  const field = $("quantity");
  const wanted = (Number.parseInt(field.value, 10) || 0) + by;
  field.value = Math.min(Number(field.max), Math.max(Number(field.min), wanted));
}

async function buy() {
  if (!(await ensureAccount())) return;
  say($("buy-says"), "Membuat kode bayar …", "wait");
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
  if (fresh && !SETTLED.includes(invoice.status)) $("bill").scrollIntoView({ block: "nearest" });
}

function draw(invoice) {
  const { payment } = invoice;
  shown = invoice;
  const settled = SETTLED.includes(invoice.status);
  say($("buy-says"), "");
  $("buy").hidden = true;
  $("bill").hidden = false;
  $("bill-total").textContent = rupiah(invoice.total_idr);
  $("bill-lines").textContent =
    `${pieces(invoice.quantity)} × ${rupiah(invoice.unit_price_idr)} bea meterai + ${rupiah(invoice.fee_idr)} jasa`;
  $("bill-eta").textContent = settled ? "" : expected(invoice.eta);
  $("bill-policy").textContent = policy(invoice.refund_policy);
  $("code").hidden = settled || payment?.status !== "open";
  $("new-code").hidden = settled;
  $("buy-more").hidden = !settled;
  $("simulation").hidden = settled || !payment?.simulator_url;
  if (settled) {
    say($("bill-says"), paidSentence(invoice), "good");
    return;
  }
  if (payment?.qr_image_url && $("qr").src !== payment.qr_image_url) $("qr").src = payment.qr_image_url;
  $("qr").hidden = !payment?.qr_image_url;
  $("qr-string").textContent = payment?.qr_string ?? "";
  say($("bill-says"), payments[payment?.status] ?? payments.expired, payment?.status === "open" ? "wait" : "warn");
  showCountdown();
}

function expected(eta) {
  return eta ? queue.beforePaying(clock(eta.p10), clock(eta.p90)) : queue.beforePayingUnknown;
}

function paidSentence(invoice) {
  if (invoice.status === "paid") return `Pembayaran diterima. ${pieces(invoice.quantity)} masuk ke kuota Anda.`;
  return `Tagihan ini ${invoices[invoice.status]}.`;
}

function showCountdown() {
  if ($("code").hidden || !shown?.payment) return;
  const left = Date.parse(shown.payment.expires_at) - now();
  $("countdown").textContent = left > 0 ? countdown(left) : "habis";
  if (left <= 0) say($("bill-says"), payments.expired, "warn");
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
  follow(look, { signal: control.signal }).catch((error) => sayFailure($("bill-says"), error));
}

async function renew() {
  const path = `/v1/invoices/${shown.id}/payments`;
  showInvoice(await send(`payment:${shown.id}`, path, { payment_method: "qris" }));
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("qr-string").textContent);
    say($("simulation-says"), "");
    $("copy-code").textContent = "Tersalin";
    await pause(2_000);
    $("copy-code").textContent = "Salin kode";
  } catch {
    getSelection().selectAllChildren($("qr-string"));
  }
}

function startAgain() {
  watching?.abort();
  kept.drop("invoice");
  shown = null;
  $("bill").hidden = true;
  $("buy").hidden = false;
  $("quantity").focus();
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
