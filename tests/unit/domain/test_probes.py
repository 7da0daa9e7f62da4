"""The sums of the last hour: as many minutes as an hour has, whatever is asked and whenever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.probes import last_hour, with_probe

START = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANSWERS = st.none() | st.integers(0, 60_000)


def test_nobody_asked_is_no_figure_at_all() -> None:
    assert last_hour({}, now=START) is None


def test_the_rate_is_of_questions_and_the_time_is_of_answers() -> None:
    minutes: dict[str, list[int]] = {}
    for number, answer in enumerate((100, None, 300, 200)):
        minutes = with_probe(minutes, answer, now=START + number * MINUTE)
    hour = last_hour(minutes, now=START + 4 * MINUTE)
    assert hour is not None
    assert (hour.asked, hour.answered, hour.success_rate, hour.answer_ms) == (4, 3, 0.75, 200)


def test_what_never_answered_has_a_rate_and_no_time() -> None:
    hour = last_hour(with_probe({}, None, now=START), now=START)
    assert hour is not None
    assert (hour.success_rate, hour.answer_ms) == (0.0, None)


def test_an_hour_later_a_probe_is_forgotten_and_a_minute_before_that_it_counts() -> None:
    minutes = with_probe({}, 10, now=START)
    assert last_hour(minutes, now=START + 59 * MINUTE) is not None
    assert last_hour(minutes, now=START + 60 * MINUTE) is None


@given(st.lists(st.tuples(st.integers(0, 200), ANSWERS), min_size=1, max_size=150))
def test_the_sums_are_those_of_the_probes_of_the_last_sixty_minutes(steps: list[tuple[int, int | None]]) -> None:
    minutes: dict[str, list[int]] = {}
    now, made = START, []
    for seconds, answer in steps:
        now += timedelta(seconds=seconds)
        minutes = with_probe(minutes, answer, now=now)
        made.append((now, answer))
    first = now.replace(second=0) - 59 * MINUTE
    counted = [answer for at, answer in made if at >= first]
    hour = last_hour(minutes, now=now)
    assert hour is not None
    assert (hour.asked, hour.answered) == (len(counted), sum(answer is not None for answer in counted))
    assert len(minutes) <= 60
    times = [answer for answer in counted if answer is not None]
    assert (hour.answer_ms is None) if not times else min(times) <= (hour.answer_ms or 0) <= max(times)
