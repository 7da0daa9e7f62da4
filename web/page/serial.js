// The page behind the QR code: what the register says of one serial number, and a check of the file in hand.

import { problems, serials, speak, unknownProblem } from "./said.js";
import { call, Refused } from "./api.js";
import { setUpBanner } from "./banner.js";
import { sha256 } from "./document.js";
import { $, say, codeLink } from "./dom.js";
import { setUpVerifying } from "./verify.js";
import { moment, size, words } from "./words.js";

const serial = decodeURIComponent(location.pathname.split("/").at(-1)).toUpperCase();

speak();
setUpBanner();
setUpVerifying(({ stamps, serials_shown: shown, verdict }) => {
  const ours = (one) => one.serial === serial;
  if (verdict === "unreadable") return null;
  if (stamps.some(ours)) return serials.sealedHere;
  return shown.some(ours) ? serials.shownHere : serials.notHere;
});
$("verify-file").addEventListener("change", (event) => compare(event.target.files[0]));
$("serial").textContent = serial;
document.title = `${serial} · Meterai`;

let starts = "";

// The file in hand is the stamped one, byte for byte, if its own hash begins as the register's does. Nothing is sent for this.
async function compare(file) {
  say($("same-says"), "");
  if (!file || !starts) return;
  const same = (await sha256(file)).startsWith(starts);
  say($("same-says"), same ? serials.same : serials.differs, same ? "good" : "warn");
}

async function show() {
  try {
    const found = await call("GET", `/v1/serials/${encodeURIComponent(serial)}`, { anonymous: true });
    say($("serial-says"), serials[found.state] ?? serials.unknown, found.state === "affixed" ? "good" : "bad");
    $("serial-facts").hidden = false;
    $("affixed-at").textContent = found.affixed_at ? moment(found.affixed_at) : serials.untold;
    $("issuer").textContent = serials.issuers[found.issuer] ?? found.issuer;
    $("document-type").textContent = found.document_type ?? serials.untold;
    $("document-size").textContent = found.document_size ? size(found.document_size) : serials.untold;
    starts = found.document_sha256_starts;
    $("hash-starts").textContent = `${words(starts)} …`;
  } catch (error) {
    const code = error instanceof Refused ? error.code : "";
    if (code === "not_found") say($("serial-says"), serials.unknown, "bad");
    else say($("serial-says"), problems[code] ?? unknownProblem, "bad", problems[code] ? codeLink(code) : "");
  }
}

show();
