"""`python -m local.paysim`: serve until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from local.paysim.server import HOST, Keys, Simulator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.paysim", description="Payment simulator, on loopback only.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True, help="file with the payment secret (JSON)")
    parser.add_argument(
        "--notify",
        action="append",
        default=[],
        metavar="PROVIDER.TOPIC=URL",
        help="where notifications are posted: midtrans.payments, xendit.payments, .refunds, .payouts",
    )
    parser.add_argument("--state", type=Path, required=True, help="SQLite file; kept across restarts")
    parser.add_argument("--retry-scale", type=float, default=1.0, help="1 = as the providers document")
    parser.add_argument("--allow-origin", action="append", default=[], help="origin of the page (repeatable)")
    options = parser.parse_args()
    try:
        kept = json.loads(options.keys.read_text())
        midtrans, xendit, payouts = kept["midtrans"], kept["xendit"], kept["payouts"]
        keys = Keys(
            midtrans["server_key"],
            xendit["secret_key"],
            xendit["callback_token"],
            payouts["secret_key"],
            payouts["name_key"],
        )
        notify = dict(one.split("=", 1) for one in options.notify)
    except (OSError, ValueError, KeyError, TypeError):
        return _refuse("the keys cannot be read, or an address to notify is not PROVIDER.TOPIC=URL")
    if not all((keys.server_key, keys.secret_key, keys.callback_token, keys.payout_key, keys.name_key)):
        return _refuse("a key is empty")
    options.state.parent.mkdir(parents=True, exist_ok=True)
    try:
        simulator = Simulator(
            port=options.port,
            keys=keys,
            notify=notify,
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
