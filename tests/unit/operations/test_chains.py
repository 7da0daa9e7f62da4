"""Chaining and locking: an entry is linked once, whatever comes twice, out of order, late, or dies on the way."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.chains import (
    CHAINS,
    LockedHeads,
    Recorded,
    chain_of,
    entry_digest,
    follows,
    genesis,
    grown,
    head_of,
    partition,
    place,
    recorded,
)
from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed, Move, Row
from meterai.domain.moves.chains import MOST_ENTRIES, append, head_key, marker_key
from meterai.domain.outbox import RESEND_AFTER
from meterai.operations.chain_entries import TRIES, chain_entries
from meterai.operations.lock_heads import lock_heads, read_heads
from tests.fakes.chains import MemoryLockedFiles, PlainHeadsSigner
from tests.fakes.ledger import MemoryLedger
from tests.fakes.world import START, World

KEY = PlainHeadsSigner()
AT = "2024-09-03T10:00:00.000000Z"


def of_one_chain(count: int, chain: int = 7) -> list[Recorded]:
    """So many entries that belong to one chain."""
    names = (f"entry_commit_stp_{number:026}" for number in range(100 * CHAINS * count))
    found = [name for name in names if chain_of(name) == chain][:count]
    return [Recorded(name, entry_digest((name, "entry"), {"at": AT}).hex(), AT) for name in found]


def links(ledger: MemoryLedger, chain: int = 7) -> list[str]:
    """The entries of a chain in the order of its links, each link's head checked on the way."""
    head, found = bytes.fromhex(genesis(chain).hash), []
    for number in range(1, head_of(chain, ledger.get(head_key(chain))).length + 1):
        link = ledger.get((partition(chain), place(number)))
        assert link is not None
        head = grown(head, bytes.fromhex(str(link["hash"])))
        assert head.hex() == link["head"]
        marker = ledger.get(marker_key(str(link["entry"])))
        assert marker is not None
        assert (marker["chain"], marker["number"]) == (chain, number)
        found.append(str(link["entry"]))
    assert head_of(chain, ledger.get(head_key(chain))).hash == head.hex()
    return found


class Crowded(MemoryLedger):
    """A table on which somebody else appends right before each of our first `others` appends."""

    def __init__(self, others: list[Recorded]) -> None:
        super().__init__()
        self._others = others

    def apply(self, move: Move) -> None:
        if self._others:
            other = self._others.pop(0)
            number = chain_of(other.entry)
            super().apply(append(head_of(number, self.get(head_key(number))), [other]))
        super().apply(move)


class Forgetful(MemoryLedger):
    """A table that makes a move, and whose answer is lost."""

    def apply(self, move: Move) -> None:
        super().apply(move)
        raise Busy("the answer was lost")


def test_an_entry_is_linked_once_however_often_it_arrives() -> None:
    ledger = MemoryLedger()
    entries = of_one_chain(3)
    for batch in (entries[:2], entries, [*entries, *entries], entries[::-1]):
        assert chain_entries(ledger, batch) == {}
    assert links(ledger) == [one.entry for one in entries]


def test_entries_of_one_chain_become_links_in_one_move() -> None:
    ledger = MemoryLedger()
    assert chain_entries(ledger, of_one_chain(MOST_ENTRIES)) == {}
    assert [len(move.writes) for move in ledger.history] == [2 * MOST_ENTRIES + 1]
    assert len(ledger.history[0].writes) <= 100


def test_more_entries_than_a_move_can_take_follow_in_the_next() -> None:
    ledger = MemoryLedger()
    entries = of_one_chain(MOST_ENTRIES * 2 + 1)
    assert chain_entries(ledger, entries) == {}
    assert len(ledger.history) == 3
    assert links(ledger) == [one.entry for one in entries]


def test_a_chain_that_grew_meanwhile_is_read_anew() -> None:
    mine, others = of_one_chain(4)[:2], of_one_chain(4)[2:]
    ledger = Crowded([*others])
    assert chain_entries(ledger, mine) == {}
    assert links(ledger) == [one.entry for one in (*others, *mine)]


def test_a_chain_that_always_grows_first_makes_its_entries_come_again_and_no_others() -> None:
    crowd = of_one_chain(TRIES + 1)
    mine, elsewhere = crowd.pop(), of_one_chain(1, chain=63)
    ledger = Crowded(crowd)
    assert chain_entries(ledger, [mine, *elsewhere]) == {mine.entry: "busy"}
    assert links(ledger, 63) == [elsewhere[0].entry]
    assert chain_entries(ledger, [mine]) == {}
    assert links(ledger)[-1] == mine.entry


def test_an_append_whose_answer_was_lost_is_not_made_twice() -> None:
    ledger = Forgetful()
    entries = of_one_chain(2)
    assert set(chain_entries(ledger, entries).values()) == {"busy"}
    again = MemoryLedger()
    again.rows = ledger.rows
    assert chain_entries(again, entries) == {}
    assert links(again) == [one.entry for one in entries]


def test_an_append_is_gated_by_the_head_that_was_read() -> None:
    ledger = MemoryLedger()
    one, other = of_one_chain(2)
    ledger.apply(append(genesis(7), [one]))
    with pytest.raises(GateClosed):
        ledger.apply(append(genesis(7), [other]))
    forged = head_of(7, {"length": 1, "head": "00" * 32})
    with pytest.raises(GateClosed):
        ledger.apply(append(forged, [other]))


@given(
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.lists(st.integers())),
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.lists(st.integers())),
)
def test_rows_that_differ_have_other_hashes(one: Row, other: Row) -> None:
    spelled = {key: (type(value), value) for key, value in one.items()}
    others = {key: (type(value), value) for key, value in other.items()}
    assert (entry_digest(("e", "entry"), one) == entry_digest(("e", "entry"), other)) == (spelled == others)
    assert entry_digest(("e", "entry"), one) != entry_digest(("f", "entry"), one)


def test_the_canonical_spelling_is_for_ever() -> None:
    """Hashes that were chained once must be found again by every later version."""
    row: Row = {"lines": {"liability": 10_000, "duty": -10_000}, "at": AT, "account": "acc_é"}
    spelled = (
        '["entry_commit_stp_1","entry",{"account":"acc_\\u00e9","at":"2024-09-03T10:00:00.000000Z",'
        '"lines":{"duty":-10000,"liability":10000}}]'
    )
    assert entry_digest(("entry_commit_stp_1", "entry"), row) == hashlib.sha256(spelled.encode()).digest()
    assert genesis(7).hash == hashlib.sha256(b"meterai chain 07 of 64").hexdigest()
    assert grown(b"a" * 32, b"b" * 32) == hashlib.sha256(b"a" * 32 + b"b" * 32).digest()


def test_entries_are_spread_over_all_chains() -> None:
    counts = [0] * CHAINS
    for number in range(64_000):
        counts[chain_of(f"entry_commit_stp_{number:026}")] += 1
    assert min(counts) > 800
    assert max(counts) < 1_200


# Through the stream --------------------------------------------------------------------------------------------------------


def test_the_stream_sends_each_entry_with_the_hash_it_had_when_it_was_made() -> None:
    world = World()
    world.rich(1)
    world.flow()
    sent = {one.entry: one for one in world.entries.messages}
    rows = {str(row.pop("pk")): row for row in world.ledger.scan("entry")}
    assert sent == {entry: recorded(entry, row) for entry, row in rows.items()}


def test_an_entry_whose_message_died_is_chained_before_the_next_lock() -> None:
    world = World()
    world.rich(1)
    world.flow()
    (lost,) = {one.entry for one in world.entries.messages}
    world.entries.messages.clear()
    world.wait(RESEND_AFTER - timedelta(seconds=1))
    assert lock_heads(world.ledger, KEY, world.locked, now=world.now).entries == 0
    world.wait(timedelta(seconds=2))
    assert lock_heads(world.ledger, KEY, world.locked, now=world.now).entries == 1
    assert world.ledger.get(marker_key(lost)) is not None
    assert not [pk for pk, _ in world.ledger.rows if pk.startswith("agenda#entry#")]


def test_a_linked_entry_leaves_the_agenda() -> None:
    world = World()
    world.rich(1)
    world.flow()
    assert [pk for pk, _ in world.ledger.rows if pk.startswith("agenda#entry#")]
    chain_entries(world.ledger, world.entries.messages)
    world.flow()
    assert not [pk for pk, _ in world.ledger.rows if pk.startswith("agenda#entry#")]


# Locked heads --------------------------------------------------------------------------------------------------------------


def test_each_lock_names_the_one_before_it() -> None:
    ledger, files = MemoryLedger(), MemoryLockedFiles()
    for number, one in enumerate(of_one_chain(3), start=1):
        chain_entries(ledger, [one])
        locked = lock_heads(ledger, KEY, files, now=START + timedelta(hours=number))
        assert (locked.number, locked.entries) == (number, number)
    kept = [LockedHeads.of(data, KEY.verify) for _, data in sorted(files.files.items())]
    assert [one.previous for one in kept if one] == [follows(None), follows(files.files[1]), follows(files.files[2])]
    assert [one.heads[7] for one in kept if one][-1] == read_heads(ledger)[7]


def test_two_locks_at_once_leave_one_file() -> None:
    class Raced(MemoryLockedFiles):
        def keep(self, number: int, data: bytes) -> bytes:
            self.files.setdefault(number, b"theirs")
            return super().keep(number, data)

    files = Raced()
    lock_heads(MemoryLedger(), KEY, files, now=START)
    assert files.files == {1: b"theirs"}


def test_a_key_that_is_down_locks_nothing() -> None:
    files = MemoryLockedFiles()
    with pytest.raises(Busy):
        lock_heads(MemoryLedger(), PlainHeadsSigner(down=True), files, now=START)
    assert files.files == {}


@pytest.mark.parametrize("forgery", [b"", b"\n", b"{}", b"[1]\nAAAA", b"null\n", b"\xff\n\xff"])
def test_what_is_no_locked_file_is_told_apart(forgery: bytes) -> None:
    assert LockedHeads.of(forgery, lambda *_: True) is None


def test_a_signed_document_reads_as_it_was_written() -> None:
    heads = tuple((number, genesis(number).hash) for number in range(CHAINS))
    written = LockedHeads(3, START, heads, "0" * 64)
    assert LockedHeads.of(written.signed(KEY.sign), KEY.verify) == written
    assert LockedHeads.of(written.signed(PlainHeadsSigner(b"another").sign), KEY.verify) is None
