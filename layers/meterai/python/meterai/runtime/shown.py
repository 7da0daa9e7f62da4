"""What is shown: objects as answers carry them. OpenAPI is made from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

from meterai.domain import instants
from meterai.domain.ledger import Row
from meterai.domain.policy import POLICIES, Policy, Quote
from meterai.domain.refund_story import refund_story
from meterai.domain.room import Turn
from meterai.domain.rows import (
    Account,
    Attempt,
    Channel,
    Document,
    Invoice,
    Quota,
    Refund,
    Report,
    Stamping,
)
from meterai.domain.verdict import Affixed, Verdict
from meterai.ports.outside import UploadForm
from meterai.runtime import clock

HASH_STARTS = 16
"""How many hexadecimal digits of a stamped file's hash are public: four words of four, to compare with a file in hand."""
Instant = Annotated[
    AwareDatetime, PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), return_type=str, when_used="json")
]


class Shown(BaseModel):
    """An object as it is shown."""

    model_config = ConfigDict(frozen=True)


class AccountShown(Shown):
    """A new account. The token is shown once."""

    id: str
    token: str
    created_at: Instant

    @classmethod
    def of(cls, account: Account, token: str) -> AccountShown:
        return cls(id=account.id, token=token, created_at=account.created_at)


class ContactShown(Shown):
    """Whether the account's e-mail is known to be its owner's."""

    email_verified: bool

    @classmethod
    def of(cls, account: Account) -> ContactShown:
        return cls(email_verified=account.email_verified_at is not None)


class QuotaShown(Shown):
    """Kuota, by where its pieces are."""

    available: int
    reserved: int
    used: int
    held: int
    refunded: int
    in_vouchers: int
    given: int

    @classmethod
    def of(cls, quota: Quota) -> QuotaShown:
        return cls.model_validate({name: getattr(quota, name) for name in cls.model_fields})


class PaymentShown(Shown):
    """How to pay an invoice now."""

    id: str
    status: str
    method: str
    qr_string: str | None
    qr_image_url: str | None
    deeplink_url: str | None
    va_number: str | None
    expires_at: Instant
    simulator_url: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> PaymentShown:
        return cls.model_validate({name: getattr(attempt, name) for name in cls.model_fields})


class PolicyShown(Shown):
    """The refund rules that an invoice is bought under."""

    id: str
    window_seconds: int | None
    percent: int
    transfer_fee_idr: int
    unused_only: bool
    promise_days: int
    summary: str

    @classmethod
    def of(cls, policy: Policy) -> PolicyShown:
        return cls(
            id=policy.id,
            window_seconds=None if policy.window is None else int(policy.window.total_seconds()),
            percent=policy.percent,
            transfer_fee_idr=policy.transfer_fee_idr,
            unused_only=policy.unused_only,
            promise_days=policy.promise_days,
            summary=policy.cites,
        )


class EtaShown(Shown):
    """When a stamp is made: once in ten earlier than `p10`, once in ten later than `p90`. Order in line is approximate."""

    p10: Instant
    p50: Instant
    p90: Instant

    @classmethod
    def of(cls, turn: Turn | None) -> EtaShown | None:
        return cls(p10=turn.p10, p50=turn.p50, p90=turn.p90) if turn else None


class InvoiceShown(Shown):
    """Tagihan. While it awaits payment `eta` is when a stamp would be made of who pays now (null: nobody knows). `receipt` is
    the queue receipt (docs/waiting-room.md)."""

    id: str
    status: str
    quantity: int
    unit_price_idr: int
    fee_idr: int
    total_idr: int
    payment: PaymentShown | None
    refund_policy: PolicyShown
    eta: EtaShown | None
    receipt: str | None
    created_at: Instant
    paid_at: Instant | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls, invoice: Invoice, attempt: Attempt | None, *, eta: Turn | None = None, receipt: str | None = None
    ) -> InvoiceShown:
        return cls(
            id=invoice.id,
            status=invoice.status,
            quantity=invoice.quantity,
            unit_price_idr=invoice.unit_price_idr,
            fee_idr=invoice.fee_idr,
            total_idr=invoice.total_idr,
            payment=PaymentShown.of(attempt) if attempt else None,
            refund_policy=PolicyShown.of(POLICIES[invoice.policy]),
            eta=EtaShown.of(eta),
            receipt=receipt,
            created_at=invoice.created_at,
            paid_at=invoice.paid_at,
            reference=invoice.reference,
            metadata=invoice.metadata,
        )


class InvoiceList(Shown):
    data: list[InvoiceShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Invoice], next_cursor: str | None) -> InvoiceList:
        return cls(data=[InvoiceShown.of(one, None) for one in found], next_cursor=next_cursor)


class NoticeTaken(Shown):
    """A notification was kept."""

    received: bool = True


class UploadShown(Shown):
    """Send `fields` and then `file` as multipart/form-data to `url`."""

    url: str
    fields: dict[str, str]


class PlacementShown(Shown):
    page: int
    x: float
    y: float
    width: float


class SuggestionShown(PlacementShown):
    """Where the stamp would go by itself. `ink` is the share of that place that is not bare paper; null if nobody looked."""

    ink: float | None


class PageShown(Shown):
    """A page as displayed, in points of 1/72 inch. `preview_url` is a short-lived link to a picture of it, if there is one."""

    width: float
    height: float
    rotation: int
    preview_url: str | None = None


class FindingShown(Shown):
    code: str
    severity: str
    repairable: bool
    repair: str | None = None


class VersionShown(Shown):
    """A document's bytes before or after a repair. `preview_url` shows its first page, if there is a picture."""

    size: int
    sha256: str | None
    findings: list[str]
    preview_url: str | None


class RepairShown(Shown):
    """Perbaikan: what the owner had done, and what the document was before and after. The bytes of before are kept."""

    repair: str
    at: Instant
    before: VersionShown
    after: VersionShown


class DocumentShown(Shown):
    """Dokumen."""

    id: str
    status: str
    filename: str
    size: int
    sha256: str | None
    purpose: str
    upload: UploadShown | None
    pages: list[PageShown]
    findings: list[FindingShown]
    suggested_placement: SuggestionShown | None
    repairs: list[RepairShown]
    stamped_size_max: int
    created_at: Instant
    kept_until: Instant
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls,
        document: Document,
        report: Report | None = None,
        upload: UploadForm | None = None,
        *,
        stamp_size_max: int,
        previews: Mapping[tuple[str, int], str] | None = None,
    ) -> DocumentShown:
        pictures = previews or {}
        pages = enumerate(report.pages if report else [], 1)
        return cls(
            id=document.id,
            status=document.status,
            filename=document.filename,
            size=document.size,
            sha256=document.sha256,
            purpose=document.purpose,
            upload=UploadShown(url=upload.url, fields=upload.fields) if upload else None,
            pages=[_page(page, pictures.get((document.version or "", number))) for number, page in pages],
            findings=[FindingShown.model_validate(finding) for finding in (report.findings if report else [])],
            suggested_placement=_suggestion(report),
            repairs=_repairs(document, report, pictures),
            stamped_size_max=document.size + stamp_size_max,
            created_at=document.created_at,
            kept_until=document.kept_until,
            reference=document.reference,
            metadata=document.metadata,
        )


def _page(page: dict[str, Any], preview_url: str | None) -> PageShown:
    return PageShown(
        width=page["width"] / 1000, height=page["height"] / 1000, rotation=page["rotation"], preview_url=preview_url
    )


def _suggestion(report: Report | None) -> SuggestionShown | None:
    if report is None or report.suggested_placement is None:
        return None
    at = report.suggested_placement
    ink = at["ink"] / 1_000_000 if "ink" in at else None
    return SuggestionShown(page=at["page"], **_fractions(at), ink=ink)


def _repairs(document: Document, report: Report | None, pictures: Mapping[tuple[str, int], str]) -> list[RepairShown]:
    """Each repair with what was before it; what came after it is what was before the next, or the document as it stands."""
    rows = (report.repairs if report else None) or []
    versions = [
        VersionShown(
            size=row["size"],
            sha256=row["sha256"],
            findings=row["findings"],
            preview_url=pictures.get((row["version"], 1)),
        )
        for row in rows
    ]
    now = VersionShown(
        size=document.size,
        sha256=document.sha256,
        findings=[finding["code"] for finding in (report.findings if report else [])],
        preview_url=pictures.get((document.version or "", 1)),
    )
    following = [*versions[1:], now]
    return [
        RepairShown(repair=row["repair"], at=instants.read(row["at"]), before=before, after=after)
        for row, before, after in zip(rows, versions, following, strict=False)
    ]


def _fractions(millionths: dict[str, Any]) -> dict[str, float]:
    return {name: millionths[name] / 1_000_000 for name in ("x", "y", "width")}


class StampingShown(Shown):
    """Pembubuhan. While it is in line, `eta` is when its turn is (null: nobody knows) and `receipt` its queue receipt. Who
    waits reads /room.json and not this (docs/waiting-room.md)."""

    id: str
    status: str
    document_id: str
    placement: PlacementShown
    serial: str | None
    joined_at: Instant
    ended_at: Instant | None
    eta: EtaShown | None
    receipt: str | None
    download_url: str | None
    download_expires_at: Instant | None
    sealed_sha256: str | None
    sealed_size: int | None
    reason: str | None
    document_type: str | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls,
        stamping: Stamping,
        *,
        download_url: str | None,
        download_expires_at: datetime | None,
        eta: Turn | None = None,
        receipt: str | None = None,
    ) -> StampingShown:
        """`download_url` is shown for a stamping that is done, and for no other."""
        done = stamping.status == "done"
        return cls(
            id=stamping.id,
            status=stamping.status,
            document_id=stamping.document,
            placement=PlacementShown(
                page=stamping.page, **_fractions({"x": stamping.x, "y": stamping.y, "width": stamping.width})
            ),
            serial=stamping.serial if done else None,
            joined_at=stamping.joined_at,
            ended_at=stamping.ended_at,
            eta=EtaShown.of(eta),
            receipt=receipt,
            download_url=download_url if done else None,
            download_expires_at=download_expires_at if done else None,
            sealed_sha256=stamping.sealed_sha256,
            sealed_size=stamping.sealed_size,
            reason=stamping.reason,
            document_type=stamping.document_type,
            reference=stamping.reference,
            metadata=stamping.metadata,
        )


class StampingList(Shown):
    data: list[StampingShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Stamping], next_cursor: str | None) -> StampingList:
        shown = [StampingShown.of(one, download_url=None, download_expires_at=None) for one in found]
        return cls(data=shown, next_cursor=next_cursor)


class ReasonShown(Shown):
    code: str
    text: str


class StampShown(Shown):
    serial: str | None
    verdict: str
    signed_at: Instant | None
    timestamped_at: Instant | None
    reasons: list[ReasonShown]


class PageRunShown(Shown):
    """Pages from the first to the last, both included, counted from 1."""

    first: int
    last: int


class SerialShown(Shown):
    """The public state of one affixed stamp, masked: enough to compare with a document in hand, not to find one. The hash is
    of the stamped file, as is its size in bytes; `document_type` is what its owner called the document, if anything."""

    serial: str
    state: str
    issuer: str
    affixed_at: Instant | None
    document_sha256_starts: str
    document_size: int | None
    document_type: str | None

    @classmethod
    def of(cls, affixed: Affixed) -> SerialShown:
        serial, stamping = affixed.serial, affixed.stamping
        return cls(
            serial=serial.id,
            state=serial.state,
            issuer=serial.issuer,
            affixed_at=serial.affixed_at,
            document_sha256_starts=(serial.sealed_sha256 or "")[:HASH_STARTS],
            document_size=stamping.sealed_size,
            document_type=stamping.document_type,
        )


class VerdictShown(Shown):
    """Putusan keaslian. `serials_shown`: affixed stamps that are shown without their seal, to compare a copy with.
    `pages_not_looked_at`: pages whose QR codes nobody read; null when no page could be drawn."""

    verdict: str
    stamps: list[StampShown]
    reasons: list[ReasonShown]
    document_sha256: str
    serials_shown: list[SerialShown]
    pages_not_looked_at: list[PageRunShown] | None

    @classmethod
    def of(cls, verdict: Verdict, shown: Iterable[Affixed]) -> VerdictShown:
        unseen = verdict.pages_not_looked_at
        return cls(
            verdict=verdict.verdict,
            stamps=[
                StampShown(
                    serial=stamp.serial,
                    verdict=stamp.verdict,
                    signed_at=stamp.signed_at,
                    timestamped_at=stamp.timestamped_at,
                    reasons=[ReasonShown(code=reason.code, text=reason.text) for reason in stamp.reasons],
                )
                for stamp in verdict.stamps
            ],
            reasons=[ReasonShown(code=reason.code, text=reason.text) for reason in verdict.reasons],
            document_sha256=verdict.document_sha256,
            serials_shown=[SerialShown.of(affixed) for affixed in shown],
            pages_not_looked_at=None if unseen is None else [PageRunShown(first=a, last=b) for a, b in unseen],
        )


class QuoteShown(Shown):
    """What asking would bring: why not, or how much, how, by when, by which rule."""

    eligible: bool
    code: str | None
    quantity: int
    amount_idr: int
    method: str
    promise_at: Instant
    policy: PolicyShown

    @classmethod
    def of(cls, quote: Quote) -> QuoteShown:
        return cls(
            eligible=quote.eligible,
            code=quote.code,
            amount_idr=quote.amount_idr if quote.eligible or quote.code == "stamp_in_progress" else 0,
            quantity=quote.quantity,
            method=quote.way,
            promise_at=quote.promise_at,
            policy=PolicyShown.of(quote.policy),
        )


class HappeningShown(Shown):
    status: str
    at: str
    note: str | None = None


class DestinationShown(Shown):
    """Rekening tujuan: the bank's code, and the number masked but for its last four digits."""

    bank: str
    number: str


class BankShown(Shown):
    code: str
    name: str


class BankList(Shown):
    """The banks that money can be sent to, by name; always one page."""

    data: list[BankShown]
    next_cursor: str | None

    @classmethod
    def of(cls, banks: Sequence[tuple[str, str]]) -> BankList:
        return cls(data=[BankShown(code=code, name=name) for code, name in banks], next_cursor=None)


class FollowedShown(Shown):
    """A refund as whoever has the link in its letter sees it. `acts_next` is null once it has ended; `day` counts calendar days
    in WIB since the request, of the `promise_days` within which the money is to be back."""

    id: str
    status: str
    kind: str
    invoice_id: str
    amount_idr: int
    quantity: int
    received_at: Instant
    pay_at: Instant
    promise_at: Instant
    settled_at: Instant | None
    way: Literal["provider", "payout"]
    acts_next: Literal["you", "officer", "provider", "us"] | None
    day: int
    promise_days: int
    timeline: list[HappeningShown]

    @classmethod
    def of(cls, refund: Refund, now: datetime | None = None) -> Self:
        return cls.model_validate(_followed(refund, now or clock.now()))


class RefundShown(FollowedShown):
    """Pengembalian dana."""

    reason: str
    destination: DestinationShown | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(cls, refund: Refund, now: datetime | None = None) -> Self:
        destination = DestinationShown.model_validate(refund.destination) if refund.destination else None
        own = {
            "destination": destination,
            "reason": refund.reason,
            "reference": refund.reference,
            "metadata": refund.metadata,
        }
        return cls.model_validate(_followed(refund, now or clock.now()) | own)


def _followed(refund: Refund, now: datetime) -> dict[str, Any]:
    story = refund_story(refund, now)
    same = (
        "id",
        "status",
        "kind",
        "amount_idr",
        "quantity",
        "received_at",
        "pay_at",
        "promise_at",
        "settled_at",
        "way",
    )
    return {
        **{name: getattr(refund, name) for name in same},
        "invoice_id": refund.invoice,
        "way": refund.way,
        "acts_next": story.acts_next,
        "day": story.day,
        "promise_days": story.promise_days,
        "timeline": [HappeningShown.model_validate(line) for line in refund.timeline],
    }


class RefundList(Shown):
    data: list[RefundShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Refund], next_cursor: str | None) -> RefundList:
        return cls(data=[RefundShown.of(one) for one in found], next_cursor=next_cursor)


class EventShown(Shown):
    id: str
    type: str
    object: str
    at: str


class EventList(Shown):
    data: list[EventShown]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[Row], next_cursor: str | None) -> EventList:
        return cls(data=[EventShown.model_validate(row) for row in rows], next_cursor=next_cursor)


class ChannelShown(Shown):
    """One thing the road leans on, as it was last probed."""

    state: Literal["up", "down", "unknown"]
    checked_at: Instant | None

    @classmethod
    def of(cls, channel: Channel | None) -> ChannelShown:
        return cls(state=channel.state if channel else "unknown", checked_at=channel.checked_at if channel else None)


class StatusShown(Shown):
    """Health of each channel and the length of the line."""

    status: Literal["ok", "degraded"]
    channels: dict[str, ChannelShown]
    backlog: int

    @classmethod
    def of(cls, channels: Mapping[str, Channel | None], backlog: int) -> StatusShown:
        down = any(channel is not None and channel.state == "down" for channel in channels.values())
        shown = {name: ChannelShown.of(channel) for name, channel in channels.items()}
        return cls(status="degraded" if down else "ok", channels=shown, backlog=backlog)
