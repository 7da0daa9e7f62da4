"""Stamps of an upstream issuer: one serial for each that is signed, kept before it is; what was burnt comes back into use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.errors import Busy, DocumentUnreadable, Missing, SerialMistyped
from meterai.domain.outbox import RECLAIM_AFTER
from meterai.domain.rows import Serial, SerialImage, Stamping
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.find import load, loaded
from meterai.operations.number_stamping import number_stamping, picture_of
from meterai.operations.seal_stamping import LEASE
from meterai.operations.verify_document import look_up_serial
from meterai.ports.issuer import Issued
from tests.fakes.issuer import MemoryUpstream
from tests.fakes.world import World
from tests.unit.operations.test_stamp import Killed, KillingLedger

SECOND = timedelta(seconds=1)


class Shop:
    """A world that sells an upstream issuer's stamps."""

    def __init__(self, pieces: int = 5) -> None:
        self.ledger = KillingLedger()
        self.upstream = MemoryUpstream()
        self.world = World(ledger=self.ledger, upstream=self.upstream)
        opened = self.world.account()
        self.account, self.bearer = opened.account.id, opened.token
        self.world.pay(self.world.buy(self.account, pieces).attempt.id)
        self.documents = 0

    def ask(self) -> str:
        self.documents += 1
        document = self.world.document(self.bearer, b"a document, number %d" % self.documents)
        return self.world.stamp(self.account, document).stamping.id

    def seal(self, stamping: str) -> Stamping:
        """A worker takes it up; what it could not finish another one goes on with."""
        for _ in range(6):
            try:
                found = self.world.seal(stamping)
            except (Busy, Killed):
                found = self.world.stamping(stamping)
            if found.ended:
                break
            self.world.wait(LEASE + SECOND)
            self.world.flow()
            self.world.sweep()
            self.world.wait(timedelta(minutes=1))
            self.world.sweep()
        self.world.flow()
        return self.world.stamping(stamping)

    def cancel(self, stamping: str) -> None:
        cancel_stamping(
            self.world.ledger, self.world.sealed, account=self.account, stamping_id=stamping, now=self.world.now
        )
        self.world.flow()

    def serials(self, state: str) -> list[str]:
        return [id for (id, noun), row in self.ledger.rows.items() if noun == "serial" and row["state"] == state]

    def reclaim(self) -> None:
        self.world.wait(RECLAIM_AFTER + SECOND)
        self.world.sweep()
        self.world.flow()


def test_a_stamp_has_the_issuers_serial_and_picture_and_both_were_kept_before_it_was_signed_for() -> None:
    shop = Shop()
    seen: list[bool] = []
    sign = shop.upstream.sign

    def signing(serial: str, data: bytes, *, again: bool) -> bytes:
        kept = load(shop.ledger, Serial, serial), load(shop.ledger, SerialImage, serial)
        seen.append(None not in kept)
        return sign(serial, data, again=again)

    shop.upstream.sign = signing  # type: ignore[method-assign]
    done = shop.seal(shop.ask())
    assert (done.status, done.issuer, seen) == ("done", "peruri", [True])
    serial = loaded(shop.ledger, Serial, done.serial or "")
    assert (serial.state, serial.issuer, serial.stamping) == ("affixed", "peruri", done.id)
    assert picture_of(shop.ledger, done) == shop.upstream.image(serial.id)
    assert look_up_serial(shop.ledger, serial.id).stamping.id == done.id


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_at_any_step_leaves_one_serial_that_is_signed_for_and_one_that_is_spent(
    place: int, after: bool
) -> None:
    shop = Shop()
    stamping = shop.ask()
    for name in ("issue", "sign"):
        strike_at(shop, shop.upstream, name)
    strike_at(shop, shop.world.sealed, "keep")
    shop.ledger.left, shop.ledger.after = place, after
    done = shop.seal(stamping)
    assert done.status == "done"
    assert list(shop.upstream.given) == [done.serial]
    assert list(shop.upstream.signatures) == [done.serial]
    assert shop.world.quota(shop.account).used == 1


def strike_at(shop: Shop, holder: Any, name: str) -> None:
    """Calls of this method are places at which a worker may be killed, too."""
    inner = getattr(holder, name)

    def struck(*given: Any, **how: Any) -> Any:
        kept: list[Any] = []
        shop.ledger.strike(lambda: kept.append(inner(*given, **how)))
        return kept[0]

    setattr(holder, name, struck)


@pytest.mark.parametrize("lost", ["lost_issues", "lost_signs"])
def test_a_lost_answer_spends_no_second_serial(lost: str) -> None:
    shop = Shop()
    setattr(shop.upstream, lost, 2)
    done = shop.seal(shop.ask())
    assert done.status == "done"
    given = 1 if lost == "lost_signs" else len(shop.upstream.given)
    assert given == 1
    assert list(shop.upstream.signatures) == [done.serial]


def test_a_burnt_serial_is_the_next_stampings_once_the_issuer_says_that_it_is_unsigned() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    released = shop.seal(shop.ask())
    assert (released.status, shop.serials("burnt")) == ("released", [released.serial])
    shop.world.sealer.refuses = None
    shop.reclaim()
    assert shop.serials("spare") == [released.serial]
    done = shop.seal(shop.ask())
    assert (done.status, done.serial) == ("done", released.serial)
    assert (len(shop.upstream.given), shop.serials("spare")) == (1, [])
    assert loaded(shop.ledger, Serial, done.serial or "").stamping == done.id
    again = shop.seal(shop.ask())
    assert again.serial != done.serial


def test_a_burnt_serial_that_was_signed_for_is_void_for_ever() -> None:
    shop = Shop()
    shop.world.timestamps.down = True
    stamping = shop.ask()
    shop.upstream.lost_signs = 1
    shop.world.timestamps.down = False
    with pytest.raises(Busy):
        shop.world.seal(stamping)
    shop.cancel(stamping)
    assert len(shop.serials("burnt")) == 1
    shop.reclaim()
    assert (len(shop.serials("void")), shop.serials("spare"), shop.serials("burnt")) == (1, [], [])
    assert shop.seal(shop.ask()).status == "done"
    assert len(shop.upstream.given) == 2


def test_a_burnt_serial_that_its_issuer_does_not_know_is_void_and_no_reason_to_leave_the_issuer_alone() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    for _ in range(4):
        shop.seal(shop.ask())
    shop.upstream.given.clear()
    shop.reclaim()
    assert (len(shop.serials("void")), shop.serials("spare")) == (4, [])
    assert shop.world.issuer.answers()


def test_nobody_asks_about_a_burnt_serial_while_a_worker_may_still_sign_for_it() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    shop.seal(shop.ask())
    shop.world.sweep()
    assert len(shop.serials("burnt")) == 1
    assert timedelta(seconds=20) + LEASE < RECLAIM_AFTER


def test_while_the_issuer_is_down_a_burnt_serial_stays_what_it_is() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    shop.seal(shop.ask())
    shop.upstream.down = True
    shop.reclaim()
    assert len(shop.serials("burnt")) == 1
    shop.upstream.down = False
    shop.world.wait(timedelta(minutes=1))
    shop.reclaim()
    assert len(shop.serials("spare")) == 1


def test_a_worker_that_lost_its_lease_over_the_answer_burns_what_it_was_given() -> None:
    shop = Shop()
    stamping = shop.ask()
    issue = shop.upstream.issue

    def slow(reference: str) -> Issued:
        given = issue(reference)
        shop.upstream.issue = issue  # type: ignore[method-assign]
        shop.cancel(stamping)
        return given

    shop.upstream.issue = slow  # type: ignore[method-assign]
    with pytest.raises(Busy):
        shop.world.seal(stamping)
    shop.world.flow()
    assert shop.world.stamping(stamping).status == "released"
    (burnt,) = shop.serials("burnt")
    shop.reclaim()
    assert shop.serials("spare") == [burnt]
    assert shop.seal(shop.ask()).serial == burnt
    assert load(shop.ledger, SerialImage, burnt) is not None


def test_a_serial_that_only_the_issuer_knows_is_adopted_by_the_daily_sweep() -> None:
    shop = Shop()
    stamping = shop.ask()
    shop.upstream.lost_issues = 1
    with pytest.raises(Busy):
        shop.world.seal(stamping)
    shop.world.sweep("open")
    assert shop.serials("burnt") == []  # its stamping will find it
    shop.cancel(stamping)
    shop.world.sweep("open")
    (stray,) = shop.serials("burnt")
    shop.world.flow()
    shop.reclaim()
    assert shop.seal(shop.ask()).serial == stray
    shop.world.sweep("open")
    assert (len(shop.upstream.given), shop.serials("burnt"), shop.serials("spare")) == (1, [], [])


def test_two_workers_never_take_the_same_spare_serial() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    shop.seal(shop.ask())
    shop.world.sealer.refuses = None
    shop.reclaim()
    first, second = shop.ask(), shop.ask()
    page = shop.ledger.page

    def meanwhile(*given: Any, **how: Any) -> Any:
        found = page(*given, **how)
        shop.ledger.page = page  # type: ignore[method-assign]
        shop.world.seal(first)
        return found

    shop.ledger.page = meanwhile  # type: ignore[method-assign]
    shop.world.seal(second)
    one, two = shop.world.stamping(first), shop.world.stamping(second)
    assert (one.status, two.status) == ("done", "done")
    assert one.serial != two.serial


def test_a_stamping_without_a_lease_is_given_nothing() -> None:
    shop = Shop()
    queued = shop.world.stamping(shop.ask())
    with pytest.raises(Busy):
        number_stamping(shop.ledger, shop.upstream, queued, shop.world.now)
    assert len(shop.serials("burnt")) == 1


def test_nobody_learns_of_a_serial_that_is_not_affixed() -> None:
    shop = Shop()
    shop.world.sealer.refuses = DocumentUnreadable
    burnt = shop.seal(shop.ask()).serial or ""
    asked: list[Callable[[], object]] = [lambda: look_up_serial(shop.ledger, burnt)]
    asked.append(lambda: look_up_serial(shop.ledger, burnt[1:] + burnt[0]))
    for ask in asked:
        with pytest.raises((SerialMistyped, Missing)):
            ask()


def test_an_hour_without_the_upstream_issuer_loses_nobody_and_spends_no_serial_twice() -> None:
    shop = Shop(60)
    shop.upstream.down = True
    waiting = []
    for _ in range(60):
        waiting.append(shop.ask())
        shop.world.work()
        shop.world.wait(timedelta(minutes=1))
        shop.world.sweep()
    assert {shop.world.stamping(id).status for id in waiting} <= {"queued", "sealing"}
    shop.upstream.down = False
    shop.world.wait(timedelta(minutes=1))
    shop.world.issuer.probe()
    for _ in range(5):
        shop.world.drain()
        shop.world.work()
        shop.world.wait(timedelta(minutes=1))
        shop.world.flow()
        shop.world.sweep()
    assert [shop.world.stamping(id).status for id in waiting] == ["done"] * 60
    assert len(shop.upstream.given) == len(shop.upstream.signatures) == 60
