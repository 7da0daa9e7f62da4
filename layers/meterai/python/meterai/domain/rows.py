"""Nouns as the table keeps them. Loading a row never re-judges it: what is stored was judged when it was written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal, Self, get_args, get_type_hints

from meterai.domain import instants
from meterai.domain.ledger import Key, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A thing with its own row: the id is the partition key, the noun's name the sort key."""

    name: ClassVar[str]
    id: str

    @property
    def key(self) -> Key:
        return self.key_of(self.id)

    @classmethod
    def key_of(cls, id: str) -> Key:
        """Where the noun with this id is kept."""
        return (id, cls.name)

    def row(self) -> Row:
        """The row to store: instants spelled, absent attributes left out."""
        pairs = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
        return {name: _stored(value) for name, value in pairs if value is not None and value != frozenset()}

    @classmethod
    def of(cls, row: Row) -> Self:
        """The noun that a stored row holds; attributes that this version does not know are passed over."""
        known, instants_of = _attributes(cls)  # type: ignore[arg-type]  # mypy doubts that a class is hashable
        values: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        for name in instants_of:
            if name in values:
                values[name] = instants.read(values[name])
        return cls(**values)


@cache
def _attributes(kind: type[Noun]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of a noun's attributes, and of those that are instants."""
    hints = get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    timed = (n for n in names if hints[n] is datetime or datetime in getattr(hints[n], "__args__", ()))
    return frozenset(names), tuple(timed)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return instants.spell(value)
    return value


# Who -----------------------------------------------------------------------------------------------------------------------

PrincipalKind = Literal["account", "partner", "officer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Noun):
    """Who owns quota. The e-mail is a contact, never proof of anything until its link was followed (`email_verified_at`).
    `confirmations` are the newest instants at which its owner asked for the letter with that link again, oldest first;
    `letters` counts them."""

    name = "account"
    created_at: datetime
    kind: PrincipalKind = "account"
    email: str | None = None
    phone: str | None = None
    email_verified_at: datetime | None = None
    confirmations: list[str] = dataclasses.field(default_factory=list)
    letters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Noun):
    """A bearer token, known by the SHA-256 of its text alone (`id` = "tok_" + hex)."""

    name = "token"
    account: str
    kind: PrincipalKind
    created_at: datetime
    scopes: frozenset[str] = frozenset()
    revoked_at: datetime | None = None


LinkPurpose = Literal["confirm_email", "confirm_refund", "follow_refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Noun):
    """Tautan: what a link in a letter allows, known by the SHA-256 of its secret alone (`id` = "lnk_" + hex). `object` is the
    account or refund that it is about; `address` the e-mail address that the letter went to. One use, but for reading. Its sort
    key is not its noun, which is taken: a chain's marker is called that (domain/chains.py)."""

    name = "letter_link"
    purpose: LinkPurpose
    object: str
    account: str
    address: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Noun):
    """Kuota: the account's pieces by where they are. Conservation, always: paid_in + redeemed_in = the sum of the buckets.

    A busy account has `shards` more rows (QuotaShard), and this one is its pool: `shared` counts the pieces out on them,
    `transfers` how often some went there or back. Until `draining_until` none goes out, because a refund gathers them."""

    name = "quota"
    available: int = 0
    reserved: int = 0
    used: int = 0
    held: int = 0
    refunded: int = 0
    in_vouchers: int = 0
    given: int = 0
    paid_in: int = 0
    redeemed_in: int = 0
    shards: int = 0
    shared: int = 0
    transfers: int = 0
    draining_until: datetime | None = None

    def balanced(self) -> bool:
        """Whether conservation holds and no bucket is negative."""
        buckets = (
            self.available,
            self.reserved,
            self.used,
            self.held,
            self.refunded,
            self.in_vouchers,
            self.given,
            self.shared,
        )
        return min(buckets) >= 0 and sum(buckets) == self.paid_in + self.redeemed_in

    def draining(self, now: datetime) -> bool:
        """Whether a refund is gathering pieces, so that none goes out to a shard."""
        return self.draining_until is not None and self.draining_until >= now

    def whole(self, shards: Iterable[QuotaShard]) -> Quota:
        """The account's whole quota, of this pool and its shards: nothing in it is `shared` any more, or pieces were lost."""
        on = list(shards)
        return dataclasses.replace(
            self,
            available=self.available + sum(shard.available for shard in on),
            reserved=self.reserved + sum(shard.reserved for shard in on),
            used=self.used + sum(shard.used for shard in on),
            shared=self.shared - sum(shard.shared_in for shard in on),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaShard(Noun):
    """Pecahan kuota: pieces of a busy account in a partition of their own, so that its stampings do not queue up at one row.
    Conservation: shared_in = available + reserved + used. `returned` counts the releases, so that who finds a shard empty twice
    knows whether it was empty in between."""

    name = "quota_shard"
    available: int = 0
    reserved: int = 0
    used: int = 0
    shared_in: int = 0
    returned: int = 0

    @staticmethod
    def id_of(account: str, number: int) -> str:
        """The id of an account's shard; its shards are numbered from 0."""
        return f"{account}#{number}"

    def balanced(self) -> bool:
        """Whether the shard's conservation holds and no bucket is negative."""
        buckets = (self.available, self.reserved, self.used)
        return min(buckets) >= 0 and sum(buckets) == self.shared_in


# Purchase ------------------------------------------------------------------------------------------------------------------

InvoiceStatus = Literal["awaiting_payment", "paid", "expired", "refunding", "refunded"]
AttemptStatus = Literal["open", "expired", "denied", "settled", "overpaid"]
PaymentMethod = Literal["qris", "gopay", "va"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Noun):
    """Tagihan: an offer of `quantity` pieces at a price, under the refund policy that was shown with it. `returning` is how
    many of them its refund gives back, where that is not all. `line` is the one that its pieces will wait in: a partner's are
    `bulk`, and no promise to anybody before they are queued."""

    name = "invoice"
    account: str
    fingerprint: str
    status: InvoiceStatus
    quantity: int
    unit_price_idr: int
    fee_idr: int
    total_idr: int
    method: PaymentMethod
    policy: str
    attempt: str
    attempts: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    paid_by: str | None = None
    offered_at: datetime | None = None
    open_refund: str | None = None
    returning: int | None = None
    checkout: str | None = None
    reference: str | None = None
    metadata: dict[str, str] | None = None
    line: Line = "paid"

    @property
    def given_back(self) -> int:
        """How many of its pieces its refund gives or gave back."""
        return self.quantity if self.returning is None else self.returning


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations(Noun):
    """Which refund policy is in force from when ({"policy", "from", "by", "at"}), oldest first; there is one such row."""

    name = "activations"
    ID: ClassVar[str] = "refund_policy"
    made: list[dict[str, Any]] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Noun):
    """A payment attempt: one QR with its own provider order id (= `id`), written before the provider is asked."""

    name = "attempt"
    account: str
    invoice: str
    status: AttemptStatus
    provider: str
    amount_idr: int
    method: PaymentMethod
    created_at: datetime
    expires_at: datetime
    ask_at: datetime | None = None
    asked: int = 0
    settled_at: datetime | None = None
    qr_string: str | None = None
    qr_image_url: str | None = None
    deeplink_url: str | None = None
    va_number: str | None = None
    simulator_url: str | None = None

    @property
    def charged(self) -> bool:
        """Whether the provider's code has been kept."""
        return bool(self.qr_string or self.deeplink_url or self.va_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Noun):
    """A provider's payment (`id` = "txn_" + provider + "_" + its transaction id). None is ever ignored."""

    name = "payment"
    attempt: str
    invoice: str
    account: str
    amount_idr: int
    paid_at: datetime
    kept_as: Literal["pay", "overpay"]


# Documents and stampings ---------------------------------------------------------------------------------------------------

DocumentStatus = Literal["awaiting_upload", "ready", "refused", "deleted"]
StampingStatus = Literal["queued", "sealing", "done", "released"]
Line = Literal["paid", "bulk"]
LINES: tuple[Line, ...] = get_args(Line)


def line_of(kind: str) -> Line:
    """Antrean: the line in which a caller of this kind (PrincipalKind) waits for the seal. Partners' batches have one of their
    own, so that no batch stands before a person."""
    return "bulk" if kind == "partner" else "paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Noun):
    """A PDF somebody brought. `claim` holds the stampings that want or have this document; `version` and `sha256` pin the
    bytes that were examined, so that these are the bytes sealed. `stamped`: a field is named as our stamps are; `signed`:
    there is any signature."""

    name = "document"
    account: str
    purpose: Literal["stamp", "verify"]
    filename: str
    size: int
    status: DocumentStatus
    created_at: datetime
    kept_until: datetime
    announced_sha256: str | None = None
    version: str | None = None
    sha256: str | None = None
    refusal: str | None = None
    stamped: bool | None = None
    signed: bool | None = None
    claim: frozenset[str] = frozenset()
    reference: str | None = None
    metadata: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Noun):
    """What preflight saw in a document, kept beside it so that the document's own row stays small. `previews` are the pages
    that pictures were made of, absent until that was tried; `repairs` what its owner had done to it, oldest first."""

    name = "report"
    pages: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    suggested_placement: dict[str, Any] | None = None
    previews: list[int] | None = None
    repairs: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping(Noun):
    """Pembubuhan: one piece on its way onto one document. `x`, `y`, `width` are millionths of the displayed page;
    `version`, `sha256` and `size` (bytes) are those of the document that was examined. `shard` is the number of the quota shard
    that its piece is in; None is the pool. It waits for a worker in its `line`, for as long as it lives. Since `offered_at` it
    is later than its promise, and its money is offered back."""

    name = "stamping"
    account: str
    document: str
    fingerprint: str
    status: StampingStatus
    version: str
    sha256: str
    size: int
    page: int
    x: int
    y: int
    width: int
    joined_at: datetime
    sent_at: datetime
    attempt: int = 0
    lease_until: datetime | None = None
    serial: str | None = None
    document_type: str | None = None
    reason: str | None = None
    sealed_sha256: str | None = None
    sealed_size: int | None = None
    ended_at: datetime | None = None
    reference: str | None = None
    metadata: dict[str, str] | None = None
    shard: int | None = None
    offered_at: datetime | None = None
    line: Line = "paid"

    @property
    def ended(self) -> bool:
        return self.status in ("done", "released")

    @property
    def purse(self) -> Key:
        """The row whose buckets its piece is in, from reserve to its end."""
        if self.shard is None:
            return Quota.key_of(self.account)
        return QuotaShard.key_of(QuotaShard.id_of(self.account, self.shard))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Noun):
    """Kursi: a place for a request that stays until its stamp is there (`Prefer: wait`); there are so many, numbered from 0.
    `stamping` is whose request sat there last; nobody else sits there before `until`."""

    name = "seat"
    stamping: str
    until: datetime

    @staticmethod
    def id_of(number: int) -> str:
        """The id of the seat with this number."""
        return f"seat#{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Noun):
    """A request for a stamp that was answered with the stamping its document had already (`id` is what that request would have
    made): the same key gets the same answer, also after that stamping was released."""

    name = "joined"
    stamping: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial(Noun):
    """Nomor seri: the register's row of one stamp. `void` is for ever."""

    name = "serial"
    state: Literal["issued", "affixed", "void"]
    stamping: str
    issuer: str
    issued_at: datetime
    input_sha256: str | None = None
    input_length: int | None = None
    sealed_sha256: str | None = None
    affixed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierVersion(Noun):
    """What the last stamp on exactly these bytes was, whose SHA-256 is in the `id`: told of them when they come without it.
    Derived from the stream, as lists are."""

    name = "earlier"
    serial: str

    @staticmethod
    def id_of(sha256: str) -> str:
        """The id for the bytes with this hash, in hex."""
        return f"bytes_{sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Noun):
    """Something the road leans on (`id` = "channel_" + its name), as it was last probed."""

    name = "channel"
    state: Literal["up", "down"]
    checked_at: datetime


# The waiting room ----------------------------------------------------------------------------------------------------------

RatesFrom = Literal["measured", "stated", "seen", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Noun):
    """Hitungan: everything counted so far (`totals`, domain/tally.py); there is one such row, and only its keeper writes it.
    `folded` names the rows of sums ([partition, sort key]) that went in last, and are dropped before others are looked at;
    `folds` counts how often some did. `watched` is how each minute of the last hour was, by the minute (domain/pace.py)."""

    name = "tally"
    ID: ClassVar[str] = "room"
    folds: int = 0
    totals: dict[str, int] = dataclasses.field(default_factory=dict)
    folded: list[list[str]] = dataclasses.field(default_factory=list)
    watched: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Noun):
    """Keadaan: how the lines stood at `kept_at`, worked out from the tally some times a minute; there is one such row.

    `paid_waiting` and `bulk_waiting` are stampings queued or sealing; `rate_...` stampings an hour over both lines, and
    `rates_are` where they come from (`seen`: as many as came, which is no measure of how many can be done); `paid_rates` and
    `bulk_rates` are the same for one line ([p10, p50, p90]), where it was measured. `open_invoice_pieces` are pieces of unpaid
    invoices inside their time, `available_pieces` those that applicants have bought and not used, of which `likely_permille`
    thousandths get used. `back_at` is when the line moves again, where the issuer is down and an operator said."""

    name = "standing"
    ID: ClassVar[str] = "room"
    kept_at: datetime
    paid_waiting: int = 0
    bulk_waiting: int = 0
    oldest_paid_at: datetime | None = None
    oldest_bulk_at: datetime | None = None
    rate_p10: int | None = None
    rate_p50: int | None = None
    rate_p90: int | None = None
    rates_are: RatesFrom = "unknown"
    paid_rates: list[int] | None = None
    bulk_rates: list[int] | None = None
    open_invoice_pieces: int = 0
    available_pieces: int = 0
    likely_permille: int = 1000
    issuer_up: bool = True
    deadline_at: datetime | None = None
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Noun):
    """Pengumuman: what an operator says of the day; there is one such row. `deadline_at` is until when people must have their
    stamps, `stated_rate` how many an hour the house does where nothing is measured, `back_at` when the issuer is expected back,
    `incident` what is told about it ({"id", "en"})."""

    name = "announcement"
    ID: ClassVar[str] = "announcement"
    made_at: datetime
    by: str
    deadline_at: datetime | None = None
    stated_rate: int | None = None
    back_at: datetime | None = None
    incident: dict[str, str] | None = None


# Refunds -------------------------------------------------------------------------------------------------------------------

RefundStatus = Literal[
    "unconfirmed",
    "pending",
    "received",
    "awaiting_decision",
    "awaiting_destination",
    "approved",
    "paying",
    "refunded",
    "rejected",
    "cancelled",
]
REFUND_ENDED: tuple[RefundStatus, ...] = ("refunded", "rejected", "cancelled")
RefundWay = Literal["provider", "payout"]
RefundDoor = Literal["api", "mail", "officer"]
RefundChannel = Literal["whatsapp", "post_office", "phone", "letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Noun):
    """Pengembalian dana. Kind `quota` gives up an invoice's pieces for money; kind `payment` returns a payment that bought
    nothing. `order` (and, for a payment alone, `transaction`) names what `provider` pays back. The row is the truth and its
    execution (`{id}-{execution}`) only a clock.

    `way`: the provider's own refund, or a payout to the person's account (`Destination`). `door` is how the request came in.
    `milestones` are the reminders' absolute instants, computed once ({"day", "at"}), `milestone` how many of them have passed.
    `token` wakes the execution that waits for a person. `destination` is what is shown of the account that a payout goes to;
    `checks` is how many names were asked for, and from `check_after` on another may be.
    `decided_by` and `paid_by` are the officers who approved and ordered the payout, never the same one. `acts` counts what
    officers did about it, each of which has a line of the timeline and an entry."""

    name = "refund"
    kind: Literal["quota", "payment"]
    account: str
    invoice: str
    provider: str
    order: str
    status: RefundStatus
    fingerprint: str
    quantity: int
    amount_idr: int
    total_idr: int
    policy: str
    reason: str
    received_at: datetime
    promise_at: datetime
    pay_at: datetime
    updated_at: datetime
    timeline: list[dict[str, Any]]
    execution: int = 1
    waits_for: frozenset[str] = frozenset()
    transaction: str | None = None
    tries: int = 0
    provider_key: str | None = None
    call_until: datetime | None = None
    provider_reference: str | None = None
    settled_at: datetime | None = None
    way: RefundWay = "provider"
    door: RefundDoor = "api"
    milestones: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    milestone: int = 0
    token: str | None = None
    decided_by: str | None = None
    paid_by: str | None = None
    destination: dict[str, Any] | None = None
    checks: int = 0
    check_after: datetime | None = None
    acts: int = 0
    reference: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def ended(self) -> bool:
        return self.status in REFUND_ENDED

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing goes on until somebody acts: the owner, or an officer."""
        return waits_for_person(self.row())


def waits_for_person(row: Row) -> bool:
    """Whether a refund's stored row says that nothing goes on until its owner or an officer acts."""
    if row["status"] == "approved":
        return row.get("way") == "payout" and "decided_by" in row and "destination" in row and "paid_by" not in row
    return row["status"] in ("awaiting_decision", "awaiting_destination")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Noun):
    """Pengajuan: what came with a request that did not come through the API (`id` is the refund's), for whoever decides it.

    `said_...` is what the person wrote or told, proof of nothing. `proofs` are the files kept for it ({"sha256", "kind",
    "size"}); `dropped` says, a line each, what was sent along and not kept. `mail` is the mail it came in, `channel` the way it
    came to the officer who wrote it down."""

    name = "submission"
    mail: str | None = None
    channel: RefundChannel | None = None
    said_name: str | None = None
    said_phone: str | None = None
    said_quota: int | None = None
    proofs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    dropped: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination(Noun):
    """Rekening tujuan: where a refund's payout goes (`id` is the refund's). `holder` is the name that the bank has, `given` the
    one that the person typed; both are there because they agreed when it was checked. The table forgets the row at `ttl`
    (seconds since 1970)."""

    name = "destination"
    account: str
    bank: str
    number: str
    given: str
    holder: str
    checked_at: datetime
    ttl: int | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What is shown of it: the bank, and the last four digits of the number."""
        return {"bank": self.bank, "number": f"••••{self.number[-4:]}"}


# Mails ---------------------------------------------------------------------------------------------------------------------

MailState = Literal["noted", "acknowledged", "unanswered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Noun):
    """Surat masuk: a mail that was read, so that it is never read twice (`id` is derived from what it says). `noted`: it made
    or found `refunds`; `acknowledged`: its sender is told that it came, and where the form is; `unanswered`: neither, and
    `reason` says why. Kept until `ttl` (seconds since 1970), without a word of what it said."""

    name = "mail"
    state: MailState
    received_at: datetime
    ttl: int
    reason: str | None = None
    refunds: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Noun):
    """Tanda terima: "we got it, here is the form", to an address at most once a WIB day (its `id` is made of both). It is the
    same whatever the mail named, so that it tells nothing of invoices or accounts. Kept until `ttl` (seconds since 1970)."""

    name = "acknowledgement"
    address: str
    created_at: datetime
    ttl: int


# Letters -------------------------------------------------------------------------------------------------------------------

LetterKind = Literal[
    "confirm_email",
    "refund.unconfirmed",
    "refund.pending",
    "refund.received",
    "refund.awaiting_decision",
    "refund.awaiting_destination",
    "refund.approved",
    "refund.paying",
    "refund.refunded",
    "refund.rejected",
    "refund.cancelled",
    "refund.milestone",
    "refund.standing",
    "refund.offered",
    "desk.milestone",
    "mail.acknowledged",
]
LetterStatus = Literal["queued", "sent", "withheld", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Noun):
    """Surat: something that its reader is told by e-mail, once. The id is derived from what happened, so that the same
    happening is the same letter; neither address nor text nor secret is in it.

    `object` is the account, refund, invoice or acknowledgement that it is about, `number` which one of its kind; `at` is when
    it happened. It waits as `queued` (since `queued_at`, set going again `resent` times) until a worker that has its lease
    hands it over. `reason` is why nobody was written to (`withheld`) or why it never left (`refused`)."""

    name = "letter"
    kind: LetterKind
    object: str
    account: str
    number: int
    at: datetime
    queued_at: datetime
    status: LetterStatus = "queued"
    resent: int = 0
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Noun):
    """Alamat: an e-mail address as its SHA-256 alone (`id` = "adr_" + hex), with the confirmations that went there of late
    (`instant#letter`), for whichever account: what keeps the house from being used to flood somebody."""

    name = "contact"
    confirmations: list[str] = dataclasses.field(default_factory=list)
