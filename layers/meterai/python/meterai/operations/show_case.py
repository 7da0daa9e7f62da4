"""Everything about one refund, for the officer who decides or pays it: never a document, nor its name."""

from __future__ import annotations

from meterai.domain.desk import Case
from meterai.domain.errors import Missing
from meterai.domain.rows import Account, Attempt, Destination, Invoice, Payment, Refund, Stamping, Submission
from meterai.operations.find import load, loaded, of_invoice, quota_of
from meterai.ports.ledger import Ledger


def show_case(ledger: Ledger, *, refund_id: str) -> Case:
    """The case of a refund, whoever owns it. Lists follow the table's stream and may lag a second. Raises Missing, Busy."""
    refund = load(ledger, Refund, refund_id)
    if refund is None:
        raise Missing("no refund has this id")
    invoice = loaded(ledger, Invoice, refund.invoice)
    attempts = {one.id: one for one in of_invoice(ledger, Attempt, invoice.id)}
    for id in (invoice.attempt, invoice.paid_by, refund.order):  # they bear on the case even where the list lags
        if id is not None and id not in attempts:
            attempts[id] = loaded(ledger, Attempt, id)
    return Case(
        refund=refund,
        account=loaded(ledger, Account, refund.account),
        quota=quota_of(ledger, refund.account),
        invoice=invoice,
        attempts=tuple(sorted(attempts.values(), key=lambda one: one.created_at)),
        payments=tuple(sorted(of_invoice(ledger, Payment, invoice.id), key=lambda one: one.paid_at)),
        refunds=tuple(one for one in of_invoice(ledger, Refund, invoice.id) if one.id != refund.id),
        destination=load(ledger, Destination, refund.id),
        waits_for=tuple(loaded(ledger, Stamping, id) for id in sorted(refund.waits_for)),
        submission=load(ledger, Submission, refund.id),
    )
