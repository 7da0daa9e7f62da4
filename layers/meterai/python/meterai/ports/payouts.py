"""What operations need to send money to a person's bank account or wallet: the way back where a provider's refund has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from meterai.domain.rows import Destination


@dataclass(frozen=True, slots=True)
class PayoutAnswer:
    """The provider's word on a payout: `settled` = the money arrived, final; `refused` = definite, it did not arrive (or it
    bounced) and never will under this key; `under_way` = accepted, no final word yet; `unknown` = not dead. After the
    last two, ask again with the same key."""

    outcome: Literal["settled", "refused", "under_way", "unknown"]
    provider_reference: str | None = None


class Payouts(Protocol):
    """Pencairan. A method raises PaymentProviderUnavailable when the provider cannot be reached or answers nonsense."""

    name: str

    def banks(self) -> tuple[str, ...]:
        """The codes of the banks and wallets that money can be sent to, such as "ID_BCA"."""

    def holder(self, bank: str, number: str) -> str:
        """The name that the bank has for this account. Raises DestinationUnknown when the bank knows no such account."""

    def ask(self, key: str) -> PayoutAnswer | None:
        """What became of the payout with this key; None when the provider has none."""

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        """Send `amount_idr`. The same `key` never sends twice. A time-out or an outage is `unknown`, never an exception."""
