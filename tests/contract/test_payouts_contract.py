"""What operations rely on in payouts, held by the fake and by the adapter against the simulator, without a socket."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import parse_qsl

import httpx
import pytest

from local.paysim.app import App
from local.paysim.book import Book
from local.paysim.iluma import Iluma as IlumaSimulated
from local.paysim.wire import Request
from local.paysim.xendit import Xendit as XenditSimulated
from meterai.domain.errors import DestinationUnknown, PaymentProviderUnavailable
from meterai.domain.rows import Destination
from meterai.gateways.iluma import LOOKS, PAUSE_SECONDS, Iluma
from meterai.gateways.xendit_payouts import XenditPayouts
from meterai.ports.payouts import PayoutAnswer, Payouts
from tests.fakes.payouts import MemoryPayouts

NOW = datetime(2024, 9, 4, 10, 0, tzinfo=UTC)
KEY, AMOUNT = "rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY-1", 9_375
BUDI = Destination(
    id="rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY",
    account="acc_1",
    bank="ID_BCA",
    number="1234567890",
    given="Budi Santoso",
    holder="BUDI SANTOSO",
    checked_at=NOW,
)
Made = tuple[str, str, str, int]


class Till(Protocol):
    """Payouts and what happens at the provider and the banks."""

    payouts: Payouts

    def account_is(self, holder: str | None) -> None: ...
    def outage(self, lasts: bool) -> None: ...
    def names_outage(self, lasts: bool) -> None: ...
    def hold(self, lasts: bool) -> None:
        """Whether nothing arrives for now."""

    def next_payout(self, fate: Literal["refused", "bounced", "turned down", "lost after"]) -> None: ...
    def made(self) -> list[Made]:
        """Key, bank, number and amount of every payout that the provider made."""


class FakeTill:
    def __init__(self) -> None:
        self.fake = MemoryPayouts()
        self.payouts: Payouts = self.fake

    def account_is(self, holder: str | None) -> None:
        self.fake.account_holder = holder

    def outage(self, lasts: bool) -> None:
        self.fake.outage = lasts

    def names_outage(self, lasts: bool) -> None:
        self.fake.names_outage = lasts

    def hold(self, lasts: bool) -> None:
        self.fake.held = lasts

    def next_payout(self, fate: Literal["refused", "bounced", "turned down", "lost after"]) -> None:
        self.fake.fates = [fate]

    def made(self) -> list[Made]:
        return self.fake.made()


class SimulatedTill:
    """The adapter and the simulator's whole wire. A second passes with every call."""

    BASE = "http://paysim.invalid"

    def __init__(self) -> None:
        self.now = NOW
        self.waited = 0.0
        self.book = Book(":memory:")
        dice = random.Random(7)
        secret_key, token, payout_key, name_key = (f"of-this-test-{dice.getrandbits(64):x}" for _ in range(4))
        xendit = XenditSimulated(
            self.book, secret_key, token, self.BASE, lambda: self.now, random.Random(1).randbytes, payout_key
        )
        names = IlumaSimulated(self.book, name_key, lambda: self.now, random.Random(2).randbytes)
        self._app = App(self.book, {"xendit": xendit}, sleep=lambda _: None, names=names)
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))
        check = Iluma(self.BASE, name_key, self.client, self._pause)
        self.payouts: Payouts = XenditPayouts(self.BASE, payout_key, self.client, check)
        self.with_the_charging_key = XenditPayouts(self.BASE, secret_key, self.client, check)
        self._turn(account_holder="BUDI SANTOSO", payout_pending_seconds=1)

    def close(self) -> None:
        self.client.close()
        self.book.close()

    def _pause(self, seconds: float) -> None:
        self.waited += seconds
        self.now += timedelta(seconds=seconds)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(request.url.query.decode()))
        if not request.url.path.startswith("/_"):
            self.now += timedelta(seconds=1)
        answer = self._app(Request(request.method, request.url.path, headers, request.read(), query))
        return httpx.Response(answer.status, content=answer.body, headers={"Content-Type": answer.content_type})

    def _turn(self, **knobs: object) -> None:
        self.client.post(f"{self.BASE}/_knobs", json=knobs).raise_for_status()

    def account_is(self, holder: str | None) -> None:
        self._turn(account_unknown=holder is None, account_holder=holder or "")

    def outage(self, lasts: bool) -> None:
        self._turn(outage=lasts)

    def names_outage(self, lasts: bool) -> None:
        self._turn(name_check_outage=lasts)

    def hold(self, lasts: bool) -> None:
        if lasts:
            self._turn(payout_pending_seconds=3600)
        else:
            self.now += timedelta(hours=1)

    def next_payout(self, fate: Literal["refused", "bounced", "turned down", "lost after"]) -> None:
        match fate:
            case "refused":
                self._turn(payout_bounced="failed")
            case "bounced":
                self._turn(payout_bounced="reversed")
            case "turned down":
                self._turn(payout_never_made="MAXIMUM_TRANSFER_LIMIT_ERROR")
            case "lost after":
                self._turn(payout_answer_lost=True)

    def made(self) -> list[Made]:
        return [
            (each.reference_id, each.channel_code, each.account_number, each.amount_idr)
            for each in reversed(self.book.payouts())
        ]


@pytest.fixture(params=["fake", "xendit"])
def till(request: pytest.FixtureRequest) -> Iterator[Till]:
    if request.param == "fake":
        yield FakeTill()
        return
    simulated = SimulatedTill()
    yield simulated
    simulated.close()


@pytest.fixture
def simulated() -> Iterator[SimulatedTill]:
    simulated = SimulatedTill()
    yield simulated
    simulated.close()


def pay(till: Till, destination: Destination = BUDI, *, key: str = KEY, amount: int = AMOUNT) -> PayoutAnswer:
    return till.payouts.pay_out(destination, key=key, amount_idr=amount, reason="salah jumlah")


def asked(till: Till, key: str = KEY) -> str | None:
    answer = till.payouts.ask(key)
    return answer.outcome if answer else None


# Paying ---------------------------------------------------------------------------------------------------------------


def test_a_payout_is_under_way_first_and_settled_once_the_bank_took_it(till: Till) -> None:
    first = pay(till)
    assert first.outcome == "under_way"
    settled = pay(till)
    assert (settled.outcome, settled.provider_reference) == ("settled", first.provider_reference)
    assert asked(till) == "settled"
    assert till.made() == [(KEY, "ID_BCA", "1234567890", AMOUNT)]


def test_what_nobody_paid_is_known_to_nobody(till: Till) -> None:
    assert till.payouts.ask(KEY) is None
    assert till.made() == []


def test_the_same_key_twice_pays_once_and_another_key_pays_again(till: Till) -> None:
    for _ in range(3):
        pay(till)
    assert len(till.made()) == 1
    pay(till, key="rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY-2")
    assert [key for key, *_ in till.made()] == [KEY, "rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY-2"]


def test_a_payout_whose_answer_was_lost_is_found_and_never_repeated(till: Till) -> None:
    till.next_payout("lost after")
    assert pay(till).outcome == "unknown"
    assert pay(till).outcome == "settled"
    assert len(till.made()) == 1


def test_a_payout_that_takes_long_stays_under_way(till: Till) -> None:
    till.hold(True)
    assert {pay(till).outcome for _ in range(4)} == {"under_way"}
    assert asked(till) == "under_way"
    till.hold(False)
    assert pay(till).outcome == "settled"


def test_a_payout_that_fails_is_refused_for_good(till: Till) -> None:
    till.next_payout("refused")
    assert pay(till).outcome == "under_way"
    assert [pay(till).outcome for _ in range(2)] == ["refused", "refused"]
    assert asked(till) == "refused"
    assert len(till.made()) == 1


def test_a_payout_that_bounces_after_it_was_settled_is_refused_to_whoever_asks_again(till: Till) -> None:
    till.next_payout("bounced")
    pay(till)
    assert pay(till).outcome == "settled"
    assert [asked(till), asked(till)] == ["refused", "refused"]


def test_a_payout_that_is_turned_down_was_never_made(till: Till) -> None:
    till.next_payout("turned down")
    assert pay(till) == PayoutAnswer("refused")
    assert till.made() == []
    assert till.payouts.ask(KEY) is None


def test_another_amount_or_account_under_the_same_key_is_nothing_to_build_on(till: Till) -> None:
    pay(till)
    for wrong in (
        pay(till, amount=AMOUNT + 1),
        pay(till, replace(BUDI, number="1234567891")),
        pay(till, replace(BUDI, bank="ID_BRI")),
    ):
        assert wrong.outcome == "unknown"
    assert pay(till).outcome == "settled"
    assert till.made() == [(KEY, "ID_BCA", "1234567890", AMOUNT)]


def test_an_outage_is_unknown_to_whoever_pays_and_unavailable_to_whoever_asks(till: Till) -> None:
    till.outage(True)
    assert pay(till) == PayoutAnswer("unknown")
    with pytest.raises(PaymentProviderUnavailable):
        till.payouts.ask(KEY)
    with pytest.raises(PaymentProviderUnavailable):
        till.payouts.holder("ID_BCA", "1234567890")
    assert till.made() == []
    till.outage(False)
    assert pay(till).outcome == "under_way"


# Whose account it is --------------------------------------------------------------------------------------------------


def test_every_bank_has_a_code_and_a_name(till: Till) -> None:
    banks = till.payouts.banks()
    assert {"ID_BCA", "ID_BRI"} <= banks.keys()
    assert all(code.startswith("ID_") and name for code, name in banks.items())


def test_the_bank_says_whose_an_account_is(till: Till) -> None:
    assert till.payouts.holder("ID_BCA", "1234567890") == "BUDI SANTOSO"
    till.account_is("SITI AMINAH")
    assert till.payouts.holder("ID_BCA", "1234567890") == "SITI AMINAH"


def test_an_account_that_the_bank_does_not_know_is_refused(till: Till) -> None:
    till.account_is(None)
    with pytest.raises(DestinationUnknown):
        till.payouts.holder("ID_BCA", "1234567890")


def test_a_name_check_that_is_down_stops_no_payout(till: Till) -> None:
    till.names_outage(True)
    with pytest.raises(PaymentProviderUnavailable):
        till.payouts.holder("ID_BCA", "1234567890")
    assert pay(till).outcome == "under_way"


# What only the wire has -----------------------------------------------------------------------------------------------


def test_a_virtual_account_is_nobodys(simulated: SimulatedTill) -> None:
    simulated._turn(account_virtual=True)
    with pytest.raises(DestinationUnknown):
        simulated.payouts.holder("ID_BCA", "1234567890")


def test_a_slow_bank_is_waited_for_a_little_and_its_check_is_paid_for_once(simulated: SimulatedTill) -> None:
    simulated._turn(name_check_pending_seconds=3)
    assert simulated.payouts.holder("ID_BCA", "1234567890") == "BUDI SANTOSO"
    assert 0 < simulated.waited <= LOOKS * PAUSE_SECONDS
    simulated._turn(name_check_pending_seconds=600)
    with pytest.raises(PaymentProviderUnavailable):
        simulated.payouts.holder("ID_BCA", "1234567890")


def test_the_key_that_charges_people_pays_nobody_out(simulated: SimulatedTill) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        simulated.with_the_charging_key.ask(KEY)
    answer = simulated.with_the_charging_key.pay_out(BUDI, key=KEY, amount_idr=AMOUNT, reason="")
    assert answer == PayoutAnswer("unknown")
    assert simulated.made() == []


def test_a_payout_tells_the_provider_the_banks_name_and_nothing_of_the_persons_words(simulated: SimulatedTill) -> None:
    pay(simulated, replace(BUDI, given="Budi S."))
    (payout,) = simulated.book.payouts()
    assert payout.account_holder_name == "BUDI SANTOSO"
    assert payout.asked_key == KEY
    sent = json.dumps(payout.model_dump(mode="json"))
    assert "salah jumlah" not in sent
    assert "Budi S." not in sent
