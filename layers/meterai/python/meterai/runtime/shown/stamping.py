"""Stampings, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from meterai.domain.room import Turn
from meterai.domain.rows import Stamping
from meterai.runtime.shown.base import Instant, Shown
from meterai.runtime.shown.eta import EtaShown
from meterai.runtime.shown.placement import PlacementShown, fractions


class StampingShown(Shown):
    """Pembubuhan. While it is in line, `eta` is when its turn is (null: nobody knows) and `receipt` its queue receipt. Who
    waits reads /room.json and not this (docs/waiting-room.md)."""

    id: str
    status: str
    document_id: str
    placement: PlacementShown
    serial: str | None
    joined_at: Instant
    ended_at: Instant | None
    eta: EtaShown | None
    receipt: str | None
    download_url: str | None
    download_expires_at: Instant | None
    sealed_sha256: str | None
    sealed_size: int | None
    reason: str | None
    document_type: str | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls,
        stamping: Stamping,
        *,
        download_url: str | None,
        download_expires_at: datetime | None,
        eta: Turn | None = None,
        receipt: str | None = None,
    ) -> StampingShown:
        """`download_url` is shown for a stamping that is done, and for no other."""
        done = stamping.status == "done"
        return cls(
            id=stamping.id,
            status=stamping.status,
            document_id=stamping.document,
            placement=PlacementShown(
                page=stamping.page, **fractions({"x": stamping.x, "y": stamping.y, "width": stamping.width})
            ),
            serial=stamping.serial if done else None,
            joined_at=stamping.joined_at,
            ended_at=stamping.ended_at,
            eta=EtaShown.of(eta),
            receipt=receipt,
            download_url=download_url if done else None,
            download_expires_at=download_expires_at if done else None,
            sealed_sha256=stamping.sealed_sha256,
            sealed_size=stamping.sealed_size,
            reason=stamping.reason,
            document_type=stamping.document_type,
            reference=stamping.reference,
            metadata=stamping.metadata,
        )


class StampingList(Shown):
    data: list[StampingShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Stamping], next_cursor: str | None) -> StampingList:
        shown = [StampingShown.of(one, download_url=None, download_expires_at=None) for one in found]
        return cls(data=shown, next_cursor=next_cursor)
