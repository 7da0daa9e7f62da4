"""DER values where they lie: what is compared are the very bytes that were signed, and nothing is encoded again."""

from __future__ import annotations

from dataclasses import dataclass

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


def wrapped(tag: int, content: bytes) -> bytes:
    """One value of this tag (X.690, 8.1.3)."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


@dataclass(frozen=True, slots=True)
class Named:
    """What a certificate is named by (RFC 5280, 4.1), each DER: its issuer and serial number; its SubjectPublicKeyInfo, and the
    object identifier of that key's algorithm."""

    issuer: bytes
    number: bytes
    key: bytes
    algorithm: bytes


def named(certificate: bytes) -> Named:
    """These bytes of a certificate (DER), which is not otherwise looked at. Raises ValueError, IndexError for none."""
    fields = parts(parts(certificate)[0])
    number, _, issuer, _, _, key = fields[fields[0][0] == 0xA0 :][:6]
    return Named(issuer, number, key, parts(parts(key)[0])[0])
