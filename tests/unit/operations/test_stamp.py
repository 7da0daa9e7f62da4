"""Stamping: a reserved piece becomes exactly one stamp, or returns, wherever a worker is killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.errors import (
    AlreadyStamped,
    Busy,
    DocumentEncrypted,
    DocumentInUse,
    DocumentNotReady,
    DocumentUnreadable,
    IdempotencyKeyReused,
    Missing,
    QuotaExhausted,
    TimestampUnavailable,
    TokenInvalid,
)
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document, Joined, Serial
from meterai.domain.serial import check
from meterai.domain.verdict import Inspection, SignatureFound, Trust
from meterai.operations.bring_document import bring_document
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.delete_document import delete_document
from meterai.operations.find import load, loaded
from meterai.operations.seal_stamping import LEASE, Judge
from meterai.ports.documents_pdf import Limits
from tests.fakes.ledger import MemoryLedger
from tests.fakes.world import GOOD, World


def ready(world: World, pieces: int = 1, data: bytes = GOOD) -> tuple[str, str]:
    """An account with pieces, and a document of its own."""
    opened = world.account()
    if pieces:
        world.pay(world.buy(opened.account.id, pieces).attempt.id)
    return opened.account.id, world.document(opened.token, data)


def cancel(world: World, account: str, stamping: str) -> Any:
    return cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=stamping, now=world.now)


def test_a_piece_becomes_a_stamp_whose_register_knows_both_hashes() -> None:
    world = World()
    account, document = ready(world, 2)
    asked = world.stamp(account, document).stamping
    assert (world.quota(account).available, world.quota(account).reserved) == (1, 1)
    world.work()
    done = world.stamping(asked.id)
    quota = world.quota(account)
    assert (done.status, quota.available, quota.reserved, quota.used) == ("done", 1, 0, 1)
    assert done.serial is not None
    assert check(done.serial) == done.serial
    sealed = world.sealed.files[asked.id, done.serial]
    register = loaded(world.ledger, Serial, done.serial)
    assert register.state == "affixed"
    assert register.input_sha256 == hashlib.sha256(GOOD).hexdigest()
    assert register.input_length == len(GOOD)
    assert register.sealed_sha256 == done.sealed_sha256 == hashlib.sha256(sealed).hexdigest()
    assert sum(world.books().values()) == 0
    assert world.books()["duty"] == -10_000


def test_only_a_done_stamping_has_a_link() -> None:
    world = World()
    account, document = ready(world)
    assert world.stamp(account, document, key="k").download_url is None
    world.work()
    link = world.stamp(account, document, key="k").download_url
    assert link is not None
    assert "surat lamaran-bermeterai.pdf" in link


def test_a_message_delivered_many_times_seals_once() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    for _ in range(5):
        world.seal(asked.id)
    assert (world.sealer.calls, world.quota(account).used) == (1, 1)


def test_the_same_document_again_gives_the_stamping_it_has_and_only_another_spends_a_second_piece() -> None:
    world = World()
    account, document = ready(world, 2)
    first = world.stamp(account, document)
    again = world.stamp(account, document)
    assert (again.stamping.id, again.replayed) == (first.stamping.id, True)
    assert world.quota(account).reserved == 1
    second = world.stamp(account, document, another=True)
    assert second.stamping.id != first.stamping.id
    assert world.quota(account).reserved == 2


def test_a_document_that_has_its_stamping_is_returned_even_when_no_piece_is_left() -> None:
    world = World()
    account, document = ready(world, 1)
    first = world.stamp(account, document)
    world.work()
    assert world.quota(account).available == 0
    assert world.stamp(account, document).stamping.id == first.stamping.id


def test_a_key_that_was_answered_with_a_documents_stamping_gets_it_also_after_it_was_released() -> None:
    world = World()
    account, document = ready(world, 2)
    first = world.stamp(account, document, key="one").stamping
    assert world.stamp(account, document, key="two").stamping.id == first.id
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=first.id, now=world.now)
    again = world.stamp(account, document, key="two")
    assert (again.stamping.id, again.stamping.status, again.replayed) == (first.id, "released", True)
    assert world.quota(account).reserved == 0
    with pytest.raises(IdempotencyKeyReused):
        world.stamp(account, document, key="two", fingerprint="another request")
    assert world.stamp(account, document, key="three").stamping.id != first.id


def test_a_request_does_not_join_a_stamping_that_was_released_while_it_looked() -> None:
    world = World()
    account, document = ready(world, 2)
    first = world.stamp(account, document, key="one").stamping
    claimed = loaded(world.ledger, Document, document)
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=first.id, now=world.now)
    with pytest.raises(GateClosed):
        world.ledger.apply(moves.join(Joined(id="stp_late", stamping=first.id, fingerprint="f"), claimed))
    assert load(world.ledger, Joined, "stp_late") is None


def test_the_same_key_for_another_document_is_refused() -> None:
    world = World()
    opened = world.account()
    world.pay(world.buy(opened.account.id, 2).attempt.id)
    world.stamp(opened.account.id, world.document(opened.token), key="k")
    with pytest.raises(IdempotencyKeyReused):
        world.stamp(opened.account.id, world.document(opened.token), key="k")


def test_without_a_piece_nothing_is_reserved() -> None:
    world = World()
    account, document = ready(world, 0)
    with pytest.raises(QuotaExhausted):
        world.stamp(account, document)
    world.flow()
    assert world.queue.messages == []


def test_somebody_elses_document_is_missing() -> None:
    world = World()
    _, document = ready(world)
    other, _ = ready(world)
    with pytest.raises(Missing):
        world.stamp(other, document)


def test_a_document_is_refused_before_a_piece_is_touched() -> None:
    world = World()
    account, document = ready(world, 1, GOOD + b"trouble:document_encrypted")
    with pytest.raises(DocumentEncrypted):
        world.stamp(account, document)
    assert world.quota(account).available == 1


def test_a_document_that_was_never_uploaded_is_not_ready() -> None:
    world = World()
    opened = world.account()
    world.pay(world.buy(opened.account.id).attempt.id)
    document = world.document(opened.token)
    world.sources.delete(document)
    with pytest.raises(DocumentNotReady):
        world.stamp(opened.account.id, document)


def test_a_document_that_came_with_our_stamp_needs_another() -> None:
    world = World()
    account, document = ready(world, 1, GOOD + b"stamped:" + b"0" * 22)
    with pytest.raises(AlreadyStamped):
        world.stamp(account, document)
    assert world.stamp(account, document, another=True).stamping.status == "queued"


def test_the_bytes_that_were_examined_are_the_bytes_that_are_sealed() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.sources.upload(document, b"something else, put there later")
    done = world.seal(asked.id)
    assert world.sealed.files[asked.id, done.serial or ""].startswith(GOOD)


def test_a_refusal_by_the_document_returns_the_piece_and_voids_the_serial_for_ever() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.sealer.refuses = DocumentUnreadable
    ended = world.seal(asked.id)
    assert (ended.status, ended.reason) == ("released", "document_unreadable")
    assert world.quota(account).available == 1
    assert loaded(world.ledger, Serial, ended.serial or "").state == "void"
    world.sealer.refuses = None
    assert world.seal(asked.id).status == "released"
    assert world.stamp(account, document).stamping.id != asked.id


@pytest.mark.parametrize("down", ["timestamps", "signer"])
def test_while_the_timestamp_authority_or_the_key_is_down_the_piece_waits(down: str) -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    getattr(world, down).down = True
    with pytest.raises((TimestampUnavailable, Busy)):
        world.seal(asked.id)
    for _ in range(200):
        world.wait(timedelta(hours=1))
        world.sweep()
        world.work()
    assert world.quota(account).reserved == 1
    getattr(world, down).down = False
    world.wait(timedelta(hours=1))
    world.sweep()
    world.work()
    assert world.stamping(asked.id).status == "done"


def test_two_workers_do_not_hold_one_stamping_while_its_lease_lives() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.timestamps.down = True
    with pytest.raises(TimestampUnavailable):
        world.seal(asked.id)
    world.timestamps.down = False
    with pytest.raises(Busy):
        world.seal(asked.id)
    world.wait(LEASE + timedelta(seconds=1))
    assert world.seal(asked.id).status == "done"


class Killed(BaseException):
    """The worker's process is gone."""


class KillingLedger(MemoryLedger):
    """Dies at the n-th call of a worker, before or after the call took effect."""

    def __init__(self) -> None:
        super().__init__()
        self.left = -1
        self.after = False

    def apply(self, move: Any) -> None:
        self.strike(lambda: super(KillingLedger, self).apply(move))

    def strike(self, act: Callable[[], None]) -> None:
        if self.left == 0 and not self.after:
            self.left = -1
            raise Killed
        act()
        if self.left == 0:
            self.left = -1
            raise Killed
        self.left -= 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("refuses", [None, DocumentUnreadable])
def test_a_worker_killed_at_any_step_leaves_a_stamping_that_another_ends_once(
    place: int, after: bool, refuses: Any
) -> None:
    ledger = KillingLedger()
    world = World(ledger=ledger)
    world.sealer.refuses = refuses
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    keep = world.sealed.keep

    def keeping(stamping: str, serial: str, data: bytes) -> bytes:
        kept: list[bytes] = []
        ledger.strike(lambda: kept.append(keep(stamping, serial, data)))
        return kept[0]

    world.sealed.keep = keeping  # type: ignore[method-assign]
    ledger.left, ledger.after = place, after
    try:
        world.seal(asked.id)
    except Killed:
        world.wait(LEASE + timedelta(seconds=1))
    ledger.left = -1
    world.flow()
    world.sweep()
    world.work()
    world.seal(asked.id)
    ended = world.stamping(asked.id)
    quota = world.quota(account)
    assert ended.status == ("released" if refuses else "done")
    assert (quota.available, quota.reserved, quota.used) == ((1, 0, 0) if refuses else (0, 0, 1))
    assert len(world.sealed.files) <= 1
    assert quota.balanced()
    if not refuses:
        stored = world.sealed.files[asked.id, ended.serial or ""]
        assert ended.sealed_sha256 == hashlib.sha256(stored).hexdigest()


def test_a_lost_message_is_sent_again_by_the_sweep() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.flow()
    world.queue.messages.clear()
    world.wait(timedelta(minutes=11))
    world.sweep()
    world.work()
    assert world.stamping(asked.id).status == "done"


def test_after_a_restart_the_full_sweep_finds_what_no_list_knows() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.sweep("open")
    assert world.queue.messages == [asked.id]


def test_waiting_never_releases() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    for _ in range(400):
        world.wait(timedelta(days=1))
        world.flow()
        world.sweep()
        world.queue.messages.clear()
    assert world.stamping(asked.id).status == "queued"
    assert world.quota(account).reserved == 1


def test_the_owner_cancels_a_queued_stamping_and_has_the_piece_back() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    assert cancel(world, account, asked.id).stamping.status == "released"
    assert cancel(world, account, asked.id).stamping.status == "released"
    assert world.quota(account).available == 1
    world.work()
    assert world.stamping(asked.id).status == "released"


def test_a_cancel_that_races_a_worker_leaves_a_tombstone_and_the_worker_obeys_it() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    real = world.sealer
    raced: list[str] = []

    def racing(source: bytes, **more: Any) -> bytes:
        stamped = real(source, **more)
        raced.append(cancel(world, account, asked.id).stamping.status)
        return stamped

    world.sealer = racing  # type: ignore[assignment]
    assert world.seal(asked.id).status == "released"
    assert raced == ["released"]
    assert world.quota(account).available == 1


def test_a_cancel_after_the_seal_was_kept_commits_it_and_says_so() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    keep = world.sealed.keep
    raced: list[bool] = []

    def keeping(stamping: str, serial: str, data: bytes) -> bytes:
        there = keep(stamping, serial, data)
        if not raced:
            raced.append(True)
            with pytest.raises(AlreadyStamped):
                cancel(world, account, asked.id)
        return there

    world.sealed.keep = keeping  # type: ignore[method-assign]
    assert world.seal(asked.id).status == "done"
    assert world.quota(account).used == 1


def test_a_document_that_a_stamping_needs_cannot_be_deleted() -> None:
    world = World()
    account, document = ready(world)
    world.stamp(account, document)
    with pytest.raises(DocumentInUse):
        delete_document(world.ledger, world.sources, account=account, document_id=document)
    world.work()
    for _ in range(2):
        delete_document(world.ledger, world.sources, account=account, document_id=document)
    assert world.sources.latest(document, most_bytes=1_000) is None


def test_without_a_token_a_document_can_be_brought_only_to_be_verified() -> None:
    world = World()
    what: dict[str, Any] = {
        "bearer": None,
        "filename": "x.pdf",
        "size": 3,
        "sha256": None,
        "reference": None,
        "metadata": None,
        "most_bytes": 10,
        "now": world.now,
        "random": world.dice.randbytes,
    }
    with pytest.raises(TokenInvalid):
        bring_document(world.ledger, world.sources, purpose="stamp", **what)
    assert bring_document(world.ledger, world.sources, purpose="verify", **what).document.purpose == "verify"


def test_a_document_goes_when_its_time_is_over_unless_a_stamping_still_needs_it() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.flow()
    world.wait(timedelta(days=31))
    assert world.sweep().failed == ["document_in_use"]
    world.work()
    assert world.stamping(asked.id).status == "done"
    world.sweep()
    world.flow()
    assert world.sources.latest(document, most_bytes=1_000) is None
    assert world.sealed.files
    assert world.sweep().failed == []


def test_a_worker_that_stalls_past_its_lease_and_is_requeued_still_ends_in_one_stamp() -> None:
    world = World()
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.flow()
    world.queue.messages.clear()
    real = world.sealer

    def stalling(source: bytes, **more: Any) -> bytes:
        world.flow()
        world.wait(LEASE + timedelta(seconds=1))
        world.sweep()
        return real(source, **more)

    world.sealer = stalling  # type: ignore[assignment]
    world.seal(asked.id)
    world.sealer = real
    assert world.stamping(asked.id).status == "queued"
    world.work()
    ended = world.stamping(asked.id)
    assert (ended.status, world.quota(account).used) == ("done", 1)
    assert ended.sealed_sha256 == hashlib.sha256(world.sealed.files[asked.id, ended.serial or ""]).hexdigest()
    assert real.calls == 1


def test_bytes_uploaded_again_after_a_document_was_deleted_go_when_its_time_is_over() -> None:
    world = World()
    account, document = ready(world)
    world.flow()
    delete_document(world.ledger, world.sources, account=account, document_id=document)
    world.flow()
    world.sources.upload(document, b"sent with the form that was still good")
    world.wait(timedelta(days=31))
    world.sweep()
    assert world.sources.latest(document, most_bytes=1_000) is None


@dataclass
class Inspector:
    """Sees what a test says; `asked` keeps what it was shown."""

    signatures: tuple[SignatureFound, ...]
    readable: bool = True
    asked: tuple[bytes, ...] = ()

    def __call__(self, source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
        self.asked += (source,)
        sha256 = hashlib.sha256(source).hexdigest()
        return Inspection(sha256, len(source), self.readable, self.signatures, (), True)


def signature_of(register: Serial) -> SignatureFound:
    """Our signature as it is on the bytes that the register has."""
    return SignatureFound(
        field=f"Emet{register.id}",
        claims_stamp=True,
        serial=register.id,
        key_sha256="0" * 64,
        issuer="own",
        key_in_force=True,
        path_trusted=True,
        cms_intact=True,
        digest_intact=True,
        coverage="whole_file",
        changes="none",
        signed_at=None,
        timestamped_at=None,
        timestamp_valid=True,
        revision_length=1,
        revision_sha256=register.sealed_sha256 or "",
        prefix_length=None,
        prefix_sha256=None,
    )


@pytest.mark.parametrize(
    ("change", "sealed"),
    [
        ({}, True),
        ({"timestamp_valid": False}, True),
        ({"changes": "validation_data"}, True),
        ({"changes": "other"}, False),
        ({"digest_intact": False}, False),
        ({"cms_intact": False}, False),
        ({"issuer": None}, False),
        ({"revision_sha256": "0" * 64}, False),
        (None, False),
    ],
    ids=["authentic", "review", "later data", "altered later", "altered", "forged", "stranger", "void", "unreadable"],
)
def test_a_stamped_document_is_stamped_again_only_if_nobody_altered_it(
    change: dict[str, Any] | None, sealed: bool
) -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    world.pay(world.buy(account, 2).attempt.id)
    first = world.stamp(account, world.document(opened.token)).stamping
    world.work()
    stamp = signature_of(loaded(world.ledger, Serial, world.stamping(first.id).serial or ""))
    inspector = Inspector((replace(stamp, **(change or {})),), readable=change is not None)
    world.judge = Judge(inspector, Trust((), ()))
    stamped = GOOD + b"stamped:" + stamp.field.encode()
    again = world.document(opened.token, stamped)
    asked = world.stamp(account, again, another=True).stamping
    world.work()
    ended = world.stamping(asked.id)
    assert inspector.asked == (stamped,)
    assert (ended.status, ended.reason) == (("done", None) if sealed else ("released", "document_altered"))
    quota = world.quota(account)
    assert (quota.available, quota.reserved, quota.used) == ((0, 0, 2) if sealed else (1, 0, 1))


@pytest.mark.parametrize("ours", [True, False], ids=["an altered stamp of ours", "somebody else's signature"])
def test_a_signed_document_is_judged_whatever_its_fields_are_called(ours: bool) -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    world.pay(world.buy(account, 2).attempt.id)
    first = world.stamp(account, world.document(opened.token)).stamping
    world.work()
    stamp = signature_of(loaded(world.ledger, Serial, world.stamping(first.id).serial or ""))
    renamed = replace(stamp, field="Pihak", claims_stamp=False, changes="other")
    inspector = Inspector((renamed if ours else replace(renamed, issuer=None, serial=None),))
    world.judge = Judge(inspector, Trust((), ()))
    again = world.document(opened.token, GOOD + b"signed:")
    ended = world.stamping(world.stamp(account, again).stamping.id)
    world.work()
    ended = world.stamping(ended.id)
    assert (ended.status, ended.reason) == (("released", "document_altered") if ours else ("done", None))


def test_a_document_without_a_stamp_is_not_looked_at_again() -> None:
    world = World()
    inspector = Inspector(())
    world.judge = Judge(inspector, Trust((), ()))
    account, document = ready(world)
    asked = world.stamp(account, document).stamping
    world.work()
    assert (world.stamping(asked.id).status, inspector.asked) == ("done", ())
