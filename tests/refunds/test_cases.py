"""What is quoted is what is decided is what leaves: a few hundred of the ten thousand cases of `make refunds`."""

from __future__ import annotations

from collections import Counter

from tests.refunds.cases import case

HERE = 400


def test_the_quote_the_decision_and_the_money_are_the_same_to_the_rupiah() -> None:
    outcomes = [case(seed) for seed in range(HERE)]
    assert {one.seed: one.broken for one in outcomes if one.broken} == {}
    ended = Counter(one.ended for one in outcomes)
    assert ended.keys() >= {"refunded", "refund_window_closed", "refund_quota_insufficient"}
    assert {(one.policy, one.way) for one in outcomes if one.ended == "refunded"} == {
        ("A", "provider"), ("A", "payout"), ("B", "provider"), ("B", "payout"),
    }  # fmt: skip
