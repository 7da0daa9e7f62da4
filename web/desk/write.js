// The form for requests that came to the contact centre another way: it makes the same request as a mail does.

import { $, during, el, say, sayFailure } from "../page/dom.js";
import { ask } from "./desk.js";
import { channels, desk } from "./said.js";

const OWN_WORDS = { not_found: desk.invoiceUnknown, contact_unverified: desk.unverified };
let written = () => {};
let intent = { of: "", key: "" }; // the same form sent again has the same key: one request

export function setUpWriting(onWritten) {
  written = onWritten;
  $("channel").append(...Object.entries(channels).map(([name, word]) => el("option", { value: name }, word)));
  $("write").addEventListener("submit", (event) => {
    event.preventDefault();
    during($("write").querySelector("button"), $("write-says"), send);
  });
}

async function send() {
  for (const [field, sentence] of [["invoice", desk.invoiceMissing], ["arrived", desk.arrivedMissing], ["why", desk.reasonMissing]]) {
    const wrong = !$(field).value.trim() || !$(field).checkValidity();
    $(field).setAttribute("aria-invalid", String(wrong));
    if (wrong) {
      say($("write-says"), sentence, "bad");
      $(field).focus();
      return;
    }
  }
  const body = {
    invoice_id: $("invoice").value.trim(),
    channel: $("channel").value,
    arrived_at: inWib($("arrived").value),
    reason: $("why").value.trim(),
  };
  const of = JSON.stringify(body);
  if (intent.of !== of) intent = { of, key: crypto.randomUUID() };
  try {
    const refund = await ask("POST", "/v1/desk/refunds", { body, key: intent.key });
    $("write").reset();
    say($("write-says"), desk.written, "good");
    written(refund.id);
  } catch (error) {
    const sentence = error.pointers?.includes("/arrived_at") ? desk.arrivedWrong : OWN_WORDS[error.code];
    if (sentence) say($("write-says"), sentence, "bad");
    else sayFailure($("write-says"), error);
  }
}

// "2026-11-25T18:30" or "...:30:05", read in WIB wherever this browser is.
const inWib = (local) => `${local.length === 16 ? `${local}:00` : local.slice(0, 19)}+07:00`;
