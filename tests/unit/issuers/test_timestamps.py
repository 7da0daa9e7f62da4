"""A time-stamping authority is believed when it answers this question, and while its certificate is not revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC

import httpx
import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding

from local.authority import Stamper
from meterai.domain.errors import TimestampUnavailable
from meterai.issuers.timestamps import http_timestamps
from tests.unit.pdf.pki import NOW, Pki, make_pki

DIGEST = hashlib.sha256(b"surat").digest()
URL = "http://waktu.uji/tsa"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def ask(answer: Callable[[bytes], bytes], revoked: Callable[[bytes], bool] | None = None) -> bytes:
    client = httpx.Client(
        transport=httpx.MockTransport(lambda asked: httpx.Response(200, content=answer(asked.read())))
    )
    [authority] = http_timestamps(client, [URL], revoked)
    return authority.token(DIGEST)


def stamped(pki: Pki) -> Callable[[bytes], bytes]:
    stamper = Stamper(pki.clock.certificate, pki.root, pki.clock.key)
    return lambda query: stamper.answer(query, NOW.astimezone(UTC))


def test_a_token_over_the_digest_is_taken(pki: Pki) -> None:
    token = tsp.ContentInfo.load(ask(stamped(pki)))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST


def test_an_authority_whose_certificate_is_revoked_gives_no_time_stamp(pki: Pki) -> None:
    clock = pki.clock.certificate.public_bytes(Encoding.DER)
    assert ask(stamped(pki), lambda _: False)
    asked: list[bytes] = []

    def revoked(certificate: bytes) -> bool:
        asked.append(certificate)
        return certificate == clock

    with pytest.raises(TimestampUnavailable, match="revoked"):
        ask(stamped(pki), revoked)
    assert clock in asked


def test_an_answer_to_another_question_is_refused(pki: Pki) -> None:
    others: list[bytes] = []

    def first_only(query: bytes) -> bytes:
        others.append(stamped(pki)(query))
        return others[0]

    ask(first_only)
    with pytest.raises(TimestampUnavailable, match="not for this document"):
        ask(first_only)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"0\x03\x02\x01\x02"])
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(TimestampUnavailable, match="did not give"):
        ask(lambda _: answer)
