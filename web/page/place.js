// <stamp-placement>: where the stamp goes. The page as the service drew it, a square to tap, drag or move by arrow keys (1 mm, with
// Shift 10 mm), two fingers or buttons to bring the page nearer, and whether the stamp covers text. Its parts stand in the HTML.
//   show(document, before)  shows a document at the suggested place, or where it was `before`: {document, page, left, top}
//   placement               what the API wants: {page, x, y, width}
//   "placed"                an event at each move; its detail is the next visit's `before`

import { $, el, say } from "./dom.js";
import { LEAST_SIDE, POINTS_PER_MM, fits, fractions, ink, inside, millimetres } from "./geometry.js";
import { placing } from "./said.js";

const CLEAN = 0.002; // a speck of dust is no text: the service's own measure
const ZOOM_MOST = 4;
const PIXELS = 600;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class StampPlacement extends HTMLElement {
  #document = null;
  #pages = [];
  #suggested = null;
  #side = LEAST_SIDE;
  #at = { page: 1, left: 0, top: 0 }; // points from the top left corner of the displayed page
  #shades = null; // of the page that is shown
  #zoom = 1;
  #gone = null;

  connectedCallback() {
    this.#gone = new AbortController();
    const on = (id, type, act) => $(id).addEventListener(type, act, { signal: this.#gone.signal });
    on("page-pick", "change", () => this.#turnTo(Number($("page-pick").value)));
    on("suggest", "click", () => this.#useSuggested());
    on("sheet", "click", (event) => this.#tapped(event));
    on("square", "keydown", (event) => this.#keyed(event));
    on("square", "pointerdown", (event) => this.#dragged(event));
    on("page-picture", "load", () => this.#looked());
    on("page-picture", "error", () => this.#showUnread());
    on("zoom-in", "click", () => this.#zoomTo(this.#zoom * 1.5));
    on("zoom-out", "click", () => this.#zoomTo(this.#zoom / 1.5));
    this.#pinched((type, act) => on("desk", type, act));
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  get placement() {
    return { page: this.#at.page, ...fractions(this.#page, this.#side, this.#at) };
  }

  show(document, before) {
    this.#document = document.id;
    this.#pages = document.pages;
    this.#suggested = document.suggested_placement;
    this.#side = Math.max(LEAST_SIDE, this.#suggested.width * this.#pages[this.#suggested.page - 1].width);
    const options = this.#pages.map((page, index) => ({ page, number: index + 1 })).filter(({ page }) => fits(page, this.#side));
    $("page-pick").replaceChildren(
      ...options.map(({ number }) => el("option", { value: String(number) }, placing.of(number, this.#pages.length))),
    );
    $("page-part").hidden = options.length < 2;
    this.#zoomTo(1);
    if (before?.document === document.id && options.some(({ number }) => number === before.page)) this.#turnTo(before.page, before);
    else this.#useSuggested();
  }

  get #page() {
    return this.#pages[this.#at.page - 1];
  }

  #useSuggested() {
    const page = this.#pages[this.#suggested.page - 1];
    this.#turnTo(this.#suggested.page, { left: this.#suggested.x * page.width, top: this.#suggested.y * page.height });
  }

  #turnTo(number, { left, top } = this.#at) {
    this.#at = { page: number, left, top };
    const page = this.#page;
    $("page-pick").value = String(number);
    const sheet = $("sheet");
    sheet.style.setProperty("--ratio", String(page.width / page.height));
    sheet.style.setProperty("--side", `${(100 * this.#side) / page.width}%`);
    sheet.classList.toggle("pictured", Boolean(page.preview_url));
    const picture = $("page-picture");
    picture.hidden = !page.preview_url;
    if (page.preview_url && picture.src !== page.preview_url) {
      this.#shades = null;
      picture.src = page.preview_url;
    } else if (!page.preview_url) this.#shades = null;
    $("sheet-size").replaceChildren(placing.page(number), el("br"), `${millimetres(page.width)} × ${millimetres(page.height)} mm`);
    const here = this.#suggested.page === number;
    $("suggestion").hidden = !here;
    if (here) put($("suggestion"), this.#suggested.x, this.#suggested.y);
    this.#moveTo(left, top);
  }

  #moveTo(left, top) {
    const page = this.#page;
    Object.assign(this.#at, inside(page, this.#side, { left, top }));
    put($("square"), this.#at.left / page.width, this.#at.top / page.height);
    this.#tell();
    this.dispatchEvent(new CustomEvent("placed", { detail: { document: this.#document, ...this.#at } }));
  }

  // Where the square is, and what is under it as far as that can be seen.
  #tell() {
    const where = placing.where(this.#at.page, millimetres(this.#at.left), millimetres(this.#at.top));
    const covered = this.#coverage();
    const clean = covered !== null && covered <= CLEAN;
    $("meter").dataset.kind = covered === null ? "plain" : clean ? "good" : "warn";
    $("meter").hidden = covered === null;
    $("meter").textContent = clean ? placing.safe : placing.covers;
    say($("place-says"), covered === null ? where : `${where} ${clean ? placing.safeNote : placing.coversNote}`, clean ? "good" : covered ? "warn" : "plain");
  }

  #coverage() {
    const [page, at, suggested] = [this.#page, this.#at, this.#suggested];
    if (this.#shades) return ink(this.#shades, page, this.#side, at);
    const there = Math.abs(suggested.x * page.width - at.left) < 1 && Math.abs(suggested.y * page.height - at.top) < 1;
    return suggested.page === at.page && there ? suggested.ink : null;
  }

  // The picture's shades, once: a browser that may not read them (another origin's without its word) leaves the meter out.
  #looked() {
    const picture = $("page-picture");
    const scale = Math.min(1, PIXELS / Math.max(picture.naturalWidth, picture.naturalHeight));
    const [columns, rows] = [picture.naturalWidth, picture.naturalHeight].map((edge) => Math.max(1, Math.round(edge * scale)));
    const canvas = el("canvas", { width: columns, height: rows });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    try {
      context.drawImage(picture, 0, 0, columns, rows);
      const { data } = context.getImageData(0, 0, columns, rows);
      const grey = Uint8Array.from({ length: columns * rows }, (_, dot) => 0.299 * data[4 * dot] + 0.587 * data[4 * dot + 1] + 0.114 * data[4 * dot + 2]);
      this.#shades = { shades: grey, columns, rows };
    } catch {
      this.#shades = null;
    }
    this.#tell();
  }

  // A picture that may not be read may still be shown.
  #showUnread() {
    const picture = $("page-picture");
    if (picture.crossOrigin === null) return;
    picture.removeAttribute("crossorigin");
    picture.src = `${picture.src}`;
  }

  #pointUnder(event) {
    const page = this.#page;
    const box = $("sheet").getBoundingClientRect();
    return {
      left: ((event.clientX - box.left) / box.width) * page.width,
      top: ((event.clientY - box.top) / box.height) * page.height,
    };
  }

  #tapped(event) {
    if (event.target === $("square")) return;
    const point = this.#pointUnder(event);
    this.#moveTo(point.left - this.#side / 2, point.top - this.#side / 2);
  }

  #dragged(event) {
    const square = $("square");
    const from = this.#pointUnder(event);
    const before = { ...this.#at };
    const dragging = new AbortController();
    const moved = (next) => {
      const point = this.#pointUnder(next);
      this.#moveTo(before.left + point.left - from.left, before.top + point.top - from.top);
    };
    square.setPointerCapture(event.pointerId);
    square.addEventListener("pointermove", moved, { signal: dragging.signal });
    for (const end of ["pointerup", "pointercancel"]) square.addEventListener(end, () => dragging.abort(), { signal: dragging.signal });
  }

  #keyed(event) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const far = (event.shiftKey ? 10 : 1) * POINTS_PER_MM;
    this.#moveTo(this.#at.left + arrow[0] * far, this.#at.top + arrow[1] * far);
  }

  #zoomTo(wanted) {
    this.#zoom = Math.min(ZOOM_MOST, Math.max(1, wanted));
    $("sheet").style.setProperty("--zoom", String(this.#zoom));
    $("zoom-out").disabled = this.#zoom === 1;
    $("zoom-in").disabled = this.#zoom === ZOOM_MOST;
  }

  // Two fingers on the page bring it nearer; one moves what is near.
  #pinched(on) {
    const fingers = new Map();
    let from = null;
    const apart = () => {
      const [one, other] = fingers.values();
      return Math.hypot(one.x - other.x, one.y - other.y);
    };
    on("pointerdown", (event) => {
      if (event.target === $("square")) return;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      from = fingers.size === 2 ? { apart: apart(), zoom: this.#zoom } : null;
    });
    on("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (from && fingers.size === 2) this.#zoomTo((from.zoom * apart()) / from.apart);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      on(end, (event) => {
        fingers.delete(event.pointerId);
        from = null;
      });
    }
  }
}

function put(mark, x, y) {
  mark.style.left = `${100 * x}%`;
  mark.style.top = `${100 * y}%`;
}

customElements.define("stamp-placement", StampPlacement);
