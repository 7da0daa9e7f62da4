"""Payments through the whole stack, with each provider preferred: forged, replayed and untrue notifications move nothing, and
what was really paid is credited once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.client import Json, Person, connect, new_key, problem, seen, until
from tests.integration.conftest import Stack
from tests.integration.test_bad_input import BODIES, NAN, Case, storm

pytestmark = pytest.mark.xdist_group("stack")

CLIENTS = 8
TOO_LARGE, TOO_LARGE_FOR_THE_GATEWAY = 64_001, 11 * 1024 * 1024
NO_NOTICE: tuple[Any, ...] = (None, 1, True, [], {}, "", "x" * 5000, "\x00", "x y", NAN)
BAD = (400, 401, 404, 413)
CHECKED = {
    "midtrans": ("order_id", "status_code", "gross_amount", "signature_key"),
    "xendit": ("id", "reference_id"),
}
"""The members that a notification cannot do without."""
Notice = tuple[dict[str, str], Json]


@dataclass
class Place:
    """A stack in which new codes are asked from `provider`."""

    provider: str
    stack: Stack
    http: httpx.Client

    @property
    def other(self) -> str:
        return {"midtrans": "xendit", "xendit": "midtrans"}[self.provider]

    def notice(self, order: str, total_idr: int, *, by: str | None = None, **changes: Any) -> Notice:
        """An authentic notification that this order was paid, as a provider would send it: by default the preferred one."""
        keys = json.loads((self.stack.state / "payment.json").read_text())
        if (by or self.provider) == "midtrans":
            body: Json = {
                "order_id": order,
                "status_code": "200",
                "gross_amount": f"{total_idr}.00",
                "currency": "IDR",
                "transaction_status": "settlement",
                "fraud_status": "accept",
                "transaction_id": "00000000-0000-4000-8000-000000000000",
            } | changes
            signed = f"{body['order_id']}{body['status_code']}{body['gross_amount']}{keys['midtrans']['server_key']}"
            return {}, body | {"signature_key": hashlib.sha512(signed.encode()).hexdigest()}
        paid = {
            "id": "py-00000000",
            "reference_id": order,
            "amount": total_idr,
            "currency": "IDR",
            "status": "SUCCEEDED",
        }
        webhook = {"event": "payment.succeeded", "business_id": "0", "created": "2024-09-03T14:14:05Z"}
        return {"x-callback-token": keys["xendit"]["callback_token"]}, webhook | {"data": paid | changes}

    def send(self, notice: Notice, to: str | None = None) -> httpx.Response:
        headers, body = notice
        return self.http.post(f"/v1/payments/{to or self.provider}", headers=headers, json=body)

    @contextmanager
    def knobs(self, **knobs: Any) -> Iterator[None]:
        """The simulated providers go wrong in this way inside the block."""
        address = f"{self.stack.access['simulator_url']}/_knobs"
        seen(self.http.post(address, json=knobs), 200)
        try:
            yield
        finally:
            seen(self.http.delete(address), 200)


@pytest.fixture(scope="module", params=["midtrans", "xendit"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    stack: Stack = request.getfixturevalue({"midtrans": "stack", "xendit": "other"}[request.param]).well()
    assert stack.provider == request.param
    with connect(stack.api_url, clients=CLIENTS) as http:
        yield Place(stack.provider, stack, http)


def order_of(invoice: Json) -> str:
    return str(invoice["payment"]["id"])


def unmoved(person: Person, invoice: Json) -> bool:
    unpaid = person.get(f"/v1/invoices/{invoice['id']}")["status"] == "awaiting_payment"
    return unpaid and set(person.quota().values()) == {0}


# What nobody sent ----------------------------------------------------------------------------------------------------------


def test_a_notification_that_the_provider_did_not_authenticate_is_refused(place: Place) -> None:
    siti = Person.new(place.http)
    invoice = siti.invoice()
    headers, body = place.notice(order_of(invoice), invoice["total_idr"])
    forged = body | {"signature_key": "0" * 128}
    for wrong in ({}, {"x-callback-token": ""}, {"x-callback-token": "0" * 43}):
        answer = place.http.post(f"/v1/payments/{place.provider}", headers=wrong, json=forged)
        problem(answer, 401, "notification_forged")
    assert unmoved(siti, invoice)

    path, inside = f"/v1/payments/{place.provider}", place.provider == "xendit"
    members = body["data"] if inside else body
    altered = [members | {name: value} for name in CHECKED[place.provider] for value in NO_NOTICE]
    altered += [{name: members[name] for name in members if name != gone} for gone in CHECKED[place.provider]]
    texts: list[str | bytes] = [json.dumps(body | {"data": each} if inside else each) for each in altered]
    texts += BODIES.values()
    storm(siti, [Case(str(text)[:80], "POST", path, {"content": text, "headers": headers}) for text in texts], *BAD)
    assert unmoved(siti, invoice)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(place: Place) -> None:
    siti = Person.new(place.http)
    invoice = siti.invoice()
    headers, body = place.notice(order_of(invoice), invoice["total_idr"])
    for size in (TOO_LARGE, TOO_LARGE_FOR_THE_GATEWAY):
        answer = place.http.post(f"/v1/payments/{place.provider}", headers=headers, json=body | {"padding": "x" * size})
        problem(answer, 413, "request_too_large")
    assert unmoved(siti, invoice)


# What is authentic and not true --------------------------------------------------------------------------------------------


def test_an_authentic_notification_of_an_order_that_nobody_paid_moves_nothing(place: Place) -> None:
    """A replay of somebody else's, one rupiah more or less, another currency: the provider is asked, and says pending."""
    siti = Person.new(place.http)
    invoice = siti.invoice(2)
    order, total = order_of(invoice), invoice["total_idr"]
    for amount in (total, total - 1, total + 1, 0):
        assert place.send(place.notice(order, amount)).status_code == 200
    assert place.send(place.notice(order, total, currency="USD")).status_code == 200
    assert unmoved(siti, invoice)


def test_an_authentic_notification_of_an_unknown_order_is_not_found(place: Place) -> None:
    for order in ("pay_00000000000000000000000000", "meterai-probe", "x"):
        problem(place.send(place.notice(order, 12_500)), 404, "not_found")


def test_a_notification_of_the_other_provider_about_this_ones_order_moves_nothing(place: Place) -> None:
    siti = Person.new(place.http)
    with place.knobs(drop_notifications=True):
        invoice = siti.invoice(2)
        siti.pay(invoice)
    order, total = order_of(invoice), invoice["total_idr"]
    problem(place.send(place.notice(order, total, by=place.other), to=place.other), 404, "not_found")
    mine, others = place.notice(order, total), place.notice(order, total, by=place.other)
    for answer in (place.send(mine, to=place.other), place.send(others)):
        assert problem(answer)["code"] in ("notification_forged", "request_invalid")
    assert unmoved(siti, invoice)
    assert place.send(mine).status_code == 200
    assert siti.wait_invoice(invoice["id"], "paid")["quantity"] == siti.quota()["available"] == 2


# What was really paid ------------------------------------------------------------------------------------------------------


def test_a_replayed_notification_credits_once(place: Place) -> None:
    siti = Person.new(place.http)
    invoice = siti.buy(3)
    notice = place.notice(order_of(invoice), invoice["total_idr"])
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda _: place.send(notice), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert siti.quota()["available"] == 3
    assert siti.get("/v1/refunds")["data"] == []


@pytest.mark.parametrize("more", [-1, 1])
def test_one_rupiah_less_or_more_buys_nothing_and_goes_back(place: Place, more: int) -> None:
    siti = Person.new(place.http)
    invoice = siti.invoice(1)
    with place.knobs(wrong_amount=f"{invoice['total_idr'] + more}.00"):
        siti.pay(invoice)
        (back,) = until(lambda: siti.get("/v1/refunds")["data"])
    assert (back["kind"], back["amount_idr"]) == ("payment", invoice["total_idr"] + more)
    assert siti.quota()["available"] == 0


def test_a_payment_in_another_currency_moves_nothing_and_waits_for_a_person(place: Place) -> None:
    siti = Person.new(place.http)
    with place.knobs(wrong_currency="USD", drop_notifications=True):
        invoice = siti.invoice(1)
        siti.pay(invoice)
    answer = place.send(place.notice(order_of(invoice), invoice["total_idr"]))
    problem(answer, 409, "payment_mismatch")
    assert unmoved(siti, invoice)


def test_a_notification_during_an_outage_is_503_and_the_next_one_counts(place: Place) -> None:
    siti = Person.new(place.http)
    with place.knobs(drop_notifications=True):
        invoice = siti.invoice(2)
        siti.pay(invoice)
    notice = place.notice(order_of(invoice), invoice["total_idr"])
    with place.knobs(outage=True):
        problem(place.send(notice), 503, "payment_provider_unavailable")
    assert unmoved(siti, invoice)
    assert place.send(notice).status_code == 200
    assert siti.quota()["available"] == 2


def test_notifications_that_overtake_each_other_credit_once(place: Place) -> None:
    def waiting() -> int:
        return int(place.http.get(f"{place.stack.access['simulator_url']}/_health").json()["notifications_waiting"])

    siti, before = Person.new(place.http), waiting()
    with place.knobs(reorder_notifications=True, duplicate_notifications=True):
        invoice = siti.invoice(2)
        siti.pay(invoice, "settle_late")
        siti.wait_invoice(invoice["id"], "paid")
        until(lambda: waiting() <= before, seconds=30)
    assert siti.quota()["available"] == 2
    assert siti.get(f"/v1/invoices/{invoice['id']}")["status"] == "paid"


def test_money_goes_back_by_itself_through_the_provider_that_was_paid(place: Place) -> None:
    """A second code that is paid too goes back whole; an invoice given up goes back at 75 percent."""
    siti = Person.new(place.http)
    first = siti.invoice(2)
    asked = siti.ask("POST", f"/v1/invoices/{first['id']}/payments", key=new_key(), json={"payment_method": "qris"})
    siti.pay(seen(asked, 201))
    siti.wait_invoice(first["id"], "paid")
    siti.pay(first)
    (back,) = until(lambda: siti.get("/v1/refunds")["data"])
    assert (back["kind"], back["amount_idr"]) == ("payment", 25_000)
    given_up = siti.refund(siti.buy(4)["id"])
    siti.wait_refund(back["id"], "refunded")
    assert siti.wait_refund(given_up["id"], "refunded")["amount_idr"] == 37_500
    assert (siti.quota()["available"], siti.quota()["refunded"]) == (2, 4)


def test_a_method_that_one_provider_lacks_is_asked_from_the_other(place: Place) -> None:
    siti = Person.new(place.http)
    for method in ("gopay", "va"):
        siti.buy(1, method=method)
    assert siti.quota()["available"] == 2
