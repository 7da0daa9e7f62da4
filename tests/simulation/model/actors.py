"""Actors: production operations that stop before each remote call.

An operation is deterministic, so where it stands is told by the answers it has had: it is run from its beginning over them, up
to the call that has no answer yet. Each such place has a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from meterai.domain.errors import DocumentUnreadable, Refusal
from meterai.domain.ledger import GateClosed, Key, Move, Row
from meterai.domain.rows import Destination
from meterai.ports.gateway import Charge, Method, Notice, Payment, RefundAnswer
from meterai.ports.outside import StoredFile, UploadForm
from meterai.ports.payouts import PayoutAnswer
from tests.simulation.model.standing import standing
from tests.simulation.model.table import Tables, freeze

SOURCE = b"%PDF the model's document"
PROVIDER = "sim"
BANK, HOLDER = "ID_SIM", "BUDI SANTOSO"


class Program(NamedTuple):
    """An operation about to run: on what, at which tick it began, and which luck its random numbers have."""

    kind: str
    of: tuple[str, ...]
    clock: int
    luck: int = 0


Request = tuple[Any, ...]
"""A remote call: its name and arguments."""


class Answer(NamedTuple):
    """What a remote call answered: a value, or a refusal to raise."""

    value: Any = None
    raises: type[Exception] | None = None


class _Suspended(BaseException):
    def __init__(self, request: Request) -> None:
        self.request = request


@dataclass
class Line:
    """The line over which an operation calls: it has these answers, and stops at the first call beyond them."""

    answers: Sequence[Answer]
    at: int = 0

    def ask(self, *request: Any) -> Any:
        if self.at == len(self.answers):
            raise _Suspended(request)
        answer = self.answers[self.at]
        self.at += 1
        if answer.raises is GateClosed:
            raise GateClosed(*answer.value)
        if answer.raises is not None:
            raise answer.raises("the model refuses")
        return answer.value


@dataclass
class Ports:
    """Everything that operations need from outside, over one line."""

    line: Line
    tables: Tables
    program: Program
    now: datetime
    press_of: str = "own"
    name: str = PROVIDER

    # Ledger ----------------------------------------------------------------------------------------------------------

    def get(self, key: Key) -> Row | None:
        row: Row | None = self.line.ask("get", key)
        return row

    def apply(self, move: Move) -> None:
        if move.name != "keep_notice":  # the raw body is kept beside the model
            self.line.ask("apply", self.tables.move(move))

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        listed: Sequence[Row] = self.line.ask("page", partition)
        return listed

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        """Lists and agenda are outside of the model."""

    def scan(self, name: str) -> Iterator[Row]:
        """What a sweep finds is the row that it was started for, as it may have been long ago."""
        id, noun = self.program.of
        if noun == name:
            yield {"pk": id, "status": "open", "ask_at": ""}

    # Outside ---------------------------------------------------------------------------------------------------------

    def send(self, stamping: str, line: str) -> None:
        self.line.ask("send", stamping)

    def waiting(self, line: str | None = None) -> int:
        return 0

    def start(self, refund: str, number: int) -> None:
        raise AssertionError("the stream alone starts executions")

    def running(self, refund: str, number: int) -> bool:
        return bool(self.line.ask("running", refund, number))

    def wake(self, refund: str, token: str) -> bool:
        return bool(self.line.ask("wake", refund, token))

    # Payment provider ------------------------------------------------------------------------------------------------

    def probe(self) -> None:
        raise AssertionError("no operation of the model probes")

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        raise AssertionError("every code of the model was made before it begins")

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        return Notice(*json.loads(body))

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        told: tuple[Payment, ...] = self.line.ask("payments", order_id, transaction_id)
        return told

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        return RefundAnswer(self.line.ask("refund", order_id, key, amount_idr, transaction_id))

    # Payouts ---------------------------------------------------------------------------------------------------------

    def banks(self) -> Mapping[str, str]:
        return {BANK: BANK}

    def holder(self, bank: str, number: str) -> str:
        self.line.ask("holder", number)
        return HOLDER

    def ask(self, key: str) -> PayoutAnswer | None:
        outcome = self.line.ask("ask", key)
        return None if outcome is None else PayoutAnswer(outcome)

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        return PayoutAnswer(self.line.ask("pay_out", key, destination.number, amount_idr))


@dataclass
class Files:
    """Sources, sealed files, and the seal itself, over the same line."""

    line: Line
    program: Program

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        return bytes(self.line.ask("keep", stamping, serial, data))

    def read(self, stamping: str, serial: str) -> bytes | None:
        there: bytes | None = self.line.ask("read", stamping, serial)
        return there

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        return ""

    def upload_form(self, document: str, *, most_bytes: int, seconds: int) -> UploadForm:
        raise AssertionError("every document of the model is there before it begins")

    def latest(self, document: str, *, most_bytes: int) -> StoredFile | None:
        raise AssertionError("every document of the model was examined before it begins")

    def pinned(self, document: str, version: str) -> bytes | None:
        source: bytes | None = self.line.ask("pinned", document)
        return source

    def delete(self, document: str) -> None:
        self.line.ask("delete", document)

    def seal(self, source: bytes, *, serial: str, **_: Any) -> bytes:
        """No two workers ever make the same bytes; the document may be refused."""
        if self.line.ask("seal"):
            raise DocumentUnreadable("the model refuses")
        return b"sealed %d %s" % (self.program.luck, serial.encode())


class Place(NamedTuple):
    """Where an actor stands: before a remote call, or (`request` None) at its end, with what it returned or raised."""

    program: Program
    request: Request | None
    result: Any


class _Run(NamedTuple):
    """One history of answers that leads to a place."""

    program: Program
    answers: tuple[int, ...]


@dataclass
class Actors:
    """Every place of every program that was met.

    Two histories lead to one place when the stopped operation remembers the same (standing.py). That is not taken on trust:
    of every place `compared` histories are run over every answer that is given there, and must lead to one place again."""

    tables: Tables
    operation: Callable[[Program, Ports, Files], Any]
    instant: Callable[[int], datetime]
    compared: int = 6
    places: list[Place] = field(default_factory=list)
    _histories: list[list[_Run]] = field(default_factory=list)
    _ways: list[dict[int, int]] = field(default_factory=list)
    _reached: dict[_Run, int] = field(default_factory=dict)
    _numbers: dict[Hashable, int] = field(default_factory=dict)
    _answers: list[Answer] = field(default_factory=list)
    _answer_numbers: dict[Hashable, int] = field(default_factory=dict)

    @property
    def histories(self) -> int:
        """How many histories were run."""
        return len(self._reached)

    def start(self, program: Program) -> int:
        return self._reach(_Run(program, ()))

    def resume(self, place: int, answer: Answer) -> int:
        """Where the actor stands after this answer."""
        frozen = (freeze(answer.value), answer.raises)
        number = self._answer_numbers.setdefault(frozen, len(self._answers))
        if number == len(self._answers):
            self._answers.append(answer)
        if number not in self._ways[place]:
            first, *others = self._histories[place]
            self._ways[place][number] = self._reach(_Run(first.program, (*first.answers, number)))
            for other in others:
                self._same(other, number, self._ways[place][number])
        return self._ways[place][number]

    def _same(self, run: _Run, answer: int, place: int) -> None:
        reached = self._reach(_Run(run.program, (*run.answers, answer)))
        assert reached == place, (
            f"two histories of {run.program.kind} part: {self.places[reached]}, {self.places[place]}"
        )

    def _reach(self, run: _Run) -> int:
        if run in self._reached:
            return self._reached[run]
        place, remembers = self._run(run)
        if remembers is None:  # the place before it and the answer tell it
            remembers = (run.program, self._reached[_Run(run.program, run.answers[:-1])], run.answers[-1])
        number = self._numbers.setdefault(remembers, len(self.places))
        self._reached[run] = number
        if number == len(self.places):
            self.places.append(place)
            self._histories.append([run])
            self._ways.append({})
        else:
            assert self.places[number].request == place.request
            if len(self._histories[number]) >= self.compared:
                return number
            self._histories[number].append(run)
            for answer, next_place in list(self._ways[number].items()):
                self._same(run, answer, next_place)
        return number

    def _run(self, run: _Run) -> tuple[Place, Hashable | None]:
        program = run.program
        line = Line([self._answers[one] for one in run.answers])
        ports = Ports(line, self.tables, program, self.instant(program.clock))
        try:
            result = self.operation(program, ports, Files(line, program))
        except _Suspended as suspended:
            remembers = standing(suspended.__traceback__)
            told = None if remembers is None else (program, freeze(suspended.request), remembers)
            return Place(program, suspended.request, None), told
        except Refusal as refusal:
            result = refusal
        assert line.at == len(line.answers), "an operation did not ask what it had asked before"
        return Place(program, None, result), (program, _outcome(result))


def _outcome(result: Any) -> Hashable:
    """What an operation's end means for who called it: the refusal, or whether the workflow rests or waits for a person."""
    if isinstance(result, Refusal):
        return result.code
    return getattr(result, "look_at", result) is None, getattr(result, "waits_for_person", False)


def fair_bytes(luck: int) -> Callable[[int], bytes]:
    """Random bytes that are the same whenever the luck is."""
    return lambda count: (hashlib.sha256(b"%d" % luck).digest() * count)[:count]
