"""The tally: what every row counts for, and that sums over changes are sums over rows, however they are added up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import tally
from meterai.domain.instants import spell
from meterai.domain.ledger import Row

T0 = datetime(2024, 9, 10, 14, 14, 5, tzinfo=UTC)
M0 = tally.minute_of(T0)


def stamping(status: str, line: str | None = "paid", joined_at: datetime = T0) -> Row:
    ended: Row = {"ended_at": spell(joined_at + timedelta(minutes=2))} if status in ("done", "released") else {}
    said: Row = {"line": line} if line else {}
    return {"status": status, "joined_at": spell(joined_at)} | ended | said


def invoice(status: str, quantity: int = 3, **more: str | int) -> Row:
    row: Row = {"status": status, "quantity": quantity, "expires_at": spell(T0 + timedelta(minutes=15))}
    paid: Row = {"paid_at": spell(T0)} if status in ("paid", "refunding", "refunded") else {}
    return row | paid | more


def test_somebody_waits_from_joining_to_the_end_and_is_served_when_it_is_done() -> None:
    for status in ("queued", "sealing"):
        assert tally.counts("stamping", stamping(status)) == {
            f"paid.joined@{M0}": 1, f"paid.waiting@{M0}": 1, "available": -1, "used": 1,
        }  # fmt: skip
    assert tally.counts("stamping", stamping("done")) == {
        f"paid.joined@{M0}": 1, f"paid.served@{M0 + 2}": 1, "available": -1, "used": 1,
    }  # fmt: skip
    assert tally.counts("stamping", stamping("released")) == {f"paid.joined@{M0}": 1}


def test_a_row_without_a_line_is_people_s() -> None:
    assert tally.counts("stamping", stamping("queued", None)) == tally.counts("stamping", stamping("queued", "paid"))


def test_partners_count_only_once_they_are_queued() -> None:
    assert tally.counts("stamping", stamping("queued", "bulk")) == {f"bulk.joined@{M0}": 1, f"bulk.waiting@{M0}": 1}
    for status in ("awaiting_payment", "paid", "refunded"):
        assert tally.counts("invoice", invoice(status, line="bulk")) == {}


def test_an_invoice_is_offered_until_its_code_ends_then_bought_and_what_a_refund_gives_back_is_not_available() -> None:
    hour = M0 - M0 % 60
    assert tally.counts("invoice", invoice("awaiting_payment")) == {f"offered@{M0 + 15}": 3}
    assert tally.counts("invoice", invoice("expired")) == {}
    assert tally.counts("invoice", invoice("paid")) == {"available": 3, f"bought@{hour}": 3}
    assert tally.counts("invoice", invoice("refunding")) == {"available": 0, f"bought@{hour}": 3}
    assert tally.counts("invoice", invoice("refunded", returning=1)) == {"available": 2, f"bought@{hour}": 3}


def test_a_change_counts_for_the_difference_alone() -> None:
    assert tally.difference("stamping", None, stamping("queued")) == tally.counts("stamping", stamping("queued"))
    assert tally.difference("stamping", stamping("queued"), stamping("sealing")) == {}
    assert tally.difference("stamping", stamping("sealing"), stamping("done")) == {
        f"paid.waiting@{M0}": -1, f"paid.served@{M0 + 2}": 1,
    }  # fmt: skip
    assert tally.difference("stamping", stamping("sealing"), stamping("released")) == {
        f"paid.waiting@{M0}": -1, "available": 1, "used": -1,
    }  # fmt: skip


@pytest.mark.parametrize("noun", ["quota", "document", "tally", "serial", "joined"])
def test_nothing_else_counts(noun: str) -> None:
    assert tally.counts(noun, {"status": "queued", "quantity": 3}) == {}


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_sums_of_changes_in_any_order_and_grouping_are_the_sums_over_the_rows(seed: int, rows: int) -> None:
    dice = random.Random(seed)
    changes, last = [], []
    for _ in range(rows):
        line, at = dice.choice(["paid", "bulk"]), T0 + timedelta(minutes=dice.randrange(90))
        states = ["queued", "sealing", "queued", "sealing", dice.choice(["done", "released"])][: dice.randint(1, 5)]
        before: Row | None = None
        for state in states:
            after = stamping(state, line, at)
            changes.append(tally.difference("stamping", before, after))
            before = after
        last.append(tally.counts("stamping", before))
    dice.shuffle(changes)
    minute = M0 + 100
    kept: dict[str, int] = {}
    while changes:
        group = [changes.pop() for _ in range(min(len(changes), dice.randint(1, 7)))]
        kept = tally.total([kept, tally.total(group)])
    assert kept == tally.total(last)
    assert tally.by_minute(tally.folded({}, [kept], minute), "paid.waiting") == tally.by_minute(kept, "paid.waiting")


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5)), max_size=60),
    st.lists(st.integers(0, 400), min_size=1, max_size=6),
)
def test_folding_step_by_step_loses_nobody_and_keeps_order(joins: list[tuple[int, int]], steps: list[int]) -> None:
    now = M0
    kept: dict[str, int] = {}
    for number, (back, many) in enumerate(joins):
        now += steps[number % len(steps)]
        at = M0 - back
        kept = tally.folded(kept, [{tally.joined("paid", at): many, tally.waiting("paid", at): many}], now)
    waiting = tally.by_minute(kept, "paid.waiting")
    assert sum(waiting.values()) == sum(many for _, many in joins)
    assert sum(waiting.values()) == sum(tally.by_minute(kept, "paid.joined").values())
    assert all(at % 60 == 0 for at in waiting if at < tally.hours_before(now))


def test_who_waits_longer_than_a_day_is_counted_by_the_hour_and_leaves_it_exactly() -> None:
    long_ago = M0 - 3 * 24 * 60
    came = [{tally.joined("paid", long_ago + n): 10, tally.waiting("paid", long_ago + n): 10} for n in range(60)]
    kept = tally.folded({}, came, M0)
    assert sorted(tally.by_minute(kept, "paid.waiting")) == sorted(
        {long_ago - long_ago % 60, long_ago + 59 - (long_ago + 59) % 60}
    )
    kept = tally.folded(kept, [{tally.waiting("paid", long_ago + n): -10} for n in range(60)], M0 + 1)
    assert kept == {}


def test_what_nobody_asks_for_any_more_is_left_out() -> None:
    old = M0 - tally.SERVED_KEPT
    kept = tally.folded({}, [{tally.served("paid", old): 5, tally.offered(old): -2, tally.joined("bulk", old): 1}], M0)
    assert kept == {}
    assert tally.folded({}, [{tally.bought(M0 - 9000): 4, tally.bought(M0 - 8000): 5}], M0) == {"bought@0": 9}


def test_an_end_that_is_counted_before_its_beginning_comes_to_nothing_with_it() -> None:
    end = tally.folded({}, [{tally.waiting("paid", M0): -1}], M0)
    assert end == {tally.waiting("paid", M0): -1}
    assert tally.by_minute(tally.folded(end, [{tally.waiting("paid", M0): 1}], M0), "paid.waiting") == {}
