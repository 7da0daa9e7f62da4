"""The issuer is back: whoever waited for it is sent to the workers, who joined first first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from meterai.domain import instants
from meterai.domain.breaker import ISSUER, channel_breaker
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.stamping import drained
from meterai.domain.outbox import AGENDA_SHARDS, RESEND_AFTER, agenda
from meterai.domain.rows import LINES, Breaker, Line, Stamping
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Pause, SealQueue

LATE = timedelta(seconds=10)
"""A worker may let a message go this long after the breaker closed: it has not read yet that it is (operations/guard.py)."""
AHEAD = 500
"""How many messages may lie ready: few enough that the queue, which keeps no order, can mix up little."""
AT_ONCE = 50
"""How many stampings one move sends again; a transaction takes 100 writes (AWS: TransactWriteItems)."""
PAGE = 200


class _Waiting(NamedTuple):
    """A stamping that waits, in the order of the line: when it was last sent to a worker, which for whoever waits for the first
    time is when it joined."""

    sent_at: datetime
    id: str
    line: str


def drain_line(
    ledger: Ledger, queue: SealQueue, *, now: datetime, pause: Pause, rounds: int = 45, ahead: int = AHEAD
) -> int:
    """Send again every stamping whose message was let go while the issuer was left alone, oldest first and never more than
    `ahead` of a line at a time: a look at the queues each second, for at most `rounds` of them. The next call goes on with what
    is left. How many were sent. Does nothing while the issuer's breaker is not closed. Raises Busy."""
    breaker = load(ledger, Breaker, channel_breaker(ISSUER))
    if breaker is None or breaker.state != "closed":
        return 0
    lines = {line: _line(ledger, line, breaker.since + LATE) for line in LINES}
    sent = 0
    for _ in range(rounds):
        for line, waiting in list(lines.items()):
            room = ahead - queue.waiting(line)
            batch = list(islice(waiting, max(room, 0)))
            if room > 0 and not batch:
                del lines[line]
            for start in range(0, len(batch), AT_ONCE):
                sent += _send_again(ledger, batch[start : start + AT_ONCE], now)
        if not lines:
            break
        pause(1)
    return sent


def _line(ledger: Ledger, line: Line, until: datetime) -> Iterator[_Waiting]:
    """Who waits in this line and was last sent to a worker before `until`, oldest first: the agenda has everybody who has not
    ended."""
    shards = (_shard(ledger, agenda(Stamping.name, shard), until) for shard in range(AGENDA_SHARDS))
    return (waiting for waiting in heapq.merge(*shards) if waiting.line == line)


def _shard(ledger: Ledger, partition: str, until: datetime) -> Iterator[_Waiting]:
    after = None
    while rows := ledger.page(partition, after=after, limit=PAGE, newest_first=False):
        for row in rows:
            after = str(row["sk"])
            sent_at = instants.read(after.partition("#")[0]) - RESEND_AFTER
            if sent_at >= until:
                return
            yield _Waiting(sent_at, str(row["id"]), str(row.get("line", "paid")))


def _send_again(ledger: Ledger, batch: Sequence[_Waiting], now: datetime) -> int:
    """Have the stream send these to a worker, but for those that moved on by themselves or are a worker's already."""
    left = list(batch)
    while left:
        try:
            ledger.apply(drained([(one.id, one.sent_at) for one in left], now))
            break
        except GateClosed as gate:
            gone = {id for id, _ in gate.keys}
            left = [one for one in left if one.id not in gone]
    return len(left)
