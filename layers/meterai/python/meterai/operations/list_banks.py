"""Where money can be sent."""

from __future__ import annotations

from meterai.ports.payouts import Payouts


def list_banks(payouts: Payouts) -> list[tuple[str, str]]:
    """The code and name of each bank that a refund can be paid out to, in the order of their names."""
    return sorted(payouts.banks().items(), key=lambda bank: bank[1].casefold())
