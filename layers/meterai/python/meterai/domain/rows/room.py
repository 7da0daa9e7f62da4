"""What the waiting room is worked out from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from meterai.domain.rows.noun import Noun

RatesFrom = Literal["measured", "stated", "seen", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Noun):
    """Hitungan: everything counted so far (`totals`, domain/tally.py); there is one such row, and only its keeper writes it.
    `folded` names the rows of sums ([partition, sort key]) that went in last, and are dropped before others are looked at;
    `folds` counts how often some did. `watched` is how each minute of the last hour was, by the minute (domain/pace.py)."""

    name = "tally"
    ID: ClassVar[str] = "room"
    folds: int = 0
    totals: dict[str, int] = dataclasses.field(default_factory=dict)
    folded: list[list[str]] = dataclasses.field(default_factory=list)
    watched: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Noun):
    """Keadaan: how the lines stood at `kept_at`, worked out from the tally some times a minute; there is one such row.

    `paid_waiting` and `bulk_waiting` are stampings queued or sealing; `rate_...` stampings an hour over both lines, and
    `rates_are` where they come from (`seen`: as many as came, which is no measure of how many can be done); `paid_rates` and
    `bulk_rates` are the same for one line ([p10, p50, p90]), where it was measured. `open_invoice_pieces` are pieces of unpaid
    invoices inside their time, `available_pieces` those that applicants have bought and not used, of which `likely_permille`
    thousandths get used. `back_at` is when the line moves again, where the issuer is down and an operator said."""

    name = "standing"
    ID: ClassVar[str] = "room"
    kept_at: datetime
    paid_waiting: int = 0
    bulk_waiting: int = 0
    oldest_paid_at: datetime | None = None
    oldest_bulk_at: datetime | None = None
    rate_p10: int | None = None
    rate_p50: int | None = None
    rate_p90: int | None = None
    rates_are: RatesFrom = "unknown"
    paid_rates: list[int] | None = None
    bulk_rates: list[int] | None = None
    open_invoice_pieces: int = 0
    available_pieces: int = 0
    likely_permille: int = 1000
    issuer_up: bool = True
    deadline_at: datetime | None = None
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Noun):
    """Pengumuman: what an operator says of the day; there is one such row. `deadline_at` is until when people must have their
    stamps, `stated_rate` how many an hour the house does where nothing is measured, `back_at` when the issuer is expected back,
    `incident` what is told about it ({"id", "en"})."""

    name = "announcement"
    ID: ClassVar[str] = "announcement"
    made_at: datetime
    by: str
    deadline_at: datetime | None = None
    stated_rate: int | None = None
    back_at: datetime | None = None
    incident: dict[str, str] | None = None
