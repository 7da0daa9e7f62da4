"""The CMS signature inside a seal: CAdES-B as PAdES wants it, with an RFC 3161 signature timestamp (ETSI EN 319
142-1).

All that the signatures of one signer have in common is encoded once; a document adds its digest, the signature value
and the timestamp."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import algos, cms, core, tsp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from meterai.domain.errors import TimestampUnavailable
from meterai.pdf.der import inside, named, oid, wrapped

TOKEN_ROOM = 6144
"""How many bytes to keep for a timestamp token of usual size."""
_REST_ROOM = 1024
_SEQUENCE, _SET, _TAG_0, _TAG_1, _OCTETS = 0x30, 0x31, 0xA0, 0xA1, 0x04
_VERSION, _SHA256 = core.Integer(1).dump(), algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
_ALGORITHMS = {
    oid(key): algos.SignedDigestAlgorithm({"algorithm": name}).dump()
    for key, name in (("1.2.840.113549.1.1.1", "rsassa_pkcs1v15"), ("1.2.840.10045.2.1", "sha256_ecdsa"))
}
"""The signature's algorithm by that of the key."""
_DATA, _SIGNED_DATA = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _MESSAGE_DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
_TIMESTAMP, _SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.14"), oid("1.2.840.113549.1.9.16.2.47")
_DIGEST_SIZE = 32


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
        parts = [self.identity, wrapped(_TAG_0, inside(attributes)), self.algorithm, wrapped(_OCTETS, value)]
        if token is not None:
            parts.append(wrapped(_TAG_1, wrapped(_SEQUENCE, _TIMESTAMP + wrapped(_SET, token))))
        signers = wrapped(_SET, wrapped(_SEQUENCE, b"".join(parts)))
        signed = wrapped(_SEQUENCE, self.head + self.certificates + signers)
        return wrapped(_SEQUENCE, _SIGNED_DATA + wrapped(_TAG_0, signed))


@lru_cache(maxsize=8)
def template(chain: tuple[bytes, ...]) -> Template:
    """What is the same in every signature of the signer with this chain (its certificate first, each DER). RSA with
    PKCS #1 v1.5 or ECDSA, by the certificate's key, both with SHA-256. Raises KeyError for another kind of key, ValueError or
    IndexError for what is no certificate.

    Put together from the certificates' own bytes: who verifies begins here with every document, in a new process."""
    own = named(chain[0])
    # Content type, digest and the signing certificate (ESS v2): what CAdES requires, in the order of a DER SET OF. No
    # signing time: PAdES has it in /M.
    identified = wrapped(_OCTETS, hashlib.sha256(chain[0]).digest())
    for _ in range(3):
        identified = wrapped(_SEQUENCE, identified)
    before = _attribute(_CONTENT_TYPE, _DATA)
    digested = _attribute(_MESSAGE_DIGEST, wrapped(_OCTETS, bytes(_DIGEST_SIZE)))[:-_DIGEST_SIZE]
    after = _attribute(_SIGNING_CERTIFICATE_V2, identified)
    return Template(
        head=_VERSION + wrapped(_SET, _SHA256) + wrapped(_SEQUENCE, _DATA),
        certificates=wrapped(_TAG_0, b"".join(sorted(chain))),
        identity=_VERSION + wrapped(_SEQUENCE, own.issuer + own.number) + _SHA256,
        before=wrapped(_SET, before + digested + bytes(_DIGEST_SIZE) + after)[: -_DIGEST_SIZE - len(after)],
        after=after,
        algorithm=_ALGORITHMS[own.algorithm],
        key=_public_key(own.key),
    )


def require_imprint(token: bytes, digest: bytes) -> None:
    """Raises TimestampUnavailable for a token that is not over this SHA-256 digest."""
    try:
        info = cms.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"].parse(tsp.TSTInfo)
        imprint = info["message_imprint"]
        same = imprint["hash_algorithm"]["algorithm"].native == "sha256" and imprint["hashed_message"].native == digest
    except (ValueError, TypeError, KeyError):
        same = False
    if not same:
        raise TimestampUnavailable("the timestamp is not over this signature")


def _attribute(kind: bytes, value: bytes) -> bytes:
    """An attribute of one value (RFC 5652, 5.3)."""
    return wrapped(_SEQUENCE, kind + wrapped(_SET, value))


def _public_key(der: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        raise KeyError("not a key that seals")
    return key
