"""Those whose money goes to an account of theirs, and the officers who decide and order it: two for a payout, never one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from meterai.domain.desk import OFFICERS_TURN, turn
from meterai.domain.outbox import desk_of
from meterai.domain.rows import Letter, Refund, RefundWay
from meterai.operations.decide_refund import decide_refund
from meterai.operations.order_payout import order_payout
from meterai.operations.tell_destination import tell_destination
from tests.simulation.house import DAY, House, Visit
from tests.simulation.invariants import Broken
from tests.simulation.outside import ANOTHERS, NOBODYS, OWN
from tests.simulation.people import Crowd

OFFICERS = ("acc_first", "acc_second")
GIVEN = "Budi Santoso"

Work = Callable[[datetime], Any]


# What is asked -----------------------------------------------------------------------------------------------------------


def telling(house: House, refund: str, to: tuple[str, str]) -> Work:
    """Its owner says to which account a refund goes. One that is another's or nobody's is never taken."""

    def work(now: datetime) -> Any:
        told = tell_destination(
            house.ledger,
            house.payouts,
            account=str(house.table.rows[refund, "refund"]["account"]),
            refund_id=refund,
            bank=to[0],
            number=to[1],
            given=GIVEN,
            now=now,
            day=DAY,
        )
        if to not in OWN:
            raise Broken(f"{refund} goes to {house.banks.accounts[to]}")
        return told

    return work


def deciding(house: House, refund: str, by: str, approve: bool, way: RefundWay | None = None) -> Work:
    return lambda now: decide_refund(
        house.ledger, refund_id=refund, by=by, approve=approve, note="officer", now=now, way=way
    )


def ordering(house: House, refund: str, by: str) -> Work:
    return lambda now: order_payout(house.ledger, refund_id=refund, by=by, reason="officer", now=now)


# Scripts -----------------------------------------------------------------------------------------------------------------


def teller(crowd: Crowd, refund: str) -> Visit:
    """Says where the money goes whenever that is asked, now and then an account that is another's, or nobody's."""
    dice, rows = crowd.house.dice, crowd.house.table.rows
    for _ in range(6):
        if rows[refund, "refund"]["status"] == "awaiting_destination":
            to = dice.choice((*OWN, ANOTHERS, NOBODYS))
            yield from crowd.insist("tell_destination", telling(crowd.house, refund, to))
        yield from crowd.idle(dice.randrange(1, 5))


def officer(crowd: Crowd) -> Visit:
    """Decides what waits for a decision and orders what waits for an order, as one or the other of two: what was decided by the
    same one is refused."""
    dice = crowd.house.dice
    for _ in range(5):
        yield from crowd.idle(dice.randrange(1, 6))
        waiting = [one for one in _refunds(crowd.house) if turn(one) in OFFICERS_TURN]
        if not waiting:
            continue
        refund, by = dice.choice(waiting), dice.choice(OFFICERS)
        if turn(refund) == "payout":
            yield from crowd.insist("order_payout", ordering(crowd.house, refund.id, by))
        else:
            way: RefundWay | None = "payout" if dice.random() < 0.3 else None
            decides = deciding(crowd.house, refund.id, by, dice.random() < 0.7, way)
            yield from crowd.insist("decide_refund", decides)


# At rest -----------------------------------------------------------------------------------------------------------------


def everybody_acts(house: House) -> bool:
    """Whoever is asked for something does it, in peace: owners as a letter says, officers as their queue shows. Whether anybody
    was."""
    acted, rows, now = False, house.table.rows, house.now
    wrote = {(row["kind"], row["object"]) for (_, noun), row in rows.items() if noun == Letter.name}
    for refund in _refunds(house):
        whose = turn(refund)
        if whose == "destination":
            if ("refund.awaiting_destination", refund.id) not in wrote:
                raise Broken(f"{refund.id} waits for an account that nobody was asked for")
            if refund.check_after is not None and now < refund.check_after:
                continue
            telling(house, refund.id, house.dice.choice(OWN))(now)
        elif whose in OFFICERS_TURN:
            if (desk_of(refund.status), f"{rows[refund.id, 'refund']['promise_at']}#{refund.id}") not in rows:
                raise Broken(f"{refund.id} waits for an officer, and is in no officer's queue")
            if whose == "payout":
                ordering(house, refund.id, next(one for one in OFFICERS if one != refund.decided_by))(now)
            else:
                deciding(house, refund.id, house.dice.choice(OFFICERS), True, "payout")(now)
        else:
            continue
        acted = True
    return acted


def _refunds(house: House) -> list[Refund]:
    """Those that have not ended."""
    every = [Refund.of(row) for (_, noun), row in house.table.rows.items() if noun == Refund.name]
    return [one for one in every if not one.ended]
