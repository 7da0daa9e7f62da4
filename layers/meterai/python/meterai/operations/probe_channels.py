"""Asking what the road leans on whether it is well, and telling what was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.errors import Busy, Refusal
from meterai.domain.rows import Channel
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Probe, SealQueue

CHANNELS = ("issuer", "timestamp", "payment")


@dataclass(frozen=True, slots=True)
class Condition:
    """How each channel was when it was last probed (None: never), and how many stampings are in line."""

    channels: Mapping[str, Channel | None]
    backlog: int


def probe_channels(ledger: Ledger, probes: Mapping[str, Probe], *, now: datetime) -> dict[str, str]:
    """Probe each channel and keep what was heard; a channel that does not answer is down. Raises Busy."""
    heard: dict[str, str] = {}
    for name, probe in probes.items():
        heard[name] = "up" if _refused(probe) is None else "down"
        channel = Channel(id=f"channel_{name}", state="up" if heard[name] == "up" else "down", checked_at=now)
        ledger.project(put=[(channel.key, channel.row())])
    return heard


def any_of(probes: Sequence[Probe]) -> Probe:
    """A probe of what several can do: each is asked, and one that answers is enough."""

    def ask() -> None:
        refusals = [refusal for probe in probes if (refusal := _refused(probe))]
        if len(refusals) == len(probes):
            raise refusals[-1] if refusals else Busy("there is nobody to ask")

    return ask


def _refused(probe: Probe) -> Refusal | None:
    try:
        probe()
    except Refusal as refusal:
        return refusal
    return None


def condition(ledger: Ledger, queue: SealQueue) -> Condition:
    """The road's condition. Raises Busy."""
    return Condition({name: load(ledger, Channel, f"channel_{name}") for name in CHANNELS}, queue.waiting())
