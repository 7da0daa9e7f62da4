"""The scopes: small worlds, each with the actors that meet there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from meterai.domain.rows import Refund, Stamping
from tests.simulation.model.beginnings import (
    DOCUMENT,
    ONE,
    approved,
    approved_payout,
    bought,
    brought,
    joined,
    on_two_shards,
    one_attempt,
    paid,
    rows_after,
    two_attempts,
)
from tests.simulation.model.meetings import (
    claims,
    one_stamping,
    overpaid,
    payments,
    payouts,
    refunds,
    sharded,
    waiting,
    without,
)
from tests.simulation.model.scope import Scope

LEASE_TICK = timedelta(minutes=1)
DAY_TICK = timedelta(days=1)

_STAMPING = Scope(
    "stamping",
    "two workers, the sweep and the owner's cancel at one stamping",
    rows=lambda: rows_after(*bought(1), *brought(), joined("first")),
    programs=one_stamping,
    paid=paid(1),
    at_once=2,
    of_kind={"sweep": 1, "cancel_stamping": 1},
    tick=LEASE_TICK,
    messages_lost=False,
)
_CLAIMS = Scope(
    "claims",
    "three requests at one document and two pieces, one of them for another stamp; the owner's cancel; nobody seals",
    rows=lambda: rows_after(*bought(2), *brought()),
    programs=without(claims, "seal", "sweep", "delete_document"),
    paid=paid(2),
    at_once=2,
    of_kind={"cancel_stamping": 1},
    stall=0,
    tick=LEASE_TICK,
    messages_lost=False,
    ends=(),
)
_SHARDS = Scope(
    "shards",
    "a request and a refund at two pieces on two shards",
    rows=on_two_shards,
    programs=lambda view: (one for one in without(sharded, "cancel_stamping")(view) if "another" not in one.of),
    paid=paid(2),
    at_once=2,
    of_kind={"request_stamping": 1},
    stall=0,
    tick=DAY_TICK,
    messages_lost=False,
    executions_die=False,
    ends=(),
)
_PAYMENTS = Scope(
    "payments",
    "two codes of one invoice, both paid",
    rows=two_attempts,
    programs=without(payments, "sweep"),
    payments=(("pay_1", "t1", ONE), ("pay_2", "t2", ONE)),
    at_once=2,
    stall=0,
    tick=DAY_TICK,
    notices_lost=False,
    executions_die=False,
    ends=(),
)
_LATE = Scope(
    "late payment",
    "a code that the provider closes, paid all the same",
    rows=one_attempt,
    programs=payments,
    payments=(("pay_1", "t1", ONE),),
    closing=True,
    at_once=2,
    stall=0,
    of_kind={"sweep": 1},
    tick=DAY_TICK,
    executions_die=False,
    ends=(),
)
_OVERPAID = Scope(
    "overpaid",
    "one code paid twice: the second payment goes back, whoever would cancel it",
    rows=one_attempt,
    programs=overpaid,
    payments=(("pay_1", "t1", ONE), ("pay_1", "t2", ONE)),
    at_once=2,
    stall=0,
    of_kind={"sweep": 1, "advance": 1, "notification": 1, "cancel_refund": 1},
    tick=DAY_TICK,
    executions_die=False,
)
_PAYING = Scope(
    "paying",
    "an approved refund, and a provider that may refuse it once",
    rows=lambda: rows_after(*bought(1), *approved()),
    programs=refunds(0),
    paid=paid(1),
    at_once=2,
    of_kind={"sweep": 1, "decide": 1, "cancel_refund": 1},
    stall=0,
    tick=DAY_TICK,
    refusals=1,
    executions_die=False,
)
_FORGETFUL = replace(
    _PAYING,
    name="forgetful provider",
    about="the same, and the provider forgets what it refused; a function ends before its recorded call does",
    remembers_refusals=False,
    timed_out=True,
)
_REFUNDS = Scope(
    "refunds",
    "two requests for one of two invoices",
    rows=lambda: rows_after(*bought(1), *bought(1, 2)),
    programs=refunds(2),
    paid=(*paid(1), *paid(1, 2)),
    at_once=2,
    of_kind={"sweep": 1, "decide": 1, "cancel_refund": 1, "advance": 1, "request_refund": 1},
    stall=0,
    tick=DAY_TICK,
    executions_die=False,
)
_WAITING = Scope(
    "waiting",
    "a request for a refund, a stamping that wants its piece, the owner's cancels; nobody seals",
    rows=lambda: rows_after(*bought(1), *brought()),
    programs=without(waiting, "seal", "decide", "sweep"),
    paid=paid(1),
    at_once=2,
    stall=0,
    of_kind={"cancel_refund": 1, "cancel_stamping": 1},
    tick=DAY_TICK,
    messages_lost=False,
    executions_die=False,
    ends=(),
)

_PAYOUT = Scope(
    "payout",
    "a refund that no provider gives back, an account to be told, two officers, a payout that may be refused once",
    rows=lambda: approved_payout(7),
    programs=without(payouts("111"), "sweep", "cancel_refund"),
    paid=paid(1),
    at_once=2,
    of_kind={"decide": 1, "tell": 1, "order": 1},
    stall=0,
    tick=DAY_TICK,
    refusals=1,
    milestones=True,
    executions_die=False,
)
_WOKEN = replace(
    _PAYOUT,
    name="woken",
    about="the same, never refused; an execution that waits for a person goes on when the stream wakes it, and else never",
    of_kind={"decide": 1, "tell": 1, "order": 1, "advance": 1, "await_person": 1, "wake": 1},
    rows=approved_payout,
    refusals=0,
    sleeps=True,
)

QUICK = {
    scope.name: scope
    for scope in (
        replace(
            _STAMPING,
            name="two workers",
            about="two workers and the sweep at one stamping",
            programs=without(one_stamping, "cancel_stamping"),
        ),
        replace(
            _STAMPING,
            name="one worker",
            about="one worker, the sweep and the owner's cancel at one stamping; messages are lost",
            of_kind={"seal": 1, "sweep": 1, "cancel_stamping": 1},
            messages_lost=True,
        ),
        _CLAIMS,
        replace(
            _CLAIMS,
            name="deletion",
            about="a request for a stamp, and its document is deleted",
            programs=lambda view: (one for one in claims(view) if one.of in ((DOCUMENT,), (DOCUMENT, "first"))),
        ),
        _SHARDS,
        _PAYMENTS,
        _LATE,
        _OVERPAID,
        _PAYING,
        _FORGETFUL,
        _REFUNDS,
        _WAITING,
        _PAYOUT,
        _WOKEN,
        replace(
            _WOKEN,
            name="tokens",
            about="executions that wait for an account and die, and the sweep that starts others; nobody tells one",
            programs=without(payouts(), "decide", "order", "cancel_refund"),
            executions_die=True,
            ends=(),
        ),
    )
}
"""Explored whole by every run of the tests."""

LARGE = {
    scope.name: scope
    for scope in (
        _STAMPING,
        replace(
            _STAMPING,
            name="stamping, lost and refused",
            about="the same; documents are refused, messages lost",
            documents_refused=True,
            messages_lost=True,
        ),
        replace(
            _STAMPING,
            name="stamping, three at once",
            about="the same, three at once, within one tick",
            at_once=3,
            stall=0,
        ),
        replace(
            _CLAIMS,
            name="claims, sealed",
            about="three requests at one document and two pieces; worker, sweep, the owner's cancel and deletion",
            programs=claims,
            of_kind={"seal": 1, "sweep": 1, "cancel_stamping": 1, "delete_document": 1},
            ends=(Stamping,),
        ),
        replace(
            _SHARDS,
            name="shards, two requests",
            about="two requests, the owner's cancel and a refund at two pieces on two shards",
            programs=sharded,
            of_kind={"cancel_stamping": 1},
        ),
        replace(
            _PAYMENTS,
            name="payments, three",
            about="two codes of one invoice, three payments, one of them too little; the sweep; notifications are lost",
            programs=payments,
            payments=(("pay_1", "t1", ONE), ("pay_2", "t2", ONE), ("pay_2", "t3", ONE - 1)),
            of_kind={"sweep": 1},
            notices_lost=True,
        ),
        replace(
            _LATE,
            name="late payment, stalled",
            about="a late payment and one of too little; stalls over a tick",
            payments=(("pay_1", "t1", ONE), ("pay_1", "t2", ONE - 1)),
            stall=1,
        ),
        replace(
            _OVERPAID,
            name="overpaid, refused",
            about="one code paid twice; the provider may refuse the refund once, executions die",
            of_kind={"sweep": 1, "advance": 2, "decide": 1, "cancel_refund": 1},
            refusals=1,
            executions_die=True,
        ),
        replace(
            _PAYING,
            name="paying, stalled",
            about="an approved refund; stalls over a tick, executions die",
            stall=1,
            executions_die=True,
        ),
        replace(
            _FORGETFUL,
            name="forgetful provider, stalled",
            about="the forgetful provider; stalls over a tick, executions die",
            stall=1,
            executions_die=True,
        ),
        replace(
            _REFUNDS,
            name="refunds, three",
            about="three requests for one of two invoices; the provider may refuse once, executions die",
            programs=refunds(3),
            of_kind={"sweep": 1, "decide": 1, "cancel_refund": 1},
            refusals=1,
            executions_die=True,
        ),
        replace(
            _REFUNDS,
            name="refunds, in time or not",
            about="two requests, at any time before or after the end of the policy's window; stalls over a tick",
            windows=True,
            stall=1,
        ),
        replace(
            _WAITING,
            name="waiting, sealed",
            about="a request for a refund waits for a stamping, or comes first; worker, sweep, officer, the owner's cancels",
            programs=waiting,
            of_kind={"sweep": 1, "decide": 1, "cancel_refund": 1, "seal": 1, "cancel_stamping": 1, "advance": 1},
            ends=(Stamping, Refund),
        ),
        replace(
            _PAYOUT,
            name="payout, two accounts",
            about="either of two accounts; the payout may be refused after it arrived; owner's cancel, sweep, executions die",
            programs=payouts("111", "222"),
            of_kind={"decide": 1, "tell": 2, "order": 1, "sweep": 1, "cancel_refund": 1},
            comes_back=True,
            executions_die=True,
        ),
        replace(
            _WOKEN,
            name="woken, refused",
            about="the same; the payout may be refused once, executions die",
            programs=without(payouts("111"), "cancel_refund"),
            of_kind={**_WOKEN.of_kind, "sweep": 1},
            refusals=1,
            executions_die=True,
        ),
    )
}
"""Explored by `python -m tests.simulation.model --full`, up to a number of states."""

SCOPES = QUICK | LARGE
