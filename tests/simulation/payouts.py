"""How histories of payouts begin: on each step of the way from a virtual account back to its owner, before a call goes wrong
(scenes), with two at one row (races), or with everybody at once (themes)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from meterai.operations.await_person import await_person
from tests.simulation.outside import ANOTHERS, OWN
from tests.simulation.payees import OFFICERS, deciding, officer, ordering, teller, telling
from tests.simulation.people import Crowd
from tests.simulation.races import GRACE_OVER, NOWHERE, poised, started
from tests.simulation.scenes import Aim
from tests.simulation.themes import Focus, Theme, settle_streams

FIRST, SECOND = OFFICERS
Stage = Callable[[Crowd], tuple[str, str]]
"""How far a refund has come: its account and its id."""


def _asked(crowd: Crowd, pieces: int = 1) -> tuple[str, str]:
    """Somebody paid by virtual account and asks for the money: the policy approves, and an account is wanted."""
    house = crowd.house
    account = crowd.account().account.id
    invoice, _ = crowd.bought(account, pieces, "va")
    refund = crowd.asked_for_money(account, invoice)
    house.step(refund, house.now)
    crowd.comes(crowd.later(crowd.buyer(account)))
    return account, refund


def _waits(crowd: Crowd) -> tuple[str, str]:
    """It waits for an account."""
    account, refund = _asked(crowd, crowd.house.dice.randrange(1, 3))
    crowd.house.step(refund, crowd.house.now)
    return account, refund


def _told(crowd: Crowd) -> tuple[str, str]:
    account, refund = _waits(crowd)
    telling(crowd.house, refund, OWN[0])(crowd.house.now)
    return account, refund


def _submitted(crowd: Crowd) -> tuple[str, str]:
    account, refund = _told(crowd)
    crowd.house.step(refund, crowd.house.now)
    return account, refund


def _decided(crowd: Crowd) -> tuple[str, str]:
    account, refund = _submitted(crowd)
    deciding(crowd.house, refund, FIRST, True)(crowd.house.now)
    return account, refund


def _ordered(crowd: Crowd) -> tuple[str, str]:
    """Both officers have acted, and the grace is over."""
    account, refund = _decided(crowd)
    ordering(crowd.house, refund, SECOND)(crowd.house.now)
    crowd.house.now += GRACE_OVER
    return account, refund


def _paying(crowd: Crowd) -> tuple[str, str]:
    account, refund = _ordered(crowd)
    crowd.house.step(refund, crowd.house.now)
    return account, refund


def _bounced(crowd: Crowd) -> tuple[str, str]:
    """The payout was made, and failed at the bank."""
    house = crowd.house
    account, refund = _paying(crowd)
    house.banks.always = "refused"
    while house.table.rows[refund, "refund"]["status"] == "paying":
        house.step(refund, house.now)
        house.now += timedelta(hours=1)
    house.banks.always = None
    return account, refund


def _waits_again(crowd: Crowd) -> tuple[str, str]:
    """It is to be paid out all the same, and waits for another account."""
    account, refund = _bounced(crowd)
    deciding(crowd.house, refund, FIRST, True)(crowd.house.now)
    crowd.house.step(refund, crowd.house.now)
    return account, refund


def _turned(crowd: Crowd) -> tuple[str, str]:
    """A provider that has refunds refused this one, and an officer has it paid out instead."""
    house = crowd.house
    account = crowd.account().account.id
    refund = crowd.asked_for_money(account, crowd.bought(account, 1)[0])
    house.step(refund, house.now)
    house.now += GRACE_OVER
    house.step(refund, house.now)
    house.provider.refund_fates = ["refused"]
    house.step(refund, house.now)
    deciding(house, refund, FIRST, True, "payout")(house.now)
    return account, refund


STAGES: tuple[Stage, ...] = (
    _asked,
    _waits,
    _told,
    _submitted,
    _decided,
    _ordered,
    _paying,
    _bounced,
    _waits_again,
    _turned,
)


def _rings(crowd: Crowd, stage: Stage) -> str:
    """The refund's clock rings at this stage."""
    _, refund = stage(crowd)
    crowd.house.clocks.start(refund, 1)
    return refund


# Scenes ------------------------------------------------------------------------------------------------------------------


def account_wanted(crowd: Crowd) -> None:
    """The policy has approved what no provider gives back."""
    _rings(crowd, _asked)


def account_told(crowd: Crowd) -> None:
    """An account was told: an officer is asked to decide."""
    _rings(crowd, _told)


def tells(crowd: Crowd) -> None:
    """The owner says where the money goes."""
    _, refund = _waits(crowd)
    crowd.comes(crowd.insist("tell_destination", telling(crowd.house, refund, OWN[0])))


def bank_is_silent(crowd: Crowd) -> None:
    """The owner says where the money goes, and no bank answers whose account that is."""
    crowd.house.banks.names_outage = True
    tells(crowd)


def decides(crowd: Crowd) -> None:
    """An officer decides a payout."""
    _, refund = _submitted(crowd)
    approve = crowd.house.dice.random() < 0.5
    crowd.comes(crowd.insist("decide_refund", deciding(crowd.house, refund, FIRST, approve)))


def orders(crowd: Crowd) -> None:
    """The other officer orders it."""
    _, refund = _decided(crowd)
    crowd.comes(crowd.insist("order_payout", ordering(crowd.house, refund, SECOND)))


def is_ordered(crowd: Crowd) -> None:
    """Both have acted, and the clock rings."""
    _rings(crowd, _ordered)


def is_paid_out(crowd: Crowd) -> None:
    """A payout is about to be made."""
    crowd.house.banks.refuses = 0.0
    _rings(crowd, _paying)


def is_turned_down(crowd: Crowd) -> None:
    """A payout is about to be made, and the provider will not."""
    crowd.house.banks.always = "turned down"
    _rings(crowd, _paying)


def is_long_waited_for(crowd: Crowd) -> None:
    """A week has passed, and nobody has told an account."""
    _, refund = _waits(crowd)
    crowd.house.now += timedelta(days=7, seconds=1)
    crowd.house.clocks.start(refund, 1)


def waits_for_its_owner(crowd: Crowd) -> None:
    """The clock rings, and there is nothing to do but to wait for a person."""
    _rings(crowd, _waits)


def _asleep(crowd: Crowd) -> None:
    """An execution waits for a person with a token, and the person acts."""
    house = crowd.house
    _, refund = _waits(crowd)
    house.clocks.start(refund, 1)
    house.clocks.due[refund, 1] = house.now + timedelta(days=7)
    await_person(house.ledger, refund_id=refund, token=house.clocks.token((refund, 1)))
    settle_streams(crowd)
    telling(house, refund, OWN[0])(house.now)


def is_woken(crowd: Crowd) -> None:
    """Somebody has acted, and the stream wakes who waits."""
    _asleep(crowd)


def sleeps_for_ever(crowd: Crowd) -> None:
    """Somebody has acted, and the execution that waited for it is gone."""
    _asleep(crowd)
    clocks = crowd.house.clocks
    [name] = clocks.waits
    clocks.due[name] = None


AIMED_PAYOUTS: tuple[Aim, ...] = (
    (account_wanted, "advance_refund", {"table.destine": 1.2}),
    (account_told, "advance_refund", {"table.submit": 1.2}),
    (tells, "tell_destination", {"table.get refund": 0.6, "table.get destination": 1, "table.get account": 1}),
    (tells, "tell_destination", {"table.check_name": 1, "payouts.holder": 1, "table.destine": 1.2}),
    (bank_is_silent, "tell_destination", {"table.uncheck_name": 1.3}),
    (decides, "decide_refund", {"table.approve": 0.6, "table.unhold": 0.6}),
    (orders, "order_payout", {"table.get refund": 0.6, "table.get destination": 1, "table.order_payout": 1.2}),
    (is_ordered, "advance_refund", {"table.start": 0.6}),
    (is_paid_out, "advance_refund", {"table.get destination": 0.6, "payouts.ask": 1, "payouts.pay_out": 1.2}),
    (is_paid_out, "advance_refund", {"table.call": 0.4, "table.settle": 0.6}),
    (is_turned_down, "advance_refund", {"table.refused": 0.6}),
    (is_long_waited_for, "advance_refund", {"table.remind": 1.2}),
    (waits_for_its_owner, "await_person", {"table.get refund": 1, "table.await_person": 1.2}),
    (is_woken, "dispatch", {"executions.wake": 1.2}),
    (sleeps_for_ever, "dispatch", {"executions.running": 1, "table.get refund": 1, "table.rewind": 1.2}),
)


# Races -------------------------------------------------------------------------------------------------------------------


def two_accounts(crowd: Crowd) -> Focus:
    """Two windows tell two accounts, or the same twice."""
    house, dice = crowd.house, crowd.house.dice
    _, refund = (_waits if dice.random() < 0.5 else _waits_again)(crowd)
    for _ in range(2):
        started(house, "tell_destination", telling(house, refund, dice.choice((*OWN, ANOTHERS))))
        poised(house, dice.choice(("table.check_name", "payouts.holder", "table.destine")))
    crowd.comes(officer(crowd))
    house.clocks.start(refund, 1)
    return NOWHERE


def asked_for_again(crowd: Crowd) -> Focus:
    """One clock is about to ask for an account while another has asked, the owner has told one, and officers act."""
    house, dice = crowd.house, crowd.house.dice
    _, refund = _asked(crowd)
    for number in (1, 2):
        house.clocks.start(refund, number)
    house.advance((refund, 1))
    poised(house, "table.destine")
    house.step(refund, house.now)
    if dice.random() < 0.5:
        telling(house, refund, OWN[0])(house.now)
    crowd.comes(teller(crowd, refund))
    crowd.comes(officer(crowd))
    return NOWHERE


def two_orders(crowd: Crowd) -> Focus:
    """Who decided a payout is about to order it, and so is somebody else; its owner may take it back."""
    house, dice = crowd.house, crowd.house.dice
    account, refund = _decided(crowd)
    for by in dice.sample(OFFICERS, 2):
        started(house, "order_payout", ordering(house, refund, by))
        if dice.random() < 0.6:
            poised(house, "table.order_payout")
    if dice.random() < 0.3:
        started(house, "cancel_refund", crowd.unrefunding(account, refund))
    house.now += GRACE_OVER
    house.clocks.start(refund, 1)
    return NOWHERE


def ordered_unseen(crowd: Crowd) -> Focus:
    """An officer is about to decide or order what bounced, while its owner thinks better of it or tells another account."""
    house, dice = crowd.house, crowd.house.dice
    account, refund = _bounced(crowd)
    started(house, "decide_refund", deciding(house, refund, dice.choice(OFFICERS), dice.random() < 0.8))
    if dice.random() < 0.5:
        poised(house, "table.approve")
    if dice.random() < 0.3:
        crowd.comes(crowd.unrefunder(account, refund))
    crowd.comes(teller(crowd, refund))
    crowd.comes(officer(crowd))
    crowd.comes(officer(crowd))
    house.clocks.start(refund, 1)
    return NOWHERE


def two_payouts(crowd: Crowd) -> Focus:
    """Two executions of one refund, both about to have it paid out; an earlier call may have been lost."""
    house, dice = crowd.house, crowd.house.dice
    _, refund = _ordered(crowd) if dice.random() < 0.3 else _paying(crowd)
    if dice.random() < 0.5:
        house.dies(
            lambda now: house.step(refund, now), dice.choice(("table.settle", "payouts.pay_out", "table.refused"))
        )
        house.now += timedelta(seconds=31)
    house.banks.refuses = 0.5
    for number, at in (
        (1, ("table.start", "table.call", "payouts.pay_out")),
        (2, ("table.call", "payouts.ask", "payouts.pay_out")),
    ):
        house.clocks.start(refund, number)
        house.advance((refund, number))
        poised(house, dice.choice(at))
        house.now += timedelta(seconds=2)
    return frozenset({"advance_refund"}) if dice.random() < 0.5 else NOWHERE


PAYOUT_RACES: tuple[Theme, ...] = (two_accounts, asked_for_again, two_orders, ordered_unseen, two_payouts)


# Themes ------------------------------------------------------------------------------------------------------------------


def on_its_way(crowd: Crowd) -> Focus:
    """A refund somewhere on its way to an account: its clock rings, owner and officers act, each as they like."""
    house, dice = crowd.house, crowd.house.dice
    account, refund = dice.choice(STAGES)(crowd)
    house.clocks.start(refund, 1)
    crowd.comes(teller(crowd, refund))
    crowd.comes(officer(crowd))
    crowd.comes(officer(crowd))
    if dice.random() < 0.2:
        crowd.comes(crowd.unrefunder(account, refund))
    return frozenset({"advance_refund", "tell_destination", "order_payout", "decide_refund", "await_person"})


def paid_twice(crowd: Crowd) -> Focus:
    """A virtual account was paid twice: what bought nothing goes back to an account, all of it."""
    house = crowd.house
    account = crowd.account().account.id
    _, attempt = crowd.bought(account, 1, "va")
    house.pay(attempt)
    house.credit(house.notices.pop(), house.now)
    [refund] = [id for (id, noun), row in house.table.rows.items() if noun == "refund" and row["kind"] == "payment"]
    house.clocks.start(refund, 1)
    crowd.comes(teller(crowd, refund))
    crowd.comes(officer(crowd))
    crowd.comes(officer(crowd))
    crowd.comes(crowd.grabber(account))
    return frozenset({"advance_refund", "tell_destination", "order_payout"})


def silent_provider(crowd: Crowd) -> Focus:
    """Payouts of which nobody hears: asked about, again and again, and turned down or bounced at last."""
    house, dice = crowd.house, crowd.house.dice
    _, refund = _paying(crowd)
    house.banks.slow, house.banks.refuses = 0.5, 0.7
    house.dies(partial(house.step, refund), dice.choice(("payouts.pay_out", "table.settle", "table.refused")))
    house.now += timedelta(seconds=31)
    house.clocks.start(refund, 1)
    crowd.comes(teller(crowd, refund))
    crowd.comes(officer(crowd))
    return frozenset({"advance_refund", "sweep"})


PAYOUT_THEMES: tuple[Theme, ...] = (on_its_way, on_its_way, paid_twice, silent_provider)
"""The first twice: it begins at ten stages."""
