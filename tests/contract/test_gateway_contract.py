"""What operations rely on in a payment gateway, held by the fake and by both adapters against the simulator.

The simulator is called through its wire (JSON over an httpx transport) without a socket.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl

import httpx
import pytest

from local.paysim.app import App
from local.paysim.book import Book, ProviderName
from local.paysim.book import Notice as SimulatedNotice
from local.paysim.midtrans import Midtrans as MidtransSimulated
from local.paysim.notify import Notifier
from local.paysim.provider import Provider
from local.paysim.wire import Request
from local.paysim.xendit import Xendit as XenditSimulated
from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.gateways.midtrans import Midtrans
from meterai.gateways.xendit import LACKS, Xendit
from meterai.ports.gateway import Charge, Method, PaymentGateway, RefundAnswer
from tests.fakes.gateway import FakeGateway

START = datetime(2024, 9, 4, 10, 0, tzinfo=UTC)
ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
PRICE = 62_500
Delivery = tuple[dict[str, str], bytes]


class Till(Protocol):
    """A gateway and what happens at the provider's side."""

    gateway: PaymentGateway
    now: datetime
    shows_codes_again: bool
    lists_every_payment: bool
    gives_back_one_payment: bool
    """whether one of two payments of an order can be given back"""

    def pay(self, order_id: str) -> None: ...
    def pay_late(self, order_id: str) -> None: ...
    def pay_twice(self, order_id: str) -> None: ...
    def pay_wrongly(self, order_id: str, amount: str, currency: str = "IDR") -> None: ...
    def deny(self, order_id: str) -> None: ...
    def expire(self, order_id: str) -> None: ...
    def outage(self, lasts: bool) -> None: ...
    def lose_charge_answers(self, lasts: bool) -> None: ...
    def forge(self) -> None:
        """From now on notifications carry another signature or token."""

    def refuse_refunds(self) -> None: ...
    def lose_refund_answers(self) -> None: ...
    def deliveries(self) -> list[Delivery]:
        """The notifications since the last call, oldest first."""


class FakeTill:
    shows_codes_again = lists_every_payment = False
    gives_back_one_payment = True

    def __init__(self) -> None:
        self.fake = FakeGateway()
        self.gateway: PaymentGateway = self.fake
        self.now = START
        self._sent: list[Delivery] = []

    def pay(self, order_id: str) -> None:
        self._sent.append(self.fake.notification(self.fake.pay(order_id, at=self.now)))

    def pay_late(self, order_id: str) -> None:
        self.expire(order_id)
        self.pay(order_id)

    def pay_twice(self, order_id: str) -> None:
        self.pay(order_id)
        self.pay(order_id)

    def pay_wrongly(self, order_id: str, amount: str, currency: str = "IDR") -> None:
        whole, _, sen = amount.partition(".")
        fraction = sen.strip("0") != ""
        notice = self.fake.pay(order_id, at=self.now, amount_idr=int(whole), fraction=fraction, currency=currency)
        self._sent.append(self.fake.notification(notice))

    def deny(self, order_id: str) -> None:
        self._sent.append(self.fake.notification(self.fake.deny(order_id)))

    def expire(self, order_id: str) -> None:
        self._sent.append(self.fake.notification(self.fake.expire(order_id)))

    def outage(self, lasts: bool) -> None:
        self.fake.outage = lasts

    def lose_charge_answers(self, lasts: bool) -> None:
        self.fake.charge_answer_lost = lasts

    def forge(self) -> None:
        self.fake.forges = True

    def refuse_refunds(self) -> None:
        self.fake.refund_fates = ["refused"]

    def lose_refund_answers(self) -> None:
        self.fake.refund_fates = ["lost after"]

    def deliveries(self) -> list[Delivery]:
        sent, self._sent = self._sent, []
        return sent


class SimulatedTill:
    """An adapter, the simulator's whole wire and no socket."""

    BASE = "http://paysim.invalid"

    def __init__(self, name: ProviderName) -> None:
        self.now = START
        dice, self.book = random.Random(7), Book(":memory:")
        server_key, secret_key, token = (f"of-this-test-{dice.getrandbits(64):x}" for _ in range(3))
        provider: Provider
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.gateway: PaymentGateway
        if name == "midtrans":
            provider = MidtransSimulated(self.book, server_key, self.BASE, lambda: self.now, random.Random(1).randbytes)
            self.gateway = Midtrans(self.BASE, server_key, self.client, self.BASE)
        else:
            dice = random.Random(1)
            provider = XenditSimulated(self.book, secret_key, token, self.BASE, lambda: self.now, dice.randbytes)
            self.gateway = Xendit(self.BASE, secret_key, token, self.client, self.BASE)
        self.shows_codes_again = self.lists_every_payment = name == "xendit"
        self.gives_back_one_payment = name == "midtrans"
        self._app = App(self.book, {name: provider}, sleep=lambda _: None)
        self._notifier = Notifier(self.book, {name: provider}, lambda: self.now, self._keep, retry_scale=1)
        self._sent: list[Delivery] = []

    def close(self) -> None:
        self.client.close()
        self.book.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(request.url.query.decode()))
        answer = self._app(Request(request.method, request.url.path, headers, request.read(), query))
        return httpx.Response(answer.status, content=answer.body, headers={"Content-Type": answer.content_type})

    def _keep(self, notice: SimulatedNotice) -> int:
        if notice.topic == "payments":
            self._sent.append(({"content-type": "application/json", **notice.headers}, notice.body.encode()))
        return 200

    def _act(self, order_id: str, action: str) -> None:
        self.client.post(f"{self.BASE}/simulate/{order_id}", json={"action": action}).raise_for_status()

    def _turn(self, **knobs: object) -> None:
        self.client.post(f"{self.BASE}/_knobs", json=knobs).raise_for_status()

    def pay(self, order_id: str) -> None:
        self._act(order_id, "settle")

    def pay_late(self, order_id: str) -> None:
        self._act(order_id, "settle_late")

    def pay_twice(self, order_id: str) -> None:
        self._act(order_id, "settle_twice")

    def pay_wrongly(self, order_id: str, amount: str, currency: str = "IDR") -> None:
        self._turn(wrong_amount=amount, wrong_currency=currency)
        self._act(order_id, "settle")

    def deny(self, order_id: str) -> None:
        self._act(order_id, "deny")

    def expire(self, order_id: str) -> None:
        self._act(order_id, "expire")

    def outage(self, lasts: bool) -> None:
        self._turn(outage=lasts)

    def lose_charge_answers(self, lasts: bool) -> None:
        self._turn(charge_answer_lost=lasts)

    def forge(self) -> None:
        self._turn(wrong_signature=True)

    def refuse_refunds(self) -> None:
        self._turn(refund_refused=True)

    def lose_refund_answers(self) -> None:
        self._turn(refund_answer_lost=True)

    def deliveries(self) -> list[Delivery]:
        while self._notifier.deliver_due():
            pass
        sent, self._sent = self._sent, []
        return sent


PROVIDERS: tuple[ProviderName, ...] = ("midtrans", "xendit")


@pytest.fixture(params=["fake", *PROVIDERS])
def till(request: pytest.FixtureRequest) -> Iterator[Till]:
    if request.param == "fake":
        yield FakeTill()
        return
    simulated = SimulatedTill(request.param)
    yield simulated
    simulated.close()


METHODS: tuple[Method, ...] = ("qris", "gopay", "va")


def had(till: Till) -> dict[Method, str]:
    """The methods that the provider has, each with an order of its own."""
    lacks = LACKS if isinstance(till.gateway, Xendit) else frozenset()
    return {method: f"{ORDER[:-1]}{number}" for number, method in enumerate(METHODS) if method not in lacks}


def charge(till: Till, order_id: str = ORDER, method: Method = "qris") -> Charge:
    return till.gateway.charge(order_id, PRICE, method, now=till.now, expires_at=till.now + timedelta(minutes=15))


def second_transaction(till: Till) -> str:
    """The transaction id that the last notification names."""
    notice = till.gateway.read(*till.deliveries()[-1])
    assert notice.transaction_id is not None
    return notice.transaction_id


# Charge ---------------------------------------------------------------------------------------------------------------


def test_a_qris_charge_shows_a_code_until_the_time_asked(till: Till) -> None:
    shown = charge(till)
    assert shown.qr_string
    assert shown.va_number is None
    assert shown.expires_at == till.now + timedelta(minutes=15)
    assert shown.simulator_url is not None
    assert ORDER in shown.simulator_url


def test_a_gopay_charge_shows_a_deeplink_or_is_refused_before_anything_is_asked(till: Till) -> None:
    if "gopay" in had(till):
        assert charge(till, method="gopay").deeplink_url
        return
    with pytest.raises(RequestInvalid):
        charge(till, method="gopay")
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["absent"]


def test_a_bank_transfer_shows_an_account_of_digits_and_shows_it_again(till: Till) -> None:
    shown = charge(till, method="va")
    assert shown.va_number is not None
    assert shown.va_number.isdecimal()
    assert shown.qr_string is None
    assert charge(till, method="va").va_number == shown.va_number


def test_a_repeated_order_id_never_makes_a_second_code(till: Till) -> None:
    for method, order_id in had(till).items():
        first = charge(till, order_id, method)
        if till.shows_codes_again or method == "va":
            assert charge(till, order_id, method) == first
        else:
            with pytest.raises(PaymentProviderUnavailable):
                charge(till, order_id, method)
        assert len(till.gateway.payments(order_id)) == 1


@pytest.mark.parametrize("method", ["qris", "va"])
def test_a_charge_whose_answer_was_lost_is_the_only_one_and_can_be_paid(till: Till, method: Method) -> None:
    till.lose_charge_answers(True)
    with pytest.raises(PaymentProviderUnavailable):
        charge(till, method=method)
    till.lose_charge_answers(False)
    if till.shows_codes_again or method == "va":
        assert charge(till, method=method) == charge(till, method=method)
    else:
        with pytest.raises(PaymentProviderUnavailable):
            charge(till, method=method)
    till.pay(ORDER)
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["paid"]


def test_a_bank_account_is_not_shown_again_for_another_amount(till: Till) -> None:
    charge(till, method="va")
    with pytest.raises(PaymentProviderUnavailable):
        till.gateway.charge(ORDER, PRICE + 1, "va", now=till.now, expires_at=till.now + timedelta(minutes=15))


def test_a_charge_during_an_outage_is_unavailable_and_made_later(till: Till) -> None:
    till.outage(True)
    with pytest.raises(PaymentProviderUnavailable):
        charge(till)
    till.outage(False)
    assert charge(till).qr_string


# Payments -------------------------------------------------------------------------------------------------------------


def test_an_order_never_charged_is_absent(till: Till) -> None:
    (payment,) = till.gateway.payments(ORDER)
    assert (payment.order_id, payment.status, payment.transaction_id) == (ORDER, "absent", None)


def test_an_unpaid_order_is_pending_without_a_payment(till: Till) -> None:
    charge(till)
    (payment,) = till.gateway.payments(ORDER)
    assert (payment.status, payment.transaction_id, payment.paid_at) == ("pending", None, None)


def test_a_payment_is_told_with_its_id_amount_currency_and_time(till: Till) -> None:
    for method, order_id in had(till).items():
        charge(till, order_id, method)
        till.now += timedelta(minutes=3)
        till.pay(order_id)
        (payment,) = till.gateway.payments(order_id)
        assert (payment.status, payment.amount_idr, payment.currency) == ("paid", PRICE, "IDR")
        assert payment.transaction_id
        assert payment.paid_at == till.now


def test_asking_again_gives_the_same_payment(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    assert till.gateway.payments(ORDER) == till.gateway.payments(ORDER)


def test_a_denied_payment_is_denied(till: Till) -> None:
    charge(till)
    till.deny(ORDER)
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["denied"]


def test_an_expired_order_is_expired(till: Till) -> None:
    charge(till)
    till.expire(ORDER)
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["expired"]


def test_a_payment_after_expiry_is_a_payment(till: Till) -> None:
    charge(till)
    till.now += timedelta(hours=2)
    till.pay_late(ORDER)
    (payment,) = till.gateway.payments(ORDER)
    assert (payment.status, payment.amount_idr, payment.paid_at) == ("paid", PRICE, till.now)


def test_paying_twice_gives_two_payments_with_their_own_ids(till: Till) -> None:
    charge(till)
    till.pay_twice(ORDER)
    second = second_transaction(till)
    first, other = till.gateway.payments(ORDER, second)
    assert first.transaction_id != other.transaction_id == second
    assert (first.status, first.amount_idr) == (other.status, other.amount_idr) == ("paid", PRICE)
    assert till.gateway.payments(ORDER) == ((first, other) if till.lists_every_payment else (first,))


def test_the_first_payment_is_not_told_twice_when_it_is_asked_for_by_its_id(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    (first,) = till.gateway.payments(ORDER)
    assert till.gateway.payments(ORDER, first.transaction_id) == (first,)


def test_a_transaction_of_another_order_adds_nothing(till: Till) -> None:
    other_order = ORDER[:-1] + "Z"
    charge(till)
    charge(till, other_order)
    till.pay(other_order)
    foreign = second_transaction(till)
    assert [payment.status for payment in till.gateway.payments(ORDER, foreign)] == ["pending"]


def test_an_unknown_transaction_adds_nothing(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    assert len(till.gateway.payments(ORDER, "00000000-0000-4000-8000-000000000000")) == 1


@pytest.mark.parametrize("amount", [PRICE - 1, PRICE + 1])
def test_another_amount_is_told_as_it_is(till: Till, amount: int) -> None:
    charge(till)
    till.pay_wrongly(ORDER, f"{amount}.00")
    assert [payment.amount_idr for payment in till.gateway.payments(ORDER)] == [amount]


def test_an_amount_with_sen_is_no_whole_number_of_rupiah(till: Till) -> None:
    charge(till)
    till.pay_wrongly(ORDER, f"{PRICE}.50")
    (payment,) = till.gateway.payments(ORDER)
    assert (payment.status, payment.amount_idr) == ("paid", None)


def test_another_currency_is_told_as_it_is(till: Till) -> None:
    charge(till)
    till.pay_wrongly(ORDER, f"{PRICE}.00", "SGD")
    assert [payment.currency for payment in till.gateway.payments(ORDER)] == ["SGD"]


def test_asking_during_an_outage_is_unavailable_and_answered_later(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    till.outage(True)
    with pytest.raises(PaymentProviderUnavailable):
        till.gateway.payments(ORDER)
    till.outage(False)
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["paid"]


# Notifications --------------------------------------------------------------------------------------------------------


def test_a_notification_names_its_order_and_its_payment(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    notice = till.gateway.read(*till.deliveries()[-1])
    (payment,) = till.gateway.payments(ORDER)
    assert notice.order_id == ORDER
    assert notice.transaction_id == payment.transaction_id


def test_a_notification_may_be_read_twice(till: Till) -> None:
    charge(till)
    till.pay(ORDER)
    delivery = till.deliveries()[-1]
    assert till.gateway.read(*delivery) == till.gateway.read(*delivery)


def test_a_notification_with_another_signature_or_token_is_forged(till: Till) -> None:
    charge(till)
    till.forge()
    till.pay(ORDER)
    with pytest.raises(NotificationForged):
        till.gateway.read(*till.deliveries()[-1])


def test_a_notification_altered_on_its_way_is_forged_or_moves_nothing(till: Till) -> None:
    """Where the body is not signed (Xendit), an altered one points at an order of which the provider tells the truth."""
    other = ORDER[:-1] + "Z"
    charge(till)
    charge(till, other)
    till.pay(ORDER)
    headers, body = till.deliveries()[-1]
    try:
        notice = till.gateway.read(headers, body.replace(ORDER.encode(), other.encode()))
    except NotificationForged:
        return
    assert notice.order_id == other
    assert [payment.status for payment in till.gateway.payments(other, notice.transaction_id)] == ["pending"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b"{}", b"order_id=1", b"[" * 100_000])
def test_a_body_of_another_form_is_invalid(till: Till, body: bytes) -> None:
    charge(till)
    till.pay(ORDER)
    headers, _ = till.deliveries()[-1]
    with pytest.raises(RequestInvalid):
        till.gateway.read(headers, body)


# Refunds --------------------------------------------------------------------------------------------------------------


def paid(till: Till, method: Method = "qris") -> str:
    charge(till, method=method)
    till.pay(ORDER)
    (payment,) = till.gateway.payments(ORDER)
    assert payment.transaction_id is not None
    return payment.transaction_id


def refunded(
    till: Till, *, key: str, amount_idr: int, reason: str = "", transaction_id: str | None = None, asks: int = 2
) -> RefundAnswer:
    """What became of a refund, asked again (with the same key) as long as nothing is definite."""
    answer = till.gateway.refund(ORDER, key=key, amount_idr=amount_idr, reason=reason, transaction_id=transaction_id)
    if answer.outcome != "unknown" or asks == 1:
        return answer
    till.now += timedelta(seconds=1)
    return refunded(till, key=key, amount_idr=amount_idr, reason=reason, transaction_id=transaction_id, asks=asks - 1)


def test_a_refund_settles_and_the_payment_stays_the_same_payment(till: Till) -> None:
    paid(till)
    before = till.gateway.payments(ORDER)
    answer = refunded(till, key="rfd_1", amount_idr=46_875, reason="Pembatalan pembelian")
    assert answer.outcome == "settled"
    assert answer.provider_reference
    assert till.gateway.payments(ORDER) == before


def test_a_whole_refund_leaves_the_payment_paid(till: Till) -> None:
    paid(till)
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "settled"
    assert [payment.status for payment in till.gateway.payments(ORDER)] == ["paid"]


def test_the_same_key_pays_once(till: Till) -> None:
    paid(till)
    answers = [refunded(till, key="rfd_1", amount_idr=40_000, reason="") for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert answers[0].outcome == "settled"
    # 22,500 are left: had the key paid twice, this would be refused.
    assert refunded(till, key="rfd_2", amount_idr=22_500, reason="").outcome == "settled"
    assert refunded(till, key="rfd_3", amount_idr=1, reason="").outcome == "refused"


def test_the_same_key_with_another_amount_is_never_settled(till: Till) -> None:
    paid(till)
    refunded(till, key="rfd_1", amount_idr=10_000, reason="")
    assert refunded(till, key="rfd_1", amount_idr=20_000, reason="").outcome == "unknown"
    assert refunded(till, key="rfd_2", amount_idr=PRICE - 10_000, reason="").outcome == "settled"


def test_more_than_was_paid_is_refused(till: Till) -> None:
    paid(till)
    assert refunded(till, key="rfd_1", amount_idr=PRICE + 1, reason="").outcome == "refused"


def test_an_unpaid_order_is_refused(till: Till) -> None:
    charge(till)
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "refused"


def test_a_bank_transfer_is_refused(till: Till) -> None:
    paid(till, "va")
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "refused"


def test_a_refusal_by_the_bank_is_definite(till: Till) -> None:
    paid(till)
    till.refuse_refunds()
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "refused"


def test_a_refund_whose_answer_was_lost_is_unknown_and_then_found_under_its_key(till: Till) -> None:
    paid(till)
    till.lose_refund_answers()
    first = refunded(till, key="rfd_1", amount_idr=PRICE, reason="", asks=1)
    again = refunded(till, key="rfd_1", amount_idr=PRICE, reason="")
    assert again.outcome == "settled"
    assert first.outcome == "unknown"
    assert refunded(till, key="rfd_2", amount_idr=1, reason="").outcome == "refused"


def test_a_refund_during_an_outage_is_unknown_and_moves_nothing(till: Till) -> None:
    paid(till)
    till.outage(True)
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "unknown"
    till.outage(False)
    assert refunded(till, key="rfd_2", amount_idr=PRICE, reason="").outcome == "settled"


def test_an_order_that_the_provider_does_not_know_is_unknown(till: Till) -> None:
    assert refunded(till, key="rfd_1", amount_idr=PRICE, reason="").outcome == "unknown"


def test_the_second_payment_is_given_back_alone_or_left_to_a_person(till: Till) -> None:
    charge(till)
    till.pay_twice(ORDER)
    second = second_transaction(till)
    answers = [
        refunded(till, key="rfd_over", amount_idr=PRICE, transaction_id=second).outcome,
        refunded(till, key="rfd_1", amount_idr=PRICE).outcome,
    ]
    assert answers == (["settled"] * 2 if till.gives_back_one_payment else ["refused"] * 2)


def test_a_payment_of_another_order_is_never_given_back(till: Till) -> None:
    other = ORDER[:-1] + "Z"
    charge(till)
    charge(till, other)
    till.pay(ORDER)
    till.pay(other)
    foreign = second_transaction(till)
    assert refunded(till, key="rfd_1", amount_idr=PRICE, transaction_id=foreign).outcome == "unknown"
    assert refunded(till, key="rfd_2", amount_idr=PRICE).outcome == "settled"


def test_a_refund_under_way_is_unknown_until_the_provider_says_how_it_ended() -> None:
    """Xendit's are asynchronous: PENDING, then SUCCEEDED or FAILED (docs.xendit.co/apidocs/refund-webhook-notification)."""
    for refused, outcome in ((False, "settled"), (True, "refused")):
        till = SimulatedTill("xendit")
        paid(till)
        till._turn(refund_pending_seconds=3600, refund_refused=refused)
        for _ in range(3):
            assert refunded(till, key="rfd_1", amount_idr=PRICE).outcome == "unknown"
        till.now += timedelta(hours=1)
        assert refunded(till, key="rfd_1", amount_idr=PRICE, asks=1).outcome == outcome
        till.close()
