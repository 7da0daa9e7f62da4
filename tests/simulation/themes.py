"""What a history begins with: who is there, what the disaster finds half done, and where it looks closest.

Each theme sets its people up in peace and names the operations whose calls go wrong most: a rare path is walked often when a
history begins near it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from meterai.operations.open_shards import open_shards
from tests.simulation.payees import officer
from tests.simulation.people import Crowd, unsealable

Focus = frozenset[str]
Theme = Callable[[Crowd], Focus]
LEASE_OVER = timedelta(seconds=26)


def buying(crowd: Crowd) -> Focus:
    """Two windows buy and pay; one may stamp at once."""
    opened = crowd.account()
    account = opened.account.id
    crowd.comes(crowd.buyer(account))
    crowd.comes(crowd.buyer(account))
    if crowd.house.dice.random() < 0.5:
        crowd.comes(crowd.stamper(account, [crowd.document(opened.token)]))
    return frozenset({"purchase", "renew_payment", "credit", "bill_of"})


def unnoticed(crowd: Crowd) -> Focus:
    """Payments whose notifications were lost: right, wrong, late, twice; only the sweep will find them."""
    dice, house = crowd.house.dice, crowd.house
    account = crowd.account().account.id
    for _ in range(dice.randrange(1, 3)):
        bill = crowd.buying(account, 1, crowd.key())(house.now)
        codes = [bill.attempt.id]
        if dice.random() < 0.5:
            codes.append(crowd.renewing(account, bill.invoice.id, crowd.key())(house.now).attempt.id)
        for code in codes:
            mood = dice.random()
            if mood < 0.25:
                house.provider.deny(code) if dice.random() < 0.5 else house.provider.expire(code)
            elif mood < 0.9:
                house.pay(code, amount_idr=12_499 if dice.random() < 0.25 else None)
                house.notices.pop()
    crowd.comes(crowd.buyer(account))
    house.now += timedelta(minutes=dice.choice((2, 6, 20)))
    house.sweep("open")
    return frozenset({"sweep"})


def twice(crowd: Crowd) -> Focus:
    """An invoice already paid is paid again."""
    dice, house = crowd.house.dice, crowd.house
    opened = crowd.account()
    account = opened.account.id
    _, attempt = crowd.bought(account, 1)
    for _ in range(dice.randrange(1, 3)):
        house.pay(attempt, amount_idr=dice.choice((None, None, 12_499, 30_000)))
    crowd.comes(crowd.buyer(account))
    crowd.comes(officer(crowd))
    crowd.comes(crowd.grabber(account))
    return frozenset({"credit", "advance_refund"})


def stamping(crowd: Crowd) -> Focus:
    """Two windows stamp the same documents from the same few pieces."""
    dice = crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    crowd.sharded(account)
    crowd.bought(account, dice.randrange(1, 4))
    documents = [crowd.document(opened.token, unsealable() if dice.random() < 0.15 else b"%d" % n) for n in range(3)]
    crowd.comes(crowd.stamper(account, documents[:2]))
    crowd.comes(crowd.stamper(account, documents[dice.randrange(3) :]))
    if dice.random() < 0.2:
        crowd.comes(crowd.buyer(account))
    return frozenset({"request_stamping", "seal", "deliver_stamping", "dispatch", "tell"})


def left_by_workers(crowd: Crowd) -> Focus:
    """Workers died before, at and after the sealed key; leases end, and worker, sweep and owner all come at once."""
    dice, house = crowd.house.dice, crowd.house
    opened = crowd.account()
    account = opened.account.id
    crowd.bought(account, 2)
    ids = []
    for n in range(2):
        data = unsealable() if dice.random() < 0.25 else b"%d" % n
        id = crowd.asked_for_stamp(account, crowd.document(opened.token, data))
        at = dice.choice(("sources.pinned", "sealed.put", "table.commit", "table.release", "sealed.read back"))
        house.dies(partial(house.seal, id), at)
        if dice.random() < 0.3:
            house.dies(
                crowd.cancelling(account, id), dice.choice(("sealed.read back", "table.release", "table.commit"))
            )
        ids.append(id)
    house.now += LEASE_OVER
    who = dice.random()
    for id in ids:
        if who < 0.35 or dice.random() < 0.2:
            crowd.comes(crowd.canceller(account, id))
        if who >= 0.65:
            house.line.send(id)
    crowd.comes(crowd.stamper(account, [crowd.document(opened.token)]))
    house.sweep("open" if dice.random() < 0.5 else "due")
    return frozenset({"sweep", "seal", "cancel_stamping"})


def cancelling(crowd: Crowd) -> Focus:
    """Owners take their stampings back while workers are at them, and delete the documents."""
    dice = crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    crowd.bought(account, 2)
    for n in range(2):
        document = crowd.document(opened.token, b"%d" % n)
        id = crowd.asked_for_stamp(account, document)
        if dice.random() < 0.6:
            crowd.house.line.send(id)
        crowd.comes(crowd.canceller(account, id))
        if dice.random() < 0.5:
            crowd.comes(crowd.deleter(account, document))
    crowd.comes(crowd.stamper(account, [crowd.document(opened.token, unsealable())]))
    return frozenset({"cancel_stamping", "delete_document", "deliver_stamping", "seal"})


def outlived(crowd: Crowd) -> Focus:
    """Documents whose time is over, some still stamped at the last minute."""
    dice, house = crowd.house.dice, crowd.house
    opened = crowd.account()
    account = opened.account.id
    crowd.bought(account, 2)
    documents = [crowd.document(opened.token, b"%d" % n) for n in range(2)]
    id = crowd.asked_for_stamp(account, documents[0])
    if dice.random() < 0.5:
        house.seal(id, house.now)
    house.now += timedelta(days=31)
    crowd.comes(crowd.stamper(account, documents))
    house.sweep("open" if dice.random() < 0.4 else "due")
    return frozenset({"sweep", "deliver_stamping"})


def money_back(crowd: Crowd) -> Focus:
    """Refunds asked for, from two windows, while the pieces are used."""
    dice = crowd.house.dice
    opened = crowd.account()
    account = opened.account.id
    crowd.sharded(account)
    invoices = [crowd.bought(account, dice.randrange(1, 3)) for _ in range(dice.randrange(1, 3))]
    for invoice, _ in invoices:
        crowd.comes(crowd.refunder(account, invoice))
    crowd.comes(crowd.stamper(account, [crowd.document(opened.token, unsealable() if dice.random() < 0.2 else b"a")]))
    crowd.comes(officer(crowd))
    return frozenset({"request_refund", "advance_refund", "cancel_refund", "find refund"})


def pending(crowd: Crowd) -> Focus:
    """Refunds asked for while pieces are in line: judged when those have ended, or taken back before."""
    dice, house = crowd.house.dice, crowd.house
    opened = crowd.account()
    account = opened.account.id
    crowd.sharded(account)
    invoice, _ = crowd.bought(account, 1)
    id = crowd.asked_for_stamp(account, crowd.document(opened.token, unsealable() if dice.random() < 0.5 else b"a"))
    if dice.random() < 0.4:
        crowd.comes(crowd.refunder(account, invoice))
        crowd.comes(crowd.canceller(account, id))
        return frozenset({"request_refund", "cancel_stamping"})
    settle_streams(crowd)
    refund = crowd.asked_for_money(account, invoice)
    if dice.random() < 0.4:
        house.seal(id, house.now)
    if dice.random() < 0.4:
        crowd.comes(crowd.unrefunder(account, refund))
    if dice.random() < 0.4:
        crowd.comes(crowd.canceller(account, id))
    house.clocks.start(refund, 1)
    crowd.comes(crowd.stamper(account, [crowd.document(opened.token)]))
    return frozenset({"advance_refund", "cancel_refund", "request_refund"})


def busy_partner(crowd: Crowd) -> Focus:
    """A quota in shards whose pieces are scattered: stampings, and refunds that must gather what they hold."""
    dice, house = crowd.house.dice, crowd.house
    opened = crowd.account()
    account = opened.account.id
    open_shards(house.table, account=account, shards=dice.randrange(2, 4))
    invoices = [crowd.bought(account, dice.randrange(1, 3))[0] for _ in range(dice.randrange(1, 3))]
    id = crowd.asked_for_stamp(account, crowd.document(opened.token))
    if dice.random() < 0.7:
        settle_streams(crowd)
        house.clocks.start(crowd.asked_for_money(account, invoices[0]), 1)
    else:
        crowd.comes(crowd.refunder(account, invoices[0]))
    if dice.random() < 0.85:
        crowd.cancelling(account, id)(house.now)
    for n in range(dice.randrange(1, 3)):
        crowd.comes(crowd.stamper(account, [crowd.document(opened.token, b"%d" % n)]))
    return frozenset()


def unchained(crowd: Crowd) -> Focus:
    """Entries whose way to their chains was lost: their messages died, or the stream is behind."""
    house = crowd.house
    opened = crowd.account()
    account = opened.account.id
    crowd.bought(account, 1)
    crowd.bought(account, 1)
    house.seal(crowd.asked_for_stamp(account, crowd.document(opened.token)), house.now)
    settle_streams(crowd)
    house.recorded.messages.clear()
    house.now += timedelta(minutes=11)
    house.chain_late()
    crowd.comes(crowd.buyer(account))
    return frozenset({"chain"})


def paying(crowd: Crowd) -> Focus:
    """Refunds whose grace is over: the provider is called, refuses, loses its answer; officers decide; clocks die."""
    dice, house = crowd.house.dice, crowd.house
    account = crowd.account().account.id
    refunds = []
    for _ in range(2):
        invoice, attempt = crowd.bought(account, 1)
        if dice.random() < 0.35:
            house.pay(attempt, amount_idr=None)
            house.credit(house.notices.pop(), house.now)
            continue
        refund = crowd.asked_for_money(account, invoice)
        house.step(refund, house.now)
        refunds.append(refund)
    house.now += timedelta(days=1, seconds=1)
    for refund in refunds:
        house.dies(partial(house.step, refund), dice.choice(("table.call", "table.start", "table.settle")))
        if dice.random() < 0.4:
            crowd.comes(crowd.unrefunder(account, refund))
        if dice.random() < 0.6:
            house.clocks.start(refund, 1)
    house.now += timedelta(seconds=31)
    crowd.comes(officer(crowd))
    if dice.random() < 0.5:
        house.sweep("open" if dice.random() < 0.5 else "due")
    return frozenset({"advance_refund", "decide_refund", "cancel_refund", "sweep"})


def refused(crowd: Crowd) -> Focus:
    """Refunds that the provider has refused: officers and owners at once."""
    dice, house = crowd.house.dice, crowd.house
    account = crowd.account().account.id
    for _ in range(2):
        invoice, _ = crowd.bought(account, 1)
        refund = crowd.asked_for_money(account, invoice)
        house.step(refund, house.now)
        house.now += timedelta(days=1, seconds=1)
        house.step(refund, house.now)
        house.provider.refund_fates = ["refused"]
        house.step(refund, house.now)
        house.provider.refund_fates = []
        if dice.random() < 0.4:
            crowd.comes(crowd.unrefunder(account, refund))
    crowd.comes(officer(crowd))
    crowd.comes(officer(crowd))
    return frozenset({"decide_refund", "cancel_refund", "advance_refund", "find refund"})


def settle_streams(crowd: Crowd) -> None:
    """Let the stream's readers catch up, in peace."""
    house = crowd.house
    for reader, shards in enumerate(house.streams):
        for shard, changes in enumerate(shards):
            while changes:
                house.read_stream(reader, shard)
                house.turn(len(house.ready) - 1)


THEMES: tuple[Theme, ...] = (
    buying,
    unnoticed,
    twice,
    stamping,
    left_by_workers,
    cancelling,
    outlived,
    money_back,
    pending,
    busy_partner,
    unchained,
    paying,
    refused,
)
"""Drawn evenly by histories that aim at nothing."""
