"""DER values where they lie: what is compared are the very bytes that were signed, and nothing is encoded again."""

from __future__ import annotations

from asn1crypto import core


def oid(dotted: str) -> bytes:
    """An object identifier, DER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def size(data: bytes, at: int) -> int:
    """How many bytes the value at `at` takes, its head included. Raises ValueError when it is not all there, IndexError when
    there is none."""
    length, head = data[at + 1], 2
    if length & 0x80:
        head += length & 0x7F
        length = int.from_bytes(data[at + 2 : at + head], "big")
    if not (2 <= head <= 6 and at + head + length <= len(data)):
        raise ValueError("no DER value")
    return head + length


def inside(value: bytes) -> bytes:
    """What is inside one value."""
    return value[2 + (value[1] & 0x7F if value[1] & 0x80 else 0) :]


def parts(value: bytes) -> list[bytes]:
    """The values inside one. Raises ValueError, IndexError when it holds anything else."""
    held, at, found = inside(value), 0, []
    while at < len(held):
        taken = size(held, at)
        found.append(held[at : at + taken])
        at += taken
    return found
