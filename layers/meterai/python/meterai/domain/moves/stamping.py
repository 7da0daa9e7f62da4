"""Moves of stampings and serials."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from meterai.domain import money
from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AtLeast, Before, Change, Check, Gate, Is, Move, OneOf, Put, Write
from meterai.domain.moves.entries import entry_put
from meterai.domain.rows import Document, Invoice, Joined, Report, Serial, Stamping

_JUDGED = ("status", "size", "version", "sha256", "refusal", "stamped", "signed")
"""What an examination says in a document's row."""


def bring_document(document: Document) -> Move:
    """A document that somebody is about to upload."""
    return Move("bring_document", (Put(document.key, document.row()),))


def examined(document: Document, found: Document, report: Report) -> Move:
    """What preflight found in an uploaded document; the first finding stands, and pins the version."""
    judged = {name: value for name, value in found.row().items() if name in _JUDGED}
    return Move(
        "examined",
        (
            Change(document.key, {"status": Is("awaiting_upload")}, put=judged),
            Put(report.key, report.row()),
        ),
    )


def repaired(document: Document, found: Document, report: Report) -> Move:
    """A repair's bytes become what will be sealed, unless the document changed since it was read or a stamping claims it.
    Whoever reserves goes by the pinned version, so either comes first and the other finds its gate closed."""
    judged = {name: value for name, value in found.row().items() if name in _JUDGED}
    seen = report.row()
    return Move(
        "repaired",
        (
            Change(
                document.key,
                {"status": OneOf(("ready", "refused")), "version": Is(document.version or ""), "claim": Absent()},
                put=judged,
                remove=tuple(name for name in _JUDGED if name not in judged),
            ),
            Change(
                report.key,
                {},
                put=seen,
                remove=tuple(name for name in ("suggested_placement", "previews") if name not in seen),
            ),
        ),
    )


def previewed(document: Document, report: Report, pages: list[int]) -> Move:
    """Pictures of these pages were kept, of the version that is pinned still."""
    return Move(
        "previewed",
        (
            Check(document.key, {"status": Is("ready"), "version": Is(document.version or "")}),
            Change(report.key, {"previews": Absent()}, put={"previews": list(pages)}),
        ),
    )


def delete_document(document: Document, waiting: frozenset[str]) -> Move:
    """Delete a document, unless its claim changed since `waiting` was found to hold nothing queued or sealing."""
    gate: dict[str, Absent | Is | OneOf] = {"claim": Is(waiting) if waiting else Absent()}
    gate["status"] = OneOf(("awaiting_upload", "ready", "refused"))
    return Move("delete_document", (Change(document.key, gate, put={"status": "deleted"}),))


def reserve_writes(stamping: Stamping, *, another: bool) -> tuple[Write, ...]:
    """The half of reserve that is not quota: the stamping itself, and its claim on a document still as it was examined."""
    untouched: Gate = {
        "status": Is("ready"),
        "account": Is(stamping.account),
        "version": Is(stamping.version),
        "sha256": Is(stamping.sha256),
    }
    gate = untouched if another else {**untouched, "claim": Absent()}
    return (
        Put(stamping.key, stamping.row()),
        Change(Document.key_of(stamping.document), gate, include={"claim": stamping.id}),
    )


def reserve(stamping: Stamping, *, another: bool) -> Move:
    """Cadangkan: one available piece of the stamping's purse is set aside for it, once."""
    return Move(
        "reserve",
        (
            *reserve_writes(stamping, another=another),
            Change(stamping.purse, {"available": AtLeast(1)}, add={"available": -1, "reserved": 1}),
        ),
    )


def join(joined: Joined, document: Document) -> Move:
    """A request is answered with the stamping that its document has, for as long as the claim is as it was read: whoever finds
    the claim empty later also finds this row, or it was never written."""
    return Move("join", (Put(joined.key, joined.row()), Check(document.key, {"claim": Is(document.claim)})))


def assign(stamping: Stamping, serial: Serial | None, now: datetime, lease_until: datetime) -> Move:
    """A worker takes the stamping until `lease_until`. `serial` is the new one; None when the stamping has its own already,
    which stays its own for ever, or when an upstream issuer is still to give it one (moves/serials.py)."""
    gate: dict[str, Is | Before | Absent] = {"status": Is(stamping.status), "attempt": Is(stamping.attempt)}
    if stamping.status == "sealing":
        gate["lease_until"] = Before(spell(now))
    gate["serial"] = Is(stamping.serial) if stamping.serial and serial is None else Absent()
    put = {"status": "sealing", "lease_until": spell(lease_until)} | ({"serial": serial.id} if serial else {})
    change = Change(stamping.key, gate, put=put, add={"attempt": 1})
    return Move("assign", (change, Put(serial.key, serial.row())) if serial else (change,))


def requeue(stamping: Stamping, now: datetime) -> Move:
    """A dead lease with nothing at the sealed key: back into the line. The caller has looked at the key."""
    gate: Gate = {
        "status": Is("sealing"),
        "attempt": Is(stamping.attempt),
        "lease_until": Before(spell(now)),
    }
    return Move("requeue", (Change(stamping.key, gate, put={"status": "queued", "sent_at": spell(now)}),))


def resent(stamping: Stamping, now: datetime) -> Move:
    """A queued stamping whose message is old was sent again."""
    gate: Gate = {"status": Is("queued"), "sent_at": Is(spell(stamping.sent_at))}
    return Move("resent", (Change(stamping.key, gate, put={"sent_at": spell(now)}),))


def drained(waiting: Iterable[tuple[str, datetime]], now: datetime) -> Move:
    """Stampings that waited for the issuer, by their ids and when they were last sent, are sent again: all, or none of them."""
    return Move(
        "drained",
        tuple(
            Change(
                Stamping.key_of(id),
                {"status": Is("queued"), "sent_at": Is(spell(sent_at))},
                put={"sent_at": spell(now)},
            )
            for id, sent_at in waiting
        ),
    )


def offer(stamping: Stamping, invoice: Invoice | None, now: datetime) -> Move:
    """The stamp is later than its promise: once, and with it the money of the invoice that its piece counts against is offered
    back, if there is one that can be."""
    writes: list[Write] = [
        Change(
            stamping.key,
            {"status": OneOf(("queued", "sealing")), "offered_at": Absent()},
            put={"offered_at": spell(now)},
        )
    ]
    if invoice is not None:
        gate: Gate = {"status": Is("paid"), "offered_at": Absent(), "open_refund": Absent()}
        writes.append(Change(invoice.key, gate, put={"offered_at": spell(now)}))
    return Move("offer", tuple(writes))


def commit(stamping: Stamping, serial: str, sealed_sha256: str, sealed_size: int, now: datetime) -> Move:
    """Tetapkan: the sealed bytes that were read back become the stamp. `sealed_sha256` is theirs, never the worker's own."""
    return Move(
        "commit",
        (
            Change(
                stamping.key,
                {"status": Is("sealing"), "serial": Is(serial)},
                put={
                    "status": "done",
                    "sealed_sha256": sealed_sha256,
                    "sealed_size": sealed_size,
                    "ended_at": spell(now),
                },
            ),
            Change(stamping.purse, {"reserved": AtLeast(1)}, add={"reserved": -1, "used": 1}),
            Change(
                Serial.key_of(serial),
                {"state": Is("issued"), "stamping": Is(stamping.id)},
                put={
                    "state": "affixed",
                    "input_sha256": stamping.sha256,
                    "input_length": stamping.size,
                    "sealed_sha256": sealed_sha256,
                    "affixed_at": spell(now),
                },
            ),
            entry_put(money.commit_entry(), of=stamping.id, account=stamping.account, at=now),
        ),
    )


def release(stamping: Stamping, reason: str, now: datetime) -> Move:
    """Lepaskan: the piece returns, only because of the document or its owner. A stamping with a serial is released only by
    who has read its tombstone back; the serial is void, for ever, or burnt where an upstream issuer gave it out."""
    open_still: OneOf = OneOf(("queued", "sealing"))
    counted = {} if stamping.shard is None else {"returned": 1}
    writes: list[Write] = [
        Change(
            stamping.key,
            {"status": open_still, "serial": Is(stamping.serial) if stamping.serial else Absent()},
            put={"status": "released", "reason": reason, "ended_at": spell(now)},
        ),
        Change(stamping.purse, {"reserved": AtLeast(1)}, add={"reserved": -1, "available": 1} | counted),
        Change(Document.key_of(stamping.document), {}, exclude={"claim": stamping.id}),
    ]
    if stamping.serial:
        writes.append(
            Change(
                Serial.key_of(stamping.serial),
                {"state": Is("issued"), "stamping": Is(stamping.id)},
                put={"state": "burnt", "burnt_at": spell(now)} if stamping.issuer else {"state": "void"},
            )
        )
    return Move("release", tuple(writes))
