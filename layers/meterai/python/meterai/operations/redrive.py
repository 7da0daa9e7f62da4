"""Stampings whose messages died are sent to their line again. The sweep does so by itself; this does not wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from meterai.domain.rows import Stamping
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import DeadLetters, SealQueue


@dataclass(slots=True)
class Redriven:
    """How many dead letters were sent again, how many were of stampings that had ended, and how many name none and stay."""

    sent: int = 0
    ended: int = 0
    unknown: int = 0


def redrive(ledger: Ledger, dead: DeadLetters, queue: SealQueue) -> Redriven:
    """Empty the dead letters. A message only asks a worker to look at the row, so that one sent twice, or sent beside the
    sweep's, stamps nothing twice: assign takes one worker at a time, and the sealed key decides (operations/seal_stamping.py).
    Sent first and removed then: whoever dies in between leaves it here. Raises Busy."""
    done, seen = Redriven(), set[str]()
    while letters := [letter for letter in dead.take() if letter.id not in seen]:
        for letter in letters:
            seen.add(letter.id)
            stamping = load(ledger, Stamping, letter.stamping) if letter.stamping else None
            if stamping is None:
                done.unknown += 1
                continue
            if stamping.ended:
                done.ended += 1
            else:
                queue.send(stamping.id, stamping.line)
                done.sent += 1
            dead.drop(letter)
    return done
