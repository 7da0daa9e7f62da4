"""A stack whose parts are killed, all at once or one by one, keeps what it had and comes back by itself."""

from __future__ import annotations

import json
import signal

import httpx
import pytest

from tests.integration.conftest import Stack, until
from tests.integration.test_engine_smoke import Probe, begin, outcome, public_key, soon


@pytest.fixture
def doomed(other: Stack) -> Stack:
    """A stack that a test may break and stop."""
    return other.well()


def on_disk(stack: Stack, name: str) -> bool:
    """Whether the engine's files tell of the execution of this name."""
    kept = (stack.state / "engine" / "services").rglob("*stepfunctions*")
    return any(f':{name}"' in path.read_text(errors="replace") for path in kept)


def test_what_was_written_outlives_kill_9_of_any_part_and_the_stack_heals_itself(doomed: Stack) -> None:
    probe = Probe(doomed)
    sealed, public = doomed.access["sealed_bucket"], public_key(doomed)
    until(lambda: doomed.workers("SealFunction"))  # the warm-up is over when the last ones run
    waiting = begin(probe, {"until": soon(6), "do": "raise"}, "across")
    doomed.client("s3").put_object(Bucket=sealed, Key="kept", Body=b"kept")
    until(lambda: on_disk(doomed, waiting.rpartition(":")[2]))  # what is no row and no object is kept within a moment
    for number in range(40):
        probe.put(f"row {number}")
    doomed.part("engine").kill()
    doomed.part("authority").kill()
    doomed.part("paysim").kill()
    refused = httpx.get(f"{doomed.api_url}/v1/status", timeout=10)
    assert (refused.status_code, refused.json()["code"], "retry-after" in refused.headers) in [
        (503, "busy", True), (200, None, False)]  # fmt: skip
    until(doomed.answers, 60)
    rows = doomed.client("dynamodb").scan(TableName=probe.names["Table"], ConsistentRead=True)["Count"]
    assert rows == 40
    until(lambda: all(probe.seen(f"reader row {number}") >= 1 for number in range(40)))
    assert doomed.client("s3").get_object(Bucket=sealed, Key="kept")["Body"].read() == b"kept"
    assert public_key(doomed) == public
    ended = until(lambda: outcome(probe, waiting), 60)
    assert json.loads(ended["output"]) == "caught by its own name"
    doomed.part("origin").kill()
    until(doomed.answers, 60)
    probe.close()


def test_when_all_is_dark_the_fallback_is_still_there(doomed: Stack) -> None:
    for part in ("engine", "origin", "paysim", "authority"):
        doomed.part(part).kill()
    assert "Keping Anda tidak hilang" in httpx.get(doomed.access["fallback_url"]).text


def test_a_board_that_was_never_kept_is_the_fallback_page_and_a_problem(doomed: Stack) -> None:
    storage, bucket = doomed.client("s3"), doomed.access["room_bucket"]

    def healthy() -> bool:
        try:
            return doomed.http().get("/_health").status_code == 200
        except httpx.HTTPError:
            return False

    def unkept() -> bool:
        for name in ("status.json", "status.html"):
            storage.delete_object(Bucket=bucket, Key=name)
        doomed.part("origin").kill()
        until(healthy)
        return doomed.http().get("/status.json").status_code == 503

    until(unkept, 60)
    assert doomed.http().get("/status.json").json()["code"] == "busy"
    page = doomed.http().get("/status")
    assert (page.status_code, "Keping Anda tidak hilang" in page.text) == (200, True)
    assert "default-src 'self'" not in page.headers["Content-Security-Policy"]


def test_a_stack_killed_whole_leaves_no_process_and_starts_again_with_all_it_had(doomed: Stack) -> None:
    account = doomed.http().post("/v1/accounts", json={"email": "orang@contoh.invalid"}).json()
    headers = {"Authorization": f"Bearer {account['token']}"}
    quota = doomed.http().get("/v1/quota", headers=headers).json()
    deployed = doomed.state / "deployed"
    before, processes = deployed.stat().st_mtime_ns, doomed.processes()
    doomed.stop(signal.SIGKILL)
    for process in processes:
        process.kill()
    assert until(lambda: not doomed.processes())
    doomed.start()
    assert deployed.stat().st_mtime_ns == before
    assert doomed.http().get("/v1/quota", headers=headers).json() == quota


def test_whatever_ends_the_supervisor_ends_all_that_it_started(doomed: Stack) -> None:
    for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        doomed.well()
        assert doomed.processes()
        assert doomed.stop(number) == code
        assert until(lambda: not doomed.processes(), 60)
        assert number == signal.SIGKILL or not (doomed.state / "access.json").exists()
