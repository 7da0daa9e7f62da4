"""What operations need from a payment provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from meterai.domain.errors import PaymentProviderUnavailable, RequestInvalid

Method = Literal["qris", "gopay", "va"]
PaymentStatus = Literal["pending", "paid", "expired", "denied", "absent"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What a person needs to pay one attempt. URLs are None where the provider or the method has none;
    `simulator_url` is set only outside production."""

    qr_string: str | None
    qr_image_url: str | None
    deeplink_url: str | None
    va_number: str | None
    expires_at: datetime
    simulator_url: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """The provider's own word on one order: what is asked back before anything is believed.

    `transaction_id` names the payment (None while nothing was paid). `paid_at` is the provider's payment time, UTC.
    `status` is "absent" when the provider does not know the order."""

    order_id: str
    status: PaymentStatus
    transaction_id: str | None
    amount_idr: int | None
    currency: str | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What an authentic notification points at. It is a hint to ask, never a fact."""

    order_id: str
    transaction_id: str | None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """The provider's answer to a refund call: `settled` = definite and final at the provider; `refused` = definite, no
    money moved and none will under this key; `unknown` = not dead: ask again with the same key."""

    outcome: Literal["settled", "refused", "unknown"]
    provider_reference: str | None = None


class PaymentGateway(Protocol):
    """One provider. A method raises PaymentProviderUnavailable when the provider cannot be reached or answers nonsense."""

    name: str

    def probe(self) -> None:
        """Whether the provider answers at all."""

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        """Ask for a code for `order_id`. The same order id never makes a second charge: the first one's code is shown again
        or, where the provider cannot, this raises PaymentProviderUnavailable, and a new attempt (another order id) is the
        way on. Raises RequestInvalid for a method that the provider does not have."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Authenticate a notification (constant time) and say what it points at.

        Raises NotificationForged when the signature or token is wrong and RequestInvalid when the body is not the provider's
        form."""

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        """What the provider knows of an order: first the order's own state (status "absent" when it is not known), then
        any other payment of it. A provider that lists one payment an order shows a second one only when asked for its
        `transaction_id`, as a notice gave it; others list all. An id that is unknown or another order's adds nothing.

        A payment that was given back later is still "paid": it is the same payment."""

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        """Give `amount_idr` back for a paid order, or for the one payment `transaction_id` of it. The same `key` never
        pays twice. A time-out or an outage is `unknown`, never an exception, and so is a refund that is under way.

        A provider that cannot give back one of two payments of an order answers `refused`: a person has to."""


@dataclass(frozen=True, slots=True)
class Gateways:
    """The payment providers by name; new codes are asked from `preferred`, and everything later from the provider that made
    the code. `lacks` are the methods that a provider does not have: those are asked from another, and so is every new code
    while a provider is not `well`."""

    by_name: Mapping[str, PaymentGateway]
    preferred: str
    lacks: Mapping[str, frozenset[Method]] = field(default_factory=dict)
    well: Callable[[str], bool] = lambda _: True

    def new(self, method: Method) -> PaymentGateway:
        """The provider that a new code is asked from: the first that is well, or where none is, the first. Raises
        RequestInvalid when no provider has the method, and PaymentProviderUnavailable when the preferred one is not
        configured."""
        preferred = self.of(self.preferred)
        having = [
            gateway
            for gateway in (preferred, *(self.by_name[name] for name in sorted(self.by_name)))
            if method not in self.lacks.get(gateway.name, frozenset())
        ]
        if not having:
            raise RequestInvalid("no payment provider here has this method", pointer="/payment_method")
        return next((gateway for gateway in having if self.well(gateway.name)), having[0])

    @property
    def probes(self) -> list[Callable[[], None]]:
        """A question to each provider whether it answers at all."""
        return [self.by_name[name].probe for name in sorted(self.by_name)]

    def of(self, name: str) -> PaymentGateway:
        """The provider of this name. Raises PaymentProviderUnavailable for one that is not configured: what it knows can be
        asked again once it is."""
        try:
            return self.by_name[name]
        except KeyError:
            raise PaymentProviderUnavailable("this payment provider is not configured") from None
