"""What histories aim at: each call site that few would reach, from a scene right before it, about as often as any other."""

from __future__ import annotations

from itertools import accumulate

from tests.simulation.network import Site
from tests.simulation.payouts import AIMED_PAYOUTS
from tests.simulation.scenes import AIMED_SCENES, Scene

AIMED = (*AIMED_SCENES, *AIMED_PAYOUTS)
AIMS: tuple[tuple[Scene, Site], ...] = tuple(
    (scene, (operation, call)) for scene, operation, calls in AIMED for call in calls
)
AIMS_UP_TO = tuple(accumulate(weight for _, _, calls in AIMED for weight in calls.values()))
