"""The verdict as a pure function: from a flawless chain of stamps, every single fact made worse, never `authentic`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.verdict import Inspection, RegisterEntry, SignatureFound, judge
from tests.unit.pdf.pki import NOW


def flawless(count: int) -> tuple[list[SignatureFound], dict[str, RegisterEntry]]:
    """`count` stamps in a row, each over exactly what the one before it closed."""
    signatures: list[SignatureFound] = []
    register = {}
    for index in range(count):
        serial = f"{index:022d}"
        before = signatures[-1] if signatures else None
        signatures.append(
            SignatureFound(
                field=f"Emet{serial}",
                claims_stamp=True,
                serial=serial,
                key_sha256="k",
                issuer="own",
                key_in_force=True,
                path_trusted=True,
                cms_intact=True,
                digest_intact=True,
                coverage="whole_file" if index == count - 1 else "whole_revision",
                changes="none" if index == count - 1 else "sealed_again",
                signed_at=NOW,
                timestamped_at=NOW,
                timestamp_valid=True,
                revision_length=1000 * (index + 1),
                revision_sha256=f"sealed {index}",
                prefix_length=before.revision_length if before else None,
                prefix_sha256=before.revision_sha256 if before else None,
            )
        )
        input_hash, input_length = (before.revision_sha256, before.revision_length) if before else ("input", 500)
        register[serial] = RegisterEntry(serial, "affixed", input_hash, input_length, f"sealed {index}")
    return signatures, register


def word(signatures: list[SignatureFound], register: dict[str, RegisterEntry], **other: Any) -> str:
    facts: dict[str, Any] = {"readable": True, "claimed": (), "traces": True} | other
    last = signatures[-1].revision_length if signatures else 500
    return judge(Inspection(document_sha256="d", length=last, signatures=tuple(signatures), **facts), register).verdict


WORSE: tuple[dict[str, Any], ...] = (
    {"issuer": None},
    {"serial": None},
    {"serial": "Z" * 22},
    {"key_in_force": False},
    {"path_trusted": False},
    {"cms_intact": False},
    {"digest_intact": False},
    {"coverage": "partial"},
    {"timestamp_valid": False},
    {"revision_sha256": "other"},
)


@given(st.integers(1, 5), st.data())
def test_one_fact_made_worse_is_never_authentic(count: int, data: st.DataObject) -> None:
    signatures, register = flawless(count)
    assert word(signatures, register) == "authentic"
    index = data.draw(st.integers(0, count - 1))
    worse = list(signatures)
    worse[index] = replace(worse[index], **data.draw(st.sampled_from(WORSE)))
    assert word(worse, register) != "authentic"


@given(st.integers(1, 4), st.sampled_from(["sealed_again", "form_filling", "other"]))
def test_anything_after_the_last_stamp_is_never_authentic(count: int, changes: Any) -> None:
    signatures, register = flawless(count)
    assert word([*signatures[:-1], replace(signatures[-1], changes=changes)], register) != "authentic"
    assert word([*signatures[:-1], replace(signatures[-1], coverage="whole_revision")], register) != "authentic"


@given(st.integers(1, 4), st.data())
def test_a_register_that_knows_otherwise_is_never_authentic(count: int, data: st.DataObject) -> None:
    signatures, register = flawless(count)
    serial = data.draw(st.sampled_from(sorted(register)))
    change: dict[str, Any] = data.draw(
        st.sampled_from(
            [{"state": "issued"}, {"state": "void"}, {"sealed_sha256": "x"}, {"sealed_sha256": None}, {"serial": "x"}]
        )
    )
    assert word(signatures, register | {serial: replace(register[serial], **change)}) != "authentic"
    assert word(signatures, {key: entry for key, entry in register.items() if key != serial}) != "authentic"


@given(st.integers(2, 4), st.data())
def test_a_missing_or_foreign_link_between_stamps_is_never_authentic(count: int, data: st.DataObject) -> None:
    signatures, register = flawless(count)
    index = data.draw(st.integers(1, count - 1))
    serial = signatures[index].serial
    assert serial is not None
    for change in ({"input_sha256": "x"}, {"input_length": 7}, {"input_sha256": None}, {"input_length": None}):
        altered: dict[str, Any] = change
        assert word(signatures, register | {serial: replace(register[serial], **altered)}) == "altered"
    stranger = replace(signatures[index], issuer=None, claims_stamp=False, serial=None)
    assert word([*signatures[:index], stranger, *signatures[index + 1 :]], register) != "authentic"


@given(st.integers(1, 3), st.sampled_from(["validation_data", "form_filling", "other"]), st.data())
def test_a_later_signature_is_let_pass_only_if_known_and_only_for_what_it_may_change(
    count: int, changes: Any, data: st.DataObject
) -> None:
    signatures, register = flawless(count)
    last = replace(signatures[-1], coverage="whole_revision", changes=changes)
    facts: dict[str, Any] = {
        "known": data.draw(st.sampled_from(["signer", "clock", None])),
        "cms_intact": data.draw(st.booleans()),
        "digest_intact": data.draw(st.booleans()),
        "coverage": data.draw(st.sampled_from(["whole_file", "partial"])),
    }
    quiet = {"issuer": None, "claims_stamp": False, "serial": None}
    later = replace(signatures[-1], changes="none", **(quiet | facts))
    may_change = {"signer": ("validation_data", "form_filling"), "clock": ("validation_data",)}
    sound = facts["cms_intact"] and facts["digest_intact"] and facts["coverage"] == "whole_file"
    allowed = sound and changes in may_change.get(facts["known"] or "", ())
    found = word([*signatures[:-1], last, later], register)
    assert found == ("authentic" if allowed else found)
    assert allowed or found in ("review", "altered")


def test_validation_data_after_the_last_signature_is_named_and_harmless() -> None:
    signatures, register = flawless(2)
    last = replace(signatures[-1], coverage="whole_revision", changes="validation_data")
    found = judge(Inspection("d", 9000, True, (signatures[0], last), (), True), register)
    assert found.verdict == "authentic"
    assert [[reason.code for reason in stamp.reasons] for stamp in found.stamps] == [["validation_data_added"]] * 2
    assert word([signatures[0], replace(last, coverage="partial")], register) == "altered"


def test_without_a_stamp_it_is_never_authentic() -> None:
    _, register = flawless(1)
    assert word([], register) == "copied"  # a name of ours, and nothing sealed
    assert word([], register, traces=False) == "unstamped"
    assert word([], register, traces=False, claimed=("0" * 22,)) == "copied"
    assert word([], register, readable=False) == "unreadable"
    (signature,), _ = flawless(1)
    foreign = replace(signature, issuer=None, claims_stamp=False, serial=None)
    assert word([foreign], register, traces=False) == "unstamped"


def test_a_mark_of_another_stamp_beside_a_genuine_one_is_copied() -> None:
    signatures, register = flawless(1)
    assert word(signatures, register, claimed=("Z" * 22,)) == "copied"
