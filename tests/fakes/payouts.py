"""Payouts in memory, which pass the contract tests of the real adapter. Tests play the banks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from meterai.domain.errors import DestinationUnknown, PaymentProviderUnavailable
from meterai.domain.rows import Destination
from meterai.ports.payouts import PayoutAnswer

PayoutFate = Literal["settled", "refused", "bounced", "turned down", "lost before", "lost after"]
BANKS = {"ID_BCA": "BCA", "ID_BRI": "BRI"}


@dataclass
class _Payout:
    bank: str
    number: str
    amount_idr: int
    ahead: list[Literal["settled", "refused"]]
    state: Literal["under_way", "settled", "refused"] = "under_way"


class MemoryPayouts:
    """As the real ones: a payout is under way first, and what becomes of it is told when it is asked about next.

    `account_holder` is whose every account is, None when the bank knows none; `accounts` says otherwise for single ones.
    `outage` makes every call fail before it does anything, `names_outage` the name check alone; while `held` nothing arrives.
    `fates` decides the next payouts, in order ("settled" when it is empty): "bounced" arrives and comes back, "turned down" is
    refused at once and never made, "lost before" and "lost after" answer `unknown` without and with the payout made. `calls`
    is what was asked."""

    name = "fake"

    def __init__(self, account_holder: str | None = "BUDI SANTOSO") -> None:
        self.account_holder = account_holder
        self.accounts: dict[tuple[str, str], str | None] = {}
        self.outage = False
        self.names_outage = False
        self.held = False
        self.fates: list[PayoutFate] = []
        self.calls: list[tuple[str, str]] = []
        self._made: dict[str, _Payout] = {}

    # The port ------------------------------------------------------------------------------------------------------

    def banks(self) -> Mapping[str, str]:
        return BANKS

    def holder(self, bank: str, number: str) -> str:
        self._called("holder", f"{bank} {number}")
        if self.names_outage:
            raise PaymentProviderUnavailable("the name check is down")
        name = self.accounts.get((bank, number), self.account_holder)
        if name is None:
            raise DestinationUnknown("the bank knows no such account")
        return name

    def ask(self, key: str) -> PayoutAnswer | None:
        self._called("ask", key)
        made = self._made.get(key)
        return None if made is None else self._word(key, made)

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        try:
            self._called("pay_out", key)
        except PaymentProviderUnavailable:
            return PayoutAnswer("unknown")
        made = self._made.get(key)
        if made is not None:
            same = (made.bank, made.number, made.amount_idr) == (destination.bank, destination.number, amount_idr)
            return self._word(key, made) if same else PayoutAnswer("unknown")
        fate = self.fates.pop(0) if self.fates else "settled"
        if fate == "turned down":
            return PayoutAnswer("refused")
        if fate == "lost before":
            return PayoutAnswer("unknown")
        ahead: dict[PayoutFate, list[Literal["settled", "refused"]]] = {
            "refused": ["refused"],
            "bounced": ["settled", "refused"],
        }
        becomes = ahead.get(fate, ["settled"])
        self._made[key] = _Payout(destination.bank, destination.number, amount_idr, list(becomes))
        return PayoutAnswer("unknown") if fate == "lost after" else PayoutAnswer("under_way", key)

    # What banks and tests do ---------------------------------------------------------------------------------------

    def arrived_idr(self) -> int:
        """How much is with people now."""
        return sum(each.amount_idr for each in self._made.values() if each.state == "settled")

    def made(self) -> list[tuple[str, str, str, int]]:
        """Key, bank, number and amount of every payout, in order."""
        return [(key, each.bank, each.number, each.amount_idr) for key, each in self._made.items()]

    def _word(self, key: str, made: _Payout) -> PayoutAnswer:
        if made.ahead and not self.held:
            made.state = made.ahead.pop(0)
        return PayoutAnswer(made.state, key)

    def _called(self, verb: str, of: str) -> None:
        self.calls.append((verb, of))
        if self.outage:
            raise PaymentProviderUnavailable("the provider is down")
