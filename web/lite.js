// The road in one small script, for slow networks: a file, an e-mail, a code to pay, a download. Refusals are told in the service's
// own words. Whatever was answered is kept, so that a reload goes on; each request that moves money has a key of its own until then.
// Both languages are here, since a second file is a second wait; the page's own words stand in its HTML, in Indonesian. What is kept,
// and on the disk before money moves, is the full page's own affair: two of its modules, named in the HTML so that nobody waits for them.

import * as kept from "./page/kept.js";

const $ = (id) => document.getElementById(id);
const road = kept.get("lite") ?? {};
const language = kept.get("language") === "en" ? "en" : "id"; // the page's own switch (page/said.js)
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

const WORDS = {
  id: {
    lost: "Sambungan terputus atau layanan sibuk. Tidak ada yang hilang, dicoba lagi sendiri.",
    notPdf: "Ini bukan PDF. Simpan dulu sebagai PDF, lalu pilih lagi.",
    tooLarge: "Berkas lebih besar dari 10 MB. Perkecil dulu, lalu pilih lagi.",
    sending: "Mengunggah …",
    unfit: "Berkas ini tidak dapat dibubuhi. Halaman lengkap menunjukkan sebabnya dan cara memperbaikinya.",
    fit: (pages) => `Berkas dapat dibubuhi, ${pages} halaman.`,
    scan: "Pindai kode ini dengan aplikasi bank atau dompet digital Anda. Halaman ini berubah sendiri.",
    stamping: "Dibubuhi … Anda boleh menutup halaman ini.",
    released: "Pembubuhan tidak jadi. Kepingnya kembali ke kuota Anda.",
    done: (serial) => `Selesai. Nomor seri ${serial}.`,
    failed: "Ada yang gagal. Muat ulang halaman ini, lalu coba lagi.",
    notKept: "Peramban ini tidak menyimpan apa pun. Jangan tutup halaman ini sampai dokumennya diunduh.",
    other: "English",
  },
  en: {
    lost: "No connection, or the service is busy. Nothing is lost; this page tries again by itself.",
    notPdf: "This is no PDF. Save it as a PDF first, then choose again.",
    tooLarge: "The file is larger than 10 MB. Make it smaller first, then choose again.",
    sending: "Uploading …",
    unfit: "This file cannot be stamped. The full page shows why, and how to repair it.",
    fit: (pages) => `The file can be stamped, ${pages} ${pages === 1 ? "page" : "pages"}.`,
    scan: "Scan this code with your bank's app or wallet. This page turns by itself.",
    stamping: "Being stamped … You may close this page.",
    released: "The stamping did not happen. Its piece is back in your quota.",
    done: (serial) => `Done. Serial number ${serial}.`,
    failed: "Something went wrong. Reload this page, then try again.",
    notKept: "This browser keeps nothing. Do not close this page until the document is downloaded.",
    other: "Bahasa Indonesia",
    page: {
      full: "Full page",
      title: "Meterai, the light page",
      lead: "For slow networks: the stamp goes to the suggested place.",
      file: "1. PDF file, at most 10 MB",
      email: "2. E-mail",
      go: "3. Pay Rp12.500 and stamp",
      qr: "QRIS code to be scanned",
      test: "Pay (simulation)",
      download: "Download the stamped document",
      again: "Start again",
    },
  },
};
const words = WORDS[language];

function keep(facts) {
  Object.assign(road, facts);
  kept.set("lite", road);
}

function say(sentence, where = "says") {
  $(where).textContent = sentence;
}

class Refused extends Error {}

// One call, made again until there is an answer.
async function call(method, path, body, key) {
  const headers = { "Accept-Language": language, "Content-Type": "application/json" };
  if (kept.get("token")) headers.Authorization = `Bearer ${kept.get("token")}`;
  if (key) headers["Idempotency-Key"] = road[key] ?? (keep({ [key]: crypto.randomUUID() }), road[key]);
  if (key) await kept.written();
  for (let wait = 2; ; wait = Math.min(60, wait * 2)) {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" }).catch(() => null);
    if (answer && answer.status < 500 && answer.status !== 429) {
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Refused(told.title ?? `HTTP ${answer.status}`);
      return told;
    }
    say(words.lost);
    await pause(Math.max(wait, Number(answer?.headers.get("Retry-After")) || 0));
  }
}

async function account() {
  if (!kept.get("token")) kept.set("token", (await call("POST", "/v1/accounts", {})).token);
}

// Up it goes at once, while the e-mail is typed. A file that cannot be stamped is told before anybody pays.
async function bring(file) {
  keep({ document: null });
  const start = await file.slice(0, 1024).text();
  if (!start.includes("%PDF-")) throw new Refused(words.notPdf);
  if (file.size > 10 * 1024 * 1024) throw new Refused(words.tooLarge);
  await account();
  say(words.sending, "file-says");
  const { id, upload } = await call("POST", "/v1/documents", { filename: file.name.slice(0, 200), size: file.size });
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append("file", file);
  for (;;) {
    const sent = await fetch(upload.url, { method: "POST", body: form }).catch(() => null);
    if (sent?.ok) break;
    say(words.lost, "file-says");
    await pause(5);
    if (sent?.status === 403) return bring(file); // the form's time is over
  }
  let seen;
  do seen = await call("GET", `/v1/documents/${id}`);
  while (seen.status === "awaiting_upload" && !(await pause(2)));
  if (seen.status !== "ready") throw new Refused(words.unfit);
  keep({ document: id });
  say(words.fit(seen.pages.length), "file-says");
}

async function pay() {
  await account();
  await call("POST", "/v1/accounts/me/email", { email: $("email").value.trim() });
  const { available } = await call("GET", "/v1/quota");
  if (available < 1) keep({ invoice: (await call("POST", "/v1/invoices", { quantity: 1, payment_method: "qris" }, "paying")).id });
  keep({ wanted: true });
}

async function paid() {
  for (let shown = ""; road.invoice; await pause(3)) {
    const invoice = await call("GET", `/v1/invoices/${road.invoice}`);
    if (["paid", "refunding", "refunded"].includes(invoice.status)) return;
    const { payment } = invoice;
    if (payment?.status !== "open") await call("POST", `/v1/invoices/${road.invoice}/payments`, { payment_method: "qris" }, `code.${payment?.id}`);
    else if (shown !== payment.qr_string) await draw((shown = payment.qr_string), payment.simulator_url);
  }
}

async function draw(text, simulator) {
  const { path } = await import("./page/qr.js");
  const { side, d } = path(text);
  $("qr").setAttribute("viewBox", `0 0 ${side} ${side}`);
  $("qr-path").setAttribute("d", d);
  $("pay").hidden = false;
  $("pay-test").hidden = !simulator;
  $("pay-test").href = "#pay";
  $("pay-test").onclick = () =>
    fetch(simulator, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"action": "settle"}' });
  say(words.scan);
}

async function stamped() {
  say(words.stamping);
  $("pay").hidden = true;
  let stamping = await call("POST", "/v1/stampings", { document_id: road.document, placement: "auto" }, "stamping");
  for (let wait = 2; !["done", "released"].includes(stamping.status); wait = Math.min(60, wait * 2)) {
    await pause(wait);
    stamping = await call("GET", `/v1/stampings/${stamping.id}`);
  }
  if (stamping.status === "released") throw new Refused(words.released);
  say(words.done(stamping.serial));
  $("download").href = stamping.download_url;
  $("download").onclick = (event) => {
    event.preventDefault(); // its link may be over: a fresh one each time
    call("GET", `/v1/stampings/${stamping.id}`).then(({ download_url: link }) => location.assign(link), ({ message }) => say(message));
  };
  $("download").hidden = false;
}

async function goOn(work) {
  $("go").disabled = true;
  try {
    await work();
    if (!road.wanted || !road.document) return;
    $("road").hidden = true;
    $("again").hidden = false;
    await paid();
    await stamped();
  } catch (error) {
    say(error instanceof Refused ? error.message : words.failed);
  } finally {
    $("go").disabled = false;
  }
}

function speak() {
  document.documentElement.lang = language;
  for (const part of document.querySelectorAll("[data-say], [data-say-label]")) {
    const { say: name, sayLabel: label } = part.dataset;
    if (name) part.textContent = words.page?.[name] ?? part.textContent;
    else part.setAttribute("aria-label", words.page?.[label] ?? part.getAttribute("aria-label"));
  }
  const other = language === "en" ? "id" : "en";
  Object.assign($("language"), { textContent: words.other, lang: other });
  $("language").addEventListener("click", () => {
    kept.set("language", other);
    location.reload();
  });
}

speak();
kept.keeps().then((yes) => yes || say(words.notKept));
let bringing = Promise.resolve();
$("file").addEventListener("change", () => {
  say("");
  bringing = bring($("file").files[0]).catch((error) => say(error.message, "file-says"));
});
$("road").addEventListener("submit", (event) => {
  event.preventDefault();
  goOn(async () => {
    await bringing;
    if (road.document) await pay();
  });
});
$("again").addEventListener("click", () => {
  kept.drop("lite");
  location.reload();
});
if ($("file").files.length) $("file").dispatchEvent(new Event("change")); // chosen before this script was here
$("go").disabled = false;
if (road.wanted) goOn(async () => {});
