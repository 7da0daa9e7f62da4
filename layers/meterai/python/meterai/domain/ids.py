"""Identifiers: a kind's prefix and 26 Crockford base-32 characters (130 bits).

What a caller asks for under an Idempotency-Key gets a *derived* id, so that the same request finds the same row for ever
and no second table is needed (docs/adr/0003-derived-ids.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

Prefix = Literal["acc", "inv", "pay", "doc", "stp", "rfd", "evt", "req", "eml", "ack", "ltr", "cnt"]
RandomBytes = Callable[[int], bytes]
"""A source of n random bytes: `secrets.token_bytes` in the functions, a seeded generator in tests."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def derived(prefix: Prefix, *parts: str) -> str:
    """The id that `parts` (principal, route, Idempotency-Key, ...) always give. Parts are length-prefixed: ("a", "bc") and
    ("ab", "c") differ."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return _spell(prefix, digest.digest())


def fresh(prefix: Prefix, random: RandomBytes) -> str:
    """A new unguessable id, for what is made without an Idempotency-Key."""
    return _spell(prefix, random(17))


def _spell(prefix: Prefix, raw: bytes) -> str:
    number = int.from_bytes(raw[:17], "big") >> 6
    return prefix + "_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
