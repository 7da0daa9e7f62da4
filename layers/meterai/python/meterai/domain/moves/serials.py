"""Moves of serials that an upstream issuer gave out: a serial is spent with that, so none is forgotten (DESIGN: serials)."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, Change, Gate, Is, Move, Put, Write
from meterai.domain.rows import Serial, SerialImage, Stamping


def number(stamping: Stamping, serial: Serial, image: SerialImage) -> Move:
    """The worker that has the stamping's lease gives it a serial that was just given out, kept with its picture before anything
    is signed for it."""
    return Move("number", (_numbered(stamping, serial), Put(serial.key, serial.row()), Put(image.key, image.row())))


def spend(stamping: Stamping, spare: Serial, image: SerialImage | None, now: datetime) -> Move:
    """The same with a serial that was burnt before and is known to be unsigned; `image` where its picture was not kept yet."""
    writes: list[Write] = [
        _numbered(stamping, spare),
        Change(
            spare.key,
            {"state": Is("spare")},
            put={"state": "issued", "stamping": stamping.id, "issued_at": spell(now)},
            remove=("burnt_at",),
        ),
    ]
    return Move("spend", (*writes, Put(image.key, image.row())) if image else tuple(writes))


def burn(serial: Serial) -> Move:
    """A serial that was given out and belongs to nobody, because whoever asked for it had lost its lease, or its answer, is
    kept, so that it is not forgotten."""
    return Move("burn", (Put(serial.key, serial.row()),))


def reclaim(serial: Serial, *, spare: bool) -> Move:
    """The issuer has said of a burnt serial whether nothing is signed for it: it is spare, or void for ever."""
    gate: Gate = {"state": Is("burnt"), "burnt_at": Is(spell(serial.burnt_at or serial.issued_at))}
    return Move("reclaim", (Change(serial.key, gate, put={"state": "spare" if spare else "void"}),))


def _numbered(stamping: Stamping, serial: Serial) -> Change:
    gate: Gate = {"status": Is("sealing"), "attempt": Is(stamping.attempt), "serial": Absent()}
    return Change(stamping.key, gate, put={"serial": serial.id, "issuer": serial.issuer})
