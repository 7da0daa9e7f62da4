"""The payment providers that a place has keys for."""

from __future__ import annotations

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meterai.domain.errors import PaymentProviderUnavailable
from meterai.gateways import xendit
from meterai.gateways.midtrans import Midtrans
from meterai.gateways.xendit import Xendit
from meterai.ports.gateway import Gateways, PaymentGateway


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_min_length=1)


class _MidtransKeys(_Keys):
    server_key: str


class _XenditKeys(_Keys):
    secret_key: str
    callback_token: str


class Keys(_Keys):
    """The payment secret: a provider without keys is not configured, and no key has a default."""

    midtrans: _MidtransKeys | None = Field(None, description="the Midtrans server key")
    xendit: _XenditKeys | None = Field(None, description="the Xendit secret key, and the token of its webhooks")


def configured(
    keys: str, client: httpx.Client, *, preferred: str, midtrans_url: str, xendit_url: str, simulator_url: str | None
) -> Gateways:
    """The providers named in `keys` (JSON as `Keys` has it); new codes are asked from `preferred`.

    Raises PaymentProviderUnavailable when the keys cannot be read: an operator has not put them yet, or wrongly."""
    try:
        known = Keys.model_validate_json(keys)
    except ValidationError:
        raise PaymentProviderUnavailable("the payment providers' keys cannot be read") from None
    found: list[PaymentGateway] = []
    if known.midtrans:
        found.append(Midtrans(midtrans_url, known.midtrans.server_key, client, simulator_url))
    if known.xendit:
        found.append(Xendit(xendit_url, known.xendit.secret_key, known.xendit.callback_token, client, simulator_url))
    lacks = {Xendit.name: xendit.LACKS}
    return Gateways({gateway.name: gateway for gateway in found}, preferred, lacks)
