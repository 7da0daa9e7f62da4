// Takes the next board in the place of this one, and shows how old it is. The page says all that is said; without this script a
// person reloads it.

const EVERY_SECONDS = 45;
const OLD_SECONDS = 300;
const ages = new Intl.RelativeTimeFormat("id", { numeric: "always" });
const $ = (id) => document.getElementById(id);

function age() {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse($("board").dataset.keptAt)) / 1000));
  $("age").textContent = ` (${seconds < 120 ? ages.format(-seconds, "second") : ages.format(-Math.floor(seconds / 60), "minute")})`;
  $("old").hidden = seconds < OLD_SECONDS;
}

// A board that did not change leaves the page alone: nobody's place, selection or focus is lost, nothing is read out again.
async function next() {
  try {
    const answer = await fetch("/status", { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const board = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
    if (!board || board.dataset.keptAt <= $("board").dataset.keptAt) return;
    $("board").dataset.keptAt = board.dataset.keptAt;
    for (const part of board.querySelectorAll("[data-part]")) {
      const here = document.querySelector(`[data-part="${part.dataset.part}"]`);
      if (here && here.outerHTML !== part.outerHTML && !here.contains(document.activeElement)) here.replaceWith(part);
    }
  } catch {
    // The board stays as it is, and its age tells.
  }
}

// Readers are spread over the time between two boards, and one who does not look does not ask.
function later() {
  setTimeout(async () => {
    if (!document.hidden) await next();
    age();
    later();
  }, EVERY_SECONDS * (0.75 + Math.random() / 2) * 1000);
}

age();
setInterval(age, 5000);
document.addEventListener("visibilitychange", () => !document.hidden && next().then(age));
later();
