"""The register of serials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial(Noun):
    """Nomor seri: the register's row of one stamp. `void` is for ever. An upstream issuer's whose stamping was released is
    `burnt`: spent, and perhaps signed for; since `burnt_at` nobody works with it. Once its issuer says that it is not signed
    for it is `spare`, and the next stamping's."""

    name = "serial"
    state: Literal["issued", "affixed", "void", "burnt", "spare"]
    stamping: str
    issuer: str
    issued_at: datetime
    input_sha256: str | None = None
    input_length: int | None = None
    sealed_sha256: str | None = None
    affixed_at: datetime | None = None
    burnt_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialImage(Noun):
    """The picture (PNG, base64) that an upstream issuer gave out with a serial; kept before anything is signed for it."""

    name = "serial_image"
    png: str
