"""Our own issuer: a key that is certified, pinned, and registered serial by serial."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime

from meterai.domain.verdict import PinnedKey, Trust

NAME = "own"
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def certificates(pem: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM file, DER, in its order."""
    return tuple(base64.b64decode(block) for block in _BLOCK.findall(pem))


def trust(roots_pem: bytes, issuers_json: bytes) -> Trust:
    """What verdicts lean on: `roots.pem` and `issuers.json` of the trust store."""
    keys = (
        PinnedKey(
            issuer=one["issuer"],
            spki_sha256=one["spki_sha256"],
            not_before=datetime.fromisoformat(one["not_before"]),
            not_after=datetime.fromisoformat(one["not_after"]),
        )
        for one in json.loads(issuers_json)
    )
    return Trust(roots=certificates(roots_pem), keys=tuple(keys))
