"""Which refund policy is in force, and an operator's putting another in force from a date."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import Busy, RequestInvalid
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.policy import activate
from meterai.domain.policy import POLICIES, Policy, in_force
from meterai.domain.rows import Activations
from meterai.operations.find import load
from meterai.ports.ledger import Ledger

ROUNDS = 3


def policy_in_force(ledger: Ledger, at: datetime) -> Policy:
    """The policy that an invoice made at `at` is bought under: A until an operator activated another. Raises Busy."""
    known = load(ledger, Activations, Activations.ID)
    return in_force(known.made if known else (), at)


def activate_policy(ledger: Ledger, *, policy: str, from_at: datetime, by: str, now: datetime) -> Activations:
    """Put `policy` in force for invoices made from `from_at` on; earlier ones keep the policy that was shown with them.

    `by` is who does it. Raises RequestInvalid for an unknown policy or an instant in the past (a rule is shown before paying
    and never changed after it), and Busy."""
    if policy not in POLICIES:
        raise RequestInvalid(f"there are the policies {', '.join(POLICIES)}", pointer="/policy")
    if from_at < now:
        raise RequestInvalid("a policy is put in force from a coming instant on", pointer="/from")
    line = {"policy": policy, "from": spell(from_at), "by": by, "at": spell(now)}
    for _ in range(ROUNDS):
        known = load(ledger, Activations, Activations.ID)
        wanted = Activations(id=Activations.ID, made=[*(known.made if known else []), line])
        try:
            ledger.apply(activate(known, wanted))
        except GateClosed:
            continue
        return wanted
    raise Busy("somebody else activates a policy")
