"""The channel board as the API and `status.json` tell it: one shape for both."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from meterai.domain.board import Board, Hours, Kind, Line, Stamps, State
from meterai.domain.rows import Stock, Word
from meterai.runtime.shown import Instant, Shown


class WordShown(Shown):
    """What somebody said of a channel; `old` once its time is over, and then it counts for nothing."""

    says: Literal["up", "down"]
    stock: Stock | None
    by: str
    said_at: Instant
    until: Instant
    old: bool

    @classmethod
    def of(cls, word: Word, *, old: bool) -> WordShown:
        return cls(
            says=word.says, stock=word.stock, by=word.by, said_at=word.said_at, until=word.until, old=old
        )  # fmt: skip


class HoursShown(Shown):
    """When a counter is open: WIB, `days` from Monday ("1") to Sunday ("7")."""

    opens: str
    closes: str
    days: str

    @classmethod
    def of(cls, hours: Hours) -> HoursShown:
        return cls(opens=hours.opens, closes=hours.closes, days=hours.days)


class ChannelShown(Shown):
    """One channel, as it was last probed and spoken of. Figures are of the last hour."""

    kind: Kind
    label: str
    state: State
    stamps: Annotated[
        Stamps | None, Field(description="whether a stamp can be had there now; null where nobody goes for one")
    ]
    page: Annotated[str | None, Field(description="where people go for it")]
    checked_at: Annotated[Instant | None, Field(description="when it was last probed; null where nobody probes it")]
    success_rate: Annotated[float | None, Field(description="share of probes answered, 0 to 1")]
    answer_ms: Annotated[int | None, Field(description="how long an answered probe usually took")]
    wait_seconds: Annotated[int | None, Field(description="how long a person waits for a stamp there")]
    stock: Stock | None
    pieces: Annotated[int | None, Field(description="pieces that it said to have in stock")]
    hours: HoursShown | None
    word: WordShown | None

    @classmethod
    def of(cls, line: Line) -> ChannelShown:
        return cls(
            kind=line.kind,
            label=line.label,
            state=line.state,
            stamps=line.stamps,
            page=line.page,
            checked_at=line.checked_at,
            success_rate=line.hour.success_rate if line.hour else None,
            answer_ms=line.hour.answer_ms if line.hour else None,
            wait_seconds=line.wait_seconds,
            stock=line.stock,
            pieces=line.pieces,
            hours=HoursShown.of(line.hours) if line.hours else None,
            word=WordShown.of(line.word, old=line.word_is_old) if line.word else None,
        )


class StatusShown(Shown):
    """Where a stamp can be had now, how what the portal leans on is, and the length of the line. `channels` has the portal
    first, then what it leans on, then those of others; what was heard too long ago is `unknown`."""

    status: Literal["ok", "degraded"]
    kept_at: Instant
    channels: dict[str, ChannelShown]
    backlog: int

    @classmethod
    def of(cls, board: Board) -> StatusShown:
        return cls(
            status="ok" if board.well else "degraded",
            kept_at=board.kept_at,
            channels={line.id: ChannelShown.of(line) for line in board.lines},
            backlog=board.backlog,
        )


def status_json(board: Board) -> bytes:
    """The board as `status.json` has it."""
    return StatusShown.of(board).model_dump_json().encode()
