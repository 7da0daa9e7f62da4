"""Rupiah: integers, always."""

from __future__ import annotations

from dataclasses import dataclass

DUTY_IDR = 10_000
"""Bea meterai: one rate, Rp10.000, once per document (UU 10/2020 arts 3-5)."""
SERVICE_IDR = 2_500
"""The distributor's service fee on a piece; people paid Rp12.500 a piece in September 2024."""
MOST_PIECES = 1_000
"""The largest invoice: beyond it a partner buys more than once."""


@dataclass(frozen=True, slots=True)
class Price:
    """What an invoice of `quantity` pieces costs, in rupiah: total = quantity x unit price + fee."""

    quantity: int
    unit_price_idr: int
    fee_idr: int

    @property
    def total_idr(self) -> int:
        return self.quantity * self.unit_price_idr + self.fee_idr


def price(quantity: int) -> Price:
    """The price of `quantity` (1 to MOST_PIECES) pieces."""
    return Price(quantity=quantity, unit_price_idr=DUTY_IDR, fee_idr=quantity * SERVICE_IDR)


def share(bought: Price, quantity: int) -> Price:
    """What `quantity` of the bought pieces cost: their part of the fee to the whole rupiah, rounded down."""
    return Price(quantity, bought.unit_price_idr, bought.fee_idr * quantity // bought.quantity)


def percent_of(amount_idr: int, percent: int) -> int:
    """`percent` of a non-negative amount to the whole rupiah, half a rupiah in the person's favour (rounded up)."""
    return (amount_idr * percent * 2 + 100) // 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A double entry in integer rupiah: `lines` by ledger account, debits positive, and they sum to 0."""

    move: str
    lines: dict[str, int]

    def __post_init__(self) -> None:
        if sum(self.lines.values()) != 0:
            raise AssertionError(f"entry of {self.move} does not balance: {self.lines}")


def pay_entry(bought: Price) -> Entry:
    """Money came in: the duty and the fee are owed until the pieces are used."""
    return Entry(
        "pay",
        {
            "clearing": bought.total_idr,
            "liability": -bought.quantity * bought.unit_price_idr,
            "fee": -bought.fee_idr,
        },
    )


def overpay_entry(amount_idr: int) -> Entry:
    """Money came in that bought nothing: all of it is owed back."""
    return Entry("overpay", {"clearing": amount_idr, "refund_payable": -amount_idr})


def commit_entry() -> Entry:
    """A piece was used: what was owed to its owner is now duty owed to the state."""
    return Entry("commit", {"liability": DUTY_IDR, "duty": -DUTY_IDR})


def settle_quota_entry(bought: Price, amount_idr: int) -> Entry:
    """An invoice, or its unused pieces, went back: the obligation for them ends, `amount_idr` leaves, the rest is retained.
    `bought` is the price of what went back."""
    return Entry(
        "settle",
        {
            "liability": bought.quantity * bought.unit_price_idr,
            "fee": bought.fee_idr,
            "clearing": -amount_idr,
            "retained": amount_idr - bought.total_idr,
        },
    )


def settle_payment_entry(amount_idr: int) -> Entry:
    """A payment that bought nothing went back."""
    return Entry("settle", {"refund_payable": amount_idr, "clearing": -amount_idr})
