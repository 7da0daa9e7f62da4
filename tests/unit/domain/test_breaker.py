"""A breaker opens for who fails, rests, lets one ask, and closes for who answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.breaker import Outcome, Rule, asked, closed, opened, probing, trips
from meterai.domain.rows import Breaker

NOW = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
RULE = Rule()
SECOND = timedelta(seconds=1)
ages = st.integers(0, 200)


@given(st.lists(st.tuples(ages, st.booleans()), max_size=30))
def test_only_failures_of_the_last_window_open_it_and_only_if_they_are_half_of_the_calls(
    calls: list[tuple[int, bool]],
) -> None:
    outcomes = [Outcome(NOW - age * SECOND, failed) for age, failed in calls]
    recent = [failed for age, failed in calls if age < RULE.window.total_seconds()]
    assert trips(outcomes, RULE, NOW) == (sum(recent) >= RULE.failures and sum(recent) >= recent.count(False))


def test_a_channel_without_a_breaker_is_asked() -> None:
    assert asked(None, NOW) == "call"


@given(ages)
def test_an_open_one_refuses_for_its_rest_and_then_lets_somebody_probe(seconds: int) -> None:
    breaker = opened("issuer", None, RULE, NOW)
    wanted = "refuse" if seconds < RULE.rest.total_seconds() else "probe"
    assert asked(breaker, NOW + seconds * SECOND) == wanted


@given(ages)
def test_while_one_probes_the_others_are_refused_until_the_probe_must_be_dead(seconds: int) -> None:
    breaker = probing(opened("issuer", None, RULE, NOW), RULE, NOW)
    wanted = "refuse" if seconds < RULE.probe.total_seconds() else "probe"
    assert asked(breaker, NOW + seconds * SECOND) == wanted


@given(st.lists(st.sampled_from(["fail", "answer"]), max_size=20))
def test_it_closes_with_the_first_answer_and_since_tells_when_it_went_down_or_came_back(ends: list[str]) -> None:
    breaker: Breaker = opened("issuer", None, RULE, NOW)
    down_since, at, turns = NOW, NOW, 1
    for end in ends:
        at = max(at, breaker.until or at) + SECOND
        if breaker.state == "closed":
            breaker, down_since = opened("issuer", breaker, RULE, at), at
        else:
            breaker = probing(breaker, RULE, at)
            breaker = opened("issuer", breaker, RULE, at) if end == "fail" else closed(breaker, at)
            turns += 1
        turns += 1
        assert breaker.turn == turns
        assert breaker.since == (at if breaker.state == "closed" else down_since)
        assert (breaker.until is None) == (breaker.state == "closed")
        assert Breaker.of(breaker.row() | {"id": breaker.id}) == breaker
