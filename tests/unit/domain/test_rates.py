"""At what rates each line moves, and how wide the batches' range must be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from meterai.domain.pace import Rates
from meterai.domain.room import rates_of
from meterai.domain.rows import Standing

STANDING = Standing(
    id=Standing.ID, kept_at=datetime(2024, 9, 5, tzinfo=UTC), rate_p10=1000, rate_p50=1200, rate_p90=1400
)


def test_people_go_by_their_own_line_where_it_was_measured() -> None:
    assert rates_of(STANDING, "paid") == Rates(1000, 1200, 1400)
    assert rates_of(replace(STANDING, paid_rates=[800, 900, 950]), "paid") == Rates(800, 900, 950)


def test_batches_may_get_as_little_and_as_much_as_their_share_can_be() -> None:
    assert rates_of(replace(STANDING, bulk_rates=[100, 200, 300]), "bulk") == Rates(50, 200, 700)
    assert rates_of(replace(STANDING, bulk_rates=[10, 1100, 1300]), "bulk") == Rates(10, 700, 700)
    assert rates_of(STANDING, "bulk") == Rates(50, 700, 700)


def test_without_rates_nobody_knows() -> None:
    assert rates_of(replace(STANDING, rate_p50=None, paid_rates=[1, 2, 3]), "paid") is None
