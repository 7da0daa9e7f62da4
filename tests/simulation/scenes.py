"""Scenes: a history begins one step before a call that few histories would reach, and something goes wrong right there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from meterai.operations.open_shards import open_shards
from tests.simulation.payees import OFFICERS, deciding
from tests.simulation.people import Crowd, unsealable
from tests.simulation.themes import LEASE_OVER, settle_streams

Scene = Callable[[Crowd], object]
Aim = tuple[Scene, str, dict[str, float]]
"""From which scene a history aims, in which operation, at which calls, and how often (a weight for each)."""
GRACE_OVER = timedelta(days=1, seconds=1)


def _account(crowd: Crowd, *bought: int) -> tuple[str, str, list[tuple[str, str]]]:
    """Somebody with invoices of so many pieces, and somebody else of theirs who buys a little later."""
    opened = crowd.account()
    account = opened.account.id
    invoices = [crowd.bought(account, pieces) for pieces in bought]
    crowd.comes(crowd.later(crowd.buyer(account)))
    return account, opened.token, invoices


def new_code(crowd: Crowd) -> None:
    """An invoice waits for its payment; its owner asks for another code, and looks at it."""
    account, _, _ = _account(crowd)
    bill = crowd.buying(account, 1, crowd.key())(crowd.house.now)
    crowd.comes(crowd.renewer(account, bill.invoice.id))


def lost_code(crowd: Crowd) -> None:
    """The provider made a code and the answer was lost: the same request asks again."""
    account, _, _ = _account(crowd)
    key = crowd.key()
    crowd.house.dies(crowd.buying(account, 1, key), "table.keep_charge")
    crowd.comes(crowd.insist("purchase", crowd.buying(account, 1, key)))


def given_up(crowd: Crowd) -> None:
    """Nobody paid a code, and the provider says so."""
    account, _, _ = _account(crowd)
    bill = crowd.buying(account, 1, crowd.key())(crowd.house.now)
    crowd.house.give_up(bill.attempt.id)


def _unnoticed(crowd: Crowd, amount_idr: int) -> None:
    """So much was paid for a code of Rp12.500 (0: it was let go), and no notification came: the sweep asks."""
    house = crowd.house
    account, _, _ = _account(crowd)
    code = crowd.buying(account, 1, crowd.key())(house.now).attempt.id
    if amount_idr:
        house.pay(code, amount_idr=amount_idr)
    else:
        house.give_up(code)
    house.notices.pop()
    house.now += timedelta(minutes=2)
    house.sweep("open")


def second_request(crowd: Crowd) -> None:
    """A document has its stamping, and somebody asks for one again."""
    account, token, _ = _account(crowd, 2)
    document = crowd.document(token)
    crowd.asked_for_stamp(account, document)
    crowd.comes(crowd.insist("request_stamping", crowd.stamping(account, document, crowd.key(), another=False)))


def shared_out(crowd: Crowd) -> None:
    """A busy partner's pieces are in the pool, and a stamping needs one on its shard."""
    account, token, _ = _account(crowd, 3)
    open_shards(crowd.house.table, account=account, shards=2)
    crowd.comes(
        crowd.insist("request_stamping", crowd.stamping(account, crowd.document(token), crowd.key(), another=False))
    )


def deleted(crowd: Crowd) -> None:
    """Somebody deletes a document that was stamped, or given up."""
    account, token, _ = _account(crowd, 1)
    house = crowd.house
    document = crowd.document(token)
    id = crowd.asked_for_stamp(account, document)
    house.seal(id, house.now)
    crowd.comes(crowd.insist("delete_document", crowd.deleting(account, document)))


def looked_at(crowd: Crowd) -> None:
    """A stamp is done, and its owner comes for it."""
    account, token, _ = _account(crowd, 1)
    house = crowd.house
    id = crowd.asked_for_stamp(account, crowd.document(token))
    house.seal(id, house.now)
    crowd.comes(crowd.insist("deliver_stamping", crowd.looking(account, id)))


def outlived(crowd: Crowd) -> None:
    """A document's time is over: the daily sweep takes it away."""
    _, token, _ = _account(crowd, 1)
    crowd.document(token)
    crowd.house.now += timedelta(days=31)
    crowd.house.sweep("open")


def ticked_off(crowd: Crowd) -> None:
    """A stamping ended while its place in the agenda still stands: the sweep looks, and takes it off."""
    house = crowd.house
    account, token, _ = _account(crowd, 1)
    id = crowd.asked_for_stamp(account, crowd.document(token))
    settle_streams(crowd)
    house.seal(id, house.now)
    house.now += timedelta(minutes=11)
    house.sweep("due")


def _left(crowd: Crowd, before: str, data: bytes = b"a") -> tuple[str, str]:
    """A worker died before this call, and its lease is over."""
    account, token, _ = _account(crowd, 1)
    id = crowd.asked_for_stamp(account, crowd.document(token, data))
    crowd.house.dies(partial(crowd.house.seal, id), before)
    crowd.house.now += LEASE_OVER
    return account, id


def sealed_and_cancelled(crowd: Crowd) -> None:
    """The bytes are at the key when the owner takes the stamping back."""
    account, id = _left(crowd, "table.commit")
    crowd.comes(crowd.insist("cancel_stamping", crowd.cancelling(account, id)))


def queued_and_cancelled(crowd: Crowd) -> None:
    """The owner takes back a stamping that is in line."""
    account, token, _ = _account(crowd, 1)
    id = crowd.asked_for_stamp(account, crowd.document(token))
    crowd.comes(crowd.insist("cancel_stamping", crowd.cancelling(account, id)))


def first_stamp(crowd: Crowd) -> None:
    """A document that was just brought is to be stamped."""
    account, token, _ = _account(crowd, 1)
    crowd.comes(
        crowd.insist("request_stamping", crowd.stamping(account, crowd.document(token), crowd.key(), another=False))
    )


def just_paid(crowd: Crowd) -> None:
    """A code was paid, and the provider says so."""
    house = crowd.house
    account, _, _ = _account(crowd)
    house.pay(crowd.buying(account, 1, crowd.key())(house.now).attempt.id)


def in_line(crowd: Crowd) -> None:
    """A worker takes a stamping that is in line."""
    account, token, _ = _account(crowd, 1)
    crowd.house.line.send(crowd.asked_for_stamp(account, crowd.document(token)))


def left_and_sent_again(crowd: Crowd) -> None:
    """A worker died at the sealed key, and another gets the message."""
    _, id = _left(crowd, crowd.house.dice.choice(("sealed.put", "table.commit")))
    crowd.house.line.send(id)


def paid_again(crowd: Crowd) -> None:
    """A code that has bought its invoice is paid once more."""
    _, _, [(_, attempt)] = _account(crowd, 1)
    crowd.house.pay(attempt)


def refused_by_the_seal(crowd: Crowd) -> None:
    """A worker meets a document that cannot be sealed."""
    account, token, _ = _account(crowd, 1)
    crowd.house.line.send(crowd.asked_for_stamp(account, crowd.document(token, unsealable())))


def sealed_and_left(crowd: Crowd) -> None:
    """The bytes are at the key, the worker is gone, and the sweep comes."""
    _left(crowd, "table.commit")
    crowd.house.sweep("open")


def buried_and_left(crowd: Crowd) -> None:
    """A tombstone is at the key, whoever put it is gone, and the sweep comes."""
    _left(crowd, "table.release", unsealable())
    crowd.house.sweep("open")


def nothing_and_left(crowd: Crowd) -> None:
    """Nothing is at the key, the worker is gone, and the sweep comes."""
    _left(crowd, "sealed.put")
    crowd.house.sweep("open")


def overdue(crowd: Crowd) -> None:
    """A stamping has waited for longer than a day: the sweep offers its money back."""
    house = crowd.house
    account, token, _ = _account(crowd, 1)
    crowd.asked_for_stamp(account, crowd.document(token))
    settle_streams(crowd)
    house.now += timedelta(days=1, minutes=1)
    house.sweep("open")


def forgotten(crowd: Crowd) -> None:
    """A stamping's message was lost, and the sweep comes."""
    account, token, _ = _account(crowd, 1)
    crowd.asked_for_stamp(account, crowd.document(token))
    crowd.house.now += timedelta(minutes=11)
    crowd.house.sweep("open")


def _pending(crowd: Crowd, *, sharded: bool = False) -> tuple[str, str, str]:
    """A refund waits for a stamping."""
    account, token, [(invoice, _)] = _account(crowd, 1)
    if sharded:
        open_shards(crowd.house.table, account=account, shards=2)
    id = crowd.asked_for_stamp(account, crowd.document(token))
    settle_streams(crowd)
    return account, id, crowd.asked_for_money(account, invoice)


def asked_too_early(crowd: Crowd) -> None:
    """A refund is asked for while its piece is in line."""
    account, token, [(invoice, _)] = _account(crowd, 1)
    crowd.asked_for_stamp(account, crowd.document(token))
    settle_streams(crowd)
    crowd.comes(crowd.insist("request_refund", crowd.refunding(account, invoice, crowd.key())))


def came_back(crowd: Crowd) -> None:
    """The piece that a refund waits for is released, and the clock rings."""
    account, id, refund = _pending(crowd)
    crowd.cancelling(account, id)(crowd.house.now)
    crowd.house.clocks.start(refund, 1)


def was_used(crowd: Crowd) -> None:
    """The piece that a refund waits for is used, and the clock rings."""
    _, id, refund = _pending(crowd)
    crowd.house.seal(id, crowd.house.now)
    crowd.house.clocks.start(refund, 1)


def thought_better(crowd: Crowd) -> None:
    """The owner of a waiting refund takes it back."""
    account, _, refund = _pending(crowd)
    crowd.comes(crowd.insist("cancel_refund", crowd.unrefunding(account, refund)))


def gathered_later(crowd: Crowd) -> None:
    """The piece that a refund waits for comes back to a shard, and the clock rings."""
    account, id, refund = _pending(crowd, sharded=True)
    crowd.cancelling(account, id)(crowd.house.now)
    crowd.house.clocks.start(refund, 1)


def gathered_at_once(crowd: Crowd) -> None:
    """A refund is asked for whose piece is on a shard."""
    account, token, [(invoice, _)] = _account(crowd, 1)
    open_shards(crowd.house.table, account=account, shards=2)
    id = crowd.asked_for_stamp(account, crowd.document(token))
    crowd.cancelling(account, id)(crowd.house.now)
    crowd.comes(crowd.insist("request_refund", crowd.refunding(account, invoice, crowd.key())))


def unchained(crowd: Crowd) -> None:
    """Entries whose messages died are found in the agenda."""
    house = crowd.house
    _account(crowd, 1, 1)
    settle_streams(crowd)
    house.recorded.messages.clear()
    house.now += timedelta(minutes=11)
    house.chain_late()


def _held(crowd: Crowd) -> tuple[str, str]:
    """A refund holds its piece."""
    account, _, [(invoice, _)] = _account(crowd, 1)
    return account, crowd.asked_for_money(account, invoice)


def approved_by_the_rule(crowd: Crowd) -> None:
    """A refund that was just asked for: its clock rings for the first time, and its owner looks at it."""
    account, refund = _held(crowd)
    crowd.house.clocks.start(refund, 1)
    crowd.comes(crowd.insist("find refund", crowd.following(account, refund)))


def clock_lost(crowd: Crowd) -> None:
    """A refund's execution is gone, and the sweep comes."""
    house = crowd.house
    _, refund = _held(crowd)
    settle_streams(crowd)
    house.clocks.due[refund, 1] = None
    house.sweep("open")


def refused_by_the_provider(crowd: Crowd) -> None:
    """A refund is paying, and the provider will refuse it."""
    house = crowd.house
    _, refund = _held(crowd)
    house.step(refund, house.now)
    house.now += GRACE_OVER
    house.step(refund, house.now)
    house.provider.refuses = 1.0
    house.clocks.start(refund, 1)


def paid_back(crowd: Crowd) -> None:
    """A refund's grace is over, and the provider will pay."""
    house = crowd.house
    _, refund = _held(crowd)
    house.step(refund, house.now)
    house.now += GRACE_OVER
    house.provider.refuses = 0.0
    house.clocks.start(refund, 1)


def taken_back(crowd: Crowd) -> None:
    """The owner of a refund that holds its piece takes it back."""
    account, refund = _held(crowd)
    crowd.comes(crowd.insist("cancel_refund", crowd.unrefunding(account, refund)))


def asked_for(crowd: Crowd) -> None:
    """A refund is asked for in time, with its piece at hand."""
    account, _, [(invoice, _)] = _account(crowd, 1)
    crowd.comes(crowd.insist("request_refund", crowd.refunding(account, invoice, crowd.key())))


def waits_for_an_officer(crowd: Crowd) -> None:
    """The provider has refused a refund, and an officer comes."""
    house = crowd.house
    refused_by_the_provider(crowd)
    [(refund, _)] = house.clocks.due
    house.clocks.due[refund, 1] = None
    house.step(refund, house.now)
    house.provider.refuses = 0.0
    approve = house.dice.random() < 0.5
    crowd.comes(crowd.insist("decide_refund", deciding(house, refund, OFFICERS[0], approve)))


AIMED_SCENES: tuple[Aim, ...] = (
    (new_code, "renew_payment", {"provider.charge": 1, "table.keep_charge": 1, "table.open_attempt": 1}),
    (new_code, "renew_payment", {"table.get attempt": 1, "table.get invoice": 1}),
    (new_code, "bill_of", {"table.get attempt": 1, "table.get invoice": 1}),
    (lost_code, "purchase", {"table.open_attempt": 1, "table.get invoice": 1}),
    (given_up, "credit", {"table.expire": 1}),
    (partial(_unnoticed, amount_idr=12_500), "sweep", {"table.pay": 1.3}),
    (partial(_unnoticed, amount_idr=12_499), "sweep", {"table.overpay": 1.4}),
    (partial(_unnoticed, amount_idr=0), "sweep", {"table.expire": 1}),
    (second_request, "request_stamping", {"table.join": 1.4}),
    (shared_out, "request_stamping", {"table.share": 1.6, "table.get quota_shard": 1}),
    (deleted, "delete_document", {"table.get document": 1, "table.get stamping": 1}),
    (deleted, "delete_document", {"table.delete_document": 1, "sources.delete": 1.1}),
    (looked_at, "deliver_stamping", {"table.get document": 1.2, "table.get stamping": 1}),
    (outlived, "sweep", {"table.get document": 1, "table.delete_document": 1.7, "sources.delete": 2.5}),
    (ticked_off, "sweep", {"table.project": 2}),
    (sealed_and_cancelled, "cancel_stamping", {"sealed.put": 1, "sealed.read back": 1, "table.commit": 1.3}),
    (queued_and_cancelled, "cancel_stamping", {"table.release": 1}),
    (first_stamp, "request_stamping", {"table.examined": 0.8, "sources.latest": 0.4, "table.reserve": 0.6}),
    (first_stamp, "request_stamping", {"table.get quota": 0.4, "table.get stamping": 0.4}),
    (just_paid, "credit", {"table.pay": 0.8}),
    (in_line, "seal", {"sealed.read back": 0.6, "table.commit": 0.6}),
    (left_and_sent_again, "seal", {"sealed.read": 0.8}),
    (paid_again, "credit", {"table.overpay": 0.8}),
    (refused_by_the_seal, "seal", {"table.release": 1.4}),
    (sealed_and_left, "sweep", {"table.commit": 1.5, "sealed.read": 1}),
    (buried_and_left, "sweep", {"table.release": 1.8}),
    (nothing_and_left, "sweep", {"table.requeue": 1.4}),
    (overdue, "sweep", {"table.offer": 2, "table.get quota": 1, "table.page list": 1}),
    (forgotten, "sweep", {"queue.send": 1, "table.resent": 1.6}),
    (asked_too_early, "request_refund", {"table.page list": 1, "table.get stamping": 1.5, "table.pend": 2.1}),
    (
        came_back,
        "advance_refund",
        {"table.hold": 1.4, "table.get attempt": 0.8, "table.get quota": 1, "table.get stamping": 1},
    ),
    (was_used, "advance_refund", {"table.drop": 1.4}),
    (thought_better, "cancel_refund", {"table.drop": 1.5}),
    (gathered_later, "advance_refund", {"table.get quota_shard": 1, "table.draining": 1.8, "table.drain": 3.2}),
    (gathered_at_once, "request_refund", {"table.get quota_shard": 1, "table.draining": 1.2, "table.drain": 2}),
    (unchained, "chain", {"table.page agenda": 1, "table.get entry": 1, "table.project": 1.7}),
    (approved_by_the_rule, "advance_refund", {"table.approve": 1}),
    (approved_by_the_rule, "find refund", {"table.get refund": 1}),
    (clock_lost, "sweep", {"table.rewind": 2, "executions.running": 1, "table.get refund": 1}),
    (refused_by_the_provider, "advance_refund", {"table.refused": 1.4, "provider.refund": 0.5, "table.call": 0.5}),
    (paid_back, "advance_refund", {"table.settle": 1.2, "table.get invoice": 0.5, "table.start": 0.5}),
    (asked_for, "request_refund", {"table.hold": 1}),
    (taken_back, "cancel_refund", {"table.unhold": 1, "table.get refund": 0.5}),
    (waits_for_an_officer, "decide_refund", {"table.approve": 2, "table.unhold": 2, "table.get refund": 0.5}),
)
