"""One history: people at the gateway, and the machine that carries on what they began, one invocation at a time.

Everything comes from the engine's real stream, queue and workflow and from the simulator's real notifications; the soak only
decides when. A person asks again, with the same key, whenever they hear nothing definite.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import httpx

from meterai.aws.changes import row_change
from meterai.aws.table import DynamoLedger
from meterai.domain import instants
from meterai.domain.chains import ENTRY
from meterai.domain.ledger import Key, Row
from meterai.domain.rows import Attempt, Refund
from meterai.operations.open_account import open_account
from meterai.operations.open_shards import open_shards
from ops.keys import PREFIX, SCOPES, Kind
from tests.integration.client import letter
from tests.simulation.invariants import Watch
from tests.soak.faults import Died, Saboteur
from tests.soak.functions import Answer, Functions, Json, queue_record, stream_record
from tests.soak.house import House, Mapped, Notice

PATIENCE = 12
"""How often a person asks again, or a stream's batch or a notification comes again, before the history calls it stuck."""
NOTICE_COMES_AGAIN = timedelta(minutes=2)
COME_AGAIN = (429, 500, 502, 503, 504)


class Stuck(AssertionError):
    """Something never came to an end."""


@dataclass
class Reader:
    """A function that reads the table's stream, and what it has still to read."""

    function: str
    pending: list[Json] = field(default_factory=list)
    batch: int = 100
    failures: int = 0


class Life:
    """One history in one house. `seed` makes its ids, serials and documents, so that no two histories share any."""

    def __init__(self, house: House, functions: Functions, saboteur: Saboteur, seed: str) -> None:
        self.house, self.functions, self.saboteur, self.seed = house, functions, saboteur, seed
        self.clock = functions.clock
        self.clock.ahead = timedelta()
        functions.dice = Random(seed)
        self.http = _http()
        self._ledger = DynamoLedger(house.dynamodb, house.table)
        self.watch = Watch(self.stored)
        self.rows: dict[Key, Row] = {}
        self._readers = [Reader(name) for name in functions.readers]
        self._iterator = house.streams.get_shard_iterator(
            StreamArn=house.stream, ShardId=_shard(house), ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self._last: dict[str, list[Json]] = {}
        self._invisible: list[tuple[datetime, str, str]] = []
        self._notices: list[tuple[datetime, int, Notice]] = []
        self._clocks: dict[str, datetime] = {}
        self._stopped: set[str] = set()
        self._callers: dict[str, Json] = {}
        self._seen: dict[str, int] = {}
        self.deaf = False
        self.said: list[Notice] = []
        self.settled: dict[str, int] = {}
        self.promised: dict[str, Promise] = {}
        self.keys = 0

    # People --------------------------------------------------------------------------------------------------------------

    def key(self) -> str:
        """An Idempotency-Key that nobody has used."""
        self.keys += 1
        return f"{self.seed}-{self.keys}"

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "", key: str | None = None) -> Answer:
        """An answer that says something definite: whoever hears nothing of the kind asks the same again. Raises Stuck."""
        headers = {"Content-Type": "application/pdf" if isinstance(body, bytes) else "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = Answer(0, None)
        for _ in range(PATIENCE):
            caller = self._caller(token) if self.functions.route(method, path.partition("?")[0])[3] else {}
            if caller is not None:
                answer = self.functions.request(method, path, body=sent, headers=headers, caller=caller)
                if answer.status not in COME_AGAIN:
                    return answer
                assert answer.status in (502, 503), f"{method} {path}: {answer}"
            self.clock.wait(1)
        raise Stuck(f"{method} {path}: nothing definite after {PATIENCE} times: {answer}")

    def _caller(self, token: str) -> Json | None:
        """Who the gateway finds behind a token; it remembers for a minute. None when the authorizer failed."""
        if token not in self._callers:
            try:
                self._callers[token] = self.functions.authorize(token)
            except (Died, Exception):
                return None
        return self._callers[token]

    def person(self) -> Person:
        """Somebody new."""
        opened = _seen(self.ask("POST", "/v1/accounts", {"email": "budi@contoh.id"}), 201)
        return Person(self, opened["token"], opened["id"])

    def officer(self) -> str:
        """The token of somebody who decides refunds, made by an operator's hand."""
        kind: Kind = "officer"
        self.saboteur.sent["operator"] += 1
        opened = open_account(
            self._ledger, email=None, phone=None, now=self.clock.now(), random=self.functions.dice.randbytes, kind=kind,
            scopes=SCOPES[kind], token_prefix=PREFIX[kind],
        )  # fmt: skip
        return opened.token

    def open_shards(self, account: str, shards: int) -> None:
        """An operator spreads a busy account's quota."""
        self.saboteur.sent["operator"] += 1
        open_shards(self._ledger, account=account, shards=shards)

    def at_provider(self, order: str, action: str) -> None:
        """What somebody does at the provider's page: settle, expire, settle_late, settle_twice."""
        answer = self.http.post(f"{self.house.environment['SIMULATOR_URL']}/simulate/{order}", json={"action": action})
        assert answer.status_code == 200, f"{action} {order}: {answer.status_code} {answer.text}"
        self._seen.pop("notices", None)
        self.settled[order] = self.settled.get(order, 0) + {"expire": 0, "settle_twice": 2}.get(action, 1)

    @contextmanager
    def calm(self) -> Iterator[None]:
        """What happens meanwhile goes well, and its calls are nobody's."""
        plan, calls = self.saboteur.plan, self.saboteur.calls
        self.saboteur.plan, self.saboteur.calls = {}, []
        try:
            yield
        finally:
            self.saboteur.plan, self.saboteur.calls = plan, calls

    @contextmanager
    def knob(self, **knobs: Any) -> Iterator[None]:
        """The provider goes wrong on purpose."""
        url = f"{self.house.environment['SIMULATOR_URL']}/_knobs"
        self.http.post(url, json=knobs).raise_for_status()
        try:
            yield
        finally:
            self.http.delete(url).raise_for_status()

    def read(self) -> None:
        """The stream alone is delivered: nobody takes messages."""
        while self._read():
            pass

    # The machine -----------------------------------------------------------------------------------------------------------

    def flow(self) -> None:
        """Deliver what is there, until nothing is: notifications, the stream, the queue, the refunds' clocks."""
        for _ in range(200):
            if not any([self._notify(), self._read(), self._work(), self._advance()]):
                return
        raise Stuck("the machine never rests")

    def wait(self, **span: float) -> None:
        """Time passes: messages that nobody finished are seen again."""
        self.clock.wait(timedelta(**span).total_seconds())
        now = self.clock.now()
        for at, url, handle in [one for one in self._invisible if one[0] <= now]:
            self._invisible.remove((at, url, handle))
            self.saboteur.sent[url] += 1
            self.house.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    def sweep(self, rows: str = "due") -> None:
        """The schedule's event; a run that ended in the middle is not repeated, the next one is a minute later."""
        with suppress(Died, Exception):
            self.functions.run("sweep", {"rows": rows})
        self.flow()

    def lock(self) -> None:
        """The hourly event that chains what is overdue and locks the heads."""
        with suppress(Died, Exception):
            self.functions.run("audit", {"heads": "lock"})
        self.flow()

    def again(self) -> None:
        """At least once: the last batch of the stream and of each queue and every notification come a second time."""
        for function, batch in list(self._last.items()):
            with suppress(Died):
                self.functions.run(function, {"Records": batch})
        self._notices += [(self.clock.now(), 0, notice) for notice in self.said]
        self.flow()

    def abort_clocks(self) -> None:
        """Every refund's execution ends in the middle, as when somebody stops it."""
        for name in list(self._clocks):
            self._stop(name)

    def next_clock(self) -> None:
        """Wait for the next instant that a refund's execution waits for, if one does."""
        if self._clocks:
            self.wait_until(min(self._clocks.values()))

    def wait_until(self, at: datetime) -> None:
        """Time passes until then."""
        self.wait(seconds=max(0.0, (at - self.clock.now()).total_seconds()) + 0.001)

    def appointments(self, ids: Iterable[str]) -> Iterator[tuple[datetime, str]]:
        """The instants at which the machine does something about these rows by itself: `flow`, `sweep` or `lock`."""
        running = {name: at for name, at in self._clocks.items() if self._running(name)}
        # Of a refund whose clock runs the sweep only asks whether it does.
        wanted = set(ids) - {name.rpartition("-")[0] for name in running}
        for (partition, place), row in self.rows.items():
            if partition.startswith("agenda#") and row["id"] in wanted:
                yield instants.read(place.partition("#")[0]), "lock" if row["noun"] == ENTRY else "sweep"
        yield from ((at, "flow") for at, _, _ in self._invisible)
        yield from ((at, "flow") for at, _, _ in self._notices)
        yield from ((at, "flow") for at in running.values())

    def go_on(self, ids: Iterable[str]) -> bool:
        """Wait for the next instant at which something happens about these rows, and let it. False when nothing ever will."""
        due = min(self.appointments(ids), default=None)
        if due is not None:
            self.wait_until(due[0])
            getattr(self, due[1])()
        return due is not None

    def _notify(self) -> bool:
        now = self.clock.now()
        for notice in self._came():
            self.said.append(notice)
            if not self.deaf:
                self._notices.append((now, 0, notice))
        due = [one for one in self._notices if one[0] <= now]
        for one in due:
            self._notices.remove(one)
            _, failures, notice = one
            answer = self.functions.request(
                "POST", notice.path, body=notice.body.encode(), headers=notice.headers, caller=None
            )
            if answer.status != 200 and failures < PATIENCE:
                self._notices.append((now + NOTICE_COMES_AGAIN, failures + 1, notice))
        return bool(due)

    def _came(self) -> list[Notice]:
        if not self._news("notices", "payment"):
            return []
        health = f"{self.house.environment['SIMULATOR_URL']}/_health"
        while self.http.get(health).json()["notifications_waiting"]:
            pass
        return self.house.notices()

    def _news(self, place: str, *operations: str) -> bool:
        """Whether any of these was sent since the last time that somebody looked at this place."""
        sent = sum(self.saboteur.sent[one] for one in operations)
        before, self._seen[place] = self._seen.get(place, -1), sent
        return sent != before

    def _read(self) -> bool:
        if self._news("stream", "TransactWriteItems", "PutItem", "DeleteItem", "operator"):
            self._fetch()
        found = False
        for reader in self._readers:
            while reader.pending:
                found = True
                self._invoke(reader)
        return found

    def _fetch(self) -> None:
        """What the stream has since the last time; the watch sees every change before anybody acts on it."""
        answer = self.house.streams.get_records(ShardIterator=self._iterator, Limit=1000)
        self._iterator = answer["NextShardIterator"]
        for record in (stream_record(one, self.clock.ahead) for one in answer["Records"]):
            for reader in self._readers:
                reader.pending.append(record)
            change = row_change(record)
            if change.new is None:
                self.rows.pop(change.key, None)
            else:
                self.rows[change.key] = change.new
            self.watch.saw(change.key, change.old, change.new)
            self._start(change.key, change.new)
        self.watch.judge()

    def _invoke(self, reader: Reader) -> None:
        batch = reader.pending[: reader.batch]
        passed = len(batch)
        try:
            answer = self.functions.run(reader.function, {"Records": batch})
            numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
            passed = min((numbers.index(one["itemIdentifier"]) for one in answer["batchItemFailures"]), default=passed)
        except Died:
            passed = 0
            reader.batch = max(1, len(batch) // 2)
        if passed < len(batch):
            reader.failures += 1
            self.clock.wait(0.2)
            if reader.failures > 50:
                raise Stuck(f"{reader.function} never passes {batch[passed]['dynamodb']['Keys']}")
        else:
            reader.batch, reader.failures = 100, 0
            self._last[reader.function] = batch
        del reader.pending[:passed]

    def _work(self) -> bool:
        """What each queue has, to the function that reads it: as many messages at once as its mapping says."""
        moved = [self._take(mapped) for mapped in self.house.queues]
        return any(moved)

    def _take(self, mapped: Mapped) -> bool:
        if not self._news(mapped.url, "SendMessage", mapped.url):
            return False
        found = self.house.sqs.receive_message(
            QueueUrl=mapped.url, MaxNumberOfMessages=min(10, mapped.batch), MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return False
        self.saboteur.sent[mapped.url] += 1  # there may be more
        failed, records = {one["MessageId"] for one in found}, [queue_record(one) for one in found]
        seen_again = self.clock.now() + timedelta(seconds=mapped.visible_after)
        name = self.functions.folder(mapped.function)
        with suppress(Died):
            failed = {
                one["itemIdentifier"] for one in self.functions.run(name, {"Records": records})["batchItemFailures"]
            }
            self._last[name] = records
        for one in found:
            if one["MessageId"] in failed:
                self._invisible.append((seen_again, mapped.url, one["ReceiptHandle"]))
            else:
                self.house.sqs.delete_message(QueueUrl=mapped.url, ReceiptHandle=one["ReceiptHandle"])
        return True

    def _start(self, key: Key, new: Row | None) -> None:
        """A refund's clock that the row asks for; it runs once the engine says so."""
        if key[1] == Refund.name and new is not None and isinstance(new["execution"], int):
            name = f"{key[0]}-{new['execution']}"
            if name not in self._stopped:
                self._clocks.setdefault(name, self.clock.now())

    def _advance(self) -> bool:
        """Each step of the refund workflow that is due: what the task answers says what comes next."""
        moved = False
        for name, due in sorted(self._clocks.items()):
            if due > self.clock.now() or not self._running(name):
                continue
            moved = True
            refund = name.rpartition("-")[0]
            try:
                step = self.functions.run("refund_task", {"refund": refund})
                if step["next"] == "person":
                    self.functions.run("refund_task", {"refund": refund, "token": f"token of {name}"})
            except (Died, Exception):
                self._clocks[name] = self.clock.now() + timedelta(seconds=2)
                continue
            if (
                step["next"] != "wait"
            ):  # ended; or it waits for a person, and dies of it: their act has to survive its token
                self._stop(name)
            else:
                self._clocks[name] = datetime.fromisoformat(step["look_at"])
        return moved

    def _running(self, name: str) -> bool:
        try:
            return bool(self.house.states.describe_execution(executionArn=self._arn(name))["status"] == "RUNNING")
        except self.house.states.exceptions.ExecutionDoesNotExist:
            return False

    def _stop(self, name: str) -> None:
        self._stopped.add(name)
        self._clocks.pop(name)
        with suppress(self.house.states.exceptions.ExecutionDoesNotExist):
            self.house.states.stop_execution(executionArn=self._arn(name))

    def _arn(self, name: str) -> str:
        machine = self.house.environment["REFUND_MACHINE_ARN"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"

    # What is kept ------------------------------------------------------------------------------------------------------------

    def stored(self, stamping: str, serial: str) -> bytes | None:
        """The bytes at a sealed key."""
        try:
            found = self.house.s3.get_object(Bucket=self.house.environment["SEALED_BUCKET"], Key=f"{stamping}/{serial}")
        except self.house.s3.exceptions.NoSuchKey:
            return None
        data: bytes = found["Body"].read()
        return data


@dataclass
class Promise:
    """A stamping that somebody was told of: how to ask for it again, and the serial it was shown with."""

    who: Person
    body: Json
    key: str
    serial: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    life: Life
    token: str
    id: str

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        return self.life.ask(method, path, body, token=self.token, key=key)

    def invoice(self, quantity: int = 1, *, key: str | None = None) -> Answer:
        """An invoice with a code to pay it with."""
        body = {"quantity": quantity, "payment_method": "qris"}
        return _seen(self.ask("POST", "/v1/invoices", body, key=key or self.life.key()), 201)

    def buy(self, quantity: int = 1) -> str:
        """A paid invoice, once its payment has been credited: by its notification or, later, by the sweep."""
        invoice = self.invoice(quantity)
        order = str(invoice["payment"]["id"])
        self.life.at_provider(order, "settle")
        self.life.flow()
        while self.life.rows[order, Attempt.name]["status"] != "settled" and self.life.go_on([order]):
            pass
        return str(invoice["id"])

    def bring(self) -> str:
        """A document, uploaded with the form that the API gave."""
        data = letter(seed=f"{self.life.seed}-{self.life.key()}")
        body = {"filename": "surat.pdf", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        brought = _seen(self.ask("POST", "/v1/documents", body), 201)
        form = brought["upload"]
        sent = self.life.http.post(
            form["url"], data=form["fields"], files={"file": ("surat.pdf", data, "application/pdf")}
        )
        assert sent.status_code in (200, 201, 204), sent.text
        return str(brought["id"])

    def stamp(self, document: str, *, key: str | None = None, **more: Any) -> Answer:
        """Ask for a stamp; once it is accepted, it is promised."""
        body = {"document_id": document, "placement": "auto", **more}
        key = key or self.life.key()
        answer = self.ask("POST", "/v1/stampings", body, key=key)
        if answer.status in (200, 202):
            self.life.promised.setdefault(answer["id"], Promise(self, body, key))
        return answer

    def refund(self, invoice: str, *, key: str | None = None) -> Answer:
        """Ask an invoice's money back."""
        return self.ask("POST", "/v1/refunds", {"invoice_id": invoice, "reason": "batal"}, key=key or self.life.key())


def _seen(answer: Answer, status: int) -> Answer:
    assert answer.status == status, answer
    return answer


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=20)


def _shard(house: House) -> str:
    shards = house.streams.describe_stream(StreamArn=house.stream)["StreamDescription"]["Shards"]
    return str(shards[0]["ShardId"])
