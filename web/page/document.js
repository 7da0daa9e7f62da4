// Bringing a document: read here, uploaded straight to storage, looked at by the service, told in plain words.

import { problems, documents, findings, repairs, device } from "../sentences.id.js";
import { ensureAccount } from "./account.js";
import { call, persist, follow, Refused } from "./api.js";
import { $, el, say, sayFailure, during, codeLink, nameChosen } from "./dom.js";
import * as kept from "./kept.js";
import { size, day } from "./words.js";

let bringing = null;
let ready = () => {};

export function setUpDocument(onReady, onLeft) {
  ready = onReady;
  nameChosen($("document-file"));
  $("document-file").addEventListener("change", (event) => {
    onLeft();
    const [file] = event.target.files;
    if (file) bring(file);
  });
}

// The file that waited for an e-mail goes on by itself.
export function goOnWithDocument() {
  const [file] = $("document-file").files;
  if (file && !kept.get("document")) bring(file);
}

export async function resumeDocument() {
  const id = kept.get("document");
  if (!id) return;
  try {
    const seen = await call("GET", `/v1/documents/${id}`);
    if (seen.status === "ready") tell(seen);
    else forgetDocument();
  } catch (error) {
    forgetDocument();
    if (error.code !== "not_found") sayFailure($("document-says"), error);
  }
}

export function forgetDocument() {
  bringing?.abort();
  kept.drop("document");
  say($("document-says"), "");
  $("findings").replaceChildren();
  $("repair-part").hidden = true;
}

async function bring(file) {
  forgetDocument();
  const control = new AbortController();
  bringing = control;
  try {
    if (!(await looksLikePdf(file))) {
      say($("document-says"), problems.document_unreadable, "bad", codeLink("document_unreadable"));
      return;
    }
    if (!(await ensureAccount())) {
      say($("document-says"), device.emailNeeded, "warn");
      return;
    }
    const seen = await deliver(file, { purpose: "stamp", signal: control.signal, says: $("document-says") });
    if (seen.status === "ready") kept.set("document", seen.id);
    tell(seen);
  } catch (error) {
    if (bringing === control) sayFailure($("document-says"), error);
  }
}

// A PDF says so within its first kilobyte (ISO 32000-1, 7.5.2 and its implementation notes).
async function looksLikePdf(file) {
  const start = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  return new TextDecoder("latin1").decode(start).includes("%PDF-");
}

// Announces `file`, uploads it and, when it is to be stamped, waits until it has been looked at.
export async function deliver(file, { purpose, signal, says }) {
  say(says, documents.reading, "wait");
  const announced = { filename: file.name.slice(0, 200) || "dokumen.pdf", size: file.size, purpose, sha256: await sha256(file) };
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

function tell(seen) {
  const count = seen.pages.length;
  const about = `${seen.filename}, ${count} halaman, ${size(seen.size)}. `;
  const until = `Disimpan sampai ${day(seen.kept_until)}. Setelah dibubuhi ukurannya paling besar ${size(seen.stamped_size_max)}.`;
  const usable = seen.status === "ready" && seen.suggested_placement;
  if (usable) say($("document-says"), `${documents.ready} ${about}${until}`, "good");
  else if (seen.status === "ready") say($("document-says"), problems.placement_too_small, "bad");
  else say($("document-says"), documents[seen.status] ?? documents.refused, "bad");
  const lines = seen.findings.map((found) => {
    if (found.severity === "error" && repairs[found.repair]) return null; // what mends it says so itself
    const sentence = findings[found.code] ?? problems[found.code];
    return sentence ? el("li", { data: { kind: found.severity === "error" ? "bad" : "plain" } }, sentence) : null;
  });
  $("findings").replaceChildren(...lines.filter(Boolean));
  offerRepair(seen);
  if (usable) ready(seen);
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
    $("repair").onclick = () => during($("repair"), $("document-says"), () => repaired(seen.id, named));
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

async function repaired(id, named) {
  say($("document-says"), documents.repairing, "wait");
  await call("POST", `/v1/documents/${id}/repair`, { body: { repair: named } });
  const seen = await call("GET", `/v1/documents/${id}`);
  if (seen.status === "ready") kept.set("document", seen.id);
  tell(seen);
}
