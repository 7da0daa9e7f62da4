"""Receipts that were never handed out: none is taken for one that was, however near to it it looks.

10,000 by default; each is made from real receipts by one of the ways below, in turn.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.receipt import Receipt, about, read, spelled_key, what_is_signed
from tests.fakes.room import PlainReceiptSigner, verify

FORGERIES = 10_000
OURS, THEIRS = PlainReceiptSigner(), PlainReceiptSigner(seed=b"somebody else's key of the tests")
KEYS = (spelled_key(OURS.public_key()),)
T0 = datetime(2024, 9, 10, 14, 14, 5, tzinfo=UTC)
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of Ed25519's group (RFC 8032, 5.1)."""
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def spelled(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token: str) -> tuple[bytes, bytes]:
    _, payload, signature = token.split(".")
    return bytes_of(payload), bytes_of(signature)


def joined(payload: bytes, signature: bytes, version: str = "v1") -> str:
    return f"{version}.{spelled(payload)}.{spelled(signature)}"


def some(dice: random.Random) -> Receipt:
    line: Any = dice.choice(["paid", "bulk"])
    at = T0 + timedelta(microseconds=dice.randrange(10**12))
    return Receipt(line, at, dice.randrange(1000), about(f"stp_{dice.randrange(10**6):026}"))


REAL = [some(random.Random(seed)) for seed in range(200)]
HANDED_OUT = [one.signed(OURS.sign) for one in REAL]
Way = Callable[[random.Random], str]


def flipped(dice: random.Random) -> str:
    """One bit of the payload or the signature."""
    payload, signature = parts(dice.choice(HANDED_OUT))
    both = bytearray(payload + signature)
    at = dice.randrange(8 * len(both))
    both[at // 8] ^= 1 << at % 8
    return joined(bytes(both[: len(payload)]), bytes(both[len(payload) :]))


def retyped(dice: random.Random) -> str:
    """One character of the token is another."""
    token = dice.choice(HANDED_OUT)
    at = dice.randrange(len(token))
    return token[:at] + dice.choice([one for one in ALPHABET + ".=+/ " if one != token[at]]) + token[at + 1 :]


def signature_of_another(dice: random.Random) -> str:
    """A payload with the signature of another receipt."""
    one, other = dice.sample(HANDED_OUT, 2)
    return joined(parts(one)[0], parts(other)[1])


def members_swapped(dice: random.Random) -> str:
    """A member of one receipt in another, under that one's signature."""
    one, other = dice.sample(range(len(REAL)), 2)
    name = dice.choice(["line", "joined_at", "pieces", "about"])
    mine, theirs = json.loads(REAL[one].payload()), json.loads(REAL[other].payload())
    if mine[name] == theirs[name]:
        name = "about"
    mine[name] = theirs[name]
    payload = json.dumps(mine, sort_keys=True, separators=(",", ":")).encode()
    return joined(payload, parts(HANDED_OUT[one])[1])


def improved(dice: random.Random) -> str:
    """Earlier, more pieces, another line, under the old signature."""
    at = dice.randrange(len(REAL))
    better = dice.choice([
        replace(REAL[at], joined_at=REAL[at].joined_at - timedelta(seconds=dice.randrange(1, 9999))),
        replace(REAL[at], pieces=REAL[at].pieces + dice.randrange(1, 99)),
        replace(REAL[at], line="bulk" if REAL[at].line == "paid" else "paid"),
    ])  # fmt: skip
    return joined(better.payload(), parts(HANDED_OUT[at])[1])


def another_key(dice: random.Random) -> str:
    """Signed as it should be, by somebody else."""
    return some(dice).signed(THEIRS.sign)


def key_brought_along(dice: random.Random) -> str:
    """Somebody else's signature, with their key where a header would have it."""
    receipt = some(dice)
    said = json.loads(receipt.payload()) | {dice.choice(["jwk", "key", "kid", "x"]): spelled_key(THEIRS.public_key())}
    payload = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return joined(payload, THEIRS.sign(what_is_signed(payload)))


def algorithm_confused(dice: random.Random) -> str:
    """Other algorithms, none, and those that take our public key for a secret."""

    payload = some(dice).payload()
    secret = OURS.public_key()
    signature = dice.choice([
        hmac.digest(secret, what_is_signed(payload), "sha512"),
        hmac.digest(secret, payload, "sha512"),
        hashlib.sha512(secret + payload).digest(),
        bytes(64),
        b"",
        payload[:64],
    ])  # fmt: skip
    header = spelled(json.dumps({"alg": dice.choice(["none", "HS256", "EdDSA"]), "typ": "JWT"}).encode())
    return dice.choice([
        joined(payload, signature),
        f"{header}.{spelled(payload)}.{spelled(signature)}",
        f"v1.{header}.{spelled(payload)}.{spelled(signature)}",
        f"v1.{spelled(payload)}.",
        f"v1.{spelled(payload)}",
    ])  # fmt: skip


def without_its_name(dice: random.Random) -> str:
    """Our key's signature over the payload alone, or under another name: something else that it signed."""
    payload = some(dice).payload()
    what = dice.choice(
        [payload, b"meterai locked heads\n" + payload, b"meterai queue receipt v2\n" + payload, b"\n" + payload]
    )
    return joined(payload, OURS.sign(what))


def another_version(dice: random.Random) -> str:
    payload, signature = parts(dice.choice(HANDED_OUT))
    return joined(payload, signature, dice.choice(["v0", "v2", "V1", "v01", "v1 ", " v1", "", "1", "v1\n", "ｖ1"]))


def spelled_otherwise(dice: random.Random) -> str:
    """The same bytes, or the same members, spelled in another way."""
    token = dice.choice(HANDED_OUT)
    _, payload, signature = token.split(".")
    raw, ending = bytes_of(payload), len(signature) - 1
    said = json.loads(raw)
    last = ALPHABET.index(signature[ending])  # 64 bytes leave four bits of the last character unused
    lookalike = ALPHABET[(last & 0b110000) | (last + dice.randrange(1, 16)) & 0b1111]
    spaced = json.dumps(said, sort_keys=True).encode()
    return dice.choice([
        f"v1.{payload}.{signature[:ending]}{lookalike}",
        f"v1.{payload}==.{signature}",
        f"v1.{payload}.{signature}==",
        f"v1.{payload}.{signature}\n",
        f" {token}",
        f"{token}.",
        f"v1.{payload}\u200b.{signature}",
        joined(spaced, parts(token)[1]),
        joined(json.dumps(dict(reversed(said.items())), separators=(",", ":")).encode(), parts(token)[1]),
        joined(raw + b" ", parts(token)[1]),
        joined(raw.replace(b"paid", b"p\\u0061id").replace(b"bulk", b"b\\u0075lk"), parts(token)[1]),
    ])  # fmt: skip


def signed_by_us_and_no_receipt(dice: random.Random) -> str:
    """What our key would sign if somebody made it, and what no receipt ever says."""
    said: dict[str, Any] = json.loads(some(dice).payload())
    wrong: dict[str, Any] = dice.choice([
        {"pieces": -1}, {"pieces": True}, {"pieces": 1.0}, {"pieces": "2"}, {"pieces": None}, {"pieces": 10**9},
        {"line": "first"}, {"line": None}, {"line": ["paid"]}, {"about": ""}, {"about": "0" * 63}, {"about": "Z" * 64},
        {"joined_at": "2024-09-10T14:14:05Z"}, {"joined_at": "2024-02-31T14:14:05.000000Z"}, {"joined_at": 5},
        {"joined_at": "2024-09-10T14:14:05.000000+07:00"}, {"joined_at": "２024-09-10T14:14:05.000000Z"}, {"more": 1},
    ])  # fmt: skip
    said |= wrong
    if dice.random() < 0.1:
        said.pop(dice.choice(list(said)))
        said.pop("more", None)
    payload = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    payload = dice.choice([payload, payload, b"[]", b"null", b"{}", b"\xff", b"[" * 200, payload[:-1]])
    return joined(payload, OURS.sign(what_is_signed(payload)))


def a_malleable_signature(dice: random.Random) -> str:
    """The same signature with the group's order added to its second half (RFC 8032, 8.4)."""
    payload, signature = parts(dice.choice(HANDED_OUT))
    s = int.from_bytes(signature[32:], "little") + ORDER * dice.randrange(1, 9)
    return joined(payload, signature[:32] + s.to_bytes(32, "little"))


def small_order(dice: random.Random) -> str:
    """Signatures made of points of small order, which some verifiers take for any message."""
    point = dice.choice([bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32])
    return joined(some(dice).payload(), point + bytes(32))


def cut_or_longer(dice: random.Random) -> str:
    token = dice.choice(HANDED_OUT)
    at = dice.randrange(len(token))
    return dice.choice(
        [token[:at], token[at:], token + token, token + "A" * dice.randrange(1, 500), token[:at] + token]
    )


WAYS: list[Way] = [
    flipped, retyped, signature_of_another, members_swapped, improved, another_key, key_brought_along, algorithm_confused,
    without_its_name, another_version, spelled_otherwise, signed_by_us_and_no_receipt, a_malleable_signature, small_order,
    cut_or_longer,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_forgery_is_taken_for_a_receipt(way: Way) -> None:
    dice = random.Random(way.__name__)
    real = set(HANDED_OUT)
    forged = [token for token in (way(dice) for _ in range(FORGERIES // len(WAYS) + 1)) if token not in real]
    assert len(forged) > FORGERIES // len(WAYS) * 0.9
    assert [token for token in forged if read(token, KEYS, verify) is not None] == []


def test_every_real_one_is_read_as_it_was_written() -> None:
    for receipt, token in zip(REAL, HANDED_OUT, strict=True):
        assert read(token, KEYS, verify) == receipt


def test_a_replay_onto_another_is_not_of_them() -> None:
    for number, (receipt, token) in enumerate(zip(REAL, HANDED_OUT, strict=True)):
        said = read(token, KEYS, verify)
        assert said is not None
        assert not said.is_of(f"stp_{number}_of_another")
        assert said.about == receipt.about


def test_keys_are_those_that_are_published_and_no_other() -> None:
    token = HANDED_OUT[0]
    assert read(token, (), verify) is None
    assert read(token, ("", "AAAA", "=", spelled_key(THEIRS.public_key())), verify) is None
    assert read(token, (spelled_key(THEIRS.public_key()), *KEYS), verify) == REAL[0]


@given(st.text(max_size=600))
def test_any_text_is_read_or_none(text: str) -> None:
    assert read(text, KEYS, verify) is None
    assert read(f"v1.{text}", KEYS, verify) is None


def test_our_own_key_is_ed25519() -> None:
    key = Ed25519PrivateKey.from_private_bytes(OURS.seed)
    assert key.public_key().public_bytes_raw() == OURS.public_key()
