// room.json: one static file for everybody who waits. Everything that they are shown comes from it.

import { persist } from "./api.js";

export async function readRoom(signal) {
  let room = null;
  await persist(async (limit) => {
    const found = await fetch("/room.json", { signal: limit, credentials: "omit" });
    room = found.ok ? await found.json().catch(() => null) : null;
    return room ? found : null;
  }, signal);
  return room;
}
