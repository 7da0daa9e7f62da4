// Small ways with the page: making elements, saying things in a card's live region, moving on.

import { problems, unknownProblem, fields, device, small } from "./said.js";
import { Refused } from "./api.js";
import { plainName } from "./words.js";

export const $ = (id) => document.getElementById(id);

export function el(tag, properties = {}, ...children) {
  const { class: className, data = {}, aria = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// `kind`: "plain", "wait", "good", "warn" or "bad".
export function say(region, sentence, kind = "plain", ...more) {
  if (region.dataset.kind === kind && region.textContent === sentence && !more.length) return;
  region.dataset.kind = kind;
  region.replaceChildren(sentence, ...more.flatMap((part) => [" ", part]));
}

// The sentence for whatever went wrong, with a link to its page; a request that was given up says nothing.
export function sayFailure(region, error) {
  if (error?.name === "AbortError") return;
  if (!(error instanceof Refused)) {
    say(region, error?.name === "NotReadableError" ? device.fileGone : unknownProblem, "bad");
    if (error?.name !== "NotReadableError") console.warn(error);
    return;
  }
  const field = error.pointers.map((pointer) => fields[pointer.split("/").at(-1)]).find(Boolean);
  const sentence = error.code === "request_invalid" && field ? field : problems[error.code];
  say(region, sentence ?? unknownProblem, "bad", sentence ? codeLink(error.code) : "");
}

export function codeLink(code) {
  return el("a", { class: "why", href: `/problems.html#${code}` }, small.why);
}

// Shows a part and brings a person to it; screen readers follow the heading.
export function moveTo(card) {
  card.hidden = false;
  card.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  card.querySelector("h2").focus({ preventScroll: true });
}

// Runs `work` with the button out of reach, so that a second tap does nothing.
export async function during(button, region, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    sayFailure(region, error);
  } finally {
    button.disabled = false;
  }
}

// The name of the file that was chosen, in our words instead of the browser's.
export function nameChosen(input) {
  const name = $(`${input.id}-name`);
  input.addEventListener("change", () => (name.textContent = plainName(input.files[0]?.name ?? small.choose)));
}
