"""What an audit finds, and the matching of what must come in twos."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Code = Literal[
    "entry_changed",
    "entry_unlinked",
    "entry_unbalanced",
    "entry_differs",
    "entry_without_row",
    "row_without_entry",
    "row_malformed",
    "link_without_entry",
    "link_misplaced",
    "link_missing",
    "link_broken",
    "link_beyond_head",
    "marker_differs",
    "head_differs",
    "lock_forged",
    "lock_touched",
    "lock_missing",
    "lock_broken",
    "lock_shrank",
    "lock_differs",
    "lock_late",
    "quota_differs",
    "quota_negative",
    "ledger_account_differs",
    "ledger_unbalanced",
    "payment_differs",
    "refund_differs",
    "serial_differs",
    "payout_unauthorised",
]
ABSENT = "absent"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Temuan: one difference, named. `id` is the object's, `what` the part of it that differs."""

    code: Code
    id: str
    what: str
    expected: str
    found: str


Said = TypeVar("Said")


class Pairs(Generic[Said]):
    """Two sides that must say the same under one key, whichever is heard first. What agreed is forgotten, so that memory goes
    by what still waits for its other side."""

    def __init__(
        self,
        what: str,
        *,
        differs: Code,
        found_absent: Code,
        expected_absent: Code,
        show: Callable[[Said], str] = str,
    ) -> None:
        self._what, self._show = what, show
        self._differs, self._found_absent, self._expected_absent = differs, found_absent, expected_absent
        self._expected: dict[str, Said] = {}
        self._found: dict[str, Said] = {}
        self._findings: list[Finding] = []

    def expect(self, key: str, said: Said) -> None:
        """One side: what should be found under `key`."""
        other = self._found.pop(key, None)
        if other is not None:
            if other != said:
                self._differ(key, said, other)
        elif key in self._expected:
            self._findings.append(self._nothing_found(key, said))
        else:
            self._expected[key] = said

    def find(self, key: str, said: Said) -> None:
        """The other side: what is there under `key`."""
        other = self._expected.pop(key, None)
        if other is not None:
            if other != said:
                self._differ(key, other, said)
        elif key in self._found:
            self._findings.append(self._nothing_expected(key, said))
        else:
            self._found[key] = said

    def findings(self, *, not_expected_yet: Collection[str] = frozenset()) -> Iterator[Finding]:
        """Every disagreement, once all was heard; keys in `not_expected_yet` may wait for their expectation."""
        yield from self._findings
        yield from (self._nothing_found(key, said) for key, said in self._expected.items())
        alone = ((key, said) for key, said in self._found.items() if key not in not_expected_yet)
        yield from (self._nothing_expected(key, said) for key, said in alone)

    def _differ(self, key: str, expected: Said, found: Said) -> None:
        self._findings.append(Finding(self._differs, key, self._what, self._show(expected), self._show(found)))

    def _nothing_found(self, key: str, said: Said) -> Finding:
        return Finding(self._found_absent, key, self._what, self._show(said), ABSENT)

    def _nothing_expected(self, key: str, said: Said) -> Finding:
        return Finding(self._expected_absent, key, self._what, ABSENT, self._show(said))
