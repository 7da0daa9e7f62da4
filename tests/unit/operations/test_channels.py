"""The road's condition is what was last heard of each channel."""

from __future__ import annotations

from meterai.operations.probe_channels import condition, probe_channels
from tests.fakes.world import World


def test_a_channel_nobody_asked_is_neither_up_nor_down() -> None:
    world = World()
    assert condition(world.ledger, world.queue).channels == {"issuer": None, "timestamp": None, "payment": None}


def test_each_channel_is_told_as_it_was_heard_last() -> None:
    world = World()
    probes = {
        "issuer": lambda: world.signer.sign(b""),
        "timestamp": lambda: world.timestamps.token(b""),
        "payment": world.gateway.probe,
    }
    world.gateway.outage = world.timestamps.down = True
    assert probe_channels(world.ledger, probes, now=world.now) == {
        "issuer": "up",
        "timestamp": "down",
        "payment": "down",
    }
    world.gateway.outage = False
    probe_channels(world.ledger, probes, now=world.now)
    world.queue.send("stp_1", "bulk")
    found = condition(world.ledger, world.queue)
    assert {name: channel and channel.state for name, channel in found.channels.items()} == {
        "issuer": "up",
        "timestamp": "down",
        "payment": "up",
    }
    assert found.backlog == 1
