"""What the cloud bears, and how fast one worker is: the bounds of the simulation, each with where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bench.corpus import HOUSE

API_A_SECOND, API_BURST = 2_500, 1_250
"""Requests at the gateway (../shared/FACTS.md, cloud bounds: the account's default)."""
KMS_A_SECOND = 1_000
"""RSA signatures (../shared/FACTS.md, cloud bounds)."""
TABLE_UNITS_A_SECOND = 40_000
"""Write units of one table (AWS: DynamoDB quotas, on-demand and provisioned, default)."""
TIMESTAMPS_A_SECOND = 1_000
"""What the timestamp authorities take together: nobody publishes it, so this is an assumption to be agreed with them."""
FIRST_WORKERS, MORE_WORKERS_A_MINUTE = 5, 300
"""How a queue's mapping begins and grows (AWS: Lambda, scaling of SQS event source mappings)."""
HEADROOM = 0.8
"""Of a bound so much is used: the rest is for what is tried again."""
RESULTS = HOUSE / "bench" / "results"


def worker_seconds() -> float:
    """How long one worker has one stampings: as measured from accepted to done, one after another, queue included."""
    road = json.loads((RESULTS / "road.json").read_text())
    return float(road["accepted_to_done_100_kb"]["p50_seconds"])


def write_units() -> float:
    """What one stamping writes from its document to its last list, as the replay of a million counted."""
    return float(json.loads((RESULTS / "keys.json").read_text())["write_units_each"])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds in one simulation. `workers` seal at once, at most; `seconds` is one stamping's time with one."""

    workers: int
    seconds: float
    api_a_second: int = API_A_SECOND
    api_burst: int = API_BURST

    @property
    def a_second(self) -> float:
        """How many stampings a second all workers do together."""
        return self.workers / self.seconds


def quotas() -> dict[str, float]:
    """How many stampings a second each quota bears, its headroom kept."""
    return {
        "kms": HEADROOM * KMS_A_SECOND,
        "timestamps": HEADROOM * TIMESTAMPS_A_SECOND,
        "table": HEADROOM * TABLE_UNITS_A_SECOND / write_units(),
    }


def bounds(a_second: float, *, api_a_second: int = API_A_SECOND) -> Bounds:
    """Workers for so many stampings a second. Raises ValueError where a quota does not bear them."""
    short = {name: bears for name, bears in quotas().items() if bears < a_second}
    if short:
        raise ValueError(f"{a_second} a second are more than these bear: {short}")
    seconds = worker_seconds()
    return Bounds(round(a_second * seconds), seconds, api_a_second, api_a_second // 2)
