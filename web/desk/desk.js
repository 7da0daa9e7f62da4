// The way to the API with an officer's key, which lives in this tab alone and is no visitor's token.

import { call } from "../page/api.js";

const NAME = "meterai.desk.key";
let key = null;

try {
  key = sessionStorage.getItem(NAME);
} catch {
  // storage is refused here: the key lives as long as this page
}

export const hasKey = () => Boolean(key);

export function keepKey(text) {
  key = text;
  try {
    sessionStorage.setItem(NAME, text);
  } catch {
    // as above
  }
}

export function dropKey() {
  key = null;
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // nothing was kept
  }
}

export const ask = (method, path, options = {}) => call(method, path, { ...options, bearer: key });
