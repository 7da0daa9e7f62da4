"""What the table's stream asks for is done: messages, executions, derived rows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from meterai.domain.ledger import GateClosed, Key, Row
from meterai.domain.moves.letters import write_letter
from meterai.domain.moves.refund import rewind
from meterai.domain.outbox import (
    CatchUp,
    ChainEntry,
    Consequence,
    Erase,
    Post,
    SendLetter,
    SendToSeal,
    StartExecution,
    WakeExecution,
    Write,
    counted,
    letter_of,
    list_of,
    tidings,
    work,
)
from meterai.domain.rows import Letter, Refund
from meterai.operations.find import load, loaded
from meterai.ports.chains import EntryQueue
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Executions, SealQueue
from meterai.ports.post import LetterQueue
from meterai.ports.room import CountQueue

NEWEST_REFUNDS = 100
"""Of how many refunds somebody is told who confirms an e-mail while they are under way."""


def dispatch_change(
    ledger: Ledger,
    queue: SealQueue,
    executions: Executions,
    entries: EntryQueue,
    letters: LetterQueue,
    counts: CountQueue,
    *,
    key: Key,
    old: Row | None,
    new: Row | None,
    place: str,
) -> None:
    """Carry out what must be done because one row changed, then have it counted. Twice is once; `place` is the change's place
    in the stream. Raises Busy: the stream comes again."""
    for consequence in work(key, old, new):
        if isinstance(consequence, SendToSeal):
            queue.send(consequence.stamping, consequence.line)
        elif isinstance(consequence, StartExecution):
            executions.start(consequence.refund, consequence.number)
        elif isinstance(consequence, WakeExecution):
            _wake(ledger, executions, consequence)
        elif isinstance(consequence, ChainEntry):
            entries.send(consequence.entry)
        elif isinstance(consequence, Post):
            letters.send(consequence.letter)
        else:
            _project(ledger, [consequence])
    for count in counted(key, old, new, place):
        counts.send(count)


def _wake(ledger: Ledger, executions: Executions, waiting: WakeExecution) -> None:
    """Wake the execution, or start another where none is left to wake: a decision survives a dead token."""
    if executions.wake(waiting.refund, waiting.token) or executions.running(waiting.refund, waiting.number):
        return
    refund = loaded(ledger, Refund, waiting.refund)
    if not refund.ended:
        with suppress(GateClosed):
            ledger.apply(rewind(replace(refund, execution=waiting.number)))


def tell_change(ledger: Ledger, *, key: Key, old: Row | None, new: Row | None, place: str) -> None:
    """Carry out what is to be told because one row changed: lists, events and letters. Twice is once. Raises Busy.

    `place` is the change's place in the stream: its instant, then its sequence number."""
    told = list(tidings(key, old, new, place))
    _project(ledger, told)
    for consequence in told:
        if isinstance(consequence, SendLetter):
            _write(ledger, consequence.letter)
        elif isinstance(consequence, CatchUp):
            _catch_up(ledger, consequence)


def _write(ledger: Ledger, letter: Letter) -> None:
    with suppress(GateClosed):  # it was written before, and is on its way or has left
        ledger.apply(write_letter(letter))


def _catch_up(ledger: Ledger, asked: CatchUp) -> None:
    """One letter for each of the account's newest refunds that has not ended."""
    for row in ledger.page(list_of(Refund, asked.account), after=None, limit=NEWEST_REFUNDS):
        refund = load(ledger, Refund, str(row["id"]))
        if refund is not None and not refund.ended:
            _write(ledger, letter_of("refund.standing", refund.id, asked.account, 0, asked.at, asked.queued_at))


def _project(ledger: Ledger, consequences: Iterable[Consequence]) -> None:
    found = list(consequences)
    ledger.project(
        put=[(one.key, one.row) for one in found if isinstance(one, Write)],
        drop=[one.key for one in found if isinstance(one, Erase)],
    )
