// <road-steps>: the steps of the road, and which of them somebody is at, by what the page shows. Each item names its card in
// `data-card`.

const HERE = { attributes: true, attributeFilter: ["hidden"], subtree: true };

class RoadSteps extends HTMLElement {
  #watching = null;

  connectedCallback() {
    this.#watching = new MutationObserver(() => this.#mark());
    this.#watching.observe(document.getElementById("road"), HERE);
    this.#mark();
  }

  disconnectedCallback() {
    this.#watching.disconnect();
  }

  #mark() {
    const there = (id) => document.getElementById(id).closest("[hidden]") === null;
    const at = there("stamping") ? "stamping" : there("code") ? "buying" : there("placing") ? "placing" : "bringing";
    let before = true;
    for (const item of this.querySelectorAll("[data-card]")) {
      const here = item.dataset.card === at;
      if (here) before = false;
      item.toggleAttribute("data-done", before);
      if (here) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
  }
}

customElements.define("road-steps", RoadSteps);
