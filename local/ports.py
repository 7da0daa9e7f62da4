"""Ports for what listens on this machine. They are taken from below the range that the kernel gives to outgoing connections:
within it, a client that asks again and again whether somebody listens yet can be given that very port and connect to itself
(TCP's simultaneous open), and reads its own question as the answer."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from local import Trouble

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000
INNER = ("engine", "simulator", "authority", "fallback")


def is_free(port: int) -> bool:
    """Whether something could listen at this port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def unused_port() -> int:
    """A port that nobody listens at and that no outgoing connection is given, drawn at random so that two who ask at once
    hardly get the same. Raises Trouble when there is none."""
    first = int(OUTGOING.read_text().split()[0]) if OUTGOING.exists() else 32_768
    candidates = range(LOWEST, max(first, LOWEST + 1))
    drawn = random.SystemRandom().sample(candidates, min(len(candidates), 1000))
    port = next((port for port in drawn if is_free(port)), None)
    if port is None:
        raise Trouble(f"no free port from {LOWEST} to {first}")
    return port


def ports_for(front: int, kept: Path) -> dict[str, int]:
    """The ports of this start, written to `kept` by whoever starts. The inner ones are inside what is stored (queue addresses,
    the CRL's address in certificates), so that they are chosen once, next to the front's where those are free, and remembered.
    Raises Trouble for one that is in use."""
    if not is_free(front):
        raise Trouble(f"port {front} is in use: stop what listens there, or choose another with PORT=...")
    ports: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    near = dict(zip(INNER, range(front + 1, front + 1 + len(INNER)), strict=True))
    new = {name: port for name, port in near.items() if name not in ports}
    for name, port in ports.items():
        if not is_free(port):
            raise Trouble(
                f"port {port}, which the stored state names for the {name}, is in use: stop what listens there"
            )
    drawn = {name: port if port < 65536 and is_free(port) else unused_port() for name, port in new.items()}
    return {"front": front, **ports, **drawn}
