"""Holes: faults seeded into moves, operations and what is outside. The checker must fall into each of them.

Each is a clause of the ledger's design taken away; where two gates guard one thing (defence in depth), both are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from meterai.domain.ids import RandomBytes
from meterai.domain.ledger import Change, GateClosed, Move, OneOf, Put, Write
from meterai.domain.moves import refund
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Quota, Refund, Serial, Stamping
from meterai.domain.serial import mint
from meterai.operations import advance_refund, cancel_stamping, carry_out, seal_stamping, sweep
from meterai.operations.find import loaded
from meterai.ports.ledger import Ledger
from meterai.ports.outside import SealedFiles, SealQueue
from tests.simulation.model import programs
from tests.simulation.model.scope import Hole

ChangeOfWrite = Callable[[Write], Write | None]


def _written(name: str, noun: str, how: ChangeOfWrite) -> Callable[[Move], Move]:
    """A move whose write to this noun is another, or (None) none at all."""

    def changed(move: Move) -> Move:
        if move.name != name:
            return move
        writes = ((how(write) if write.key[1] == noun else write) for write in move.writes)
        return Move(name, tuple(write for write in writes if write is not None))

    return changed


def _ungated(name: str, noun: str, *attributes: str) -> Callable[[Move], Move]:
    """A move without the gate on these attributes."""

    def how(write: Write) -> Write:
        if isinstance(write, Put):
            return write
        return replace(write, when={name: test for name, test in write.when.items() if name not in attributes})

    return _written(name, noun, how)


def _left_out(name: str, noun: str) -> Callable[[Move], Move]:
    return _written(name, noun, lambda _: None)


def _gated(name: str, noun: str, attribute: str, *values: str) -> Callable[[Move], Move]:
    """A move whose gate lets these values through."""
    return _written(
        name,
        noun,
        lambda write: (
            replace(write, when={**write.when, attribute: OneOf(values)}) if isinstance(write, Change) else write
        ),
    )


def _all(*changes: Callable[[Move], Move]) -> Callable[[Move], Move]:
    def changed(move: Move) -> Move:
        for change in changes:
            move = change(move)
        return move

    return changed


def _whole_claim(write: Write) -> Write:
    return replace(write, exclude={}, remove=("claim",)) if isinstance(write, Change) else write


def _in_the_pool(write: Write) -> Write:
    return replace(write, key=Quota.key_of(write.key[0].partition("#")[0])) if isinstance(write, Change) else write


# Operations that forget a clause -----------------------------------------------------------------------------------------


def _end_without_tombstone(
    ledger: Ledger, sealed: SealedFiles, found: Stamping, reason: str, now: datetime
) -> Stamping:
    with suppress(GateClosed):
        ledger.apply(moves.release(found, reason, now))
    return loaded(ledger, Stamping, found.id)


def _commit_whatever_is_there(ledger: Ledger, found: Stamping, there: bytes, now: datetime) -> Stamping:
    with suppress(GateClosed):
        digest = hashlib.sha256(there).hexdigest()
        ledger.apply(moves.commit(found, found.serial or "", digest, len(there), now))
    return loaded(ledger, Stamping, found.id)


class _OwnBytes:
    """A sealed key that answers what was brought, not what is there."""

    def __init__(self, sealed: SealedFiles) -> None:
        self._sealed = sealed

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        self._sealed.keep(stamping, serial, data)
        return data

    def read(self, stamping: str, serial: str) -> bytes | None:
        return self._sealed.read(stamping, serial)

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        return ""


def _own_hash(ledger: Any, sources: Any, sealed: Any, press: Any, **how: Any) -> Stamping:
    return seal_stamping.seal_stamping(ledger, sources, _OwnBytes(sealed), press, **how)


def _commit_before_put(ledger: Any, sources: Any, sealed: Any, press: Any, **how: Any) -> Stamping:
    class Late(_OwnBytes):
        def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
            found, digest = loaded(ledger, Stamping, stamping), hashlib.sha256(data).hexdigest()
            with suppress(GateClosed):
                ledger.apply(moves.commit(found, serial, digest, len(data), how["now"]))
            return super().keep(stamping, serial, data)

    return seal_stamping.seal_stamping(ledger, sources, Late(sealed), press, **how)


def _mint_anew(
    ledger: Ledger, found: Stamping, press: seal_stamping.Press, now: datetime, random: RandomBytes
) -> Stamping:
    serial = Serial(id=mint(random), state="issued", stamping=found.id, issuer=press.issuer.name, issued_at=now)
    with suppress(GateClosed):
        ledger.apply(moves.assign(found, serial, now, now + seal_stamping.LEASE))
    return loaded(ledger, Stamping, found.id)


def _release_by_age(
    ledger: Ledger, sealed: SealedFiles, queue: SealQueue, found: Stamping, now: datetime, **_: Any
) -> None:
    if found.lease_until is not None and found.lease_until < now and sealed.read(found.id, found.serial or "") is None:
        ledger.apply(moves.release(found, "document_unreadable", now))


def _requeue_the_living(
    ledger: Ledger, sealed: SealedFiles, queue: SealQueue, found: Stamping, now: datetime, **_: Any
) -> None:
    if found.status == "sealing":
        ledger.apply(moves.requeue(found, now))


def _never_heal(
    ledger: Ledger, sealed: SealedFiles, queue: SealQueue, found: Stamping, now: datetime, **_: Any
) -> None:
    if found.status == "queued":
        queue.send(found.id, found.line)


def _cancel_any(ledger: Ledger, *, account: str, refund_id: str, now: datetime) -> None:
    with suppress(GateClosed):
        ledger.apply(refund.unhold(loaded(ledger, Refund, refund_id), "cancelled", "owner", now))


def _look_and_leave(ledger: Ledger, executions: Any, waiting: Any) -> None:
    loaded(ledger, Refund, waiting.refund)


def _settled_under_way(pay: Callable[..., tuple[str, str | None]]) -> Callable[..., tuple[str, str | None]]:
    def paid(*how: Any) -> tuple[str, str | None]:
        outcome, reference = pay(*how)
        return "settled" if outcome == "under_way" else outcome, reference

    return paid


def _forgetting(*, remove: tuple[str, ...] = (), put: tuple[str, ...] = ()) -> ChangeOfWrite:
    """A change that leaves these attributes as they are."""

    def how(write: Write) -> Write:
        assert isinstance(write, Change)
        kept = {name: value for name, value in write.put.items() if name not in put}
        return replace(write, put=kept, remove=tuple(name for name in write.remove if name not in remove))

    return how


HOLES = {
    hole.name: hole
    for hole in (
        # What a stamp is
        Hole(
            "release without a tombstone",
            "stamping",
            patches=((seal_stamping, "end", _end_without_tombstone), (cancel_stamping, "end", _end_without_tombstone)),
        ),
        Hole(
            "tombstone committed",
            "stamping",
            patches=((seal_stamping, "obey", _commit_whatever_is_there), (sweep, "obey", _commit_whatever_is_there)),
        ),
        Hole("sealed key written over", "stamping", overwrites=True),
        Hole("own hash committed", "stamping", patches=((programs, "seal_stamping", _own_hash),)),
        Hole("commit before the put", "stamping", patches=((programs, "seal_stamping", _commit_before_put),)),
        Hole(
            "own serial minted anew",
            "stamping",
            move=_ungated("assign", "stamping", "serial"),
            patches=((seal_stamping, "_assign", _mint_anew),),
        ),
        Hole("release without the serial's gate", "stamping", move=_ungated("release", "stamping", "serial")),
        Hole("release leaves its serial issued", "stamping", move=_left_out("release", "serial")),
        Hole("requeue ungated", "stamping", move=_ungated("requeue", "stamping", "status", "attempt", "lease_until")),
        Hole(
            "requeue without the lease",
            "stamping",
            move=_ungated("requeue", "stamping", "lease_until"),
            patches=((sweep, "_heal_stamping", _requeue_the_living),),
        ),
        Hole("assign under a live lease", "stamping", move=_ungated("assign", "stamping", "lease_until")),
        Hole("release by age", "stamping", patches=((sweep, "_heal_stamping", _release_by_age),)),
        Hole("dead leases are left", "one worker", patches=((sweep, "_heal_stamping", _never_heal),)),
        # What claims a piece
        Hole("claim freed too widely", "claims", move=_written("release", "document", _whole_claim)),
        Hole("reserve without the claim", "claims", move=_ungated("reserve", "document", "claim")),
        Hole("reserve without a piece", "waiting", move=_ungated("reserve", "quota", "available")),
        Hole("release twice", "claims", move=_ungated("release", "stamping", "status")),
        Hole("source deleted while needed", "deletion", move=_ungated("delete_document", "document", "claim")),
        Hole("release to the pool", "shards, two requests", move=_written("release", "quota_shard", _in_the_pool)),
        Hole("share without pieces", "shards", move=_ungated("share", "quota", "available", "transfers")),
        # What was paid
        Hole("pay only while open", "late payment", move=_gated("pay", "attempt", "status", "open")),
        Hole("pay without the invoice's gate", "payments", move=_ungated("pay", "invoice", "status")),
        Hole(
            "a payment counted twice",
            "payments",
            move=_all(_left_out("pay", "payment"), _left_out("overpay", "payment")),
        ),
        Hole("an overpaid payment is not kept", "payments", move=_left_out("overpay", "payment")),
        Hole("overpay without a refund", "payments", move=_left_out("overpay", "refund")),
        Hole(
            "overpay that can be cancelled",
            "overpaid",
            move=_all(_left_out("unhold", "invoice"), _left_out("unhold", "quota")),
            patches=((programs, "cancel_refund", _cancel_any),),
        ),
        # What goes back
        Hole("hold without open_refund", "refunds, three", move=_ungated("hold", "invoice", "open_refund", "status")),
        Hole("hold without pieces", "waiting", move=_ungated("hold", "quota", "available")),
        Hole("drop keeps open_refund", "waiting", move=_left_out("drop", "invoice")),
        Hole("unhold keeps the pieces", "refunds", move=_left_out("unhold", "quota")),
        Hole("unhold out of paying", "paying", move=_ungated("unhold", "refund", "status")),
        Hole("a new provider key after unknown", "paying", unknown_is="refused"),
        Hole("unknown is taken for settled", "paying", unknown_is="settled"),
        Hole("two calls at once", "forgetful provider", move=_ungated("call", "refund", "call_until")),
        Hole(
            "settle twice",
            "paying",
            move=_all(
                _ungated("settle", "refund", "status", "provider_key"),
                _ungated("settle", "invoice", "status", "open_refund"),
                _ungated("settle", "quota", "held"),
                _left_out("settle", "entry"),
            ),
        ),
        Hole("one officer", "payout", move=_ungated("order_payout", "refund", "decided_by")),
        Hole(
            "a payout that nobody ordered",
            "payout",
            move=_ungated("start", "refund", "paid_by"),
            patches=((Refund, "waits_for_person", property(lambda _: False)),),
        ),
        Hole("an account asked for again", "payout", move=_ungated("destine", "refund", "destination")),
        Hole(
            "an approval of no account",
            "payout",
            move=_written("destine", "refund", _forgetting(remove=("decided_by", "paid_by"))),
        ),
        Hole(
            "a bounce forgotten",
            "payout",
            move=_written("refused", "refund", _forgetting(remove=("destination", "decided_by", "paid_by"))),
        ),
        Hole("an unknown payout is refused", "payout", unknown_is="refused"),
        Hole("an unknown payout is settled", "payout", unknown_is="settled"),
        Hole(
            "settled under way",
            "payout",
            patches=((advance_refund, "_payout", _settled_under_way(advance_refund._payout)),),
        ),
        Hole(
            "a refusal of no call",
            "payout",
            move=_all(
                _ungated("call", "refund", "call_until"), _ungated("refused", "refund", "status", "provider_key")
            ),
        ),
        Hole("a token that nobody has", "woken", move=_written("await_person", "refund", _forgetting(put=("token",)))),
        Hole("a decision that wakes nobody", "woken", patches=((carry_out, "_wake", _look_and_leave),)),
        Hole("start without its gate", "paying", move=_ungated("start", "refund", "status", "tries", "call_until")),
    )
}
