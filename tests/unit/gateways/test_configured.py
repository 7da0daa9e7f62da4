"""Which providers a place has is what its payment secret says."""

from __future__ import annotations

import json

import httpx
import pytest

from meterai.domain.errors import PaymentProviderUnavailable
from meterai.gateways.configured import configured, configured_payouts, payouts_if_any
from meterai.ports.gateway import Gateways

MIDTRANS = {"server_key": "a"}
XENDIT = {"secret_key": "b", "callback_token": "c"}
PAYOUTS = {"secret_key": "d", "name_key": "e"}


def gateways(keys: object, preferred: str = "midtrans") -> Gateways:
    return configured(
        keys if isinstance(keys, str) else json.dumps(keys),
        httpx.Client(),
        preferred=preferred,
        midtrans_url="https://midtrans.invalid",
        xendit_url="https://xendit.invalid",
        simulator_url=None,
    )


def test_both_providers_are_there_when_both_have_keys() -> None:
    both = gateways({"midtrans": MIDTRANS, "xendit": XENDIT}, "xendit")
    assert sorted(both.by_name) == ["midtrans", "xendit"]
    assert (both.new("qris").name, both.new("va").name, both.new("gopay").name) == ("xendit", "xendit", "midtrans")


def test_a_provider_without_keys_is_not_there() -> None:
    one = gateways({"midtrans": MIDTRANS})
    assert one.new("gopay").name == "midtrans"
    with pytest.raises(PaymentProviderUnavailable):
        one.of("xendit")
    with pytest.raises(PaymentProviderUnavailable):
        gateways({"midtrans": MIDTRANS}, "xendit").new("qris")


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "a server key as it was kept before",
        "[]",
        {"midtrans": {"server_key": ""}},
        {"midtrans": {"server_key": " \n"}},
        {"midtrans": {}},
        {"xendit": {"secret_key": "b"}},
        {"xendit": XENDIT | {"callback_token": ""}},
        {"xendit": XENDIT | {"more": "x"}},
        {"doku": {"key": "x"}},
        {"payouts": {"secret_key": "d"}},
        {"payouts": PAYOUTS | {"name_key": ""}},
    ],
)
def test_keys_that_cannot_be_read_are_refused_without_being_shown(keys: object) -> None:
    with pytest.raises(PaymentProviderUnavailable) as refused:
        gateways(keys)
    assert refused.value.__cause__ is None
    assert str(refused.value) == "the payment providers' keys cannot be read"


def payouts(keys: object) -> str:
    places = {"xendit_url": "https://xendit.invalid", "iluma_url": "https://iluma.invalid"}
    return configured_payouts(json.dumps(keys), httpx.Client(), **places).name


def test_payouts_have_keys_of_their_own() -> None:
    assert payouts({"payouts": PAYOUTS}) == "xendit"
    assert sorted(gateways({"midtrans": MIDTRANS, "payouts": PAYOUTS}).by_name) == ["midtrans"]


@pytest.mark.parametrize("keys", [{}, {"xendit": XENDIT}, {"payouts": {"secret_key": "d"}}, "no keys"])
def test_without_those_keys_nothing_is_paid_out(keys: object) -> None:
    with pytest.raises(PaymentProviderUnavailable) as refused:
        payouts(keys)
    assert refused.value.__cause__ is None


def test_a_place_without_payouts_still_has_the_refunds_of_its_providers() -> None:
    places = {"xendit_url": "https://xendit.invalid", "iluma_url": "https://iluma.invalid"}
    keys = json.dumps({"midtrans": MIDTRANS})
    assert payouts_if_any(keys, httpx.Client(), **places) is None
    assert payouts_if_any(json.dumps({"payouts": PAYOUTS}), httpx.Client(), **places) is not None
    with pytest.raises(PaymentProviderUnavailable):
        payouts_if_any("no keys", httpx.Client(), **places)
