"""One generated case: somebody buys, uses, waits, asks a quote and asks for the money; policy, way and mishaps from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from meterai.domain.errors import Refusal
from meterai.domain.policy import POLICIES
from meterai.domain.rows import Invoice, Refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.decide_refund import decide_refund
from meterai.operations.find import loaded
from meterai.operations.order_payout import order_payout
from meterai.operations.policy_in_force import activate_policy
from meterai.operations.quote_refund import quote_refund
from meterai.operations.tell_destination import tell_destination
from tests.fakes.payouts import MemoryPayouts, PayoutFate
from tests.fakes.world import DAY, World

WINDOW = timedelta(days=3)
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: the code that the request ended with ("refunded" or a refusal), and what broke, if anything."""

    seed: int
    policy: str
    way: str
    ended: str
    amount_idr: int
    broken: str | None


def case(seed: int) -> Outcome:
    """Play the case of this seed. Raises nothing that the house may raise."""
    dice = random.Random(seed)
    world = World(seed=seed, payouts=MemoryPayouts())
    policy = dice.choice(sorted(POLICIES))
    if policy != "A":
        activate_policy(world.ledger, policy=policy, from_at=world.now, by="sari", now=world.now)
    opened = world.account()
    account = opened.account.id
    world.verify(account)
    invoices = [_bought(world, account, dice) for _ in range(dice.randrange(1, 4))]
    held = sum(loaded(world.ledger, Invoice, one).quantity for one in invoices)
    for _ in range(dice.randrange(0, min(held, 4) + 1)):
        world.stamp(account, world.document(opened.token))
        world.work()
        world.wait(timedelta(minutes=dice.randrange(60)))
    waiting = None
    if world.quota(account).available and dice.random() < 0.2:
        waiting = world.stamp(account, world.document(opened.token)).stamping.id
        world.flow()
    world.wait(dice.choice((timedelta(0), WINDOW - timedelta(hours=6), timedelta(seconds=dice.randrange(4 * 86_400)))))
    return _asked(world, account, dice.choice(invoices), waiting, seed, dice)


def _bought(world: World, account: str, dice: random.Random) -> str:
    bill = world.buy(account, dice.choice((1, 1, 2, 3, 5)), method=dice.choice(("qris", "gopay", "va")))
    notice = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    world.wait(timedelta(minutes=dice.choice((0, 1, 29, 31))))  # from 30 minutes on it is our failure, and offered back
    world.notify(*notice)
    return bill.invoice.id


def _asked(world: World, account: str, invoice: str, waiting: str | None, seed: int, dice: random.Random) -> Outcome:
    quote = quote_refund(world.ledger, account=account, invoice_id=invoice, received_at=world.now)
    before = world.gateway.all_refunded_idr() + _paid_out(world)
    try:
        refund = world.ask_refund(account, invoice).refund
    except Refusal as refusal:
        fault = None if (quote.eligible, quote.code) == (False, refusal.code) else f"{quote.code} was quoted"
        return Outcome(seed, quote.policy.id, quote.way, refusal.code, 0, fault)
    if waiting is not None and refund.status == "pending":
        cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=waiting, now=world.now)
    world.gateway.refund_fates = [dice.choice(("lost before", "lost after", "refused"))] if dice.random() < 0.3 else []
    ended = _followed(world, account, refund.id, dice)
    left = world.gateway.all_refunded_idr() + _paid_out(world) - before
    return Outcome(
        seed, quote.policy.id, ended.way, ended.status, left, _fault(world, account, quote.amount_idr, ended, left)
    )


def _fault(world: World, account: str, quoted_idr: int, ended: Refund, left: int) -> str | None:
    if ended.status != "refunded":
        return f"it ended {ended.status}"
    if not quoted_idr == ended.amount_idr == left:
        return f"quoted {quoted_idr}, decided {ended.amount_idr}, left {left}"
    if not world.quota(account).balanced():
        return "the quota does not balance"
    paid = sum(int(str(row["amount_idr"])) for (_, noun), row in world.ledger.rows.items() if noun == "payment")
    return None if world.books()["clearing"] == paid - left else "the books do not say what left"


def _followed(world: World, account: str, refund: str, dice: random.Random) -> Refund:
    """Whoever has to act does: the owner names an account, one officer approves, another orders."""
    assert isinstance(world.payouts, MemoryPayouts)
    fates: list[PayoutFate] = ["refused", "lost before", "lost after", "turned down"]
    world.payouts.fates = [dice.choice(fates) for _ in range(dice.randrange(3))]
    for _ in range(ROUNDS):
        stands = world.follow(refund)
        match stands.status:
            case "awaiting_destination":
                tell_destination(
                    world.ledger, world.payouts, account=account, refund_id=refund, bank="ID_BCA", number="1234567890",
                    given="Budi Santoso", now=world.now, day=DAY,
                )  # fmt: skip
            case "awaiting_decision":
                decide_refund(
                    world.ledger, refund_id=refund, by="acc_first", approve=True, note="ya", now=world.now,
                    way="payout" if stands.way == "payout" or dice.random() < 0.5 else "provider",
                )  # fmt: skip
            case "approved":
                order_payout(world.ledger, refund_id=refund, by="acc_second", reason="", now=world.now)
            case _:
                return stands
        world.wait(timedelta(minutes=5))
    return loaded(world.ledger, Refund, refund)


def _paid_out(world: World) -> int:
    assert isinstance(world.payouts, MemoryPayouts)
    return world.payouts.arrived_idr()
