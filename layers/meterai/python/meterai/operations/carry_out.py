"""What the table's stream asks for is done: messages, executions, derived rows."""

from __future__ import annotations

from collections.abc import Iterable

from meterai.domain.ledger import Key, Row
from meterai.domain.outbox import ChainEntry, Consequence, Erase, SendToSeal, StartExecution, Write, tidings, work
from meterai.ports.chains import EntryQueue
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Executions, SealQueue


def dispatch_change(
    ledger: Ledger,
    queue: SealQueue,
    executions: Executions,
    entries: EntryQueue,
    *,
    key: Key,
    old: Row | None,
    new: Row | None,
) -> None:
    """Carry out what must be done because one row changed. Twice is once. Raises Busy: the stream comes again."""
    for consequence in work(key, old, new):
        if isinstance(consequence, SendToSeal):
            queue.send(consequence.stamping)
        elif isinstance(consequence, StartExecution):
            executions.start(consequence.refund, consequence.number)
        elif isinstance(consequence, ChainEntry):
            entries.send(consequence.entry)
        else:
            _project(ledger, [consequence])


def tell_change(ledger: Ledger, *, key: Key, old: Row | None, new: Row | None, place: str) -> None:
    """Carry out what is to be told because one row changed: lists and events. Twice is once. Raises Busy.

    `place` is the change's place in the stream: its instant, then its sequence number."""
    _project(ledger, tidings(key, old, new, place))


def _project(ledger: Ledger, consequences: Iterable[Consequence]) -> None:
    found = list(consequences)
    ledger.project(
        put=[(one.key, one.row) for one in found if isinstance(one, Write)],
        drop=[one.key for one in found if isinstance(one, Erase)],
    )
