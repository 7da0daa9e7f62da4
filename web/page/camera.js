// <serial-camera>: reads the QR code of a stamp on paper or on another screen. Its parts stand in the HTML: a button, which a browser
// that cannot read codes does not show (a photo of the page does the same), the camera's view and what is said.
//   "serial"   an event when a stamp's code was read; its detail is the serial number
// Taken off the page, it lets the camera go.

import { say } from "./dom.js";
import { judging } from "./said.js";

const SERIAL = /\/v\/([0-9a-z]{22})$/i;
const EVERY = 250;

// The serial number in what a code says, in capitals; null when it is none of ours.
export function serialIn(text) {
  return SERIAL.exec(text.trim())?.[1].toUpperCase() ?? null;
}

class SerialCamera extends HTMLElement {
  #stream = null;

  async connectedCallback() {
    const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
    if (!this.isConnected || !formats?.includes("qr_code") || !navigator.mediaDevices) return;
    this.#button.hidden = false;
    this.#button.onclick = () => (this.#stream ? this.#stop() : this.#start());
  }

  disconnectedCallback() {
    this.#stop();
  }

  get #button() {
    return this.querySelector("button");
  }

  get #view() {
    return this.querySelector("video");
  }

  #say(...words) {
    say(this.querySelector(".says"), ...words);
  }

  async #start() {
    let stream;
    this.#button.disabled = true; // while the browser asks for leave
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.#say(judging.noCamera, "warn");
      return;
    } finally {
      this.#button.disabled = false;
    }
    this.#stream = stream;
    if (!this.isConnected) {
      this.#stop();
      return;
    }
    this.#view.hidden = false;
    this.#view.srcObject = stream;
    this.#say(judging.aim, "wait");
    await this.#view.play().catch(() => {}); // it was stopped before it began
    await this.#read(stream);
  }

  async #read(stream) {
    const reader = new BarcodeDetector({ formats: ["qr_code"] });
    while (this.#stream === stream) {
      const found = await reader.detect(this.#view).catch(() => []);
      if (this.#stream !== stream) return;
      const serial = found.map(({ rawValue }) => serialIn(rawValue)).find(Boolean);
      if (serial) {
        this.#stop();
        this.dispatchEvent(new CustomEvent("serial", { detail: serial }));
      } else if (found.length) this.#say(judging.strangeCode, "warn");
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  #stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#view.hidden = true;
    this.#view.srcObject = null;
    this.#say("");
  }
}

customElements.define("serial-camera", SerialCamera);
