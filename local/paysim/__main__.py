"""`python -m local.paysim`: serve until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from local.paysim.server import HOST, Simulator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.paysim", description="Payment simulator, on loopback only.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server-key-file", type=Path, required=True, help="file with the server key on one line")
    parser.add_argument("--notify-url", required=True, help="where notifications are posted")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file; kept across restarts")
    parser.add_argument("--retry-scale", type=float, default=1.0, help="1 = 2, 10, 30, 90, 210 minutes")
    parser.add_argument("--allow-origin", action="append", default=[], help="origin of the page (repeatable)")
    options = parser.parse_args()
    try:
        server_key = options.server_key_file.read_text().strip()
    except OSError:
        return _refuse(f"the server key file {options.server_key_file} cannot be read")
    if not server_key:
        return _refuse(f"the server key file {options.server_key_file} is empty")
    options.state.parent.mkdir(parents=True, exist_ok=True)
    try:
        simulator = Simulator(
            port=options.port,
            server_key=server_key,
            notify_url=options.notify_url,
            state=str(options.state),
            retry_scale=options.retry_scale,
            allowed_origins=tuple(options.allow_origin),
        )
    except OSError:
        return _refuse(f"port {options.port} on {HOST} is in use")
    except sqlite3.Error:
        return _refuse(f"the state file {options.state} cannot be used")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    simulator.start()
    print(f"paysim listens on {simulator.base_url}", flush=True)
    stopped.wait()
    simulator.stop()
    return 0


def _refuse(sentence: str) -> int:
    print(f"paysim: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
