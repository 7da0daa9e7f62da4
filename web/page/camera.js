// The camera reads the QR code of a stamp on paper or on another screen, and opens what the register says of its number. A browser
// that cannot read codes has no button: a photo of the page does the same.

import { $, say } from "./dom.js";
import { judging } from "./said.js";

const SERIAL = /\/v\/([0-9a-z]{22})$/i;
const EVERY = 250;
let stream = null;

// The serial number in what a code says, in capitals; null when it is none of ours.
export function serialIn(text) {
  return SERIAL.exec(text.trim())?.[1].toUpperCase() ?? null;
}

export async function setUpCamera() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (!formats?.includes("qr_code") || !navigator.mediaDevices) return;
  const reader = new BarcodeDetector({ formats: ["qr_code"] });
  $("scan").hidden = false;
  $("scan").addEventListener("click", () => (stream ? stop() : start(reader)));
}

async function start(reader) {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    say($("verify-says"), judging.noCamera, "warn");
    return;
  }
  const view = $("camera");
  view.hidden = false;
  view.srcObject = stream;
  await view.play();
  say($("verify-says"), judging.aim, "wait");
  while (stream) {
    const found = await reader.detect(view).catch(() => []);
    const serial = found.map(({ rawValue }) => serialIn(rawValue)).find(Boolean);
    if (serial) {
      stop();
      location.assign(`/v/${serial}`);
    } else if (found.length) say($("verify-says"), judging.strangeCode, "warn");
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  $("camera").hidden = true;
  $("camera").srcObject = null;
  say($("verify-says"), "");
}
