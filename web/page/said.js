// The language of this visit: Indonesian, or English by the switch, kept in this browser. One file a language has every sentence.
// A page that came written in one language (runtime/serial_page.py) says so with data-only.

import * as kept from "./kept.js";

const only = globalThis.document?.documentElement?.dataset.only;

export const language = only ?? (kept.get("language") === "en" ? "en" : "id");
export const locale = language === "en" ? "en-GB" : "id-ID";

const book = await (language === "en" ? import("../sentences.en.js") : import("../sentences.id.js"));

export const {
  problems, unknownProblem, fields, connection, device, findings, repairs, documents, invoices, payments, stampings,
  verdicts, reasons, unseen, serials, refunds, turns, letters, notes, refundMethods, banking, refundReasons,
  counts, queue, receipts, buying, placing, sizes, judging, refunding, upcoming, past, quotas, small,
} = book; // prettier-ignore

// The page's own words stand in its HTML, in Indonesian; another language has them by the names in `data-say`. A page with a book
// of its own (the desk) gives its words.
export function speak(page = book.page) {
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
    button.addEventListener("click", () => {
      kept.set("language", button.dataset.language);
      location.reload();
    });
  }
  for (const part of document.querySelectorAll("[data-say]")) {
    const words = page[part.dataset.say];
    if (words) part.textContent = words;
  }
  for (const part of document.querySelectorAll("[data-say-label]")) {
    const words = page[part.dataset.sayLabel];
    if (words) part.setAttribute(part.tagName === "IMG" ? "alt" : "aria-label", words);
  }
}
