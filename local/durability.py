"""What the engine holds survives kill -9: the ledger is on disk before a write is answered, the rest within a moment.

The engine itself saves only when it stops cleanly and keeps the table's stream in memory alone. Here:

- every request that changes a table appends one line (all its items, its stream records) to a journal before it is
  answered, and the positions of the stream's readers follow; a start replays the journal, then folds it into a snapshot;
- queues, executions, letters and everything a deployment makes are written, whole and atomically, soon after they change;
- S3 writes its objects to disk itself, before it answers.

A journal line is written with one system call and outlives the process; it is not forced to the disk, so losing power
may lose the last moments, as with every local database that does not wait for its disk.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import persistence
from ministack.core.responses import request_scope
from ministack.services import dynamodb, lambda_svc, ses, sqs, stepfunctions

log = logging.getLogger("meterai.engine")

SAVE_EVERY_SECONDS = 0.25
RESTS = 9
"""How many times longer than its copy took a service is not saved again: what is kept grows, and the loop is everybody's."""
BLOB_BYTES = 16 * 1024
JOURNAL_BYTES = 256 * 1024 * 1024
# The services that the template uses: the engine would keep, and load at each start, every one that it has imported.
KEPT = {
    "apigateway_v1", "cloudformation", "dynamodb", "eventbridge", "iam", "kms", "lambda", "s3", "scheduler",
    "secretsmanager", "ses", "ses_v2", "sqs", "stepfunctions", "sts",
}  # fmt: skip

_dirty: set[str] = set()
_state = Path()


def changed(*services: str) -> None:
    """Have these services' state written soon."""
    _dirty.update(services)


# Big bytes (layers) live beside the state, named by their hash, and are written once ---------------------------------------


def _encode(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)) and len(value) > BLOB_BYTES:
        name = hashlib.sha256(value).hexdigest()
        path = _state / "blobs" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(value)
            part.rename(path)
        return {"__blob__": name}
    return _encode_plain(value)


def _decode(value: dict[str, Any]) -> Any:
    if "__blob__" in value and len(value) == 1:
        return (_state / "blobs" / value["__blob__"]).read_bytes()
    return _decode_plain(value)


_encode_plain: Callable[[Any], Any] = persistence._json_default
_decode_plain: Callable[[dict[str, Any]], Any] = persistence._json_object_hook


# The ledger's journal ------------------------------------------------------------------------------------------------------


class Journal:
    """Changes of tables in the order they happened. All of one request's changes share a line, so that a transaction
    is in the journal whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._request = threading.local()
        self._file = -1

    def open(self) -> None:
        """Start appending."""
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def size(self) -> int:
        """Bytes on disk."""
        return self._path.stat().st_size

    def write(self, entry: dict[str, Any]) -> None:
        """Append one line, whatever a crash left before it; it is out of this process when this returns."""
        data = ("\n" + json.dumps(entry, separators=(",", ":")) + "\n").encode()
        with self._lock:
            os.write(self._file, data)

    def change(self, change: dict[str, Any]) -> None:
        """Record one item's change, together with the others of the request that made it."""
        pending = getattr(self._request, "changes", None)
        if pending is None:
            self.write({"changes": [change]})
        else:
            pending.append(change)

    def begin(self) -> None:
        """A request starts on this thread."""
        self._request.changes = []

    def end(self) -> None:
        """The request ends: what it changed is written before it is answered."""
        pending, self._request.changes = self._request.changes, None
        if pending:
            self.write({"changes": pending})

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line; a last one cut short by a crash was never answered and is left out."""
        if not self._path.exists():
            return []
        found = []
        for line in self._path.read_bytes().split(b"\n"):
            if line:
                try:
                    found.append(json.loads(line))
                except json.JSONDecodeError:
                    log.warning("the journal's last line was cut short by a crash: left out")
        return found

    def replace(self, entries: list[dict[str, Any]]) -> None:
        """Start over with these lines, atomically."""
        part = self._path.with_suffix(".part")
        part.write_text("".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries))
        with self._lock:
            part.replace(self._path)
            if self._file >= 0:
                os.close(self._file)
                self.open()


journal: Journal


def _apply(change: dict[str, Any]) -> None:
    table = dynamodb._tables.get(change["table"])
    if table is None or table["TableArn"] != change["arn"]:
        return  # of a table that has since been deleted
    pk, sk = change["key"]
    if change["new"] is None:
        dynamodb._remove_item(table, pk, sk)
    else:
        dynamodb._set_item(table, pk, sk, copy.deepcopy(change["new"]))
    if change["record"] is not None:
        dynamodb._stream_records.setdefault(change["table"], []).append(change["record"])
        dynamodb._stream_seq_counter += 1


def _replay() -> None:
    """Bring tables, streams and their readers to where the journal left them."""
    for line in journal.lines():
        for change in line.get("changes", ()):
            _apply(change)
        if "positions" in line:
            for mapping, position in line["positions"].items():
                lambda_svc._dynamodb_stream_positions[mapping] = position
        if "stream" in line:
            dynamodb._stream_trimmed[line["stream"]] = line["trimmed"]
            dynamodb._stream_records[line["stream"]] = line["records"]
            dynamodb._stream_seq_counter = max(dynamodb._stream_seq_counter, line["sequence"])


def _fold() -> None:
    """Write the snapshot that the journal leads to, then start a journal that holds only what readers have yet to see."""
    persistence.save_state("dynamodb", dynamodb.get_state())
    positions = dict(lambda_svc._dynamodb_stream_positions.items())
    entries: list[dict[str, Any]] = []
    for table in list(dynamodb._stream_records):
        trimmed = dynamodb._stream_trimmed.get(table, 0)
        records = dynamodb._stream_records[table]
        readers = [positions[mapping] for mapping in positions if _reads(mapping, table)]
        seen = max(0, min(readers, default=trimmed) - trimmed)
        dynamodb._stream_trimmed[table] = trimmed + seen
        dynamodb._stream_records[table] = records[seen:]
        entries.append({"stream": table, "trimmed": trimmed + seen, "records": records[seen:],
                        "sequence": dynamodb._stream_seq_counter})  # fmt: skip
    entries.append({"positions": positions})
    journal.replace(entries)


def _reads(mapping: str, table: str) -> bool:
    source = (lambda_svc._esms.get(mapping) or {}).get("EventSourceArn", "")
    return f":table/{table}/stream/" in source


def advanced(mapping: str, position: int) -> None:
    """A reader of a stream has passed this position."""
    journal.write({"positions": {mapping: position}})


def _record_changes() -> None:
    emit, remove = dynamodb._emit_stream_event, dynamodb._remove_item
    request = dynamodb.handle_request

    def emit_and_record(name: str, event: str, old: Any, new: Any, replicate: bool = True) -> None:
        before = len(dynamodb._stream_records.get(name) or [])
        emit(name, event, old, new, replicate)
        records = dynamodb._stream_records.get(name) or []
        table, item = dynamodb._tables.get(name), new or old
        if table is None or item is None:
            return
        sort = dynamodb._extract_key_val(item[table["sk_name"]]) if table["sk_name"] else "__no_sort__"
        journal.change({
            "table": name, "arn": table["TableArn"], "new": new,
            "key": [dynamodb._extract_key_val(item[table["pk_name"]]), sort],
            "record": records[-1] if len(records) > before else None,
        })  # fmt: skip

    def remove_and_tell(table: dict[str, Any], pk: Any, sk: Any) -> Any:
        old = (table["items"].get(pk) or {}).get(sk)
        removed = remove(table, pk, sk)
        # "Items that are deleted by TTL ... are in the stream": DynamoDB developer guide, time-to-live-ttl-streams.html
        if old is not None and threading.current_thread().name == "dynamodb-ttl-reaper":
            emit_and_record(table["TableName"], "REMOVE", old, None)
            for record in (dynamodb._stream_records.get(table["TableName"]) or [])[-1:]:
                record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return removed

    async def request_and_record(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        journal.begin()
        try:
            answer = await request(method, path, headers, body, query)
        finally:
            journal.end()
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if "Table" in action or "TimeToLive" in action or "ContinuousBackups" in action:
            changed("dynamodb")
        return answer

    dynamodb._emit_stream_event = emit_and_record
    dynamodb._remove_item = remove_and_tell
    dynamodb.handle_request = request_and_record


# Everything else -----------------------------------------------------------------------------------------------------------


def _marks(module: Any, name: str, service: str) -> None:
    original = getattr(module, name)

    def marking(*arguments: Any, **named: Any) -> Any:
        try:
            return original(*arguments, **named)
        finally:
            changed(service)

    setattr(module, name, marking)


def _keep_letters() -> None:
    state, restore = ses.get_state, ses.load_persisted_state

    def state_with_letters() -> dict[str, Any]:
        return {**state(), "letters": list(ses._sent_emails.get("entries") or [])}

    def restore_with_letters(data: dict[str, Any]) -> None:
        restore(data)
        ses._sent_emails_list().extend(data.get("letters", []))

    ses.get_state, ses.load_persisted_state = state_with_letters, restore_with_letters


def _watch() -> None:
    """Mark what data requests change, and all that a control request may have changed."""
    for name in ("_receive_messages_for_esm", "_delete_messages_for_esm"):
        _marks(sqs, name, "sqs")
    for name in ("_add_event", "_start_execution", "_fail_execution"):
        _marks(stepfunctions, name, "stepfunctions")
    _marks(ses, "_sent_emails_list", "ses")
    kept_elsewhere = {"dynamodb", "s3", "lambda", "monitoring", "logs"}
    alone = {"sqs": "sqs", "ses": "ses", "states": "stepfunctions"}
    for service, handler in list(ministack.SERVICE_HANDLERS.items()):
        if service not in kept_elsewhere:
            ministack.SERVICE_HANDLERS[service] = _marking(service, handler, alone.get(service))


def _marking(service: str, handler: Callable[..., Any], alone: str | None) -> Callable[..., Any]:
    async def handle_and_mark(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        try:
            return await handler(method, path, headers, body, query)
        finally:
            # A stack goes on being made after the request that asked for it: looking at it marks what was made since.
            if service == "cloudformation" or not _only_reads(method, headers, body):
                changed(*([alone] if alone else _saved()))

    return handle_and_mark


READING = ("Get", "List", "Describe", "Sign", "Verify", "Encrypt", "Decrypt", "GenerateDataKey", "BatchGet")


def _only_reads(method: str, headers: Any, body: bytes) -> bool:
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    if target:
        return bool(target.startswith(READING))
    if method == "POST" and body.startswith(b"Action="):
        return body[len(b"Action=") :].decode("ascii", "replace").startswith(READING)
    return method in ("GET", "HEAD")


def _saved() -> dict[str, Callable[[], Any]]:
    states: dict[str, Callable[[], Any]] = _all_states()
    return {name: state for name, state in states.items() if name in KEPT}


_all_states: Callable[[], dict[str, Callable[[], Any]]] = ministack._build_persistence_save_dict


class Rests:
    """When each service may be saved again: one whose copy took long rests longer, so that the loop is not held by it alone."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def over(self, services: Iterable[str], now: float) -> set[str]:
        """Those of the services that rest no more."""
        return {name for name in services if self._until.get(name, now) <= now}

    def copied(self, name: str, now: float, seconds: float) -> None:
        """A copy of the service's state, taken now, held the loop for so long."""
        self._until[name] = now + RESTS * seconds


async def _save_for_ever(scope: tuple[str, str]) -> None:
    rests = Rests()
    while True:
        await asyncio.sleep(SAVE_EVERY_SECONDS)
        if journal.size() > JOURNAL_BYTES:
            with request_scope(*scope):
                _fold()
        if not (services := rests.over(_dirty, time.monotonic())):
            continue
        states, copies = _saved(), {}
        _dirty.difference_update(services)
        # The copy is taken here, between requests; only its writing leaves the loop.
        for name in services & states.keys():
            began = time.monotonic()
            copies[name] = states[name]()
            rests.copied(name, ended := time.monotonic(), ended - began)
        await asyncio.to_thread(persistence.save_all, {name: (lambda copy=copy: copy) for name, copy in copies.items()})


def install(state: Path, account: str, region: str, resume: Callable[[], None]) -> None:
    """Patch the engine so that what it holds is kept under `state`; `resume` is called once it serves again."""
    global _state, journal
    _state = state
    journal = Journal(state / "ledger.journal")
    assert persistence._json_default is _encode_plain
    assert persistence._json_object_hook is _decode_plain
    persistence._json_default, persistence._json_object_hook = _encode, _decode
    # The object hook is read as a global by load_state, the default by save_state: both find the new ones.
    load, startup = ministack._load_persisted_state, ministack._run_ready_scripts
    start_poller = lambda_svc._ensure_poller

    def load_and_replay() -> None:
        lambda_svc._ensure_poller = lambda: None  # nobody reads a stream before it is whole again
        load()
        with request_scope(account, region):
            _replay()
            _fold()
        journal.open()
        lambda_svc._ensure_poller = start_poller

    async def ready() -> None:
        await ministack._wait_for_port(int(os.environ["GATEWAY_PORT"]))
        _background.append(asyncio.create_task(_save_for_ever((account, region))))
        start_poller()
        with request_scope(account, region):
            resume()
        await startup()

    ministack._load_persisted_state, ministack._run_ready_scripts = load_and_replay, ready
    ministack._build_persistence_save_dict = _saved
    _record_changes()
    _keep_letters()
    _watch()


_background: list[asyncio.Task[None]] = []
