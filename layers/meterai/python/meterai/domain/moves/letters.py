"""Moves of letters: each is written once, and leaves once but for the rare crash between the post and the row."""

from __future__ import annotations

from datetime import datetime, timedelta

from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, Before, Change, Gate, Is, Move, Put, Row
from meterai.domain.rows import Contact, Letter, LetterStatus

KEPT_FOR = timedelta(days=400)
"""How long a letter's row stays: past any refund and its questions. The row holds neither address nor text."""


def write_letter(letter: Letter) -> Move:
    """A letter is to go out. The stream sends it on its way; the same happening finds it there."""
    return Move("write_letter", (Put(letter.key, letter.row() | {"ttl": _ttl(letter.queued_at + KEPT_FOR)}),))


def take_letter(letter: Letter, lease_until: datetime, now: datetime) -> Move:
    """A worker takes a letter that waits and that nobody has."""
    free: Absent | Before = Before(spell(now)) if letter.lease_until else Absent()
    gate: Gate = {"status": Is("queued"), "lease_until": free}
    return Move("take_letter", (Change(letter.key, gate, put={"lease_until": spell(lease_until)}),))


def end_letter(letter: Letter, status: LetterStatus, reason: str | None, now: datetime) -> Move:
    """queued -> sent, withheld or refused. Whoever finds the gate closed knows that another was faster."""
    told = {"reason": reason} if reason else {}
    put = {"status": status, "ended_at": spell(now), **told}
    return Move("end_letter", (Change(letter.key, {"status": Is("queued")}, put=put, remove=("lease_until",)),))


def resend_letter(letter: Letter, now: datetime) -> Move:
    """A letter that still waits, with nobody at it: its new `queued_at` has the stream send it again."""
    gate: Gate = {"status": Is("queued"), "queued_at": Is(spell(letter.queued_at))}
    return Move("resend_letter", (Change(letter.key, gate, put={"queued_at": spell(now)}, add={"resent": 1}),))


def note_confirmation(contact: Contact, confirmations: list[str], now: datetime, *, new: bool) -> Move:
    """One more confirmation goes to this address. `contact` is as just read; `new` when there was none. Its row goes when
    nothing in it counts any more."""
    kept: Row = {"confirmations": [*confirmations], "ttl": _ttl(now + timedelta(days=2))}
    if new:
        return Move("note_confirmation", (Put(contact.key, {"id": contact.id, **kept}),))
    gate: Gate = {"confirmations": Is([*contact.confirmations])}
    return Move("note_confirmation", (Change(contact.key, gate, put=kept),))


def _ttl(at: datetime) -> int:
    """Seconds since the epoch, as the table's expiry wants them."""
    return int(at.timestamp())
