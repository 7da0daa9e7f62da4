"""The ports of the house, each behind the network: what a call does is done by the fakes that pass the contract tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from meterai.domain.chains import Recorded
from meterai.domain.errors import Busy, PaymentProviderUnavailable, TimestampUnavailable
from meterai.domain.ledger import Key, Move, Row
from meterai.domain.rows import Destination, Line
from meterai.ports.chains import EntryQueue
from meterai.ports.gateway import Charge, Method, Notice, Payment, PaymentGateway, RefundAnswer
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Executions, SealedFiles, SealQueue, Sources, StoredFile, UploadForm
from meterai.ports.payouts import PayoutAnswer, Payouts
from meterai.ports.sealing import SealSigner, TimestampAuthority
from tests.simulation.network import Network

REFUND_ARRIVES_WITHIN = timedelta(seconds=29)
"""A call to the provider ends with the function that makes it (template.yaml: 25 s) or soon after (advance_refund: 30 s)."""


def _busy() -> NoReturn:
    raise Busy("no answer")


def _unavailable() -> NoReturn:
    raise PaymentProviderUnavailable("no answer")


def _unwitnessed() -> NoReturn:
    raise TimestampUnavailable("no answer")


@dataclass(frozen=True, slots=True)
class RemoteLedger:
    """The table, far away. A move is named by its name, a read by its noun or kind of partition."""

    network: Network
    inner: Ledger

    def get(self, key: Key) -> Row | None:
        return self.network.call("table", f"get {key[1]}", lambda: self.inner.get(key), _busy, reads=True)

    def apply(self, move: Move) -> None:
        return self.network.call("table", move.name, lambda: self.inner.apply(move), _busy)

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        what = "agenda" if partition.startswith("agenda#") else "list"
        return self.network.call(
            "table",
            f"page {what}",
            lambda: self.inner.page(partition, after=after, limit=limit, newest_first=newest_first),
            _busy,
            reads=True,
        )

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        if put or drop:
            self.network.call("table", "project", lambda: self.inner.project(put=put, drop=drop), _busy)

    def scan(self, name: str) -> Iterator[Row]:
        return self.network.call("table", f"scan {name}", lambda: iter(list(self.inner.scan(name))), _busy, reads=True)


@dataclass(frozen=True, slots=True)
class RemoteSources:
    """Documents as people brought them, far away."""

    network: Network
    inner: Sources

    def upload_form(self, document: str, *, most_bytes: int, seconds: int) -> UploadForm:
        return self.inner.upload_form(document, most_bytes=most_bytes, seconds=seconds)

    def latest(self, document: str, *, most_bytes: int) -> StoredFile | None:
        ask = lambda: self.inner.latest(document, most_bytes=most_bytes)  # noqa: E731
        return self.network.call("sources", "latest", ask, _busy, reads=True)

    def pinned(self, document: str, version: str) -> bytes | None:
        return self.network.call("sources", "pinned", lambda: self.inner.pinned(document, version), _busy, reads=True)

    def delete(self, document: str) -> None:
        self.network.call("sources", "delete", lambda: self.inner.delete(document), _busy)


@dataclass(frozen=True, slots=True)
class RemoteSealedFiles:
    """Sealed files, far away: the put and the reading back are calls of their own."""

    network: Network
    inner: SealedFiles

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        self.network.call("sealed", "put", lambda: self.inner.keep(stamping, serial, data), _busy)
        there = self.network.call("sealed", "read back", lambda: self.inner.read(stamping, serial), _busy, reads=True)
        return there if there is not None else _busy()

    def read(self, stamping: str, serial: str) -> bytes | None:
        return self.network.call("sealed", "read", lambda: self.inner.read(stamping, serial), _busy, reads=True)

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        return self.inner.link(stamping, serial, filename=filename, seconds=seconds)


@dataclass(frozen=True, slots=True)
class RemoteQueue:
    """The line of stampings, far away."""

    network: Network
    inner: SealQueue

    def send(self, stamping: str, line: Line) -> None:
        self.network.call("queue", "send", lambda: self.inner.send(stamping, line), _busy)

    def waiting(self, line: Line | None = None) -> int:
        return self.inner.waiting(line)


@dataclass(frozen=True, slots=True)
class RemoteEntries:
    """Entries on their way to their chains, far away."""

    network: Network
    inner: EntryQueue

    def send(self, entry: Recorded) -> None:
        self.network.call("entries", "send", lambda: self.inner.send(entry), _busy)


@dataclass(frozen=True, slots=True)
class RemoteExecutions:
    """The refunds' clocks, far away."""

    network: Network
    inner: Executions

    def start(self, refund: str, number: int) -> None:
        self.network.call("executions", "start", lambda: self.inner.start(refund, number), _busy)

    def running(self, refund: str, number: int) -> bool:
        ask = lambda: self.inner.running(refund, number)  # noqa: E731
        return self.network.call("executions", "running", ask, _busy, reads=True)

    def wake(self, refund: str, token: str) -> bool:
        return self.network.call("executions", "wake", lambda: self.inner.wake(refund, token), _busy)


@dataclass(slots=True)
class RemoteGateway:
    """A payment provider, far away."""

    network: Network
    inner: PaymentGateway
    name: str

    def probe(self) -> None:
        self.inner.probe()

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        return self.network.call(
            "provider",
            "charge",
            lambda: self.inner.charge(order_id, amount_idr, method, now=now, expires_at=expires_at),
            _unavailable,
        )

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        return self.inner.read(headers, body)

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        ask = lambda: self.inner.payments(order_id, transaction_id)  # noqa: E731
        return self.network.call("provider", "payments", ask, _unavailable, reads=True)

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        return self.network.call(
            "provider",
            "refund",
            lambda: self.inner.refund(
                order_id, key=key, amount_idr=amount_idr, reason=reason, transaction_id=transaction_id
            ),
            lambda: RefundAnswer("unknown"),
            within=REFUND_ARRIVES_WITHIN,
        )


@dataclass(slots=True)
class RemotePayouts:
    """Payouts and the name check, far away."""

    network: Network
    inner: Payouts
    name: str

    def banks(self) -> Mapping[str, str]:
        return self.inner.banks()

    def holder(self, bank: str, number: str) -> str:
        ask = lambda: self.inner.holder(bank, number)  # noqa: E731
        return self.network.call("payouts", "holder", ask, _unavailable, reads=True)

    def ask(self, key: str) -> PayoutAnswer | None:
        return self.network.call("payouts", "ask", lambda: self.inner.ask(key), _unavailable, reads=True)

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        return self.network.call(
            "payouts",
            "pay_out",
            lambda: self.inner.pay_out(destination, key=key, amount_idr=amount_idr, reason=reason),
            lambda: PayoutAnswer("unknown"),
            within=REFUND_ARRIVES_WITHIN,
        )


@dataclass(frozen=True, slots=True)
class RemoteSigner:
    """The issuer's key, far away."""

    network: Network
    inner: SealSigner

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.inner.chain

    def sign(self, data: bytes) -> bytes:
        return self.network.call("key", "sign", lambda: self.inner.sign(data), _busy, reads=True)


@dataclass(frozen=True, slots=True)
class RemoteTimestamps:
    """The witness of time, far away."""

    network: Network
    inner: TimestampAuthority

    def token(self, digest: bytes) -> bytes:
        return self.network.call("witness", "token", lambda: self.inner.token(digest), _unwitnessed, reads=True)
