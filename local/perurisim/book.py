"""What the simulated issuer remembers: the balance, and every serial that it gave out. Kept in a file, so that a restart
forgets nothing that was paid for."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Given:
    """A serial: under which file name it was asked for, and how often it was signed for."""

    file: str
    signed: int = 0

    @property
    def status(self) -> str:
        return "STAMP" if self.signed else "NOTSTAMP"


@dataclass
class Book:
    """The partner's account. `path` None: in memory alone."""

    path: Path | None = None
    saldo: int = 10_000
    serials: dict[str, Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            kept = json.loads(self.path.read_text())
            self.saldo = kept["saldo"]
            self.serials = {serial: Given(**given) for serial, given in kept["serials"].items()}

    def give(self, file: str) -> str:
        """Spend one: the new serial. Raises LookupError when nothing is left."""
        if self.saldo <= 0:
            raise LookupError
        serial = "".join(secrets.choice(ALPHABET) for _ in range(22))
        self.saldo -= 1
        self.serials[serial] = Given(file)
        self.keep()
        return serial

    def sign(self, serial: str) -> None:
        """A signature for this serial was made."""
        self.serials[serial].signed += 1
        self.keep()

    @property
    def notstamp(self) -> int:
        return sum(not given.signed for given in self.serials.values())

    def keep(self) -> None:
        """Write it down."""
        if self.path is not None:
            part = self.path.with_name(f"{self.path.name}.part")
            kept = {"saldo": self.saldo, "serials": {one: asdict(given) for one, given in self.serials.items()}}
            part.write_text(json.dumps(kept))
            part.rename(self.path)
