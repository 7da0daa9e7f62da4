// One case on one page: what is asked, who asks, what was paid, what happened; then decide it, or order its payout.

import { follow } from "../page/api.js";
import { $, during, el, moveTo, say, sayFailure } from "../page/dom.js";
import { day, moment, pieces, policy, rupiah } from "../page/words.js";
import { ask } from "./desk.js";
import * as words from "./sentences.id.js";

let opened = null; // the case that is shown
let watching = null;
let changed = () => {};

export function setUpCase(onChange) {
  changed = onChange;
}

export function closeCase() {
  watching?.abort();
  opened = null;
  $("opened").hidden = true;
  $("case-body").replaceChildren();
}

export async function openCase(id) {
  closeCase();
  $("case-title").textContent = "Perkara";
  say($("case-says"), "Membuka perkara …", "wait");
  $("opened").hidden = false;
  try {
    await load(id);
    say($("case-says"), "");
  } catch (error) {
    if (error.code === "not_found") say($("case-says"), words.desk.missing, "bad");
    else sayFailure($("case-says"), error);
  }
  moveTo($("opened"));
}

async function load(id) {
  draw(await ask("GET", `/v1/desk/refunds/${encodeURIComponent(id)}`));
  if (opened.turn === "machine") watch(id);
}

// What the machine does is seen as it happens.
function watch(id) {
  watching?.abort();
  const control = new AbortController();
  watching = control;
  const look = async () => {
    const found = await ask("GET", `/v1/desk/refunds/${encodeURIComponent(id)}`, { signal: control.signal });
    if (opened?.id !== id) return true;
    const moved = found.status !== opened.status;
    if (JSON.stringify(found) !== JSON.stringify(opened)) draw(found);
    if (moved) await changed();
    return found.turn !== "machine";
  };
  follow(look, { signal: control.signal }).catch((error) => sayFailure($("case-says"), error));
}

function draw(found) {
  opened = found;
  $("case-title").textContent = `${rupiah(found.amount_idr)}, ${words.statuses[found.status] ?? found.status}`;
  $("opened").dataset.status = found.status;
  $("case-body").replaceChildren(
    standing(found),
    todo(found),
    part("Pemilik", owner(found)),
    part("Rekening tujuan", destination(found)),
    part("Tagihan dan pembayaran", bought(found)),
    part("Jalannya", timeline(found)),
    part("Tindakan petugas", acts(found)),
  );
}

const part = (title, ...children) => el("section", { class: "part" }, el("h3", {}, title), ...children);

// Facts as pairs; what is not known is left out.
function pairs(...facts) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "pairs" }, ...known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

const id = (text) => el("span", { class: "id" }, text);

function standing(found) {
  const marks = [
    found.alarm ? el("span", { class: "tag", data: { kind: "alarm" } }, "lewat hari ke-30") : "",
    found.needs_officer ? el("span", { class: "tag", data: { kind: "officer" } }, "perlu petugas") : "",
  ].filter(Boolean);
  return el(
    "div",
    { class: "listed" },
    marks.length ? el("p", {}, ...marks.flatMap((mark) => [mark, " "])) : "",
    pairs(
      ["Nomor", id(found.id)],
      ["Giliran", words.turns[found.turn] ?? found.turn],
      ["Hari", `ke-${found.day} dari ${found.policy.promise_days}`],
      ["Dijanjikan", `paling lambat ${day(found.promise_at)}`],
      ["Diterima", `${moment(found.received_at)}, lewat ${words.doors[found.door] ?? found.door}`],
      ["Untuk", `${words.kinds[found.kind] ?? found.kind}${found.quantity ? `, ${pieces(found.quantity)}` : ""}`],
      ["Kembali", `${rupiah(found.amount_idr)} dari ${rupiah(found.total_idr)}, ${words.ways[found.way] ?? found.way}`],
      ["Alasan pemilik", found.reason],
      ["Datang lewat", found.submission?.channel && words.channels[found.submission.channel]],
      ["Nama yang disebut", found.submission?.said_name],
      ["Telepon yang disebut", found.submission?.said_phone],
      ["Sisa kuota yang disebut", found.submission?.said_quota?.toLocaleString("id-ID")],
      ["Lampiran", found.submission?.proofs.length ? `${found.submission.proofs.length} berkas, tidak dibuka di sini` : ""],
      ["Selesai", found.settled_at && moment(found.settled_at)],
      ["Nomor di penyedia", found.provider_reference && id(found.provider_reference)],
    ),
    el("p", { class: "small" }, policy(found.policy)),
  );
}

// What this officer can do now; the server asks again when it is done.
function todo(found) {
  if (found.turn === "decision") return found.you.may_decide ? deciding(found) : told(words.desk.cannotDecide);
  if (found.turn !== "payout") return "";
  if (found.you.may_pay) return paying(found);
  if (found.decided_by === found.you.account) return told(words.desk.sameOfficer);
  return told(found.destination ? words.desk.cannotPay : words.desk.noDestination);
}

const told = (sentence) => el("p", { class: "says", data: { kind: "warn" } }, sentence);

function deciding(found) {
  const reason = el("textarea", { id: "reason", maxLength: 500, required: true });
  reason.setAttribute("aria-describedby", "reason-note deciding-says");
  const way = el(
    "select",
    { id: "way" },
    ...Object.entries(words.ways).map(([name, words_]) => el("option", { value: name, selected: name === found.way }, words_)),
  );
  const says = el("p", { class: "says", id: "deciding-says", role: "status" });
  const decide = (button, decision) =>
    during(button, says, async () => {
      if (!reason.value.trim()) {
        say(says, words.desk.reasonMissing, "bad");
        reason.setAttribute("aria-invalid", "true");
        reason.focus();
        return;
      }
      const body = { decision, reason: reason.value.trim(), ...(decision === "approve" && { way: way.value }) };
      await act(found, "decision", body, decision, words.desk.decided);
    });
  const reject = button("Tolak", "quiet", (self) => decide(self, "reject"));
  return part(
    "Putuskan",
    el(
      "form",
      { class: "todo", id: "deciding" },
      el("label", { htmlFor: "reason" }, "Alasan"),
      reason,
      el("p", { class: "small", id: "reason-note" }, "Pemilik membaca alasan ini di riwayatnya. Jangan menulis data pribadi."),
      el("label", { htmlFor: "way" }, "Bila disetujui, dibayarkan"),
      way,
      el("div", { class: "actions" }, button("Setujui", "main", (self) => decide(self, "approve")), found.kind === "quota" ? reject : ""),
      says,
    ),
  );
}

function paying(found) {
  const reason = el("textarea", { id: "reason", maxLength: 500 });
  const says = el("p", { class: "says", id: "paying-says", role: "status" });
  const pay = button(`Cairkan ${rupiah(found.amount_idr)}`, "main", (self) =>
    during(self, says, () => {
      const words_ = reason.value.trim();
      return act(found, "payout", words_ ? { reason: words_ } : {}, "payout", words.desk.ordered);
    }),
  );
  return part(
    "Cairkan",
    el(
      "form",
      { class: "todo", id: "paying" },
      el("p", {}, `${rupiah(found.amount_idr)} ke ${found.destination.bank} `, id(found.destination.number), `, atas nama ${found.destination.holder}.`),
      el("p", { class: "small" }, "Disetujui oleh petugas ", id(found.decided_by), ". Cocokkan nama, bank, dan jumlahnya dulu."),
      el("label", { htmlFor: "reason" }, "Catatan (boleh kosong)"),
      reason,
      el("div", { class: "actions" }, pay),
      says,
    ),
  );
}

// Acts, then shows what became of it. An act whose answer was lost on the way was done all the same: the case says so.
async function act(found, route, body, name, sentence) {
  let refusal = null;
  try {
    await ask("POST", `/v1/refunds/${encodeURIComponent(found.id)}/${route}`, { body });
  } catch (error) {
    refusal = error;
  }
  const before = found.acts.length;
  await load(found.id);
  await changed();
  const mine = opened.acts.slice(before).some((one) => one.act === name && one.by === opened.you.account);
  if (!refusal || mine) say($("case-says"), sentence, "good");
  else sayFailure($("case-says"), refusal);
  $("case-title").focus();
}

function button(label, look, act_) {
  const made = el("button", { type: "button", class: look }, label);
  made.addEventListener("click", () => act_(made));
  return made;
}

function owner({ account, quota }) {
  const where = Object.entries(words.buckets).map(([name, word]) => `${quota[name]} ${word}`);
  const verified = account.email_verified_at ? `dikonfirmasi ${moment(account.email_verified_at)}` : "belum dikonfirmasi";
  return pairs(
    ["Akun", id(account.id)],
    ["E-mail", account.email && `${account.email} (${verified})`],
    ["Telepon", account.phone],
    ["Sejak", moment(account.created_at)],
    ["Kuota", where.join(", ")],
  );
}

function destination({ destination: to, way }) {
  if (!to) return el("p", { class: "small" }, way === "payout" ? words.desk.noDestination : "Tidak diperlukan.");
  return el(
    "div",
    { class: "listed" },
    pairs(
      ["Bank", to.bank],
      ["Nomor", id(to.number)],
      ["Menurut pemilik", to.given],
      ["Menurut bank", to.holder],
      ["Diperiksa", moment(to.checked_at)],
    ),
    to.masked ? el("p", { class: "small" }, words.desk.maskedNote) : "",
  );
}

function bought({ invoice, attempts, payments, refunds, waits_for: waits }) {
  const list = (title, lines) => (lines.length ? el("div", { class: "listed" }, el("h4", {}, title), el("ul", { class: "listed" }, ...lines)) : "");
  return el(
    "div",
    { class: "listed" },
    pairs(
      ["Tagihan", id(invoice.id)],
      ["Isi", `${pieces(invoice.quantity)}, ${rupiah(invoice.total_idr)}, ${words.invoices[invoice.status] ?? invoice.status}`],
      ["Dibayar", invoice.paid_at && moment(invoice.paid_at)],
      ["Ditawarkan kembali", invoice.offered_at && moment(invoice.offered_at)],
    ),
    list(
      "Upaya pembayaran",
      attempts.map((one) =>
        el("li", {}, `${rupiah(one.amount_idr)} ${one.method} lewat ${one.provider}, ${words.attempts[one.status] ?? one.status}, ${moment(one.created_at)} `, id(one.id)),
      ),
    ),
    list(
      "Pembayaran",
      payments.map((one) => el("li", {}, `${rupiah(one.amount_idr)}, ${moment(one.paid_at)}, ${words.keptAs[one.kept_as] ?? one.kept_as} `, id(one.id))),
    ),
    list(
      "Pengembalian lain untuk tagihan ini",
      refunds.map((one) =>
        el("li", {}, `${rupiah(one.amount_idr)}, ${words.statuses[one.status] ?? one.status} `, el("a", { href: `#${one.id}` }, one.id)),
      ),
    ),
    list(
      "Pembubuhan yang ditunggu",
      waits.map((one) => el("li", {}, `${words.stampings[one.status] ?? one.status}, sejak ${moment(one.joined_at)} `, id(one.id))),
    ),
  );
}

function timeline({ timeline: lines }) {
  return el(
    "ol",
    { class: "timeline" },
    ...lines.map((line) => {
      const why = words.notes[line.note] ?? line.note ?? "";
      return el(
        "li",
        { data: { status: line.status } },
        el("strong", {}, words.statuses[line.status] ?? line.status),
        why ? `: ${why}` : "",
        el("span", { class: "small" }, moment(line.at)),
      );
    }),
  );
}

function acts({ acts: done }) {
  if (!done.length) return el("p", { class: "small" }, "Belum ada.");
  return el(
    "ol",
    { class: "listed" },
    ...done.map((one) =>
      el("li", {}, id(one.by), ` ${words.acts[one.act] ?? one.act}: ${words.notes[one.reason] ?? one.reason}`, el("span", { class: "small" }, ` ${moment(one.at)}`)),
    ),
  );
}
