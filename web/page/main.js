// The page: bring a document, place, pay, download; verify; refunds. Whatever was under way goes on after a reload.

import { setUpAccount, showAccount, forgetAccount, hasAccount } from "./account.js";
import { onStranger } from "./api.js";
import { setUpBanner } from "./banner.js";
import { setUpBuying, resumeBuying, forgetBuying } from "./buy.js";
import "./camera.js";
import "./countdown.js";
import { setUpDocument, resumeDocument, bringAgain, forgetDocument } from "./document.js";
import { $, say, sayFailure, moveTo } from "./dom.js";
import * as kept from "./kept.js";
import { setUpLetters } from "./letter.js";
import "./place.js";
import "./qrcode.js";
import "./queueplace.js";
import { refreshQuota } from "./quota.js";
import { device, problems, speak } from "./said.js";
import { setUpStamping, offerStamping, resumeStamping, leaveStamping, wish, fulfil } from "./stamp.js";
import "./steps.js";
import { setUpVerifying } from "./verify.js";

// What an account has, its history, invoices and refunds, comes when there is some: the first visit does not wait for it.
let own = null;
function ownThings() {
  own ??= bringOwnThings().catch((error) => {
    own = null; // the network went away: asked for again when there is need
    throw error;
  });
  return own;
}

async function bringOwnThings() {
  const [history, refund] = await Promise.all([import("./history.js"), import("./refund.js")]);
  history.setUpHistory();
  refund.setUpRefunds();
  return { ...history, ...refund };
}

speak();
setUpBanner();
setUpLetters();
setUpAccount();
setUpVerifying();
$("placement").addEventListener("placed", ({ detail }) => kept.set("place", detail));
$("camera").addEventListener("serial", ({ detail }) => location.assign(`/v/${detail}`));
setUpBuying(wish, (invoice) => {
  ownThings().then(({ refreshInvoices }) => refreshInvoices(invoice)).catch(tell);
  fulfil()
    .then((wished) => {
      if (!wished && $("stamping").hidden) moveTo($("placing").hidden ? $("bringing") : $("placing"));
    })
    .catch((error) => sayFailure($("affix-says"), error));
});
setUpDocument(
  (document) => {
    offerStamping(document);
    if (!$("stamping").hidden) return; // after a reload: this document is being stamped, or has been
    $("placing").hidden = false;
    $("placement").show(document, kept.get("place"));
    moveTo($("placing"));
    refreshQuota().catch(tell);
  },
  () => {
    $("placing").hidden = true;
    leaveStamping();
  },
);
setUpStamping(
  () => {
    forgetDocument();
    $("document-file").value = "";
    $("document-file").dispatchEvent(new Event("change"));
    moveTo($("bringing"));
    $("document-file").focus();
  },
  (stamping) => ownThings().then(({ rememberStamping }) => rememberStamping(stamping)).catch(tell),
);
onStranger(() => {
  forgetAccount();
  ownThings().then(({ forgetHistory }) => forgetHistory()).catch(tell);
  forgetBuying();
  if (!$("placing").hidden) bringAgain().catch(tell); // under the account that comes next
  say($("buy-says"), problems.token_invalid, "bad");
});

// Another tab went on with the same things: this one follows once it is looked at.
const FOLLOWED = ["token", "document", "invoice", "stamping"].map((name) => `meterai.${name}`);
let overtaken = false;
addEventListener("storage", ({ key }) => (overtaken ||= document.hidden && FOLLOWED.includes(key)));
document.addEventListener("visibilitychange", () => !document.hidden && overtaken && location.reload());

function tell(error) {
  sayFailure($("invoices-says"), error);
}

async function goOn() {
  showAccount();
  if (hasAccount()) {
    refreshQuota().catch(tell);
    const refused = await resumeStamping();
    await Promise.all([resumeDocument(), resumeBuying()]);
    if (refused) sayFailure($("affix-says"), refused);
    const { resumeRefunds, refreshInvoices, refreshHistory } = await ownThings();
    await resumeRefunds();
    await Promise.all([refreshInvoices(), refreshHistory()]);
  } else {
    await resumeDocument();
  }
}

goOn().catch(tell);
kept.keeps().then((yes) => say($("not-kept"), yes ? "" : device.notKept, "warn"));

// The page's own files stay in the browser, once it has nothing more urgent to fetch.
// The shell is kept once the page has loaded, which it may have before this script came so far.
const keepShell = () => navigator.serviceWorker?.register("/worker.js").catch(() => {});
if (document.readyState === "complete") keepShell();
else addEventListener("load", keepShell);
