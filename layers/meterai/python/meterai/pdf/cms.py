"""The CMS signature inside a seal: CAdES-B as PAdES wants it, with an RFC 3161 signature timestamp (ETSI EN 319
142-1).

All that the signatures of one signer have in common is encoded once; a document adds its digest, the signature value
and the timestamp."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from meterai.domain.errors import TimestampUnavailable

TOKEN_ROOM = 6144
"""How many bytes to keep for a timestamp token of usual size."""
_REST_ROOM = 1024
_SHA256 = {"algorithm": "sha256"}
_ALGORITHMS = {"rsa": "rsassa_pkcs1v15", "ec": "sha256_ecdsa"}
_PLACE = bytes(range(32))
"""Stands for the digest while the template is made."""
_SEQUENCE, _SET, _TAG_0, _TAG_1, _OCTETS = 0x30, 0x31, 0xA0, 0xA1, 0x04


@dataclass(frozen=True, slots=True)
class Template:
    """One signer's signatures, but for what a document decides. All parts are DER.

    `head` and `certificates` open the SignedData, `identity` the SignerInfo; `before` and `after` are the signed
    attributes around the document's digest; `algorithm` is that of the signature."""

    head: bytes
    certificates: bytes
    identity: bytes
    before: bytes
    after: bytes
    algorithm: bytes
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey

    @property
    def room(self) -> int:
        """How many bytes to keep for a signature without a timestamp."""
        return len(self.certificates) + _REST_ROOM

    def attributes(self, digest: bytes) -> bytes:
        """What is signed (SET OF Attribute, RFC 5652 5.4) for a document whose ByteRange has this SHA-256 digest."""
        return self.before + digest + self.after

    def fits(self, value: bytes, attributes: bytes) -> bool:
        """Whether the key of the signer's certificate made this signature value over these attributes."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(value, attributes, padding.PKCS1v15(), SHA256())
            else:
                self.key.verify(value, attributes, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    def signature(self, value: bytes, attributes: bytes, token: bytes | None = None) -> bytes:
        """The ContentInfo of this signature value over these attributes, with this timestamp token."""
        parts = [self.identity, _wrapped(_TAG_0, _inside(attributes)), self.algorithm, _wrapped(_OCTETS, value)]
        if token is not None:
            parts.append(_wrapped(_TAG_1, _wrapped(_SEQUENCE, _TIMESTAMP + _wrapped(_SET, token))))
        signers = _wrapped(_SET, _wrapped(_SEQUENCE, b"".join(parts)))
        signed = _wrapped(_SEQUENCE, self.head + self.certificates + signers)
        return _wrapped(_SEQUENCE, _SIGNED_DATA + _wrapped(_TAG_0, signed))


@lru_cache(maxsize=8)
def template(chain: tuple[bytes, ...]) -> Template:
    """What is the same in every signature of the signer with this chain (its certificate first, each DER). RSA with
    PKCS #1 v1.5 or ECDSA, by the certificate's key, both with SHA-256. Raises KeyError for another kind of key."""
    certificates = [x509.Certificate.load(der) for der in chain]
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificates[0].issuer, "serial_number": certificates[0].serial_number},
            ),
            "digest_algorithm": algos.DigestAlgorithm(_SHA256),
            "signed_attrs": _signed_attributes(_PLACE, chain[0]),
            "signature_algorithm": {"algorithm": _ALGORITHMS[certificates[0].public_key.algorithm]},
            "signature": b"",
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm(_SHA256)],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [],
        }
    )
    before, after = info["signed_attrs"].untag().dump().split(_PLACE)
    return Template(
        head=b"".join(signed[name].dump() for name in ("version", "digest_algorithms", "encap_content_info")),
        certificates=signed["certificates"].dump(),
        identity=b"".join(info[name].dump() for name in ("version", "sid", "digest_algorithm")),
        before=before,
        after=after,
        algorithm=info["signature_algorithm"].dump(),
        key=_public_key(certificates[0]),
    )


def require_imprint(token: bytes, digest: bytes) -> None:
    """Raises TimestampUnavailable for a token that is not over this SHA-256 digest."""
    try:
        info = cms.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        same = imprint["hash_algorithm"]["algorithm"].native == "sha256" and imprint["hashed_message"].native == digest
    except (ValueError, TypeError, KeyError):
        same = False
    if not same:
        raise TimestampUnavailable("the timestamp is not over this signature")


def _signed_attributes(digest: bytes, certificate: bytes) -> Any:
    """Content type, digest and the signing certificate (ESS v2): what CAdES requires. No signing time: PAdES has it
    in /M."""
    identified = tsp.SigningCertificateV2(
        {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})]}
    )
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [core.OctetString(digest)]},
            {"type": "signing_certificate_v2", "values": [identified]},
        ]
    )


def _public_key(certificate: Any) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    der: bytes = certificate.public_key.dump()
    key = load_der_public_key(der)
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        raise KeyError("not a key that seals")
    return key


def _wrapped(tag: int, content: bytes) -> bytes:
    """One DER value (X.690, 8.1.3)."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _inside(value: bytes) -> bytes:
    """What is inside one DER value."""
    size = value[1]
    return value[2 + (size & 0x7F if size & 0x80 else 0) :]


_SIGNED_DATA: bytes = cms.ContentType("signed_data").dump()
_TIMESTAMP: bytes = cms.CMSAttributeType("signature_time_stamp_token").dump()
