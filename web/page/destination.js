// Where a refund's money goes, when the way it came is no way back: asked for, checked with the bank, then shown by its last digits.

import { banking, problems } from "./said.js";
import { call } from "./api.js";
import { el, say, during } from "./dom.js";

let listing = null; // the banks, asked for once
const typed = new Map(); // refund id -> what was typed, kept while the card is drawn anew

// What a refund's card shows of its destination; `told` gets the refund once the bank agreed.
export function destinationPart(refund, told) {
  if (refund.status === "awaiting_destination") return form(refund, told);
  typed.delete(refund.id);
  if (!refund.destination) return null;
  const { bank, number } = refund.destination;
  return el("p", { class: "small destination" }, banking.shown(bank.replace(/^ID_/, "").replaceAll("_", " "), number));
}

function form(refund, told) {
  const draft = typed.get(refund.id) ?? { bank: "", number: "", given: "" };
  typed.set(refund.id, draft);
  const says = el("p", { class: "says", role: "status" });
  const bank = kept("bank", el("select", { id: `bank-${refund.id}`, required: true }, el("option", { value: "" }, banking.choose)));
  const number = kept("number", input({ inputMode: "numeric", autocomplete: "off", maxLength: 39 }));
  const given = kept("given", input({ autocomplete: "name", maxLength: 100 }));
  const send = el("button", { type: "submit", class: "main", data: { act: "tell-destination" } }, banking.send);
  const made = el(
    "form",
    { class: "quote destination", noValidate: true },
    el("p", {}, banking.why),
    el("label", { htmlFor: bank.id }, banking.bank), bank,
    el("label", { htmlFor: number.id }, banking.number), number,
    el("label", { htmlFor: given.id }, banking.given), given,
    el("p", { class: "small" }, banking.check),
    el("div", { class: "actions" }, send),
    says,
  ); // prettier-ignore
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    during(send, says, () => tell());
  });
  fill(bank, draft).catch(() => say(says, problems.payment_provider_unavailable, "warn"));
  return made;

  function input(more) {
    return el("input", { id: `${more.autocomplete === "name" ? "given" : "number"}-${refund.id}`, type: "text", required: true, ...more });
  }

  function kept(name, field) {
    field.value = draft[name];
    field.addEventListener("input", () => (draft[name] = field.value));
    return field;
  }

  async function tell() {
    const empty = [bank, number, given].find((field) => !field.value.trim());
    for (const field of [bank, number, given]) field.setAttribute("aria-invalid", String(field === empty));
    if (empty) {
      say(says, banking.empty, "warn");
      empty.focus();
      return;
    }
    say(says, banking.asking, "wait");
    const body = { bank: bank.value, number: number.value.trim(), given: given.value.trim() };
    const found = await call("POST", `/v1/refunds/${refund.id}/destination`, { body });
    say(says, "");
    await told(found);
  }
}

async function fill(select, draft) {
  listing ??= call("GET", "/v1/banks").catch((error) => {
    listing = null;
    throw error;
  });
  const banks = await listing;
  select.append(...banks.data.map((bank) => el("option", { value: bank.code }, bank.name)));
  select.value = draft.bank;
}
