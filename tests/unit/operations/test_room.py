"""The waiting room over the whole house in memory: who waits, who was served and what is sold, counted from the stream."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from meterai.domain import room, tally
from meterai.domain.ledger import Row
from meterai.domain.rows import Announcement, Channel, Standing, Tally
from meterai.operations.keep_room import keep_rounds
from tests.fakes.world import START, World

MINUTE = timedelta(minutes=1)


def told(world: World) -> dict[str, Any]:
    data, fresh = world.public.files["room.json"]
    assert fresh + room.EVERY_SECONDS <= 15
    found: dict[str, Any] = json.loads(data)
    return found


def standing(world: World) -> Standing:
    row = world.ledger.get(Standing.key_of(Standing.ID))
    assert row is not None
    return Standing.of(row)


def totals(world: World) -> dict[str, int]:
    row = world.ledger.get(Tally.key_of(Tally.ID))
    assert row is not None
    return Tally.of(row).totals


def customer(world: World, pieces: int) -> tuple[str, str]:
    """An account with so many paid pieces, and its token."""
    opened = world.account()
    world.pay(world.buy(opened.account.id, pieces).attempt.id)
    return opened.account.id, opened.token


def announce(world: World, **said: Any) -> None:
    one = Announcement(id=Announcement.ID, made_at=world.now, by="ibu siti", **said)
    world.ledger.project(put=[(one.key, one.row())])


def channel(world: World, name: str, state: Any) -> None:
    one = Channel(id=f"channel_{name}", state=state, checked_at=world.now)
    world.ledger.project(put=[(one.key, one.row())])


def test_a_person_is_offered_has_waits_and_is_served() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 3)
    assert world.keep_room().standing.open_invoice_pieces == 3
    world.pay(bill.attempt.id)
    kept = world.keep_room().standing
    assert (kept.open_invoice_pieces, kept.available_pieces) == (0, 3)
    world.stamp(account, world.document(opened.token))
    kept = world.keep_room().standing
    assert (kept.paid_waiting, kept.bulk_waiting, kept.available_pieces) == (1, 0, 2)
    assert kept.oldest_paid_at == START
    world.work()
    world.now += MINUTE
    kept = world.keep_room().standing
    assert (kept.paid_waiting, kept.available_pieces, kept.oldest_paid_at) == (0, 2, None)
    assert told(world)["lines"]["paid"]["served"] == [[tally.minute_of(START), 1]]


def test_an_invoice_counts_as_offered_only_inside_its_time() -> None:
    world = World()
    world.buy(world.account().account.id, 5)
    world.now += timedelta(minutes=15)
    assert world.keep_room().standing.open_invoice_pieces == 5
    world.now += MINUTE
    assert world.keep_room().standing.open_invoice_pieces == 0


def test_a_refund_takes_its_pieces_out_and_its_rejection_puts_them_back() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 4)
    world.pay(bill.attempt.id)
    world.ask_refund(account, bill.invoice.id)
    assert world.keep_room().standing.available_pieces == 0


def test_what_is_counted_is_what_the_rows_are() -> None:
    world = World(seed=3)
    people = [customer(world, 2) for _ in range(4)]
    for number, (account, token) in enumerate(people):
        world.now += timedelta(seconds=40)
        world.stamp(account, world.document(token))
        if number % 2:
            world.work()
        world.keep_room()
    rows = tally.total(tally.counts(key[1], row) for key, row in world.ledger.rows.items())
    assert totals(world) == tally.folded({}, [rows], tally.minute_of(world.now))


def test_the_file_shows_who_waits_and_nothing_of_anybody() -> None:
    world = World()
    account, token = customer(world, 1)
    asked = world.stamp(account, world.document(token))
    world.keep_room()
    page = told(world)
    minute = tally.minute_of(START)
    assert page["lines"]["paid"]["bins"] == [[minute, 1, 1, 1]]
    assert page["lines"]["bulk"] == {"waiting": 0, "bins": [], "served": [], "rates": page["lines"]["bulk"]["rates"]}
    assert page["receipt_keys"]
    text = world.public.files["room.json"][0].decode()
    assert account not in text
    assert asked.stamping.id not in text


def test_without_the_receipts_key_everything_else_is_told() -> None:
    world = World()
    world.receipts.down = True
    world.keep_room()
    assert told(world)["receipt_keys"] == []


def test_while_the_issuer_is_down_the_rate_is_the_stated_one_and_no_turn_is_promised_unless_somebody_says_when() -> (
    None
):
    world = World()
    channel(world, "issuer", "down")
    assert world.keep_room().standing.rates_are == "unknown"
    announce(world, stated_rate=7200)
    world.keep_room()
    page = told(world)
    assert (page["rates"], page["rates_are"], page["standstill_seconds"]) == ([7200, 7200, 7200], "stated", None)
    announce(world, stated_rate=7200, back_at=world.now + timedelta(minutes=30))
    world.keep_room()
    assert told(world)["standstill_seconds"] == 1800
    kept = standing(world)
    assert room.before_paying(kept, "paid", world.now) is not None


def test_a_backed_up_line_measures_the_rate_and_a_standstill_does_not() -> None:
    world = World()
    accounts = [customer(world, 12) for _ in range(10)]
    waiting = [
        world.stamp(account, world.document(token, b"document %d of %s" % (at, account.encode()))).stamping.id
        for account, token in accounts
        for at in range(12)
    ]
    world.flow()
    world.queue.messages.clear()
    world.now += 2 * MINUTE
    for _ in range(10):
        world.keep_room()
        for _ in range(6):
            world.seal(waiting.pop())
        world.now += MINUTE
    kept = world.keep_room().standing
    assert kept.rates_are == "measured"
    assert (kept.rate_p10, kept.rate_p50, kept.rate_p90) == (360, 360, 360)
    assert kept.paid_rates == [360, 360, 360]
    channel(world, "issuer", "down")
    for _ in range(30):
        world.keep_room()
        world.now += MINUTE
    channel(world, "issuer", "up")
    assert world.keep_room().standing.rate_p50 == 360


def test_a_quiet_house_is_no_measure_and_still_says_about_when() -> None:
    world = World()
    account, token = customer(world, 1)
    world.stamp(account, world.document(token))
    world.work()
    kept = world.keep_room().standing
    assert (kept.rates_are, kept.rate_p50) == ("seen", 60)
    assert room.admission_of(kept, world.now) is None


def test_a_round_that_fails_keeps_no_round_after_it_from_its_work() -> None:
    world = World()
    slept: list[float] = []

    def pause(seconds: float) -> None:
        slept.append(seconds)
        world.now += timedelta(seconds=seconds)
        world.public.down = len(slept) == 2

    done = keep_rounds(world.ledger, world.public, world.receipts, rounds=3, clock=lambda: world.now, pause=pause)
    assert done == [{"folded": 0, "waiting": 0}, {"code": "busy"}, {"folded": 0, "waiting": 0}]
    assert slept == [0.0, 10.0, 10.0]
    assert told(world)["kept_at"] == "2024-09-03T10:00:20.000000Z"


def test_nothing_that_is_counted_is_counted_of_what_counts_itself() -> None:
    """Markers, sums, tally and standing come through the stream as well; none of them makes another count."""
    world = World()
    world.buy(world.account().account.id)
    world.keep_room()
    made: Row = {"ttl": 1}
    world.flow()
    assert world.counts.messages == []
    assert tally.counts("counted", made) == {}
