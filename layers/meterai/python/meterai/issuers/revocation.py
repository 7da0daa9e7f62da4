"""Proof that no certificate of a chain is revoked, fetched ahead from where each certificate says (RFC 5280, RFC 6960).

An answer is asked for anew in the second half of its life and used until its `nextUpdate`, so that an outage shorter than
half a life is never felt. A longer one loses no stamp: what is missing is left out, the seal is then PAdES B-T instead of
B-LT, and a line in the log says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from meterai.domain.errors import Busy
from meterai.ports.sealing import ValidationData

TIMEOUT_SECONDS = 1.0
RETRY = timedelta(minutes=1)
"""How long after a fetch that gave nothing the next one waits: a document is never kept waiting for an outage twice."""
SIZE_MAX = 6 * 1024
"""The largest answer that is put into a document, in bytes: every stamp carries it (ports.documents_pdf.STAMP_SIZE_MAX)."""
log = logging.getLogger(__name__)


class _Revoked(Exception):
    """The certificate's issuer says that it is revoked."""


class _Unusable(Exception):
    """What was answered proves nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One CRL or OCSP response (DER) about one certificate, in force from `since` until `until`."""

    kind: str
    der: bytes
    since: datetime
    until: datetime


_Ask = Callable[[httpx.Client, str, datetime], _Answer]


class _Link:
    """One certificate of a chain with its issuer's, and what is known of its revocation."""

    def __init__(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        self.certificate = certificate
        self.issuer = issuer
        self.revoked = False
        """What its issuer said last. It holds while nobody answers."""
        self._answer: _Answer | None = None
        self._asked_at: datetime | None = None

    def answer(self, client: httpx.Client, now: datetime) -> _Answer | None:
        """What is in force at `now`, or None: nothing is while it is revoked."""
        if self._due(now):
            self._asked_at = now
            try:
                fetched = self._fetched(client, now)
            except _Revoked:
                self.revoked, self._answer = True, None
            else:
                self.revoked = self.revoked and fetched is None
                self._answer = fetched or self._answer
        return self._answer if self._answer and now < self._answer.until else None

    def _due(self, now: datetime) -> bool:
        known = self._answer
        if known and now < known.since + (known.until - known.since) / 2:
            return False
        return self._asked_at is None or now >= self._asked_at + RETRY

    def _fetched(self, client: httpx.Client, now: datetime) -> _Answer | None:
        for ask, url in self._sources():
            try:
                return ask(client, url, now)
            except (
                _Unusable,
                httpx.HTTPError,
                ValueError,
                TypeError,
                InvalidSignature,
                x509.ExtensionNotFound,
            ) as error:
                log.warning("no revocation data from %s: %s", url, type(error).__name__)
        return None

    def _sources(self) -> Iterator[tuple[_Ask, str]]:
        """OCSP first: an answer about one certificate is smaller than a list of all."""
        for url in _responders(self.certificate):
            yield self._ocsp, url
        for url in _distribution_points(self.certificate):
            yield self._crl, url

    def _crl(self, client: httpx.Client, url: str, now: datetime) -> _Answer:
        der = _body(client.get(url, timeout=TIMEOUT_SECONDS))
        crl = x509.load_der_x509_crl(der)
        key = self.issuer.public_key()
        if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) or not crl.is_signature_valid(key):
            raise _Unusable
        if crl.issuer != self.issuer.subject:
            raise _Unusable
        if crl.get_revoked_certificate_by_serial_number(self.certificate.serial_number) is not None:
            raise _Revoked
        return _in_force("crl", der, crl.last_update_utc, crl.next_update_utc, now)

    def _ocsp(self, client: httpx.Client, url: str, now: datetime) -> _Answer:
        query = ocsp.OCSPRequestBuilder().add_certificate(self.certificate, self.issuer, hashes.SHA1()).build()  # noqa: S303
        headers = {"Content-Type": "application/ocsp-request"}
        der = _body(
            client.post(url, content=query.public_bytes(Encoding.DER), headers=headers, timeout=TIMEOUT_SECONDS)
        )
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _Unusable
        _require_responder(response, self.issuer)
        if (response.serial_number, response.issuer_key_hash) != (query.serial_number, query.issuer_key_hash):
            raise _Unusable
        if response.certificate_status is ocsp.OCSPCertStatus.REVOKED:
            raise _Revoked
        if response.certificate_status is not ocsp.OCSPCertStatus.GOOD:
            raise _Unusable
        return _in_force("ocsp", der, response.this_update_utc, response.next_update_utc, now)


class HttpValidation:
    """ports.sealing.ValidationSource over HTTP, for the seal's chain and those of the time-stamping authorities, each DER."""

    def __init__(self, client: httpx.Client, seal_chain: tuple[bytes, ...], timestamp_chain: tuple[bytes, ...]) -> None:
        self._client = client
        self._certificates = tuple(dict.fromkeys((*seal_chain, *timestamp_chain)))
        self._seal, self._timestamp = _links(seal_chain), _links(timestamp_chain)

    def at(self, now: datetime) -> ValidationData:
        answers = [link.answer(self._client, now) for link in self._seal]
        if any(link.revoked for link in self._seal):
            raise Busy("the seal's certificate is revoked")
        answers += [link.answer(self._client, now) for link in self._timestamp]
        found = dict.fromkeys(answer for answer in answers if answer)
        return ValidationData(
            certificates=self._certificates,
            crls=tuple(dict.fromkeys(answer.der for answer in found if answer.kind == "crl")),
            ocsps=tuple(dict.fromkeys(answer.der for answer in found if answer.kind == "ocsp")),
        )

    def revoked(self, certificate: bytes) -> bool:
        """Whether an authority's certificate (DER), or one above it in the chains, was revoked when last asked about. One that
        no chain has is nobody's to say."""
        links = {link.certificate.subject: link for link in self._timestamp}
        own = x509.load_der_x509_certificate(certificate)
        above = links.get(own.subject if any(link.certificate == own for link in self._timestamp) else own.issuer)
        for _ in links:
            if above is None or above.revoked:
                break
            above = links.get(above.certificate.issuer)
        return above is not None and above.revoked


def _links(chain: tuple[bytes, ...]) -> list[_Link]:
    """Every certificate that another one issued: a root vouches for itself, nobody can ask about it."""
    certificates = [x509.load_der_x509_certificate(der) for der in chain]
    issuers = {certificate.subject: certificate for certificate in certificates}
    return [
        _Link(certificate, issuers[certificate.issuer])
        for certificate in certificates
        if certificate.issuer != certificate.subject and certificate.issuer in issuers
    ]


def _body(answer: httpx.Response) -> bytes:
    answer.raise_for_status()
    if len(answer.content) > SIZE_MAX:
        raise _Unusable
    return answer.content


def _in_force(kind: str, der: bytes, since: datetime, until: datetime | None, now: datetime) -> _Answer:
    if until is None or not since <= now < until:
        raise _Unusable
    return _Answer(kind, der, since, until)


def _require_responder(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    """The issuer signed the response, or a responder to whom it delegated that (RFC 6960, 4.2.2.2)."""
    signer = issuer
    for delegate in response.certificates:
        if delegate != issuer:
            delegate.verify_directly_issued_by(issuer)
            usage = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
                raise _Unusable
            signer = delegate
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if algorithm is None:
        raise _Unusable
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    else:
        raise _Unusable


def _responders(certificate: x509.Certificate) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return
    for description in access:
        if description.access_method == AuthorityInformationAccessOID.OCSP:
            yield from _addresses([description.access_location])


def _distribution_points(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        yield from _addresses(point.full_name or [])


def _addresses(names: list[x509.GeneralName]) -> Iterator[str]:
    """Those that HTTP can ask; directories (ldap) are not asked."""
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://")):
            yield name.value
