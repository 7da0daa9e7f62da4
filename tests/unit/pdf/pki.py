"""A small PKI made afresh by each test run: root, seal certificate, timestamp authority, and somebody else with our
names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.general import as_signing_certificate, simple_cms_attribute
from pyhanko.sign.timestamps import DummyTimeStamper

from meterai.domain.verdict import PinnedKey, Trust
from meterai.ports.sealing import ValidationData

NOW = datetime(2024, 9, 4, 17, 0, tzinfo=UTC)
CRL_URL = "http://pki.uji/root.crl"
_FROM, _UNTIL = NOW - timedelta(days=365), NOW + timedelta(days=3650)


@dataclass(frozen=True)
class KeySigner:
    """A SealSigner whose key lives in this process."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: tuple[bytes, ...]

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Known:
    """A ValidationSource that always knows the same."""

    data: ValidationData

    def at(self, now: datetime) -> ValidationData:
        return self.data


_attribute: Any = simple_cms_attribute


class _Stamper(DummyTimeStamper):
    """pyHanko's, with a key that is held: it would parse and check it anew for each token."""

    def _sign_tst_info(self, tst_info_data: bytes, md_algorithm: str, dt: datetime) -> tuple[bytes, cms.CMSAttributes]:
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("signing_time", cms.Time({"utc_time": core.UTCTime(dt)})),
                _attribute("signing_certificate", as_signing_certificate(self.tsa_cert)),
                _attribute("message_digest", hashlib.new(md_algorithm, tst_info_data).digest()),
            ]
        )
        return self.tsa_key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()), attributes


@dataclass(frozen=True)
class Clock:
    """A TimestampAuthority on pyHanko's DummyTimeStamper, whose time is an argument."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    at: datetime = NOW
    ballast: int = 0
    asked: list[bytes] = field(default_factory=list)

    def token(self, digest: bytes) -> bytes:
        self.asked.append(digest)
        stamper: Any = _Stamper(asn1_x509.Certificate.load(_der(self.certificate)), self.key, fixed_dt=self.at)
        _, request = stamper.request_cms(digest, "sha256")
        token = stamper.request_tsa_response(request)["time_stamp_token"]
        if self.ballast:
            info = token["content"]["signer_infos"][0]
            ballast = cms.CMSAttribute(
                {"type": "1.3.6.1.4.1.99999.1", "values": [core.OctetString(bytes(self.ballast))]}
            )
            info["unsigned_attrs"] = cms.CMSAttributes([ballast])
        result: bytes = token.dump()
        return result


@dataclass(frozen=True)
class Pki:
    root: x509.Certificate
    root_key: rsa.RSAPrivateKey
    seal: x509.Certificate
    signer: KeySigner
    clock: Clock

    @property
    def trust(self) -> Trust:
        return Trust(roots=(_der(self.root),), keys=(self.pin(),))

    @property
    def validation(self) -> Known:
        """The chains of the seal and of the timestamp, and what the root says of them."""
        certificates = (*self.signer.chain, _der(self.clock.certificate))
        return Known(ValidationData(certificates=certificates, crls=(self.crl(),)))

    def crl(
        self, *revoked: x509.Certificate, since: datetime = NOW, until: datetime = NOW + timedelta(days=7)
    ) -> bytes:
        """What the root has revoked, DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(since)
            .next_update(until)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), critical=False
            )
        )
        for certificate in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(since).build()
            )
        return builder.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def elliptic(self) -> Pki:
        """The same authorities, and a seal whose key is on P-256."""
        key = ec.generate_private_key(ec.SECP256R1())
        seal = _certificate("Segel P-256 Uji", key, self.root, self.root_key)
        return replace(self, seal=seal, signer=KeySigner(key, (_der(seal), _der(self.root))))

    def pin(self, not_before: datetime = _FROM, not_after: datetime = _UNTIL) -> PinnedKey:
        public = self.seal.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return PinnedKey("own", hashlib.sha256(public).hexdigest(), not_before, not_after)


def make_pki(new_key: Callable[[], rsa.RSAPrivateKey] | None = None) -> Pki:
    """A root, a seal certificate and a timestamp certificate under it; always the same names, always other keys."""
    new_key = new_key or (lambda: rsa.generate_private_key(65537, 2048))
    root_key, seal_key, clock_key = new_key(), new_key(), new_key()
    root = _certificate("Uji Root", root_key, None, root_key)
    seal = _certificate("Segel Elektronik Uji", seal_key, root, root_key)
    clock = _certificate("Waktu Uji", clock_key, root, root_key, ExtendedKeyUsageOID.TIME_STAMPING)
    return Pki(root, root_key, seal, KeySigner(seal_key, (_der(seal), _der(root))), Clock(clock, clock_key))


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: rsa.RSAPrivateKey,
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=issuer is not None,
                content_commitment=issuer is not None,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=issuer is None,
                crl_sign=issuer is None,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if issuer is not None:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL_URL)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
