"""Revocation data is fetched ahead, kept until its end, believed only when its issuer signed it, and never waited for twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from meterai.domain.errors import Busy
from meterai.issuers.revocation import RETRY, SIZE_MAX, HttpValidation
from tests.unit.pdf.pki import CRL_URL, NOW, Pki, make_pki

RESPONDER = "http://ocsp.uji/"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@dataclass
class Publisher:
    """What the authority's addresses answer; `asked` counts by address."""

    answers: dict[str, Callable[[httpx.Request], httpx.Response]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answers[str(request.url)](request)


def body(data: bytes) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, content=data)


def down(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("no answer", request=request)


def source(pki: Pki, publisher: Publisher, seal: x509.Certificate | None = None) -> HttpValidation:
    chain = ((seal or pki.seal).public_bytes(Encoding.DER), pki.root.public_bytes(Encoding.DER))
    clock = (pki.clock.certificate.public_bytes(Encoding.DER), pki.root.public_bytes(Encoding.DER))
    return HttpValidation(httpx.Client(transport=httpx.MockTransport(publisher)), chain, clock)


def test_both_chains_are_there_with_the_one_list_that_speaks_for_both(pki: Pki) -> None:
    publisher = Publisher({CRL_URL: body(pki.crl())})
    assert source(pki, publisher).at(NOW) == pki.validation.data


def test_an_answer_is_asked_for_anew_in_the_second_half_of_its_life_only(pki: Pki) -> None:
    publisher = Publisher({CRL_URL: body(pki.crl(until=NOW + 8 * DAY))})
    validation = source(pki, publisher)
    for days in (0, 1, 3):
        validation.at(NOW + days * DAY)
    assert len(publisher.asked) == 2  # one for each certificate
    publisher.answers[CRL_URL] = body(pki.crl(since=NOW + 5 * DAY, until=NOW + 13 * DAY))
    assert validation.at(NOW + 5 * DAY).crls != pki.validation.data.crls
    assert len(publisher.asked) == 4


def test_an_outage_is_not_felt_while_the_last_answer_lasts_and_leaves_it_out_afterwards(pki: Pki) -> None:
    known = pki.crl(until=NOW + 8 * DAY)
    publisher = Publisher({CRL_URL: body(known)})
    validation = source(pki, publisher)
    validation.at(NOW)
    publisher.answers[CRL_URL] = down
    assert validation.at(NOW + 7 * DAY).crls == (known,)
    late = validation.at(NOW + 8 * DAY)
    assert (late.crls, late.ocsps) == ((), ())
    assert late.certificates == pki.validation.data.certificates


def test_an_outage_is_waited_for_once_a_minute_and_its_end_is_noticed(pki: Pki) -> None:
    publisher = Publisher({CRL_URL: down})
    validation = source(pki, publisher)
    for seconds in range(0, 60, 5):
        assert validation.at(NOW + timedelta(seconds=seconds)).crls == ()
    assert len(publisher.asked) == 2
    publisher.answers[CRL_URL] = body(pki.crl())
    assert len(validation.at(NOW + RETRY).crls) == 1


def test_what_proves_nothing_is_left_out(pki: Pki) -> None:
    stranger = make_pki()
    for answer in (
        body(stranger.crl()),
        body(pki.crl(since=NOW - 9 * DAY, until=NOW)),
        body(pki.crl(since=NOW + DAY, until=NOW + 2 * DAY)),
        body(b"<html>"),
        body(b""),
        body(bytes(SIZE_MAX + 1)),
        lambda _: httpx.Response(503),
        lambda _: httpx.Response(302, headers={"Location": "http://elsewhere.uji/"}),
    ):
        assert source(pki, Publisher({CRL_URL: answer})).at(NOW).crls == ()


def test_a_revoked_seal_seals_nothing_for_as_long_as_its_issuer_does_not_say_otherwise(pki: Pki) -> None:
    publisher = Publisher({CRL_URL: body(pki.crl(until=NOW + 8 * DAY))})
    validation = source(pki, publisher)
    validation.at(NOW)
    later = NOW + 5 * DAY
    publisher.answers[CRL_URL] = body(pki.crl(pki.seal, since=later, until=later + DAY))
    for seconds in (0, 1, 59):  # within the minute in which nobody is asked, the last good answer counts no more
        with pytest.raises(Busy):
            validation.at(later + timedelta(seconds=seconds))
    publisher.answers[CRL_URL] = down
    with pytest.raises(Busy):
        validation.at(later + RETRY)
    publisher.answers[CRL_URL] = body(pki.crl(since=later, until=later + DAY))
    assert validation.at(later + 2 * RETRY).crls


def test_a_revoked_clock_is_known_and_leaves_the_others_their_proof(pki: Pki) -> None:
    other = certified(pki, ocsp_at=RESPONDER, key=pki.seal.public_key())
    publisher = Publisher({CRL_URL: body(pki.crl(pki.clock.certificate)), RESPONDER: down})
    chain = (pki.seal.public_bytes(Encoding.DER), pki.root.public_bytes(Encoding.DER))
    clocks = tuple(one.public_bytes(Encoding.DER) for one in (pki.clock.certificate, other, pki.root))
    validation = HttpValidation(httpx.Client(transport=httpx.MockTransport(publisher)), chain, clocks)
    assert not validation.revoked(clocks[0])
    assert len(validation.at(NOW).crls) == 1
    assert [validation.revoked(der) for der in clocks] == [True, False, False]
    assert not validation.revoked(make_pki().seal.public_bytes(Encoding.DER))


def test_a_clock_below_a_revoked_issuer_is_revoked_too(pki: Pki) -> None:
    key = rsa.generate_private_key(65537, 2048)
    between = certified(pki, ocsp_at=RESPONDER, key=key.public_key())
    below = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Jam di bawahnya")]))
        .issuer_name(between.subject)
        .public_key(pki.clock.certificate.public_key())
        .serial_number(90)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 900 * DAY)
        .sign(key, hashes.SHA256())
    )
    publisher = Publisher({CRL_URL: body(pki.crl(between)), RESPONDER: down})
    clocks = tuple(one.public_bytes(Encoding.DER) for one in (below, between, pki.root))
    validation = HttpValidation(httpx.Client(transport=httpx.MockTransport(publisher)), pki.signer.chain[:1], clocks)
    validation.at(NOW)
    assert [validation.revoked(der) for der in clocks] == [True, True, False]


@dataclass
class Responder:
    """An OCSP responder (RFC 6960), the root itself or one that it delegated to."""

    pki: Pki
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    about: x509.Certificate | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = ocsp.load_der_ocsp_request(request.read())
        seal = certified(self.pki, ocsp_at=RESPONDER, key=self.pki.seal.public_key())
        about = self.about or seal
        assert asked.issuer_name_hash
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                about, self.pki.root, hashes.SHA1(), self.status, NOW, NOW + DAY, NOW if revoked else None, None
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        )
        if self.certificate != self.pki.root:
            builder = builder.certificates([self.certificate])
        return httpx.Response(200, content=builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER))


def certified(
    pki: Pki, *, ocsp_at: str | None = None, usage: x509.ObjectIdentifier | None = None, key: object, serial: int = 77
) -> x509.Certificate:
    assert isinstance(key, rsa.RSAPublicKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Uji")]))
        .issuer_name(pki.root.subject)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 900 * DAY)
    )
    if ocsp_at:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_at))
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL_URL)], None, None, None)
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(pki.root_key, hashes.SHA256())


def with_responder(pki: Pki, responder: Callable[[httpx.Request], httpx.Response]) -> HttpValidation:
    seal = certified(pki, ocsp_at=RESPONDER, key=pki.seal.public_key())
    return source(pki, Publisher({RESPONDER: responder, CRL_URL: body(pki.crl())}), seal)


def test_a_responder_is_preferred_to_a_list_whether_the_root_or_a_delegate_signs(pki: Pki) -> None:
    key = rsa.generate_private_key(65537, 2048)
    delegate = certified(pki, usage=ExtendedKeyUsageOID.OCSP_SIGNING, key=key.public_key(), serial=78)
    for responder in (Responder(pki, pki.root, pki.root_key), Responder(pki, delegate, key)):
        found = with_responder(pki, responder).at(NOW)
        assert len(found.ocsps) == 1
        assert found.crls == (pki.crl(),)  # of the clock, which has no responder


def test_a_responder_that_proves_nothing_leaves_the_word_to_the_list(pki: Pki) -> None:
    key, stranger = rsa.generate_private_key(65537, 2048), make_pki()
    idle = certified(pki, usage=ExtendedKeyUsageOID.CLIENT_AUTH, key=key.public_key(), serial=79)
    unsaid = certified(pki, key=key.public_key(), serial=80)
    for responder in (
        Responder(pki, stranger.root, stranger.root_key),
        Responder(pki, pki.root, stranger.root_key),
        Responder(pki, idle, key),
        Responder(pki, unsaid, key),
        Responder(pki, pki.root, pki.root_key, status=ocsp.OCSPCertStatus.UNKNOWN),
        Responder(pki, pki.root, pki.root_key, about=pki.clock.certificate),
        body(ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)),
        down,
    ):
        found = with_responder(pki, responder).at(NOW)
        assert (found.ocsps, found.crls) == ((), (pki.crl(),))


def test_a_seal_that_the_responder_calls_revoked_seals_nothing(pki: Pki) -> None:
    with pytest.raises(Busy):
        with_responder(pki, Responder(pki, pki.root, pki.root_key, status=ocsp.OCSPCertStatus.REVOKED)).at(NOW)


def test_a_chain_without_its_root_or_without_addresses_is_no_error(pki: Pki) -> None:
    publisher = Publisher({})
    alone = HttpValidation(httpx.Client(transport=httpx.MockTransport(publisher)), pki.signer.chain[:1], ())
    assert alone.at(NOW).crls == ()
    assert alone.at(NOW).certificates == pki.signer.chain[:1]
    assert publisher.asked == []
