"""A busy account's pieces are on its shards: stampings find the last one, refunds hold what is scattered, whoever else acts."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import timedelta
from itertools import count, cycle

import pytest

from meterai.domain.errors import (
    Busy,
    Missing,
    QuotaExhausted,
    RefundQuotaInsufficient,
    Refusal,
    RequestInvalid,
)
from meterai.domain.ids import derived
from meterai.domain.moves import quota
from meterai.domain.rows import Invoice, Quota, QuotaShard, Refund, Stamping
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.find import loaded, pool_of, quota_of, shards_of
from meterai.operations.gather_pieces import GATHERS_FOR
from meterai.operations.open_account import Opened
from meterai.operations.open_shards import MOST_SHARDS, open_shards
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.world import World

SHARDS = 3


class Partner:
    """A busy account in a house of its own, with the pieces of one paid invoice spread over pool and shards."""

    def __init__(self, pool: int = 0, shards: tuple[int, ...] = (0,) * SHARDS) -> None:
        self.ledger = CrowdedLedger()
        self.world = World(ledger=self.ledger)
        self.opened: Opened = self.world.account()
        self.id = self.opened.account.id
        self.invoice = self.buy(pool + sum(shards)) if pool + sum(shards) else ""
        self.other = ""
        if shards:
            open_shards(self.ledger, account=self.id, shards=len(shards))
        for number, pieces in enumerate(shards):
            self.share(number, pieces)
        self.papers = [self.document() for _ in range(6)]
        self._keys = count()

    def buy(self, pieces: int) -> str:
        bill = self.world.buy(self.id, pieces)
        self.world.pay(bill.attempt.id)
        return bill.invoice.id

    def document(self) -> str:
        return self.world.document(self.opened.token)

    @property
    def pool(self) -> Quota:
        return pool_of(self.ledger, self.id)

    @property
    def shards(self) -> list[QuotaShard]:
        return shards_of(self.ledger, self.pool)

    @property
    def whole(self) -> Quota:
        return quota_of(self.ledger, self.id)

    def share(self, number: int, pieces: int) -> None:
        if pieces:
            self.ledger.apply(quota.share(self.pool, number, pieces, self.world.now))

    def drain(self, number: int, pieces: int) -> None:
        self.ledger.apply(quota.drain(self.pool, self.shards[number], pieces))

    def key(self, home: int) -> str:
        """An Idempotency-Key whose stamping's own shard is this one."""
        return next(key for key in map(str, self._keys) if self.home(key) == home)

    def home(self, key: str) -> int:
        """The own shard of the stamping that this key makes."""
        return zlib.crc32(derived("stp", self.id, "POST /v1/stampings", key).encode()) % len(self.shards)

    def stamp(self, home: int = 0, document: str | None = None) -> Stamping:
        return self.world.stamp(self.id, document or self.papers.pop(), key=self.key(home)).stamping

    def cancel(self, stamping: Stamping) -> None:
        cancel_stamping(self.ledger, self.world.sealed, account=self.id, stamping_id=stamping.id, now=self.world.now)

    def places(self) -> list[int]:
        """How many pieces are available in the pool and on each shard."""
        return [self.pool.available, *(shard.available for shard in self.shards)]

    def audit(self) -> None:
        """Every row is balanced, nothing is between them, and the buckets are what the rows they count say."""
        assert self.pool.balanced(), self.pool
        assert all(shard.balanced() for shard in self.shards), self.shards
        whole = self.whole
        assert whole.shared == 0
        rows = self.ledger.rows.items()
        stampings = [Stamping.of(row) for (_, noun), row in rows if noun == "stamping"]
        refunds = [Refund.of(row) for (_, noun), row in rows if noun == "refund"]
        purses: list[Quota | QuotaShard] = [self.pool, *self.shards]
        for purse in purses:
            mine = [one for one in stampings if one.purse == purse.key]
            assert purse.reserved == sum(one.status in ("queued", "sealing") for one in mine)
            assert purse.used == sum(one.status == "done" for one in mine)
        assert whole.held == sum(one.quantity for one in refunds if one.status == "received")


def outcome_of(act: Callable[[], object]) -> str:
    """ "done", or the code of the refusal."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


def die() -> None:
    """A call to the ledger that fails, and ends whatever made it."""
    raise Busy("the power failed")


# Finding pieces ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", range(SHARDS))
@pytest.mark.parametrize("place", range(SHARDS + 1))
def test_the_last_piece_is_found_wherever_it_is_and_only_then_is_quota_exhausted(home: int, place: int) -> None:
    where = [int(number == place) for number in range(SHARDS + 1)]
    partner = Partner(where[0], tuple(where[1:]))
    asked = partner.stamp(home)
    assert asked.shard == (home if place == 0 else place - 1)
    assert partner.places() == [0] * (SHARDS + 1)
    for other in range(SHARDS):
        with pytest.raises(QuotaExhausted):
            partner.stamp(other)
    partner.audit()


def test_as_many_stamps_as_pieces_and_not_one_more() -> None:
    partner = Partner(pool=20)
    partner.papers = [partner.document() for _ in range(21)]
    made = [partner.stamp(number % SHARDS) for number in range(20)]
    assert {stamping.shard for stamping in made} == set(range(SHARDS))
    with pytest.raises(QuotaExhausted):
        partner.stamp()
    partner.world.work()
    assert (partner.whole.used, partner.whole.available) == (20, 0)
    partner.audit()


def test_an_empty_shard_is_filled_with_an_equal_part_of_the_pool_and_a_full_one_is_left_alone() -> None:
    partner = Partner(pool=10)
    partner.stamp(1)
    assert partner.places() == [6, 0, 3, 0]
    partner.stamp(1)
    assert partner.places() == [6, 0, 2, 0]
    partner.stamp(0)
    assert partner.places() == [4, 1, 2, 0]


def test_pieces_that_are_out_are_found_while_the_pool_is_empty() -> None:
    partner = Partner(shards=(0, 2, 5))
    assert [partner.stamp(0).shard for _ in range(3)] == [1, 1, 2]
    partner.audit()


def test_an_account_becomes_busy_in_the_middle_of_a_request() -> None:
    for home in range(2):

        def play(at: int, home: int = home) -> int:
            partner = Partner(pool=1, shards=())

            def operator() -> None:
                open_shards(partner.ledger, account=partner.id, shards=2)
                partner.share(home, 1) if partner.pool.available else None

            partner.ledger.meddle(operator, at=at)
            asked = partner.world.stamp(partner.id, partner.papers.pop()).stamping
            partner.ledger.leave()
            assert asked.status == "queued"
            partner.audit()
            return partner.ledger.calls

        assert list(every_instant(play))


def test_what_was_asked_before_is_returned_before_anything_is_called_exhausted() -> None:
    partner = Partner(shards=(0, 1, 0))
    document = partner.papers.pop()
    first = partner.world.stamp(partner.id, document, key="k")
    again = partner.world.stamp(partner.id, document, key="k")
    other_key = partner.world.stamp(partner.id, document)
    assert (again.stamping, other_key.stamping) == (first.stamping, first.stamping)
    assert (again.replayed, other_key.replayed) == (True, True)
    with pytest.raises(QuotaExhausted):
        partner.world.stamp(partner.id, document, another=True)


def test_two_requests_of_one_key_take_one_piece_whenever_the_second_comes() -> None:
    def play(at: int) -> int:
        partner = Partner(pool=1, shards=(0, 0, 1))
        document, key = partner.papers.pop(), partner.key(1)
        partner.ledger.meddle(lambda: partner.world.stamp(partner.id, document, key=key), at=at)
        partner.world.stamp(partner.id, document, key=key)
        partner.ledger.leave()
        assert (partner.whole.reserved, partner.whole.available) == (1, 1)
        partner.audit()
        return partner.ledger.calls

    assert len(list(every_instant(play))) >= 8


def test_a_request_that_died_anywhere_is_repeated_and_takes_one_piece() -> None:
    def play(at: int) -> int:
        partner = Partner(pool=2, shards=(0, 0, 0))
        document, key = partner.papers.pop(), partner.key(1)
        partner.ledger.meddle(die, at=at)
        outcome = outcome_of(lambda: partner.world.stamp(partner.id, document, key=key))
        calls = partner.ledger.calls
        partner.ledger.leave()
        assert outcome == ("busy" if calls > at else "done")
        assert partner.world.stamp(partner.id, document, key=key).stamping.status == "queued"
        assert (partner.whole.reserved, partner.whole.available) == (1, 1)
        partner.audit()
        return calls

    assert len(list(every_instant(play))) >= 8


def test_a_release_returns_to_the_shard_and_the_piece_is_found_there_from_any_other() -> None:
    partner = Partner(shards=(0, 1, 0))
    partner.cancel(partner.stamp(1))
    assert partner.places() == [0, 0, 1, 0]
    assert partner.stamp(2).shard == 1
    partner.audit()


# While others act ----------------------------------------------------------------------------------------------------------


def hop(partner: Partner, to: int) -> None:
    """The last piece goes from wherever it is to this shard."""
    for number, shard in enumerate(partner.shards):
        if shard.available:
            partner.drain(number, shard.available)
    partner.share(to, partner.pool.available)


def come_back(partner: Partner) -> None:
    """The last piece goes back to the pool."""
    for number, shard in enumerate(partner.shards):
        if shard.available:
            partner.drain(number, shard.available)


@pytest.mark.parametrize("home", range(SHARDS))
@pytest.mark.parametrize("start", range(SHARDS + 1))
@pytest.mark.parametrize("act", [come_back, *(lambda partner, to=to: hop(partner, to) for to in range(SHARDS))])
def test_a_piece_that_moves_meanwhile_is_never_called_exhausted(
    home: int, start: int, act: Callable[[Partner], None]
) -> None:
    def play(at: int) -> int:
        where = [int(number == start) for number in range(SHARDS + 1)]
        partner = Partner(where[0], tuple(where[1:]))
        partner.ledger.meddle(lambda: act(partner), at=at)
        assert partner.stamp(home).status == "queued"
        partner.ledger.leave()
        partner.audit()
        return partner.ledger.calls

    assert list(every_instant(play))


@pytest.mark.parametrize("home", range(SHARDS))
@pytest.mark.parametrize(("here", "there"), [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
def test_a_piece_that_returns_as_another_goes_is_never_called_exhausted(home: int, here: int, there: int) -> None:
    """At no instant is the account without a piece: one comes back to a shard just before the other shard's is taken."""

    def play(at: int) -> int:
        partner = Partner(shards=tuple(int(number in (here, there)) for number in range(SHARDS)))
        waiting = partner.stamp(here)

        def others() -> None:
            partner.cancel(waiting)
            assert partner.stamp(there).shard in (here, there)

        partner.ledger.meddle(others, at=at)
        assert partner.stamp(home).status == "queued"
        partner.ledger.leave()
        partner.audit()
        return partner.ledger.calls

    assert list(every_instant(play))


def test_a_piece_that_never_rests_is_found_or_busy_and_never_exhausted() -> None:
    def outcome(home: int, route: tuple[int | None, ...]) -> str:
        """Before each call of the request the piece goes to the next place of its route; None is the pool."""
        partner = Partner(shards=(0, 1, 0))
        stops = cycle(route)

        def run_away() -> None:
            to = next(stops)
            come_back(partner) if to is None else hop(partner, to)

        partner.ledger.meddle(run_away)
        ended = outcome_of(lambda: partner.stamp(home))
        partner.ledger.leave()
        partner.audit()
        return ended

    routes: list[tuple[int | None, ...]] = [(0, 1, 2), (2, 1, 0), (None, 2), (None, 0, 1), (0, 1), (1, None, 2, None)]
    assert {outcome(home, route) for home in range(SHARDS) for route in routes} == {"done", "busy"}


def test_the_whole_quota_is_the_same_whatever_goes_between_its_rows_while_it_is_read() -> None:
    for act in (lambda partner: hop(partner, 0), lambda partner: hop(partner, 2), come_back):

        def play(at: int, act: Callable[[Partner], None] = act) -> int:
            partner = Partner(pool=2, shards=(1, 3, 1))
            partner.ledger.meddle(lambda: act(partner), at=at)
            whole = partner.whole
            partner.ledger.leave()
            assert (whole.available, whole.shared, whole.paid_in) == (7, 0, 7)
            assert whole.balanced()
            return partner.ledger.calls

        assert len(list(every_instant(play))) >= SHARDS + 2


def test_a_piece_that_could_be_used_at_every_instant_is_in_the_whole_quota() -> None:
    """One comes to the pool just before the shard's is used: whoever read the pool first would see neither."""

    def play(at: int) -> int:
        partner = Partner(shards=(0, 1, 0))

        def others() -> None:
            partner.buy(1)
            assert partner.stamp(1).shard == 1
            partner.world.work()

        partner.ledger.meddle(others, at=at)
        assert partner.whole.available >= 1
        partner.ledger.leave()
        return partner.ledger.calls

    assert len(list(every_instant(play))) >= SHARDS + 2


def test_a_whole_quota_that_is_never_still_is_busy() -> None:
    partner = Partner(pool=2)
    steps = count()
    partner.ledger.meddle(lambda: hop(partner, next(steps) % SHARDS))
    with pytest.raises(Busy):
        quota_of(partner.ledger, partner.id)


# Refunds -------------------------------------------------------------------------------------------------------------------


def test_a_refund_holds_pieces_that_are_scattered_and_shares_what_is_left_again() -> None:
    partner = Partner(pool=1, shards=(2, 0, 2))
    partner.buy(3)
    refund = partner.world.ask_refund(partner.id, partner.invoice).refund
    assert (refund.status, partner.pool.held) == ("received", 5)
    assert partner.pool.draining_until is None
    partner.audit()
    assert partner.stamp(1).shard == 1
    assert partner.world.follow(refund.id).status == "refunded"
    assert (partner.whole.refunded, partner.whole.available, partner.whole.reserved) == (5, 2, 1)


def test_a_refund_that_the_pool_can_pay_leaves_the_shards_alone() -> None:
    partner = Partner(shards=(2, 1, 2))
    second = partner.buy(2)
    partner.world.ask_refund(partner.id, second)
    assert partner.places() == [0, 2, 1, 2]
    assert "draining" not in {move.name for move in partner.ledger.history}


def test_a_refund_of_pieces_that_are_used_is_refused_and_nothing_moves() -> None:
    partner = Partner(shards=(2, 1, 0))
    partner.stamp(0)
    partner.world.work()
    before = dict(partner.ledger.rows)
    with pytest.raises(RefundQuotaInsufficient):
        partner.world.ask_refund(partner.id, partner.invoice)
    assert partner.ledger.rows == before


def test_a_request_while_a_shards_piece_is_under_way_is_recorded_and_gathers_once_that_has_ended() -> None:
    partner = Partner(shards=(2, 1, 0))
    waiting = partner.stamp(0)
    with pytest.raises(Busy):  # it is reserved on a shard, and not listed yet
        partner.world.ask_refund(partner.id, partner.invoice)
    partner.world.flow()
    refund = partner.world.ask_refund(partner.id, partner.invoice).refund
    assert (refund.status, refund.waits_for) == ("pending", frozenset({waiting.id}))
    partner.cancel(waiting)
    assert partner.places() == [0, 2, 1, 0]
    assert partner.world.advance(refund.id).refund.status == "received"
    assert (partner.pool.held, partner.whole.available) == (3, 0)
    partner.audit()


def test_a_cancelled_refund_gives_its_pieces_to_the_pool_and_they_are_shared_again() -> None:
    partner = Partner(shards=(1, 1, 1))
    refund = partner.world.ask_refund(partner.id, partner.invoice).refund
    cancel_refund(partner.ledger, account=partner.id, refund_id=refund.id, now=partner.world.now)
    assert partner.places() == [3, 0, 0, 0]
    assert partner.stamp(2).shard == 2
    partner.audit()


def test_a_gathering_that_died_anywhere_loses_nothing_stops_no_stamp_and_is_over_after_a_while() -> None:
    def play(at: int) -> int:
        partner = Partner(pool=1, shards=(2, 1, 2))
        partner.ledger.meddle(die, at=at)
        outcome = outcome_of(lambda: partner.world.ask_refund(partner.id, partner.invoice, key="k"))
        calls = partner.ledger.calls
        partner.ledger.leave()
        assert outcome == ("busy" if calls > at else "done")
        partner.audit()
        if not partner.pool.held:
            asked = [partner.stamp(home) for home in range(SHARDS)]
            assert all(one.status == "queued" for one in asked)
            for one in asked:
                partner.cancel(one)
        partner.world.wait(GATHERS_FOR + timedelta(seconds=1))
        assert not partner.pool.draining(partner.world.now)
        assert partner.world.ask_refund(partner.id, partner.invoice, key="k").refund.status == "received"
        partner.audit()
        return calls

    assert len(list(every_instant(play))) >= 20


def test_while_a_refund_gathers_nothing_is_shared_and_stamps_come_from_the_pool() -> None:
    partner = Partner(pool=3)
    partner.ledger.apply(quota.draining(partner.pool, partner.world.now + GATHERS_FOR))
    assert partner.stamp(0).shard is None
    assert "share" not in partner.ledger.tried
    partner.world.wait(GATHERS_FOR + timedelta(seconds=1))
    assert partner.stamp(0).shard == 0
    partner.audit()


def test_a_refund_gathers_from_a_shard_that_is_stamped_from_all_the_time() -> None:
    partner = Partner(shards=(8, 0, 0))
    partner.buy(32)
    partner.share(0, 32)
    partner.papers = [partner.document() for _ in range(40)]
    partner.ledger.meddle(lambda: partner.stamp(0))
    refund = partner.world.ask_refund(partner.id, partner.invoice).refund
    partner.ledger.leave()
    assert (refund.status, partner.pool.held) == ("received", 8)
    assert partner.whole.reserved >= 8
    partner.audit()


def test_a_refund_prolongs_the_gathering_of_another_that_would_end_first() -> None:
    partner = Partner(shards=(2, 1, 0))
    partner.ledger.apply(quota.draining(partner.pool, partner.world.now + timedelta(seconds=1)))
    seen = []
    partner.ledger.meddle(lambda: seen.append(partner.pool.draining_until))
    partner.world.ask_refund(partner.id, partner.invoice)
    assert partner.world.now + GATHERS_FOR in seen


def test_a_recorded_request_whose_pieces_never_rest_is_judged_again_soon() -> None:
    partner = Partner(shards=(2, 1, 0))
    waiting = partner.stamp(0)
    partner.world.flow()
    refund = partner.world.ask_refund(partner.id, partner.invoice).refund
    partner.cancel(waiting)
    turns = count()

    def run_away() -> None:
        """After the whole quota was seen, pieces go from shard to shard before each call."""
        if next(turns) > SHARDS + 5:
            hop(partner, next(turns) % SHARDS)

    partner.ledger.meddle(run_away)
    with pytest.raises(Busy):
        partner.world.advance(refund.id)
    partner.ledger.leave()
    assert partner.world.advance(refund.id).refund.status == "received"
    partner.audit()


def stamp_where_nothing_is(partner: Partner) -> None:
    """A stamping whose own shard is empty: it shares out what the refund would gather."""
    partner.stamp(1)


def ask_the_other_refund(partner: Partner) -> None:
    partner.world.ask_refund(partner.id, partner.other)


def pay_for_more(partner: Partner) -> None:
    partner.buy(1)


@pytest.mark.parametrize("act", [stamp_where_nothing_is, ask_the_other_refund, pay_for_more, come_back])
def test_a_refund_holds_whoever_acts_meanwhile_as_long_as_there_are_pieces(act: Callable[[Partner], None]) -> None:
    def play(at: int) -> int:
        partner = Partner(shards=(2, 0, 2))
        partner.other = partner.buy(3)
        partner.share(2, 2)
        partner.ledger.meddle(lambda: act(partner), at=at)
        refund = partner.world.ask_refund(partner.id, partner.invoice).refund
        partner.ledger.leave()
        assert refund.status == "received"
        assert partner.whole.held == (7 if act is ask_the_other_refund and partner.ledger.calls > at else 4)
        partner.audit()
        return partner.ledger.calls

    assert len(list(every_instant(play))) >= 10


def test_one_piece_is_stamped_or_refunded_and_never_both() -> None:
    outcomes = set()

    def play(at: int) -> int:
        partner = Partner(shards=(0, 1, 0))
        partner.ledger.meddle(lambda: outcome_of(lambda: partner.stamp(2)), at=at)
        outcome = outcome_of(lambda: partner.world.ask_refund(partner.id, partner.invoice))
        partner.ledger.leave()
        outcomes.add((outcome, partner.whole.held, partner.whole.reserved))
        assert partner.whole.held + partner.whole.reserved == 1
        assert (outcome == "done") <= (loaded(partner.ledger, Invoice, partner.invoice).status == "refunding")
        partner.audit()
        return partner.ledger.calls

    assert list(every_instant(play))
    assert {("done", 1, 0), ("busy", 0, 1)} <= outcomes


def test_a_refund_whose_piece_became_a_stamp_while_it_gathered_is_refused_and_not_put_off() -> None:
    outcomes = set()

    def play(at: int) -> int:
        partner = Partner(shards=(0, 1, 0))

        def stamp_it() -> None:
            if outcome_of(lambda: partner.stamp(1)) == "done":
                partner.world.work()

        partner.ledger.meddle(stamp_it, at=at)
        outcomes.add(outcome_of(lambda: partner.world.ask_refund(partner.id, partner.invoice)))
        partner.ledger.leave()
        assert partner.whole.held + partner.whole.used == 1
        partner.audit()
        return partner.ledger.calls

    assert list(every_instant(play))
    assert outcomes == {"done", "refund_quota_insufficient"}


# An operator ---------------------------------------------------------------------------------------------------------------


def test_an_operator_opens_shards_once_and_never_takes_any_away() -> None:
    partner = Partner(pool=4, shards=())

    def open_here(shards: int) -> int:
        return open_shards(partner.ledger, account=partner.id, shards=shards)

    assert [open_here(shards) for shards in (2, 2, 4, 1)] == [2, 2, 4, 4]
    assert [move.name for move in partner.ledger.history].count("shard") == 2
    for shards in (0, -1, MOST_SHARDS + 1):
        with pytest.raises(RequestInvalid):
            open_here(shards)
    with pytest.raises(Missing):
        open_shards(partner.ledger, account="acc_nobody", shards=2)
    assert open_here(MOST_SHARDS) == MOST_SHARDS
    partner.audit()


def test_two_operators_at_once_open_what_the_greater_asked() -> None:
    def play(at: int) -> int:
        partner = Partner(pool=4, shards=())
        partner.ledger.meddle(lambda: open_shards(partner.ledger, account=partner.id, shards=5), at=at)
        counted = open_shards(partner.ledger, account=partner.id, shards=3)
        partner.ledger.leave()
        assert counted in (3, 5)
        assert len(partner.shards) == (5 if partner.ledger.calls > at else 3)
        return partner.ledger.calls

    assert list(every_instant(play))
