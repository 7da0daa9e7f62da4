"""What mutants are made of: how a fault gets into the production code of this process, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any
from unittest.mock import patch

from meterai.domain.ledger import Change, Move, Put, Test, Write

Seeded = Callable[[], AbstractContextManager[None]]
"""Opens the fault; closing it takes it back."""
Fault = Callable[[Any], Any]
"""What stands where a function stood, given that function."""
Rewrite = Callable[[Write], Write | None]
"""What becomes of one write of a move; None leaves it out."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: `breaks` says what is wrong in one sentence; while `seeded()` is open the production code has it."""

    name: str
    breaks: str
    seeded: Seeded


def patched(*places: tuple[ModuleType | type, str, Fault]) -> Seeded:
    """Where a module or class looks up each of these names it finds what the fault makes of what was there."""

    @contextmanager
    def seeded() -> Iterator[None]:
        with ExitStack() as stack:
            for module, name, fault in places:
                stack.enter_context(patch.object(module, name, fault(getattr(module, name))))
            yield

    return seeded


def instead(value: Any) -> Fault:
    """This, whatever was there."""
    return lambda _: value


def moved(module: ModuleType, builder: str, **rewrites: Rewrite) -> Seeded:
    """The move that `builder` makes, each write to one of these nouns rewritten."""

    def fault(original: Callable[..., Move]) -> Callable[..., Move]:
        def build(*args: Any, **named: Any) -> Move:
            move = original(*args, **named)
            new = (rewrites[write.key[1]](write) if write.key[1] in rewrites else write for write in move.writes)
            return Move(move.name, tuple(write for write in new if write is not None))

        return build

    return patched((module, builder, fault))


def both(*seeds: Seeded) -> Seeded:
    """Several at once: where two gates guard one thing, neither alone is missed."""

    @contextmanager
    def seeded() -> Iterator[None]:
        with ExitStack() as stack:
            for seed in seeds:
                stack.enter_context(seed())
            yield

    return seeded


def ungated(*attributes: str) -> Rewrite:
    """The write without the conditions on these attributes; without any when none is named."""

    def rewrite(write: Write) -> Write:
        if isinstance(write, Put):
            return write
        kept: Mapping[str, Test] = {name: test for name, test in write.when.items() if name not in attributes}
        return replace(write, when=kept if attributes else {})

    return rewrite


def left_out(_: Write) -> None:
    """No write at all."""


def changing(**fields: Any) -> Rewrite:
    """The change with other fields (domain.ledger.Change) behind the same gate."""
    return lambda write: replace(write, **fields) if isinstance(write, Change) else write


def widened(attribute: str, *values: str) -> Rewrite:
    """The write, its gate open for more values of an attribute that may have several."""

    def rewrite(write: Write) -> Write:
        if isinstance(write, Put):
            return write
        test: Any = write.when[attribute]
        return replace(write, when={**write.when, attribute: replace(test, values=(*test.values, *values))})

    return rewrite


def not_adding(name: str) -> Rewrite:
    """A change that leaves this count as it is."""

    def rewrite(write: Write) -> Write:
        assert isinstance(write, Change)
        return replace(write, add={counted: by for counted, by in write.add.items() if counted != name})

    return rewrite


def not_putting(name: str) -> Rewrite:
    """A change that does not set this attribute."""

    def rewrite(write: Write) -> Write:
        assert isinstance(write, Change)
        return replace(write, put={attribute: value for attribute, value in write.put.items() if attribute != name})

    return rewrite


def without(name: str) -> Rewrite:
    """A new row without this attribute."""

    def rewrite(write: Write) -> Write:
        assert isinstance(write, Put)
        return replace(write, row={attribute: value for attribute, value in write.row.items() if attribute != name})

    return rewrite
