// One banner while answers are missing: what is wrong, that nothing is lost, and a way to try at once.

import { connection, problems } from "./said.js";
import { onTrouble, tryNow } from "./api.js";
import { $ } from "./dom.js";

const PATIENCE = 700; // a hiccup that mends itself is not worth a word
let timer = null;

export function setUpBanner() {
  $("try-now").addEventListener("click", tryNow);
  onTrouble((kind) => {
    clearTimeout(timer);
    if (kind === null) $("banner").hidden = true;
    else timer = setTimeout(() => show(kind), $("banner").hidden ? PATIENCE : 0);
  });
}

function show(kind) {
  $("banner").hidden = false;
  $("banner-says").textContent = `${connection[kind] ?? problems[kind] ?? connection.busy} ${connection.promise}`;
}
