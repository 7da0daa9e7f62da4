"""Queue receipts, as answers carry them."""

from __future__ import annotations

from meterai.domain.errors import Busy
from meterai.domain.receipt import receipt_of
from meterai.domain.rows import Invoice, Stamping
from meterai.ports.room import ReceiptSigner
from meterai.runtime.observability import logger


class Receipts:
    """Hands out the receipt of what is in line."""

    def __init__(self, signer: ReceiptSigner) -> None:
        self._signer = signer

    def __call__(self, noun: Invoice | Stamping) -> str | None:
        """Its receipt; None once it has ended, and while the key does not answer: nobody's purchase or stamp waits for that."""
        receipt = receipt_of(noun)
        if receipt is None:
            return None
        try:
            return receipt.signed(self._signer.sign)
        except Busy as busy:
            logger.warning("no receipt", extra={"code": busy.code, "detail": busy.detail})
            return None

    def once_paid(self, invoice: Invoice) -> str | None:
        """The receipt of an invoice that is paid. Whoever looks again and again whether theirs is has the one that came with
        the purchase: a signature costs ten times what the rest of a look does (docs/capacity.md)."""
        return self(invoice) if invoice.status == "paid" else None
