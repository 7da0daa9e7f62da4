from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from meterai.domain import serial
from meterai.domain.placement import Placement
from meterai.domain.verdict import RegisterEntry
from meterai.pdf import placement, reading
from meterai.pdf.seal import seal
from tests.unit.pdf.pki import NOW, Pki, make_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return make_pki()


@pytest.fixture(scope="session")
def stranger() -> Pki:
    """Another authority with exactly our names."""
    return make_pki()


@dataclass
class House:
    """Seals as the service does, and keeps the register that the service would."""

    pki: Pki
    random: Callable[[int], bytes]
    register: dict[str, RegisterEntry] = field(default_factory=dict)

    def stamp(self, source: bytes, where: Placement | None = None, number: str | None = None, **other: Any) -> bytes:
        number = number or serial.mint(self.random)
        if where is None:
            where = placement.suggested([page.box.displayed for page in reading.pages(reading.open_document(source))])
        given: dict[str, Any] = {
            "placement": where,
            "verify_url": f"HTTPS://EMET.CONTOH.ID/V/{number}",
            "specimen": True,
            "signer": self.pki.signer,
            "timestamps": self.pki.clock,
            "validation": self.pki.validation,
            "now": NOW,
        }
        sealed = seal(source, serial=number, **(given | other))
        self.register[number] = RegisterEntry(
            number,
            "affixed",
            hashlib.sha256(source).hexdigest(),
            len(source),
            hashlib.sha256(sealed).hexdigest(),
        )
        return sealed


@pytest.fixture
def house(pki: Pki) -> House:
    return House(pki, random.Random(20240904).randbytes)
