// Bringing a document: looked into here at once, uploaded in the background, looked at by the service, told in plain words.

import { ensureAccount } from "./account.js";
import { call, persist, follow, Refused } from "./api.js";
import { $, el, say, sayFailure, during, codeLink, nameChosen } from "./dom.js";
import * as kept from "./kept.js";
import { HEAD, MOST_BYTES, look } from "./looks.js";
import { problems, documents, findings, repairs, device, sizes } from "./said.js";
import * as shelf from "./shelf.js";
import { size, day, plainName } from "./words.js";

const NAMES = 50; // documents whose names this browser remembers, so that its history need not ask for each
const SMALLEST_REPAIR = 10_000; // bytes: what the service takes at least
let bringing = null;
let ready = () => {};
let left = () => {};
let shown = null;

export function setUpDocument(onReady, onLeft) {
  ready = onReady;
  left = onLeft;
  nameChosen($("document-file"));
  $("document-file").addEventListener("change", (event) => {
    left();
    const [file] = event.target.files;
    if (file) bring(file);
  });
  const [early] = $("document-file").files; // chosen before this script was here
  if (early) bring(early);
  $("size-limit").value = kept.get("limit") ?? "";
  $("size-limit").addEventListener("change", () => {
    kept.set("limit", $("size-limit").value);
    if (shown) weigh(shown);
  });
}

// What was brought before the page was closed: the service has it, or this browser does and it is sent again.
export async function resumeDocument() {
  if (bringing) return;
  const id = kept.get("document");
  try {
    const seen = id && (await call("GET", `/v1/documents/${id}`));
    if (seen?.status === "ready" || seen?.status === "refused") {
      tell(seen);
      return;
    }
  } catch (error) {
    if (error.code !== "not_found") throw error;
  }
  kept.drop("document");
  const file = await shelf.get();
  if (file) await bring(file);
}

// The service does not have it any more, or not for this account: what is on the shelf is sent again.
export async function bringAgain() {
  left();
  kept.drop("document");
  const file = await shelf.get();
  if (file) await bring(file);
  else say($("document-says"), documents.deleted, "bad");
}

export async function forgetDocument() {
  bringing?.abort();
  bringing = null;
  await clear();
}

async function clear() {
  shown = null;
  kept.drop("document");
  say($("document-says"), "");
  $("findings").replaceChildren();
  $("repair-part").hidden = true;
  $("weight").hidden = true;
  $("pay-check").hidden = true;
  await shelf.drop();
}

// Sentences for what can be seen here without asking anybody.
const STRANGERS = {
  empty: () => device.empty,
  picture: () => device.picture,
  office: () => device.office,
  other: () => problems.document_unreadable,
  too_large: () => problems.document_too_large,
};

async function bring(file) {
  bringing?.abort();
  const control = new AbortController();
  bringing = control;
  const says = $("document-says");
  try {
    await clear();
    say(says, documents.reading, "wait");
    const part = file.size > MOST_BYTES ? file.slice(0, HEAD) : file; // what is too large is not read
    const first = look(new Uint8Array(await part.arrayBuffer()), file.size);
    if (first.kind !== "pdf") {
      const code = { other: "document_unreadable", too_large: "document_too_large" }[first.kind];
      say(says, STRANGERS[first.kind](), "bad", code ? codeLink(code) : "");
      return;
    }
    $("document-file-name").textContent = plainName(file.name);
    await shelf.put(file);
    control.signal.throwIfAborted();
    if (first.certified) say(says, problems.document_certified, "warn");
    await ensureAccount();
    const seen = await deliver(file, { purpose: "stamp", signal: control.signal, says });
    kept.set("document", seen.id);
    tell(seen);
  } catch (error) {
    if (bringing === control) sayFailure(says, error);
  }
}

// Announces `file`, uploads it and, when it is to be stamped, waits until it has been looked at.
export async function deliver(file, { purpose, signal, says }) {
  say(says, documents.reading, "wait");
  const announced = { filename: plainName(file.name).slice(0, 200) || "dokumen.pdf", size: file.size, purpose, sha256: await sha256(file) };
  const anonymous = purpose === "verify";
  for (let turn = 0; ; turn += 1) {
    const document = await call("POST", "/v1/documents", { body: announced, signal, anonymous });
    say(says, `${documents.uploading} (${size(file.size)})`, "wait");
    const answer = await upload(document.upload, file, signal);
    if (answer.ok) return anonymous ? document : examined(document.id, signal, says);
    const code = /<Code>(\w+)<\/Code>/.exec(await answer.text().catch(() => ""))?.[1];
    if (code === "EntityTooLarge") throw new Refused(413, { code: "document_too_large" });
    // The form may have grown old while the connection was away: a new one, once.
    if (turn > 0) throw new Refused(answer.status, { code: "document_not_ready" });
  }
}

// The SHA-256 of a file, in hexadecimal digits, worked out here.
export async function sha256(file) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function upload({ url, fields }, file, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return persist((limit) => fetch(url, { method: "POST", body: form, signal: limit, credentials: "omit" }), signal);
}

async function examined(id, signal, says) {
  say(says, documents.examining, "wait");
  let seen;
  await follow(
    async () => {
      seen = await call("GET", `/v1/documents/${id}`, { signal });
      return seen.status !== "awaiting_upload";
    },
    { signal },
  );
  return seen;
}

export function rememberDocument({ id, filename, kept_until: until }) {
  const names = Object.entries({ ...kept.get("names"), [id]: { filename, until } });
  kept.set("names", Object.fromEntries(names.slice(-NAMES)));
}

function tell(seen) {
  shown = seen;
  rememberDocument(seen);
  $("document-file-name").textContent = seen.filename;
  const about = documents.about(seen.filename, seen.pages.length, size(seen.size));
  const usable = seen.status === "ready" && seen.suggested_placement;
  if (usable) say($("document-says"), `${documents.ready} ${about} ${documents.until(day(seen.kept_until))}`, "good");
  else if (seen.status === "ready") say($("document-says"), problems.placement_too_small, "bad");
  else say($("document-says"), documents[seen.status] ?? documents.refused, "bad");
  const lines = seen.findings.map((found) => {
    if (found.severity === "error" && repairs[found.repair]) return null; // what mends it says so itself
    const sentence = findings[found.code] ?? problems[found.code];
    return sentence ? el("li", { data: { kind: found.severity === "error" ? "bad" : "plain" } }, sentence) : null;
  });
  $("findings").replaceChildren(...lines.filter(Boolean));
  offerRepair(seen);
  $("pay-check").hidden = Boolean(usable);
  weigh(usable ? seen : null);
  if (usable) ready(seen);
  else left();
}

// One tap has done what the service named; the file that was brought is kept.
function offerRepair(seen) {
  const named = seen.findings.find((found) => found.severity === "error")?.repair ?? null;
  const offered = named && repairs[named];
  $("repair-part").hidden = !offered && !seen.repairs.length;
  $("repair").hidden = !offered;
  $("repair-note").hidden = !offered;
  if (offered) {
    $("repair").textContent = offered.tap;
    $("repair-note").textContent = offered.note;
    $("repair").onclick = () => during($("repair"), $("document-says"), () => repaired(seen.id, { repair: named }));
  }
  const last = seen.repairs.at(-1);
  $("repaired").hidden = !last;
  if (last) {
    compared("before", last.before);
    compared("after", last.after);
  }
}

function compared(which, { preview_url: url, size: bytes }) {
  const picture = $(`${which}-picture`);
  picture.hidden = !url;
  if (url) picture.src = url;
  $(`${which}-says`).textContent = size(bytes);
}

// How large the stamped file will be at most, against the limit that whoever asks for it has.
function weigh(seen) {
  $("weight").hidden = !seen;
  if (!seen) return;
  const limit = Number($("size-limit").value) || Infinity;
  const most = seen.stamped_size_max;
  const over = most > limit;
  say($("weight-says"), over ? sizes.over(size(most), size(limit)) : sizes.most(size(most)), over ? "warn" : "plain");
  const room = limit - (most - seen.size);
  $("shrink").hidden = !over || room < SMALLEST_REPAIR || seen.findings.some(({ code }) => code === "signed");
  $("shrink").onclick = () =>
    during($("shrink"), $("weight-says"), () => repaired(seen.id, { repair: "shrink_images", size_max: room }, $("weight-says")));
}

async function repaired(id, body, says = $("document-says")) {
  say(says, documents.repairing, "wait");
  try {
    await call("POST", `/v1/documents/${id}/repair`, { body });
  } catch (error) {
    if (body.repair !== "shrink_images" || error.code !== "document_too_large") throw error;
    say(says, sizes.cannot, "warn");
    return;
  }
  tell(await call("GET", `/v1/documents/${id}`));
}
