"""Asking what the road leans on whether it is well, and keeping what was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from meterai.domain.errors import Busy, Refusal
from meterai.domain.probes import with_probe
from meterai.domain.rows import Channel
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Probe, Timer


def probe_channels(ledger: Ledger, probes: Mapping[str, Probe], *, now: datetime, timer: Timer) -> dict[str, str]:
    """Probe each channel and keep what was heard; a channel that does not answer is down. Raises Busy."""
    heard: dict[str, str] = {}
    for name, probe in probes.items():
        began = timer()
        pieces: int | None = None
        answer_ms: int | None = None
        try:
            pieces = probe()
            answer_ms = round((timer() - began) * 1000)
        except Refusal:
            pass
        heard[name] = keep_probe(ledger, name, answer_ms, pieces=pieces, now=now).state
    return heard


def keep_probe(
    ledger: Ledger, name: str, answer_ms: int | None, *, pieces: int | None = None, now: datetime
) -> Channel:
    """Keep that this channel answered after so many milliseconds (None: not at all), beside what the last hour heard of it.

    Two that keep at the same time may lose one of their probes, and no more than that. Raises Busy."""
    known = load(ledger, Channel, f"channel_{name}")
    channel = Channel(
        id=f"channel_{name}",
        state="down" if answer_ms is None else "up",
        checked_at=now,
        minutes=with_probe(known.minutes if known else {}, answer_ms, now=now),
        pieces=pieces,
    )
    ledger.project(put=[(channel.key, channel.row())])
    return channel


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
