"""Which answers carry a receipt, and what that costs in signatures."""

from __future__ import annotations

from meterai.domain.rows import Invoice
from meterai.operations.find import loaded
from meterai.runtime.receipts import Receipts
from tests.fakes.room import PlainReceiptSigner
from tests.fakes.world import World


class CountingSigner(PlainReceiptSigner):
    """A key that counts its signatures."""

    signed = 0

    def sign(self, data: bytes) -> bytes:
        self.signed += 1
        return super().sign(data)


def test_who_looks_whether_an_invoice_is_paid_costs_no_signature_until_it_is() -> None:
    world, signer = World(), CountingSigner()
    receipts = Receipts(signer)
    bill = world.buy(world.account().account.id)
    assert receipts(bill.invoice) is not None
    assert [receipts.once_paid(bill.invoice) for _ in range(20)] == [None] * 20
    assert signer.signed == 1
    world.pay(bill.attempt.id)
    paid = loaded(world.ledger, Invoice, bill.invoice.id)
    assert receipts.once_paid(paid) is not None
    assert signer.signed == 2
