"""Requests that did not come through the API: recorded, confirmed by their owner alone, judged at the instant they arrived."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from meterai.domain.errors import (
    Busy,
    ContactUnverified,
    IdempotencyKeyReused,
    InvoiceNotPaid,
    LinkInvalid,
    Missing,
    RefundAlreadyRequested,
    RefundNotCancellable,
    Refusal,
)
from meterai.domain.rows import Invoice, Link, Refund
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.confirm_refund import confirm_refund
from meterai.operations.find import loaded
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.world import World

EMAIL = "budi@example.id"


def bought(world: World, quantity: int = 2, *, verified: bool = True) -> tuple[str, str]:
    """An account whose e-mail is verified, with one paid invoice."""
    account = world.rich(quantity)
    if verified:
        world.verify(account)
    [invoice] = [id for (id, noun), row in world.ledger.rows.items() if noun == "invoice" and row["account"] == account]
    return account, invoice


def letter(world: World, refund: Refund, address: str = EMAIL) -> str:
    """The secret in the letter that asks the owner."""
    return world.link("confirm_refund", refund.id, refund.account, address).secret


def test_a_noted_request_holds_nothing_and_keeps_the_instant_it_arrived() -> None:
    world = World()
    account, invoice = bought(world)
    arrived = world.now
    world.wait(timedelta(hours=5))
    noted = world.note(invoice, at=arrived)
    assert (noted.status, noted.door, noted.received_at, noted.account) == ("unconfirmed", "officer", arrived, account)
    assert (world.quota(account).available, world.quota(account).held) == (2, 0)
    assert loaded(world.ledger, Invoice, invoice).open_refund is None
    world.flow()
    assert world.executions.under_way == {}


def test_the_link_makes_it_a_request_like_any_other_and_the_money_comes_back() -> None:
    world = World()
    account, invoice = bought(world)
    noted = world.note(invoice)
    confirmed = confirm_refund(world.ledger, secret=letter(world, noted), now=world.now)
    assert (confirmed.id, confirmed.status, world.quota(account).held) == (noted.id, "received", 2)
    world.flow()
    assert world.executions.running(noted.id, 1)
    assert world.follow(noted.id).status == "refunded"
    asked = World()
    other, its_invoice = bought(asked)
    through_the_api = asked.ask_refund(other, its_invoice).refund
    assert (noted.amount_idr, noted.promise_at, noted.pay_at) == (
        through_the_api.amount_idr,
        through_the_api.promise_at,
        through_the_api.pay_at,
    )


def test_it_is_judged_at_the_instant_it_arrived_however_late_the_link_is_followed() -> None:
    world = World()
    _, invoice = bought(world)
    world.wait(timedelta(days=3))
    in_time = world.note(invoice)
    secret = letter(world, in_time)
    world.wait(timedelta(days=6))
    assert confirm_refund(world.ledger, secret=secret, now=world.now).status == "received"


def test_one_second_late_is_rejected_with_the_reason() -> None:
    world = World()
    account, invoice = bought(world)
    world.wait(timedelta(days=3, seconds=1))
    late = confirm_refund(world.ledger, secret=letter(world, world.note(invoice)), now=world.now)
    assert (late.status, late.timeline[-1]["note"]) == ("rejected", "refund_window_closed")
    assert world.quota(account).held == 0


def test_with_a_piece_under_way_it_waits_and_is_held_once_the_piece_is_back() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    world.verify(account)
    stamping = world.stamp(account, world.document(opened.token)).stamping
    world.flow()
    noted = world.note(bill.invoice.id)
    pending = confirm_refund(world.ledger, secret=letter(world, noted), now=world.now)
    assert (pending.status, pending.waits_for) == ("pending", frozenset({stamping.id}))
    assert pending.timeline[-1]["note"] == "stamp_in_progress"
    assert loaded(world.ledger, Invoice, bill.invoice.id).open_refund == noted.id
    world.flow()
    assert world.executions.running(noted.id, 1)
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=stamping.id, now=world.now)
    assert world.follow(noted.id).status == "refunded"


def test_without_enough_quota_it_is_rejected() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 1)
    world.pay(bill.attempt.id)
    world.verify(opened.account.id)
    world.stamp(opened.account.id, world.document(opened.token))
    world.work()
    short = confirm_refund(world.ledger, secret=letter(world, world.note(bill.invoice.id)), now=world.now)
    assert (short.status, short.timeline[-1]["note"]) == ("rejected", "refund_quota_insufficient")


def test_when_the_invoice_is_being_refunded_already_the_second_request_is_rejected_and_the_first_goes_on() -> None:
    world = World()
    account, invoice = bought(world)
    noted = world.note(invoice)
    first = world.ask_refund(account, invoice).refund
    second = confirm_refund(world.ledger, secret=letter(world, noted), now=world.now)
    assert (second.status, second.timeline[-1]["note"]) == ("rejected", "refund_already_requested")
    assert loaded(world.ledger, Invoice, invoice).open_refund == first.id
    assert world.follow(first.id).status == "refunded"


def test_the_same_link_twice_shows_the_refund_and_moves_nothing() -> None:
    world = World()
    account, invoice = bought(world)
    secret = letter(world, world.note(invoice))
    confirm_refund(world.ledger, secret=secret, now=world.now)
    before = dict(world.ledger.rows)
    assert confirm_refund(world.ledger, secret=secret, now=world.now).status == "received"
    assert world.ledger.rows == before
    assert world.quota(account).held == 2


def test_a_link_for_something_else_or_expired_or_unknown_confirms_nothing() -> None:
    world = World()
    account, invoice = bought(world)
    noted = world.note(invoice)
    read_only = world.link("follow_refund", noted.id, account, EMAIL).secret
    secret = letter(world, noted)
    for wrong in (read_only, "x" * 43):
        with pytest.raises(LinkInvalid):
            confirm_refund(world.ledger, secret=wrong, now=world.now)
    with pytest.raises(LinkInvalid):
        confirm_refund(world.ledger, secret=secret, now=world.now + timedelta(days=7))
    assert loaded(world.ledger, Refund, noted.id).status == "unconfirmed"


def test_a_link_that_went_to_an_address_which_is_not_the_accounts_any_more_confirms_nothing() -> None:
    world = World()
    account, invoice = bought(world)
    noted = world.note(invoice)
    secret = letter(world, noted, "lama@example.id")
    with pytest.raises(Exception, match="kept changing"):
        confirm_refund(world.ledger, secret=secret, now=world.now)
    assert loaded(world.ledger, Refund, noted.id).status == "unconfirmed"
    assert world.quota(account).held == 0


def test_only_for_a_paid_invoice_of_an_account_with_a_verified_email_and_no_other_refund() -> None:
    world = World()
    with pytest.raises(Missing):
        world.note("inv_00000000000000000000000001")
    _, unverified = bought(world, verified=False)
    with pytest.raises(ContactUnverified):
        world.note(unverified)
    account = world.account().account.id
    world.verify(account)
    bill = world.buy(account)
    with pytest.raises(InvoiceNotPaid):
        world.note(bill.invoice.id)
    world.pay(bill.attempt.id)
    world.ask_refund(account, bill.invoice.id)
    with pytest.raises(RefundAlreadyRequested):
        world.note(bill.invoice.id)


def test_the_same_request_noted_twice_is_one_and_its_key_serves_no_other() -> None:
    world = World()
    _, invoice = bought(world)
    _, other = bought(world)
    first = world.note(invoice, key="k")
    world.wait(timedelta(hours=1))
    assert world.note(invoice, key="k") == first
    with pytest.raises(IdempotencyKeyReused):
        world.note(other, key="k")


def test_it_lapses_after_seven_days_and_not_before() -> None:
    world = World()
    _, invoice = bought(world)
    noted = world.note(invoice)
    world.flow()
    secret = letter(world, noted)
    for rows in ("due", "open"):
        world.now = noted.updated_at + timedelta(days=7) - timedelta(seconds=1)
        world.sweep(rows)
        assert loaded(world.ledger, Refund, noted.id) == noted
    world.now = noted.updated_at + timedelta(days=7, seconds=1)
    world.sweep("due")
    lapsed = loaded(world.ledger, Refund, noted.id)
    assert (lapsed.status, lapsed.timeline[-1]["note"]) == ("cancelled", "lapsed")
    with pytest.raises(LinkInvalid):
        confirm_refund(world.ledger, secret=secret, now=world.now)
    assert world.note(invoice).status == "unconfirmed"


def test_the_owner_may_take_it_back_unconfirmed() -> None:
    world = World()
    account, invoice = bought(world)
    noted = world.note(invoice)
    secret = letter(world, noted)
    cancel_refund(world.ledger, account=account, refund_id=noted.id, now=world.now)
    assert confirm_refund(world.ledger, secret=secret, now=world.now).status == "cancelled"


Disturb = Callable[[World, str, Refund], object]


def tapped_twice(world: World, secret: str, noted: Refund) -> object:
    return confirm_refund(world.ledger, secret=secret, now=world.now)


def asked_on_the_page(world: World, secret: str, noted: Refund) -> object:
    with suppress(RefundAlreadyRequested):  # the link was faster
        return world.ask_refund(noted.account, noted.invoice)
    return None


def taken_back(world: World, secret: str, noted: Refund) -> object:
    with suppress(RefundNotCancellable):
        return cancel_refund(world.ledger, account=noted.account, refund_id=noted.id, now=world.now)
    return None


def lapsed(world: World, secret: str, noted: Refund) -> object:
    world.wait(timedelta(days=7, seconds=1))
    return world.sweep("open")


def stamped(world: World, secret: str, noted: Refund) -> object:
    with suppress(Refusal):
        world.stamp(noted.account, next(id for id, noun in world.ledger.rows if noun == "document"))
    world.work()
    return None


@pytest.mark.parametrize("disturb", [tapped_twice, asked_on_the_page, taken_back, lapsed, stamped])
def test_whatever_comes_between_pieces_and_invoice_agree_and_the_link_is_used_with_its_move_or_not_at_all(
    disturb: Disturb,
) -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        opened = world.account()
        bill = world.buy(opened.account.id, 2)
        world.pay(bill.attempt.id)
        world.verify(opened.account.id)
        world.document(opened.token)
        noted = world.note(bill.invoice.id)
        secret = letter(world, noted)
        ledger.meddle(lambda: disturb(world, secret, noted), at=at)
        with suppress(Busy, LinkInvalid):
            confirm_refund(world.ledger, secret=secret, now=world.now)
        calls = ledger.calls
        ledger.leave()
        refunds = [Refund.of(row) for (_, noun), row in ledger.rows.items() if noun == "refund"]
        holding = [one for one in refunds if one.status not in ("unconfirmed", "pending", "rejected", "cancelled")]
        quota, invoice = world.quota(opened.account.id), loaded(ledger, Invoice, bill.invoice.id)
        assert quota.balanced()
        assert quota.held == sum(one.quantity for one in holding)
        assert len(holding) <= 1
        open_ones = {one.id for one in refunds if not one.ended and one.status != "unconfirmed"}
        assert ({invoice.open_refund} if invoice.open_refund else set()) == open_ones
        used = next(
            Link.of(row) for (_, noun), row in ledger.rows.items() if noun == Link.name and row["object"] == noted.id
        )
        judged = loaded(ledger, Refund, noted.id).timeline[1:]
        by_the_link = [line for line in judged if line.get("note") not in ("owner", "lapsed")]
        assert (used.used_at is not None) == bool(by_the_link)
        return calls

    assert list(every_instant(play))
