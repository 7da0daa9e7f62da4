"""Faults seeded into the ledger, one at a time: the simulation must find each of them.

Each is a clause of the design taken away, as subtle as can be: one gate less, one write less, one step too early. Where two
gates guard one thing (defence in depth), both are gone, and the mutant says so. `make simulate ARGS=--mutants-only` hunts them
all from the first seed on and keeps by which each was found.

Not here, because nothing can be seen without them: gates that another clause already answers for. They stay in the ledger.

- pay and overpay ask for the attempt's status: every process settles an order's first payment first, and keeps a payment once;
  the gate is for a provider that lists payments in another order.
- settle and refused ask for paying and the same key: one call at a time, and no process outlives its call.
- assign and requeue ask for a dead lease: attempts are counted and the sealed key decides; the lease saves a signature.
- assign asks for the attempt and for the serial: either is enough, so the mutant drops both.
- commit asks for the serial's state, release and commit for a reserved piece, unhold and settle for held ones: the status
  of the stamping or refund says so already.
- share asks for no refund that gathers, share and drain for as many transfers as read: who loses comes again.
- order_payout asks for the account as it was read: a told account changes only after an order, and each order is counted.
- pay_out is asked for a key that was not asked about: the provider's own port finds what it made under it.
- A decision takes back an earlier order, and so does an account that is told: either is enough after a bounce.
- asked and rewind ask for the count that they read: asking twice is asking once.
- A message that the stream does not send, a place in the agenda that it does not keep: the sweep heals both. (It does not look
  at entries: that mutant is here.)
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.history import history
from tests.simulation.mutants.elsewhere import ELSEWHERE
from tests.simulation.mutants.payments import PAYMENTS
from tests.simulation.mutants.payouts import PAYOUTS
from tests.simulation.mutants.refunds import REFUNDS
from tests.simulation.mutants.seeding import Mutant
from tests.simulation.mutants.stampings import STAMPINGS

MUTANTS: tuple[Mutant, ...] = (*PAYMENTS, *STAMPINGS, *REFUNDS, *PAYOUTS, *ELSEWHERE)

__all__ = ["MUTANTS", "Kill", "Mutant", "hunt"]


@dataclass(frozen=True, slots=True)
class Kill:
    """How a mutant was found: by which seed, after how many histories, and by what did not hold."""

    mutant: str
    seed: int
    histories: int
    broken: str


def hunt(mutant: Mutant, first_seed: int, most: int) -> Kill | None:
    """Run at most `most` histories of a mutant from `first_seed` on; how it was found, or None if it survived them.

    An exception that comes out of the fault itself is no kill, nor is a seed that breaks the house as it is.
    """
    for tried in range(most):
        seed = first_seed + tried
        with mutant.seeded():
            broken = _broken(seed)
        if broken is not None and history(seed).broken is None:
            return Kill(mutant.name, seed, tried + 1, broken)
    return None


def _broken(seed: int) -> str | None:
    try:
        broken = history(seed).broken
    except Exception:  # not even a beginning could be made with this fault
        return None
    return None if broken is None or " let out " in broken else broken
