// The page's own files, kept in the browser: it opens without a connection, and goes on with what it kept (page/shelf.js).
// The network comes first, so that nobody sees yesterday's page; what it gives is kept for the next time. The API, storage and
// room.json are never answered from here.

const KEPT = "meterai-shell";
const SHELL = [
  "/", "/style.css", "/icon.svg", "/stamp.svg", "/sentences.id.js", "/sentences.en.js",
  ...[
    "account", "api", "banner", "buy", "calendar", "camera", "countdown", "destination", "document", "dom", "geometry", "history",
    "kept", "letter", "looks", "main", "place", "qr", "qrcode", "queue", "queueplace", "quota", "refund", "room", "said", "shelf",
    "stamp", "steps", "timeline", "verify", "words",
  ].map((name) => `/page/${name}.js`),
]; // prettier-ignore
const PATIENCE = 4_000; // how long a slow network may take before what is kept is shown

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((shelf) => shelf.addAll(SHELL)).then(() => self.skipWaiting()));
});
addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin || !SHELL.includes(pathname)) return;
  const renewed = renew(event.request, pathname);
  event.waitUntil(renewed.catch(() => null));
  event.respondWith(soonest(renewed, pathname));
});

async function renew(request, pathname) {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(KEPT)).put(pathname, answer.clone());
  return answer;
}

async function soonest(renewed, pathname) {
  const kept = await (await caches.open(KEPT)).match(pathname);
  if (!kept) return renewed;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([renewed.then((answer) => (answer.ok ? answer : kept), () => kept), late]);
}
