// The account behind the page: opened without a word from one e-mail field, kept in this browser.

import { call, Refused } from "./api.js";
import * as kept from "./kept.js";
import { fields, letters, connection } from "../sentences.id.js";
import { $, say, during } from "./dom.js";

let opening = null;
export const opened = new EventTarget(); // "account" once there is one

export const hasAccount = () => Boolean(kept.get("token"));

// True once there is an account; false, with the field asked for, when the e-mail is missing or wrong.
export async function ensureAccount() {
  if (hasAccount()) return true;
  const field = $("email");
  if (!field.value.trim() || !field.checkValidity()) {
    say($("buy-says"), fields.email, "bad");
    field.setAttribute("aria-invalid", "true");
    field.focus();
    return false;
  }
  opening ??= open(field.value.trim()).finally(() => (opening = null));
  await opening;
  return true;
}

async function open(email) {
  const { token } = await call("POST", "/v1/accounts", { body: { email }, anonymous: true });
  kept.set("token", token);
  kept.set("email", email);
  showAccount();
  opened.dispatchEvent(new Event("account"));
}

export function showAccount() {
  $("email-part").hidden = hasAccount();
  $("email").disabled = hasAccount();
  $("account").hidden = !hasAccount();
  $("account-email").textContent = kept.get("email") ?? "";
}

// The token is not known any more: everything that leaned on it is put away, the field comes back.
export function forgetAccount() {
  kept.drop("token", "email", "invoice", "document", "stamping", "intents");
  showAccount();
}

export function setUpAccount() {
  $("confirm-again").addEventListener("click", () => during($("confirm-again"), $("confirm-says"), confirmAgain));
}

async function confirmAgain() {
  const says = $("confirm-says");
  say(says, connection.sending, "wait");
  try {
    const { email_verified } = await call("POST", "/v1/accounts/me/confirmations", { insists: false });
    say(says, email_verified ? letters.again.verified : letters.again.sent, "good");
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "rate_limited") throw error;
    say(says, letters.again.soon, "warn");
  }
}
