"""What certificates are worth at a moment: whether a path leads to a trusted root, and whether one of it was revoked.

The path is RFC 5280's as the `cryptography` library walks it, narrowed to what seals and timestamps need; what it does
not believe may still be believed by pyHanko, never the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import CRLEntryExtensionOID, ExtendedKeyUsageOID, ExtensionOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

_LONGEST = 5
_UNDERSTOOD = (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE)
_PROOFS_MAX = 64


@lru_cache(maxsize=64)
def parsed(der: bytes) -> x509.Certificate:
    """One certificate (DER). Raises ValueError."""
    return x509.load_der_x509_certificate(der)


def loaded(certificates: Iterable[bytes]) -> list[x509.Certificate]:
    """These certificates (DER), the first of which has to be one; of the others those that are. Raises ValueError."""
    first, *rest = certificates
    return [x509.load_der_x509_certificate(first), *(one for der in rest if (one := _lenient(der)) is not None)]


def _lenient(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def believed(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], roots: tuple[bytes, ...], moment: datetime
) -> bool:
    """Whether a path leads from a certificate, for signing, to one of the roots (DER), all of it in force at `moment`."""
    if not roots or any(part.critical and part.oid not in _UNDERSTOOD for part in certificate.extensions):
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        policy = PolicyBuilder().store(_store(roots)).time(moment.astimezone(UTC).replace(tzinfo=None))
        policy = policy.max_chain_depth(_LONGEST).extension_policies(
            ee_policy=ExtensionPolicy.permit_all(), ca_policy=ExtensionPolicy.webpki_defaults_ca()
        )
        policy.build_client_verifier().verify(certificate, list(others))
    except (VerificationError, x509.ExtensionNotFound, ValueError):
        return False
    return usage.digital_signature


def attests_time(certificate: x509.Certificate) -> bool:
    """Whether a certificate is for timestamps and nothing else (RFC 3161, 2.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def revoked(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    proofs: Iterable[bytes],
    moment: datetime | None,
) -> bool:
    """Whether a certificate, or one of those above it, was revoked by `moment`; with None, at any time.

    `others` are where issuers are looked for; `proofs` are CRLs and OCSP responses (DER), each believed only with the
    signature of who issued the certificate. How fresh they are is not asked: a revocation is not taken back. Without
    a proof nothing is revoked (soft-fail). A key known to be lost earlier is revoked from then on (RFC 5280, 5.3.2)."""
    told = [proof for der in dict.fromkeys(list(proofs)[:_PROOFS_MAX]) if (proof := _proof(der)) is not None]
    numbers = {one.serial_number for one in (certificate, *others)}
    return any(_names(proof, numbers) for proof in told) and any(
        since is not None and (moment is None or since <= moment)
        for one, issuer in _links(certificate, others)
        for proof in told
        for since in [_since(proof, one, issuer)]
    )


@lru_cache(maxsize=8)
def _store(roots: tuple[bytes, ...]) -> Store:
    return Store([x509.load_der_x509_certificate(der) for der in roots])


def _links(
    certificate: x509.Certificate, others: Sequence[x509.Certificate]
) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
    """A certificate and its issuer, and so on upward, to one that vouches for itself or whose issuer is not here."""
    for _ in range(_LONGEST):
        issuer = next((one for one in others if one.subject == certificate.issuer and _issued(certificate, one)), None)
        if issuer is None or issuer == certificate:
            return
        yield certificate, issuer
        certificate = issuer


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


_Proof = x509.CertificateRevocationList | ocsp.OCSPResponse


def _proof(der: bytes) -> _Proof | None:
    try:
        return x509.load_der_x509_crl(der)
    except ValueError:
        pass
    try:
        answer = ocsp.load_der_ocsp_response(der)
    except ValueError:
        return None
    return answer if answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL else None


def _names(proof: _Proof, numbers: set[int]) -> bool:
    """Whether a proof calls any certificate of these numbers revoked, whoever made it: mostly none does, and no signature of
    it has to be verified to know that."""
    try:
        if isinstance(proof, ocsp.OCSPResponse):
            return proof.certificate_status is ocsp.OCSPCertStatus.REVOKED and proof.serial_number in numbers
        return any(proof.get_revoked_certificate_by_serial_number(number) is not None for number in numbers)
    except ValueError:
        return True


def _since(proof: _Proof, certificate: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
    """Since when the issuer says that the certificate is revoked; None when this proof does not say so."""
    try:
        if isinstance(proof, ocsp.OCSPResponse):
            return _since_by_response(proof, certificate, issuer)
        return _since_by_list(proof, certificate, issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return None


def _since_by_list(
    crl: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate
) -> datetime | None:
    key = issuer.public_key()
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) or crl.issuer != issuer.subject:
        return None
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None or not crl.is_signature_valid(key):
        return None
    lost: list[datetime] = [
        part.value.invalidity_date_utc for part in entry.extensions if part.oid == CRLEntryExtensionOID.INVALIDITY_DATE
    ]
    return min([entry.revocation_date_utc, *lost])


def _since_by_response(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> datetime | None:
    if (
        answer.certificate_status is not ocsp.OCSPCertStatus.REVOKED
        or answer.serial_number != certificate.serial_number
    ):
        return None
    query = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm).build()
    same = (answer.issuer_key_hash, answer.issuer_name_hash) == (query.issuer_key_hash, query.issuer_name_hash)
    return answer.revocation_time_utc if same and _signed(answer, issuer) else None


def _signed(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Whether the issuer signed a response, or somebody to whom it delegated that (RFC 6960, 4.2.2.2)."""
    signers = [issuer]
    for one in answer.certificates:
        usage = [part.value for part in one.extensions if part.oid == ExtensionOID.EXTENDED_KEY_USAGE]
        if usage and ExtendedKeyUsageOID.OCSP_SIGNING in usage[0] and _issued(one, issuer):
            signers.append(one)
    return any(_verifies(answer, signer.public_key()) for signer in signers)


def _verifies(answer: ocsp.OCSPResponse, key: object) -> bool:
    algorithm = answer.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
            return True
    except InvalidSignature:
        return False
    return False
