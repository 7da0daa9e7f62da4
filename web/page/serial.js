// The page behind the QR code: what the register says of one serial number, and a check of the file in hand.

import { problems, serials, unknownProblem } from "../sentences.id.js";
import { call, Refused } from "./api.js";
import { setUpBanner } from "./banner.js";
import { $, say, codeLink } from "./dom.js";
import { setUpVerifying } from "./verify.js";
import { moment } from "./words.js";

const serial = decodeURIComponent(location.pathname.split("/").at(-1)).toUpperCase();

setUpBanner();
setUpVerifying((found) =>
  found.stamps.some((stamp) => stamp.serial === serial)
    ? "Nomor seri di atas ada di berkas ini."
    : "Nomor seri di atas tidak ada di berkas ini.",
);
$("serial").textContent = serial;
document.title = `${serial} · Meterai`;

async function show() {
  try {
    const found = await call("GET", `/v1/serials/${encodeURIComponent(serial)}`, { anonymous: true });
    say($("serial-says"), serials[found.state] ?? serials.unknown, found.state === "affixed" ? "good" : "bad");
    $("serial-facts").hidden = false;
    $("affixed-at").textContent = found.affixed_at ? moment(found.affixed_at) : "belum tercatat";
    $("hash-starts").textContent = `${found.document_sha256_starts} …`;
  } catch (error) {
    const code = error instanceof Refused ? error.code : "";
    if (code === "not_found") say($("serial-says"), serials.unknown, "bad");
    else say($("serial-says"), problems[code] ?? unknownProblem, "bad", problems[code] ? codeLink(code) : "");
  }
}

show();
