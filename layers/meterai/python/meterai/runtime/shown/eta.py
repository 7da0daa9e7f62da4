"""When a turn comes, as it is shown."""

from __future__ import annotations

from meterai.domain.room import Turn
from meterai.runtime.shown.base import Instant, Shown


class EtaShown(Shown):
    """When a stamp is made: once in ten earlier than `p10`, once in ten later than `p90`. Order in line is approximate."""

    p10: Instant
    p50: Instant
    p90: Instant

    @classmethod
    def of(cls, turn: Turn | None) -> EtaShown | None:
        return cls(p10=turn.p10, p50=turn.p50, p90=turn.p90) if turn else None
