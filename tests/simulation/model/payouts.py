"""What a payout provider may do and answer, and the tokens of executions that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from meterai.domain.errors import PaymentProviderUnavailable
from tests.simulation.model.actors import Answer, Request
from tests.simulation.model.world import World

TOKENS = ("t1", "t2", "t3")
"""Each wait has another token than the one before and the one before that: whose are still about."""
Way = tuple[bool, str, World, Answer | None]


class Limits(Protocol):
    """Of a scope, how often payouts are refused, and whether also after they arrived."""

    @property
    def refusals(self) -> int: ...
    @property
    def comes_back(self) -> bool: ...


def payout(world: World, request: Request, scope: Limits, unknown: Any) -> Iterator[Way]:
    """The provider honours its key, and answers for a while that a payout is under way. Nobody hears of a call that is lost:
    `unknown` is what that is taken for."""
    name, key, *of = request
    lost = Answer(unknown) if name == "pay_out" else Answer(raises=PaymentProviderUnavailable)
    yield True, f"{name} does not reach the provider", world, lost
    known = next((one for one in world.sent if one[0] == key), None)
    may_refuse = len(world.refused) < scope.refusals
    if known is None and name == "ask":
        yield False, "is told that there is no such payout", world, Answer(None)
    elif known is None:
        made = world.with_("sent", (key, *of, "under_way"))
        yield False, "has it paid out", made, Answer("under_way")
        yield True, "has it paid out, the answer lost", made, Answer(unknown)
        if may_refuse:
            yield True, "is turned down", world.with_("refused", key), Answer("refused")
    elif of and (known[1], known[2]) != tuple(of):
        yield False, "asks for another payout under the key of one", world, Answer("unknown")
    else:
        state = known[3]
        if state == "under_way":
            yield True, "is told that it is under way", world, Answer(state)
        if state != "refused":
            yield False, "is told that it arrived", _became(world, known, "settled"), Answer("settled")
        if state == "refused":
            yield False, "is told no again", world, Answer("refused")
        elif may_refuse and (state == "under_way" or scope.comes_back):
            back = _became(world, known, "refused").with_("refused", key)
            yield True, "is told that it came back", back, Answer("refused")
            yield True, "it comes back, the answer lost", back, lost


def put_to_sleep(world: World, refund: str) -> World:
    """The execution of a refund begins to wait, with a token of its own."""
    before = next((token for one, token in world.waited if one == refund), TOKENS[-1])
    token = TOKENS[(TOKENS.index(before) + 1) % len(TOKENS)]
    after = world.without("waited", (refund, before)).with_("waited", (refund, token))
    return after.with_("asleep", (refund, token))


def died(world: World, refund: str) -> World:
    """The execution of a refund is gone, and whoever would wake it finds nobody."""
    asleep = tuple(one for one in world.asleep if one[0] != refund)
    registered = tuple(one for one in world.registered if one[0] != refund)
    return world.without("running", refund)._replace(asleep=asleep, registered=registered)


def _became(world: World, one: tuple[str, str, int, str], state: str) -> World:
    return world.without("sent", one).with_("sent", (*one[:3], state))
