"""The stream is the outbox: what follows from a row that changed, as a pure function of its two images.

Handlers write the table and nothing else; seal messages, refund executions, lists, the agenda of the sweep and the events that
people read are all made from the stream. A consequence carried out twice is carried out once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import instants, tally
from meterai.domain.chains import ENTRY, LINK, Recorded, recorded
from meterai.domain.ids import derived
from meterai.domain.ledger import Key, Row
from meterai.domain.policy import ALARM_DAY
from meterai.domain.rows import (
    REFUND_ENDED,
    Account,
    Acknowledgement,
    Attempt,
    Document,
    EarlierVersion,
    Invoice,
    Letter,
    LetterKind,
    Line,
    Noun,
    Payment,
    Refund,
    RefundStatus,
    Serial,
    Stamping,
    waits_for_person,
)

RESEND_AFTER = timedelta(minutes=10)
"""A message older than this is sent again: lost or dead, it costs nothing to ask twice."""
LOOK_AGAIN_AFTER = timedelta(hours=6)
"""How often the sweep asks whether a refund's clock still runs."""
LAPSES_AFTER = timedelta(days=7)
"""How long an unconfirmed request waits for its owner, from when it was recorded: as long as the link in its letter."""
AGENDA_SHARDS = 8


@dataclass(frozen=True, slots=True)
class SendToSeal:
    """Ask a worker of its line to finish this stamping."""

    stamping: str
    line: Line


@dataclass(frozen=True, slots=True)
class StartExecution:
    """Start a refund's clock."""

    refund: str
    number: int


@dataclass(frozen=True, slots=True)
class WakeExecution:
    """Have the execution that waits for a person go on: somebody has acted. `number` is the refund's current execution."""

    refund: str
    number: int
    token: str


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """Have a new entry appended to its chain."""

    entry: Recorded


@dataclass(frozen=True, slots=True)
class SendLetter:
    """Have its reader told, once, of what happened."""

    letter: Letter


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Have an account's owner told how their refunds under way stand: until `at` nobody knew the e-mail to be theirs."""

    account: str
    at: datetime
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """Ask a worker to hand this letter to the post."""

    letter: str


@dataclass(frozen=True, slots=True)
class Write:
    """Keep a derived row."""

    key: Key
    row: Row


@dataclass(frozen=True, slots=True)
class Erase:
    """Drop a derived row."""

    key: Key


Consequence = SendToSeal | StartExecution | WakeExecution | ChainEntry | SendLetter | CatchUp | Post | Write | Erase
LISTED: tuple[type[Noun], ...] = (Invoice, Document, Stamping, Refund)
OF_INVOICE: Mapping[str, tuple[type[Noun], str]] = {
    Attempt.name: (Attempt, "created_at"),
    Payment.name: (Payment, "paid_at"),
    Refund.name: (Refund, "received_at"),
}
"""What belongs to an invoice and is listed under it, by which instant: what an officer sees beside a refund."""


def work(key: Key, old: Row | None, new: Row | None) -> Iterator[Consequence]:
    """What must be done because of a change: messages, executions, and the agenda that the sweep reads."""
    if new is None:
        return
    if key[1] == Stamping.name and new["status"] == "queued" and _changed(old, new, "status", "sent_at"):
        yield SendToSeal(key[0], Stamping.of(new).line)
    if (
        key[1] == Refund.name
        and (wanted := _execution(key[0], new))
        and (old is None or wanted != _execution(key[0], old))
    ):
        yield wanted
    if key[1] == Refund.name and (woken := _woken(key[0], new)) and (old is None or woken != _woken(key[0], old)):
        yield woken
    if key[1] == Letter.name and new["status"] == "queued" and _changed(old, new, "queued_at"):
        yield Post(key[0])
    if key[1] == ENTRY and old is None:
        yield ChainEntry(recorded(key[0], new))
    if key[1] == LINK and old is None:
        yield Erase(agenda_key((key[0], ENTRY), _later(new["at"], RESEND_AFTER)))
    before, after = _due(key[1], old), _due(key[1], new)
    if before != after:
        if before:
            yield Erase(agenda_key(key, before))
        if after:
            yield Write(agenda_key(key, after), {"id": key[0], "noun": key[1]})


def counted(key: Key, old: Row | None, new: Row | None, place: str) -> Iterator[tally.Count]:
    """What is counted because of a change. The change's place in the stream names it: told twice, it is the same count."""
    if new is None:
        return
    sums = tally.difference(key[1], old, new)
    if sums:
        yield tally.Count(derived("cnt", *key, place), instants.read(place.partition("#")[0]), sums)


def tidings(key: Key, old: Row | None, new: Row | None, place: str) -> Iterator[Consequence]:
    """What is to be told because of a change: its owner's lists, events and letters, and of which stamp some bytes are without.

    `place` is the change's own place in the stream, instant first: whoever reads events on from a cursor misses none, and the
    same change told twice is the same event."""
    if new is None:
        return
    kind = next((noun for noun in LISTED if noun.name == key[1]), None)
    if kind is not None and old is None:
        born = str(new.get("created_at") or new.get("joined_at") or new.get("received_at"))
        for reference in {None, new.get("reference")}:
            yield Write((list_of(kind, str(new["account"]), reference), f"{born}#{key[0]}"), {"id": key[0]})
    if key[1] in OF_INVOICE and old is None:
        noun, instant = OF_INVOICE[key[1]]
        yield Write((list_of(noun, str(new["invoice"])), f"{new[instant]}#{key[0]}"), {"id": key[0]})
    if key[1] == Refund.name:
        yield from _desk(key[0], old, new)
    if key[1] == Serial.name and new["state"] == "affixed" and _changed(old, new, "state"):
        earlier = EarlierVersion(id=EarlierVersion.id_of(str(new["input_sha256"])), serial=key[0])
        yield Write(earlier.key, earlier.row())
    for number, event in enumerate(_events(key[1], old, new)):
        spot = f"{place}#{number}" if number else place
        row: Row = {"id": derived("evt", key[0], spot), "type": event, "object": key[0], "at": place.partition("#")[0]}
        yield Write((events_of(str(new["account"])), spot), row)
    yield from letters(key, old, new, instants.read(place.partition("#")[0]))


def letters(key: Key, old: Row | None, new: Row, queued_at: datetime) -> Iterator[SendLetter | CatchUp]:
    """What a change is written about: a new account or one whose owner asks again, each status of a refund and each milestone
    that it passes, an offer made for our own failure, a mail that came. The same change gives the same letters."""

    def letter(kind: LetterKind, number: int, at: datetime) -> SendLetter:
        return SendLetter(letter_of(kind, key[0], str(new.get("account", key[0])), number, at, queued_at))

    if key[1] == Account.name and "email" in new and _changed(old, new, "letters"):
        account = Account.of(new)
        asked_at = instants.read(account.confirmations[-1]) if account.confirmations else account.created_at
        if account.email_verified_at is None:
            yield letter("confirm_email", account.letters, asked_at)
    if key[1] == Acknowledgement.name and old is None:
        yield letter("mail.acknowledged", 0, instants.read(str(new["created_at"])))
    if key[1] == Account.name and old is not None and "email_verified_at" in new and "email_verified_at" not in old:
        yield CatchUp(key[0], instants.read(str(new["email_verified_at"])), queued_at)
    if key[1] == Invoice.name and "offered_at" in new and _changed(old, new, "offered_at"):
        yield letter("refund.offered", 0, instants.read(str(new["offered_at"])))
    if key[1] == Refund.name and _changed(old, new, "status", "milestone"):
        refund, before = Refund.of(new), Refund.of(old) if old else None
        if before is None or before.status != refund.status:
            yield letter(_KINDS[refund.status], len(refund.timeline), refund.updated_at)
        if refund.milestone > (before.milestone if before else 0) and not refund.ended:
            passed = refund.milestones[refund.milestone - 1]
            yield letter("refund.milestone", refund.milestone, instants.read(passed["at"]))
            if passed["day"] >= ALARM_DAY:
                yield letter("desk.milestone", refund.milestone, instants.read(passed["at"]))


def letter_of(kind: LetterKind, object: str, account: str, number: int, at: datetime, queued_at: datetime) -> Letter:
    """The letter about this happening, whose id is always the same."""
    id = derived("ltr", kind, object, str(number))
    return Letter(id=id, kind=kind, object=object, account=account, number=number, at=at, queued_at=queued_at)


_KINDS: dict[RefundStatus, LetterKind] = {
    "unconfirmed": "refund.unconfirmed",
    "pending": "refund.pending",
    "received": "refund.received",
    "awaiting_decision": "refund.awaiting_decision",
    "awaiting_destination": "refund.awaiting_destination",
    "approved": "refund.approved",
    "paying": "refund.paying",
    "refunded": "refund.refunded",
    "rejected": "refund.rejected",
    "cancelled": "refund.cancelled",
}


def list_of(kind: type[Noun], owner: str, reference: object = None) -> str:
    """The partition that lists an owner's things of one kind, by time and id: all, or those made with one `reference`."""
    return f"{owner}#{kind.name}" if reference is None else f"{owner}#{kind.name}#{reference}"


def desk_of(status: object = None) -> str:
    """The partition of the officers' queue, by promise date and id: every refund that has not ended, or those of one status."""
    return f"desk#{Refund.name}" if status is None else f"desk#{Refund.name}#{status}"


def events_of(owner: str) -> str:
    """The partition of an owner's events, by time."""
    return f"{owner}#event"


def agenda(noun: str, shard: int) -> str:
    """The partition of what is due for one kind of row; sort keys begin with the instant at which it is."""
    return f"agenda#{noun}#{shard}"


def agenda_key(key: Key, due: str) -> Key:
    """Where a row that is due at `due` stands in the agenda."""
    return (agenda(key[1], zlib.crc32(key[0].encode()) % AGENDA_SHARDS), f"{due}#{key[0]}")


def _due(noun: str, row: Row | None) -> str | None:
    """When the sweep should look at a row, if nothing changes until then."""
    if row is None:
        return None
    match noun, row.get("status"):
        case Stamping.name, "queued":
            return _later(row["sent_at"], RESEND_AFTER)
        case Stamping.name, "sealing":
            return str(row["lease_until"])
        case Document.name, _:
            return str(row["kept_until"])
        case Attempt.name, _:
            return str(row["ask_at"]) if "ask_at" in row else None
        case "entry", _:
            return _later(row["at"], RESEND_AFTER)
        case Refund.name, "unconfirmed":
            return _later(row["updated_at"], LAPSES_AFTER)
        case Letter.name, "queued":
            return _later(row["queued_at"], RESEND_AFTER * 2 ** min(int(str(row.get("resent", 0))), 6))
        case Refund.name, "pending" | "received" | "awaiting_decision" | "awaiting_destination" | "approved" | "paying":
            return _later(row["updated_at"], LOOK_AGAIN_AFTER)
    return None


def _desk(id: str, old: Row | None, new: Row) -> Iterator[Consequence]:
    """Where a refund stands in the officers' queue. It is written anew at every change, so that one that was lost once comes
    back with the next."""
    places = dict.fromkeys(_queued(id, new))
    for gone in _queued(id, old) if old is not None else ():
        if gone not in places:
            yield Erase(gone)
    for place in places:
        yield Write(place, {"id": id})


def _queued(id: str, row: Row) -> tuple[Key, ...]:
    if row["status"] in REFUND_ENDED:
        return ()
    place = f"{row['promise_at']}#{id}"
    return ((desk_of(), place), (desk_of(row["status"]), place))


def _execution(id: str, row: Row) -> StartExecution | None:
    number = row["execution"]
    return StartExecution(id, number) if isinstance(number, int) and row["status"] != "unconfirmed" else None


def _woken(id: str, row: Row) -> WakeExecution | None:
    """The execution that waits in vain, because nobody has to act any more."""
    token, number = row.get("token"), row["execution"]
    if not isinstance(token, str) or not isinstance(number, int) or waits_for_person(row):
        return None
    return WakeExecution(id, number, token)


def _events(noun: str, old: Row | None, new: Row) -> Iterator[str]:
    """The events of a change: of a status, and of a refund offered for our own failure (docs/glossary.md: events)."""
    told: Mapping[str, tuple[str, ...]] = {Invoice.name: ("paid", "expired"), Stamping.name: ("done", "released")}
    status = new.get("status")
    if _changed(old, new, "status") and (noun == Refund.name or status in told.get(noun, ())):
        yield f"{noun}.{status}"
    if noun == Invoice.name and "offered_at" in new and _changed(old, new, "offered_at"):
        yield "refund.offered"


def _changed(old: Row | None, new: Row, *names: str) -> bool:
    return old is None or any(old.get(name) != new.get(name) for name in names)


def _later(instant: object, wait: timedelta) -> str:
    at: datetime = instants.read(str(instant)) + wait
    return instants.spell(at)
