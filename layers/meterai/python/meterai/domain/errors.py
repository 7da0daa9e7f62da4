"""Every way the house says no, as one tree.

    Refusal
    ├── Invalid                  the request itself is malformed: the caller mends it
    ├── Forbidden                known, but not allowed
    ├── Missing                  absent, or somebody else's: the two are never told apart
    ├── Conflict                 the state of things forbids it: a person decides what next
    ├── Unacceptable             the document itself cannot be stamped or read
    └── Unavailable              nothing is wrong with the request: try again later (always retryable)

A refusal is a fact, named without a suffix. `code` is stable and public; runtime/problems.py gives each its HTTP status
and sentence, and a test proves that table complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

Mender = Literal["caller", "person", "us"]


class Refusal(Exception):
    """A refusal with a stable public code.

    `detail` is for developers (English, free of secrets and of upstream's words); `pointer` is the RFC 6901 JSON pointer of
    the member at fault, or None; `facts` are members that the problem shows beside the standard ones (integers, ids).
    """

    code: ClassVar[str] = ""
    mender: ClassVar[Mender] = "caller"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, pointer: str | None = None, **facts: str | int | None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.pointer = pointer
        self.facts = facts


class Invalid(Refusal):
    """The request is malformed."""


class Forbidden(Refusal):
    """The principal is known and may not do this."""


class Missing(Refusal):
    """Absent, or somebody else's."""

    code = "not_found"


class Conflict(Refusal):
    """The present state forbids it."""

    mender: ClassVar[Mender] = "person"


class Unacceptable(Refusal):
    """The document cannot be stamped or read."""

    mender: ClassVar[Mender] = "person"


class Unavailable(Refusal):
    """Nothing is wrong with the request; it may be repeated as it is."""

    mender: ClassVar[Mender] = "us"
    retryable = True


# Requests ------------------------------------------------------------------------------------------------------------------


class RequestInvalid(Invalid):
    code = "request_invalid"


class IdempotencyKeyMissing(Invalid):
    code = "idempotency_key_missing"


class IdempotencyKeyReused(Invalid):
    code = "idempotency_key_reused"


class RequestTooLarge(Invalid):
    code = "request_too_large"


class MediaTypeUnsupported(Invalid):
    code = "media_type_unsupported"


class MethodNotAllowed(Invalid):
    code = "method_not_allowed"


class TokenInvalid(Forbidden):
    code = "token_invalid"


class ScopeMissing(Forbidden):
    code = "scope_missing"


class RateLimited(Unavailable):
    code = "rate_limited"
    mender: ClassVar[Mender] = "caller"


class Busy(Unavailable):
    code = "busy"


# Purchase ------------------------------------------------------------------------------------------------------------------


class QuotaExhausted(Conflict):
    code = "quota_exhausted"


class InvoiceNotPaid(Conflict):
    code = "invoice_not_paid"


class SoldOut(Unavailable):
    """No more can be applied before the deadline; what expires unpaid comes free again."""

    code = "sold_out"


class InvoiceNotOpen(Conflict):
    code = "invoice_not_open"


class PaymentMismatch(Conflict):
    code = "payment_mismatch"
    mender: ClassVar[Mender] = "us"


class NotificationForged(Forbidden):
    code = "notification_forged"


class PaymentProviderUnavailable(Unavailable):
    code = "payment_provider_unavailable"


# Documents -----------------------------------------------------------------------------------------------------------------


class DocumentNotReady(Conflict):
    code = "document_not_ready"


class DocumentInUse(Conflict):
    code = "document_in_use"


class DocumentTooLarge(Unacceptable):
    code = "document_too_large"


class DocumentTooComplex(Unacceptable):
    code = "document_too_complex"


class DocumentEncrypted(Unacceptable):
    code = "document_encrypted"


class DocumentCertified(Unacceptable):
    code = "document_certified"


class DocumentSigned(Unacceptable):
    code = "document_signed"


class DocumentTooManyPages(Unacceptable):
    code = "document_too_many_pages"


class DocumentUnreadable(Unacceptable):
    code = "document_unreadable"


class DocumentAltered(Unacceptable):
    code = "document_altered"


class PlacementOffPage(Unacceptable):
    code = "placement_off_page"


class PlacementTooSmall(Unacceptable):
    code = "placement_too_small"


# Stampings -----------------------------------------------------------------------------------------------------------------


class AlreadyStamped(Conflict):
    code = "already_stamped"


class StampInProgress(Conflict):
    code = "stamp_in_progress"


class StampingCancelled(Conflict):
    code = "stamping_cancelled"


class SerialMistyped(Invalid):
    code = "serial_mistyped"


class TimestampUnavailable(Unavailable):
    code = "timestamp_unavailable"


# Refunds -------------------------------------------------------------------------------------------------------------------


class RefundWindowClosed(Conflict):
    code = "refund_window_closed"


class RefundWholeInvoiceOnly(Conflict):
    code = "refund_whole_invoice_only"


class RefundQuotaInsufficient(Conflict):
    code = "refund_quota_insufficient"


class RefundAlreadyRequested(Conflict):
    code = "refund_already_requested"


class RefundNotCancellable(Conflict):
    code = "refund_not_cancellable"


class RefundNotAwaitingDecision(Conflict):
    code = "refund_not_awaiting_decision"


class RefundNotAwaitingDestination(Conflict):
    code = "refund_not_awaiting_destination"


class RefundNotAwaitingPayout(Conflict):
    code = "refund_not_awaiting_payout"


class SameOfficer(Forbidden):
    code = "same_officer"


class DestinationChecksSpent(Conflict):
    code = "destination_checks_spent"


class DestinationMismatch(Unacceptable):
    code = "destination_mismatch"


class DestinationUnknown(Unacceptable):
    code = "destination_unknown"


# Contacts ------------------------------------------------------------------------------------------------------------------


class ContactUnverified(Conflict):
    code = "contact_unverified"


class LinkInvalid(Forbidden):
    code = "link_invalid"


def refusal_of(code: str) -> type[Refusal]:
    """The refusal that a stored code names: a row keeps codes, never exceptions."""
    return next(kind for kind in every_refusal() if kind.code == code)


def every_refusal() -> Iterator[type[Refusal]]:
    """Each class of the tree that has a code, depth first: what the HTTP table and the sentences in web/ must cover."""
    pending: list[type[Refusal]] = [Refusal]
    while pending:
        kind = pending.pop()
        if kind.__dict__.get("code"):
            yield kind
        pending.extend(reversed(kind.__subclasses__()))


__all__ = [
    name for name, value in list(globals().items()) if isinstance(value, type) and issubclass(value, Refusal)
] + ["every_refusal", "refusal_of"]
