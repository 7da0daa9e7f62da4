"""The payment providers, and the way to pay out, that a place has keys for."""

from __future__ import annotations

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meterai.domain.errors import PaymentProviderUnavailable
from meterai.gateways import xendit
from meterai.gateways.iluma import Iluma
from meterai.gateways.midtrans import Midtrans
from meterai.gateways.xendit import Xendit
from meterai.gateways.xendit_payouts import XenditPayouts
from meterai.ports.gateway import Gateways, PaymentGateway
from meterai.ports.payouts import Payouts


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_min_length=1)


class _MidtransKeys(_Keys):
    server_key: str


class _XenditKeys(_Keys):
    secret_key: str
    callback_token: str


class _PayoutKeys(_Keys):
    secret_key: str
    name_key: str


class Keys(_Keys):
    """The payment secret: a provider without keys is not configured, and no key has a default."""

    midtrans: _MidtransKeys | None = Field(None, description="the Midtrans server key")
    xendit: _XenditKeys | None = Field(None, description="the Xendit secret key, and the token of its webhooks")
    payouts: _PayoutKeys | None = Field(
        None,
        description="a Xendit secret key with permission for payouts and nothing else, and Iluma's for the name check",
    )


def configured(
    keys: str, client: httpx.Client, *, preferred: str, midtrans_url: str, xendit_url: str, simulator_url: str | None
) -> Gateways:
    """The providers named in `keys` (JSON as `Keys` has it); new codes are asked from `preferred`.

    Raises PaymentProviderUnavailable when the keys cannot be read: an operator has not put them yet, or wrongly."""
    known = _read(keys)
    found: list[PaymentGateway] = []
    if known.midtrans:
        found.append(Midtrans(midtrans_url, known.midtrans.server_key, client, simulator_url))
    if known.xendit:
        found.append(Xendit(xendit_url, known.xendit.secret_key, known.xendit.callback_token, client, simulator_url))
    lacks = {Xendit.name: xendit.LACKS}
    return Gateways({gateway.name: gateway for gateway in found}, preferred, lacks)


def configured_payouts(keys: str, client: httpx.Client, *, xendit_url: str, iluma_url: str) -> Payouts:
    """The way to pay out that is named in `keys` (JSON as `Keys` has it).

    Raises PaymentProviderUnavailable when there is none, or the keys cannot be read: whoever waits, waits."""
    found = payouts_if_any(keys, client, xendit_url=xendit_url, iluma_url=iluma_url)
    if found is None:
        raise PaymentProviderUnavailable("payouts are not configured")
    return found


def payouts_if_any(keys: str, client: httpx.Client, *, xendit_url: str, iluma_url: str) -> Payouts | None:
    """The way to pay out that is named in `keys`, None where there is none: what a provider gives back itself does not wait for
    it. Raises PaymentProviderUnavailable when the keys cannot be read."""
    known = _read(keys).payouts
    if known is None:
        return None
    return XenditPayouts(xendit_url, known.secret_key, client, Iluma(iluma_url, known.name_key, client))


def _read(keys: str) -> Keys:
    try:
        return Keys.model_validate_json(keys)
    except ValidationError:
        raise PaymentProviderUnavailable("the payment providers' keys cannot be read") from None
