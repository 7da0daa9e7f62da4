"""Moves that officers make. Each writes an entry in the same transaction, so that no act of an officer is without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from meterai.domain.desk import ENDS, Act, signed
from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AbsentOr, Change, Check, Is, IsNot, Move, Put, Value, Write
from meterai.domain.moves import refund as moves
from meterai.domain.moves.entries import act_put
from meterai.domain.rows import Destination, Refund, RefundWay, Submission


def written_down(refund: Refund, submission: Submission | None, *, by: str, now: datetime) -> Move:
    """Catat: an officer writes a request down for its owner, who has yet to confirm it. When it is said to have arrived is the
    officer's word: it is in the entry."""
    line = signed(moves.happening("unconfirmed", now, refund.reason), "note", by=by, number=refund.acts + 1)
    what: dict[str, Value] = {"arrived_at": spell(refund.received_at)}
    if submission is not None and submission.channel is not None:
        what["channel"] = submission.channel
    noted = moves.note(replace(refund, timeline=[line], acts=refund.acts + 1), submission)
    return Move(noted.name, (*noted.writes, _entry(refund, "note", by, refund.reason, now, what)))


def decided(
    refund: Refund, *, approve: bool, by: str, reason: str, now: datetime, way: RefundWay | None = None
) -> Move:
    """Putuskan: awaiting_decision -> approved (to be paid `way`, as before when None) or rejected. Whoever had ordered a payout
    before that did not: an order belongs to one decision."""
    move = moves.approve(refund, now, reason, way=way) if approve else moves.unhold(refund, "rejected", reason, now)
    put: dict[str, Value] = {"decided_by": by}
    act: Act = "approve" if approve else "reject"
    entry = _entry(refund, act, by, reason, now, {"way": way or refund.way} if approve else {})
    writes = (_by(refund, write, act, by, put, ("paid_by",)) for write in move.writes)
    return Move(move.name, (*writes, entry))


def order_payout(refund: Refund, destination: Destination, *, by: str, reason: str, now: datetime) -> Move:
    """Cairkan: an approved payout is ordered, once, by another officer than the one who decided it: the table itself refuses
    the same one. The account that money goes to is the one that `by` saw."""
    act = _by(
        refund,
        Change(
            refund.key,
            {
                "status": Is("approved"),
                "way": Is("payout"),
                "decided_by": IsNot(by),
                "paid_by": Absent(),
                "call_until": Absent(),
            },
            put={"updated_at": spell(now)},
            append={"timeline": moves.happening("approved", now, reason)},
        ),
        "payout",
        by,
        {"paid_by": by},
        (),
    )
    as_seen = {name: Is(getattr(destination, name)) for name in ("bank", "number", "holder")}
    what: dict[str, Value] = {"bank": destination.bank, "number_ends": destination.number[-ENDS:]}
    entry = _entry(refund, "payout", by, reason, now, what)
    return Move("order_payout", (act, Check(destination.key, as_seen), entry))


def _by(refund: Refund, write: Write, act: Act, by: str, put: dict[str, Value], remove: tuple[str, ...]) -> Write:
    """The refund's own write with the officer's name in it; others as they are."""
    if not isinstance(write, Change) or write.key != refund.key:
        return write
    line = write.append["timeline"]
    told = signed(line if isinstance(line, dict) else {}, act, by=by, number=refund.acts + 1)
    return replace(
        write,
        when={**write.when, "acts": AbsentOr(refund.acts) if refund.acts == 0 else Is(refund.acts)},
        put={**write.put, **put},
        add={**write.add, "acts": 1},
        append={**write.append, "timeline": told},
        remove=(*write.remove, *remove),
    )


def _entry(refund: Refund, act: Act, by: str, reason: str, now: datetime, what: dict[str, Value]) -> Put:
    facts: dict[str, Value] = {"amount_idr": refund.amount_idr, **what}
    return act_put(
        act, of=refund.id, number=refund.acts + 1, account=refund.account, by=by, reason=reason, at=now, what=facts
    )
