// Kuota: always in sight, by where the pieces are. What is nought is not shown, and the words that nobody has met are explained.

import { call } from "./api.js";
import * as kept from "./kept.js";
import { $ } from "./dom.js";
import { quotas } from "./said.js";
import { number } from "./words.js";

const BUCKETS = ["available", "reserved", "used", "held", "refunded"];
const told = [];
let asked = 0;

// `tell(quota)` is called whenever the quota was read.
export const onQuota = (tell) => told.push(tell);

export async function refreshQuota() {
  if (!kept.get("token")) return;
  const mine = ++asked;
  const quota = await call("GET", "/v1/quota");
  if (mine !== asked) return; // a later question has the fresher answer
  for (const bucket of BUCKETS) {
    $(`quota-${bucket}`).textContent = number(quota[bucket]);
    $(`quota-${bucket}`).parentElement.hidden = bucket !== "available" && quota[bucket] === 0;
  }
  $("quota-note").textContent = ["reserved", "held"].filter((bucket) => quota[bucket] > 0).map((bucket) => quotas[bucket]).join(" ");
  $("quota").hidden = BUCKETS.every((bucket) => quota[bucket] === 0);
  for (const tell of told) tell(quota);
}
