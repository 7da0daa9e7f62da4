"""Faults in how a piece becomes a stamp, or returns."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from meterai.domain.ledger import Change, GateClosed, Is, Move, Put, Write
from meterai.domain.moves import stamping
from meterai.domain.outbox import RESEND_AFTER
from meterai.domain.rows import Quota, Serial, Stamping
from meterai.domain.serial import mint
from meterai.operations import (
    cancel_stamping,
    delete_document,
    seal_stamping,
    sweep,
)
from meterai.operations.find import loaded
from meterai.ports.outside import TOMBSTONE
from tests.simulation import house
from tests.simulation.mutants.seeding import (
    Mutant,
    changing,
    instead,
    left_out,
    moved,
    patched,
    ungated,
    without,
)


def _onto_the_pool(write: Write) -> Write:
    """A write to a shard, made to its pool."""
    return replace(write, key=Quota.key_of(write.key[0].partition("#")[0]))


def _back_to_the_pool(release: Any) -> Any:
    def build(found: Stamping, *rest: Any) -> Move:
        move: Move = release(found, *rest)
        if found.shard is None:
            return move
        writes: list[Write] = []
        for write in move.writes:
            if write.key == found.purse and isinstance(write, Change):
                writes.append(replace(write, add={"reserved": -1, "returned": 1}))
                writes.append(Change(Quota.key_of(found.account), {}, add={"available": 1}))
            else:
                writes.append(write)
        return Move(move.name, tuple(writes))

    return build


def _claim_of_others(write: Write) -> Write:
    return replace(write, exclude={}, remove=("claim",)) if isinstance(write, Change) else write


def _end_at_once(end: Any) -> Any:
    def ended(ledger: Any, sealed: Any, found: Stamping, reason: str, now: datetime) -> Stamping:
        with suppress(GateClosed):
            ledger.apply(stamping.release(found, reason, now))
        return loaded(ledger, Stamping, found.id)

    return ended


def _commit_all(obey: Any) -> Any:
    return lambda ledger, found, there, now: obey(ledger, found, there.removeprefix(TOMBSTONE), now)


def _mint_anew(assign: Any) -> Any:
    """The first worker and every later one mints."""

    def assigned(ledger: Any, found: Stamping, press: seal_stamping.Press, now: datetime, random: Any) -> Stamping:
        taken: Stamping = assign(ledger, found, press, now, random)
        if found.serial is None:
            return taken
        other = Serial(id=mint(random), state="issued", stamping=found.id, issuer=press.issuer.name, issued_at=now)
        change = Change(taken.key, {"status": Is("sealing"), "attempt": Is(taken.attempt)}, put={"serial": other.id})
        with suppress(GateClosed):
            ledger.apply(Move("assign", (change, Put(other.key, other.row()))))
        return loaded(ledger, Stamping, found.id)

    return assigned


def _own_serial(assign: Any) -> Any:
    """Who lost the race for a stamping goes on under the serial that they had minted."""

    def assigned(ledger: Any, found: Stamping, press: seal_stamping.Press, now: datetime, random: Any) -> Stamping:
        minted: list[bytes] = []

        def kept(length: int) -> bytes:
            minted.append(random(length))
            return minted[-1]

        try:
            taken: Stamping = assign(ledger, found, press, now, kept)
        except Exception:
            if found.serial is not None or not minted:
                raise
            again = iter(minted)
            return replace(loaded(ledger, Stamping, found.id), serial=mint(lambda _: next(again)))
        return taken

    return assigned


class _Own:
    """A sealed key that answers with what was brought, not with what is there."""

    def __init__(self, sealed: Any) -> None:
        self._sealed = sealed

    def keep(self, id: str, serial: str, data: bytes) -> bytes:
        self._sealed.keep(id, serial, data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sealed, name)


class _Later(_Own):
    """A sealed key that is written once the worker has done everything else."""

    def __init__(self, sealed: Any) -> None:
        super().__init__(sealed)
        self._put: list[tuple[str, str, bytes]] = []

    def keep(self, id: str, serial: str, data: bytes) -> bytes:
        self._put.append((id, serial, data))
        return data

    def at_last(self) -> None:
        for put in self._put:
            self._sealed.keep(*put)


def _with_own_bytes(seal: Any) -> Any:
    return lambda ledger, sources, sealed, press, **how: seal(ledger, sources, _Own(sealed), press, **how)


def _commit_first(seal: Any) -> Any:
    def sealed_later(ledger: Any, sources: Any, sealed: Any, press: Any, **how: Any) -> Stamping:
        later = _Later(sealed)
        done: Stamping = seal(ledger, sources, later, press, **how)
        later.at_last()
        return done

    return sealed_later


def _release_old(heal: Any) -> Any:
    def healed(ledger: Any, sealed: Any, queue: Any, found: Stamping, now: datetime, **how: Any) -> None:
        if found.status == "queued" and found.serial is None and found.sent_at + RESEND_AFTER < now:
            ledger.apply(stamping.release(found, "timed_out", now))
        else:
            heal(ledger, sealed, queue, found, now, **how)

    return healed


def _end_dead(heal: Any) -> Any:
    def healed(ledger: Any, sealed: Any, queue: Any, found: Stamping, now: datetime, **how: Any) -> None:
        if found.status == "sealing" and found.lease_until is not None and found.lease_until < now:
            seal_stamping.end(ledger, sealed, found, "timed_out", now)
        else:
            heal(ledger, sealed, queue, found, now, **how)

    return healed


STAMPINGS: tuple[Mutant, ...] = (
    Mutant(
        "a piece from nowhere",
        "reserve adds and takes without asking whether a piece is available",
        moved(stamping, "reserve", quota=ungated(), quota_shard=ungated()),
    ),
    Mutant(
        "two claims on one document",
        "reserve does not ask whether another stamping has the document",
        moved(stamping, "reserve", document=ungated("claim")),
    ),
    Mutant(
        "a claim not joined",
        "reserve does not note the stamping on its document",
        moved(stamping, "reserve", document=changing(include={})),
    ),
    Mutant(
        "a stamping of a deleted document",
        "reserve does not ask whether the document is still there",
        moved(stamping, "reserve", document=ungated("status")),
    ),
    Mutant(
        "a shard forgotten",
        "a stamping does not remember that its piece is on a shard",
        moved(stamping, "reserve", stamping=without("shard")),
    ),
    Mutant(
        "an answer not kept",
        "a request that was answered with a document's stamping leaves nothing behind",
        moved(stamping, "join", joined=left_out),
    ),
    Mutant(
        "an answer of yesterday",
        "join does not ask whether the claim is still as it was read",
        moved(stamping, "join", document=left_out),
    ),
    Mutant(
        "a document deleted under a stamping",
        "delete_document does not ask whether the claim is still as it was read",
        moved(stamping, "delete_document", document=ungated("claim")),
    ),
    Mutant(
        "a claim not looked at",
        "a document is deleted whatever its stampings are doing",
        patched((delete_document, "load", instead(lambda ledger, kind, id: None))),
    ),
    Mutant(
        "a released stamping is taken",
        "assign does not ask whether the stamping is still as it was read",
        moved(stamping, "assign", stamping=ungated("status")),
    ),
    Mutant(
        "a second serial",
        "assign asks neither for the attempt nor for the serial that it read",
        moved(stamping, "assign", stamping=ungated("attempt", "serial")),
    ),
    Mutant(
        "every worker mints",
        "a worker that comes back to a stamping gives it a new serial",
        patched((seal_stamping, "_assign", _mint_anew)),
    ),
    Mutant(
        "own serial answered",
        "who lost the race for a stamping goes on under the serial they had minted",
        patched((seal_stamping, "_assign", _own_serial)),
    ),
    Mutant(
        "own hash committed",
        "a worker commits the hash of its own bytes, not of what it read back",
        patched((house, "seal_stamping", _with_own_bytes)),
    ),
    Mutant(
        "commit before the put",
        "a worker commits, and only then puts the bytes",
        patched((house, "seal_stamping", _commit_first)),
    ),
    Mutant(
        "a tombstone is a stamp",
        "the sweep commits whatever it finds at the sealed key",
        patched((sweep, "obey", _commit_all)),
    ),
    Mutant(
        "done out of the line",
        "commit does not ask whether the stamping is being sealed",
        moved(stamping, "commit", stamping=ungated("status")),
    ),
    Mutant(
        "a stamp without its entry",
        "commit moves a piece and enters no duty",
        moved(stamping, "commit", entry=left_out),
    ),
    Mutant(
        "used from another purse",
        "commit takes the piece from the pool, wherever it was reserved",
        moved(stamping, "commit", quota_shard=_onto_the_pool),
    ),
    Mutant(
        "released twice",
        "release does not ask whether the stamping has ended",
        moved(stamping, "release", stamping=ungated("status")),
    ),
    Mutant(
        "released behind a worker",
        "release does not ask whether a worker has given it a serial meanwhile",
        moved(stamping, "release", stamping=ungated("serial")),
    ),
    Mutant(
        "a serial left alive",
        "release does not void the serial",
        moved(stamping, "release", serial=left_out),
    ),
    Mutant(
        "a claim for ever",
        "release leaves the stamping in its document's claim",
        moved(stamping, "release", document=left_out),
    ),
    Mutant(
        "claim freed too widely",
        "release empties the document's whole claim",
        moved(stamping, "release", document=_claim_of_others),
    ),
    Mutant(
        "back to another purse",
        "release gives a shard's piece to the pool",
        patched((stamping, "release", _back_to_the_pool)),
    ),
    Mutant(
        "cancel without tombstone",
        "the owner's cancel releases a stamping that has a serial at once",
        patched((cancel_stamping, "end", _end_at_once)),
    ),
    Mutant(
        "refusal without tombstone",
        "a refused document's stamping is released at once",
        patched((seal_stamping, "end", _end_at_once)),
    ),
    Mutant(
        "requeue ungated",
        "requeue does not ask whether the stamping is still being sealed",
        moved(stamping, "requeue", stamping=ungated("status")),
    ),
    Mutant(
        "release by age",
        "the sweep releases a stamping that has waited too long",
        patched((sweep, "_heal_stamping", _release_old)),
    ),
    Mutant(
        "a dead lease is an end",
        "the sweep buries a stamping whose worker died",
        patched((sweep, "_heal_stamping", _end_dead)),
    ),
)
