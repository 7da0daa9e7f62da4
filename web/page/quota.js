// Kuota: always in sight, by where the pieces are.

import { call } from "./api.js";
import * as kept from "./kept.js";
import { $ } from "./dom.js";

const BUCKETS = ["available", "reserved", "used", "held", "refunded"];
let asked = 0;

export async function refreshQuota() {
  if (!kept.get("token")) return;
  const mine = ++asked;
  const quota = await call("GET", "/v1/quota");
  if (mine !== asked) return; // a later question has the fresher answer
  for (const bucket of BUCKETS) $(`quota-${bucket}`).textContent = quota[bucket].toLocaleString("id-ID");
}
