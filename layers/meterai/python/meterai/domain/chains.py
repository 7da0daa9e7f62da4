"""Entry-hash chains: what makes a changed, removed, inserted or swapped entry show, whoever did it.

An entry's hash is SHA-256 over its canonical spelling. Each of 64 chains links the hashes of its entries: after every link its
head is SHA-256(previous head || entry hash). Once an hour all heads are signed and kept where nobody can overwrite or remove
them before their time: whoever changes an entry must then change every later link and break a signature.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from meterai.domain import instants
from meterai.domain.ledger import Key, Row

CHAINS = 64
CHAIN = "chain_"
"""How the partition of every chain begins."""
ENTRY, LINK, HEAD = "entry", "link", "head"
"""Sort keys: an entry, the marker beside it that says which link is its own, and a chain's head."""
DIGEST = 32
_SIGNED_AS = b"meterai locked heads\n"
_SPELL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), default=lambda value: {"": sorted(value)}, check_circular=False
).encode
Verify = Callable[[bytes, bytes], bool]
"""Whether a signature (second) over data (first) was made by the ledger's key."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry on its way to its chain: its partition key, its hash (hex), and when its move was made (RFC 3339)."""

    entry: str
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Head:
    """Kepala rantai: a chain's number, how many links it has, and the hash (hex) after the last of them."""

    chain: int
    length: int
    hash: str


def recorded(entry: str, row: Row) -> Recorded:
    """The entry under this partition key, as it is chained."""
    return Recorded(entry, entry_digest((entry, ENTRY), row).hex(), str(row["at"]))


def entry_digest(key: Key, row: Row) -> bytes:
    """SHA-256 over the canonical spelling of a key and its row: JSON in ASCII, names sorted, no spaces, sets as sorted lists
    under an empty name."""
    return hashlib.sha256(_SPELL([*key, row]).encode()).digest()


def chain_of(entry: str) -> int:
    """The chain that an entry belongs to, fixed by its partition key."""
    return zlib.crc32(entry.encode()) % CHAINS


def partition(chain: int) -> str:
    """The partition of a chain's links and head."""
    return f"{CHAIN}{chain:02}"


def place(number: int) -> str:
    """The sort key of a chain's n-th link, counted from 1."""
    return f"{number:012}"


def genesis(chain: int) -> Head:
    """A chain before its first link: its head is a hash that only it has."""
    return Head(chain, 0, hashlib.sha256(f"meterai chain {chain:02} of {CHAINS}".encode()).hexdigest())


def grown(head: bytes, entry: bytes) -> bytes:
    """The head after one more entry hash."""
    return hashlib.sha256(head + entry).digest()


def head_of(chain: int, row: Row | None) -> Head:
    """The head that a stored row holds; none is a chain before its first link."""
    return Head(chain, _whole(row["length"]), str(row["head"])) if row is not None else genesis(chain)


@dataclass(frozen=True, slots=True)
class LockedHeads:
    """Kepala terkunci: all heads at one instant, signed. `previous` is the SHA-256 (hex) of the whole file before this one, so
    that none can be left out; the first has 64 zeros."""

    number: int
    at: datetime
    heads: tuple[tuple[int, str], ...]
    previous: str

    def document(self) -> bytes:
        """The canonical spelling that is signed and kept."""
        heads = [list(head) for head in self.heads]
        spelled = {"at": instants.spell(self.at), "heads": heads, "number": self.number, "previous": self.previous}
        return _SPELL(spelled).encode()

    def signed(self, sign: Callable[[bytes], bytes]) -> bytes:
        """The file to keep: the document, and on a second line its signature in base 64."""
        document = self.document()
        return document + b"\n" + b64encode(sign(what_is_signed(document))) + b"\n"

    @classmethod
    def of(cls, file: bytes, verify: Verify) -> Self | None:
        """The heads in a kept file, or None when it is not one that the ledger's key signed."""
        document, _, signature = file.partition(b"\n")
        try:
            if not verify(what_is_signed(document), b64decode(signature.strip(), validate=True)):
                return None
            said: dict[str, Any] = json.loads(document)
            heads = tuple((int(length), str(head)) for length, head in said["heads"])
            found = cls(int(said["number"]), instants.read(said["at"]), heads, str(said["previous"]))
        except (ValueError, KeyError, TypeError, Base64Error):
            return None
        return found if found.document() == document and len(heads) == CHAINS else None


def what_is_signed(document: bytes) -> bytes:
    """What the key signs for a document: its hash under a name of its own, so that no other signature can stand for it."""
    return _SIGNED_AS + hashlib.sha256(document).hexdigest().encode()


def follows(file: bytes | None) -> str:
    """What the file after this one names as its previous."""
    return hashlib.sha256(file).hexdigest() if file is not None else "0" * 64


def heads_now(heads: Sequence[Head]) -> tuple[tuple[int, str], ...]:
    """Heads as a document lists them: by chain."""
    return tuple((head.length, head.hash) for head in sorted(heads, key=lambda head: head.chain))


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
