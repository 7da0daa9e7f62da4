"""Where a stopped operation stands, told by what it still remembers: its frames, and what in them is yet to be read."""

from __future__ import annotations

import dataclasses
import dis
from collections.abc import Hashable, Iterator
from datetime import datetime, timedelta
from functools import cache
from inspect import CO_GENERATOR
from types import CodeType, TracebackType
from typing import Any

ENDS = {"RETURN_VALUE", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
"""After these the next instruction is not next."""
PLAIN = (str, int, bytes, datetime, timedelta, type(None))


def standing(traceback: TracebackType | None) -> Hashable | None:
    """What the frames of a stopped operation remember, or None where part of it is out of sight (inside a comprehension or
    generator, whose results so far are on no name)."""
    frames: list[Hashable] = []
    while traceback is not None:
        code, frame = traceback.tb_frame.f_code, traceback.tb_frame
        if code.co_name.startswith("<") or code.co_flags & CO_GENERATOR:
            return None
        if frame.f_globals["__name__"].startswith("meterai."):
            live = _live(code)
            at = max(offset for offset in live if offset <= traceback.tb_lasti)  # it may point into the call's caches
            names = sorted(live[at] & frame.f_locals.keys())
            frames.append((code.co_qualname, at, tuple((name, _told(frame.f_locals[name])) for name in names)))
        traceback = traceback.tb_next
    return tuple(frames)


def _told(value: Any) -> Hashable:
    """A value as it can be compared; of what only leads elsewhere (ports, functions), its kind."""
    if isinstance(value, PLAIN):
        return (type(value).__name__, value)
    if isinstance(value, dict):
        return tuple((key, _told(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return tuple(_told(one) for one in value)
    if isinstance(value, frozenset):
        return ("set", *sorted(value))
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("meterai."):
        return (type(value).__name__, *(_told(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, BaseException):
        return (type(value).__name__, str(value))
    return type(value).__name__


@cache
def _live(code: CodeType) -> dict[int, set[str]]:
    """For each instruction, the names that may be read after it, before they are written anew. A loop reads its own name: that
    tells how far it has come."""
    instructions = list(dis.get_instructions(code))
    offsets = [one.offset for one in instructions]
    after: dict[int, set[str]] = {offset: set() for offset in offsets}
    ways = {one.offset: list(_ways(instructions, at)) for at, one in enumerate(instructions)}
    for entry in dis.Bytecode(code).exception_entries:  # type: ignore[attr-defined]
        for offset in offsets:
            if entry.start <= offset < entry.end:
                ways[offset].append(entry.target)
    before = {offset: set[str]() for offset in offsets}
    changed = True
    while changed:
        changed = False
        for at in range(len(instructions) - 1, -1, -1):
            one = instructions[at]
            out = set[str]().union(*(before[to] for to in ways[one.offset]))
            into = out - _written(one) | _read(instructions, at)
            if out != after[one.offset] or into != before[one.offset]:
                after[one.offset], before[one.offset], changed = out, into, True
    kept = {*code.co_cellvars, *code.co_freevars}
    for at, one in enumerate(instructions):
        after[one.offset] |= kept | _on_the_stack(instructions, at)
    return after


def _on_the_stack(instructions: list[dis.Instruction], at: int) -> set[str]:
    """Names that the same statement has read before: their values may wait on the stack."""
    names: set[str] = set()
    for one in reversed(instructions[:at]):
        if one.opname in ("STORE_FAST", "POP_TOP", "RETURN_VALUE"):
            break
        names |= {one.argval} if one.opname.startswith("LOAD_FAST") else set()
    return names


def _ways(instructions: list[dis.Instruction], at: int) -> Iterator[int]:
    one = instructions[at]
    if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs:
        yield one.argval
    ends = one.opname in ENDS
    if not ends and at + 1 < len(instructions):
        yield instructions[at + 1].offset


def _written(one: dis.Instruction) -> set[str]:
    return {one.argval} if one.opname in ("STORE_FAST", "DELETE_FAST") else set()


def _read(instructions: list[dis.Instruction], at: int) -> set[str]:
    one = instructions[at]
    if one.opname == "FOR_ITER":
        following = instructions[at + 1]
        return {following.argval} if following.opname == "STORE_FAST" else set()
    return {one.argval} if one.opname.startswith("LOAD_FAST") else set()
