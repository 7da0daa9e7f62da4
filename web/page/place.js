// Where the stamp goes: the page with its real proportions, a square to tap, drag or move by arrow keys.
// Places are fractions of the page as displayed, origin top left; the square's side is kept in points of 1/72 inch.

import { $, el, say } from "./dom.js";

const POINTS_PER_MM = 72 / 25.4;
const LEAST_SIDE = 19 * POINTS_PER_MM;
const FINEST = 1e6; // the service keeps millionths

let pages = [];
let suggested = null;
let side = LEAST_SIDE;
let at = { page: 1, left: 0, top: 0 }; // points from the top left corner of the displayed page

export function setUpPlace() {
  $("page-pick").addEventListener("change", () => turnTo(Number($("page-pick").value)));
  $("suggest").addEventListener("click", useSuggested);
  $("sheet").addEventListener("click", tapped);
  $("square").addEventListener("keydown", keyed);
  $("square").addEventListener("pointerdown", dragged);
}

export function showPlaces(document) {
  pages = document.pages;
  suggested = document.suggested_placement;
  side = Math.max(LEAST_SIDE, suggested.width * pages[suggested.page - 1].width);
  const options = pages.map((page, index) => ({ page, number: index + 1 })).filter(({ page }) => fits(page));
  $("page-pick").replaceChildren(
    ...options.map(({ number }) => el("option", { value: String(number) }, `${number} dari ${pages.length}`)),
  );
  $("page-part").hidden = options.length < 2;
  useSuggested();
}

// What the API wants: page, x and y of the top left corner, width.
export function placement() {
  const page = pages[at.page - 1];
  const down = (fraction) => Math.floor(Math.max(0, fraction) * FINEST) / FINEST;
  const width = Math.min(1, Math.ceil((side / page.width) * FINEST) / FINEST);
  const x = Math.min(down(at.left / page.width), down(1 - width));
  const y = Math.min(down(at.top / page.height), down(1 - (width * page.width) / page.height));
  return { page: at.page, x, y, width };
}

const mm = (points) => Math.round(points / POINTS_PER_MM);

// The side is as small as a stamp may be: it fits, or the page cannot hold one (with a little for rounding).
const fits = (page) => Math.min(page.width, page.height) >= side - 0.01;

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
  if (page.preview_url) picture.src = page.preview_url;
  $("sheet-size").replaceChildren(`Halaman ${number}`, el("br"), `${mm(page.width)} × ${mm(page.height)} mm`);
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
  at.left = Math.min(Math.max(0, left), Math.max(0, page.width - side));
  at.top = Math.min(Math.max(0, top), Math.max(0, page.height - side));
  put($("square"), at.left / page.width, at.top / page.height);
  say($("place-says"), `Halaman ${at.page}: ${mm(at.left)} mm dari kiri, ${mm(at.top)} mm dari atas.`);
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
