// <qr-code value="...">: the text as a QR code, drawn as lines that stay sharp at any size and on paper. Empty without a value.
//   value             the text
//   picture(pixels)   the same as a PNG at most so wide: a promise of a Blob

import { path } from "./qr.js";

const SVG = "http://www.w3.org/2000/svg";

class QrCode extends HTMLElement {
  static observedAttributes = ["value"];

  get value() {
    return this.getAttribute("value") ?? "";
  }

  set value(text) {
    if (text !== this.value) this.setAttribute("value", text);
  }

  attributeChangedCallback() {
    if (!this.value) {
      this.replaceChildren();
      return;
    }
    const { side, d } = path(this.value);
    const picture = document.createElementNS(SVG, "svg");
    const lines = document.createElementNS(SVG, "path");
    picture.setAttribute("viewBox", `0 0 ${side} ${side}`);
    picture.setAttribute("shape-rendering", "crispEdges");
    picture.setAttribute("aria-hidden", "true"); // the element itself is the picture, and has its name
    lines.setAttribute("d", d);
    picture.append(lines);
    this.replaceChildren(picture);
  }

  picture(pixels) {
    const { side, d } = path(this.value);
    const unit = Math.floor(pixels / side);
    const canvas = Object.assign(document.createElement("canvas"), { width: side * unit, height: side * unit });
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(unit, unit);
    context.fillStyle = "#000";
    context.fill(new Path2D(d));
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }
}

customElements.define("qr-code", QrCode);
