// Where the stamp goes: the page as the service drew it, a square to tap, drag or move by arrow keys, and whether it covers text.

import { $, el, say } from "./dom.js";
import { LEAST_SIDE, POINTS_PER_MM, fits, fractions, ink, inside, millimetres } from "./geometry.js";
import * as kept from "./kept.js";
import { placing } from "./said.js";

const CLEAN = 0.002; // a speck of dust is no text: the service's own measure
const ZOOM_MOST = 4;
const PIXELS = 600;

let brought = null;
let pages = [];
let suggested = null;
let side = LEAST_SIDE;
let at = { page: 1, left: 0, top: 0 }; // points from the top left corner of the displayed page
let shades = null; // of the page that is shown
let zoom = 1;

export function setUpPlace() {
  $("page-pick").addEventListener("change", () => turnTo(Number($("page-pick").value)));
  $("suggest").addEventListener("click", useSuggested);
  $("sheet").addEventListener("click", tapped);
  $("square").addEventListener("keydown", keyed);
  $("square").addEventListener("pointerdown", dragged);
  $("page-picture").addEventListener("load", looked);
  $("page-picture").addEventListener("error", shownUnread);
  $("zoom-in").addEventListener("click", () => zoomTo(zoom * 1.5));
  $("zoom-out").addEventListener("click", () => zoomTo(zoom / 1.5));
  pinched($("desk"));
}

export function showPlaces(document) {
  brought = document.id;
  pages = document.pages;
  suggested = document.suggested_placement;
  side = Math.max(LEAST_SIDE, suggested.width * pages[suggested.page - 1].width);
  const options = pages.map((page, index) => ({ page, number: index + 1 })).filter(({ page }) => fits(page, side));
  $("page-pick").replaceChildren(
    ...options.map(({ number }) => el("option", { value: String(number) }, placing.of(number, pages.length))),
  );
  $("page-part").hidden = options.length < 2;
  zoomTo(1);
  const before = kept.get("place");
  if (before?.document === brought && options.some(({ number }) => number === before.page)) turnTo(before.page, before);
  else useSuggested();
}

// What the API wants: page, x and y of the top left corner, width.
export function placement() {
  return { page: at.page, ...fractions(pages[at.page - 1], side, at) };
}

function useSuggested() {
  const page = pages[suggested.page - 1];
  turnTo(suggested.page, { left: suggested.x * page.width, top: suggested.y * page.height });
}

function turnTo(number, { left, top } = at) {
  const page = pages[number - 1];
  at = { page: number, left, top };
  $("page-pick").value = String(number);
  const sheet = $("sheet");
  sheet.style.setProperty("--ratio", String(page.width / page.height));
  sheet.style.setProperty("--side", `${(100 * side) / page.width}%`);
  sheet.classList.toggle("pictured", Boolean(page.preview_url));
  const picture = $("page-picture");
  picture.hidden = !page.preview_url;
  if (page.preview_url && picture.src !== page.preview_url) {
    shades = null;
    picture.src = page.preview_url;
  } else if (!page.preview_url) shades = null;
  $("sheet-size").replaceChildren(placing.page(number), el("br"), `${millimetres(page.width)} × ${millimetres(page.height)} mm`);
  const here = suggested.page === number;
  $("suggestion").hidden = !here;
  if (here) put($("suggestion"), suggested.x, suggested.y);
  moveToPoint(left, top);
}

function put(mark, x, y) {
  mark.style.left = `${100 * x}%`;
  mark.style.top = `${100 * y}%`;
}

function moveToPoint(left, top) {
  const page = pages[at.page - 1];
  Object.assign(at, inside(page, side, { left, top }));
  kept.set("place", { document: brought, ...at });
  put($("square"), at.left / page.width, at.top / page.height);
  tell();
}

// Where the square is, and what is under it as far as that can be seen.
function tell() {
  const where = placing.where(at.page, millimetres(at.left), millimetres(at.top));
  const covered = coverage();
  const clean = covered !== null && covered <= CLEAN;
  $("meter").dataset.kind = covered === null ? "plain" : clean ? "good" : "warn";
  $("meter").hidden = covered === null;
  $("meter").textContent = clean ? placing.safe : placing.covers;
  say($("place-says"), covered === null ? where : `${where} ${clean ? placing.safeNote : placing.coversNote}`, clean ? "good" : covered ? "warn" : "plain");
}

function coverage() {
  const page = pages[at.page - 1];
  if (shades) return ink(shades, page, side, at);
  const atSuggestion = suggested.page === at.page && Math.abs(suggested.x * page.width - at.left) < 1 && Math.abs(suggested.y * page.height - at.top) < 1;
  return atSuggestion ? suggested.ink : null;
}

// The picture's shades, once: a browser that may not read them (another origin's without its word) leaves the meter out.
function looked() {
  const picture = $("page-picture");
  const scale = Math.min(1, PIXELS / Math.max(picture.naturalWidth, picture.naturalHeight));
  const [columns, rows] = [picture.naturalWidth, picture.naturalHeight].map((edge) => Math.max(1, Math.round(edge * scale)));
  const canvas = el("canvas", { width: columns, height: rows });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  try {
    context.drawImage(picture, 0, 0, columns, rows);
    const { data } = context.getImageData(0, 0, columns, rows);
    const grey = Uint8Array.from({ length: columns * rows }, (_, dot) => 0.299 * data[4 * dot] + 0.587 * data[4 * dot + 1] + 0.114 * data[4 * dot + 2]);
    shades = { shades: grey, columns, rows };
  } catch {
    shades = null;
  }
  tell();
}

// A picture that may not be read may still be shown.
function shownUnread() {
  const picture = $("page-picture");
  if (picture.crossOrigin === null) return;
  picture.removeAttribute("crossorigin");
  picture.src = `${picture.src}`;
}

function pointUnder(event) {
  const page = pages[at.page - 1];
  const box = $("sheet").getBoundingClientRect();
  return {
    left: ((event.clientX - box.left) / box.width) * page.width,
    top: ((event.clientY - box.top) / box.height) * page.height,
  };
}

function tapped(event) {
  if (event.target === $("square")) return;
  const point = pointUnder(event);
  moveToPoint(point.left - side / 2, point.top - side / 2);
}

function dragged(event) {
  const square = $("square");
  const from = pointUnder(event);
  const before = { ...at };
  const moved = (next) => {
    const point = pointUnder(next);
    moveToPoint(before.left + point.left - from.left, before.top + point.top - from.top);
  };
  const ended = () => {
    square.removeEventListener("pointermove", moved);
    square.removeEventListener("pointerup", ended);
    square.removeEventListener("pointercancel", ended);
  };
  square.setPointerCapture(event.pointerId);
  square.addEventListener("pointermove", moved);
  square.addEventListener("pointerup", ended);
  square.addEventListener("pointercancel", ended);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function keyed(event) {
  const arrow = ARROWS[event.key];
  if (!arrow) return;
  event.preventDefault();
  const far = (event.shiftKey ? 10 : 1) * POINTS_PER_MM;
  moveToPoint(at.left + arrow[0] * far, at.top + arrow[1] * far);
}

function zoomTo(wanted) {
  zoom = Math.min(ZOOM_MOST, Math.max(1, wanted));
  $("sheet").style.setProperty("--zoom", String(zoom));
  $("zoom-out").disabled = zoom === 1;
  $("zoom-in").disabled = zoom === ZOOM_MOST;
}

// Two fingers on the page bring it nearer; one moves what is near.
function pinched(desk) {
  const fingers = new Map();
  let from = null;
  const apart = () => {
    const [one, other] = fingers.values();
    return Math.hypot(one.x - other.x, one.y - other.y);
  };
  desk.addEventListener("pointerdown", (event) => {
    if (event.target === $("square")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    from = fingers.size === 2 ? { apart: apart(), zoom } : null;
  });
  desk.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (from && fingers.size === 2) zoomTo((from.zoom * apart()) / from.apart);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    desk.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      from = null;
    });
  }
}
