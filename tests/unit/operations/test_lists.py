"""Lists and events: the owner's alone, in order, and whoever reads on misses none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterai.domain.errors import RequestInvalid
from meterai.domain.rows import Invoice
from meterai.operations.list_owned import list_events, list_owned
from meterai.operations.purchase import purchase
from tests.fakes.world import World


def buy(world: World, account: str, reference: str | None) -> str:
    """The id of an invoice made with a reference."""
    bill = purchase(
        world.ledger,
        world.gateways,
        line="paid",
        account=account,
        key=world.key(),
        fingerprint="f",
        quantity=1,
        method="qris",
        reference=reference,
        metadata=None,
        now=world.now,
    )
    world.wait(timedelta(seconds=1))
    return bill.invoice.id


def test_a_reference_is_found_however_far_back_it_is() -> None:
    world = World()
    account, other = world.account().account.id, world.account().account.id
    wanted = buy(world, account, "PO-7")
    buy(world, other, "PO-7")
    for _ in range(30):
        buy(world, account, None)
    world.flow()
    page = list_owned(world.ledger, Invoice, owner=account, limit=5, cursor=None, reference="PO-7")
    assert ([one.id for one in page.data], page.next_cursor) == ([wanted], None)
    nobody = list_owned(world.ledger, Invoice, owner=account, limit=5, cursor=None, reference="PO-8")
    assert nobody.data == []


def test_a_list_goes_on_from_its_cursor_newest_first_and_ends() -> None:
    world = World()
    account = world.account().account.id
    made = [buy(world, account, None) for _ in range(7)]
    world.flow()
    read: list[str] = []
    cursor = None
    for _ in range(3):
        page = list_owned(world.ledger, Invoice, owner=account, limit=3, cursor=cursor)
        read += [one.id for one in page.data]
        cursor = page.next_cursor
    assert read == made[::-1]
    assert cursor is None


def test_events_are_read_on_from_a_cursor_and_told_once() -> None:
    world = World()
    account = world.account().account.id
    for _ in range(3):
        world.pay(world.buy(account).attempt.id)
        world.flow()
        world.wait(timedelta(seconds=1))
    first = list_events(world.ledger, owner=account, limit=2, cursor=None)
    rest = list_events(world.ledger, owner=account, limit=2, cursor=first.next_cursor)
    assert [row["type"] for row in [*first.data, *rest.data]] == ["invoice.paid"] * 3
    assert len({row["id"] for row in [*first.data, *rest.data]}) == 3


@pytest.mark.parametrize(("limit", "cursor"), [(0, None), (101, None), (20, "%%%"), (20, "/////w==")])
def test_a_limit_or_cursor_that_was_not_given_out_is_refused(limit: int, cursor: str | None) -> None:
    world = World()
    with pytest.raises(RequestInvalid):
        list_owned(world.ledger, Invoice, owner="acc", limit=limit, cursor=cursor)
