// <count-down until="instant">: minutes and seconds left, by the service's clock, while it is on the page.
//   until    an instant as the API writes it; without one it stands still
//   over     whether that instant has passed
//   "over"   an event when it passes

import { now } from "./api.js";
import { buying } from "./said.js";
import { countdown } from "./words.js";

class CountDown extends HTMLElement {
  static observedAttributes = ["until"];
  #ticking = null;

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#start();
  }

  get until() {
    return this.getAttribute("until");
  }

  set until(instant) {
    if (instant === null) this.removeAttribute("until");
    else if (instant !== this.until) this.setAttribute("until", instant);
  }

  get over() {
    return this.until !== null && Date.parse(this.until) <= now();
  }

  #start() {
    clearInterval(this.#ticking);
    if (this.until === null) return;
    this.#ticking = setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  #tick() {
    this.textContent = this.over ? buying.over : countdown(Date.parse(this.until) - now());
    if (!this.over) return;
    clearInterval(this.#ticking);
    this.dispatchEvent(new Event("over"));
  }
}

customElements.define("count-down", CountDown);
