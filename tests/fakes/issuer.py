"""An upstream issuer in memory, which passes the contract tests of the real adapter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from meterai.domain.errors import Busy
from meterai.domain.serial import ALPHABET
from meterai.ports.issuer import Issued, Stock, Unsigned


@dataclass
class MemoryUpstream:
    """`down` makes every call fail before it does anything; of `lost_issues` and `lost_signs` each is done, and its answer
    lost. `given` are the serials by the reference that they were asked with, `signatures` what was signed for each."""

    chain: tuple[bytes, ...] = ()
    left: int = 1_000
    down: bool = False
    lost_issues: int = 0
    lost_signs: int = 0
    given: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, list[bytes]] = field(default_factory=dict)
    name: str = "peruri"

    def probe(self) -> int:
        return self.stock().left

    def issue(self, reference: str) -> Issued:
        self._asked()
        if self.left <= 0:
            raise Busy("nothing is left")
        digest = hashlib.sha256(f"{reference}#{len(self.given)}".encode()).digest()
        serial = "".join(ALPHABET[byte % 36] for byte in digest[:22])
        self.left -= 1
        self.given[serial] = reference
        if self.lost_issues > 0:
            self.lost_issues -= 1
            raise Busy("the answer was lost")
        return Issued(serial, self._picture(serial))

    def image(self, serial: str) -> bytes:
        self._asked()
        if serial not in self.given:
            raise Busy("unknown")
        return self._picture(serial)

    def unsigned(self, reference: str = "") -> Sequence[Unsigned]:
        self._asked()
        return [
            Unsigned(serial, under)
            for serial, under in self.given.items()
            if reference in ("", under) and serial not in self.signatures
        ]

    def signed(self, serial: str) -> bool | None:
        self._asked()
        return serial in self.signatures if serial in self.given else None

    def stock(self) -> Stock:
        self._asked()
        return Stock(self.left, len(self.given) - len(self.signatures))

    def signer(self, serial: str, *, again: bool) -> _Signer:
        return _Signer(self, serial, again)

    def sign(self, serial: str, data: bytes, *, again: bool) -> bytes:
        self._asked()
        if serial not in self.given or (serial in self.signatures and not again):
            raise Busy("refused")
        self.signatures.setdefault(serial, []).append(data)
        if self.lost_signs > 0:
            self.lost_signs -= 1
            raise Busy("the answer was lost")
        return hashlib.sha256(serial.encode() + data).digest()

    def _asked(self) -> None:
        if self.down:
            raise Busy("the issuer is down")

    @staticmethod
    def _picture(serial: str) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + serial.encode()


@dataclass
class _Signer:
    upstream: MemoryUpstream
    serial: str
    again: bool

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.upstream.chain

    def sign(self, data: bytes) -> bytes:
        return self.upstream.sign(self.serial, data, again=self.again)
