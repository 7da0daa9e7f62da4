// Is it genuine? Any PDF, or a picture of a page, with no account: the verdict in plain words, and why, stamp by stamp.

import { verdicts, reasons, documents, judging, serials, unseen } from "./said.js";
import { call } from "./api.js";
import { deliver } from "./document.js";
import { $, el, say, sayFailure, nameChosen } from "./dom.js";
import { moment, words } from "./words.js";

const MOST_DIRECT = 4 * 1024 * 1024;
const PICTURES = ["image/png", "image/jpeg"];
let under = null; // the check under way

// `about(verdict)` may add a sentence of the page's own.
export function setUpVerifying(about = () => null) {
  nameChosen($("verify-file"));
  $("verify-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    under?.abort();
    under = new AbortController();
    const { signal } = under;
    $("verdict").replaceChildren();
    try {
      show(await judged(file, signal), file, about);
      say($("verify-says"), "");
    } catch (error) {
      sayFailure($("verify-says"), error);
    }
  });
  if ($("verify-file").files.length) $("verify-file").dispatchEvent(new Event("change")); // chosen before this script was here
}

async function judged(file, signal) {
  if (file.size > MOST_DIRECT) {
    const { id } = await deliver(file, { purpose: "verify", signal, says: $("verify-says") });
    say($("verify-says"), documents.examining, "wait");
    return call("POST", "/v1/verifications", { body: { document_id: id }, signal, anonymous: true });
  }
  say($("verify-says"), documents.reading, "wait");
  const bytes = new Blob([await file.arrayBuffer()], { type: PICTURES.includes(file.type) ? file.type : "" });
  say($("verify-says"), documents.examining, "wait");
  return call("POST", "/v1/verifications", { body: bytes, signal, anonymous: true });
}

function show(found, file, about) {
  const { title, text, kind } = verdicts[found.verdict] ?? verdicts.unreadable;
  const more = about(found);
  $("verdict").replaceChildren(
    el(
      "div",
      { class: "verdict", data: { kind, verdict: found.verdict } },
      el("h3", {}, title),
      el("p", {}, text),
      more ? el("p", {}, more) : null,
      el("p", { class: "small" }, file.name),
    ),
    ...[sentences(found.reasons)].filter(Boolean),
    ...found.serials_shown.map(({ serial, affixed_at, document_sha256_starts }) =>
      el("p", { class: "small" }, serials.compare(serial, affixed_at ? moment(affixed_at) : "?", words(document_sha256_starts))),
    ),
    ...found.stamps.map(stamp),
    ...[notLookedAt(found)].filter(Boolean),
  );
}

// What nobody looked at is said, so that nobody takes it for looked at.
function notLookedAt({ verdict, pages_not_looked_at: runs }) {
  if (verdict === "unreadable" || runs?.length === 0) return null;
  return el("p", { class: "small", data: { kind: "unseen" } }, unseen(runs));
}

function sentences(list) {
  const known = list.map(({ code }) => reasons[code]).filter(Boolean);
  return known.length ? el("ul", { class: "reasons" }, ...known.map((sentence) => el("li", {}, sentence))) : null;
}

function stamp(found, index) {
  const { title, kind } = verdicts[found.verdict] ?? verdicts.unreadable;
  return el(
    "section",
    { class: "one-stamp", data: { kind } },
    el("h4", {}, judging.stamp(index + 1, title.toLowerCase())),
    found.serial ? el("p", { class: "serial" }, found.serial) : null,
    sentences(found.reasons),
    found.timestamped_at ? el("p", { class: "small" }, judging.sealed(moment(found.timestamped_at))) : null,
  );
}
