"""The CMS signature inside a seal: CAdES-B as PAdES wants it, with an RFC 3161 signature timestamp (ETSI EN 319
142-1)."""

from __future__ import annotations

import hashlib
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509

from meterai.domain.errors import TimestampUnavailable
from meterai.ports.sealing import SealSigner, TimestampAuthority

_TOKEN_ROOM = 6144
_REST_ROOM = 1024


def room(signer: SealSigner) -> int:
    """How many bytes to keep for the signature of this signer with a timestamp token of usual size."""
    return sum(len(certificate) for certificate in signer.chain) + _REST_ROOM + _TOKEN_ROOM


def signature(digest: bytes, signer: SealSigner, timestamps: TimestampAuthority) -> bytes:
    """The DER ContentInfo over a document whose ByteRange has this SHA-256 digest.

    Raises what the ports raise (Busy, TimestampUnavailable), and TimestampUnavailable for a token over something
    else."""
    attributes = _signed_attributes(digest, signer.chain[0])
    raw = signer.sign(attributes.dump())
    token = timestamps.token(hashlib.sha256(raw).digest())
    if _imprint(token) != hashlib.sha256(raw).digest():
        raise TimestampUnavailable("the timestamp is not over this signature")
    certificates = [x509.Certificate.load(der) for der in signer.chain]
    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificates[0].issuer, "serial_number": certificates[0].serial_number},
            ),
            "digest_algorithm": algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": raw,
            "unsigned_attrs": [{"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}],
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [info],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


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


def _imprint(token: bytes) -> bytes | None:
    """The SHA-256 digest that a timestamp token is over; None when it is no such token."""
    try:
        info = cms.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        found: bytes = imprint["hashed_message"].native
        return found if imprint["hash_algorithm"]["algorithm"].native == "sha256" else None
    except (ValueError, TypeError, KeyError):
        return None


def raw_signature(der: bytes) -> tuple[bytes, bytes]:
    """The signature value of the one signer, and the signed attributes as they were hashed (SET OF, RFC 5652 5.4)."""
    info = cms.ContentInfo.load(der, strict=True)["content"]["signer_infos"][0]
    return info["signature"].native, info["signed_attrs"].untag().dump()
