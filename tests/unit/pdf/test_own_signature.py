"""The fast way to read our own seals: where it answers, it answers what pyHanko's does; everywhere else it is silent."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from meterai.domain.placement import Placement
from meterai.domain.verdict import Trust, Verdict, judge
from meterai.pdf import cms, own_signature, signatures
from meterai.pdf.inspect import inspect
from meterai.ports.sealing import ValidationData
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import NOW, Known, Pki
from tests.unit.pdf.test_seal import KINDS

DAY = timedelta(days=1)
OURS_ALONE = ("table", "stream", "hybrid")


def plain() -> bytes:
    return papers.classical(papers.objects())


def stamped(house: House, source: bytes, count: int) -> bytes:
    for index in range(count):
        source = house.stamp(source, Placement(1, 0.05 + 0.17 * index, 0.4, 0.1))
    return source


def verdict(document: bytes, house: House, trust: Trust) -> Verdict:
    return judge(inspect(document, trust), house.register)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_find_the_same_in_what_we_seal(house: House, stranger: Pki, kind: str, count: int) -> None:
    sealed = stamped(house, KINDS[kind](stranger), count)
    fast = own_signature.read(sealed, house.pki.trust)
    assert fast is not None or kind not in OURS_ALONE
    assert fast in (None, signatures.read(sealed, house.pki.trust)[0])


@pytest.mark.parametrize("count", [1, 2])
def test_an_elliptic_seal_is_read_too(house: House, count: int) -> None:
    elliptic = House(house.pki.elliptic(), house.random)
    sealed = stamped(elliptic, plain(), count)
    fast = own_signature.read(sealed, elliptic.pki.trust)
    assert fast is not None
    assert fast == signatures.read(sealed, elliptic.pki.trust)[0]


def test_what_is_changed_in_an_update_is_declined_or_told_as_the_other_way_tells_it(house: House) -> None:
    """What the register alone can tell, a bit of the timestamp token that nobody signed, is void by its other bytes."""
    source = plain()
    sealed = stamped(house, source, 2)
    seeded = random.Random(7)
    declined = 0
    for _ in range(300):
        changed = bytearray(sealed)
        changed[seeded.randrange(len(source), len(sealed))] ^= 1 << seeded.randrange(8)
        fast = own_signature.read(bytes(changed), house.pki.trust)
        declined += fast is None
        if fast is not None:
            assert fast == signatures.read(bytes(changed), house.pki.trust)[0]
            assert verdict(bytes(changed), house, house.pki.trust).verdict in ("void", "altered")
    assert declined > 290


def contents(sealed: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with another signature in the hole, padded as ours is."""
    begin = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", begin)
    old = bytes.fromhex(sealed[begin:end].decode())
    new = change(old).hex().upper().encode()
    assert len(new) <= end - begin
    return sealed[:begin] + new.ljust(end - begin, b"0") + sealed[end:]


def test_the_hole_holds_our_signature_and_nothing_else(house: House, stranger: Pki) -> None:
    sealed = house.stamp(plain())
    trust = house.pki.trust
    assert own_signature.read(contents(sealed, lambda old: old), trust) is not None
    assert own_signature.read(contents(sealed, lambda old: old[:-1] + b"\1"), trust) is None
    begin = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    lower = sealed[:begin] + sealed[begin : begin + 20].lower() + sealed[begin + 20 :]
    assert own_signature.read(lower, trust) is None
    assert own_signature.read(sealed[:begin] + b" " + sealed[begin + 1 :], trust) is None

    template = cms.template(house.pki.signer.chain)

    def signed_anew(token: bytes | None) -> Callable[[bytes], bytes]:
        def change(old: bytes) -> bytes:
            at = old.index(template.before[4:]) + len(template.before[4:])
            digest = old[at : at + 32]
            attributes = template.attributes(digest)
            value = house.pki.signer.sign(attributes)
            given = house.pki.clock.token(hashes_of(value)) if token == b"ours" else token
            return template.signature(value, attributes, given)

        return change

    def hashes_of(value: bytes) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(value)
        return digest.finalize()

    assert own_signature.read(contents(sealed, signed_anew(b"ours")), trust) is not None
    assert own_signature.read(contents(sealed, signed_anew(None)), trust) is None  # no timestamp
    strange = house.pki.clock.token(bytes(32))
    assert own_signature.read(contents(sealed, signed_anew(strange)), trust) is None  # over something else


def test_the_key_the_path_and_the_time_must_all_be_believed(house: House, stranger: Pki) -> None:
    sealed = house.stamp(plain())
    trust = house.pki.trust
    assert own_signature.read(sealed, trust) is not None
    for other in (
        Trust(trust.roots, ()),
        Trust(trust.roots, (stranger.pin(),)),
        Trust(trust.roots, (house.pki.pin(NOW - 2 * DAY, NOW - DAY),)),
        Trust(stranger.trust.roots, trust.keys),
        Trust((), trust.keys),
        replace(trust, signers=trust.keys),
    ):
        assert own_signature.read(sealed, other) is None
    assert own_signature.read(house.stamp(plain(), timestamps=stranger.clock), trust) is None
    assert own_signature.read(house.stamp(plain(), timestamps=None), trust) is None
    late = replace(house.pki.clock, at=NOW + timedelta(days=9000))
    assert own_signature.read(house.stamp(plain(), timestamps=late), trust) is None


@pytest.mark.parametrize("source", [b"", b"%PDF-1.7", bytes(3000), b"startxref\n0\n%%EOF\n", plain()])
def test_it_is_silent_about_what_is_no_sealed_file(house: House, source: bytes) -> None:
    assert own_signature.read(source, house.pki.trust) is None


# Revocation --------------------------------------------------------------------------------------------------------------


def answered(pki: Pki, certificate: x509.Certificate, since: datetime, by: Pki | None = None) -> bytes:
    """An OCSP response that a certificate is revoked since then, DER."""
    signer = by or pki
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=pki.root,
        algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.REVOKED,
        this_update=since,
        next_update=None,
        revocation_time=since,
        revocation_reason=x509.ReasonFlags.key_compromise,
    )
    made = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.root).sign(signer.root_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


REVOCATIONS: dict[str, Callable[[Pki, datetime], bytes]] = {
    "crl": lambda pki, since: pki.crl(pki.seal, since=since),
    "ocsp": lambda pki, since: answered(pki, pki.seal, since),
}


@pytest.mark.parametrize("kind", REVOCATIONS)
@pytest.mark.parametrize("way", ["fast", "slow"])
def test_a_seal_whose_certificate_was_revoked_by_then_is_forged(
    house: House, stranger: Pki, kind: str, way: str
) -> None:
    source = KINDS["table" if way == "fast" else "form"](stranger)
    sealed = house.stamp(source)
    assert (own_signature.read(sealed, house.pki.trust) is not None) == (way == "fast")
    for since, word in ((NOW - DAY, "forged"), (NOW, "forged"), (NOW + DAY, "authentic")):
        told = replace(house.pki.trust, revocations=(b"\0", REVOCATIONS[kind](house.pki, since)))
        found = verdict(sealed, house, told)
        assert found.verdict == word
        codes = [reason.code for reason in found.stamps[0].reasons]
        assert codes == (["certificate_revoked"] if word == "forged" else ["whole"])
    for lie in (REVOCATIONS[kind](stranger, NOW - DAY), answered(house.pki, house.pki.seal, NOW - DAY, by=stranger)):
        assert verdict(sealed, house, replace(house.pki.trust, revocations=(lie,))).verdict == "authentic"


def test_a_later_seal_brings_the_news_that_an_earlier_one_was_revoked(house: House) -> None:
    first = house.stamp(plain())
    news = Known(ValidationData(crls=(house.pki.crl(house.pki.seal, since=NOW),)))
    second = house.stamp(first, Placement(1, 0.1, 0.5, 0.1), validation=news)
    fast = own_signature.read(second, house.pki.trust)
    assert fast is not None
    assert [one.revoked for one in fast] == [True, True]
    assert fast == signatures.read(second, house.pki.trust)[0]
    assert verdict(second, house, house.pki.trust).verdict == "forged"


def test_a_key_known_to_be_lost_earlier_is_revoked_from_then_on(house: House) -> None:
    sealed = house.stamp(plain())
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(house.pki.seal.serial_number)
        .revocation_date(NOW + DAY)
        .add_extension(x509.InvalidityDate(NOW - DAY), critical=False)
        .build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(house.pki.root.subject)
        .last_update(NOW + DAY)
        .next_update(NOW + 2 * DAY)
        .add_revoked_certificate(entry)
        .sign(house.pki.root_key, hashes.SHA256())
    )
    told = replace(house.pki.trust, revocations=(crl.public_bytes(serialization.Encoding.DER),))
    assert verdict(sealed, house, told).verdict == "forged"


def test_a_timestamp_by_a_revoked_authority_attests_nothing_and_then_any_revocation_counts(house: House) -> None:
    sealed = house.stamp(plain())
    clock = house.pki.clock.certificate
    told = replace(house.pki.trust, revocations=(house.pki.crl(clock, since=NOW - DAY),))
    found = verdict(sealed, house, told)
    assert (found.verdict, [one.code for one in found.stamps[0].reasons]) == ("review", ["timestamp_invalid"])
    both = replace(told, revocations=(*told.revocations, house.pki.crl(house.pki.seal, since=NOW + DAY)))
    assert verdict(sealed, house, both).verdict == "forged"
