"""Timestamp tokens (RFC 3161) as authorities commonly make them, read strictly: what is unusual is left to pyHanko."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from asn1crypto import core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from meterai.pdf import certificates
from meterai.pdf.certificates import parsed
from meterai.pdf.der import inside, oid, parts

CERTIFICATES_MAX = 8
_SIGNED_DATA, _TST_INFO = oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (oid(f"1.2.840.113549.1.9.{number}") for number in (3, 4, 5))
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = (oid(f"1.2.840.113549.1.9.16.2.{number}") for number in (12, 47))
_ATTRIBUTES = frozenset({_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2})
_HASHES = {
    oid(f"2.16.840.1.101.3.4.2.{number}"): algorithm
    for number, algorithm in ((1, hashes.SHA256()), (2, hashes.SHA384()), (3, hashes.SHA512()))
}
_RSA = oid("1.2.840.113549.1.1.1")
_RSA_WITH = {kind: oid(f"1.2.840.113549.1.1.{number}") for kind, number in zip(_HASHES, (11, 12, 13), strict=True)}
_ECDSA_WITH = {kind: oid(f"1.2.840.10045.4.3.{number}") for kind, number in zip(_HASHES, (2, 3, 4), strict=True)}


def require(holds: bool) -> None:
    """Raises ValueError when something does not hold."""
    if not holds:
        raise ValueError("not as it is usual, or not true")


def attested(token: bytes, value: bytes, roots: tuple[bytes, ...], revocations: Sequence[bytes]) -> datetime:
    """The time (UTC) that an authority under these roots (DER) attests in a token over this signature value.

    Raises ValueError when it does not, when its certificate was revoked by then (`revocations`: CRLs and OCSP responses), or
    when anything about it is unusual; IndexError for what is no DER."""
    kind, wrapped = parts(token)
    (signed,) = parts(wrapped)
    _, _, enclosed, *rest = parts(signed)
    offered, *_, signers = rest
    (signer,) = parts(signers)
    _, identifier, digesting, attributes, signing, signature = parts(signer)[:6]
    named, held = parts(enclosed)
    (octets,) = parts(held)
    statement = inside(octets)
    digest_kind, certificates_offered = parts(digesting)[0], parts(offered)
    require(
        (kind, named) == (_SIGNED_DATA, _TST_INFO)
        and (octets[0], offered[0], attributes[0], signature[0]) == (0x04, 0xA0, 0xA0, 0x04)
        and digest_kind in _HASHES
        and 0 < len(certificates_offered) <= CERTIFICATES_MAX
    )
    (der,) = [der for der in certificates_offered if _identifier(parsed(der)) == identifier]
    certificate = parsed(der)
    digest = hashlib.new(_HASHES[digest_kind].name, statement).digest()
    require(
        _states(attributes, digest, der, identifier)
        and _signs(attributes, signature, digest_kind, signing, certificate)
    )
    told = tsp.TSTInfo.load(statement, strict=True)
    imprint = told["message_imprint"]
    require(
        imprint["hash_algorithm"]["algorithm"].native == "sha256"
        and imprint["hashed_message"].native == hashlib.sha256(value).digest()
    )
    made_at: datetime = told["gen_time"].native
    others = [parsed(other) for other in certificates_offered if other is not der]
    require(
        certificates.attests_time(certificate)
        and certificates.believed(certificate, others, roots, made_at)
        and not certificates.revoked(certificate, [*others, *(parsed(root) for root in roots)], revocations, made_at)
    )
    return made_at


def _states(attributes: bytes, digest: bytes, der: bytes, identifier: bytes) -> bool:
    """Whether the signed attributes of a token state this digest of a TSTInfo and this certificate, once each and nothing
    that asks for more (RFC 5652, 11; RFC 3161, 2.4.2; RFC 5816). What they leave open is left to the other way of reading."""
    stated = dict(parts(one) for one in parts(attributes))
    names = {_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2} & stated.keys()
    if (
        len(stated) != len(parts(attributes))
        or len(names) != 1
        or not {_CONTENT_TYPE, _MESSAGE_DIGEST} <= stated.keys() <= _ATTRIBUTES
        or parts(stated[_CONTENT_TYPE]) != [_TST_INFO]
        or parts(stated[_MESSAGE_DIGEST]) != [b"\x04" + bytes([len(digest)]) + digest]
    ):
        return False
    name = names.pop()
    (naming,) = parts(stated[name])
    first, *more = parts(parts(parts(naming)[0])[0])
    hashed = "sha1" if name == _SIGNING_CERTIFICATE else "sha256"
    if first[0] == 0x30:  # the hash algorithm, which is SHA-256 unless it is told (RFC 5035, 4)
        kind = parts(first)[0]
        require(name == _SIGNING_CERTIFICATE_V2 and kind in _HASHES)
        hashed, (first, *more) = _HASHES[kind].name, more
    fingerprint = hashlib.new(hashed, der).digest()
    if first != b"\x04" + bytes([len(fingerprint)]) + fingerprint or len(more) > 1:
        return False
    if not more:
        return True
    issuer, number = parts(identifier)
    general, same = parts(more[0])
    (directory,) = parts(general)
    return directory[0] == 0xA4 and (inside(directory), same) == (issuer, number)


def _signs(
    attributes: bytes, signature: bytes, digest_kind: bytes, signing: bytes, certificate: x509.Certificate
) -> bool:
    """Whether a certificate's key signed the attributes of a SignerInfo as they are encoded (RFC 5652, 5.4)."""
    key, scheme, algorithm = certificate.public_key(), parts(signing)[0], _HASHES[digest_kind]
    value, covered = inside(signature), b"\x31" + attributes[1:]
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme in (_RSA, _RSA_WITH[digest_kind]):
            key.verify(value, covered, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme == _ECDSA_WITH[digest_kind]:
            key.verify(value, covered, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=32)
def _identifier(certificate: x509.Certificate) -> bytes:
    """The IssuerAndSerialNumber of a certificate, DER."""
    number = core.Integer(certificate.serial_number).dump()
    both = certificate.issuer.public_bytes() + number
    return bytes(core.Sequence(contents=both).dump())
