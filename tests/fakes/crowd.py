"""A ledger in memory at which others act in the middle of somebody's operation, or at which that operation dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from meterai.domain.ledger import Key, Move, Row
from tests.fakes.ledger import MemoryLedger


class CrowdedLedger(MemoryLedger):
    """Before the call number `at` (reads and moves count alike, from 0) somebody else acts; or before every call. `tried` names
    the moves that were asked for, made or refused."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[str] = []
        self.calls = 0
        self._act: Callable[[], object] | None = None
        self._at: int | None = None

    def meddle(self, act: Callable[[], object], *, at: int | None = None) -> None:
        """From now on `act` comes before call number `at`, or before every call. What it does itself is not counted."""
        self._act, self._at, self.calls = act, at, 0

    def leave(self) -> None:
        """Nobody acts any more."""
        self._act = None

    def get(self, key: Key) -> Row | None:
        self._called()
        return super().get(key)

    def apply(self, move: Move) -> None:
        self._called()
        self.tried.append(move.name)
        super().apply(move)

    def _called(self) -> None:
        if (act := self._act) is None:
            return
        number, self.calls = self.calls, self.calls + 1
        if self._at in (None, number):
            self._act = None
            try:
                act()
            finally:
                self._act = act


def every_instant(play: Callable[[int], int], *, most: int = 200) -> Iterator[int]:
    """Play a scene again and again, with the crowd at call 0, 1, 2 ... of it; `play` says how many calls the scene had."""
    for at in range(most):
        if play(at) <= at:
            return
        yield at
    raise AssertionError(f"more than {most} calls")
