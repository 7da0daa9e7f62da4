"""The payment simulator as it is started: a process, its sockets, and a kill -9 in the middle."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx

from local.ports import unused_port
from meterai.gateways.midtrans import Midtrans

ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
PRICE = 62_500


class Merchant(HTTPServer):
    """Keeps the notifications it gets and answers each with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Notified)
        self.bodies: list[bytes] = []
        self.status = 503


class _Notified(BaseHTTPRequestHandler):
    server: Merchant

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def wait_until(done: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_simulator_killed_with_a_notification_in_hand_delivers_it_after_its_restart(tmp_path: Path) -> None:
    merchant = Merchant()
    thread = threading.Thread(target=merchant.serve_forever)
    thread.start()
    port = unused_port()
    key = f"SB-Mid-server-{random.SystemRandom().getrandbits(64):x}"
    keys = {
        "midtrans": {"server_key": key},
        "xendit": {"secret_key": f"{key}-x", "callback_token": f"{key}-t"},
        "payouts": {"secret_key": f"{key}-p", "name_key": f"{key}-n"},
    }
    (tmp_path / "keys").write_text(json.dumps(keys))
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "local.paysim", "--port", str(port), "--keys", str(tmp_path / "keys")]
    command += ["--notify", f"midtrans.payments=http://127.0.0.1:{merchant.server_address[1]}/v1/payments/midtrans"]
    command += ["--state", str(tmp_path / "state.db"), "--retry-scale", "0.005"]

    def healthy() -> bool:
        try:
            return client.get(f"{base}/_health").status_code == 200
        except httpx.TransportError:
            return False

    with httpx.Client(trust_env=False) as client:
        gateway = Midtrans(base, key, client, base)
        simulator = subprocess.Popen(command)
        try:
            wait_until(healthy)
            now = datetime.now(UTC)
            shown = gateway.charge(ORDER, PRICE, "qris", now=now, expires_at=now + timedelta(minutes=15))
            assert shown.simulator_url is not None
            client.post(shown.simulator_url, json={"action": "settle"}).raise_for_status()
            wait_until(lambda: len(merchant.bodies) >= 2)
            simulator.send_signal(signal.SIGKILL)
            simulator.wait()
            merchant.bodies.clear()
            merchant.status = 200
            simulator = subprocess.Popen(command)
            wait_until(healthy)
            wait_until(lambda: client.get(f"{base}/_health").json()["notifications_waiting"] == 0)
            notices = {gateway.read({}, body).order_id for body in merchant.bodies}
            assert notices == {ORDER}
            assert [payment.status for payment in gateway.payments(ORDER)] == ["paid"]
            assert shown.qr_image_url is not None
            assert client.get(shown.qr_image_url).content.startswith(b"\x89PNG")
        finally:
            simulator.terminate()
            assert simulator.wait(timeout=30) in (0, -signal.SIGKILL)
            merchant.shutdown()
            thread.join()
            merchant.server_close()
