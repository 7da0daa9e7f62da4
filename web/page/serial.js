// The page behind the QR code is made by the service (runtime/serial_page.py), which says all that the register knows. With this
// script the file in hand is checked on it too. It speaks the page's language (data-only).

import { serials } from "./said.js";
import { setUpBanner } from "./banner.js";
import { sha256 } from "./document.js";
import { $, say } from "./dom.js";
import * as kept from "./kept.js";
import { setUpVerifying } from "./verify.js";

const serial = $("serial").textContent;
const starts = $("hash-starts")?.dataset.starts;

// Who reads English elsewhere reads it here too; a switch on this page is one for all of them.
for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => kept.set("language", link.hreflang));
}
if (!location.search && kept.get("language") === "en") location.replace("?lang=en");

setUpBanner();
$("verify-file").addEventListener("change", (event) => compare(event.target.files[0]));
setUpVerifying(({ stamps, serials_shown: shown, verdict }) => {
  const ours = (one) => one.serial === serial;
  if (verdict === "unreadable" || !serial) return null;
  if (stamps.some(ours)) return serials.sealedHere;
  return shown.some(ours) ? serials.shownHere : serials.notHere;
});
$("verify-elsewhere").hidden = true;
$("verify-here").hidden = false;

// The file in hand is the stamped one, byte for byte, if its own hash begins as the register's does. Nothing is sent for this.
async function compare(file) {
  say($("same-says"), "");
  if (!file || !starts) return;
  const same = (await sha256(file)).startsWith(starts);
  say($("same-says"), same ? serials.same : serials.differs, same ? "good" : "warn");
}
