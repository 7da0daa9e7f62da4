"""What operations need from who mints the stamp: ourselves, with a key and a register of our own, or an upstream issuer, who
gives out serials and signs for them (docs/channels.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from meterai.ports.sealing import SealSigner


@dataclass(frozen=True, slots=True)
class Issued:
    """A serial that was just given out, and the picture of its stamp (PNG)."""

    serial: str
    image: bytes


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A serial that was given out and not signed for yet (NOTSTAMP), under the `reference` that it was asked with."""

    serial: str
    reference: str


@dataclass(frozen=True, slots=True)
class Stock:
    """Saldo: how many serials can still be given out, and how many were given out and are not signed for (`notstamp`)."""

    left: int
    unsigned: int


class Issuer(Protocol):
    """Penerbit: who mints the stamp."""

    @property
    def name(self) -> str:
        """What the register calls it: own, peruri."""

    def signer(self, serial: str, *, again: bool) -> SealSigner:
        """Who signs for this serial. `again`: somebody may have had it signed before, and nobody knows how that ended; the same
        serial is then signed for anew and no other is spent."""

    def probe(self) -> int | None:
        """Whether the issuer answers: the serials that it can still give out, None for one without a stock. Raises Busy."""


@runtime_checkable
class Upstream(Issuer, Protocol):
    """An issuer who gives serials out. One is spent when it is given out, not when it is signed for. Methods raise Busy when
    there is no answer, or a refusal: what was asked may be done."""

    def issue(self, reference: str) -> Issued:
        """Spend one serial, under our reference. Asked twice, two are spent."""

    def image(self, serial: str) -> bytes:
        """The picture (PNG) of a serial that was given out."""

    def unsigned(self, reference: str = "") -> Sequence[Unsigned]:
        """The serials that were given out and not signed for: all, or those under this reference. An answer that was lost is
        found here."""

    def signed(self, serial: str) -> bool | None:
        """Whether the serial was signed for (STAMP), or not (NOTSTAMP); None for one that the issuer does not know."""

    def stock(self) -> Stock:
        """What is left to give out."""
