// The account behind the page: opened without a word when the first document comes, kept in this browser. The one field, an
// e-mail, is asked for with the money.

import { call, Refused } from "./api.js";
import * as kept from "./kept.js";
import { fields, letters, connection } from "./said.js";
import { $, say, during } from "./dom.js";

let opening = null;

export const hasAccount = () => Boolean(kept.get("token"));

export async function ensureAccount() {
  if (hasAccount()) return;
  opening ??= open().finally(() => (opening = null));
  await opening;
}

async function open() {
  const { token } = await call("POST", "/v1/accounts", { body: {}, anonymous: true });
  kept.set("token", token);
}

// True once the account has an e-mail; false, with the field asked for, when it is missing or wrong.
export async function ensureEmail() {
  if (hasAccount() && kept.get("email")) return true;
  const field = $("email");
  const email = field.value.trim();
  if (!email || !field.checkValidity()) {
    say($("buy-says"), fields.email, "bad");
    field.setAttribute("aria-invalid", "true");
    field.focus();
    return false;
  }
  await ensureAccount();
  await call("POST", "/v1/accounts/me/email", { body: { email } });
  kept.set("email", email);
  showAccount();
  return true;
}

export function showAccount() {
  const known = Boolean(hasAccount() && kept.get("email"));
  $("email-part").hidden = known;
  $("email").disabled = known;
  $("account").hidden = !known;
  $("account-email").textContent = kept.get("email") ?? "";
}

// The token is not known any more: everything that leaned on it is put away, the field comes back.
export function forgetAccount() {
  kept.drop("token", "email", "invoice", "document", "stamping", "wish", "place", "intents", "names");
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
