"""Faults in how money goes to an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from meterai.domain.ledger import Change, Is, Key, Move, Row
from meterai.domain.moves import desk, refund
from meterai.domain.outbox import Consequence, SendLetter, desk_of
from meterai.domain.outbox import Write as Written
from meterai.domain.rows import Refund
from meterai.operations import advance_refund, carry_out, tell_destination
from meterai.operations.find import loaded
from meterai.ports.payouts import PayoutAnswer
from tests.simulation.mutants.seeding import (
    Fault,
    Mutant,
    both,
    changing,
    instead,
    moved,
    patched,
    ungated,
)


class _Heard:
    """Payouts whose answer is heard as another."""

    def __init__(self, payouts: Any, said: str, heard: Any) -> None:
        self._payouts, self._said, self._heard = payouts, said, heard

    def ask(self, key: str) -> PayoutAnswer | None:
        answer: PayoutAnswer | None = self._payouts.ask(key)
        return answer and self._changed(answer)

    def pay_out(self, *args: Any, **named: Any) -> PayoutAnswer:
        return self._changed(self._payouts.pay_out(*args, **named))

    def _changed(self, answer: PayoutAnswer) -> PayoutAnswer:
        return replace(answer, outcome=self._heard) if answer.outcome == self._said else answer


def _hearing(said: str, heard: str) -> Fault:
    return lambda pay: lambda ledger, payouts, *others: pay(ledger, _Heard(payouts, said, heard), *others)


def _another_key(pay: Any) -> Any:
    """Who finds a payout of which nothing was heard makes another, under the next key, and does not ask."""

    def paid(ledger: Any, payouts: Any, found: Refund, now: Any) -> Any:
        if found.call_until is not None:
            key = f"{found.id}-{found.tries + 1}"
            gate = {"status": Is("paying"), "provider_key": Is(found.provider_key or "")}
            ledger.apply(Move("start", (Change(found.key, gate, put={"provider_key": key}, add={"tries": 1}),)))
            found = loaded(ledger, Refund, found.id)
        return pay(ledger, payouts, found, now)

    return paid


def _key_of_the_hour(pay: Any) -> Any:
    """The key of a payout that is asked for again has the instant in it."""

    def paid(ledger: Any, payouts: Any, found: Refund, now: Any) -> Any:
        later = found.call_until is not None

        class Keyed(_Heard):
            def ask(self, key: str) -> PayoutAnswer | None:
                return super().ask(f"{key}{now:%H}" if later else key)

            def pay_out(self, to: Any, *, key: str, **named: Any) -> PayoutAnswer:
                return super().pay_out(to, key=f"{key}{now:%H}" if later else key, **named)

        return pay(ledger, Keyed(payouts, "", ""), found, now)

    return paid


def _the_price(pay: Any) -> Any:
    """What was paid goes back, not what the policy gives."""
    return lambda ledger, payouts, found, now: pay(ledger, payouts, replace(found, amount_idr=found.total_idr), now)


def _by_the_provider_too(call: Any) -> Any:
    """When nothing is heard of a payout, the provider that was paid is asked to give the payment back."""

    def called(ledger: Any, gateways: Any, payouts: Any, found: Refund, now: Any) -> None:
        call(ledger, gateways, payouts, found, now)
        left = loaded(ledger, Refund, found.id)
        if found.way == "payout" and left.status == "paying" and left.call_until != found.call_until:
            gateways.of(found.provider).refund(
                found.order, key=found.provider_key or "", amount_idr=found.amount_idr, reason=found.reason
            )

    return called


def _without(forgotten: Callable[[Consequence], bool]) -> Fault:
    """The stream's reader tells all but these."""

    def fault(tidings: Any) -> Any:
        def told(key: Key, old: Row | None, new: Row | None, place: str) -> Iterator[Consequence]:
            return (one for one in tidings(key, old, new, place) if not forgotten(one))

        return told

    return fault


def _letter_to_the_owner(one: Consequence) -> bool:
    return isinstance(one, SendLetter) and one.letter.kind == "refund.awaiting_destination"


def _place_in_the_queue(one: Consequence) -> bool:
    return isinstance(one, Written) and one.key[0] == desk_of("approved")


PAYOUTS: tuple[Mutant, ...] = (
    Mutant(
        "another payout unasked",
        "a payout of which nothing was heard is made again under a new key, and nobody asks what became of the first",
        patched((advance_refund, "_payout", _another_key)),
    ),
    Mutant(
        "a key that changes",
        "the key of a payout is not the same when it is asked for again",
        patched((advance_refund, "_payout", _key_of_the_hour)),
    ),
    Mutant(
        "an unknown payout is refused",
        "a payout of which nothing was heard is taken for one that was never made",
        patched((advance_refund, "_payout", _hearing("unknown", "refused"))),
    ),
    Mutant(
        "an unknown payout is settled",
        "a payout of which nothing was heard is taken for money that arrived",
        patched((advance_refund, "_payout", _hearing("unknown", "settled"))),
    ),
    Mutant(
        "settled under way",
        "a payout is settled before its bank has taken the money",
        patched((advance_refund, "_payout", _hearing("under_way", "settled"))),
    ),
    Mutant(
        "a bounce is settled",
        "a payout that failed or came back is taken for money that arrived",
        patched((advance_refund, "_payout", _hearing("refused", "settled"))),
    ),
    Mutant(
        "a bounce forgotten",
        "a payout that bounced leaves the account, the decision and the order as they were",
        both(
            moved(refund, "refused", refund=changing(remove=("call_until",))),
            moved(desk, "order_payout", refund=ungated("paid_by")),
        ),
    ),
    Mutant(
        "the price paid out",
        "a payout is of what was paid, not of what is due",
        patched((advance_refund, "_payout", _the_price)),
    ),
    Mutant(
        "both ways",
        "the provider is asked to give back what is being paid out",
        patched((advance_refund, "_call", _by_the_provider_too)),
    ),
    Mutant(
        "one officer",
        "order_payout does not ask who decided",
        moved(desk, "order_payout", refund=ungated("decided_by")),
    ),
    Mutant(
        "nobody's order",
        "a payout that was approved is made, whether it was ordered or not",
        both(
            moved(refund, "start", refund=ungated("paid_by")),
            patched((Refund, "waits_for_person", instead(property(lambda _: False)))),
        ),
    ),
    Mutant(
        "an account that nobody saw",
        "an approval of before the account was told still counts",
        moved(refund, "destine", refund=changing(remove=())),
    ),
    Mutant(
        "asked for again",
        "a refund is asked for an account that it has been told",
        moved(refund, "destine", refund=ungated("destination")),
    ),
    Mutant(
        "an account told too late",
        "destine asks neither whether an account is still wanted nor which was told before",
        moved(refund, "destine", refund=ungated("status"), destination=ungated()),
    ),
    Mutant(
        "another's account",
        "the name that the bank has for an account is not compared",
        patched((tell_destination, "same_holder", instead(lambda given, holder: True))),
    ),
    Mutant(
        "an account that nobody asks for",
        "nobody writes to the owner whose account is wanted",
        patched((carry_out, "tidings", _without(_letter_to_the_owner))),
    ),
    Mutant(
        "an order that nobody gives",
        "a payout that waits for its order is in no officer's queue",
        patched((carry_out, "tidings", _without(_place_in_the_queue))),
    ),
)
