"""`make soak SOAK=executions N=2000`: so many refunds on the engine's own Step Functions, whose tasks crash at every point.

The state machine, the function and its workers, the table's stream, the gateway and the providers' simulator run by themselves,
as by `make run`; only the wire of the refund's tasks is ours (wire.py). Executions are stopped too, workers killed at any
instant, and the sweep runs. Each refund goes one of the ways of cases.py, and is examined at its end. Writes
bench/results/executions.json."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.ports import unused_port
from meterai.aws.table import DynamoLedger
from meterai.gateways.configured import configured
from tests.integration.client import Person, connect, until
from tests.integration.conftest import Process, Stack
from tests.integration.test_road import nobody_seals
from tests.soak import examined
from tests.soak.__main__ import HOUSE, commit, written
from tests.soak.cases import (
    CASES,
    Case,
    Place,
    Play,
    after_a_stamp,
    by_the_provider,
    changed_mind,
    taken_back,
    tried_again,
    used_meanwhile,
)
from tests.soak.recorded import Line, Record, added, numbers_of, part
from tests.soak.wire import Fate, Wire
from tests.soak.witness import LOOKS_EVERY_SECONDS, Witness

RESULTS = HOUSE / "bench" / "results" / "executions.json"
DAY_SECONDS = 1.0
IN_ONE_STACK = 250
"""After so many refunds a new stack begins: the engine keeps every history, and writes all of them whenever one grows."""
AT_ONCE = 20
KILLED_EVERY = (100, 300)
"""After so many changes of the table a worker is killed, or (STOPPED_EVERY) an execution stopped."""
PROMPT = (by_the_provider, after_a_stamp, changed_mind, tried_again)
"""Ways on which a provider's answer is known at once, unless a strike takes it away: then it is asked half a minute later."""
STOPPED_EVERY = (20, 80)
STOPPED = 0.12
"""What share of the refunds has an execution stopped under it, at any instant."""
STARTS = 3
SWEPT_AFTER_SECONDS = 10.0
"""How long after the last execution was stopped the sweep runs."""
REFUND_TASK = "RefundTaskFunction"


class Hands:
    """Whatever acts at any instant: kills a worker, stops an execution, runs the sweep."""

    def __init__(self, stack: Stack, witness: Witness, chance: random.Random) -> None:
        self.killed = self.stopped = self.sweeps = 0
        self.to_stop: list[Play] = []
        self._since = 0.0
        self._stack, self._witness, self._chance = stack, witness, chance
        self._over = threading.Event()
        functions = stack.client("lambda").list_functions()["Functions"]
        self._sweeper = next(one["FunctionName"] for one in functions if "-SweepFunction-" in one["FunctionName"])
        self._pool = ThreadPoolExecutor(2)
        self._acting = [
            self._pool.submit(self._again, self._kill, KILLED_EVERY),
            self._pool.submit(self._again, self._stop_one, STOPPED_EVERY),
        ]

    def _again(self, act: Callable[[], None], every: tuple[int, int]) -> None:
        due = self._witness.changes + self._chance.randint(*every)
        while not self._over.wait(LOOKS_EVERY_SECONDS):
            self._sweep_after_stops()
            if self._witness.changes >= due:
                due = self._witness.changes + self._chance.randint(*every)
                act()

    def _kill(self) -> None:
        if workers := self._stack.workers(REFUND_TASK):
            self._chance.choice(workers).kill()
            self.killed += 1

    def _stop_one(self) -> None:
        states = self._stack.client("stepfunctions")
        for play in list(self.to_stop):
            row = self._witness.rows.get(play.key) if play.id else None
            if row is None or self._chance.random() < 0.7:
                continue
            self.to_stop.remove(play)
            arn = self._stack.access["refund_machine"].replace(":stateMachine:", ":execution:")
            with suppress(states.exceptions.ExecutionDoesNotExist):
                if states.describe_execution(executionArn=f"{arn}:{play.id}-{row['execution']}")["status"] == "RUNNING":
                    states.stop_execution(executionArn=f"{arn}:{play.id}-{row['execution']}")
                    self.stopped += 1
                    self._since = time.monotonic()
                    break

    def _sweep_after_stops(self) -> None:
        if self._since and time.monotonic() - self._since > SWEPT_AFTER_SECONDS:
            self._since = 0.0
            self.sweep()

    def sweep(self) -> None:
        """The daily sweep: whatever has no execution gets another."""
        self._stack.client("lambda").invoke(
            FunctionName=self._sweeper, InvocationType="Event", Payload=b'{"rows": "open"}'
        )
        self.sweeps += 1

    def close(self) -> None:
        """Act no more."""
        self._over.set()
        for acting in self._acting:
            acting.result()
        self._pool.shutdown()


class Stage:
    """A stack of its own whose refund tasks go over the wire."""

    def __init__(self, state: Path, chance: random.Random, day_seconds: float) -> None:
        state.mkdir()
        self.stack = Stack(state, unused_port(), day_seconds)
        try:
            self.stack.start()
        except BaseException:
            self.stack.close()
            raise
        access = self.stack.access
        self.http = connect(access["api_url"], clients=AT_ONCE)
        self.simulator = httpx.Client(base_url=access["simulator_url"], timeout=60)
        self.simulator.post("/_knobs", json={"drop_notifications": True}).raise_for_status()
        self.wire = Wire(access["engine_url"], access["simulator_url"], self._owns)
        self._lay_wire()
        self._leave_untold()
        self.witness = Witness(self.stack.client("dynamodbstreams"), access["table_name"], self._stored)
        self.hands = Hands(self.stack, self.witness, chance)

    def _owns(self, process: int) -> bool:
        found = Process(process)
        name = found.environment().get("AWS_LAMBDA_FUNCTION_NAME", "")
        return str(self.stack.state) in found.trace() and name.startswith(f"meterai-{REFUND_TASK}-")

    def _lay_wire(self) -> None:
        functions = self.stack.client("lambda")
        task = next(one for one in functions.list_functions()["Functions"] if f"-{REFUND_TASK}-" in one["FunctionName"])
        environment = task["Environment"]["Variables"] | {
            "AWS_ENDPOINT_URL_DYNAMODB": self.wire.table,
            "MIDTRANS_URL": self.wire.provider,
            "XENDIT_URL": self.wire.provider,
        }
        functions.update_function_configuration(
            FunctionName=task["FunctionName"], Environment={"Variables": environment}
        )

    def _leave_untold(self) -> None:
        """Lists, letters and chains have tests of their own: here they would be most of the work. The list of stampings stays,
        which a pending refund is judged by."""
        functions = self.stack.client("lambda")
        of_stampings = {"Filters": [{"Pattern": json.dumps({"dynamodb": {"Keys": {"sk": {"S": ["stamping"]}}}})}]}
        for one in functions.list_event_source_mappings()["EventSourceMappings"]:
            if "-TellFunction-" in one["FunctionArn"]:
                functions.update_event_source_mapping(UUID=one["UUID"], FilterCriteria=of_stampings)
            if "-AuditFunction-" in one["FunctionArn"]:
                functions.update_event_source_mapping(UUID=one["UUID"], Enabled=False)

    def _stored(self, stamping: str, serial: str) -> bytes | None:
        s3 = self.stack.client("s3")
        with suppress(s3.exceptions.NoSuchKey):
            found = s3.get_object(Bucket=self.stack.access["sealed_bucket"], Key=f"{stamping}/{serial}")
            data: bytes = found["Body"].read()
            return data
        return None

    def place(self, letting_seal: Callable[[], object]) -> Place:
        """What refunds are played with."""
        access = self.stack.access
        keys, where = (self.stack.state / "payment.json").read_text(), access["simulator_url"]
        client = httpx.Client(timeout=60)
        return Place(
            ledger=DynamoLedger(self.stack.client("dynamodb"), access["table_name"]),
            gateways=tuple(
                configured(keys, client, preferred=one, midtrans_url=where, xendit_url=where, simulator_url=where)
                for one in ("midtrans", "xendit")
            ),
            pay=lambda order: self.simulator.post(f"/simulate/{order}", json={"action": "settle"}).raise_for_status(),
            http=self.http,
            deciding=Person(self.http, access["officer_key"]),
            paying=Person(self.http, access["payer_key"]),
            wire=self.wire,
            witness=self.witness,
            letting_seal=letting_seal,
        )

    def close(self) -> None:
        """Stop everything, whatever of it fails."""
        with ExitStack() as left:
            left.callback(self.stack.close)
            for one in ("wire", "witness", "hands"):
                if hasattr(self, one):
                    left.callback(getattr(self, one).close)


@contextmanager
def staged(chance: random.Random, day_seconds: float) -> Iterator[Stage]:
    """A stage, and nothing of it afterwards. On a busy machine a stack may need more than one start."""
    with tempfile.TemporaryDirectory(prefix="meterai-soak-", ignore_cleanup_errors=True) as folder:
        stage: Stage | None = None
        for start in range(STARTS):
            try:
                stage = Stage(Path(folder) / str(start), chance, day_seconds)
                break
            except AssertionError:
                if start == STARTS - 1:
                    raise
        assert stage is not None
        try:
            yield stage
        finally:
            stage.close()


def drawn(seed: int, number: int, *, brief: bool = False) -> tuple[Case, random.Random, Fate, bool]:
    """Refund number `number`: its way, its chance, what its tasks meet, and whether an execution is stopped under it."""
    chance = random.Random(f"{seed} {number}")
    case = chance.choices(list(CASES), list(CASES.values()))[0]
    fate = Fate(random.Random(f"{seed} {number} wire"), unknown=2)
    if brief:
        fate.unknown = int(case in PROMPT)
    return case, chance, fate, chance.random() < STOPPED


def played(options: argparse.Namespace, numbers: list[int], tick: Callable[[], object]) -> Record:
    """Play these refunds on one stack, and examine each: their part of the record. Every one that came to its end is ticked."""
    seed, began = options.seed, time.monotonic()
    with staged(random.Random(f"{seed} {numbers[0]} hands"), options.day_seconds) as stage:
        sealing = threading.Event()
        place = stage.place(sealing.wait)
        plays = []
        for number in numbers:
            case, chance, fate, stopped = drawn(seed, number, brief=options.brief)
            play = Play(place, number, chance, fate)
            plays.append((case, play, Line(number, case.__name__)))
            if stopped:
                stage.hands.to_stop.append(play)
        # Whoever needs the seal queue to stand still goes first; it is read once they are through.
        plays.sort(key=lambda one: (one[0] not in (after_a_stamp, taken_back, used_meanwhile), one[1].number))
        with ThreadPoolExecutor(AT_ONCE) as people:
            with nobody_seals(stage.stack):
                running = [people.submit(_play, *one, tick) for one in plays]
                stamped = [
                    one for (case, *_), one in zip(plays, running, strict=True) if case in (after_a_stamp, taken_back)
                ]
                behind = [play for case, play, _ in plays if case is used_meanwhile]
                for future in stamped:
                    future.result()
                until(lambda: all(_pending(play) for play in behind), seconds=300, every=0.5)
            sealing.set()
            for future in running:
                future.result()
        stage.hands.close()
        stage.wire.come_in()
        stage.hands.sweep()
        _examine(stage, plays)
        if any(line.broken for _, _, line in plays):
            for log in sorted((stage.stack.state / "logs").glob("*.log")):
                if "Traceback" in (said := log.read_text(errors="replace")):
                    print(f"{log.name}: {said[-3000:]}", file=sys.stderr)
        broken = stage.witness.broken + examined.books(stage.witness.told(), datetime.now(UTC))
        beside = {
            "killed_at_any_instant": stage.hands.killed,
            "stopped": stage.hands.stopped,
            "sweeps": stage.hands.sweeps,
            "changes": stage.witness.changes,
            "unclaimed_requests": stage.wire.unknown_refunds,
        }
        lines = [line for _, _, line in plays]
        return part(lines, beside, broken, commit=options.commit, seconds=time.monotonic() - began)


def _pending(play: Play) -> bool:
    return bool(play.id) and play.key in play.place.witness.rows


def _play(case: Case, play: Play, line: Line, tick: Callable[[], object]) -> None:
    began = time.monotonic()
    try:
        line.ended = case(play)
    except Exception as found:  # whatever kept it from its end is told of it
        line.broken.append(f"{type(found).__name__}: {found} ({_where(found)})")
    line.seconds = round(time.monotonic() - began, 1)
    tick()


def _where(found: Exception) -> str:
    """The last line of the house's own code that it came through."""
    frames = traceback.extract_tb(found.__traceback__)
    own = [frame for frame in frames if "/site-packages/" not in frame.filename]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def _examine(stage: Stage, plays: list[tuple[Case, Play, Line]]) -> None:
    """Executions end after their refunds; then each refund is looked at."""
    states, machine = stage.stack.client("stepfunctions"), stage.stack.access["refund_machine"]
    book = examined.opened(stage.stack.state)
    payouts = book.payouts()
    for _, play, line in plays:
        line.struck = [(" ".join(site), strike) for site, strike in play.fate.struck]
        row = stage.witness.rows.get(play.key)
        if row is None:
            line.broken.append("no refund was made")
            continue
        deadline = time.monotonic() + 90
        while (
            found := examined.histories(states, machine, row, play.id)
        ).running and line.ended != "awaiting_decision":
            if time.monotonic() > deadline:
                found.broken.append(f"{play.id} has ended and its execution runs on")
                break
            time.sleep(0.5)
            row = stage.witness.rows[play.key]
        line.executions, line.stopped, line.failures = found.executions, found.stopped, dict(found.failures)
        line.broken += found.broken
        line.broken += examined.refund(play, row, line.ended)
        line.broken += examined.money(book, payouts, row, play.id)
        if line.ended == "awaiting_decision":
            shown = play.place.deciding.get(f"/v1/desk/refunds/{play.id}")
            if not (shown["needs_officer"] and found.running):
                line.broken.append(f"{play.id} is no officer's case: {shown['turn']}, running: {found.running}")
    book.close()


def ended(running: Iterable[Future[Record]]) -> Iterator[Future[Record]]:
    """Each as it ends; once one has failed, those that had not begun never begin."""
    left = set(running)
    while left:
        done, left = wait(left, return_when=FIRST_COMPLETED)
        if any(one.exception() is not None for one in done):
            left = {one for one in left if not one.cancel()}
        yield from done


def main() -> int:
    """Run, record after each stack, tell. The exit code is 1 when anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.executions", description=__doc__)
    parser.add_argument("-n", "--refunds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first refund")
    parser.add_argument("--add", action="store_true", help="add up with the record, which has none of these numbers")
    parser.add_argument("--day-seconds", type=float, default=DAY_SECONDS, help="how long a day of the workflow lasts")
    parser.add_argument("--brief", action="store_true", help="no refund has to ask a provider more than twice")
    parser.add_argument("--jobs", type=int, default=1, help="stacks at a time")
    parser.add_argument("--record", type=Path, default=RESULTS)
    options = parser.parse_args(namespace=argparse.Namespace(commit=commit()))
    console = Console(stderr=True)
    numbers = list(range(options.first, options.first + options.refunds))
    record: Record = {"drawn_by": f"seed {options.seed}, days of {options.day_seconds} s"}
    if options.add and options.record.exists():
        record = added(json.loads(options.record.read_text()), record)
        if again := numbers_of(record) & set(numbers):
            parser.error(f"the record has {min(again)} to {max(again)} of these already")
    parts = [numbers[at : at + IN_ONE_STACK] for at in range(0, len(numbers), IN_ONE_STACK)]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    failed: list[str] = []
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(options.jobs) as stacks:
        task = progress.add_task("refunds", total=len(numbers))
        running = [stacks.submit(played, options, part, lambda: progress.advance(task)) for part in parts]
        for done in ended(running):
            if done.exception() is not None:
                failed.append(repr(done.exception()))
                console.print(f"A stack failed, so that none begins any more: {failed[-1]}")
                continue
            record = added(record, one := done.result())
            options.record.write_text(written(record))
            for broken in one["broken"]:
                console.print(json.dumps(broken), markup=False)
            console.print(f"{record['refunds']} refunds, {len(record['broken'])} broken")
    console.print(f"{record.get('executions', 0)} executions, {len(record.get('broken', ()))} broken: {options.record}")
    return 1 if failed or record.get("broken") else 0


if __name__ == "__main__":
    sys.exit(main())
