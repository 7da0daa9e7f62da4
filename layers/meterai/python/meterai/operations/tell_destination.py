"""The owner says where the money goes, when the way it came is no way back."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain.errors import (
    Busy,
    ContactUnverified,
    DestinationChecksSpent,
    DestinationMismatch,
    PaymentProviderUnavailable,
    RefundNotAwaitingDestination,
    RequestInvalid,
)
from meterai.domain.holder import same_holder
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Account, Destination, Refund
from meterai.operations.find import find, load, loaded
from meterai.ports.ledger import Ledger
from meterai.ports.payouts import Payouts

ROUNDS = 3
CHECKS_AT_ONCE = 5
"""How many names one refund asks for before it waits a day of the workflow after each: a check is paid for, and tells a caller
whether an account exists."""
UNANSWERED_PAUSE = timedelta(minutes=1)
"""How long nobody asks again after a bank did not answer; that check is not counted."""
KEPT_FOR = timedelta(days=365)
"""How long an account number is kept; the table forgets it then (docs/privacy.md)."""
_TOLD = ("approved", "awaiting_decision", "paying", "refunded")


def tell_destination(
    ledger: Ledger,
    payouts: Payouts,
    *,
    account: str,
    refund_id: str,
    bank: str,
    number: str,
    given: str,
    now: datetime,
    day: timedelta,
) -> Refund:
    """Keep the account that a refund's payout goes to, once the bank's name for it is the name `given`: awaiting_destination ->
    approved. Doing it twice is doing it once. `day` is how long a day of the workflow lasts.

    Raises Missing, RefundNotAwaitingDestination, ContactUnverified, RequestInvalid for a bank that is none of them,
    DestinationChecksSpent, DestinationUnknown, DestinationMismatch, PaymentProviderUnavailable, Busy."""
    for _ in range(ROUNDS):  # the same request, sent twice at once, or another one: the row says where it stands
        refund = find(ledger, Refund, refund_id, owner=account)
        known = load(ledger, Destination, refund_id)
        if refund.status != "awaiting_destination":
            same = known is not None and (known.bank, known.number, known.given) == (bank, number, given)
            if same and refund.status in _TOLD:
                return refund
            raise RefundNotAwaitingDestination(f"the refund is {refund.status}")
        if loaded(ledger, Account, account).email_verified_at is None:
            raise ContactUnverified("a payout needs a verified e-mail address")
        if bank not in payouts.banks():
            raise RequestInvalid("GET /v1/banks has the banks that money can be sent to", pointer="/bank")
        with suppress(GateClosed):
            holder = _holder(ledger, payouts, refund, bank, number, now, day)
            if not same_holder(given, holder):
                raise DestinationMismatch("the bank has another name for this account", pointer="/given")
            told = Destination(
                id=refund.id,
                account=account,
                bank=bank,
                number=number,
                given=given,
                holder=holder,
                checked_at=now,
                ttl=int((now + KEPT_FOR).timestamp()),
            )
            ledger.apply(moves.destine(refund, now, told, known))
    raise Busy("the refund kept changing")


def _holder(
    ledger: Ledger, payouts: Payouts, refund: Refund, bank: str, number: str, now: datetime, day: timedelta
) -> str:
    """The bank's name for the account, asked for only after the check was counted. Raises GateClosed when the refund moved."""
    if refund.check_after is not None and now < refund.check_after:
        if refund.checks >= CHECKS_AT_ONCE:
            raise DestinationChecksSpent("too many accounts were tried", check_after=spell(refund.check_after))
        raise PaymentProviderUnavailable("the bank did not answer a moment ago")
    ledger.apply(moves.check_name(refund, now + day if refund.checks + 1 >= CHECKS_AT_ONCE else None))
    try:
        return payouts.holder(bank, number)
    except PaymentProviderUnavailable:
        with suppress(GateClosed):
            ledger.apply(moves.uncheck_name(refund, now + UNANSWERED_PAUSE))
        raise
