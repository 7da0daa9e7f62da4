"""Who looks on while the engine runs by itself: every change of the table's stream goes to the watch that the simulation has
too, and whoever waits for a row is told of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from meterai.aws.changes import row_change
from meterai.domain.ledger import Key
from tests.simulation.invariants import Broken, Watch
from tests.soak.functions import stream_record

LIMIT = 1000
LOOKS_EVERY_SECONDS = 0.25


class Stuck(AssertionError):
    """What was waited for never came."""


class Witness:
    """Reads the stream of `table` from its beginning. `broken` is what the watch found wrong."""

    def __init__(self, streams: Any, table: str, stored: Callable[[str, str], bytes | None]) -> None:
        self.rows: dict[Key, dict[str, Any]] = {}
        self.broken: list[str] = []
        self.changes = 0
        self._streams = streams
        self._watch = Watch(stored)
        self._news = threading.Condition()
        self._over = threading.Event()
        [stream] = streams.list_streams(TableName=table)["Streams"]
        [shard] = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        self._iterator = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def wait(self, key: Key, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        """The row once it is as wanted. Raises Stuck."""
        deadline = time.monotonic() + seconds
        with self._news:
            while not ((row := self.rows.get(key)) and wanted(row)):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Stuck(f"not within {seconds:.0f} s: {row}")
                self._news.wait(left)
            return row

    def told(self) -> dict[Key, dict[str, Any]]:
        """All rows as the stream has told them so far."""
        with self._news:
            return dict(self.rows)

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            answer = self._streams.get_records(ShardIterator=self._iterator, Limit=LIMIT)
            self._iterator = answer["NextShardIterator"]
            records = answer["Records"]
            with self._news:
                for record in (stream_record(one, timedelta()) for one in records):
                    change = row_change(record)
                    self.changes += 1
                    if change.new is None:
                        self.rows.pop(change.key, None)
                    else:
                        self.rows[change.key] = change.new
                    self._judge(self._watch.saw, change.key, change.old, change.new)
                if len(records) < LIMIT:  # else a transaction may be cut in two here
                    self._judge(self._watch.judge)
                if records:
                    self._news.notify_all()
            if len(records) < LIMIT:
                time.sleep(LOOKS_EVERY_SECONDS)

    def _judge(self, look: Callable[..., None], *what: Any) -> None:
        try:
            look(*what)
        except Broken as found:
            self.broken.append(str(found))
