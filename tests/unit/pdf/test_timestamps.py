"""A timestamp token is believed as authorities commonly make it; whatever is unusual about one is left to others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from meterai.pdf.timestamps import attested
from tests.unit.pdf.pki import NOW, Pki, _der

VALUE = b"a signature"
IMPRINT = hashlib.sha256(VALUE).digest()


def told(pki: Pki, token: bytes, value: bytes = VALUE) -> Any:
    """The time, or None when it is not believed here."""
    try:
        return attested(token, value, pki.trust.roots, (pki.crl(),))
    except (ValueError, IndexError):
        return None


def anew(pki: Pki, change: Callable[[Any, Any], None], *, digest: str = "sha256") -> bytes:
    """A token whose SignedData and SignerInfo were changed, signed again by the authority itself."""
    token = cms.ContentInfo.load(pki.clock.token(IMPRINT))
    signed = token["content"]
    (info,) = signed["signer_infos"]
    change(signed, info)
    algorithm = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512(), "sha1": hashes.SHA1()}[digest]
    attributes = info["signed_attrs"].untag().dump(force=True)
    info["signature"] = pki.clock.key.sign(attributes, padding.PKCS1v15(), algorithm)
    made: bytes = token.dump(force=True)
    return made


def naming(v2: bool, fingerprint: bytes, algorithm: str | None = None, issuer: Any = None) -> cms.CMSAttribute:
    """The attribute that names the signer's certificate."""
    named: dict[str, Any] = {"cert_hash": fingerprint} | ({"issuer_serial": issuer} if issuer else {})
    if algorithm:
        named["hash_algorithm"] = algos.DigestAlgorithm({"algorithm": algorithm})
    kind = (tsp.SigningCertificateV2, tsp.ESSCertIDv2) if v2 else (tsp.SigningCertificate, tsp.ESSCertID)
    value = kind[0]({"certs": [kind[1](named)]})
    return cms.CMSAttribute({"type": "signing_certificate_v2" if v2 else "signing_certificate", "values": [value]})


def swapped(info: Any, name: str, *attributes: cms.CMSAttribute) -> None:
    kept = [one for one in info["signed_attrs"] if one["type"].native != name]
    info["signed_attrs"] = cms.CMSAttributes([*kept, *attributes])


def named(*attributes: cms.CMSAttribute) -> Callable[[Any, Any], None]:
    """A change that names the certificate in these ways instead."""
    return lambda _, info: swapped(info, "signing_certificate", *attributes)


def test_a_token_over_this_very_signature_tells_its_time(pki: Pki, stranger: Pki) -> None:
    token = pki.clock.token(IMPRINT)
    assert told(pki, token) == NOW
    assert told(pki, anew(pki, lambda *_: None)) == NOW
    assert told(pki, token, b"another signature") is None
    assert told(stranger, token) is None
    assert told(pki, token[:-1]) is None
    assert told(pki, b"") is None


def test_every_usual_way_to_name_the_certificate_is_read(pki: Pki) -> None:
    der = _der(pki.clock.certificate)
    own = asn1_x509.Certificate.load(der)
    issuer = {"issuer": [asn1_x509.GeneralName("directory_name", own.issuer)], "serial_number": own.serial_number}
    for attribute in (
        naming(False, hashlib.sha1(der).digest()),
        naming(True, hashlib.sha256(der).digest()),
        naming(True, hashlib.sha256(der).digest(), "sha256"),
        naming(True, hashlib.sha512(der).digest(), "sha512"),
        naming(True, hashlib.sha256(der).digest(), None, issuer),
        naming(True, hashlib.sha384(der).digest(), "sha384", issuer),
    ):
        assert told(pki, anew(pki, named(attribute))) == NOW


def test_a_certificate_named_wrongly_twice_or_not_at_all_is_not_believed(pki: Pki, stranger: Pki) -> None:
    der, other = _der(pki.clock.certificate), _der(stranger.clock.certificate)
    own = asn1_x509.Certificate.load(der)
    elsewhere = {"issuer": [asn1_x509.GeneralName("directory_name", own.subject)], "serial_number": own.serial_number}
    numbered = {"issuer": [asn1_x509.GeneralName("directory_name", own.issuer)], "serial_number": 7}
    right = naming(True, hashlib.sha256(der).digest())
    for attributes in (
        (),
        (naming(False, hashlib.sha1(other).digest()),),
        (naming(True, hashlib.sha256(other).digest()),),
        (naming(True, hashlib.sha1(der).digest(), "sha1"),),
        (naming(True, hashlib.sha256(der).digest(), "sha512"),),
        (naming(True, hashlib.sha256(der).digest(), None, elsewhere),),
        (naming(True, hashlib.sha256(der).digest(), None, numbered),),
        (right, right),
        (right, naming(False, hashlib.sha1(der).digest())),
    ):
        assert told(pki, anew(pki, named(*attributes))) is None, attributes


def test_other_statements_digests_and_algorithms_are_not_believed(pki: Pki) -> None:
    def content(_: Any, info: Any) -> None:
        swapped(info, "content_type", cms.CMSAttribute({"type": "content_type", "values": ["data"]}))

    def digest(_: Any, info: Any) -> None:
        swapped(info, "message_digest", cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]}))

    def two_digests(_: Any, info: Any) -> None:
        (old,) = [one for one in info["signed_attrs"] if one["type"].native == "message_digest"]
        both = {"type": "message_digest", "values": [old["values"][0].native, bytes(32)]}
        swapped(info, "message_digest", cms.CMSAttribute(both))

    def unknown(_: Any, info: Any) -> None:
        extra = cms.CMSAttribute({"type": "1.3.6.1.4.1.99999.1", "values": [core.OctetString(b"x")]})
        swapped(info, "nothing", extra)

    def scheme(_: Any, info: Any) -> None:
        info["signature_algorithm"] = cms.SignedDigestAlgorithm({"algorithm": "sha512_rsa"})

    def two_signers(signed: Any, info: Any) -> None:
        signed["signer_infos"] = [info, info.copy()]

    for change in (content, digest, two_digests, unknown, scheme, two_signers):
        assert told(pki, anew(pki, change)) is None, change.__name__
    assert told(pki, anew(pki, lambda *_: None, digest="sha1")) is None


def test_a_statement_changed_after_it_was_signed_is_not_believed(pki: Pki) -> None:
    later = cms.ContentInfo.load(pki.clock.token(IMPRINT))
    statement = later["content"]["encap_content_info"]["content"].parsed.copy()
    statement["gen_time"] = NOW + timedelta(days=1)
    later["content"]["encap_content_info"]["content"] = core.ParsableOctetString(statement.dump(force=True))
    assert told(pki, later.dump(force=True)) is None


@pytest.mark.parametrize("seed", range(4))
def test_no_flipped_bit_of_what_was_signed_is_believed(pki: Pki, seed: int) -> None:
    token = pki.clock.token(IMPRINT)
    for at in range(seed, len(token), 41):
        for bit in (0, 3, 7):
            changed = bytearray(token)
            changed[at] ^= 1 << bit
            assert told(pki, bytes(changed)) in (None, NOW)
