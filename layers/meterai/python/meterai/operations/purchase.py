"""Buying pieces: an invoice and the code to pay it with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import money
from meterai.domain.errors import IdempotencyKeyReused, InvoiceNotOpen, PaymentProviderUnavailable, RequestInvalid
from meterai.domain.ids import derived
from meterai.domain.ledger import GateClosed, Value
from meterai.domain.moves import purchase as moves
from meterai.domain.room import Turn
from meterai.domain.rows import Attempt, Invoice, Line, PaymentMethod
from meterai.operations.admit import admit, expected_turn
from meterai.operations.find import find, load, loaded
from meterai.operations.policy_in_force import policy_in_force
from meterai.ports.gateway import Charge, Gateways
from meterai.ports.ledger import Ledger

PAYABLE_FOR = timedelta(minutes=15)
"""How long a code can be paid."""
FIRST_QUESTION = timedelta(minutes=1)
"""When the provider is first asked about an attempt nobody notified us of."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice with the attempt that can pay it now. `eta` is when a stamp would be made of who pays it now, where that is
    known; `replayed`: an earlier request had made it."""

    invoice: Invoice
    attempt: Attempt
    replayed: bool = False
    eta: Turn | None = None


def purchase(
    ledger: Ledger,
    gateways: Gateways,
    *,
    account: str,
    line: Line,
    key: str,
    fingerprint: str,
    quantity: int,
    method: PaymentMethod,
    reference: str | None,
    metadata: dict[str, str] | None,
    now: datetime,
) -> Bill:
    """Offer `quantity` pieces, to be used in this line, and ask the provider for a code: rows first, so that a payment always
    finds its attempt.

    Raises RequestInvalid (quantity outside 1..1000, a method that no provider has), IdempotencyKeyReused, SoldOut (they could
    not be applied before the deadline; an invoice that was made keeps its admission), PaymentProviderUnavailable (the invoice
    stands; the same request again asks for its code), Busy."""
    if not 1 <= quantity <= money.MOST_PIECES:
        raise RequestInvalid(f"quantity is 1 to {money.MOST_PIECES}", pointer="/quantity")
    price = money.price(quantity)
    id = derived("inv", account, "POST /v1/invoices", key)
    if (known := load(ledger, Invoice, id)) is not None:
        return _replayed(ledger, gateways, known, fingerprint, now)
    admit(ledger, line=line, quantity=quantity, now=now)
    attempt = _attempt(derived("pay", id, "1"), account, id, price.total_idr, method, gateways.new(method).name, now)
    invoice = Invoice(
        id=id,
        account=account,
        fingerprint=fingerprint,
        status="awaiting_payment",
        quantity=quantity,
        unit_price_idr=price.unit_price_idr,
        fee_idr=price.fee_idr,
        total_idr=price.total_idr,
        method=method,
        policy=policy_in_force(ledger, now).id,
        attempt=attempt.id,
        attempts=1,
        created_at=now,
        expires_at=attempt.expires_at,
        reference=reference,
        metadata=metadata,
        line=line,
    )
    try:
        ledger.apply(moves.open_invoice(invoice, attempt))
    except GateClosed:
        return _replayed(ledger, gateways, loaded(ledger, Invoice, id), fingerprint, now)
    return _bill(ledger, invoice, _with_code(ledger, gateways, attempt, now), now)


def renew_payment(
    ledger: Ledger,
    gateways: Gateways,
    *,
    account: str,
    invoice_id: str,
    key: str,
    method: PaymentMethod,
    now: datetime,
) -> Bill:
    """A new code for an unpaid invoice: a new attempt; whatever is paid on the old one still counts. Inside its time an invoice
    keeps its admission; later it is an offer as any other.

    Raises Missing, RequestInvalid (a method that no provider has), IdempotencyKeyReused, InvoiceNotOpen (paid, or on its way
    back), SoldOut, PaymentProviderUnavailable, Busy."""
    invoice = find(ledger, Invoice, invoice_id, owner=account)
    attempt_id = derived("pay", account, f"POST /v1/invoices/{invoice_id}/payments", key)
    known = load(ledger, Attempt, attempt_id)
    if known is not None:
        return _renewed(ledger, gateways, invoice, known, method, now)
    if invoice.status in ("awaiting_payment", "expired") and invoice.expires_at <= now:
        admit(ledger, line=invoice.line, quantity=invoice.quantity, now=now)
    attempt = _attempt(attempt_id, account, invoice_id, invoice.total_idr, method, gateways.new(method).name, now)
    try:
        ledger.apply(moves.open_attempt(invoice, attempt))
    except GateClosed:
        known = load(ledger, Attempt, attempt_id)
        if known is None:
            raise InvoiceNotOpen(f"the invoice is {loaded(ledger, Invoice, invoice_id).status}") from None
        return _renewed(ledger, gateways, invoice, known, method, now)
    return _bill(ledger, loaded(ledger, Invoice, invoice_id), _with_code(ledger, gateways, attempt, now), now)


def _renewed(
    ledger: Ledger, gateways: Gateways, invoice: Invoice, known: Attempt, method: PaymentMethod, now: datetime
) -> Bill:
    """The attempt that this Idempotency-Key made before, if it asked for the same method."""
    if known.method != method:
        raise IdempotencyKeyReused("this Idempotency-Key made a code of another method")
    attempt = _with_code(ledger, gateways, known, now)
    return _bill(ledger, loaded(ledger, Invoice, invoice.id), attempt, now, replayed=True)


def bill_of(ledger: Ledger, *, account: str, invoice_id: str, now: datetime) -> Bill:
    """The owner's invoice with its current attempt. Raises Missing, Busy."""
    invoice = find(ledger, Invoice, invoice_id, owner=account)
    return _bill(ledger, invoice, loaded(ledger, Attempt, invoice.attempt), now)


def _bill(ledger: Ledger, invoice: Invoice, attempt: Attempt, now: datetime, *, replayed: bool = False) -> Bill:
    """The bill, with the estimate for who has not paid it yet."""
    unpaid = invoice.status == "awaiting_payment"
    eta = expected_turn(ledger, line=invoice.line, joined_at=None, now=now) if unpaid else None
    return Bill(invoice, attempt, replayed, eta)


def _replayed(ledger: Ledger, gateways: Gateways, stands: Invoice, fingerprint: str, now: datetime) -> Bill:
    """The invoice that this Idempotency-Key made before, if it asked for the same."""
    if stands.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key made another invoice")
    return _billed_again(ledger, gateways, stands, now)


def _attempt(
    id: str, account: str, invoice: str, amount_idr: int, method: PaymentMethod, provider: str, now: datetime
) -> Attempt:
    return Attempt(
        id=id,
        account=account,
        invoice=invoice,
        status="open",
        provider=provider,
        amount_idr=amount_idr,
        method=method,
        created_at=now,
        expires_at=now + PAYABLE_FOR,
        ask_at=now + FIRST_QUESTION,
    )


def _billed_again(ledger: Ledger, gateways: Gateways, invoice: Invoice, now: datetime) -> Bill:
    """The invoice as it stands. A code that the provider made but whose answer was lost cannot be shown again (Midtrans shows a
    QR once): then a new attempt is opened, and whatever is paid on the lost one still counts."""
    current = loaded(ledger, Attempt, invoice.attempt)
    try:
        return _bill(ledger, invoice, _with_code(ledger, gateways, current, now), now, replayed=True)
    except PaymentProviderUnavailable:
        id, provider = derived("pay", invoice.id, str(invoice.attempts + 1)), gateways.new(invoice.method).name
        attempt = _attempt(id, invoice.account, invoice.id, invoice.total_idr, invoice.method, provider, now)
        with suppress(GateClosed):  # paid meanwhile, or somebody else opened one
            ledger.apply(moves.open_attempt(invoice, attempt))
        stands = loaded(ledger, Invoice, invoice.id)
        attempt = _with_code(ledger, gateways, loaded(ledger, Attempt, stands.attempt), now)
        return _bill(ledger, stands, attempt, now, replayed=True)


def _with_code(ledger: Ledger, gateways: Gateways, attempt: Attempt, now: datetime) -> Attempt:
    """The attempt with its code, asked for if nobody has yet: the same order id never makes a second charge."""
    if attempt.charged or attempt.status != "open" or now >= attempt.expires_at:
        return attempt
    charge = gateways.of(attempt.provider).charge(
        attempt.id, attempt.amount_idr, attempt.method, now=attempt.created_at, expires_at=attempt.expires_at
    )
    with suppress(GateClosed):  # paid, denied or expired meanwhile: the row says so
        ledger.apply(moves.keep_charge(attempt, _given(charge)))
    return loaded(ledger, Attempt, attempt.id)


def _given(charge: Charge) -> dict[str, Value]:
    given = {
        "qr_string": charge.qr_string,
        "qr_image_url": charge.qr_image_url,
        "deeplink_url": charge.deeplink_url,
        "va_number": charge.va_number,
        "simulator_url": charge.simulator_url,
    }
    return {name: value for name, value in given.items() if value is not None}
