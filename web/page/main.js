// The page: buy, bring a document, place, stamp, download; verify; refunds. Whatever was under way goes on after a reload.

import { problems } from "../sentences.id.js";
import { setUpAccount, showAccount, forgetAccount, opened, hasAccount } from "./account.js";
import { onStranger } from "./api.js";
import { setUpBanner } from "./banner.js";
import { setUpBuying, resumeBuying } from "./buy.js";
import { setUpDocument, resumeDocument, goOnWithDocument, forgetDocument } from "./document.js";
import { $, say, sayFailure, moveTo } from "./dom.js";
import { setUpLetters } from "./letter.js";
import { setUpPlace, showPlaces } from "./place.js";
import { refreshQuota } from "./quota.js";
import { setUpRefunds, refreshInvoices, resumeRefunds } from "./refund.js";
import { setUpStamping, offerStamping, resumeStamping, leaveStamping } from "./stamp.js";
import { setUpVerifying } from "./verify.js";

setUpBanner();
setUpLetters();
setUpAccount();
setUpPlace();
setUpVerifying();
setUpRefunds();
setUpBuying((invoice) => {
  refreshInvoices(invoice).catch(tell);
  if ($("placing").hidden && $("stamping").hidden) moveTo($("bringing"));
});
setUpDocument(
  (document) => {
    offerStamping(document);
    if (!$("stamping").hidden) return; // after a reload: this document is being stamped, or has been
    $("placing").hidden = false;
    showPlaces(document);
    moveTo($("placing"));
  },
  () => {
    $("placing").hidden = true;
    leaveStamping();
  },
);
setUpStamping(() => {
  forgetDocument();
  $("document-file").value = "";
  $("document-file").dispatchEvent(new Event("change"));
  moveTo($("bringing"));
  $("document-file").focus();
});
opened.addEventListener("account", goOnWithDocument);
onStranger(() => {
  forgetAccount();
  say($("buy-says"), problems.token_invalid, "bad");
});

function tell(error) {
  sayFailure($("invoices-says"), error);
}

async function goOn() {
  showAccount();
  if (!hasAccount()) return;
  refreshQuota().catch(tell);
  await resumeBuying();
  const refused = await resumeStamping();
  await resumeDocument();
  if (refused) sayFailure($("affix-says"), refused);
  await resumeRefunds();
  await refreshInvoices();
}

goOn().catch(tell);
