"""Faults in shards, keys, the outbox and the chains."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from meterai.domain.ledger import Key, Row
from meterai.domain.moves import purchase, quota, stamping
from meterai.domain.outbox import Consequence
from meterai.domain.outbox import Write as Written
from meterai.operations import (
    carry_out,
    chain_entries,
    request_refund,
    request_stamping,
    take_piece,
)
from meterai.operations import purchase as purchasing
from tests.simulation.mutants.seeding import (
    Fault,
    Mutant,
    instead,
    moved,
    not_adding,
    not_putting,
    patched,
    ungated,
)


def _ever_new(prefix: str) -> Fault:
    """Ids of this prefix forget the key that they are made from."""

    def fault(original: Any) -> Any:
        number = itertools.count()

        def made(asked: str, *parts: str) -> Any:
            return original(asked, *parts, str(next(number))) if asked == prefix else original(asked, *parts)

        return made

    return fault


def _at_home_alone(places: Any) -> Any:
    return lambda ledger, wanted, seen, now: iter([take_piece._home(wanted, seen.pool)])


def _no_agenda(noun: str) -> Fault:
    def fault(work: Any) -> Any:
        def made(key: Key, old: Row | None, new: Row | None) -> Iterator[Consequence]:
            return (one for one in work(key, old, new) if key[1] != noun or not isinstance(one, Written))

        return made

    return fault


def _untold(event: str) -> Fault:
    def fault(tidings: Any) -> Any:
        return lambda *change: (one for one in tidings(*change) if one.row.get("type") != event)

    return fault


def _unlisted_rows(tidings: Any) -> Any:
    return lambda *change: (one for one in tidings(*change) if "type" in one.row)


def _nothing_failed(chain: Any) -> Any:
    def chained(ledger: Any, entries: Any) -> dict[str, str]:
        chain(ledger, entries)
        return {}

    return chained


ELSEWHERE: tuple[Mutant, ...] = (
    Mutant(
        "shares out what it has not",
        "share does not ask whether the pool has the pieces",
        moved(quota, "share", quota=ungated("available")),
    ),
    Mutant(
        "gathers what it has not",
        "drain does not ask whether the shard still has the pieces",
        moved(quota, "drain", quota_shard=ungated()),
    ),
    Mutant(
        "pieces counted out for ever",
        "drain takes pieces back and leaves them counted as out",
        moved(quota, "drain", quota=not_adding("shared")),
    ),
    Mutant(
        "a transfer not counted",
        "share does not count the transfer, so that a reader sees pieces twice or not at all",
        moved(quota, "share", quota=not_adding("transfers")),
    ),
    Mutant(
        "a return not counted",
        "release does not count that a shard got a piece back",
        moved(stamping, "release", quota_shard=not_adding("returned")),
    ),
    Mutant(
        "exhausted at home",
        "a busy account is told exhausted when its stamping's own shard is empty",
        patched((take_piece, "_places", _at_home_alone)),
    ),
    Mutant(
        "an invoice's key ignored",
        "the same purchase asked again makes another invoice",
        patched((purchasing, "derived", _ever_new("inv"))),
    ),
    Mutant(
        "a stamping's key ignored",
        "the same stamping asked again is another",
        patched((request_stamping, "derived", _ever_new("stp"))),
    ),
    Mutant(
        "a refund's key ignored",
        "the same refund asked again is another",
        patched((request_refund, "derived", _ever_new("rfd"))),
    ),
    Mutant(
        "a refund forgotten",
        "a request for a refund that was answered is judged anew",
        patched((request_refund, "load", instead(lambda ledger, kind, id: None))),
    ),
    Mutant(
        "a key for another body",
        "a key used again with another body gets the first one's stamping",
        patched(
            (request_stamping, "_replayed", instead(lambda known, _: request_stamping._Requested(known, replayed=True)))
        ),
    ),
    Mutant(
        "an entry off the agenda",
        "a new entry is not put on the agenda: a message that dies takes it along",
        patched((carry_out, "work", _no_agenda("entry"))),
    ),
    Mutant(
        "chained, or not",
        "whoever could not chain an entry says it is chained",
        patched((chain_entries, "chain_entries", _nothing_failed)),
    ),
    Mutant(
        "a list with gaps",
        "new rows do not reach their owner's list",
        patched((carry_out, "tidings", _unlisted_rows)),
    ),
    Mutant(
        "stamping.done untold",
        "a stamp is affixed and its owner hears nothing",
        patched((carry_out, "tidings", _untold("stamping.done"))),
    ),
    Mutant(
        "refund.offered untold",
        "pieces came too late and no refund is offered",
        moved(purchase, "pay", invoice=not_putting("offered_at")),
    ),
)
