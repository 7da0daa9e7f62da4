"""The explicit-state model: every order of the small scopes, and every seeded hole is found (docs/model.md)."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

import pytest

from meterai.domain.ledger import Change, Is, Move
from meterai.domain.moves import purchase, quota, refund, serials, stamping
from tests.simulation.model.checker import Broken, State, Step, explore
from tests.simulation.model.holes import HOLES
from tests.simulation.model.scope import Model
from tests.simulation.model.scopes import QUICK, SCOPES
from tests.simulation.model.table import Tables

OUTSIDE = {"open_account", "open_invoice", "open_attempt", "keep_charge", "notice_put"}
OUTSIDE |= {"bring_document", "examined", "repaired", "previewed", "check_name", "uncheck_name", "note"}
"""Moves that come before a scope begins, and the raw notification, which nothing reads. A repair ends where a stamping begins:
its gate is an empty claim (tests/unit/operations/test_repair.py holds the race). Name checks are counted on a refund that waits
for its owner, and change nothing else (tests/unit/operations/test_destination.py holds their races). A noted request is in
nobody's way."""
NOT_YET = {"shard", "offer", "drained", "number", "spend", "burn", "reclaim"}
"""No operation makes them in these scopes: an operator opens shards, once, before an account's scope begins; and what is
offered back for being late is told by instants that these scopes forget (`offered_at`). The simulation has both. Who waited
for the issuer is sent again by the change that `resent` is, under the same gates, many in one move."""


@pytest.mark.parametrize("name", QUICK)
def test_no_order_of_events_breaks_an_invariant_or_is_stuck(name: str) -> None:
    model = Model(QUICK[name])
    found = explore(model)
    assert found.broken is None, "\n".join((found.broken, *found.trace))
    assert found.finished
    assert found.ended > 0
    # Nor does what the model forgets decide anything: whole rows, and a clock that only goes on, lead to no world but these.
    exact = Model(replace(QUICK[name], at_once=1), exact=2)
    explore(exact, most=1_500)
    assert exact.worlds > 5
    assert [view.world for view in exact.views() if not model.met(model.seen(view))] == []


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_is_found(name: str) -> None:
    hole = HOLES[name]
    with hole.open():
        found = explore(Model(SCOPES[hole.scope], hole), most=100_000)
    assert found.broken is not None
    assert found.trace


def builders(module: ModuleType) -> Iterable[str]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and function.__annotations__.get("return") == "Move":
            yield name


def test_every_move_of_the_ledger_is_made_and_refused() -> None:
    wanted = {name for module in (purchase, quota, refund, serials, stamping) for name in builders(module)}
    assert {"hold", "commit", "drain"} <= wanted
    wanted = wanted - OUTSIDE - NOT_YET - {"close_attempt", "expire_invoice"} | {"expire", "order_payout"}
    made, refused = set[str](), set[str]()
    for scope in QUICK.values():
        model = Model(scope)
        explore(model, most=4_000)
        here, closed = model.tables.made()
        made, refused = made | here, refused | closed
    assert wanted - made == set()
    assert wanted - refused == set()


@pytest.mark.parametrize("name", ["payments", "late payment", "forgetful provider"])
def test_where_an_operation_stands_does_not_depend_on_how_it_came_there(name: str) -> None:
    """Every history that leads to a place goes on as the others do."""
    all_compared, some_compared = (
        explore(Model(QUICK[name], compared=compared), most=4_000) for compared in (1_000_000, 6)
    )
    assert replace(all_compared, seconds=0) == replace(some_compared, seconds=0)


def test_a_gate_on_what_the_model_forgets_is_refused() -> None:
    move = Move("late", (Change(("rfd_1", "refund"), {"updated_at": Is("now")}),))
    with pytest.raises(AssertionError, match="forgets"):
        Tables().move(move)


# The checker itself ----------------------------------------------------------------------------------------------------


class Stairs:
    """A walk up and down some stairs, on which one step is broken, missing, or only taken at a whim."""

    def __init__(self, *, broken: int = -1, whim: int = -1, missing: int = -1) -> None:
        self._broken, self._whim, self._missing = broken, whim, missing

    def beginning(self) -> State:
        return (0,)

    def steps(self, state: State) -> Iterable[Step]:
        (at,) = state
        if at < 5 and at != self._missing:
            yield Step(at == self._whim, "up", (at + 1,))
        if 0 < at < 5:
            yield Step(False, "down", (at - 1,))
        yield Step(False, "stays", state)

    def judge(self, state: State) -> None:
        if state[0] == self._broken:
            raise Broken("no broken step is trodden on")

    def ended(self, state: State) -> bool:
        return state[0] == 5


def test_the_checker_walks_everywhere() -> None:
    found = explore(Stairs())
    assert (found.states, found.finished, found.ended, found.broken) == (6, True, 1, None)
    assert explore(Stairs(), most=3).finished is False


def test_the_checker_shows_the_shortest_way_to_what_is_broken() -> None:
    found = explore(Stairs(broken=3))
    assert (found.broken, found.trace) == ("no broken step is trodden on", ("up", "up", "up"))


def test_the_checker_finds_what_is_stuck_and_relies_on_no_whim() -> None:
    for stairs in (Stairs(missing=2), Stairs(whim=2)):
        found = explore(stairs)
        assert found.finished
        assert found.broken is not None
        assert found.broken.startswith("stuck")
