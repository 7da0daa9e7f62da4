"""The channel board as the API and `status.json` tell it: one shape for both."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from meterai.domain.board import Board, Card, Hours, Kind, Stamps, State
from meterai.domain.room import before_paying
from meterai.domain.rows import Line, RatesFrom, Standing, Stock, Word
from meterai.domain.waiting_room import Estimate
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
    pieces: Annotated[int | None, Field(description="pieces that it has to sell, as far as it says")]
    hours: HoursShown | None
    word: WordShown | None

    @classmethod
    def of(cls, card: Card) -> ChannelShown:
        return cls(
            kind=card.kind,
            label=card.label,
            state=card.state,
            stamps=card.stamps,
            page=card.page,
            checked_at=card.checked_at,
            success_rate=card.hour.success_rate if card.hour else None,
            answer_ms=card.hour.answer_ms if card.hour else None,
            wait_seconds=card.wait_seconds,
            stock=card.stock,
            pieces=card.pieces,
            hours=HoursShown.of(card.hours) if card.hours else None,
            word=WordShown.of(card.word, old=card.word_is_old) if card.word else None,
        )


class LineShown(Shown):
    """One line: how many wait or are being stamped, and since when the one who waits longest does, to the minute."""

    waiting: int
    oldest_at: Instant | None


class RateShown(Shown):
    """Stampings an hour over both lines: in one hour of ten below `p10`, in one of ten above `p90`; `source` is where they come
    from."""

    p10: int
    p50: int
    p90: int
    source: RatesFrom

    @classmethod
    def of(cls, standing: Standing) -> RateShown | None:
        if standing.rate_p10 is None or standing.rate_p50 is None or standing.rate_p90 is None:
            return None
        return cls(p10=standing.rate_p10, p50=standing.rate_p50, p90=standing.rate_p90, source=standing.rates_are)


class EstimateShown(Shown):
    """In how many seconds somebody who buys now has a stamp: once in ten earlier than `p10`, once in ten later than `p90`."""

    p10: int
    p50: int
    p90: int

    @classmethod
    def of(cls, estimate: Estimate) -> EstimateShown:
        return cls(p10=estimate.p10, p50=estimate.p50, p90=estimate.p90)


class IncidentShown(Shown):
    """What an operator tells of what is going on."""

    id: str
    en: str


class StatusShown(Shown):
    """Where a stamp can be had now, how what the portal leans on is, and the length of the line. `channels` has the portal
    first, then what it leans on, then those of others; what was heard too long ago is `unknown`."""

    status: Literal["ok", "degraded"]
    kept_at: Instant
    channels: dict[str, ChannelShown]
    backlog: int
    lines: Annotated[dict[Line, LineShown] | None, Field(description="null where nobody counted of late")]
    rate: RateShown | None
    estimate: Annotated[EstimateShown | None, Field(description="null where nobody can tell")]
    deadline_at: Annotated[Instant | None, Field(description="until when stamps are sold that can be applied in time")]
    back_at: Annotated[Instant | None, Field(description="when what is down is expected back")]
    incident: IncidentShown | None

    @classmethod
    def of(cls, board: Board) -> StatusShown:
        standing, said = board.standing, board.said
        estimate = before_paying(standing, "paid", board.kept_at) if standing else None
        return cls(
            status="ok" if board.well else "degraded",
            kept_at=board.kept_at,
            channels={card.id: ChannelShown.of(card) for card in board.cards},
            backlog=board.backlog,
            lines=_lines(standing) if standing else None,
            rate=RateShown.of(standing) if standing else None,
            estimate=EstimateShown.of(estimate) if estimate else None,
            deadline_at=said.deadline_at if said else None,
            back_at=said.back_at if said else None,
            incident=IncidentShown(**said.incident) if said and said.incident else None,
        )


def _lines(standing: Standing) -> dict[Line, LineShown]:
    return {
        "paid": LineShown(waiting=standing.paid_waiting, oldest_at=standing.oldest_paid_at),
        "bulk": LineShown(waiting=standing.bulk_waiting, oldest_at=standing.oldest_bulk_at),
    }


def status_json(board: Board) -> bytes:
    """The board as `status.json` has it."""
    return StatusShown.of(board).model_dump_json().encode()
