"""What a run of refunds leaves behind: one stack's part after the other, added up."""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.engine import VERSION
from tests.soak.examined import OVER
from tests.soak.wire import Strike

Record = dict[str, Any]


@dataclass
class Line:
    """What came of one refund."""

    number: int
    case: str
    ended: str = ""
    seconds: float = 0.0
    struck: list[tuple[str, Strike]] = field(default_factory=list)
    executions: int = 0
    stopped: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def part(lines: list[Line], beside: dict[str, int], broken: list[str], *, commit: str, seconds: float) -> Record:
    """One stack's record. `beside` is what else was done on it, `broken` what was found wrong with all of it."""
    struck = Counter(one for line in lines for one in line.struck)
    failures: Counter[str] = Counter()
    ends: dict[str, Counter[str]] = {}
    for line in lines:
        failures.update(line.failures)
        ends.setdefault(line.case, Counter())["broken" if line.broken else OVER[line.ended]] += 1
    numbers = sorted(line.number for line in lines)
    return {
        "engine": f"ministack {VERSION}, python {platform.python_version()}",
        "refunds": len(lines),
        "executions": sum(line.executions for line in lines),
        "broken": [{"number": one.number, "case": one.case, "what": one.broken} for one in lines if one.broken]
        + [{"numbers": [numbers[0], numbers[-1]], "what": broken}] * bool(broken),
        "seconds": round(seconds),
        "ends": {case: dict(found) for case, found in sorted(ends.items())},
        "strikes": sum(struck.values()),
        "refunds_struck": sum(bool(line.struck) for line in lines),
        "strikes_by_site": {
            site: {str(kind): struck[site, kind] for kind in Strike if struck[site, kind]}
            for site in sorted({site for site, _ in struck})
        },
        "strikes_by_kind": dict(Counter(str(kind) for _, kind in struck.elements())),
        "failures_by_task": dict(sorted(failures.items())),
        **beside,
        "stacks": [
            {
                "numbers": [numbers[0], numbers[-1]],
                "commit": commit,
                "ended_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "seconds": round(seconds),
                "seconds_of_a_refund": _spread([line.seconds for line in lines]),
                "load_average": round(os.getloadavg()[1], 1),
            }
        ],
    }


def added(one: Any, other: Any) -> Any:
    """Two records as one: numbers and lists are added up. Raises ValueError for words that differ."""
    if isinstance(one, dict):
        return {
            name: added(one[name], other[name]) if name in one and name in other else one.get(name, other.get(name))
            for name in (*one, *(name for name in other if name not in one))
        }
    if isinstance(one, str) and one != other:
        raise ValueError(f"a run of {one} cannot be added to one of {other}")
    return one if isinstance(one, str) else one + other


def numbers_of(record: Record) -> set[int]:
    """The refunds that are in it."""
    return {number for one in record["stacks"] for number in range(one["numbers"][0], one["numbers"][1] + 1)}


def _spread(seconds: list[float]) -> dict[str, float]:
    found = sorted(seconds)
    return {name: found[int(share * (len(found) - 1))] for name, share in (("p50", 0.5), ("p95", 0.95), ("most", 1))}
