"""The officers' queue: what has not ended, by promise date."""

from __future__ import annotations

from meterai.domain.outbox import desk_of
from meterai.domain.rows import Refund, RefundStatus
from meterai.operations.find import load
from meterai.operations.list_owned import Page, listed
from meterai.ports.ledger import Ledger


def list_desk(ledger: Ledger, *, status: RefundStatus | None, limit: int, cursor: str | None) -> Page[Refund]:
    """Up to `limit` (1..100) refunds that have not ended, whose promise is due first before the others; with `status` only
    those that stand there. The queue follows the table's stream and may lag a second: what has moved on meanwhile is left out,
    so a page may be shorter than asked for and still not be the last. Raises RequestInvalid, Busy."""
    rows, next_cursor = listed(ledger, [desk_of(status)], limit, cursor, newest_first=False)
    found = (load(ledger, Refund, str(row["id"])) for row in rows)
    return Page(
        [one for one in found if one is not None and not one.ended and status in (None, one.status)], next_cursor
    )
