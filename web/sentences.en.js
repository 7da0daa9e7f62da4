// Sentences for people, in English: what happened and what can be done next. sentences.id.js has the same names, and a test
// that says so; `page` has the words of the HTML, by their `data-say`.

export const problems = {
  "request_invalid": "Something in the form is not right yet. Correct it, then send again.",
  "idempotency_key_missing": "The request came without its mark against doing things twice, so nothing was done. Reload this page and repeat.",
  "idempotency_key_reused": "This request differs from an earlier one with the same mark, so nothing was done. Reload this page and repeat.",
  "request_too_large": "The file is too large to be sent directly. Choose it on this page, which sends large files another way.",
  "media_type_unsupported": "This kind of file is not taken. Choose a PDF.",
  "method_not_allowed": "This address does not take that. Go back to the main page and repeat from there.",
  "token_invalid": "The account in this browser is not known any more. Enter your e-mail to open a new one, or use the browser you bought with.",
  "scope_missing": "This account may not do that. Ask whoever manages the account.",
  "not_found": "What you look for is not there, or is not this account's. Check the address or the number.",
  "rate_limited": "Requests came too fast. Wait a little, this page tries again by itself.",
  "busy": "The service is busy. Nothing is lost, this page tries again by itself.",
  "quota_exhausted": "You have no pieces left. Buy one first, this document stays.",
  "invoice_not_paid": "This invoice was not paid, so there is nothing to return yet. Pay it, or let it expire.",
  "sold_out": "All pieces that could still be stamped before the deadline are sold. Try again shortly: what is not paid for opens again.",
  "invoice_not_open": "This invoice does not wait for a payment any more. Do not pay the old code, buy anew if need be.",
  "payment_mismatch": "The amount paid is not the invoice's. We recorded the money and return it, you need not pay again.",
  "notification_forged": "That notice of payment is not from the payment provider, so it is ignored. Your invoice did not change.",
  "payment_provider_unavailable": "The payment provider has trouble. Your invoice is safe, a code is asked for again shortly.",
  "document_not_ready": "The file has not arrived yet. Wait until it has, or choose it once more.",
  "document_in_use": "A stamp under way still needs this document. Wait until it is done, then delete.",
  "document_too_large": "The file is larger than 10 MB. Make it smaller, for instance by scanning at 150 dpi, then choose it again.",
  "document_too_complex": "The file is too complicated to be checked safely. Print it to PDF from its own application, then choose the result.",
  "document_encrypted": "The file is locked with a password. Save a copy without one, then choose the copy.",
  "document_certified": "Its signer closed this document to changes, so it cannot be stamped. Ask the signer for a copy that is not locked.",
  "document_signed": "This document is signed electronically, so we do not change its content. Ask the signer for a corrected copy.",
  "document_too_many_pages": "This document has more than 200 pages. Split it, then choose the part that needs the stamp.",
  "document_unreadable": "This file cannot be read as a PDF. Open it in its own application, save or print it to PDF, then choose the result.",
  "document_altered": "This document changed after it was stamped, so its stamp is not valid any more. Use the file you downloaded.",
  "placement_off_page": "Part of the stamp leaves the page. Move it inside, or use the suggested place.",
  "placement_too_small": "On a page this small the stamp could not be scanned. Choose a larger page.",
  "already_stamped": "This document has a stamp already. Check it first, and stamp again only if a second piece is really needed.",
  "stamp_in_progress": "A stamp is still under way. Your request is recorded and judged once that has ended.",
  "stamping_cancelled": "You cancelled this stamp. Its piece is back in your quota.",
  "serial_mistyped": "This serial number is mistyped. Check its 22 letters and digits, or scan the QR code again.",
  "timestamp_unavailable": "The time authority has trouble. Your document keeps its place and is finished by itself later.",
  "refund_window_closed": "The time to ask for this invoice's refund has passed. Pieces that are left can still be used and do not expire.",
  "refund_whole_invoice_only": "Only a whole invoice can be returned, not a part. Choose one whose pieces are all there.",
  "refund_quota_insufficient": "You have fewer pieces left than this invoice has, so it cannot be returned. Pieces that are left can still be used.",
  "refund_already_requested": "A refund of this invoice was asked for already. Follow it in the list of invoices.",
  "refund_not_cancellable": "The money is on its way, so this request cannot be taken back. Follow it to its end.",
  "refund_not_awaiting_decision": "This refund does not wait for a decision. Reload to see how it stands now.",
  "refund_not_awaiting_destination": "This refund does not wait for an account. Reload to see how it stands now.",
  "refund_not_awaiting_payout": "This refund does not wait for a payout. Reload to see how it stands now.",
  "same_officer": "You approved this payout, so another officer has to pay it.",
  "destination_checks_spent": "Too many accounts were tried for this refund. Try once more tomorrow, with name and number exactly as in the bank book.",
  "destination_mismatch": "The bank's name for that account is not the one you gave. Check the number, then give the name exactly as in the bank book.",
  "destination_unknown": "The bank does not know that account number. Check bank and number, then send again.",
  "contact_unverified": "Your e-mail address is not confirmed yet. Open our letter and tap its link, then repeat.",
  "link_invalid": "This link was used or is too old. Ask for a new one, the old one is not valid any more.",
};

export const unknownProblem = "This request was refused. Reload the page and try once more.";

export const fields = {
  email: "The e-mail address is not right yet, for instance name@example.id.",
  quantity: "The number of pieces is a whole number from 1 to 1,000.",
  filename: "The file's name is too long, shorten it first.",
  size: "The file is empty. Choose another.",
  reason: "Choose one reason.",
  bank: "Choose a bank from the list.",
  number: "An account number has 6 to 20 digits.",
  given: "Enter the name of the account's holder, at least 2 letters.",
  serial: "A serial number has 22 capital letters and digits.",
};

export const connection = {
  sending: "Sending …",
  asking: "Reading …",
  offline: "There is no internet connection.",
  network: "The connection broke.",
  busy: "The service is busy.",
  promise: "We keep trying with the same request. Nothing is lost and nothing is counted twice.",
};

export const device = {
  empty: "This file is empty. Choose another.",
  picture: "This is a picture, not a PDF. Save or print it as a PDF from the gallery, then choose the PDF.",
  office: "This is an office document, not a PDF. Open it in its application, choose Save as PDF, then choose the PDF.",
  notKept: "This browser keeps nothing (a private window, cookies off, or storage full). Do not close this page until the document is downloaded, or open it in an ordinary window.",
  fileGone: "The file cannot be read from this device. Copy it to the device's own storage, then choose it again.",
  uploadRefused: "Storage refused this upload. Choose the file once more.",
  simulationRefused: "The state of this payment does not allow that simulation.",
  simulationGone: "The payment simulator does not answer. Press again.",
};

export const findings = {
  already_stamped: "This document carries a stamp already.",
  signed: "This document is signed. Its signature stays whole when it is stamped.",
  upload_incomplete: "The file that arrived is not the one you chose. Choose it once more.",
  broken_structure: "The file's structure is untidy, but it can still be read.",
  page_letter: "Its paper is Letter, not A4.",
  page_f4: "Its paper is F4, not A4.",
  page_not_a4: "Its paper is not A4.",
  scripts: "This file carries a small program. Do not change it once it is stamped.",
  optional_content: "This file has layers that can be hidden. Check all of its content first.",
  hidden_layers: "This file has layers that are hidden now. Check all of its content first.",
  unreferenced_content: "This file has content that shows on no page. If it is not your own, ask where it is from.",
  duplicate_objects: "This file has two contents with one number. If it is not your own, ask where it is from.",
  covered_content: "Some text on a page is covered. Check all of its content first.",
};

export const repairs = {
  rewrite: { tap: "Repair this file", note: "Its structure is written anew, its content stays. The original is kept." },
  unlock: { tap: "Unlock this file", note: "This file is locked without a password. The lock is taken off, its content stays. The original is kept." },
};

export const documents = {
  reading: "Reading the file …",
  uploading: "Uploading …",
  examining: "Checking the file …",
  awaiting_upload: "The file has not arrived. Choose it once more.",
  ready: "The file can be stamped.",
  about: (name, pages, size) => `${name}, ${pages} ${pages === 1 ? "page" : "pages"}, ${size}.`,
  until: (day) => `This file is kept until ${day}; the stamped one is not deleted.`,
  repairing: "Repairing the file …",
  refused: "This file cannot be stamped.",
  deleted: "This file was deleted. Choose another.",
};

export const invoices = {
  awaiting_payment: "waiting for payment",
  paid: "paid",
  expired: "expired",
  refunding: "being refunded",
  refunded: "refunded",
};

export const payments = {
  open: "Scan this code with your bank's or wallet's app. This page turns by itself once the payment has come.",
  expired: "This code expired. Make a new one; a payment that came all the same is counted.",
  denied: "The provider refused the payment. Your money is untouched. Make a new code to try again.",
  settled: "The payment came.",
  overpaid: "This payment is one too many and goes back whole. See the list of invoices.",
};

export const stampings = {
  sending: "Sending the request …",
  uses: (count) => `You have ${count} ${count === 1 ? "piece" : "pieces"} from before, so there is nothing to pay.`,
  verified: "Checked: it is in the register of serial numbers, and the file's hash agrees.",
  queued: "In the queue. A piece is set aside for this document. You may close this page.",
  sealing: "Being stamped and sealed. You may close this page.",
  done: "Done. Your document is stamped.",
  released: "The stamp did not come about. Its piece is back in your quota.",
};

export const queue = {
  place: (number) => `About number ${number} in the queue.`,
  turn: (from, to) => (from === to ? `Your turn is about ${from} WIB.` : `Your turn is about between ${from} and ${to} WIB.`),
  unknown: "When your turn is cannot be said yet. Your place is not lost, and the order stays.",
  issuerDown: "The issuer has trouble. Whoever is in the queue waits, and is stamped from the longest waiting on.",
  age: (seconds) => `Updated ${seconds} seconds ago. This page may be closed.`,
  receipt: "Proof of your place, to show to the agency",
  beforePaying: (from, to) => `Paid now, the stamp is done about between ${from} and ${to} WIB.`,
  beforePayingUnknown: "When the stamp would be done cannot be said yet.",
};

export const receipts = {
  empty: "Paste a proof into the field above.",
  checking: "Checking …",
  genuine: "This proof is genuine.",
  forged: "This is no proof of this service, or it was changed.",
  another: "This proof is genuine, but of another account or stamp.",
  noKeys: "The keys to check it are not at hand. Try again shortly.",
  old: "This browser cannot check signatures yet. Update it, or open this page on another device.",
  paid: (pieces) => `${pieces} paid for`,
  lines: { paid: "people", bulk: "partners" },
  whose: (theirs) => (theirs === null ? "fill in the number to make sure" : theirs ? "the number you filled in" : "another number"),
};

export const verdicts = {
  authentic: { title: "Genuine", text: "This stamp is valid and the document has not changed since.", kind: "good" },
  review: { title: "To be looked at", text: "The stamp is whole, but something else is unknown to us. Ask whoever sent the document.", kind: "warn" },
  altered: { title: "Changed", text: "The document was changed after it was stamped. Ask its sender for the original file.", kind: "bad" },
  forged: { title: "Forged", text: "Somebody else than the issuer signed this stamp. Do not accept this document.", kind: "bad" },
  copied: { title: "A copy", text: "A stamp's picture or number was copied without its seal. Ask for the original file, not a print or scan.", kind: "bad" },
  void: { title: "Not valid", text: "The seal is right, but its serial number is not recorded for this document. Do not accept it until that is clear.", kind: "bad" },
  unstamped: { title: "Not stamped", text: "There is no electronic stamp of this service in this file.", kind: "plain" },
  unreadable: { title: "Not readable", text: "This file cannot be read as a PDF or a picture. Make sure it is the right one.", kind: "plain" },
};

export const reasons = {
  whole: "Sealed by the issuer, unchanged since, and in the register of serial numbers.",
  unreadable: "No PDF reader opens this file.",
  earlier_stamp_broken: "Another stamp that came earlier in this file is not whole.",
  signed_by_another_key: "Signed with a key that is not the issuer's.",
  no_valid_signature: "There are marks of a stamp, but no valid signature.",
  certificate_without_key: "The issuer's certificate is shown, but its key did not sign.",
  key_not_in_force: "The issuer's key was not in force when it signed.",
  certificate_revoked: "The issuer's certificate was revoked when it signed.",
  bytes_changed: "What was sealed is not what is there now.",
  partly_covered: "The seal does not cover the whole document.",
  certificate_path: "The chain of certificates does not reach a trusted root.",
  timestamp_invalid: "No trusted time authority confirms when it was sealed.",
  serial_missing: "The seal does not name one clear serial number.",
  serial_unknown: "Its serial number is not in the register.",
  serial_not_affixed: "Its serial number is not recorded as affixed.",
  other_bytes: "This serial number is recorded for another content.",
  changed_between_stamps: "The document was changed before it was stamped again.",
  changed_later: "The document was changed after it was stamped.",
  signed_later_by_known: "Somebody known to us signed the document after it was stamped. Its stamp stays valid.",
  timestamped_later: "A trusted time authority added a timestamp after it was stamped. Its stamp stays valid.",
  signed_later: "Somebody unknown to us signed the document after it was stamped.",
  validation_data_added: "Validation data was added after the last signature.",
  picture_of_a_stamp: "A picture carries no seal, so it proves nothing. Compare it with the record of its serial number.",
  no_code_in_picture: "No QR code of a stamp of this service was read in this picture.",
  marks_without_seal: "A stamp of this service shows, but its seal is not in this file.",
  earlier_version: "This is the version before it was stamped. A stamped one exists, ask its owner for it.",
  another_signature_broken: "Another signature in this file is not valid.",
};

export const unseen = (runs) =>
  runs
    ? `We did not read QR codes on pages ${runs.map(({ first, last }) => (first === last ? first : `${first}–${last}`)).join(", ")}. Look there yourself for pictures of other stamps.`
    : "Its pages cannot be drawn, so we did not read QR codes there.";

export const serials = {
  same: "This is the very file that was stamped: its hash agrees with the record above.",
  differs: "This is not the file that was stamped with this number, or it changed: its hash does not agree.",
  sealedHere: "The serial number above is in this file.",
  shownHere: "The serial number above shows in this file, but its seal is not there.",
  notHere: "The serial number above is not in this file.",
  compare: (serial, when, starts) => `Record of ${serial}: affixed ${when}, the original file's hash begins with ${starts}.`,
};

export const refunds = {
  unconfirmed: "Waiting for you to confirm by e-mail",
  pending: "Recorded, waiting for stamps under way",
  received: "Received, its pieces are held",
  awaiting_decision: "Waiting for an officer's decision",
  awaiting_destination: "Waiting for an account",
  approved: "Approved",
  paying: "The money is being sent",
  refunded: "The money was returned",
  rejected: "Rejected, its pieces are back in the quota",
  cancelled: "Cancelled, its pieces are back in the quota",
};

export const turns = {
  whose: {
    you: "It is your turn now.",
    officer: "It is our officers' turn now.",
    provider: "It is the payment provider's turn now.",
    us: "It is our turn now.",
  },
  ended: "It has ended.",
  day: (day, promised, ended) => {
    const which = day === 0 ? `the day of the request, of ${promised} days` : `day ${day} of ${promised}`;
    return ended ? `Done on ${which}.` : `This is ${which}.`;
  },
};

export const letters = {
  email: {
    title: "Confirm your e-mail address",
    ask: "Tap to say that this e-mail address is yours. News of your money goes there from then on.",
    tap: "Confirm this address",
    done: "Your e-mail address is confirmed. News of your money goes there.",
  },
  refund: {
    title: "Confirm that you ask for a refund",
    ask: "Tap to say that the mail that asks for it is yours. Without that, nothing changes.",
    tap: "Confirm this request",
    done: "Your request is confirmed. This is how it stands now.",
  },
  following: {
    title: "Your refund",
    note: "This page is only to be read, and turns by itself. Do not pass its link on.",
  },
  again: {
    sent: "The letter was sent again. An older link stays valid for a day after it was sent.",
    verified: "This e-mail address is confirmed already.",
    soon: "A letter was sent just now. Look into the spam folder too, and try again in a minute, at most ten times a day.",
  },
};

export const notes = {
  policy: "by the rules, without an officer",
  overpaid: "paid twice or too much, returned whole",
  payment_provider_refused: "the payment provider refused, an officer sees to it",
  owner: "as you asked",
  mail: "by e-mail",
  officer: "through an officer",
  lapsed: "not confirmed within 7 days",
  payout: "officers check the payout to your account",
  payout_bounced: "the bank sent the money back, an officer sees to it",
  payout_ordered: "a second officer ordered the payout",
  day_7: "day 7, not done yet",
  day_14: "day 14, not done yet",
  day_30: "day 30, not done yet",
  day_40: "day 40, not done yet",
  day_44: "day 44, not done yet",
  day_45: "day 45, we broke our promise and are sorry",
};

export const refundMethods = {
  provider: "back the way you paid, through the payment provider",
  payout: "to your bank account, which you are asked for once it is approved",
};

export const banking = {
  why: "The money cannot go back the way it came, so it is sent to your bank account.",
  bank: "Bank",
  choose: "Choose a bank",
  number: "Account number",
  given: "Name of the account's holder",
  check: "Give the name exactly as in the bank book. We ask the bank for it before money is sent; once it agrees, the account cannot be changed.",
  send: "Use this account",
  asking: "Asking the bank for the name …",
  empty: "Fill in bank, account number and the holder's name.",
  shown: (bank, number) => `Account: ${bank} ${number}.`,
};

export const refundReasons = [
  "Not needed after all",
  "Bought the wrong number",
  "The stamp failed or came late",
  "Another reason",
];

export const counts = {
  pieces: (count, written) => `${written} ${count === 1 ? "piece" : "pieces"}`,
  days: (count) => `${count} days`,
  hours: (count) => `${count} hours`,
  policy: (id, window, percent, days) =>
    `Rule ${id}: ask within ${window} of paying, for one whole invoice, while enough pieces are left. ` +
    `${percent} % of its total comes back, within ${days} calendar days at most.`,
};

export const buying = {
  lines: (pieces, duty, service) => `${pieces}, each ${duty} duty and ${service} service.`,
  total: (pieces, unit, fee) => `${pieces} × ${unit} duty + ${fee} service`,
  making: "Making a code …",
  paid: (pieces) => `The payment came: ${pieces} went into your quota.`,
  now: (state) => `This invoice is ${state}.`,
  over: "over",
  notNeeded: (count) => `You still have ${count} left. Use them first: choose a document in step 1, without paying again.`,
  copy: "Copy the code",
  copied: "Copied",
};

export const placing = {
  page: (number) => `Page ${number}`,
  of: (number, all) => `${number} of ${all}`,
  where: (page, left, top) => `Page ${page}: ${left} mm from the left, ${top} mm from the top.`,
  safe: "Safe",
  covers: "Covers text",
  safeNote: "This place is empty.",
  coversNote: "The stamp covers text, move it to an empty place.",
};

export const sizes = {
  most: (size) => `Stamped, it will be ${size} at most.`,
  over: (size, limit) => `Stamped, it will be up to ${size}, more than ${limit}. Make it smaller now: a stamped file must not be changed.`,
  cannot: "The pictures in this file cannot be made that small. Scan it again at 150 dpi, then choose the result.",
};

export const judging = {
  stamp: (number, verdict) => `Stamp ${number}: ${verdict}`,
  sealed: (when) => `Sealed: ${when}`,
  aim: "Point the camera at the QR code of the stamp.",
  noCamera: "The camera cannot be used. Allow it in the browser, or choose a photo of the page.",
  strangeCode: "This QR code is none of a stamp of this service.",
};

export const refunding = {
  invoice: "Invoice",
  none: "No invoices yet.",
  paid: (when) => `Paid ${when}`,
  made: (when) => `Made ${when}`,
  number: "Number",
  quote: "Work out a refund",
  quoting: "Working it out …",
  code: "Show the code",
  receipt: "Receipt (PDF)",
  ask: (amount) => `Ask for ${amount} back`,
  share: (percent, total) => `${percent} % of ${total}`,
  counted: (pieces) => `This is only a sum, nothing was asked for yet. Once you ask, ${pieces} are set aside until the money is back. As long as no money was sent, you can take the request back.`,
  latest: (day) => `${day} (WIB) at the latest.`,
  promised: (day) => `Promised by ${day} (WIB).`,
  reason: "Reason",
  not: "Not now",
  asking: "Sending the request …",
  ofPayment: "A payment that bought nothing",
  ofInvoice: "Refund",
  cancel: "Take the request back",
  remind: "Remind me in my calendar",
  remindTitle: (amount) => `Refund of ${amount}: the last day promised`,
  remindAbout: (invoice, page) => `Invoice ${invoice}. See how it stands at ${page}`,
};

export const upcoming = {
  next: (what) => `Next: ${what}.`,
  by: "The money is back at the latest",
  steps: {
    unconfirmed: "open our letter and tap its link; without that the request lapses after 7 days",
    pending: "the request is looked at by itself once the stamps under way are done",
    received: "the request is checked by the rules, you need not do anything",
    awaiting_decision: "an officer decides, you need not do anything",
    awaiting_destination: "say where the money goes, in the browser that you bought with",
    approved: "the money is sent",
    paying: "the money arrives, and that is written here",
  },
};

export const quotas = {
  reserved: "Set aside: for documents that are being stamped.",
  held: "Held: put aside for a refund.",
};

export const past = {
  unnamed: "Document",
  states: { queued: "in the queue", sealing: "being stamped", done: "stamped", released: "not stamped" },
  joined: (when) => `In the queue since ${when}.`,
  ended: { done: (when) => `Stamped ${when}.`, released: (when) => `Ended ${when}.` },
  source: (day) => `The file it was made of is kept until ${day}.`,
  gone: "The file it was made of was deleted.",
  download: "Download again",
  follow: "See its turn",
};

export const small = { why: "Explanation", choose: "Tap to choose a file" };

export const page = {
  "account": "Account in this browser:",
  "account-note": "Tap the link in our letter, so that news of your money reaches you there.",
  "affix": "Stamp it",
  "after": "The first page after the repair",
  "after-size": "After:",
  "another": "Stamp it again all the same, with one more piece",
  "as-text": "The code as text",
  "before": "The first page before the repair",
  "before-kept": "Before, kept:",
  "bring-file": "The PDF to be stamped",
  "bring-note": "10 MB at most. Sign first, then stamp. It is checked before you pay.",
  "bring-title": "Choose a document",
  "buy-go": "Pay with QRIS",
  "buy-more": "Buy more",
  "buy-title": "Pay",
  "choose": "Tap to choose a file",
  "confirm-again": "Send the letter again",
  "copy": "Copy the code",
  "deny": "Refuse",
  "download": "Download the stamped document",
  "email": "E-mail",
  "email-note": "An account opens by itself and is kept in this browser. No password, no identity number.",
  "ended": "Done",
  "expire": "Expire",
  "fewer": "One piece fewer",
  "invoices-again": "Refresh the list",
  "invoices-more": "Show more",
  "invoices-none": "No invoices yet.",
  "keys": "By keyboard: arrow keys move 1 mm, with Shift 10 mm. The dashed line is the suggested place.",
  "languages": "Language",
  "lead": "A piece that was paid for is never lost, and you always know where you stand.",
  "limit": "Size limit of whoever receives it",
  "limit-none": "none",
  "lite": "A light page for slow networks (in Indonesian)",
  "meanings": "What each message means",
  "board": "Channel board",
  "more": "One piece more",
  "nav": "Parts of this page",
  "nav-past": "History",
  "nav-invoices": "Invoices",
  "nav-verify": "Check",
  "new-code": "Make a new code",
  "page": "Page",
  "past-more": "Show older ones",
  "past-note": "Stamped documents are not deleted: download them from this browser whenever you like.",
  "past-title": "History",
  "pay-check": "Your document cannot be stamped yet: see step 1 first. Pieces bought now are kept.",
  "place-how": "The stamp is at the suggested place. Tap the page or drag the square to move it.",
  "place-title": "Choose the place",
  "qr": "QRIS code to be scanned",
  "quantity": "Number of pieces",
  "quota": "Pieces",
  "quota-available": "available",
  "quota-held": "held",
  "quota-refunded": "refunded",
  "quota-reserved": "set aside",
  "quota-used": "used",
  "r-check": "Check",
  "r-code": "The proof's address, to be scanned",
  "r-code-note": "Whoever scans this code checks this proof.",
  "r-id": "Number of the account or stamp, if you have it",
  "r-lead": "Since when somebody waits, and how many pieces are paid for. For agencies, applicants, anybody.",
  "r-line": "Queue",
  "r-note": "Checked in this browser with our public key; it is sent nowhere. A proof has no name in it. With the number, it also shows whose it is.",
  "r-paid": "Paid for",
  "r-receipt": "Proof",
  "r-since": "In the queue since",
  "r-title": "Check a proof of a place in the queue",
  "r-token": "Proof (begins with v1.)",
  "r-whose": "Whose",
  "refund-note": "See first how much comes back and when, then decide.",
  "refund-title": "Invoices and refunds",
  "same-phone": "Paying from this phone too? Save the picture, then open it from the QRIS scanner in your bank's app.",
  "save-code": "Save the code's picture",
  "scan": "Scan a QR code with the camera",
  "serial": "Serial number",
  "settle": "Pay",
  "settle-late": "Pay late",
  "settle-twice": "Pay twice",
  "shrink": "Make its pictures smaller",
  "simulation": "Simulation (for tests, no money)",
  "size": "Size",
  "skip": "Skip to the content",
  "square": "Stamp",
  "step-bring": "Document",
  "step-download": "Download",
  "step-pay": "Pay",
  "step-place": "Place",
  "steps": "Steps",
  "stamp-again": "Stamp another document",
  "stamp-cancel": "Cancel the stamp",
  "stamp-title": "Download",
  "suggest": "Suggested place",
  "title": "Electronic stamp duty, from start to end on one page",
  "try-now": "Try now",
  "valid": "Valid for",
  "verify-file": "A PDF, photo or scan",
  "verify-note": "Anybody may check, without an account. Only an original PDF can be shown to be genuine. Large files are kept for an hour at most.",
  "verify-title": "Is it genuine?",
  "wallet": "Open the wallet",
  "wib": "Times are in WIB (UTC+7).",
  "zoom-in": "Bring the page nearer",
  "zoom-out": "Take the page further away",
};
