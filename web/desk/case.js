// One case on one page: what is asked, who asks, what was paid, what happened; then decide it, or order its payout.

import { follow } from "../page/api.js";
import { $, during, el, moveTo, say, sayFailure } from "../page/dom.js";
import { day, moment, number, pieces, policy, rupiah } from "../page/words.js";
import { ask } from "./desk.js";
import { words } from "./said.js";

const { facts } = words;
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
  $("case-title").textContent = words.told.case;
  say($("case-says"), words.told.opening, "wait");
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
    part(words.parts.owner, owner(found)),
    part(words.parts.destination, destination(found)),
    part(words.parts.bought, bought(found)),
    part(words.parts.timeline, timeline(found)),
    part(words.parts.acts, acts(found)),
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
    found.alarm ? el("span", { class: "tag", data: { kind: "alarm" } }, words.marks.alarm) : "",
    found.needs_officer ? el("span", { class: "tag", data: { kind: "officer" } }, words.marks.officer) : "",
  ].filter(Boolean);
  return el(
    "div",
    { class: "listed" },
    marks.length ? el("p", {}, ...marks.flatMap((mark) => [mark, " "])) : "",
    pairs(
      [facts.id, id(found.id)],
      [facts.turn, words.turns[found.turn] ?? found.turn],
      [facts.day, words.told.dayOf(found.day, found.policy.promise_days)],
      [facts.promised, words.told.atTheLatest(day(found.promise_at))],
      [facts.received, words.told.by(moment(found.received_at), words.doors[found.door] ?? found.door)],
      [facts.of, `${words.kinds[found.kind] ?? found.kind}${found.quantity ? `, ${pieces(found.quantity)}` : ""}`],
      [facts.back, `${words.told.outOf(rupiah(found.amount_idr), rupiah(found.total_idr))}, ${words.ways[found.way] ?? found.way}`],
      [facts.reason, found.reason],
      [facts.channel, found.submission?.channel && words.channels[found.submission.channel]],
      [facts.saidName, found.submission?.said_name],
      [facts.saidPhone, found.submission?.said_phone],
      [facts.saidQuota, typeof found.submission?.said_quota === "number" ? number(found.submission.said_quota) : null],
      [facts.proofs, found.submission?.proofs.length ? words.told.proofs(found.submission.proofs.length) : ""],
      [facts.settled, found.settled_at && moment(found.settled_at)],
      [facts.reference, found.provider_reference && id(found.provider_reference)],
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
  const reject = button(words.told.reject, "quiet", (self) => decide(self, "reject"));
  return part(
    words.parts.decide,
    el(
      "form",
      { class: "todo", id: "deciding" },
      el("label", { htmlFor: "reason" }, words.told.reason),
      reason,
      el("p", { class: "small", id: "reason-note" }, words.told.reasonNote),
      el("label", { htmlFor: "way" }, words.told.way),
      way,
      el("div", { class: "actions" }, button(words.told.approve, "main", (self) => decide(self, "approve")), found.kind === "quota" ? reject : ""),
      says,
    ),
  );
}

function paying(found) {
  const reason = el("textarea", { id: "reason", maxLength: 500 });
  const says = el("p", { class: "says", id: "paying-says", role: "status" });
  const pay = button(words.told.pay(rupiah(found.amount_idr)), "main", (self) =>
    during(self, says, () => {
      const words_ = reason.value.trim();
      return act(found, "payout", words_ ? { reason: words_ } : {}, "payout", words.desk.ordered);
    }),
  );
  return part(
    words.parts.pay,
    el(
      "form",
      { class: "todo", id: "paying" },
      el("p", {}, words.told.to(rupiah(found.amount_idr), found.destination.bank), " ", id(found.destination.number), words.told.inTheName(found.destination.holder)),
      el("p", { class: "small" }, words.told.approvedBy, " ", id(found.decided_by), words.told.compare),
      el("label", { htmlFor: "reason" }, words.told.note),
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
  const verified = account.email_verified_at ? words.told.verified(moment(account.email_verified_at)) : words.told.unverified;
  return pairs(
    [facts.account, id(account.id)],
    [facts.email, account.email && `${account.email} (${verified})`],
    [facts.phone, account.phone],
    [facts.since, moment(account.created_at)],
    [facts.quota, where.join(", ")],
  );
}

function destination({ destination: to, way }) {
  if (!to) return el("p", { class: "small" }, way === "payout" ? words.desk.noDestination : words.told.notNeeded);
  return el(
    "div",
    { class: "listed" },
    pairs(
      [facts.bank, to.bank],
      [facts.number, id(to.number)],
      [facts.given, to.given],
      [facts.holder, to.holder],
      [facts.checked, moment(to.checked_at)],
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
      [facts.invoice, id(invoice.id)],
      [facts.content, `${pieces(invoice.quantity)}, ${rupiah(invoice.total_idr)}, ${words.invoices[invoice.status] ?? invoice.status}`],
      [facts.paid, invoice.paid_at && moment(invoice.paid_at)],
      [facts.offered, invoice.offered_at && moment(invoice.offered_at)],
    ),
    list(
      words.parts.attempts,
      attempts.map((one) =>
        el("li", {}, `${words.told.by(`${rupiah(one.amount_idr)} ${one.method}`, one.provider)}, ${words.attempts[one.status] ?? one.status}, ${moment(one.created_at)} `, id(one.id)),
      ),
    ),
    list(
      words.parts.payments,
      payments.map((one) => el("li", {}, `${rupiah(one.amount_idr)}, ${moment(one.paid_at)}, ${words.keptAs[one.kept_as] ?? one.kept_as} `, id(one.id))),
    ),
    list(
      words.parts.others,
      refunds.map((one) =>
        el("li", {}, `${rupiah(one.amount_idr)}, ${words.statuses[one.status] ?? one.status} `, el("a", { href: `#${one.id}` }, one.id)),
      ),
    ),
    list(
      words.parts.waits,
      waits.map((one) => el("li", {}, `${words.told.since(words.stampings[one.status] ?? one.status, moment(one.joined_at))} `, id(one.id))),
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
  if (!done.length) return el("p", { class: "small" }, words.told.none);
  return el(
    "ol",
    { class: "listed" },
    ...done.map((one) =>
      el("li", {}, id(one.by), ` ${words.acts[one.act] ?? one.act}: ${words.notes[one.reason] ?? one.reason}`, el("span", { class: "small" }, ` ${moment(one.at)}`)),
    ),
  );
}
