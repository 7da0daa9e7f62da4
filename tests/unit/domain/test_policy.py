"""Refund policies as dated data: what each version gives, from when which is in force, and which pieces count as unused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import policy
from meterai.domain.instants import WIB, spell
from meterai.domain.policy import POLICIES, VERSION_A, VERSION_B, in_force, pay_at, quote, unused_of, way_back
from meterai.domain.rows import Invoice, PaymentMethod, Quota

PAID = datetime(2024, 9, 10, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def invoice(quantity: int = 2, **how: object) -> Invoice:
    plain = Invoice(
        id="inv_1", account="acc_1", fingerprint="", status="paid", quantity=quantity, unit_price_idr=10_000,
        fee_idr=2_500 * quantity, total_idr=12_500 * quantity, method="qris", policy="A", attempt="pay_1", attempts=1,
        created_at=PAID, expires_at=PAID, paid_at=PAID, paid_by="pay_1",
    )  # fmt: skip
    return replace(plain, **how)  # type: ignore[arg-type]


def full(quantity: int = 2) -> Quota:
    return Quota(id="acc_1", available=quantity, paid_in=quantity)


def test_version_a_gives_three_quarters_of_the_whole_invoice_within_45_days_of_wib() -> None:
    found = quote(invoice(3), full(3), PAID + timedelta(days=3))
    assert (found.eligible, found.quantity, found.amount_idr) == (True, 3, 28_125)
    assert found.promise_at.astimezone(WIB).isoformat() == "2024-10-28T23:59:59+07:00"


def test_version_a_is_one_second_late_a_second_after_the_window() -> None:
    late = quote(invoice(), full(), PAID + timedelta(days=3, seconds=1))
    assert (late.eligible, late.code) == (False, "refund_window_closed")


def test_version_b_gives_the_unused_pieces_in_full_less_the_transfers_fee_whenever_it_is_asked() -> None:
    some = quote(invoice(5, policy="B"), Quota(id="acc_1", available=3, used=2, paid_in=5), PAID + 90 * DAY, unused=3)
    assert (some.eligible, some.quantity, some.amount_idr) == (True, 3, 3 * 12_500 - 2_500)


def test_version_b_gives_nothing_where_nothing_is_unused() -> None:
    none = quote(invoice(2, policy="B"), Quota(id="acc_1", used=2, paid_in=2), PAID, unused=0)
    assert (none.eligible, none.code) == (False, "refund_quota_insufficient")


def test_an_offer_for_our_own_failure_is_whole_under_either_version() -> None:
    for version in ("A", "B"):
        offered = quote(invoice(2, policy=version, offered_at=PAID + 20 * DAY), full(), PAID + 21 * DAY, unused=2)
        assert (offered.eligible, offered.amount_idr) == (True, 25_000)


@given(total=st.integers(1, 1_000), version=st.sampled_from(sorted(POLICIES)), unused=st.integers(0, 1_000))
def test_no_quote_gives_more_than_was_paid_or_less_than_nothing(total: int, version: str, unused: int) -> None:
    found = quote(invoice(total, policy=version), full(total), PAID, unused=min(unused, total))
    assert 0 <= found.amount_idr <= 12_500 * found.quantity <= 12_500 * total


def test_half_a_rupiah_is_the_persons() -> None:
    odd = invoice(1, unit_price_idr=10_001, fee_idr=1, total_idr=10_002)
    assert quote(odd, full(1), PAID).amount_idr == 7_502  # 7,501.5


ACTIVATED = [
    {"policy": "B", "from": spell(PAID), "by": "ops", "at": spell(PAID - DAY)},
    {"policy": "A", "from": spell(PAID + 9 * DAY), "by": "ops", "at": spell(PAID - DAY)},
]


@pytest.mark.parametrize(
    ("at", "version"),
    [(PAID - timedelta(seconds=1), "A"), (PAID, "B"), (PAID + 8 * DAY, "B"), (PAID + 9 * DAY, "A")],
)
def test_version_a_is_in_force_until_another_is_activated_from_a_date(at: datetime, version: str) -> None:
    assert in_force(ACTIVATED, at).id == version
    assert in_force(reversed(ACTIVATED), at).id == version
    assert in_force((), at) is VERSION_A


@pytest.mark.parametrize(
    ("method", "days", "way"),
    [("qris", 0, "provider"), ("qris", 45, "provider"), ("qris", 46, "payout"), ("gopay", 44, "provider"), ("va", 0, "payout")],
)  # fmt: skip
def test_the_way_back_is_the_providers_own_while_it_has_one(method: PaymentMethod, days: int, way: str) -> None:
    assert way_back(method, PAID, PAID + days * DAY) == way
    assert quote(invoice(1, method="va"), full(1), PAID, paid_with=method).way == way_back(method, PAID, PAID)


def test_money_moves_after_the_grace_but_while_the_provider_surely_gives_it_back() -> None:
    soon = PAID + timedelta(hours=5)
    assert pay_at(VERSION_A, "provider", PAID, soon, DAY) == soon + DAY
    late = PAID + timedelta(days=6, hours=12)
    assert pay_at(VERSION_B, "provider", PAID, late, DAY) == late
    assert pay_at(VERSION_B, "payout", PAID, late, DAY) == late + DAY


def test_milestones_are_absolute_instants_a_fraction_of_a_second_apart_where_days_are_short() -> None:
    told = policy.milestones(PAID, timedelta(seconds=0.02))
    assert [one["day"] for one in told] == [7, 14, 30, 40, 44, 45]
    assert [one["at"][-10:] for one in told] == [
        "00.140000Z", "00.280000Z", "00.600000Z", "00.800000Z", "00.880000Z", "00.900000Z",
    ]  # fmt: skip


# Which pieces are unused ---------------------------------------------------------------------------------------------------


def test_a_use_counts_against_the_oldest_paid_invoice() -> None:
    old, new = invoice(2, id="inv_old"), invoice(3, id="inv_new", paid_at=PAID + DAY)
    for used, of_old, of_new in ((0, 2, 3), (1, 1, 3), (2, 0, 3), (4, 0, 1), (5, 0, 0)):
        assert unused_of(old, [new, old], used) == of_old
        assert unused_of(new, [new, old], used) == of_new


def test_what_an_earlier_refund_gave_back_is_nobodys_any_more() -> None:
    partly = invoice(5, id="inv_old", status="refunded", returning=3)
    new = invoice(2, id="inv_new", paid_at=PAID + DAY)
    assert unused_of(new, [partly], 2) == 2
    assert unused_of(new, [partly], 3) == 1


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_every_piece_is_used_or_unused_once(quantities: list[int], data: st.DataObject) -> None:
    used = data.draw(st.integers(0, sum(quantities)))
    bought = [invoice(n, id=f"inv_{at}", paid_at=PAID + at * DAY) for at, n in enumerate(quantities)]
    assert sum(unused_of(one, bought, used) for one in bought) == sum(quantities) - used
