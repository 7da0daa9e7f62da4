// Links in letters: their secret is behind the #, which no server is sent. It leaves the address bar at once, and goes to the
// API in a body: by a tap where it changes something, by itself where it only shows.

import { letters, connection, refunding } from "./said.js";
import { call, follow } from "./api.js";
import { $, el, say, sayFailure, during, moveTo } from "./dom.js";
import { ENDED, calendarLink, standing, timeline, turn } from "./timeline.js";
import { rupiah } from "./words.js";

const WAYS = {
  "konfirmasi-email": { sentences: letters.email, path: "/v1/accounts/confirmations", show: confirmed },
  "konfirmasi-pengembalian": { sentences: letters.refund, path: "/v1/refunds/confirmations", show: asked },
  pengembalian: { path: "/v1/refunds/followings" },
};
let following = null;

export function setUpLetters() {
  addEventListener("hashchange", open);
  open();
}

function open() {
  const [, name, secret] = /^#([a-z-]+)=([A-Za-z0-9_-]{1,128})$/.exec(location.hash) ?? [];
  const way = WAYS[name];
  if (!way) return;
  history.replaceState(null, "", location.pathname);
  following?.abort();
  $("letter").hidden = false;
  $("letter-act").replaceChildren();
  $("letter-refund").replaceChildren();
  say($("letter-says"), "");
  if (way.sentences) offer(way, secret);
  else watch(way.path, secret).catch((error) => sayFailure($("letter-says"), error));
  moveTo($("letter"));
}

function offer({ sentences, path, show }, secret) {
  $("letter-title").textContent = sentences.title;
  say($("letter-says"), sentences.ask);
  const tap = el("button", { type: "button", class: "main", id: "letter-confirm" }, sentences.tap);
  tap.addEventListener("click", () =>
    during(tap, $("letter-says"), async () => {
      say($("letter-says"), connection.sending, "wait");
      const found = await call("POST", path, { body: { secret }, anonymous: true });
      $("letter-act").replaceChildren();
      show(found);
    }),
  );
  $("letter-act").replaceChildren(tap);
}

function confirmed() {
  say($("letter-says"), letters.email.done, "good");
}

function asked(refund) {
  say($("letter-says"), letters.refund.done, "good");
  draw(refund);
}

async function watch(path, secret) {
  $("letter-title").textContent = letters.following.title;
  say($("letter-says"), connection.asking, "wait");
  following = new AbortController();
  const { signal } = following;
  let shown = "";
  const look = async () => {
    const refund = await call("POST", path, { body: { secret }, anonymous: true, signal });
    const now = JSON.stringify(refund);
    if (shown !== now) draw(refund);
    if (!shown) say($("letter-says"), letters.following.note);
    shown = now;
    return ENDED.includes(refund.status);
  };
  await follow(look, { signal, from: 3_000, most: 60_000 });
}

function draw(refund) {
  $("letter-refund").replaceChildren(
    el(
      "section",
      { class: "refund", data: { refund: refund.id, status: refund.status } },
      el("p", { class: "amount" }, rupiah(refund.amount_idr)),
      standing(refund),
      turn(refund),
      el("p", { class: "small" }, `${refunding.invoice} `, el("span", { class: "id" }, refund.invoice_id)),
      timeline(refund),
      ENDED.includes(refund.status) ? null : calendarLink(refund),
    ),
  );
}
