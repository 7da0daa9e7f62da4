"""Faults in how money goes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from meterai.domain.ledger import Change, Is, Key, Move, Row
from meterai.domain.moves import refund
from meterai.domain.outbox import Consequence, StartExecution
from meterai.domain.rows import Refund
from meterai.operations import (
    advance_refund,
    carry_out,
)
from meterai.operations.find import loaded
from meterai.ports.gateway import RefundAnswer
from tests.simulation.mutants.seeding import (
    Fault,
    Mutant,
    changing,
    instead,
    left_out,
    moved,
    patched,
    ungated,
    widened,
)


class _Heard:
    """Payment providers whose answer to a refund is heard as another."""

    def __init__(self, gateways: Any, said: str, heard: Any) -> None:
        self._gateways, self._said, self._heard = gateways, said, heard
        self._gateway: Any = None

    def of(self, name: str) -> Any:
        self._gateway = self._gateways.of(name)
        return self

    def refund(self, *args: Any, **named: Any) -> RefundAnswer:
        answer: RefundAnswer = self._gateway.refund(*args, **named)
        return replace(answer, outcome=self._heard) if answer.outcome == self._said else answer


def _hearing(said: str, heard: str) -> Fault:
    return lambda call: lambda ledger, gateways, *others: call(ledger, _Heard(gateways, said, heard), *others)


def _another_key(call: Any) -> Any:
    """Who finds a call whose answer was unknown asks anew, under the next key."""

    def called(ledger: Any, gateways: Any, payouts: Any, found: Refund, now: datetime) -> None:
        if found.call_until is not None:
            key = f"{found.id}-{found.tries + 1}"
            gate = {"status": Is("paying"), "provider_key": Is(found.provider_key or "")}
            ledger.apply(Move("start", (Change(found.key, gate, put={"provider_key": key}, add={"tries": 1}),)))
            found = loaded(ledger, Refund, found.id)
        call(ledger, gateways, payouts, found, now)

    return called


def _first_clock_alone(work: Any) -> Any:
    def made(key: Key, old: Row | None, new: Row | None) -> Iterator[Consequence]:
        return (one for one in work(key, old, new) if old is None or not isinstance(one, StartExecution))

    return made


REFUNDS: tuple[Mutant, ...] = (
    Mutant(
        "a pending refund marks nothing",
        "pend does not note the refund on its invoice",
        moved(refund, "pend", invoice=changing(put={})),
    ),
    Mutant(
        "two pending refunds",
        "pend does not ask whether another refund is open",
        moved(refund, "pend", invoice=ungated("open_refund")),
    ),
    Mutant(
        "a refund that does not freeze",
        "hold does not ask whether the pieces are available",
        moved(refund, "hold", quota=ungated()),
    ),
    Mutant(
        "two refunds of one invoice",
        "hold asks neither for the invoice's status nor for another refund",
        moved(refund, "hold", invoice=ungated()),
    ),
    Mutant(
        "a pending refund overtaken",
        "hold does not ask whether another refund is open",
        moved(refund, "hold", invoice=ungated("open_refund")),
    ),
    Mutant(
        "a cancelled refund is held",
        "hold does not ask whether the recorded request still stands",
        moved(refund, "hold", refund=ungated()),
    ),
    Mutant(
        "a held refund is dropped",
        "drop does not ask whether the request has been held meanwhile",
        moved(refund, "drop", refund=ungated()),
    ),
    Mutant(
        "drop leaves its mark",
        "drop does not free the invoice",
        moved(refund, "drop", invoice=left_out),
    ),
    Mutant(
        "unhold leaves its mark",
        "unhold does not free the invoice's open_refund",
        moved(refund, "unhold", invoice=changing(remove=())),
    ),
    Mutant(
        "settle leaves its mark",
        "settle does not free the invoice's open_refund",
        moved(refund, "settle", invoice=changing(remove=())),
    ),
    Mutant(
        "unhold out of paying",
        "a refund whose money is on its way can be cancelled",
        moved(refund, "unhold", refund=widened("status", "paying")),
    ),
    Mutant(
        "judged before its time",
        "a pending refund is judged while its stampings are under way",
        patched((advance_refund, "still_under_way", instead(lambda ledger, found: False))),
    ),
    Mutant(
        "a cancelled refund is approved",
        "approve does not ask whether the refund is still as it was read",
        moved(refund, "approve", refund=ungated()),
    ),
    Mutant(
        "a cancelled refund is paid",
        "start does not ask whether the refund is still approved",
        moved(refund, "start", refund=ungated("status")),
    ),
    Mutant(
        "two calls at once",
        "call does not ask whether another call can still reach the provider",
        moved(refund, "call", refund=ungated("call_until")),
    ),
    Mutant(
        "a call not recorded",
        "the provider is called without a word in the ledger",
        moved(refund, "call", refund=changing(put={})),
    ),
    Mutant(
        "a call too soon dead",
        "a call is taken for dead while it can still reach the provider",
        patched((advance_refund, "CALL_LASTS", instead(timedelta(seconds=1)))),
    ),
    Mutant(
        "a new provider key",
        "an unknown answer is followed by a call under a new key",
        patched((advance_refund, "_call", _another_key)),
    ),
    Mutant(
        "unknown is refused",
        "an unknown answer is taken for a refusal",
        patched((advance_refund, "_call", _hearing("unknown", "refused"))),
    ),
    Mutant(
        "unknown is settled",
        "an unknown answer is taken for money",
        patched((advance_refund, "_call", _hearing("unknown", "settled"))),
    ),
    Mutant(
        "money without its entry",
        "settle enters nothing",
        moved(refund, "settle", entry=left_out),
    ),
    Mutant(
        "a clock never wound",
        "the sweep leaves a refund whose clock died alone",
        moved(refund, "rewind", refund=changing(add={})),
    ),
    Mutant(
        "only the first clock",
        "the stream starts a refund's first clock alone",
        patched((carry_out, "work", _first_clock_alone)),
    ),
)
