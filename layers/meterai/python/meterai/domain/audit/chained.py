"""Whether the chains say what the entries say, and what was locked before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from meterai.domain.audit.findings import ABSENT, Finding, Pairs
from meterai.domain.chains import (
    CHAINS,
    DIGEST,
    ENTRY,
    LockedHeads,
    Verify,
    chain_of,
    entry_digest,
    follows,
    genesis,
    grown,
    partition,
    place,
)
from meterai.domain.instants import spell
from meterai.domain.ledger import Row

_LINK = 2 * DIGEST
_BLOCK = 1024
_NONE = bytes(_LINK)
_AHEAD = timedelta(hours=1)
"""How far an entry's instant may lie ahead of an audit's, which takes its time too."""


class _Links:
    """A chain's links by number, 64 bytes each, in blocks: a number far off costs one block."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}

    def put(self, number: int, entry: bytes, head: bytes) -> None:
        block = self._blocks.setdefault(number // _BLOCK, bytearray(_BLOCK * _LINK))
        at = number % _BLOCK * _LINK
        block[at : at + _LINK] = entry + head

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, entry hash and head of every link there is, in order."""
        for index in sorted(self._blocks):
            block = bytes(self._blocks[index])
            for slot in range(_BLOCK):
                link = block[slot * _LINK : (slot + 1) * _LINK]
                if link != _NONE:
                    yield index * _BLOCK + slot, link[:DIGEST], link[DIGEST:]


class Chained:
    """Takes entries, markers, links and heads in any order; then names what disagrees."""

    def __init__(self, now: datetime, grace: timedelta) -> None:
        self._now, self._grace = now, grace
        self._since, self._until = spell(now - grace), spell(now + _AHEAD)
        self._chains = [_Links() for _ in range(CHAINS)]
        self._heads: dict[int, tuple[int, str]] = {}
        self._young: set[str] = set()
        self._misplaced: list[Finding] = []
        self._entries: Pairs[bytes] = Pairs(
            "hash",
            differs="entry_changed",
            found_absent="link_without_entry",
            expected_absent="entry_unlinked",
            show=bytes.hex,
        )
        self._markers: Pairs[int] = Pairs(
            "link",
            differs="marker_differs",
            found_absent="marker_differs",
            expected_absent="marker_differs",
            show=lambda said: f"{partition(said % CHAINS)} {said // CHAINS}",
        )

    def entry(self, entry: str, row: Row) -> None:
        """An entry."""
        self._entries.find(entry, entry_digest((entry, ENTRY), row))
        if self._since < str(row["at"]) <= self._until:
            self._young.add(entry)

    def marker(self, entry: str, row: Row) -> None:
        """Which link is an entry's own."""
        self._markers.find(entry, _int(row["number"]) * CHAINS + _int(row["chain"]))

    def link(self, chain: int, number: int, row: Row) -> None:
        """A link. Raises ValueError when it cannot be one."""
        entry, digest = str(row["entry"]), bytes.fromhex(str(row["hash"]))
        head = bytes.fromhex(str(row["head"]))
        if len(digest) != DIGEST or len(head) != DIGEST or not 0 <= chain < CHAINS or number < 1:
            raise ValueError("not a link")
        self._chains[chain].put(number, digest, head)
        self._entries.expect(entry, digest)
        self._markers.expect(entry, number * CHAINS + chain)
        if chain_of(entry) != chain:
            self._misplaced.append(
                Finding("link_misplaced", entry, "chain", partition(chain_of(entry)), partition(chain))
            )

    def head(self, chain: int, row: Row) -> None:
        """A chain's head, as the row says it."""
        self._heads[chain] = (_int(row["length"]), str(row["head"]))

    def findings(
        self,
        locked: Iterable[tuple[int, bytes, bool]],
        verify: Verify,
        between: tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]] | None,
    ) -> Iterator[Finding]:
        """What disagrees. `locked` are the locked files (number, bytes, untouched), oldest first; `between` are the heads read
        before and after the rows, while the house went on (None: the rows are one instant's)."""
        yield from self._entries.findings(not_expected_yet=self._young)
        yield from self._markers.findings()
        yield from self._misplaced
        at_rest = [self._heads.get(chain, (0, genesis(chain).hash)) for chain in range(CHAINS)]
        before, after = between or (at_rest, at_rest)
        promises: list[dict[int, tuple[str, str]]] = [{} for _ in range(CHAINS)]
        yield from self._locks(locked, verify, promises, before)
        for chain in range(CHAINS):
            yield from self._chain(chain, before[chain], after[chain], promises[chain])

    def _locks(
        self,
        locked: Iterable[tuple[int, bytes, bool]],
        verify: Verify,
        promises: list[dict[int, tuple[str, str]]],
        heads: Sequence[tuple[int, str]],
    ) -> Iterator[Finding]:
        """Judge every locked file, and collect what each promises of each chain: head by length, and the file's name."""
        file: bytes | None = None
        last: LockedHeads | None = None
        count = 0
        for number, data, untouched in locked:
            count += 1
            name = f"heads {number}"
            if number != count:
                yield Finding("lock_missing", f"heads {count}", "file", "present", ABSENT)
                count, file = number, None
            if not untouched:
                yield Finding("lock_touched", name, "versions", "written once", "written over or hidden")
            found = LockedHeads.of(data, verify)
            if found is None or found.number != number:
                yield Finding("lock_forged", name, "signature", "the ledger's key", "not its own")
                file, last = data, None
                continue
            if (number == 1 or file is not None) and found.previous != follows(file):
                yield Finding("lock_broken", name, "previous", follows(file), found.previous)
            for chain, (length, head) in enumerate(found.heads):
                if last is not None and length < last.heads[chain][0]:
                    yield Finding("lock_shrank", name, partition(chain), str(last.heads[chain][0]), str(length))
                if found.at <= self._now and promises[chain].setdefault(length, (head, name))[0] != head:
                    yield Finding(
                        "lock_differs", name, f"{partition(chain)} {length}", promises[chain][length][0], head
                    )
            file, last = data, found
        grown_since = last is None or any(now > then for (now, _), (then, _) in zip(heads, last.heads, strict=True))
        if any(length for length, _ in heads) and grown_since and not self._recent(last):
            at = spell(last.at) if last else "never"
            yield Finding("lock_late", f"heads {count + 1}", "at", f"after {self._since}", at)

    def _recent(self, last: LockedHeads | None) -> bool:
        """Whether heads were locked within the grace time, or nothing needed to be: all that is linked is young."""
        if last is None:
            return sum(length for length, _ in self._heads.values()) <= len(self._young)
        return spell(last.at) > self._since

    def _chain(
        self, chain: int, before: tuple[int, str], after: tuple[int, str], promises: dict[int, tuple[str, str]]
    ) -> Iterator[Finding]:
        """Walk one chain from its genesis. After a difference the walk goes on from what is stored, so that each is named
        once. Links past `before` may have come while the rows were read; past `after` nobody made them."""
        name = partition(chain)
        running: bytes | None = bytes.fromhex(genesis(chain).hash)
        heads, lengths, last = {0: running}, {*promises, before[0], after[0]}, 0
        for number, digest, head in self._chains[chain]:
            if number > after[0]:
                yield Finding("link_beyond_head", f"{name} {place(number)}", "number", f"up to {after[0]}", str(number))
            if number != last + 1:
                if last < before[0]:
                    yield _gap(name, last + 1, min(number - 1, before[0]))
                running = None
            if running is not None and grown(running, digest) != head:
                yield Finding(
                    "link_broken", f"{name} {place(number)}", "head", grown(running, digest).hex(), head.hex()
                )
            running, last = head, number
            if number in lengths:
                heads[number] = head
        if last < before[0]:
            yield _gap(name, last + 1, before[0])
        for length, (hash, file) in sorted(promises.items()):
            there = heads.get(length)
            if there is None or there.hex() != hash:
                yield Finding("lock_differs", file, f"{name} {length}", hash, there.hex() if there else ABSENT)
        for length, hash in sorted({before, after}):
            there = heads.get(length)
            if there is None and length > before[0]:
                continue  # its link came after the rows were read
            if there is None or there.hex() != hash:
                yield Finding("head_differs", name, f"head {length}", there.hex() if there else ABSENT, hash)


def _gap(name: str, first: int, last: int) -> Finding:
    what = place(first) if first == last else f"{place(first)} to {place(last)}"
    return Finding("link_missing", f"{name} {what}", "link", "present", ABSENT)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
