"""What the bench seals and with what: documents of its own making, and a seal's certificates as authorities issue them.

Root, issuing CA and seal each carry what such certificates carry (organisation, policy, where CRL, OCSP and issuer are), and
each authority has a CRL: what a seal adds to a document depends on them."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from local.authority import DOCUMENT_SIGNING, Authority
from meterai.ports.sealing import ValidationData
from tests.unit.pdf.pki import NOW, KeySigner

PAPERS = {"p1": (1, 62_000), "p10": (10, 610_000), "p100": (100, 6_000_000)}
"""Pages and bytes, by name."""
PASSWORD = b"bench"
_URL = "http://pki.contoh.id"
_POLICY = ObjectIdentifier("2.16.360.1.1.1.3.12")
_POLICY_TEXT = f"{_URL}/cps.html"
_YEAR = timedelta(days=365)


def paper(pages: int, size: int) -> bytes:
    """A document of so many A4 pages and about so many bytes, most of them scanned pictures, with a classical
    cross-reference table."""
    dice = random.Random(pages)  # noqa: S311 - pictures
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []

    def add(body: bytes) -> None:
        offsets.append(len(out))
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (len(offsets), body))

    picture = size // pages - 900
    kids = b" ".join(b"%d 0 R" % (4 + 3 * index) for index in range(pages))
    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 595 842] >>" % (pages, kids))
    add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for index in range(pages):
        at = 4 + 3 * index
        add(
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /I %d 0 R >> >> >>"
            % (at + 1, at + 2)
        )
        lines = b"".join(b"BT /F1 11 Tf 72 %d Td (Surat pernyataan %d) Tj ET\n" % (720 - 14 * n, n) for n in range(40))
        text = zlib.compress(lines + b"q 300 0 0 120 72 60 cm /I Do Q")
        add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(text), text))
        height = picture // 200
        pixels = dice.randbytes(height * 200)
        add(
            b"<< /Type /XObject /Subtype /Image /Width 200 /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray"
            b" /Length %d >>\nstream\n%s\nendstream" % (height, len(pixels), pixels)
        )
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(offsets) + 1, b"0" * 32, b"0" * 32, start,
    )  # fmt: skip
    return bytes(out)


@dataclass(frozen=True)
class Issuer:
    """An authority: its name, its certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @cached_property
    def nothing_revoked(self) -> bytes:
        """Its CRL, for a week, DER."""
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(NOW)
            .next_update(NOW + timedelta(days=7))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )


@dataclass(frozen=True)
class Material:
    """A seal's key, its certificate and the two authorities above it; a SealSigner and a ValidationSource besides."""

    certificate: x509.Certificate
    signer: KeySigner
    issuing: Issuer
    root: Issuer
    others: ValidationData

    def at(self, now: datetime) -> ValidationData:  # noqa: ARG002 - nothing here ends
        """All that B-LT asks for: both chains and what every authority has revoked."""
        return ValidationData(
            certificates=(*self.signer.chain, *self.others.certificates),
            crls=(self.root.nothing_revoked, self.issuing.nothing_revoked, *self.others.crls),
        )

    def write(self, folder: Path) -> None:
        """Key and chain as peers want them. The PKCS #12 file takes one round: opening it is not signing."""
        key, above = self.signer.key, (self.issuing.certificate, self.root.certificate)
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        for name, certificate in zip(("cert", "issuing", "root"), (self.certificate, *above), strict=True):
            (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        locked = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(1)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())  # noqa: S303 - what every PKCS #12 reader knows
            .build(PASSWORD)
        )
        made = pkcs12.serialize_key_and_certificates(PASSWORD, key, self.certificate, above, locked)
        (folder / "key.p12").write_bytes(made)


def material(kind: str, time_stamping: Authority) -> Material:
    """A seal with a new key, `rsa2048` or `p256`, under authorities of its own (RSA-4096 and RSA-3072, as is usual), beside
    this time-stamping authority."""
    root_key, issuing_key = rsa.generate_private_key(65537, 4096), rsa.generate_private_key(65537, 3072)
    root = Issuer(_certificate("Root CA Contoh", root_key.public_key(), None, root_key), root_key)
    issuing = Issuer(_certificate("CA Segel Contoh G1", issuing_key.public_key(), root, root_key), issuing_key)
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "p256" else rsa.generate_private_key(65537, 2048)
    seal = _certificate("Segel Elektronik Contoh", key.public_key(), issuing, issuing_key, ca=False)
    chain = (seal.public_bytes(Encoding.DER), issuing.der, root.der)
    theirs = tuple(one.public_bytes(Encoding.DER) for one in (time_stamping.tsa, time_stamping.root))
    return Material(seal, KeySigner(key, chain), issuing, root, ValidationData(theirs, (time_stamping.crl(),)))


def _name(common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoh, bukan otoritas"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])  # fmt: skip


def _certificate(
    name: str, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, issuer: Issuer | None, issuer_key: rsa.RSAPrivateKey,
    *, ca: bool = True,
) -> x509.Certificate:  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject if issuer else _name(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - _YEAR)
        .not_valid_after(NOW + 10 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca, content_commitment=not ca, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if issuer is not None:
        access = [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(f"{_URL}/{where}"))
            for method, where in (
                (AuthorityInformationAccessOID.OCSP, "ocsp"), (AuthorityInformationAccessOID.CA_ISSUERS, "ca.crt"),
            )
        ]  # fmt: skip
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{_URL}/ca.crl")], None, None, None)
        builder = (
            builder.add_extension(
                x509.CertificatePolicies([x509.PolicyInformation(_POLICY, [_POLICY_TEXT])]), critical=False
            )
            .add_extension(x509.AuthorityInformationAccess(access), critical=False)
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
