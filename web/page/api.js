// The way to the API: tokens, problems, patience. A request that finds no answer is sent again, the same, until it has one.

import * as kept from "./kept.js";
import { language } from "./said.js";

const LONGEST_WAIT = 15_000;
const TIMEOUT = 40_000;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem?.code ?? "";
    this.pointers = (problem?.errors ?? []).map((error) => error.pointer ?? "");
  }
}

// What is being tried again right now, for the banner: "offline", "network", "busy", the code of a problem, or null.
const troubles = new EventTarget();
const inTrouble = new Map();

export function onTrouble(tell) {
  troubles.addEventListener("change", () => tell([...inTrouble.values()].at(-1) ?? null));
}

// The token is not known (any more).
export function onStranger(tell) {
  troubles.addEventListener("stranger", tell);
}

export function tryNow() {
  troubles.dispatchEvent(new Event("again"));
}

function trouble(request, kind) {
  if (kind === null ? inTrouble.delete(request) : inTrouble.get(request) !== kind) {
    if (kind !== null) inTrouble.set(request, kind);
    troubles.dispatchEvent(new Event("change"));
  }
}

addEventListener("online", tryNow);
document.addEventListener("visibilitychange", () => document.hidden || tryNow());

// The server's clock, learnt from its answers: a phone's own may be wrong by days.
let clockOffset = 0;
export const now = () => Date.now() + clockOffset;

function learnTime(response) {
  const at = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isFinite(at) && Math.abs(at - now()) > 2_000) clockOffset = at - Date.now();
}

export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(timer);
      troubles.removeEventListener("again", goOn);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    const goOn = () => end(resolve);
    const stop = () => end(reject, signal.reason);
    const timer = setTimeout(goOn, milliseconds);
    troubles.addEventListener("again", goOn);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop);
  });
}

const jittered = (milliseconds) => milliseconds * (0.75 + Math.random() / 2);

// `attempt(signal)` is made until it gives a Response that is an answer. Raises only when `signal` is aborted. Who does not insist
// takes "too fast" for an answer. `code()` is what the last answer said it was.
export async function persist(attempt, signal, insists = true, code = () => null) {
  const request = Symbol("request");
  try {
    for (let tries = 0; ; tries += 1) {
      const response = await once(attempt, signal);
      const busy = response && (response.status === 408 || (insists && response.status === 429) || response.status >= 500);
      if (response && !busy) return response;
      trouble(request, busy ? (code() ?? "busy") : navigator.onLine ? "network" : "offline");
      const asked = Number(response?.headers.get("Retry-After")) * 1_000 || 0;
      await pause(Math.max(asked, jittered(Math.min(LONGEST_WAIT, 1_000 * 1.7 ** tries))), signal);
    }
  } finally {
    trouble(request, null);
  }
}

async function once(attempt, signal) {
  const limit = new AbortController();
  const stop = () => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(), TIMEOUT);
  signal?.addEventListener("abort", stop);
  try {
    return await attempt(limit.signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof TypeError || limit.signal.aborted) return null; // no connection, or none in time
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

// One call. `body` is JSON unless it is a Blob; `bearer` is a token other than this browser's own account's; `file` is the media
// type of an answer that is a file. Raises Refused for a definite no; anything less definite is tried again.
export async function call(method, path, { body, key, prefer, signal, bearer, file, anonymous = false, insists = true } = {}) {
  const token = anonymous ? null : (bearer ?? kept.get("token"));
  const headers = { Accept: file ?? "application/json, application/problem+json", "Accept-Language": language };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  if (prefer) headers.Prefer = prefer;
  if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? body.type || "application/pdf" : "application/json";
  const content = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  let answer = null;
  const response = await persist(async (limit) => {
    const found = await fetch(path, { method, headers, body: content, signal: limit, cache: "no-store" });
    if (file && found.ok && found.headers.get("Content-Type") === file) {
      answer = await found.blob();
      return found;
    }
    answer = await found.json().catch((error) => (error instanceof SyntaxError ? null : Promise.reject(error)));
    // A page in between (a hotel's log-in) answers with HTML: that is no answer.
    return found.ok && answer === null && found.status !== 204 ? null : found;
  }, signal, insists, () => answer?.code);
  learnTime(response);
  if (response.ok) return answer;
  // A late answer to a token that was put away already says nothing of the one that came after it.
  if (token && (bearer || token === kept.get("token")) && answer?.code === "token_invalid") troubles.dispatchEvent(new Event("stranger"));
  throw new Refused(response.status, answer);
}

// A POST that moves money or quota, under the key kept for `name` until it is answered.
export function send(name, path, body, options = {}) {
  return alone(name, async () => {
    const { key } = kept.intent(name, path, body);
    await kept.written();
    try {
      const answer = await call("POST", path, { ...options, body, key });
      kept.settle(name);
      return answer;
    } catch (error) {
      if (error instanceof Refused) kept.settle(name);
      throw error;
    }
  });
}

// One tab at a time does this. A browser without locks has the service's own gates alone.
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(`meterai.${name}`, work) : work();
}

// Looks again until `look()` says true: soon at first, then less and less often, at once when the page is seen again. `most` may
// be a function: how long to wait at most by then.
export async function follow(look, { signal, from = 1_000, most = 10_000 } = {}) {
  const longest = () => (typeof most === "function" ? most() : most);
  for (let wait = from; !(await look()); wait = Math.min(longest(), wait * 1.15)) {
    await pause(jittered(wait), signal);
  }
}
