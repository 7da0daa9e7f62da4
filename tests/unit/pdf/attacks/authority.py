"""Keys, certificates, algorithms, tokens: a seal that somebody else made, or that ours is made to seem."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from meterai.domain.placement import Placement
from meterai.domain.verdict import Trust
from meterai.pdf import seal as sealing
from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import Scene, family, gap, signature, with_signature
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import NOW, KeySigner

attack = family("authority and algorithm")
_DAY = timedelta(days=1)
_REGISTERED = ("altered", "changed_between_stamps")
"""The register knows another second stamp over the first than is there."""
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}


@attack("forged", "signed_by_another_key")
def another_authority_with_our_names(scene: Scene) -> bytes:
    return House(scene.stranger, scene.house.random).stamp(scene.source, number=scene.serial)


@attack("forged", "signed_by_another_key")
def a_forged_stamp_beside_a_genuine_one(scene: Scene) -> bytes:
    return House(scene.stranger, scene.house.random).stamp(scene.sealed, Placement(1, 0.1, 0.5, 0.1))


@attack("forged", "certificate_without_key")
def our_certificate_with_another_key(scene: Scene) -> bytes:
    required, lax = sealing._require_key, lambda *_: None
    thief: Any = sealing
    thief._require_key = lax
    try:
        thieves = KeySigner(scene.stranger.signer.key, scene.house.pki.signer.chain)
        return House(scene.house.pki, scene.house.random).stamp(scene.source, number=scene.serial, signer=thieves)
    finally:
        thief._require_key = required


@attack("altered", "bytes_changed")
def a_signature_transplanted(scene: Scene) -> bytes:
    other = House(scene.house.pki, scene.house.random).stamp(
        papers.classical(papers.objects(text="Surat lain....")), number=scene.serial
    )
    (first, second), (start, end) = gap(scene.sealed), gap(other)
    return other[:start] + scene.sealed[first:second].ljust(end - start, b"0")[: end - start] + other[end:]


@attack("copied", "no_valid_signature")
def something_hidden_behind_the_signature(scene: Scene) -> bytes:
    _, second = gap(scene.sealed)
    return scene.sealed[: second - 5] + b"beef" + scene.sealed[second - 1 :]


def _altered(change: Callable[[Scene, Any, Any], None]) -> Callable[[Scene], bytes]:
    """The same bytes with another CMS: `change` gets the SignedData and its SignerInfo."""

    def make(scene: Scene) -> bytes:
        contents = signature(scene.sealed)
        change(scene, contents["content"], contents["content"]["signer_infos"][0])
        return with_signature(scene.sealed, contents)

    make.__name__, make.__doc__ = change.__name__, change.__doc__
    return make


def _covered(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return scene.sealed[:first] + scene.sealed[second:]


def _attributes(info: Any, **values: list[Any]) -> Any:
    """The signed attributes with some values replaced; an empty list leaves the attribute out."""
    kept = []
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        given = values.get(name, list(attribute["values"]))
        if given:
            kept.append(cms.CMSAttribute({"type": name, "values": given}))
    return cms.CMSAttributes(kept)


def _without(sequence: Any, name: str) -> None:
    """Leave an optional field out."""
    del sequence[name]


def _sign(scene: Scene, info: Any, algorithm: str, data: bytes, scheme: Any = None) -> None:
    """Sign with the issuer's own key, as only the issuer's mistake or a thief would."""
    key = scene.house.pki.signer.key
    assert isinstance(key, rsa.RSAPrivateKey)
    info["signature"] = key.sign(data, scheme or padding.PKCS1v15(), _HASHES[algorithm])


def _downgraded(algorithm: str, *, own_key: bool) -> Callable[[Scene], bytes]:
    def change(scene: Scene, signed: Any, info: Any) -> None:
        info["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": algorithm})
        digest = hashlib.new(algorithm, _covered(scene)).digest()
        info["signed_attrs"] = _attributes(info, message_digest=[core.OctetString(digest)])
        if own_key:
            info["signature_algorithm"] = {"algorithm": f"{algorithm}_rsa"}
            _sign(scene, info, algorithm, info["signed_attrs"].untag().dump())

    change.__name__ = f"{algorithm}_{'with_our_key' if own_key else 'written_over'}"
    change.__doc__ = f"{algorithm} instead of SHA-256" + (", signed with the issuer's key" if own_key else "")
    return _altered(change)


for _algorithm, _own, _word, _code in (
    ("md5", False, "copied", "no_valid_signature"),
    ("sha1", False, "copied", "no_valid_signature"),
    ("md5", True, "copied", "no_valid_signature"),
    ("sha1", True, "copied", "no_valid_signature"),
    ("sha512", False, "forged", "certificate_without_key"),
    ("sha512", True, "forged", "certificate_without_key"),
):
    attack(_word, _code)(_downgraded(_algorithm, own_key=_own))


@attack("forged", "certificate_without_key")
@_altered
def digest_algorithms_that_differ(scene: Scene, signed: Any, info: Any) -> None:
    """SHA-512 in the signature's algorithm, SHA-256 in the digest's"""
    info["signature_algorithm"] = {"algorithm": "sha512_rsa"}
    _sign(scene, info, "sha512", info["signed_attrs"].untag().dump())


@attack("forged", "certificate_without_key")
@_altered
def another_padding_with_our_key(scene: Scene, signed: Any, info: Any) -> None:
    """RSASSA-PSS, signed with the issuer's key"""
    info["signature_algorithm"] = algos.SignedDigestAlgorithm(
        {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams({"hash_algorithm": {"algorithm": "sha256"}})}
    )
    scheme = padding.PSS(padding.MGF1(hashes.SHA1()), 20)
    _sign(scene, info, "sha256", info["signed_attrs"].untag().dump(), scheme)


@attack("copied", "no_valid_signature")
@_altered
def two_signers_in_one_signature(scene: Scene, signed: Any, info: Any) -> None:
    signed["signer_infos"] = cms.SignerInfos([info, info.copy()])


@attack("copied", "no_valid_signature")
@_altered
def no_signer_in_the_signature(scene: Scene, signed: Any, info: Any) -> None:
    signed["signer_infos"] = cms.SignerInfos([])


@attack("forged", "certificate_without_key")
@_altered
def signed_attributes_removed(scene: Scene, signed: Any, info: Any) -> None:
    _without(info, "signed_attrs")


@attack("forged", "certificate_without_key")
@_altered
def signed_attributes_removed_with_our_key(scene: Scene, signed: Any, info: Any) -> None:
    """no signed attributes, the bytes themselves signed with the issuer's key"""
    _without(info, "signed_attrs")
    _sign(scene, info, "sha256", _covered(scene))


@attack("copied", "no_valid_signature")
@_altered
def signed_attributes_doubled(scene: Scene, signed: Any, info: Any) -> None:
    twice = [*info["signed_attrs"], *info["signed_attrs"]]
    info["signed_attrs"] = cms.CMSAttributes([cms.CMSAttribute.load(one.dump()) for one in twice])


@attack("altered", "bytes_changed")
@_altered
def digest_of_other_bytes_with_our_key(scene: Scene, signed: Any, info: Any) -> None:
    """a digest of other bytes, signed with the issuer's key"""
    other = hashlib.sha256(b"Surat lain").digest()
    info["signed_attrs"] = _attributes(info, message_digest=[core.OctetString(other)])
    _sign(scene, info, "sha256", info["signed_attrs"].untag().dump())


@attack("copied", "no_valid_signature")
@_altered
def two_digests_with_our_key(scene: Scene, signed: Any, info: Any) -> None:
    """two digests in one attribute, signed with the issuer's key"""
    good, other = hashlib.sha256(_covered(scene)).digest(), hashlib.sha256(b"Surat lain").digest()
    info["signed_attrs"] = _attributes(info, message_digest=[core.OctetString(one) for one in (good, other)])
    _sign(scene, info, "sha256", info["signed_attrs"].untag().dump())


@attack("copied", "no_valid_signature")
@_altered
def the_certificate_swapped(scene: Scene, signed: Any, info: Any) -> None:
    """the stranger's certificate, same names and number, under our signature"""
    signed["certificates"] = [x509.Certificate.load(der) for der in scene.stranger.signer.chain]


@attack("copied", "no_valid_signature")
@_altered
def two_certificates_of_one_name(scene: Scene, signed: Any, info: Any) -> None:
    both = (scene.stranger.signer.chain[0], *scene.house.pki.signer.chain)
    signed["certificates"] = [x509.Certificate.load(der) for der in both]


@attack("copied", "no_valid_signature")
@_altered
def no_certificate(scene: Scene, signed: Any, info: Any) -> None:
    _without(signed, "certificates")


@attack("forged", "certificate_without_key")
@_altered
def something_inside_the_signature(scene: Scene, signed: Any, info: Any) -> None:
    """content of its own inside the detached signature"""
    signed["encap_content_info"] = {"content_type": "data", "content": core.OctetString(b"Surat lain")}


@attack("void", "other_bytes", second=_REGISTERED)
@_altered
def the_timestamp_removed(scene: Scene, signed: Any, info: Any) -> None:
    _without(info, "unsigned_attrs")


def _token(info: Any, token: bytes) -> None:
    attribute = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
    info["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(attribute)])


@attack("void", "other_bytes", second=_REGISTERED)
@_altered
def the_timestamp_of_another_authority(scene: Scene, signed: Any, info: Any) -> None:
    _token(info, scene.stranger.clock.token(hashlib.sha256(info["signature"].native).digest()))


@attack("void", "other_bytes", second=_REGISTERED)
@_altered
def the_timestamp_of_another_signature(scene: Scene, signed: Any, info: Any) -> None:
    _token(info, scene.house.pki.clock.token(hashlib.sha256(b"Surat lain").digest()))


@attack("void", "other_bytes", by_register=True, second=_REGISTERED)
@_altered
def another_timestamp_of_the_same_signature(scene: Scene, signed: Any, info: Any) -> None:
    """a later token of the right authority: harmless, but not what we sealed"""
    clock = replace(scene.house.pki.clock, at=NOW + _DAY)
    _token(info, clock.token(hashlib.sha256(info["signature"].native).digest()))


@attack("void", "other_bytes", by_register=True, second=_REGISTERED)
def the_signature_in_small_letters(scene: Scene) -> bytes:
    """the same signature in other bytes: harmless, but not what we sealed"""
    first, second = gap(scene.sealed)
    return scene.sealed[:first] + scene.sealed[first:second].lower() + scene.sealed[second:]


def _not_yet(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, keys=(scene.house.pki.pin(NOW + _DAY, NOW + 2 * _DAY),))


def _ended(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, keys=(scene.house.pki.pin(NOW - 2 * _DAY, NOW - _DAY),))


def _nobody(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, keys=())


def _no_issuer_but_a_signer(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, keys=(), signers=(scene.house.pki.pin(),))


def _revoked(scene: Scene) -> Trust:
    pki = scene.house.pki
    return replace(pki.trust, revocations=(pki.crl(pki.seal, since=NOW - _DAY),))


@attack("forged", "key_not_in_force", trust=_not_yet)
def key_not_yet_in_force(scene: Scene) -> bytes:
    return scene.sealed


@attack("forged", "key_not_in_force", trust=_ended)
def key_no_longer_in_force(scene: Scene) -> bytes:
    return scene.sealed


@attack("forged", "signed_by_another_key", trust=_nobody)
def key_of_no_issuer(scene: Scene) -> bytes:
    return scene.sealed


@attack("forged", "signed_by_another_key", trust=_no_issuer_but_a_signer)
def key_of_a_known_signer_who_is_no_issuer(scene: Scene) -> bytes:
    return scene.sealed


@attack("forged", "certificate_revoked", trust=_revoked)
def certificate_revoked(scene: Scene) -> bytes:
    return scene.sealed


@attack("forged", "key_not_in_force", trust=_ended)
def backdated_with_a_stolen_key(scene: Scene) -> bytes:
    """an ended key, its own word that it was in time, and no timestamp"""
    return House(scene.house.pki, scene.house.random).stamp(scene.source, number=scene.serial, timestamps=None)
