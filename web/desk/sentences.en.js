// Sentences for officers in English: states, turns, acts and doors of a refund.

export const statuses = {
  unconfirmed: "Not confirmed by its owner yet",
  pending: "Recorded, waiting for stamps under way",
  received: "Received, its pieces are held",
  awaiting_decision: "Waiting for an officer's decision",
  awaiting_destination: "Waiting for an account",
  approved: "Approved",
  paying: "The money is being sent",
  refunded: "The money was returned",
  rejected: "Rejected",
  cancelled: "Cancelled by its owner",
};

export const turns = {
  confirmation: "its owner confirms by e-mail",
  destination: "its owner names an account",
  decision: "an officer decides",
  payout: "a second officer pays out",
  machine: "the system, without an officer",
  nobody: "nobody's, it has ended",
};

export const ways = {
  provider: "through the provider",
  payout: "as a payout to an account",
};

export const doors = {
  api: "page or API",
  mail: "mail",
  officer: "written down by an officer",
};

export const channels = {
  whatsapp: "WhatsApp message",
  post_office: "post office",
  phone: "telephone",
  letter: "letter",
};

export const acts = {
  note: "wrote the request down",
  approve: "approved",
  reject: "rejected",
  payout: "ordered the payout",
};

export const notes = {
  policy: "by the rules, without an officer",
  overpaid: "a payment that bought nothing",
  payment_provider_refused: "the payment provider refused",
  owner: "as its owner asked",
  payout_ordered: "the payout was ordered",
  payout: "the account is told, the payout waits for a decision",
  payout_bounced: "what was sent to the account was refused or came back",
  mail: "by e-mail",
  officer: "through an officer",
  lapsed: "not confirmed within 7 days",
  day_7: "day 7",
  day_14: "day 14",
  day_30: "day 30",
  day_40: "day 40",
  day_44: "day 44",
  day_45: "day 45, the promise is broken",
};

export const kinds = {
  quota: "the pieces of one invoice",
  payment: "a payment that bought nothing",
};

export const invoices = {
  awaiting_payment: "waiting for payment",
  paid: "paid",
  expired: "expired",
  refunding: "being refunded",
  refunded: "refunded",
};

export const attempts = {
  open: "open",
  expired: "expired",
  denied: "denied by the provider",
  settled: "bought the pieces",
  overpaid: "overpaid",
};

export const stampings = {
  queued: "in line",
  sealing: "being sealed",
  done: "done",
  released: "released",
};

export const keptAs = {
  pay: "bought the pieces",
  overpay: "bought nothing, returned",
};

export const buckets = {
  available: "available",
  reserved: "reserved",
  used: "used",
  held: "held",
  refunded: "refunded",
};

export const desk = {
  keyMissing: "Paste your officer's key first.",
  keyUnknown: "This key is not known or was withdrawn. Ask an administrator for a new one.",
  keyOfNoOfficer: "This is no officer's key, so that this desk does not open for it.",
  empty: "No refund is waiting.",
  emptyHere: "None is here now.",
  missing: "There is no such case. Check its number.",
  decided: "Your decision is recorded.",
  ordered: "The payout is ordered. The system sends the money.",
  invoiceMissing: "Fill in the invoice number, such as inv_0123…",
  arrivedMissing: "Fill in when the request arrived.",
  arrivedWrong: "A request cannot arrive in the future, or before its invoice was paid.",
  invoiceUnknown: "There is no invoice with this number.",
  unverified: "The owner of this invoice has not confirmed their e-mail, so that nobody can be asked.",
  written: "Written down. Its owner gets a letter to confirm it.",
  reasonMissing: "Write the reason first: the owner and auditors will read it.",
  maskedNote: "Only the officer who pays out sees the whole number.",
  cannotDecide: "This key has no right to decide.",
  cannotPay: "This key has no right to pay out. Another officer does.",
  sameOfficer: "You approved this payout, so that another officer has to order it.",
  noDestination: "There is no account yet, so that nothing can be paid out.",
};

export const marks = {
  alarm: "past day 30",
  officer: "needs an officer",
};

export const parts = {
  owner: "Owner",
  destination: "Account of the payout",
  bought: "Invoice and payments",
  attempts: "Attempts to pay",
  payments: "Payments",
  others: "Other refunds of this invoice",
  waits: "Stampings that are waited for",
  timeline: "What happened",
  acts: "Officers' acts",
  decide: "Decide",
  pay: "Pay out",
};

export const facts = {
  id: "Number",
  turn: "Whose turn",
  day: "Day",
  promised: "Promised",
  received: "Received",
  of: "For",
  back: "Goes back",
  reason: "Owner's reason",
  channel: "Came by",
  saidName: "Name that was said",
  saidPhone: "Telephone that was said",
  saidQuota: "Quota that was said",
  proofs: "Attachments",
  settled: "Settled",
  reference: "Provider's number",
  account: "Account",
  email: "E-mail address",
  phone: "Telephone",
  since: "Since",
  quota: "Quota",
  bank: "Its bank",
  number: "Number",
  given: "As its owner says",
  holder: "As the bank says",
  checked: "Checked",
  invoice: "Invoice",
  content: "Content",
  paid: "Paid",
  offered: "Offered back",
};

export const told = {
  case: "Case",
  opening: "Opening the case …",
  promise: (day, at) => `Day ${day}, promised by ${at} at the latest`,
  turn: (whose) => `Turn: ${whose}`,
  dayOf: (day, days) => `${day} of ${days}`,
  atTheLatest: (at) => `by ${at} at the latest`,
  by: (what, way) => `${what}, by ${way}`,
  outOf: (amount, total) => `${amount} of ${total}`,
  proofs: (count) => `${count} ${count === 1 ? "file" : "files"}, not opened here`,
  since: (what, at) => `${what}, since ${at}`,
  reject: "Reject",
  approve: "Approve",
  reason: "Reason",
  reasonNote: "The owner reads this reason in their timeline. Write no personal data.",
  way: "If approved, paid",
  pay: (amount) => `Pay out ${amount}`,
  to: (amount, bank) => `${amount} to ${bank}`,
  inTheName: (holder) => `, in the name of ${holder}.`,
  approvedBy: "Approved by officer",
  compare: ". Compare name, bank and amount first.",
  note: "Note (may be empty)",
  verified: (at) => `confirmed ${at}`,
  unverified: "not confirmed",
  notNeeded: "None is needed.",
  none: "None yet.",
};

export const page = {
  "again": "Refresh the queue",
  "arrived": "Arrived here (WIB)",
  "arrived-note": "The request is judged as of this instant: not before the invoice was paid, not in the future. What you write is recorded with your name.",
  "brand": "Officers' desk",
  "case": "Case",
  "channel": "Came by",
  "document-title": "Officers' desk · Meterai",
  "enter": "Enter",
  "foot": "Times are in WIB. Each officer's act is recorded with their name.",
  "invoice": "Invoice number",
  "key": "Officer's key",
  "key-note": "Kept in this tab alone, and gone when it is closed. Do not enter with anybody else's key.",
  "languages": "Language",
  "leave": "Leave",
  "meanings": "What each message means",
  "more": "Show more",
  "queue": "Queue, nearest promise first",
  "skip": "Skip to the case",
  "status": "Show",
  "status-all": "All that have not ended",
  "title": "Refunds",
  "try-now": "Try now",
  "why": "Reason, as its owner says",
  "write": "Write a request down",
  "write-from": "From WhatsApp, post office, telephone or letter",
  "write-go": "Write down",
};
