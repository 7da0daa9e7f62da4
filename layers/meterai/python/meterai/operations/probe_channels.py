"""Asking what the road leans on whether it is well, and telling what was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.errors import Refusal
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
        try:
            probe()
            heard[name] = "up"
        except Refusal:
            heard[name] = "down"
        channel = Channel(id=f"channel_{name}", state="up" if heard[name] == "up" else "down", checked_at=now)
        ledger.project(put=[(channel.key, channel.row())])
    return heard


def condition(ledger: Ledger, queue: SealQueue) -> Condition:
    """The road's condition. Raises Busy."""
    return Condition({name: load(ledger, Channel, f"channel_{name}") for name in CHANNELS}, queue.waiting())
