// The road in one small script, for slow networks: a file, an e-mail, a code to pay, a download. Refusals are told in the service's
// own words. Whatever was answered is kept, so that a reload goes on; each request that moves money has a key of its own until then.

const $ = (id) => document.getElementById(id);
const ROAD = "meterai.lite";
const road = JSON.parse(localStorage.getItem(ROAD) ?? "{}");
const token = () => JSON.parse(localStorage.getItem("meterai.token") ?? "null");
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

function keep(facts) {
  Object.assign(road, facts);
  localStorage.setItem(ROAD, JSON.stringify(road));
}

function say(sentence, where = "says") {
  $(where).textContent = sentence;
}

class Refused extends Error {}

// One call, made again until there is an answer.
async function call(method, path, body, key) {
  const headers = { "Accept-Language": "id", "Content-Type": "application/json" };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (key) headers["Idempotency-Key"] = road[key] ?? (keep({ [key]: crypto.randomUUID() }), road[key]);
  for (let wait = 2; ; wait = Math.min(60, wait * 2)) {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" }).catch(() => null);
    if (answer && answer.status < 500 && answer.status !== 429) {
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Refused(told.title ?? `HTTP ${answer.status}`);
      return told;
    }
    say("Sambungan terputus atau layanan sibuk. Tidak ada yang hilang, dicoba lagi sendiri.");
    await pause(Math.max(wait, Number(answer?.headers.get("Retry-After")) || 0));
  }
}

async function account() {
  if (token()) return;
  const opened = await call("POST", "/v1/accounts", {});
  localStorage.setItem("meterai.token", JSON.stringify(opened.token));
}

// Up it goes at once, while the e-mail is typed. A file that cannot be stamped is told before anybody pays.
async function bring(file) {
  keep({ document: null });
  const start = await file.slice(0, 1024).text();
  if (!start.includes("%PDF-")) throw new Refused("Ini bukan PDF. Simpan dulu sebagai PDF, lalu pilih lagi.");
  if (file.size > 10 * 1024 * 1024) throw new Refused("Berkas lebih besar dari 10 MB. Perkecil dulu, lalu pilih lagi.");
  await account();
  say("Mengunggah …", "file-says");
  const { id, upload } = await call("POST", "/v1/documents", { filename: file.name.slice(0, 200), size: file.size });
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append("file", file);
  while (!(await fetch(upload.url, { method: "POST", body: form }).catch(() => null))?.ok) await pause(5);
  let seen;
  do seen = await call("GET", `/v1/documents/${id}`);
  while (seen.status === "awaiting_upload" && !(await pause(2)));
  if (seen.status !== "ready") throw new Refused("Berkas ini tidak dapat dibubuhi. Halaman lengkap menunjukkan sebabnya dan cara memperbaikinya.");
  keep({ document: id });
  say(`Berkas dapat dibubuhi, ${seen.pages.length} halaman.`, "file-says");
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
  say("Pindai kode ini dengan aplikasi bank atau dompet digital Anda. Halaman ini berubah sendiri.");
}

async function stamped() {
  say("Dibubuhi … Anda boleh menutup halaman ini.");
  $("pay").hidden = true;
  let stamping = await call("POST", "/v1/stampings", { document_id: road.document, placement: "auto" }, "stamping");
  for (let wait = 2; !["done", "released"].includes(stamping.status); wait = Math.min(60, wait * 2)) {
    await pause(wait);
    stamping = await call("GET", `/v1/stampings/${stamping.id}`);
  }
  if (stamping.status === "released") throw new Refused("Pembubuhan tidak jadi. Kepingnya kembali ke kuota Anda.");
  say(`Selesai. Nomor seri ${stamping.serial}.`);
  $("download").href = stamping.download_url;
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
    say(error instanceof Refused ? error.message : "Ada yang gagal. Muat ulang halaman ini, lalu coba lagi.");
  } finally {
    $("go").disabled = false;
  }
}

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
  localStorage.removeItem(ROAD);
  location.reload();
});
if ($("file").files.length) $("file").dispatchEvent(new Event("change")); // chosen before this script was here
$("go").disabled = false;
if (road.wanted) goOn(async () => {});
