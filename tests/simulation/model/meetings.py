"""Who may begin what: for each scope, the programs that a world lets begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from meterai.domain.rows import REFUND_ENDED, Attempt, Quota, Refund, Stamping
from tests.simulation.model.actors import Program
from tests.simulation.model.beginnings import DOCUMENT, refund_id, stamping_id
from tests.simulation.model.world import View

Programs = Callable[[View], Iterable[Program]]
MOST_TRANSFERS = 1
MOST_CHECKS = 1
"""Whether somebody asked for too many names is no question here: nobody asks again before all has rested."""
OFFICERS = ("acc_officer", "acc_second")
"""The first is the one who decides."""
REQUESTS = ("first", "second", "third")


def _workers(view: View, lucks: int) -> Iterator[Program]:
    for message in view.world.messages:
        for luck in range(1, lucks + 1):
            yield Program("seal", (message,), view.world.clock, luck)


def _sweeps(view: View, *kinds: type[Stamping | Attempt | Refund]) -> Iterator[Program]:
    """A sweep for each row that it would look at."""
    for kind in kinds:
        for one in view.all(kind):
            resting = one.ask_at is None if isinstance(one, Attempt) else one.ended
            seen = (
                isinstance(one, Refund) and one.execution > 1 + view.world.clock
            )  # LOOK_AGAIN_AFTER: once a tick at most
            if not resting and not seen:
                yield Program("sweep", (one.id, kind.name), view.world.clock)


def _owners_cancel(view: View) -> Iterator[Program]:
    for one in view.all(Stamping):
        if not one.ended:
            yield Program("cancel_stamping", (one.id,), view.world.clock)


def without(programs: Programs, *kinds: str) -> Programs:
    """The same programs, but for these kinds."""
    return lambda view: (one for one in programs(view) if one.kind not in kinds)


def one_stamping(view: View) -> Iterator[Program]:
    yield from _workers(view, 2)
    yield from _sweeps(view, Stamping)
    yield from _owners_cancel(view)


def claims(view: View) -> Iterator[Program]:
    yield from one_stamping(view)
    yield Program("delete_document", (DOCUMENT,), view.world.clock)
    yield from _requests(view, (DOCUMENT, "first"), (DOCUMENT, "second"), (DOCUMENT, "third", "another"))


def _requests(view: View, *requests: tuple[str, ...]) -> Iterator[Program]:
    for request in requests:
        if (stamping_id(request[1]), "stamping") not in view.rows:
            yield Program("request_stamping", request, view.world.clock)


def payments(view: View) -> Iterator[Program]:
    for notice in view.world.notices:
        yield Program("notification", notice, view.world.clock)
    yield from _sweeps(view, Attempt)


def refunds_go_on(view: View) -> Iterator[Program]:
    clock = view.world.clock
    for id in view.world.running:
        yield Program("advance", (id,), clock)
    for one in view.all(Refund):
        if one.status == "awaiting_decision":
            yield Program("decide", (one.id, "approve"), clock)
            if one.kind == "quota":
                yield Program("decide", (one.id, "reject"), clock)


def payouts(*numbers: str) -> Programs:
    """A refund that needs an account: its clock, its owner, who tells one of these, and the officers, of whom one decides and
    both would order."""

    def begin(view: View) -> Iterator[Program]:
        clock = view.world.clock
        asleep = {id for id, _ in view.world.asleep}
        yield from (one for one in refunds(0)(view) if one.kind != "advance" or one.of[0] not in asleep)
        for wake in view.world.wakes:
            yield Program("wake", wake, clock)
        for waiting in view.world.asleep:
            if waiting not in view.world.registered:
                yield Program("await_person", waiting, clock)
        for one in view.all(Refund):
            if one.status == "awaiting_destination" and one.checks <= MOST_CHECKS:
                for number in numbers:
                    yield Program("tell", (one.id, number), clock)
            if one.status == "approved" and one.waits_for_person:
                for by in OFFICERS:
                    yield Program("order", (one.id, by), clock)

    return begin


def overpaid(view: View) -> Iterator[Program]:
    yield from payments(view)
    yield from refunds_go_on(view)
    yield from _sweeps(view, Refund)
    for one in view.all(Refund):
        yield Program("cancel_refund", (one.id,), view.world.clock)


def sharded(view: View) -> Iterator[Program]:
    if any(pool.transfers > MOST_TRANSFERS for pool in view.all(Quota)):
        return  # who dies after a transfer comes again for another: in one busy time not without end
    yield from _requests(view, (DOCUMENT, "first"), (DOCUMENT, "third", "another"))
    if (refund_id("first"), "refund") not in view.rows:
        yield Program("request_refund", ("inv_1", "first"), view.world.clock)
    yield from _owners_cancel(view)


def waiting(view: View) -> Iterator[Program]:
    yield from _requests(view, (DOCUMENT, "first"))
    yield from refunds(1)(view)
    yield from _workers(view, 1)
    yield from _owners_cancel(view)


def refunds(requests: int) -> Programs:
    def begin(view: View) -> Iterator[Program]:
        clock = view.world.clock
        yield from refunds_go_on(view)
        yield from _sweeps(view, Refund)
        for key in REQUESTS[:requests]:
            if (refund_id(key), "refund") not in view.rows:
                yield Program("request_refund", ("inv_1", key), clock)
        for one in view.all(Refund):
            if one.status not in REFUND_ENDED:
                yield Program("cancel_refund", (one.id,), clock)

    return begin
