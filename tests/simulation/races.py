"""Races: a history begins with somebody right before a move, on rows as they read them, and somebody else let loose on them.

What a gate is for happens only between a read and its move; here that instant is where every history starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from meterai.operations.open_shards import open_shards
from tests.simulation.house import House
from tests.simulation.payees import officer
from tests.simulation.people import Crowd, unsealable
from tests.simulation.themes import LEASE_OVER, Focus, Theme, settle_streams

GRACE_OVER = timedelta(days=1, seconds=1)
NOWHERE: Focus = frozenset()


def poised(house: House, before: str, *, time: int = 1) -> None:
    """Let the process that was started last come, in peace, as far as its call named `before`, and wait there for a while."""
    network, process = house.network, house.ready[-1][0]
    left = [time]

    def call(port: str, what: str, do: Callable[[], Any], unreachable: Callable[[], Any], **how: Any) -> Any:
        left[0] -= f"{port}.{what}" == before
        if left[0] > 0:
            return do()
        network.hub.switch()
        return type(network).call(network, port, what, do, unreachable, **how)

    with patch.object(network, "call", call):
        house.turn(len(house.ready) - 1)
    if house.dice.random() < 0.6:
        process.asleep = house.dice.randrange(1, 12)


def started(house: House, name: str, work: Callable[[Any], Any]) -> None:
    """Somebody asks for something, and does not wait for the answer."""
    house.invoke(name, work, lambda _: None)


def _queued(crowd: Crowd, pieces: int = 1, data: bytes = b"a") -> tuple[str, str, str]:
    """An account, a document, and its stamping in line."""
    opened = crowd.account()
    crowd.bought(opened.account.id, pieces)
    document = crowd.document(opened.token, data)
    return opened.account.id, document, crowd.asked_for_stamp(opened.account.id, document)


# Payments ----------------------------------------------------------------------------------------------------------------


def two_codes(crowd: Crowd) -> Focus:
    """Both codes of an invoice are paid, or one is while another is asked for."""
    house, dice = crowd.house, crowd.house.dice
    account = crowd.account().account.id
    bill = crowd.buying(account, dice.randrange(1, 3), crowd.key())(house.now)
    if dice.random() < 0.5:
        other = crowd.renewing(account, bill.invoice.id, crowd.key())(house.now)
        house.pay(other.attempt.id)
        house.deliver_notice(house.notices[-1])
        poised(house, dice.choice(("table.pay", "provider.payments")))
    else:
        started(house, "renew_payment", crowd.renewing(account, bill.invoice.id, crowd.key()))
        poised(house, "table.open_attempt")
    house.pay(bill.attempt.id)
    house.deliver_notice(house.notices[-1])
    poised(house, dice.choice(("table.pay", "provider.payments")))
    return NOWHERE


def two_payments(crowd: Crowd) -> Focus:
    """One code is paid twice, once perhaps wrongly; what must go back is refused by the provider now and then, and owner and
    officer would have it otherwise."""
    house, dice = crowd.house, crowd.house.dice
    account = crowd.account().account.id
    attempt = crowd.buying(account, 1, crowd.key())(house.now).attempt.id
    house.provider.refuses = 0.5
    for _ in range(2):
        house.pay(attempt, amount_idr=dice.choice((None, 12_499)))
        house.deliver_notice(house.notices[-1])
        if dice.random() < 0.5:
            poised(house, dice.choice(("table.pay", "table.overpay")))
    crowd.comes(crowd.grabber(account))
    crowd.comes(officer(crowd))
    return NOWHERE


def paid_at_last(crowd: Crowd) -> Focus:
    """A code is told to have expired, or asked about, and is paid before anybody has noted that."""
    house = crowd.house
    account = crowd.account().account.id
    attempt = crowd.buying(account, 1, crowd.key())(house.now).attempt.id
    if house.dice.random() < 0.3:
        house.now += timedelta(minutes=2)
        house.sweep("open")
        poised(house, "table.asked")
    else:
        house.give_up(attempt)
        house.deliver_notice(house.notices[-1])
        poised(house, "table.expire", time=house.dice.randrange(1, 3))
    house.pay(attempt)
    house.deliver_notice(house.notices[-1])
    return NOWHERE


# Stampings ---------------------------------------------------------------------------------------------------------------


def taken_or_taken_back(crowd: Crowd) -> Focus:
    """A worker takes the first of two stampings, its owner takes it back, once or twice; another worker may take it too."""
    house, dice = crowd.house, crowd.house.dice
    account, document, id = _queued(crowd, 2)
    crowd.stamping(account, document, crowd.key(), another=True)(house.now)
    house.line.send(id)
    house.deliver_message(house.line.messages[-1])
    if dice.random() < 0.6:
        poised(house, "table.assign")
    for _ in range(dice.randrange(1, 3)):
        started(house, "cancel_stamping", crowd.cancelling(account, id))
        if dice.random() < 0.6:
            poised(house, "table.release")
    if dice.random() < 0.4:
        house.line.send(id)
        house.deliver_message(house.line.messages[-1])
    return NOWHERE


def back_from_the_dead(crowd: Crowd) -> Focus:
    """A worker slept past its lease, before or after the sealed key; the sweep found nothing there, or is looking."""
    house, dice = crowd.house, crowd.house.dice
    account, _, id = _queued(crowd, data=unsealable() if dice.random() < 0.2 else b"a")
    house.line.send(id)
    house.deliver_message(house.line.messages[-1])
    poised(house, dice.choice(("table.assign", "sealed.put", "sealed.put")))
    if dice.random() < 0.4:
        house.dies(lambda now: house.seal(id, now), "sealed.put")
    house.now += LEASE_OVER
    house.sweep("open")
    poised(house, dice.choice(("table.requeue", "table.requeue", "sealed.read")))
    if dice.random() < 0.3:
        started(house, "cancel_stamping", crowd.cancelling(account, id))
    return NOWHERE


def one_document(crowd: Crowd) -> Focus:
    """A document is asked a stamp for, from two windows, or deleted meanwhile."""
    house, dice = crowd.house, crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    crowd.bought(account, 2)
    document = crowd.document(opened.token)
    started(house, "request_stamping", crowd.stamping(account, document, crowd.key(), another=False))
    if dice.random() < 0.6:
        poised(house, "table.reserve")
    if dice.random() < 0.5:
        started(house, "delete_document", crowd.deleting(account, document))
        if dice.random() < 0.6:
            poised(house, "table.delete_document")
    else:
        started(house, "request_stamping", crowd.stamping(account, document, crowd.key(), another=False))
        if dice.random() < 0.6:
            poised(house, "table.reserve")
    return NOWHERE


def joined_too_late(crowd: Crowd) -> Focus:
    """A second request is answered with a stamping, or about to be, which its owner takes back; and it is made again."""
    house = crowd.house
    account, document, id = _queued(crowd, 2)
    key = crowd.key()
    asked = crowd.stamping(account, document, key, another=False)
    if house.dice.random() < 0.5:
        asked(house.now)
    else:
        started(house, "request_stamping", asked)
        poised(house, "table.join")
    crowd.cancelling(account, id)(house.now)
    crowd.comes(crowd.insist("request_stamping", asked))
    return NOWHERE


def long_in_line(crowd: Crowd) -> Focus:
    """A stamping has waited for longer than anybody likes; its message is lost, or comes now."""
    house = crowd.house
    account, _, id = _queued(crowd)
    house.now += timedelta(minutes=11)
    if house.dice.random() < 0.5:
        house.line.send(id)
    house.sweep("open")
    crowd.comes(crowd.later(crowd.canceller(account, id)))
    return NOWHERE


def last_piece(crowd: Crowd) -> Focus:
    """A busy partner's pieces are shared out, gathered, stamped and given back, all at once."""
    house, dice = crowd.house, crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    open_shards(house.table, account=account, shards=dice.randrange(2, 4))
    invoice, _ = crowd.bought(account, dice.randrange(1, 4))
    if dice.random() < 0.6:
        id = crowd.asked_for_stamp(account, crowd.document(opened.token, b"0"))
        started(house, "cancel_stamping", crowd.cancelling(account, id))
        if dice.random() < 0.5:
            poised(house, "table.release")
    for n in range(1, dice.randrange(2, 4)):
        wanted = crowd.document(opened.token, b"%d" % n)
        started(house, "request_stamping", crowd.stamping(account, wanted, crowd.key(), another=False))
        poised(house, dice.choice(("table.share", "table.reserve")), time=dice.randrange(1, 3))
    if dice.random() < 0.6:
        started(house, "request_refund", crowd.refunding(account, invoice, crowd.key()))
        poised(house, dice.choice(("table.hold", "table.drain")))
    return frozenset({"request_stamping"})


def kept_moving(crowd: Crowd) -> Focus:
    """A busy partner has a piece all the time, and it is never where it is looked for."""
    house = crowd.house
    opened = crowd.account()
    account = opened.account.id
    open_shards(house.table, account=account, shards=2)
    papers = [crowd.document(opened.token, b"%d" % n) for n in range(4)]
    looking = crowd.stamping(account, papers[0], crowd.key(), another=False)
    if house.dice.random() < 0.5:
        crowd.bought(account, 1)
        started(house, "request_stamping", looking)
        poised(house, "table.share")
        started(house, "request_stamping", crowd.stamping(account, papers[1], crowd.key(), another=False))
        poised(house, "table.reserve", time=2)
        house.ready[-1][0].asleep = 15
    else:
        crowd.bought(account, 2)
        returned = crowd.asked_for_stamp(account, papers[1])
        crowd.cancelling(account, crowd.asked_for_stamp(account, papers[2]))(house.now)
        started(house, "request_stamping", looking)
        poised(house, "table.reserve", time=2)
        crowd.cancelling(account, returned)(house.now)
        crowd.asked_for_stamp(account, papers[3])
    return NOWHERE


def gathered(crowd: Crowd) -> Focus:
    """A refund is about to gather a piece from a busy partner's shard, and a stamping takes it."""
    house = crowd.house
    opened = crowd.account()
    account = opened.account.id
    open_shards(house.table, account=account, shards=2)
    invoice, _ = crowd.bought(account, 2)
    crowd.cancelling(account, crowd.asked_for_stamp(account, crowd.document(opened.token, b"0")))(house.now)
    started(house, "request_refund", crowd.refunding(account, invoice, crowd.key()))
    poised(house, "table.drain")
    crowd.asked_for_stamp(account, crowd.document(opened.token, b"1"))
    return NOWHERE


# Refunds -----------------------------------------------------------------------------------------------------------------


def two_requests(crowd: Crowd) -> Focus:
    """The money of one invoice is asked back from two windows; there are other pieces enough for both."""
    house, dice = crowd.house, crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    invoice, _ = crowd.bought(account, 1)
    pending = dice.random() < 0.6
    if not pending:
        crowd.bought(account, 1)
    else:
        id = crowd.asked_for_stamp(account, crowd.document(opened.token))
        if dice.random() < 0.7:
            settle_streams(crowd)
    for _ in range(2):
        started(house, "request_refund", crowd.refunding(account, invoice, crowd.key()))
        if dice.random() < 0.7:
            poised(house, "table.pend" if pending else "table.hold")
    if pending:
        crowd.comes(crowd.canceller(account, id))
    return NOWHERE


def overtaken(crowd: Crowd) -> Focus:
    """A request is about to hold; another was recorded meanwhile, because the piece was in line for a moment."""
    house = crowd.house
    opened = crowd.account()
    account = opened.account.id
    invoice, _ = crowd.bought(account, 1)
    started(house, "request_refund", crowd.refunding(account, invoice, crowd.key()))
    poised(house, "table.hold")
    id = crowd.asked_for_stamp(account, crowd.document(opened.token))
    settle_streams(crowd)
    crowd.asked_for_money(account, invoice)
    crowd.cancelling(account, id)(house.now)
    return NOWHERE


def mind_changed(crowd: Crowd) -> Focus:
    """A refund takes its next step while its owner takes it back: pending, received, approved or paying."""
    house, dice = crowd.house, crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    invoice, _ = crowd.bought(account, 1)
    step = dice.choice(("table.hold", "table.approve", "table.start"))
    if step == "table.hold":
        id = crowd.asked_for_stamp(account, crowd.document(opened.token))
        settle_streams(crowd)
        refund = crowd.asked_for_money(account, invoice)
        crowd.cancelling(account, id)(house.now)
    else:
        refund = crowd.asked_for_money(account, invoice)
    if step == "table.start":
        house.step(refund, house.now)
        house.now += GRACE_OVER
    house.clocks.start(refund, 1)
    house.advance((refund, 1))
    if dice.random() < 0.6:
        poised(house, step)
    started(house, "cancel_refund", crowd.unrefunding(account, refund))
    if dice.random() < 0.6:
        poised(house, "table.drop" if step == "table.hold" else "table.unhold")
    return NOWHERE


def two_clocks(crowd: Crowd) -> Focus:
    """Two executions of one refund, both about to call a provider that refuses now and then; its first call may be lost."""
    house, dice = crowd.house, crowd.house.dice
    account = crowd.account().account.id
    invoice, _ = crowd.bought(account, 1)
    refund = crowd.asked_for_money(account, invoice)
    house.step(refund, house.now)
    house.now += GRACE_OVER
    house.step(refund, house.now)
    if dice.random() < 0.4:
        house.dies(lambda now: house.step(refund, now), "table.settle" if dice.random() < 0.5 else "provider.refund")
        house.now += timedelta(seconds=31)
    house.provider.refuses = 0.4
    for number, at in (
        (1, ("table.call", "provider.refund")),
        (2, ("table.call", "provider.refund", "provider.refund")),
    ):
        house.clocks.start(refund, number)
        house.advance((refund, number))
        poised(house, dice.choice(at))
        house.now += timedelta(seconds=2)
    return frozenset({"advance_refund"}) if dice.random() < 0.5 else NOWHERE


RACES: tuple[Theme, ...] = (
    two_codes,
    two_payments,
    paid_at_last,
    taken_or_taken_back,
    back_from_the_dead,
    one_document,
    joined_too_late,
    long_in_line,
    last_piece,
    kept_moving,
    gathered,
    two_requests,
    overtaken,
    mind_changed,
    two_clocks,
)
