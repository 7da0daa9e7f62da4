"""The audit: all rows, all locked heads, every difference named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.audit import Audit, Finding
from meterai.domain.chains import Verify
from meterai.ports.chains import HeadReader, LockedFiles, Rows


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit saw, and what it found."""

    rows: int
    entries: int
    locked: int
    findings: tuple[Finding, ...]


def audit(
    rows: Rows,
    files: LockedFiles,
    verify: Verify,
    *,
    now: datetime,
    heads: HeadReader | None = None,
    begun: Callable[[], object] = lambda: None,
) -> Audited:
    """Look at everything. `now` is the instant that the rows are of; with `heads` they are those of a house that goes on
    meanwhile, and what was found is looked at a second time: what moved between two reads agrees by then. `begun` is called
    before each look. Raises Busy."""
    first = _look(rows, files, verify, now, heads, begun)
    if heads is None or not first.findings:
        return first
    before = {(one.code, one.id, one.what) for one in first.findings}
    second = _look(rows, files, verify, now, heads, begun)
    both = tuple(one for one in second.findings if (one.code, one.id, one.what) in before)
    return Audited(second.rows, second.entries, second.locked, both)


def _look(
    rows: Rows,
    files: LockedFiles,
    verify: Verify,
    now: datetime,
    heads: HeadReader | None,
    begun: Callable[[], object],
) -> Audited:
    begun()
    locked = [(file.number, file.data, file.untouched) for file in files.every()]  # before the heads they promise
    before = heads() if heads else None
    look = Audit(now)
    for key, row in rows():
        look.see(key, row)
    after = heads() if heads else None
    between = (before, after) if before is not None and after is not None else None
    findings = tuple(look.findings(locked, verify, between))
    return Audited(look.rows, look.entries, len(locked), findings)
