"""The operator's request for the seal's certificate, and the pins that verdicts go by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ops.certify import pinned, request_for

START = datetime(2026, 1, 1, tzinfo=UTC)


class Kms:
    """What `request_for` asks of KMS, kept by a key in memory."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def get_public_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"KeyId": KeyId, "PublicKey": der}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        assert (KeyId, MessageType, SigningAlgorithm) == ("key", "DIGEST", "RSASSA_PKCS1_V1_5_SHA_256")
        return {"Signature": self.key.sign(Message, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))}


def _certificate(key: rsa.RSAPrivateKey, start: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=10))
    return builder.sign(key, hashes.SHA256())


def test_a_request_is_signed_by_the_key_it_is_for() -> None:
    kms = Kms()
    text = request_for(kms, "key", {"country_name": "ID", "organization_name": "PT Contoh", "common_name": "Segel"})
    request = x509.load_pem_x509_csr(text)
    assert request.is_signature_valid
    assert request.public_key() == kms.key.public_key()
    assert request.subject.rfc4514_string() == "CN=Segel,O=PT Contoh,C=ID"
    usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)


def test_a_new_key_is_pinned_beside_the_ones_before_it() -> None:
    first = pinned([], _certificate(Kms().key, START))
    both = pinned(first, _certificate(Kms().key, START))
    assert len(both) == 2
    assert both[0] == first[0]


def test_a_renewed_certificate_of_a_pinned_key_widens_its_period() -> None:
    key = Kms().key
    pins = pinned(pinned([], _certificate(key, START)), _certificate(key, START + timedelta(days=5)))
    assert [(pin["not_before"], pin["not_after"]) for pin in pins] == [("2026-01-01T00:00:00Z", "2026-01-16T00:00:00Z")]
