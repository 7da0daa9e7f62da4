"""What asking a refund for an invoice would bring, or why it would not."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from meterai.domain.outbox import list_of
from meterai.domain.policy import POLICIES, Quote, quote, unused_of
from meterai.domain.rows import Attempt, Invoice
from meterai.operations.find import find, load, loaded, quota_of
from meterai.ports.ledger import Ledger

NEWEST_INVOICES = 1_000
"""How far back an account's invoices are looked at when a policy asks which one a used piece counts against."""


def quote_refund(ledger: Ledger, *, account: str, invoice_id: str, received_at: datetime) -> Quote:
    """Judge a request for this invoice as if it arrived at `received_at`. Writes nothing. Raises Missing, Busy."""
    return judged(ledger, find(ledger, Invoice, invoice_id, owner=account), received_at)


def judged(ledger: Ledger, invoice: Invoice, received_at: datetime, *, own_refund: str | None = None) -> Quote:
    """The one judgement behind quote, request and confirmation, with all that it needs read from the ledger: what a request for
    `invoice` that arrived at `received_at` gets. `own_refund` is the request being judged. Raises Busy."""
    quota = quota_of(ledger, invoice.account)
    return quote(
        invoice,
        quota,
        received_at,
        paid_with=loaded(ledger, Attempt, invoice.paid_by).method if invoice.paid_by else None,
        unused=_unused(ledger, invoice, quota.used) if POLICIES[invoice.policy].unused_only else None,
        own_refund=own_refund,
    )


def _unused(ledger: Ledger, invoice: Invoice, used: int) -> int:
    """How many pieces of the invoice are unused. Invoices that the list does not have yet are newer, and count after it."""
    rows = ledger.page(list_of(Invoice, invoice.account), after=None, limit=NEWEST_INVOICES)
    bought = (load(ledger, Invoice, str(row["id"])) for row in islice(rows, NEWEST_INVOICES))
    return unused_of(invoice, [one for one in bought if one is not None], used)
