"""What a repair does to a document's row, and what it never does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from meterai.domain.errors import (
    Busy,
    DocumentEncrypted,
    DocumentInUse,
    DocumentNotReady,
    DocumentSigned,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentUnreadable,
    Missing,
)
from meterai.domain.rows import Document, Report
from meterai.operations.delete_document import delete_document
from meterai.operations.examine_document import Examined
from meterai.operations.find import loaded
from meterai.operations.repair_document import REPAIRS_MAX, repair_document
from meterai.operations.show_document import Looked, show_document
from meterai.ports.documents_pdf import Limits, Repair
from meterai.runtime.shown import DocumentShown
from tests.fakes.world import World, plain_examiner

LOCKED = b"a document of one page trouble:document_encrypted"


@dataclass
class Mender:
    """Takes the trouble out of a document; `does` plays what happens meanwhile."""

    does: Any = None
    makes: bytes | None = None
    calls: list[Repair] = field(default_factory=list)

    def __call__(self, source: bytes, how: Repair, size_max: int | None, limits: Limits = Limits()) -> bytes:  # noqa: B008
        self.calls.append(how)
        if self.does is not None:
            self.does()
        if b"signed" in source:
            raise DocumentSigned
        return self.makes or source.partition(b" trouble:")[0] + b" by " + how.encode()


def pictures(source: bytes, pages: int, limits: Limits = Limits()) -> dict[int, bytes]:  # noqa: B008
    return dict.fromkeys(range(1, pages + 1), source + b" as a picture")


@pytest.fixture
def world() -> World:
    return World()


def mend(
    world: World, account: str, document: str, how: Repair = "unlock", size_max: int | None = None, mender: Any = None
) -> Examined:
    return repair_document(
        world.ledger,
        world.sources,
        plain_examiner,
        mender or Mender(),
        account=account,
        document_id=document,
        how=how,
        size_max=size_max,
        limits=Limits(),
        now=world.now,
    )


def look(world: World, account: str, document: str) -> Looked:
    return show_document(
        world.ledger,
        world.sources,
        plain_examiner,
        pictures,
        account=account,
        document_id=document,
        limits=Limits(),
    )


def brought(world: World, data: bytes = LOCKED) -> tuple[str, str]:
    opened = world.account()
    account = opened.account.id
    world.pay(world.buy(account, 2).attempt.id)
    return account, world.document(opened.token, data)


def test_a_refused_document_is_ready_after_its_repair_and_the_mended_bytes_are_what_is_sealed(world: World) -> None:
    account, document = brought(world)
    with pytest.raises(DocumentEncrypted):
        world.stamp(account, document)
    before = loaded(world.ledger, Document, document)
    after = mend(world, account, document).document
    assert (before.status, after.status, after.refusal) == ("refused", "ready", None)
    assert after.version != before.version
    stamping = world.stamp(account, document).stamping
    world.work()
    assert world.stamping(stamping.id).status == "done"
    mended = world.sources.pinned(document, after.version or "") or b""
    assert hashlib.sha256(mended).hexdigest() == after.sha256 == stamping.sha256
    assert world.sealed.files[stamping.id, world.stamping(stamping.id).serial or ""].startswith(mended)


def test_the_original_is_kept_and_before_and_after_are_shown(world: World) -> None:
    account, document = brought(world)
    mend(world, account, document)
    mend(world, account, document, "shrink_images", 26, Mender(makes=b"smaller"))
    seen = look(world, account, document)
    shown = DocumentShown.of(seen.document, seen.report, stamp_size_max=0, previews=seen.previews)
    first, second = shown.repairs
    assert world.sources.pinned(document, "0") == LOCKED
    assert (first.repair, first.before.size, first.before.findings) == ("unlock", len(LOCKED), ["document_encrypted"])
    assert first.before.sha256 == hashlib.sha256(LOCKED).hexdigest()
    assert (first.after, second.after.size) == (second.before, len(b"smaller"))
    assert (second.after.sha256, second.after.preview_url) == (shown.sha256, shown.pages[0].preview_url)


def test_doing_it_twice_is_doing_it_once(world: World) -> None:
    account, document = brought(world)
    mender = Mender()
    once = mend(world, account, document, mender=mender)
    again = mend(world, account, document, mender=mender)
    assert (once.document, once.report) == (again.document, again.report)
    assert mender.calls == ["unlock"]
    world.stamp(account, document)
    assert mend(world, account, document).document.version == once.document.version


def test_two_at_once_are_one(world: World) -> None:
    account, document = brought(world)
    late = Mender(does=lambda: mend(world, account, document))
    assert (
        len((mend(world, account, document, mender=late).report or Report(id="", pages=[], findings=[])).repairs or [])
        == 1
    )


def test_a_repair_that_changes_nothing_is_no_version(world: World) -> None:
    account, document = brought(world, b"a document of one page")
    same = mend(world, account, document, mender=Mender(makes=b"a document of one page"))
    assert (same.document.version, (same.report or Report(id="", pages=[], findings=[])).repairs) == ("0", None)


def test_a_document_with_a_claim_cannot_be_repaired(world: World) -> None:
    account, document = brought(world, b"a document of one page")
    world.stamp(account, document)
    for status in ("queued", "done"):
        with pytest.raises(DocumentInUse):
            mend(world, account, document, "rewrite")
        world.work()
        assert status


def test_a_stamping_that_comes_first_wins_over_a_repair_under_way(world: World) -> None:
    account, document = brought(world, b"a document of one page")
    with pytest.raises(DocumentInUse):
        mend(world, account, document, "rewrite", mender=Mender(does=lambda: world.stamp(account, document)))
    assert loaded(world.ledger, Document, document).version == "0"


def test_a_deletion_that_comes_first_leaves_no_version_behind(world: World) -> None:
    account, document = brought(world)

    def go() -> None:
        delete_document(world.ledger, world.sources, account=account, document_id=document)

    with pytest.raises(DocumentNotReady):
        mend(world, account, document, mender=Mender(does=go))
    assert world.sources.latest(document, most_bytes=1000) is None


def test_another_repair_meanwhile_is_busy(world: World) -> None:
    account, document = brought(world)
    with pytest.raises(Busy):
        mend(world, account, document, "rewrite", mender=Mender(does=lambda: mend(world, account, document, "unlock")))


def test_what_is_refused_changes_nothing(world: World) -> None:
    account, document = brought(world, b"signed")
    refused, signed = brought(world, b"x trouble:document_certified")
    with pytest.raises(DocumentSigned):
        mend(world, account, document)
    with pytest.raises(DocumentTooLarge):
        mend(world, refused, signed, mender=Mender(makes=b"trouble:document_too_large"))
    for id in (document, signed):
        assert loaded(world.ledger, Document, id).version == "0"
        assert world.sources.pinned(id, "1") is None


def test_only_ones_own_examined_document_is_repaired(world: World) -> None:
    account, document = brought(world)
    with pytest.raises(Missing):
        mend(world, world.account("lain@example.id").account.id, document)
    world.sources.delete(document)
    with pytest.raises(DocumentNotReady):
        mend(world, account, document)
    delete_document(world.ledger, world.sources, account=account, document_id=document)
    with pytest.raises(DocumentNotReady):
        mend(world, account, document)


def test_a_version_that_is_gone_is_not_repaired(world: World) -> None:
    account, document = brought(world)
    look(world, account, document)
    world.sources.delete(document)
    with pytest.raises(DocumentUnreadable):
        mend(world, account, document)


def test_repairs_are_bounded(world: World) -> None:
    account, document = brought(world, b"x" * 100)
    for size in range(99, 99 - REPAIRS_MAX, -1):
        mend(world, account, document, "shrink_images", size, Mender(makes=b"x" * size))
    with pytest.raises(DocumentTooComplex):
        mend(world, account, document, "shrink_images", 10, Mender(makes=b"x"))


def test_pages_have_pictures_made_once_which_go_with_the_document(world: World) -> None:
    account, document = brought(world, b"a document of one page")
    links = {**look(world, account, document).previews}
    assert list(links) == [("0", 1)]
    assert world.sources.previews == {(document, "0", 1): b"a document of one page as a picture"}
    world.sources.previews[document, "0", 1] = b"the first"
    assert look(world, account, document).previews == links
    assert world.sources.previews[document, "0", 1] == b"the first"
    delete_document(world.ledger, world.sources, account=account, document_id=document)
    assert world.sources.previews == {}
    assert look(world, account, document).previews == {}


def test_pictures_of_a_document_that_is_deleted_meanwhile_go_too(world: World) -> None:
    account, document = brought(world, b"a document of one page")

    def slow(source: bytes, pages: int, limits: Limits = Limits()) -> dict[int, bytes]:  # noqa: B008
        delete_document(world.ledger, world.sources, account=account, document_id=document)
        return {1: b"late"}

    seen = show_document(
        world.ledger, world.sources, plain_examiner, slow, account=account, document_id=document, limits=Limits()
    )
    assert (seen.document.status, seen.previews, world.sources.previews) == ("deleted", {}, {})


def test_a_refused_document_has_no_pictures(world: World) -> None:
    account, document = brought(world)
    assert look(world, account, document).previews == {}
