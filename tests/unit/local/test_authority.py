"""The local authorities: certificates that say what they are, and an RFC 3161 service that refuses what it must."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from local.authority import TSA_PATHS, Authority

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), URL)


@pytest.fixture(scope="module")
def public_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _query(digest: str = "sha256", imprint: bytes | None = None, **more: object) -> bytes:
    made = hashlib.new(digest, b"x").digest() if imprint is None else imprint
    imprinted = tsp.MessageImprint({"hash_algorithm": {"algorithm": digest}, "hashed_message": made})
    query: bytes = tsp.TimeStampReq({"version": 1, "message_imprint": imprinted, "cert_req": True, **more}).dump()
    return query


def _status(answer: bytes) -> str:
    return str(tsp.PKIStatusInfo.load(core.Sequence.load(answer)[0].dump())["status"].native)


def test_the_seals_certificate_is_for_the_given_key_and_says_that_it_is_a_specimen(
    authority: Authority, public_key: bytes
) -> None:
    certificate = authority.seal_certificate(public_key)
    assert certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public_key
    assert "SPESIMEN" in certificate.subject.rfc4514_string()
    certificate.verify_directly_issued_by(authority.root)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name == [x509.UniformResourceIdentifier(f"{URL}/root.crl")]


def test_the_same_key_keeps_its_certificate_and_another_key_gets_another(
    authority: Authority, public_key: bytes
) -> None:
    first = authority.seal_certificate(public_key)
    assert authority.seal_certificate(public_key) == first
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    second = authority.seal_certificate(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert second.serial_number != first.serial_number


def test_an_authority_opened_again_is_the_same_one(tmp_path: Path) -> None:
    first = Authority(tmp_path, URL)
    again = Authority(tmp_path, URL)
    assert (again.root, again.tsas) == (first.root, first.tsas)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_two_authorities_have_nothing_in_common(tmp_path: Path) -> None:
    one, two = Authority(tmp_path / "1", URL), Authority(tmp_path / "2", URL)
    assert one.root.public_key() != two.root.public_key()
    assert one.root.subject != two.root.subject


def test_the_time_stamping_certificate_is_for_nothing_else(authority: Authority) -> None:
    for certificate in authority.tsas:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        assert usage.critical
        assert list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_each_time_stamping_authority_has_a_key_of_its_own_and_signs_with_it(authority: Authority) -> None:
    assert len({certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                for certificate in authority.tsas}) == len(TSA_PATHS)  # fmt: skip
    for number, certificate in enumerate(authority.tsas, 1):
        token = tsp.TimeStampResp.load(authority.stamper(number).answer(_query(), NOW))["time_stamp_token"]
        (signer,) = token["content"]["signer_infos"]
        assert signer["sid"].chosen["serial_number"].native == certificate.serial_number


def test_the_crl_is_the_roots_and_in_force(authority: Authority) -> None:
    crl = x509.load_der_x509_crl(authority.crl())
    key = authority.root.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert crl.is_signature_valid(key)
    assert crl.next_update_utc is not None
    assert crl.last_update_utc < datetime.now(UTC) < crl.next_update_utc


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_token_carries_the_imprint_the_nonce_and_the_instant(authority: Authority, digest: str) -> None:
    response = tsp.TimeStampResp.load(authority.stamper().answer(_query(digest, nonce=77), NOW))
    assert response["status"]["status"].native == "granted"
    token = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert token["message_imprint"]["hashed_message"].native == hashlib.new(digest, b"x").digest()
    assert (token["nonce"].native, token["gen_time"].native) == (77, NOW)


@pytest.mark.parametrize(
    "query",
    [b"", b"junk", _query()[:-3], _query("sha1"), _query(imprint=b"short"), _query(req_policy="1.2.3.4")],
    ids=["empty", "junk", "cut", "weak digest", "wrong length", "policy"],
)
def test_a_query_that_cannot_be_taken_is_rejected_in_the_rfcs_words(authority: Authority, query: bytes) -> None:
    assert _status(authority.stamper().answer(query, NOW)) == "rejection"
