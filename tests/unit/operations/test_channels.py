"""The channel board: what is probed and said is what is shown, and nothing that an upstream says ever is."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from meterai.domain.board import Board, Card, Hours, Listed
from meterai.domain.errors import Missing, PaymentProviderUnavailable, RequestInvalid
from meterai.domain.rows import Channel, Standing
from meterai.operations.find import load
from meterai.operations.keep_board import FRESH_SECONDS, keep_board
from meterai.operations.list_channels import list_channels
from meterai.operations.list_others import list_others
from meterai.operations.probe_channels import keep_probe, probe_channels
from meterai.operations.say_word import say_word
from meterai.runtime.board import status_json
from meterai.runtime.status_page import status_page
from tests.fakes.outside import PlainDoors
from tests.fakes.room import MemoryPublicFiles
from tests.fakes.world import World

MINUTE = timedelta(minutes=1)
FRONT = "https://meterai.test/v1/status"
POSFIN = Listed("posfin", "distributor", "Posfin", "https://posfin.example/", "https://posfin.example/")
COUNTER = Listed("pos", "counter", "Loket Pos", hours=Hours("08:00", "15:00", "1234567"))


def board(world: World) -> Board:
    return list_channels(world.ledger, world.queue, now=world.now)


def cards(world: World) -> dict[str, Card]:
    return {card.id: card for card in board(world).cards}


def probe(world: World) -> dict[str, str]:
    probes: dict[str, Any] = {
        "issuer": lambda: None if world.signer.sign(b"") else 0,
        "timestamp": lambda: None if world.timestamps.token(b"") else 0,
        "payment": world.gateway.probe,
    }
    ticks = count()
    return probe_channels(world.ledger, probes, now=world.now, timer=lambda: next(ticks) * 0.25)


def keep(world: World, doors: PlainDoors, files: MemoryPublicFiles) -> dict[str, str]:
    written = {"status.json": lambda board: repr([(line.id, line.state) for line in board.cards]).encode()}
    return keep_board(world.ledger, world.queue, doors, files, written, front=FRONT, now=world.now)


def test_a_channel_nobody_asked_is_neither_up_nor_down() -> None:
    found = cards(World())
    assert {name: line.state for name, line in found.items()} == dict.fromkeys(
        ("portal", "issuer", "timestamp", "payment"), "unknown"
    )
    assert found["portal"].stamps == "unknown"


def test_each_channel_is_told_as_it_was_heard_last() -> None:
    world = World()
    world.gateway.outage = world.timestamps.down = True
    assert probe(world) == {"issuer": "up", "timestamp": "down", "payment": "down"}
    world.gateway.outage = False
    world.wait(MINUTE)
    assert probe(world) == {"issuer": "up", "timestamp": "down", "payment": "up"}
    world.queue.send("stp_1", "paid")
    found = cards(world)
    assert {name: found[name].state for name in ("issuer", "timestamp", "payment")} == {
        "issuer": "up",
        "timestamp": "down",
        "payment": "up",
    }
    assert board(world).backlog == 1
    assert not board(world).well


def test_how_many_are_in_line_is_what_was_counted_and_the_queues_word_where_nobody_counts() -> None:
    world = World()
    world.queue.send("stp_1", "paid")
    standing = Standing(id="room", kept_at=world.now, paid_waiting=40, bulk_waiting=2)
    world.ledger.project(put=[(standing.key, standing.row())])
    assert (board(world).backlog, board(world).standing) == (42, standing)
    world.wait(timedelta(minutes=5))
    assert (board(world).backlog, board(world).standing) == (1, None)


def test_the_last_hour_of_a_channel_is_how_often_it_answered_and_how_long_it_took() -> None:
    world = World()
    for number in range(4):
        world.gateway.outage = number == 1
        probe(world)
        world.wait(MINUTE)
    hour = cards(world)["payment"].hour
    assert hour is not None
    assert (hour.asked, hour.answered, hour.success_rate, hour.answer_ms) == (4, 3, 0.75, 250)


def test_the_pieces_that_a_channel_says_to_have_are_on_the_board_until_it_says_otherwise() -> None:
    world = World()
    probe_channels(world.ledger, {"issuer": lambda: 1200}, now=world.now, timer=lambda: 0.0)
    assert cards(world)["issuer"].pieces == 1200
    keep_probe(world.ledger, "issuer", None, now=world.now)
    assert cards(world)["issuer"].pieces is None


def test_what_an_upstream_says_when_it_fails_is_nowhere_on_the_board() -> None:
    world = World()
    said = "meterai-akun.internal:8443 Traceback (most recent call last)"

    def refuse() -> None:
        raise PaymentProviderUnavailable(said)

    heard = probe_channels(world.ledger, {"payment": refuse}, now=world.now, timer=lambda: 0.0)
    assert heard == {"payment": "down"}
    for told in (status_json(board(world)), status_page("")(board(world)), repr(world.ledger.rows).encode()):
        assert b"internal" not in told
        assert b"Traceback" not in told


def test_the_keeper_knocks_at_the_portal_and_at_every_door_that_is_listed() -> None:
    world, doors, files = World(), PlainDoors(), MemoryPublicFiles()
    list_others(world.ledger, [POSFIN, COUNTER])
    doors.closed.add("posfin")
    probe(world)
    assert keep(world, doors, files) == {
        "portal": "up", "issuer": "up", "timestamp": "up", "payment": "up", "posfin": "down", "pos": "unknown",
    }  # fmt: skip
    assert doors.asked == [{"portal": FRONT, "posfin": POSFIN.probe}]
    assert (cards(world)["portal"].stamps, cards(world)["posfin"].stamps) == ("yes", "no")


def test_the_public_files_say_what_was_just_heard_and_may_be_kept_for_seconds_only() -> None:
    world, doors, files = World(), PlainDoors(), MemoryPublicFiles()
    keep(world, doors, files)
    assert b"('portal', 'up')" in files.files["status.json"][0]
    doors.closed.add("portal")
    world.wait(MINUTE)
    keep(world, doors, files)
    assert b"('portal', 'down')" in files.files["status.json"][0]
    assert files.files["status.json"][1] == FRESH_SECONDS <= 15


def test_when_the_keeper_stands_still_what_it_heard_becomes_unknown() -> None:
    world, doors = World(), PlainDoors()
    keep(world, doors, MemoryPublicFiles())
    world.wait(4 * MINUTE)
    assert cards(world)["portal"].state == "up"
    world.wait(MINUTE)
    assert cards(world)["portal"].state == "unknown"


def test_a_word_is_shown_with_who_said_it_and_counts_until_its_time_is_over() -> None:
    world = World()
    list_others(world.ledger, [COUNTER])
    world.now = world.now.replace(hour=3)
    half = timedelta(minutes=30)
    said = say_word(
        world.ledger, channel="pos", says="up", by="Sari", lasts=half, now=world.now, stock="low", wait_minutes=20
    )
    line = cards(world)["pos"]
    assert (line.state, line.stamps, line.stock, line.wait_seconds) == ("up", "yes", "low", 1200)
    assert (line.word, line.word_is_old) == (said, False)
    world.wait(half)
    line = cards(world)["pos"]
    assert (line.state, line.stamps, line.stock, line.word_is_old) == ("unknown", "unknown", None, True)


def test_a_new_word_takes_the_place_of_the_old_one_whole() -> None:
    world = World()
    list_others(world.ledger, [POSFIN])
    say_word(world.ledger, channel="posfin", says="up", by="Sari", lasts=MINUTE, now=world.now, stock="ample")
    say_word(world.ledger, channel="posfin", says="down", by="Budi", lasts=MINUTE, now=world.now)
    line = cards(world)["posfin"]
    assert (line.state, line.stock, line.word.by if line.word else "") == ("down", None, "Budi")


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": ""},
        {"by": "sari@posfin.example"},
        {"by": "<script>"},
        {"by": "x" * 61},
        {"lasts": timedelta(0)},
        {"lasts": timedelta(hours=25)},
        {"wait_minutes": -1},
        {"wait_minutes": 100_000},
    ],
)
def test_a_word_is_from_a_name_for_a_day_at_most(wrong: dict[str, Any]) -> None:
    world = World()
    list_others(world.ledger, [POSFIN])
    word: dict[str, Any] = {"channel": "posfin", "says": "up", "by": "Sari", "lasts": MINUTE} | wrong
    with pytest.raises(RequestInvalid):
        say_word(world.ledger, **word, now=world.now)
    assert cards(world)["posfin"].word is None


@pytest.mark.parametrize("name", ["portal", "issuer", "somebody"])
def test_nobody_speaks_for_what_is_measured_or_not_listed(name: str) -> None:
    world = World()
    with pytest.raises(Missing):
        say_word(world.ledger, channel=name, says="up", by="Sari", lasts=MINUTE, now=world.now)


def test_listing_again_keeps_the_order_given_and_what_was_heard_of_those_that_stay() -> None:
    world, doors = World(), PlainDoors()
    list_others(world.ledger, [POSFIN, COUNTER])
    keep(world, doors, MemoryPublicFiles())
    list_others(world.ledger, [COUNTER, POSFIN])
    assert list(cards(world))[4:] == ["pos", "posfin"]
    assert cards(world)["posfin"].hour is not None
    list_others(world.ledger, [COUNTER])
    assert list(cards(world))[4:] == ["pos"]


def test_a_channels_row_stays_small_however_long_it_is_probed() -> None:
    world = World()
    for _ in range(200):
        keep_probe(world.ledger, "issuer", 10, now=world.now)
        world.wait(MINUTE)
    kept = load(world.ledger, Channel, "channel_issuer")
    assert kept is not None
    assert len(kept.minutes) == 60
