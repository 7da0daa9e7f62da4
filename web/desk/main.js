// The officers' desk: a key, the queue by promise date, one case at a time (its id is the address's fragment), the form.

import { onStranger } from "../page/api.js";
import { setUpBanner } from "../page/banner.js";
import { $, say, sayFailure } from "../page/dom.js";
import { closeCase, openCase, setUpCase } from "./case.js";
import { dropKey, hasKey, keepKey } from "./desk.js";
import { mark, refreshQueue, setUpQueue } from "./queue.js";
import { desk, speakHere } from "./said.js";
import { setUpWriting } from "./write.js";

const PARTS = ["queue", "writing", "leave"]; // what a key opens

speakHere();
setUpBanner();
setUpQueue();
setUpCase(() => refreshQueue());
setUpWriting((id) => (location.hash = id));
onStranger(() => leave(desk.keyUnknown));

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("key").value.trim();
  if (!text) {
    say($("enter-says"), desk.keyMissing, "bad");
    $("key").focus();
    return;
  }
  keepKey(text);
  enter();
});
$("enter-go").disabled = false; // sooner, the browser itself would send the form
$("leave").addEventListener("click", () => leave(""));
addEventListener("hashchange", show);

if (hasKey()) enter();

async function enter() {
  say($("enter-says"), "");
  try {
    await refreshQueue();
  } catch (error) {
    dropKey();
    if (error.code === "scope_missing") say($("enter-says"), desk.keyOfNoOfficer, "bad");
    else if (error.code === "token_invalid") say($("enter-says"), desk.keyUnknown, "bad");
    else sayFailure($("enter-says"), error);
    return;
  }
  $("key").value = "";
  $("entering").hidden = true;
  for (const part of PARTS) $(part).hidden = false;
  if (location.hash) show();
  else $("queue-title").focus();
}

function leave(sentence) {
  dropKey();
  closeCase();
  for (const part of PARTS) $(part).hidden = true;
  $("queued").replaceChildren();
  $("entering").hidden = false;
  say($("enter-says"), sentence, "bad");
  $("key").focus();
}

function show() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!hasKey() || !id.startsWith("rfd_")) return;
  mark(id);
  openCase(id);
}
