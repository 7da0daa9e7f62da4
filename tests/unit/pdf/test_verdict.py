from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from meterai.domain.placement import Placement
from meterai.domain.verdict import PinnedKey, RegisterEntry, Trust, Verdict, judge, serials_to_look_up
from meterai.pdf.inspect import inspect
from meterai.pdf.preflight import examine, refusal
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf import papers
from tests.unit.pdf.attacks import ATTACKS, LEGITIMATE, SHADOWS, Scene
from tests.unit.pdf.attacks import __main__ as attacks_page
from tests.unit.pdf.conftest import House
from tests.unit.pdf.lean import inspected, there
from tests.unit.pdf.pki import NOW, Pki
from tests.unit.pdf.test_seal import KINDS, signed_by_somebody

SHARED = Path(__file__).parents[4] / "shared" / "attacks"


TORN = ("isa_A", "isa_E", "isa_I")
"""The published files whose cross-references no reader follows; others are read in one way or another."""


def verdict(document: bytes, house: House, trust: Trust | None = None, *, slowly: bool = False) -> Verdict:
    """As the public check has it: the register is asked for the serials that are seen, and for these very bytes."""
    seen = inspected(document, trust or house.pki.trust, slowly=slowly)
    wanted = {number for number in serials_to_look_up(seen) if number in house.register}
    if not seen.signatures:
        wanted |= {number for number, entry in house.register.items() if entry.input_sha256 == seen.document_sha256}
    return judge(seen, {number: house.register[number] for number in wanted})


def plain() -> bytes:
    return papers.classical(papers.objects())


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_stamp_is_authentic_whatever_it_was_put_on(house: House, stranger: Pki, kind: str) -> None:
    sealed = house.stamp(KINDS[kind](stranger))
    found = verdict(sealed, house)
    assert (found.verdict, [stamp.verdict for stamp in found.stamps]) == ("authentic", ["authentic"])
    (stamp,) = found.stamps
    assert (stamp.serial, stamp.signed_at, stamp.timestamped_at) == (next(iter(house.register)), NOW, NOW)
    assert found.document_sha256 == hashlib.sha256(sealed).hexdigest()


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("kind", ["table", "stream", "hybrid", "signed"])
def test_several_stamps_in_a_row_are_all_authentic(house: House, stranger: Pki, count: int, kind: str) -> None:
    document = KINDS[kind](stranger)
    for index in range(count):
        document = house.stamp(document, Placement(1, 0.05 + 0.17 * index, 0.4, 0.1))
    found = verdict(document, house)
    assert [stamp.verdict for stamp in found.stamps] == ["authentic"] * count
    assert [stamp.serial for stamp in found.stamps] == list(house.register)
    assert (found.verdict, found.reasons) == ("authentic", ())


@pytest.fixture(scope="module")
def scenes(pki: Pki, stranger: Pki) -> dict[int, Scene]:
    """A document stamped once, and the same stamped twice: what every forger begins with."""
    house = House(pki, random.Random(7).randbytes)
    found, document = {}, plain()
    for count in (1, 2):
        source, document = document, house.stamp(document, Placement(1, 0.05 + 0.2 * count, 0.05, 0.1))
        kept = House(pki, random.Random(count).randbytes, dict(reversed(house.register.items())))
        found[count] = Scene(kept, stranger, document, source, list(house.register)[-1])
    return found


def staged(scene: Scene) -> Scene:
    """The same scene for one play: what a forger has stamped there is in nobody else's register."""
    return replace(scene, house=House(scene.house.pki, scene.house.random, dict(scene.house.register)))


def codes(found: Verdict) -> set[str]:
    return {
        reason.code for reasons in (found.reasons, *(stamp.reasons for stamp in found.stamps)) for reason in reasons
    }


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("stamps", [1, 2])
def test_a_manipulated_file_gets_the_verdict_it_deserves(scenes: dict[int, Scene], name: str, stamps: int) -> None:
    kind, scene = ATTACKS[name], staged(scenes[stamps])
    forgery = kind.make(scene)
    assert (forgery == scene.sealed) <= (kind.by_register or kind.trust is not None)
    trust = kind.trust(scene) if kind.trust else None
    expected, code = kind.second if kind.second and stamps == 2 else (kind.verdict, kind.code)
    found = verdict(forgery, scene.house, trust)
    assert (found.verdict, code in codes(found)) == (expected, True), codes(found)
    assert verdict(forgery, scene.house, trust, slowly=True) == found, "the slow way says something else"


@pytest.mark.parametrize("name", LEGITIMATE)
def test_an_honest_file_is_never_refused(scenes: dict[int, Scene], name: str) -> None:
    honest, scene = LEGITIMATE[name], staged(scenes[1])
    scene.house.register.clear()
    document = honest.make(scene)
    found = verdict(document, scene.house, honest.trust(scene))
    assert (found.verdict, [stamp.verdict for stamp in found.stamps]) == ("authentic", ["authentic"] * honest.stamps)
    assert honest.code in codes(found)
    assert verdict(document, scene.house, honest.trust(scene), slowly=True) == found, "the slow way says something else"


@pytest.mark.parametrize("name", SHADOWS)
def test_what_is_prepared_for_later_is_honest_until_it_is_triggered_and_preflight_warns_of_it(
    scenes: dict[int, Scene], name: str
) -> None:
    shadow, scene = SHADOWS[name], staged(scenes[1])
    warned = {finding.code for finding in there(examine, shadow.prepared).findings}
    assert warned >= set(shadow.findings)
    sealed = scene.house.stamp(shadow.prepared)
    assert verdict(sealed, scene.house).verdict == "authentic"
    assert verdict(shadow.trigger(sealed), scene.house).verdict == "altered"


def test_the_page_of_the_attacks_says_what_is_tried() -> None:
    assert attacks_page.PAGE.read_text() == attacks_page.page()


def test_the_generator_has_kinds_enough() -> None:
    assert len(ATTACKS) >= 45
    assert all(kind.verdict != "authentic" for kind in ATTACKS.values())
    assert {name for name, kind in ATTACKS.items() if kind.second and kind.second[0] == "authentic"} <= {
        "roll_back_to_the_earlier_revision"  # the state after the first stamp is genuine
    }


@pytest.mark.parametrize(
    "path", sorted(SHARED.glob("*.pdf")) if SHARED.is_dir() else [], ids=lambda path: path.name[-48:]
)
def test_published_attacks_are_never_authentic(house: House, path: Path) -> None:
    """None was stamped here. One that can be stamped is, and then what is done to it is told."""
    published = path.read_bytes()
    found = verdict(published, house)
    assert found.verdict == ("unreadable" if path.stem.endswith(TORN) else "unstamped")
    seen = examine(published)
    if refusal(seen) is None:
        sealed = house.stamp(published, seen.suggested_placement)
        broken = "another_signature_broken" in codes(found)
        assert verdict(sealed, house).verdict == ("review" if broken else "authentic")
        for later in (b"\n", b"% later\n", sealed[len(published) :]):
            assert verdict(sealed + later, house).verdict in ("altered", "unreadable")


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/attacks is not here")
def test_the_published_attacks_are_there() -> None:
    assert len(list(SHARED.glob("*.pdf"))) >= 20


@pytest.mark.parametrize(
    ("change", "expected", "code"),
    [
        ({"state": "issued"}, "void", "serial_not_affixed"),
        ({"state": "void"}, "void", "serial_not_affixed"),
        ({"sealed_sha256": "0" * 64}, "void", "other_bytes"),
        ({"sealed_sha256": None}, "void", "other_bytes"),
        ({"serial": "0" * 22}, "void", "serial_unknown"),
    ],
)
def test_what_the_register_knows_decides(house: House, change: dict[str, str], expected: str, code: str) -> None:
    sealed = house.stamp(plain())
    ((number, entry),) = house.register.items()
    house.register[number] = replace(entry, **change)  # type: ignore[arg-type]
    found = verdict(sealed, house)
    assert found.verdict == expected
    assert [reason.code for reason in found.stamps[0].reasons] == [code]
    house.register.clear()
    assert verdict(sealed, house).verdict == "void"


def test_the_register_must_know_what_the_second_stamp_was_put_on(house: House) -> None:
    first = house.stamp(plain())
    second = house.stamp(first, Placement(1, 0.1, 0.5, 0.1))
    number = list(house.register)[1]
    honest = house.register[number]
    for change in ({"input_sha256": "0" * 64}, {"input_length": 1}, {"input_sha256": None}, {"input_length": None}):
        house.register[number] = replace(honest, **change)
        assert verdict(second, house).verdict == "altered"
    house.register[number] = honest
    assert verdict(second, house).verdict == "authentic"


def test_keys_are_pinned_by_key_and_by_date(house: House, stranger: Pki) -> None:
    sealed = house.stamp(plain())
    trust = house.pki.trust

    def pinned(*pins: PinnedKey) -> str:
        return verdict(sealed, house, Trust(trust.roots, pins)).verdict

    day = timedelta(days=1)
    assert pinned(house.pki.pin()) == "authentic"
    assert pinned(stranger.pin(), house.pki.pin()) == "authentic"
    assert pinned(house.pki.pin(NOW - 2 * day, NOW - day), house.pki.pin(NOW - day, NOW + day)) == "authentic"
    assert pinned(house.pki.pin(NOW - 2 * day, NOW - day)) == "forged"
    assert pinned(house.pki.pin(NOW + day, NOW + 2 * day)) == "forged"
    assert pinned(stranger.pin()) == "forged"
    assert pinned() == "forged"


def test_without_a_trusted_chain_or_time_it_is_no_more_than_review(house: House, stranger: Pki) -> None:
    sealed = house.stamp(plain())
    found = verdict(sealed, house, Trust(stranger.trust.roots, house.pki.trust.keys))
    assert found.verdict == "review"
    assert {reason.code for reason in found.stamps[0].reasons} == {"certificate_path", "timestamp_invalid"}
    foreign = house.stamp(plain(), timestamps=stranger.clock)
    found = verdict(foreign, house)
    assert [reason.code for reason in found.stamps[0].reasons] == ["timestamp_invalid"]
    assert found.stamps[0].timestamped_at is None


def test_somebody_elses_signature_before_the_stamp_does_no_harm_unless_broken(house: House, stranger: Pki) -> None:
    signed = signed_by_somebody(plain(), stranger)
    assert verdict(house.stamp(signed), house).verdict == "authentic"
    broken = signed.replace(b"Surat pernyataan", b"Surat Pernyataan", 1)
    found = verdict(house.stamp(broken), house)
    assert (found.verdict, found.reasons[0].code) == ("review", "another_signature_broken")


def test_stamp_signature_stamp_is_at_most_review(house: House, stranger: Pki) -> None:
    document = house.stamp(signed_by_somebody(house.stamp(plain()), stranger), Placement(1, 0.1, 0.5, 0.1))
    found = verdict(document, house)
    assert [stamp.verdict for stamp in found.stamps] == ["review", "authentic"]
    assert found.verdict == "review"


def test_an_unsigned_document_is_unstamped_and_said_to_be_an_earlier_version(house: House) -> None:
    source = plain()
    assert verdict(source, house).verdict == "unstamped"
    house.stamp(source)
    seen = inspect(source, house.pki.trust)
    assert [reason.code for reason in judge(seen, house.register).reasons] == ["earlier_version"]
    assert verdict(signed_by_somebody(source, house.pki), house).verdict == "void"


def test_words_about_meterai_alone_do_not_make_a_copy(house: House) -> None:
    template = papers.classical(papers.objects(text="METERAI ELEKTRONIK 10000, nomor 0123456789012345678901"))
    assert verdict(template, house).verdict == "unstamped"


@pytest.mark.parametrize("source", [b"", b"%PDF-1.7", b"hello", bytes(3000), papers.classical(papers.objects())[:250]])
def test_what_no_reader_opens_is_unreadable(house: House, source: bytes) -> None:
    assert verdict(source, house).verdict == "unreadable"


def test_a_bomb_is_unreadable_and_the_next_file_is_read(house: House) -> None:
    layers = zlib.compress(zlib.compress(zlib.compress(bytes(100_000_000), 9), 9), 9)
    filters = b"[/FlateDecode /FlateDecode /FlateDecode]"
    stream = b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(layers), filters, layers)
    assert len(layers) < 400
    assert verdict(papers.classical(papers.objects(more={20: stream})), house).verdict == "unreadable"
    assert verdict(papers.classical(papers.objects()), house).verdict == "unstamped"


def test_a_file_beyond_the_limits_is_unreadable(house: House) -> None:
    sealed = house.stamp(plain())
    seen = inspect(sealed, house.pki.trust, Limits(size_max=1000))
    assert judge(seen, house.register).verdict == "unreadable"


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_a_file_written_anew_is_not_authentic(house: House, tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(house.stamp(plain()))
    for option in ("--linearize", "--object-streams=generate", "--qdf"):
        subprocess.run(["qpdf", option, tmp_path / "sealed.pdf", tmp_path / "new.pdf"], check=True)
        assert verdict((tmp_path / "new.pdf").read_bytes(), house).verdict in ("altered", "copied")


def test_no_flipped_byte_is_authentic(house: House) -> None:
    sealed = house.stamp(plain())
    seeded = random.Random(5)
    for _ in range(60):
        changed = bytearray(sealed)
        changed[seeded.randrange(len(changed))] ^= 1 << seeded.randrange(8)
        assert verdict(bytes(changed), house).verdict != "authentic"


def test_a_register_entry_is_asked_for_each_serial_seen(house: House) -> None:
    sealed = house.stamp(plain())
    assert serials_to_look_up(inspect(sealed, house.pki.trust)) == tuple(house.register)
    assert isinstance(next(iter(house.register.values())), RegisterEntry)


def test_a_document_does_not_decide_how_many_questions_the_register_is_asked(house: House) -> None:
    names = b" ".join(b"Emet%022d" % number for number in range(5000))
    crowded = papers.classical(papers.objects(more={20: b"(" + names + b")"}))
    seen = inspect(crowded, house.pki.trust)
    assert len(serials_to_look_up(seen)) == 20
    assert judge(seen, {}).verdict == "copied"
    field = b"<< /FT /Sig /T (A) /V << /Type /Sig >> >>"
    fields = dict.fromkeys(range(20, 121), field)
    form = "/AcroForm << /Fields [" + " ".join(f"{number} 0 R" for number in fields) + "] >>"
    assert not inspect(papers.classical(papers.objects(catalog_extra=form, more=fields)), house.pki.trust).readable
