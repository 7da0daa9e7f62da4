"""The house under soak: the local stack, whole and real, where nothing runs by itself.

Engine, time-stamping authority and payment simulator are processes of their own on loopback, deployed from template.yaml.
The soak takes the origin's place at the front, so that the simulator's notifications arrive here; mappings of streams and
queues and the schedules are switched off, and the refund workflow only waits, so that every invocation is the soak's.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from local.__main__ import Part, Stack, _stop
from local.engine import KEY_ID, REGION
from local.paysim.book import Book

DAY_SECONDS = "86400"
WAITS_SECONDS = 30
"""How long a refund's execution runs here: longer than any history."""


class Notice(NamedTuple):
    """A notification as it came: the path names the provider."""

    path: str
    headers: dict[str, str]
    body: str


class Mapped(NamedTuple):
    """A queue that a function reads: its logical name in template.yaml, and for how long a message that it got is its own."""

    function: str
    url: str
    batch: int
    visible_after: int


class _Inbox(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Front

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.notices.put(Notice(self.path, dict(self.headers.items()), body.decode()))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class _Front(ThreadingHTTPServer):
    daemon_threads = True
    notices: queue.SimpleQueue[Notice]


class _QuietStack(Stack):
    """The supervisor's stack without its origin and its own sweep."""

    environments: dict[str, dict[str, str]]
    queues: list[Mapped]

    def _parts(self) -> list[Part]:
        return [part for part in super()._parts() if part.name != "origin"]

    def _sweep_and_warm(self, facts: dict[str, str], secret: str) -> None:
        functions, events, sqs = (self._client(name, secret) for name in ("lambda", "events", "sqs"))
        self.queues = []
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
            service, _, name = mapping["EventSourceArn"].split(":", 2)[2].partition(":")
            if service == "sqs":
                url = sqs.get_queue_url(QueueName=name.rpartition(":")[2])["QueueUrl"]
                seen = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
                function = mapping["FunctionArn"].rpartition(":function:")[2].split("-")[1]
                visible_after = int(seen["VisibilityTimeout"])
                self.queues.append(Mapped(function, url, mapping["BatchSize"], visible_after))
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])
        found = functions.list_functions()["Functions"]
        self.environments = {one["FunctionName"].split("-")[1]: one["Environment"]["Variables"] for one in found}

    def _wait_for_api(self) -> None:
        """There is none: the soak calls the functions itself."""


class House:
    """A stack of its own in `state`; `environment` is what its functions were deployed with."""

    def __init__(self, state: Path) -> None:
        self._front = _Front(("127.0.0.1", 0), _Inbox)
        port = self._front.server_address[1]
        self._front.server_close()
        self._stack = _QuietStack(state, port, DAY_SECONDS, "midtrans", state / "access.json")
        self._front = _Front(("127.0.0.1", port), _Inbox)
        self._front.notices = queue.SimpleQueue()
        threading.Thread(target=self._front.serve_forever, daemon=True).start()
        try:
            self._stack.start()
        except BaseException:
            self.close()
            raise
        self.access: dict[str, str] = json.loads((state / "access.json").read_text())
        environments = list(self._stack.environments.values())
        self.environment: Mapping[str, str] = environments[0]
        assert all(one == self.environment for one in environments), "functions differ in their environments"
        self.origins = {self.environment["SIMULATOR_URL"]: "payment",
                        self.environment["TIMESTAMP_URL"].removesuffix("/tsa"): "timestamp"}  # fmt: skip
        # A session of its own: what the soak does by itself never meets a saboteur.
        self._session = boto3.Session(KEY_ID, self.access["secret_access_key"], region_name=REGION)
        self.dynamodb, self.streams = self.client("dynamodb"), self.client("dynamodbstreams")
        self.sqs, self.s3, self.states = self.client("sqs"), self.client("s3"), self.client("stepfunctions")
        self.queues = sorted(self._stack.queues)
        self.paid = Book(str(state / "paysim.sqlite"))
        self._wait_only()
        table = self.dynamodb.describe_table(TableName=self.table)["Table"]
        self._table = {name: table[name] for name in ("TableName", "KeySchema", "AttributeDefinitions",
                                                      "StreamSpecification")} | {"BillingMode": "PAY_PER_REQUEST"}  # fmt: skip

    @property
    def table(self) -> str:
        """The ledger's table."""
        return self.environment["TABLE_NAME"]

    @property
    def engine_pid(self) -> int:
        """The engine's process."""
        process = self._stack.parts[0].process
        assert process is not None
        return process.pid

    def client(self, service: str) -> Any:
        """A client of the soak's own."""
        return self._session.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.access["engine_url"],
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def _wait_only(self) -> None:
        """The refund's executions are the engine's own, and only wait: the soak plays their steps."""
        waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": WAITS_SECONDS, "End": True}}}
        self.states.update_state_machine(
            stateMachineArn=self.environment["REFUND_MACHINE_ARN"], definition=json.dumps(waits)
        )

    def clear(self) -> None:
        """An empty ledger with a new stream, an empty queue, no notification on its way."""
        self.dynamodb.delete_table(TableName=self.table)
        self.dynamodb.create_table(**self._table)
        self.stream = self.dynamodb.describe_table(TableName=self.table)["Table"]["LatestStreamArn"]
        for mapped in self.queues:
            self.sqs.purge_queue(QueueUrl=mapped.url)
        self.notices()

    def notices(self) -> list[Notice]:
        """The notifications that have come."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._front.notices.get_nowait())
        return found

    def close(self) -> None:
        """Stop everything."""
        if hasattr(self, "paid"):
            self.paid.close()
        self._front.shutdown()
        self._front.server_close()
        _stop(self._stack.parts)
