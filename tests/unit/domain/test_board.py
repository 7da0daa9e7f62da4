"""The board takes nothing for better than it is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.board import ROAD, Board, Card, Hours, Listed, listed_card, own_cards, read_listed, recent
from meterai.domain.errors import RequestInvalid
from meterai.domain.rows import Channel, Standing, Word

NOW = datetime(2024, 9, 3, 3, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in WIB."""
SHOP = Listed("posfin", "distributor", "Posfin", "https://posfin.example/", "https://posfin.example/")
COUNTER = Listed("pos", "counter", "Loket Pos", hours=Hours("08:00", "15:00", "12345"))
STATES = st.sampled_from(["up", "down", None])


def channel(state: Any, *, ago: timedelta = timedelta(), name: str = "posfin") -> Channel:
    return Channel(id=f"channel_{name}", state=state, checked_at=NOW - ago)


def word(says: Any = "up", **more: Any) -> Word:
    there: dict[str, Any] = {"by": "Sari", "said_at": NOW, "until": NOW + timedelta(hours=1)} | more
    return Word(id="word_posfin", says=says, **there)


def own(**states: Any) -> Board:
    kept = {name: channel(state, name=name) for name, state in states.items() if state is not None}
    return Board(NOW, own_cards(kept, None, now=NOW), 0)


ALL_WELL = {"portal": "up", "issuer": "up", "timestamp": "up", "payment": "up"}


@pytest.mark.parametrize(
    ("changed", "stamps", "well"),
    [
        ({}, "yes", True),
        ({"issuer": "down"}, "later", False),
        ({"timestamp": "down"}, "later", False),
        ({"payment": "down"}, "no", False),
        ({"portal": "down"}, "no", False),
        ({"issuer": "down", "payment": "down"}, "no", False),
        ({"portal": None}, "unknown", True),
        ({"timestamp": None}, "likely", True),
    ],
)
def test_the_portal_has_stamps_as_far_as_what_it_leans_on_goes(
    changed: dict[str, Any], stamps: str, well: bool
) -> None:
    board = own(**(ALL_WELL | changed))
    assert [line.id for line in board.cards] == ["portal", *ROAD]
    assert (board.cards[0].stamps, board.well) == (stamps, well)


def standing(**how: Any) -> Standing:
    rates: dict[str, Any] = {"rate_p10": 6000, "rate_p50": 7200, "rate_p90": 8400, "rates_are": "measured"}
    return Standing(**{"id": "room", "kept_at": NOW, **rates, **how})


def portal(how: Standing) -> Card:
    kept = {name: channel("up", name=name) for name in ALL_WELL}
    return own_cards(kept, how, now=NOW)[0]


def test_the_portal_tells_the_wait_of_its_line_and_what_it_may_still_sell() -> None:
    line = portal(standing(paid_waiting=1199, bulk_waiting=9999))
    assert (line.stamps, line.wait_seconds, line.pieces) == ("yes", 600, None)
    line = portal(standing(paid_waiting=1199, deadline_at=NOW + timedelta(hours=1)))
    assert (line.stamps, line.pieces) == ("yes", 6000 - 1199)


def test_when_no_more_can_be_applied_before_the_deadline_the_portal_has_no_stamps() -> None:
    line = portal(standing(paid_waiting=6000, deadline_at=NOW + timedelta(hours=1)))
    assert (line.state, line.stamps, line.pieces) == ("up", "no", 0)


def test_an_issuer_without_a_serial_left_makes_the_portals_stamps_wait() -> None:
    kept = {name: replace(channel("up", name=name), pieces=0 if name == "issuer" else None) for name in ALL_WELL}
    lines = own_cards(kept, None, now=NOW)
    assert (lines[0].stamps, lines[1].state, lines[1].pieces) == ("later", "up", 0)


def test_a_standing_that_is_old_is_no_standing() -> None:
    assert recent(standing(kept_at=NOW - timedelta(minutes=4)), now=NOW) is not None
    assert recent(standing(kept_at=NOW - timedelta(minutes=5)), now=NOW) is None
    assert recent(None, now=NOW) is None


def test_a_probe_that_is_old_says_nothing_about_now() -> None:
    assert listed_card(SHOP, channel("up", ago=timedelta(minutes=4)), None, now=NOW).state == "up"
    assert listed_card(SHOP, channel("up", ago=timedelta(minutes=5)), None, now=NOW).state == "unknown"
    assert own_cards({"portal": channel("down", ago=timedelta(hours=1))}, None, now=NOW)[0].state == "unknown"


def test_a_door_that_answers_is_not_yet_a_stamp_in_stock() -> None:
    assert listed_card(SHOP, channel("up"), None, now=NOW).stamps == "likely"
    assert listed_card(SHOP, channel("up"), word(stock="ample"), now=NOW).stamps == "yes"
    assert listed_card(SHOP, channel("up"), word(stock="none"), now=NOW).stamps == "no"


def test_a_word_whose_time_is_over_is_shown_and_decides_nothing() -> None:
    said = word("down", stock="none", wait_minutes=10, said_at=NOW - timedelta(hours=2), until=NOW)
    line = listed_card(SHOP, channel("up"), said, now=NOW)
    assert (line.stamps, line.stock, line.wait_seconds) == ("likely", None, None)
    assert (line.word, line.word_is_old) == (said, True)


@given(STATES, STATES)
def test_where_probe_and_word_tell_different_things_the_worse_one_counts(probed: Any, said: Any) -> None:
    line = listed_card(SHOP, channel(probed) if probed else None, word(said) if said else None, now=NOW)
    told = {probed, said}
    assert line.state == ("down" if "down" in told else "up" if "up" in told else "unknown")
    assert (line.stamps in ("yes", "likely")) is (line.state == "up")


def test_what_nobody_probes_any_more_goes_by_its_word_alone() -> None:
    line = listed_card(replace(SHOP, probe=None), channel("down"), word("up"), now=NOW)
    assert (line.state, line.stamps, line.checked_at, line.hour) == ("up", "yes", None, None)


@pytest.mark.parametrize(
    ("at", "stamps"),
    [
        (NOW, "yes"),
        (datetime(2024, 9, 3, 1, 0, tzinfo=UTC), "yes"),  # 08:00 WIB
        (datetime(2024, 9, 3, 0, 59, tzinfo=UTC), "no"),
        (datetime(2024, 9, 3, 8, 0, tzinfo=UTC), "no"),  # 15:00 WIB
        (datetime(2024, 9, 7, 3, 0, tzinfo=UTC), "no"),  # a Saturday
        (datetime(2024, 9, 1, 20, 0, tzinfo=UTC), "no"),  # Sunday in UTC, Monday 03:00 in WIB
    ],
)
def test_a_counter_has_no_stamps_while_it_is_closed_in_wib(at: datetime, stamps: str) -> None:
    said = word(said_at=at, until=at + timedelta(hours=1))
    assert listed_card(COUNTER, None, said, now=at).stamps == stamps


GOOD: dict[str, Any] = {
    "id": "posfin",
    "kind": "distributor",
    "label": "Posfin",
    "probe": "https://posfin.example/sehat",
}


def test_a_configuration_is_read_in_its_order_and_kept_as_it_was() -> None:
    hours = {"opens": "08:00", "closes": "15:00", "days": "12345"}
    listed = read_listed({"channels": [GOOD, {"id": "pos", "kind": "counter", "label": "Pos", "hours": hours}]})
    assert [one.id for one in listed] == ["posfin", "pos"]
    assert [Listed.of(one.kept()) for one in listed] == listed


@pytest.mark.parametrize(
    "address",
    [
        "http://posfin.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://engine.internal/",
        "https://printer.local/",
        "https://posfin/",
        "https://posfin.example:8443/",
        "https://sari:rahasia@posfin.example/",
        "https://posfin.example:port/",
        "https://posfin.example/\r\nHost: other",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "",
        7,
    ],
)
@pytest.mark.parametrize("member", ["page", "probe"])
def test_only_public_names_are_listed_by_https(address: object, member: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        read_listed({"channels": [GOOD | {member: address}]})
    assert refused.value.pointer == f"/channels/0/{member}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "portal"},
        {"id": "Posfin"},
        {"id": "../channel"},
        {"kind": "portal"},
        {"label": ""},
        {"label": "<b>Posfin</b>"},
        {"label": "x" * 61},
        {"secret": "key"},
        {"hours": {"opens": "15:00", "closes": "08:00", "days": "1"}},
        {"hours": {"opens": "8:00", "closes": "15:00", "days": "1"}},
        {"hours": {"opens": "08:00", "closes": "15:00", "days": "11"}},
        {"hours": {"opens": "08:00", "closes": "15:00", "days": "8"}},
        {"hours": "always"},
    ],
)
def test_a_configuration_that_is_not_right_is_refused_whole(wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid):
        read_listed({"channels": [GOOD | {"id": "first"}, GOOD | wrong]})


@pytest.mark.parametrize(
    "config", [{}, [], {"channels": []}, {"channels": [GOOD] * 51}, {"channels": [GOOD, GOOD]}, None]
)
def test_a_configuration_has_channels_each_with_an_id_of_its_own(config: object) -> None:
    with pytest.raises(RequestInvalid):
        read_listed(config)
