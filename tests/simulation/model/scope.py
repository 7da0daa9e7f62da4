"""A scope: which actors there are, how many at once, what may go wrong. Explored, it is every order in which they can act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

from meterai.domain import outbox
from meterai.domain.errors import Refusal
from meterai.domain.ledger import GateClosed, Move
from meterai.domain.rows import Refund, Stamping
from meterai.ports.gateway import Payment
from tests.simulation.model.actors import SOURCE, Actors, Answer, Place, Program
from tests.simulation.model.checker import Broken, State, Step
from tests.simulation.model.hours import START
from tests.simulation.model.invariants import judge, judge_step
from tests.simulation.model.payouts import died, payout, put_to_sleep
from tests.simulation.model.programs import operation
from tests.simulation.model.table import Rows, Tables
from tests.simulation.model.world import View, World, rested

WHIMS = frozenset({"request_stamping", "cancel_stamping", "delete_document", "request_refund", "cancel_refund"})
"""What people may do and nobody may have to rely on."""


@dataclass(frozen=True)
class Scope:
    """What there is at the beginning, who may begin what, and how far faults go.

    `at_once` actors act at one time, of each kind at most `of_kind`. `sleeps`: who waits for a person goes on when it is woken,
    and only then. `comes_back`: a payout may also be refused after it arrived. While one acts, the clock ticks
    `stall` times at most; while nobody does, without limit. Crashes, lost answers and redelivery have no limit."""

    name: str
    about: str
    rows: Callable[[], Rows]
    programs: Callable[[View], Iterable[Program]]
    at_once: int
    tick: timedelta
    of_kind: dict[str, int] = field(default_factory=dict)
    stall: int = 1
    serials_collide: bool = False
    documents_refused: bool = False
    refusals: int = 0
    remembers_refusals: bool = True
    timed_out: bool = False
    payments: tuple[tuple[str, str, int], ...] = ()
    paid: tuple[tuple[str, str, int], ...] = ()
    windows: bool = False
    closing: bool = False
    ends: tuple[type[Stamping | Refund], ...] = (Stamping, Refund)
    lists_lag: bool = False
    messages_lost: bool = True
    executions_die: bool = True
    milestones: bool = False
    sleeps: bool = False
    comes_back: bool = False
    notices_lost: bool = True


@dataclass(frozen=True)
class Hole:
    """A fault seeded into the house: a move changed, an operation patched, or something outside that breaks its promise."""

    name: str
    scope: str
    move: Callable[[Move], Move] = lambda move: move
    patches: tuple[tuple[Any, str, Any], ...] = ()
    overwrites: bool = False
    unknown_is: Literal["unknown", "refused", "settled"] = "unknown"

    @contextmanager
    def open(self) -> Iterator[None]:
        """With its operations patched."""
        with ExitStack() as stack:
            for module, name, how in self.patches:
                stack.enter_context(patch.object(module, name, how))
            yield


SOUND = Hole("none", "")


class _Local(NamedTuple):
    """One way on of one actor in one world. `place` None: it has ended."""

    whim: bool
    label: str
    world: int
    place: int | None


class Model:
    """A scope as a system to explore: a state is the world's number and the places of those who act."""

    def __init__(self, scope: Scope, hole: Hole = SOUND, *, exact: int | None = None, compared: int = 6) -> None:
        """`exact`: nothing is forgotten, and the clock never begins anew: it ticks so often. `compared`: see Actors."""
        self.scope = scope
        self.hole = hole
        self.exact = exact
        self.tables = Tables(hole.move, windows=scope.windows, milestones=scope.milestones, forgets=exact is None)
        self.actors = Actors(self.tables, operation, self._instant, compared)
        self._worlds: list[World] = []
        self._numbers: dict[World, int] = {}
        self._views: dict[int, View] = {}
        self._local: dict[tuple[int, int], list[_Local]] = {}
        self._begun: dict[int, list[tuple[Program, _Local]]] = {}
        self._outside: dict[int, list[tuple[bool, str, int]]] = {}
        self._rested: dict[int, int] = {}
        self._judged: dict[int, str | None] = {}

    def _instant(self, clock: int) -> datetime:
        return START + clock * self.scope.tick

    # What the checker asks -------------------------------------------------------------------------------------------

    def beginning(self) -> State:
        rows = {key: self.tables.forget(key, row) for key, row in self.scope.rows().items()}
        world = World(self.tables.number(rows), payments=self.scope.paid)
        for (id, noun), row in sorted(self.tables[world.table].items()):
            for one in outbox.work((id, noun), None, row):
                world = _carried(world, one)
        return (self._number(self._rest(world)),)

    def steps(self, state: State) -> Iterator[Step]:
        world, places = state[0], state[1:]
        for at, place in enumerate(places):
            others = places[:at] + places[at + 1 :]
            for whim, label, after, next_place in self._ways(world, place):
                yield Step(whim, label, self._state(after, others if next_place is None else (*others, next_place)))
            by = self.actors.places[place].program
            timed_out = by.clock < self._worlds[world].clock  # the time-out of a function is certain
            yield Step(not timed_out, f"{by.kind} crashes", self._state(world, others))
        if len(places) < self.scope.at_once:
            running = [self.actors.places[place].program for place in places]
            for program, way in self._beginnings(world):
                if self._room(running, program):
                    now_acting = places if way.place is None else (*places, way.place)
                    yield Step(way.whim, way.label, self._state(way.world, now_acting))
        for whim, label, after in self._happenings(world):
            yield Step(whim, label, self._state(after, places))
        if self._worlds[world].clock < self.scope.stall if places else self._clock_goes_on(world):
            yield Step(False, "time passes", self._state(self._later(world), places))

    def judge(self, state: State) -> None:
        world = state[0]
        if world not in self._judged:
            self._judged[world] = judge(self.view(world))
        if (broken := self._judged[world]) is not None:
            raise Broken(broken)

    def ended(self, state: State) -> bool:
        return len(state) == 1 and self.view(state[0]).ended(self.scope.ends)

    # How it goes on --------------------------------------------------------------------------------------------------

    def view(self, world: int) -> View:
        if world not in self._views:
            self._views[world] = View(self._worlds[world], self.tables, self.scope.tick)
        return self._views[world]

    @property
    def worlds(self) -> int:
        return len(self._worlds)

    def _number(self, world: World) -> int:
        number = self._numbers.setdefault(world, len(self._worlds))
        if number == len(self._worlds):
            self._worlds.append(world)
        return number

    def _rest(self, world: World) -> World:
        if self.exact is not None:
            return world
        return rested(world, self.tables, self.scope.tick, windows=self.scope.windows)

    def seen(self, view: View) -> World:
        """A world of an exact model as this one, which forgets, sees it when nobody acts."""
        rows = {key: self.tables.forget(key, row) for key, row in view.rows.items()}
        return self._rest(view.world._replace(table=self.tables.number(rows)))

    def views(self) -> Iterator[View]:
        """Every world that was met."""
        return (self.view(world) for world in range(len(self._worlds)))

    def met(self, world: World) -> bool:
        return world in self._numbers

    def _state(self, world: int, places: tuple[int, ...]) -> State:
        if not places:
            if world not in self._rested:
                self._rested[world] = self._number(self._rest(self._worlds[world]))
            return (self._rested[world],)
        return (world, *sorted(places))

    def _clock_goes_on(self, world: int) -> bool:
        return self.exact is None or self._worlds[world].clock < self.exact

    def _later(self, world: int) -> int:
        here = self._worlds[world]
        return self._number(here._replace(clock=here.clock + 1))

    def _room(self, running: list[Program], wanted: Program) -> bool:
        """Whether one more may act. Two workers never have the same luck; which of them has which makes no difference."""
        same = [one.luck for one in running if one.kind == wanted.kind]
        if wanted.luck and (
            wanted.luck in same or (wanted.luck - 1 not in (0, *same) and not self.scope.serials_collide)
        ):
            return False
        return len(same) < self.scope.of_kind.get(wanted.kind, self.scope.at_once)

    def _beginnings(self, world: int) -> list[tuple[Program, _Local]]:
        """Who may begin: an operation begins with its first read."""
        if world not in self._begun:
            view = self.view(world)
            self._begun[world] = [
                (
                    one,
                    way._replace(whim=one.kind in WHIMS, label=f"{' '.join((one.kind, *one.of))} begins, {way.label}"),
                )
                for one in self.scope.programs(view)
                for way in self._ways(world, self.actors.start(one))
            ]
        return self._begun[world]

    def _happenings(self, world: int) -> list[tuple[bool, str, int]]:
        if world not in self._outside:
            found = _outside(self._worlds[world], self.scope)
            self._outside[world] = [(whim, label, self._number(after)) for whim, label, after in found]
        return self._outside[world]

    def _ways(self, world: int, place: int) -> list[_Local]:
        if (world, place) not in self._local:
            self._local[world, place] = list(self._next(world, place))
        return self._local[world, place]

    def _next(self, world: int, place: int) -> Iterator[_Local]:
        here = self.actors.places[place]
        for whim, label, after, answer in self._answers(self._worlds[world], here):
            label = f"{here.program.kind}: {label}"
            if answer is None:
                yield _Local(whim, label, self._number(after), place)
                continue
            there = self.actors.resume(place, answer)
            if self.actors.places[there].request is not None:
                yield _Local(whim, label, self._number(after), there)
                continue
            for again, so, ended in _ended(after, self.actors.places[there], self.scope):
                yield _Local(whim or again, f"{label}; {so}", self._number(ended), None)

    def _answers(self, world: World, here: Place) -> Iterator[tuple[bool, str, World, Answer | None]]:
        """What one remote call may do and answer; None: it was done, its answer was lost, and it is tried again."""
        assert here.request is not None
        if self.scope.timed_out and here.program.clock < world.clock:
            return  # its function was ended before its call was
        name, *of = here.request
        match name:
            case "get":
                yield False, f"reads {of[0][1]}", world, Answer(self.tables[world.table].get(of[0]))
            case "apply":
                yield from self._moved(world, of[0])
            case "keep":
                stamping, serial, data = of
                there = self.view(self._number(world)).files.get((stamping, serial))
                if there is None:
                    yield False, "puts", world.with_("files", (stamping, serial, data)), Answer(data)
                elif self.hole.overwrites:
                    over = world.without("files", (stamping, serial, there)).with_("files", (stamping, serial, data))
                    yield False, "puts over", over, Answer(data)
                else:
                    yield False, "finds something at the key", world, Answer(there)
            case "read":
                there = self.view(self._number(world)).files.get((of[0], of[1]))
                yield False, "reads the key", world, Answer(there)
            case "seal":
                yield False, "seals", world, Answer(False)
                if self.scope.documents_refused:
                    yield True, "refuses the document", world, Answer(True)
            case "pinned":
                yield False, "reads the source", world, Answer(None if of[0] in world.gone else SOURCE)
            case "delete":
                yield False, "deletes the source", world.with_("gone", of[0]), Answer()
            case "send":
                yield False, "sends", world.with_("messages", of[0]), Answer()
            case "running":
                yield False, "asks whether it runs", world, Answer(of[0] in world.running)
            case "page":
                listed = [{"id": id, "sk": id} for id in self.view(self._number(world)).ids("stamping")]
                yield False, "reads the list", world, Answer(listed)
                if self.scope.lists_lag and listed:
                    yield True, "reads an old list", world, Answer(listed[:-1])
            case "wake":
                woken = (of[0], of[1]) in world.asleep
                after = world.without("asleep", tuple(of)).without("registered", tuple(of)) if woken else world
                yield False, "wakes" if woken else "finds nobody to wake", after, Answer(woken)
                yield True, "wakes, the answer lost", after, None
            case "holder":
                yield False, "hears the bank's name", world, Answer()
            case "ask" | "pay_out":
                yield from payout(world, here.request, self.scope, self.hole.unknown_is)
            case "payments":
                yield from self._told(world, *of)
            case "refund":
                yield from self._refund(world, *of)
            case _:
                raise AssertionError(name)

    def _moved(self, world: World, number: int) -> Iterator[tuple[bool, str, World, Answer | None]]:
        name = self.tables.named(number).name
        after = self.tables.apply(world.table, number)
        if isinstance(after, frozenset):
            yield False, f"{name} finds its gate closed", world, Answer((name, after), GateClosed)
            return
        moved = world._replace(table=after)
        old, new = self.tables[world.table], self.tables[after]
        for key, row in sorted(new.items()):
            if old.get(key) is not row:
                for one in outbox.work(key, old.get(key), row):
                    moved = _carried(moved, one)
        if (broken := judge_step(self.view(self._number(world)), self.view(self._number(moved)))) is not None:
            raise Broken(broken, name)
        yield False, name, moved, Answer()
        yield True, f"{name}, its answer lost", moved, None

    def _told(
        self, world: World, order: str, transaction: str | None
    ) -> Iterator[tuple[bool, str, World, Answer | None]]:
        mine = [one for one in world.payments if one[0] == order]
        if not mine:
            status: Any = "expired" if order in world.closed else "pending"
            told = (Payment(order, status, None, None, "IDR", None),)
            yield False, f"is told {status}", world, Answer(told)
            return
        main, *others = [Payment(order, "paid", txn, amount, "IDR", self._instant(0)) for _, txn, amount in mine]
        shown = (main, *(other for other in others if other.transaction_id == transaction))
        yield False, "is told what was paid", world, Answer(shown)

    def _refund(
        self, world: World, order: str, key: str, amount: int, transaction: str | None
    ) -> Iterator[tuple[bool, str, World, Answer | None]]:
        """The provider honours its key."""
        unknown = self.hole.unknown_is
        paid = next((one for one in world.payouts if one[0] == key), None)
        if paid is not None:
            yield False, "is told that it paid", world, Answer("settled")
        elif key in world.refused and self.scope.remembers_refusals:
            yield False, "is told no again", world, Answer("refused")
        else:
            after = world.with_("payouts", (key, transaction or order, amount))
            yield False, "is paid", after, Answer("settled")
            yield True, "is paid, the answer lost", after, Answer(unknown)
            if len(world.refused) < self.scope.refusals:
                no = world.with_("refused", key)
                yield True, "is told no", no, Answer("refused")
                yield True, "is told no, the answer lost", no, Answer(unknown)
        yield True, "does not reach the provider", world, Answer(unknown)


def _carried(world: World, one: outbox.Consequence) -> World:
    """What the stream makes of a change: a message at once (a worker may begin late), an execution when it gets to it."""
    if isinstance(one, outbox.SendToSeal):
        return world.with_("messages", one.stamping)
    if isinstance(one, outbox.StartExecution):
        return world.with_("streamed", one.refund)
    if isinstance(one, outbox.WakeExecution):
        return world.with_("wakes", (one.refund, str(one.number), one.token))
    return world


def _outside(world: World, scope: Scope) -> Iterator[tuple[bool, str, World]]:
    """What happens without an actor of ours."""
    for name in world.streamed:
        yield False, "the stream starts an execution", world.without("streamed", name).with_("running", name)
    for name in world.running if scope.executions_die else ():
        yield True, "an execution dies", died(world, name)
    if scope.messages_lost:
        for message in world.messages:
            yield True, "a message is lost", world.without("messages", message)
    for notice in world.notices if scope.notices_lost else ():
        if (
            next(one[:2] for one in scope.payments if one[0] == notice[0]) == notice
        ):  # the sweep learns of the first by itself
            yield True, "a notification is lost", world.without("notices", notice)
    for at, payment in enumerate(scope.payments):
        before = [one for one in scope.payments[:at] if one[0] == payment[0]]
        if payment not in world.payments and all(one in world.payments for one in before):
            order, transaction, amount = payment
            after = world.with_("payments", payment).with_("notices", (order, transaction))
            yield True, f"somebody pays {transaction} of {amount} for {order}", after
        if scope.closing and not before and payment not in world.payments and payment[0] not in world.closed:
            yield True, f"the provider closes {payment[0]}", world.with_("closed", payment[0])


def _ended(world: World, place: Place, scope: Scope) -> Iterator[tuple[bool, str, World]]:
    """What an operation's end means for who called it: a message is taken, or comes again."""
    kind, of = place.program.kind, place.program.of
    if isinstance(place.result, Refusal):
        yield False, f"ends with {place.result.code}", world
        return
    done = world
    if kind == "seal":
        done = world.without("messages", of[0])
    elif kind == "notification":
        done = world.without("notices", of)
    elif kind == "advance" and place.result.look_at is None:
        done = world.without("running", of[0])
    elif kind == "advance" and place.result.waits_for_person and scope.sleeps:
        done = put_to_sleep(world, of[0]) if of[0] in world.running else world
    elif kind == "await_person":
        done = world.with_("registered", of) if of in world.asleep else world
    elif kind == "wake":
        done = world.without("wakes", of)
    yield False, "ends", done
    if done != world and not done.asleep > world.asleep:
        yield True, "ends, and is called again", world
