"""One mutated document: examined as at intake, inspected and judged as by the public check, and what that took."""

from __future__ import annotations

import hashlib
import os
import random
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from meterai.domain.errors import Busy
from meterai.domain.placement import Placement
from meterai.domain.verdict import judge, serials_to_look_up
from meterai.pdf.inspect import inspect
from meterai.pdf.preflight import examine
from meterai.ports.documents_pdf import Limits
from tests.fuzz.mutations import SIZE_MAX, mutate
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import make_pki
from tests.unit.pdf.test_seal import KINDS

SHARED = Path(__file__).parents[3] / "shared"
LIMITS = Limits()
CPU_MAX_SECONDS = 5.0
MEMORY_MAX_MB = 512
_GRACE_SECONDS = 1.0
"""The kernel looks at a process's time once a second and says so; a second later it ends it."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Documents to mutate, sealed ones among them, and the house that sealed those."""

    house: House
    documents: tuple[bytes, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one document. `fault` says which promise broke; seconds of processor and megabytes are those of the
    hungriest child."""

    number: int
    seed: str
    mutations: tuple[str, ...]
    findings: tuple[str, ...]
    verdict: str
    cpu_seconds: float
    memory_mb: float
    fault: str | None


@cache
def seeds() -> Seeds:
    """Papers of every kind, the same sealed once, some sealed twice and five times; and, where the shared folder is, its real
    files and published attacks that are small enough."""
    pki = make_pki()
    house, stranger = House(pki, random.Random(1).randbytes), make_pki()
    named = {f"paper: {kind}": make(stranger) for kind, make in KINDS.items()}
    named |= {f"sealed {kind}": house.stamp(document) for kind, document in list(named.items())}
    for times in (2, 5):
        document = papers.classical(papers.objects(pages=2))
        for index in range(times):
            document = house.stamp(document, Placement(1, 0.05 + 0.17 * index, 0.4, 0.1))
        named[f"sealed {times} times"] = document
    for folder in ("corpus", "attacks"):
        for path in sorted((SHARED / folder).glob("*.pdf")):
            if path.stat().st_size <= SIZE_MAX // 4:
                named[f"{folder}: {path.name[:60]}"] = path.read_bytes()
    return Seeds(house, tuple(named.values()), tuple(named))


def document(seed: int, number: int) -> tuple[str, tuple[str, ...], bytes]:
    """The document of this number: which seed it was, its mutations, its bytes. Half of them were sealed documents."""
    known = seeds()
    dice = random.Random(f"{seed} {number}")
    sealed = [index for index, name in enumerate(known.names) if name.startswith("sealed")]
    index = dice.choice(sealed) if dice.random() < 0.5 else dice.randrange(len(known.names))
    data, mutations = mutate(known.documents[index], dice, known.documents)
    return known.names[index], mutations, data


def trial(seed: int, number: int) -> Trial:
    """Make the document of this number and see what it does. Raises nothing."""
    name, mutations, data = document(seed, number)
    findings: tuple[str, ...] = ()
    word, fault = "", None
    with _measured() as spent:
        try:
            findings = tuple(finding.code for finding in examine(data, LIMITS).findings)
            word = verdict(data)
        except Busy:
            word = "busy"
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
    if word == "authentic" and not known(data):
        fault = "authentic"
    if spent.cpu_seconds > CPU_MAX_SECONDS + _GRACE_SECONDS:
        fault = f"{spent.cpu_seconds:.1f} s of processor"
    if spent.memory_mb > MEMORY_MAX_MB:
        fault = f"{spent.memory_mb:.0f} MB"
    return Trial(number, name, mutations, findings, word, spent.cpu_seconds, spent.memory_mb, fault)


def verdict(data: bytes) -> str:
    """The public check's verdict, with the register that the seeds were sealed under."""
    house = seeds().house
    seen = inspect(data, house.pki.trust, LIMITS)
    register = {number: house.register[number] for number in serials_to_look_up(seen) if number in house.register}
    return judge(seen, register).verdict


def known(data: bytes) -> bool:
    """Whether these are, byte for byte, what was sealed: cutting a file back to its first stamp gives a genuine file."""
    digest = hashlib.sha256(data).hexdigest()
    return any(entry.sealed_sha256 == digest for entry in seeds().house.register.values())


@dataclass
class _Spent:
    cpu_seconds: float = 0.0
    memory_mb: float = 0.0


@contextmanager
def _measured() -> Iterator[_Spent]:
    """The most that any one child took: read where the parent waits for it."""
    spent, wait4 = _Spent(), os.wait4

    def watched(pid: int, options: int) -> tuple[int, int, resource.struct_rusage]:
        answer = wait4(pid, options)
        spent.cpu_seconds = max(spent.cpu_seconds, answer[2].ru_utime + answer[2].ru_stime)
        spent.memory_mb = max(spent.memory_mb, answer[2].ru_maxrss / 1024)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "wait4", watched)
        yield spent


def faults(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The trials that broke a promise, as they are told."""
    return [
        {"number": one.number, "seed": one.seed, "mutations": list(one.mutations), "fault": one.fault}
        for one in trials
        if one.fault
    ]
