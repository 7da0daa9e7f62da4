"""`make run`: the whole of it on this machine, kept running until Ctrl-C.

Settings come from the environment: PORT (3000) is where page and API answer, REFUND_DAY_SECONDS (2) how long a day of the
refund's waits lasts, PAYMENT_PROVIDER (midtrans) which of midtrans and xendit new codes are asked from, METERAI_STATE
(.local/state) the folder that everything is kept in. Once everything answers, the addresses and fresh keys are in access.json
(.local/access.json, or inside METERAI_STATE where that is given).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import IO, Any

from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.table import Table

from local import Trouble
from local.authority import Authority
from local.deployment import HOUSE, Deployment, client
from local.engine import KEY_ID, REGION
from local.ports import ports_for
from ops import certify
from ops.keys import issue

START_SECONDS = 60.0
STOP_SECONDS = 6.0
PR_SET_PDEATHSIG = 1
SENDER = "meterai@lokal.invalid"
DESK = "petugas@lokal.invalid"
CONTACT = "kontak@lokal.invalid"

console = Console()


def _end_with(parent: int) -> Callable[[], None]:
    """Between fork and exec: have the kernel stop the child when its parent dies, however it dies (prctl(2))."""
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


@dataclass
class Part:
    """A process of the stack: how it is started, how one knows that it answers, and when it was started."""

    name: str
    arguments: list[str]
    health: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"local.{self.name}", *self.arguments], cwd=HOUSE, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with(os.getpid()),
            )  # fmt: skip

    def answers(self) -> bool:
        """Whether it answers at its health address."""
        try:
            with urllib.request.urlopen(self.health, timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (HTTPException, OSError):  # not there yet, or not what is meant to be there
            return False

    def gone(self) -> bool:
        """Whether its process has ended."""
        return self.process is None or self.process.poll() is not None


def _stop(parts: list[Part]) -> None:
    """Ask every part to end, wait for it, then kill what is left of its group."""
    for part in parts:
        if part.process is not None and part.process.poll() is None:
            part.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and not all(part.gone() for part in parts):
        time.sleep(0.05)
    for part in parts:
        if part.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()


def _wait(parts: list[Part]) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = list(parts)
    while waiting:
        for part in waiting:
            if part.gone():
                raise Trouble(f"{part.name} did not start; its last words:\n{_last_words(part.log)}")
        if time.monotonic() > deadline:
            raise Trouble(f"{waiting[0].name} did not answer within {START_SECONDS:.0f} s; see {waiting[0].log}")
        waiting = [part for part in waiting if not part.answers()]
        if waiting:
            time.sleep(0.05)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:]) if log.exists() else ""


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    part = path.with_name(f"{path.name}.part")
    part.touch(mode=mode)
    part.write_text(text)
    part.rename(path)


def _kept_payment_keys(path: Path) -> None:
    """The payment secret (gateways/configured.py), with keys made afresh for this stack; what it has, it keeps."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    wanted = {
        "midtrans": ("server_key",),
        "xendit": ("secret_key", "callback_token"),
        "payouts": ("secret_key", "name_key"),
    }
    made = {name: {key: secrets.token_urlsafe(32) for key in keys} for name, keys in wanted.items() if name not in kept}
    if made:
        _write(path, json.dumps(kept | made))


class Stack:
    """The supervisor."""

    def __init__(self, state: Path, front: int, day_seconds: str, provider: str, access: Path) -> None:
        self.state, self.access, self.day_seconds, self.provider = state, access, day_seconds, provider
        for folder in (state, state / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = self._alone()
        kept = state / "ports.json"
        self.ports = ports_for(front, kept)
        _write(kept, json.dumps({name: port for name, port in self.ports.items() if name != "front"}))
        self.url = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        self.routes = state / "routes.json"
        self.payment_keys = state / "payment.json"
        _kept_payment_keys(self.payment_keys)
        self.parts = self._parts()
        self._stopping = False
        self._wake: Callable[[], None] = lambda: None

    def _alone(self) -> IO[str]:
        lock = (self.state / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(f"a local stack already runs from {self.state}: stop it first") from None
        return lock

    def _parts(self) -> list[Part]:
        port = {name: str(number) for name, number in self.ports.items()}
        state, url = self.state, self.url

        def part(name: str, health: str, *arguments: str) -> Part:
            return Part(name, list(arguments), health, state / "logs" / f"{name}.log")

        return [
            part("engine", f"{url['engine']}/_ministack/ready", "--port", port["engine"], "--state", str(state / "engine")),
            part("authority", f"{url['authority']}/root.pem", "--port", port["authority"],
                 "--state", str(state / "authority")),
            part("paysim", f"{url['simulator']}/_health", "--port", port["simulator"],
                 "--keys", str(self.payment_keys),
                 "--notify", f"midtrans.payments={url['front']}/v1/payments/midtrans",
                 "--notify", f"xendit.payments={url['front']}/v1/payments/xendit",
                 "--state", str(state / "paysim.sqlite"), "--allow-origin", url["front"], "--retry-scale", "0.01"),
            part("origin", f"{url['front']}/_health", "--port", port["front"], "--routes", str(self.routes)),
        ]  # fmt: skip

    def start(self) -> None:
        """Bring everything up; returns once everything answers and access.json is written."""
        self.access.unlink(missing_ok=True)
        # The authority's keys are made here, before anything asks for them.
        authority = Authority(self.state / "authority", self.url["authority"])
        for part in self.parts:
            part.start()
        _wait(self.parts)
        secret = (self.state / "engine" / "secret").read_text()
        deployment = Deployment(self.url["engine"], REGION, secret, self.state)
        facts = deployment.bring_up(self._parameters(), HOUSE / ".local" / "layers")
        self._publish(authority, facts, secret)
        self._pay_with_the_keys(facts, secret)
        _write(self.routes, json.dumps({
            "api": f"{self.url['engine']}/_aws/execute-api/{facts['ApiId']}/live",
            "engine": self.url["engine"], "simulator": self.url["simulator"],
            "room": f"{self.url['engine']}/{facts['RoomBucket']}",
            "mails": {"bucket": facts["MailBucket"], "region": REGION, "key_id": KEY_ID, "secret": secret},
        }))  # fmt: skip
        self._wake = partial(self._sweep_and_warm, facts, secret)
        self._wake()
        self._wait_for_api()
        _write(self.access, json.dumps(self._access(facts, secret), indent=2) + "\n")

    def _parameters(self) -> dict[str, str]:
        return {
            "Stage": "local", "PublicUrl": self.url["front"], "MidtransUrl": self.url["simulator"],
            "XenditUrl": self.url["simulator"], "IlumaUrl": self.url["simulator"], "PaymentProvider": self.provider,
            "SimulatorUrl": self.url["simulator"], "TimestampUrl": f"{self.url['authority']}/tsa",
            "SenderAddress": SENDER, "DeskAddress": DESK, "ContactAddress": CONTACT, "RefundDaySeconds": self.day_seconds,
            "LockRetentionDays": "1",
        }  # fmt: skip

    def _client(self, service: str, secret: str) -> Any:
        return client(self.url["engine"], service, REGION, secret)

    def _publish(self, authority: Authority, facts: dict[str, str], secret: str) -> None:
        public = self._client("kms", secret).get_public_key(KeyId=facts["SealKeyArn"])["PublicKey"]
        seal = authority.seal_certificate(public)
        tsa_chain = [authority.tsa, authority.root]
        certify.publish_trust(
            self._client("s3", secret), facts["TrustBucket"], [seal, authority.root], [authority.root], tsa_chain
        )
        _write(self.state / "root.pem", authority.root.public_bytes(Encoding.PEM).decode(), 0o644)

    def _pay_with_the_keys(self, facts: dict[str, str], secret: str) -> None:
        manager, keys = self._client("secretsmanager", secret), self.payment_keys.read_text()
        try:
            same = manager.get_secret_value(SecretId=facts["PaymentSecret"])["SecretString"] == keys
        except (manager.exceptions.ResourceNotFoundException, KeyError):
            same = False
        if not same:
            manager.put_secret_value(SecretId=facts["PaymentSecret"], SecretString=keys)

    def _sweep_and_warm(self, facts: dict[str, str], secret: str) -> None:
        """Have what an end cut short taken up again, the waiting room kept until its keeper's first minute, and every function
        ready for its first call."""
        functions = self._client("lambda", secret)
        for name, payload in (("SweepFunction", b'{"rows": "open"}'), ("RoomFunction", b'{"rounds": 6}')):
            functions.invoke(FunctionName=facts[name], InvocationType="Event", Payload=payload)
        urllib.request.urlopen(f"{self.url['engine']}/_meterai/warm", data=b"", timeout=5).close()  # noqa: S310

    def _wait_for_api(self) -> None:
        status = Part("the API", [], f"{self.url['front']}/v1/status", self.state / "logs" / "engine.log")
        deadline = time.monotonic() + START_SECONDS
        while not status.answers():
            if time.monotonic() > deadline:
                raise Trouble(
                    f"the API did not answer within {START_SECONDS:.0f} s; see {self.state / 'engine' / 'logs'}"
                )
            time.sleep(0.1)

    def _access(self, facts: dict[str, str], secret: str) -> dict[str, str]:
        os.environ.update(
            AWS_ENDPOINT_URL=self.url["engine"], AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION,
            AWS_ACCESS_KEY_ID=KEY_ID, AWS_SECRET_ACCESS_KEY=secret,
        )  # fmt: skip
        table = facts["TableName"]
        return {
            "api_url": self.url["front"], "web_url": self.url["front"], "mailbox_url": f"{self.url['front']}/mailbox",
            "simulator_url": self.url["simulator"], "engine_url": self.url["engine"], "region": REGION,
            "access_key_id": KEY_ID, "secret_access_key": secret,
            "timestamp_url": f"{self.url['authority']}/tsa", "root_certificate": str(self.state / "root.pem"),
            "partner_key": issue(table, "partner"),
            "officer_key": issue(table, "officer"),
            "payer_key": issue(table, "officer", ["refunds:pay"]),
            "table_name": table, "sources_bucket": facts["SourcesBucket"], "sealed_bucket": facts["SealedBucket"],
            "mail_bucket": facts["MailBucket"], "trust_bucket": facts["TrustBucket"], "paid_queue_url": facts["PaidQueue"],
            "bulk_queue_url": facts["BulkQueue"],
            "lock_bucket": facts["LockBucket"], "room_bucket": facts["RoomBucket"],
            "tally_queue_url": facts["TallyQueue"], "ledger_key": facts["LedgerKeyArn"],
            "audit_function": facts["AuditFunction"],
            "refund_machine": facts["RefundMachine"], "logs": str(self.state / "engine" / "logs"),
        }  # fmt: skip

    def stay(self) -> None:
        """Keep every part running until told to stop; one that dies is started again, unless it keeps dying."""
        engine_died = False
        while not self._stopping:
            if engine_died and self.parts[0].answers():
                self._wake()
                engine_died = False
            for part in self.parts:
                if not part.gone():
                    continue
                engine_died = engine_died or part is self.parts[0]
                recent = [at for at in part.starts if time.monotonic() - at < 60]
                if len(recent) > 5:
                    raise Trouble(f"{part.name} keeps dying; its last words:\n{_last_words(part.log)}")
                console.print(f"{part.name} ended by itself: started again")
                part.start()
            time.sleep(0.1)

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Have `start` or `stay` end."""
        if not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt


def _show(access: dict[str, str], seconds: float) -> None:
    table = Table(
        title=f"meterai — siap dalam {seconds:.1f} s (Ctrl-C berhenti)", show_header=False, title_justify="left"
    )
    for label, key in (("Halaman", "web_url"), ("API", "api_url"), ("Kotak surat", "mailbox_url"),
                       ("Simulator pembayaran", "simulator_url"), ("Stempel waktu", "timestamp_url")):  # fmt: skip
        table.add_row(label, f"{access[key]}/v1" if key == "api_url" else access[key])
    console.print(table)


def main() -> int:
    """Start, stay, stop. The exit code is 0 after Ctrl-C or SIGTERM, 2 when something keeps the stack from running."""
    began = time.monotonic()
    given = os.environ.get("METERAI_STATE")
    state = Path(given).resolve() if given else HOUSE / ".local" / "state"
    access = state / "access.json" if given else HOUSE / ".local" / "access.json"
    stack: Stack | None = None
    try:
        front, day_seconds = _numbers()
        stack = Stack(state, front, day_seconds, _provider(), access)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stack.stop)
        stack.start()
        _show(json.loads(access.read_text()), time.monotonic() - began)
        console.print(f"Kunci dan alamat: {access}")
        stack.stay()
    except Trouble as trouble:
        print(f"meterai: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    finally:
        if stack is not None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            access.unlink(missing_ok=True)
            _stop(stack.parts)
    return 0


def _numbers() -> tuple[int, str]:
    port, day = os.environ.get("PORT") or "3000", os.environ.get("REFUND_DAY_SECONDS") or "2"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Trouble(f"PORT must be a number from 1 to 65535, not {port!r}")
    try:
        positive = 0 < float(day) < float("inf")
    except ValueError:
        positive = False
    if not positive:
        raise Trouble(f"REFUND_DAY_SECONDS must be a number of seconds above 0, not {day!r}")
    return int(port), day


def _provider() -> str:
    provider = os.environ.get("PAYMENT_PROVIDER") or "midtrans"
    if provider not in ("midtrans", "xendit"):
        raise Trouble(f"PAYMENT_PROVIDER must be midtrans or xendit, not {provider!r}")
    return provider


if __name__ == "__main__":
    sys.exit(main())
