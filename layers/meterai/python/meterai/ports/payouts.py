"""What operations need to send money to a person's bank account or wallet: the way back where a provider's refund has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from meterai.domain.rows import Destination


@dataclass(frozen=True, slots=True)
class PayoutAnswer:
    """The provider's word on a payout: `settled` = the receiving bank took the money, and no provider can say more;
    `refused` = definite, it did not arrive, or it came back, and never will under this key; `under_way` = accepted, no
    final word yet; `unknown` = not dead. After the last two, ask again with the same key."""

    outcome: Literal["settled", "refused", "under_way", "unknown"]
    provider_reference: str | None = None


class Payouts(Protocol):
    """Pencairan. A method raises PaymentProviderUnavailable when the provider cannot be reached or answers nonsense."""

    name: str

    def banks(self) -> Mapping[str, str]:
        """The banks that money can be sent to: code, such as "ID_BCA", and the name that people know."""

    def holder(self, bank: str, number: str) -> str:
        """The name that the bank has for this account. Raises DestinationUnknown when the bank knows no such account."""

    def ask(self, key: str) -> PayoutAnswer | None:
        """What became of the payout with this key; None when the provider has none. It is not compared with what was to be
        paid: `pay_out` with the same key does both. Of one that was settled, `refused` means that the money came back."""

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        """Send `amount_idr`, or find what was sent. The same `key` never sends twice; with another amount or account than
        before it is `unknown`. A time-out or an outage is `unknown`, never an exception."""
