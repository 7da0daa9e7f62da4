"""Our own issuer: a key that is certified, pinned, and registered serial by serial."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime

from meterai.domain.verdict import PinnedKey, Trust
from meterai.ports.outside import Probe
from meterai.ports.sealing import SealSigner

NAME = "own"
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


class Own:
    """ports.issuer.Issuer with our own key and our own register: one key signs for every serial."""

    name = NAME

    def __init__(self, signer: SealSigner, probe: Probe) -> None:
        self._signer = signer
        self._probe = probe

    def signer(self, serial: str, *, again: bool) -> SealSigner:  # noqa: ARG002 - a key of our own does not count
        return self._signer

    def probe(self) -> None:  # who mints with a key of their own never runs out
        self._probe()


def certificates(pem: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM file, DER, in its order."""
    return tuple(base64.b64decode(block) for block in _BLOCK.findall(pem))


def trust(roots_pem: bytes, issuers_json: bytes, address: str = "") -> Trust:
    """What verdicts lean on: `roots.pem` and `issuers.json` of the trust store, and the `address` in our QR codes. An entry
    with `issuer` is a key that seals; one with `signer` a known signer's, which never does."""
    entries = json.loads(issuers_json)
    return Trust(
        roots=certificates(roots_pem),
        keys=tuple(_pinned(entry, "issuer") for entry in entries if "issuer" in entry),
        signers=tuple(_pinned(entry, "signer") for entry in entries if "signer" in entry),
        address=address,
    )


def _pinned(entry: dict[str, str], role: str) -> PinnedKey:
    return PinnedKey(
        entry[role],
        entry["spki_sha256"],
        datetime.fromisoformat(entry["not_before"]),
        datetime.fromisoformat(entry["not_after"]),
    )
