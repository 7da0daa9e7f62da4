"""The channel board on the running stack: one truth in API, public file and page, and no word of an upstream's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import httpx

from local.deployment import HOUSE
from tests.integration.conftest import Stack, until

OWN = ["portal", "issuer", "timestamp", "payment"]
OTHERS = ["skill_academy", "posfin", "momofin", "sobatmeterai", "pos_indonesia"]


def status(stack: Stack) -> dict[str, Any]:
    answer = stack.http().get("/v1/status")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def kept(stack: Stack) -> Any:
    """The public file; None until the keeper wrote it."""
    answer = stack.http().get("/status.json")
    return answer.json() if answer.status_code == 200 else None


def keep(stack: Stack) -> dict[str, str]:
    """Have the keeper work now instead of at its next minute; what it says."""
    answer = stack.client("lambda").invoke(FunctionName=stack.access["board_function"], Payload=b"{}")
    told: dict[str, str] = json.loads(answer["Payload"].read())
    return told


def probed(stack: Stack) -> dict[str, str]:
    """Have what the portal leans on asked now instead of at the sweep's next minute; how each of it is."""
    stacks = stack.client("cloudformation")
    found = stacks.describe_stack_resource(StackName="meterai", LogicalResourceId="SweepFunction")
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=b'{"rows": "due"}')
    told: dict[str, str] = json.loads(answer["Payload"].read())["channels"]
    return told


def operate(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """What an operator types."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": stack.access["engine_url"],
        "AWS_DEFAULT_REGION": stack.access["region"],
        "AWS_ACCESS_KEY_ID": stack.access["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack.access["secret_access_key"],
        "PYTHONPATH": f"{HOUSE}/layers/meterai/python:{HOUSE}",
    }
    command = [sys.executable, "-m", "ops.board", stack.access["table_name"], *words]
    return subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, text=True, check=False)


def test_the_portal_is_probed_by_its_front_door_and_the_road_is_measured(stack: Stack) -> None:
    until(lambda: set(probed(stack).values()) == {"up"}, 60)
    assert keep(stack)["portal"] == "up"
    channels = status(stack)["channels"]
    assert list(channels) == [*OWN, *OTHERS]
    for name in OWN:
        assert (channels[name]["state"], channels[name]["success_rate"] > 0) == ("up", True), name
        assert 0 <= channels[name]["answer_ms"] < 5000
        assert channels[name]["checked_at"]
    assert channels["portal"]["stamps"] == "yes"
    unsaid = {name: channels[name]["stamps"] for name in OTHERS if channels[name]["word"] is None}
    closed = {"pos_indonesia": {"unknown", "no"}}  # a counter has its hours
    assert [name for name, stamps in unsaid.items() if stamps not in closed.get(name, {"unknown"})] == []


def test_the_public_file_has_the_same_members_and_caches_may_keep_it_for_seconds(stack: Stack) -> None:
    keep(stack)
    until(lambda: kept(stack))
    answer = stack.http().get("/status.json")
    told, file = status(stack), answer.json()
    assert file.keys() == told.keys()
    assert {name: one.keys() for name, one in file["channels"].items()} == {
        name: one.keys() for name, one in told["channels"].items()
    }
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        "application/json",
        "public, max-age=15",
    )
    again = stack.http().get("/status.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) in ((304, b""), (200, again.content))


def test_what_an_operator_says_is_on_the_board_and_on_the_page(stack: Stack) -> None:
    said = operate(stack, "say", "posfin", "down", "--by", "Sari, petugas", "--stock", "none")
    assert (said.returncode, said.stdout.startswith("posfin is down, says Sari, petugas")) == (0, True), said.stderr
    posfin = status(stack)["channels"]["posfin"]
    assert (posfin["state"], posfin["stamps"], posfin["stock"]) == ("down", "no", "none")
    assert (posfin["word"]["by"], posfin["word"]["old"]) == ("Sari, petugas", False)
    keep(stack)
    until(lambda: (kept(stack) or {"channels": {"posfin": {"word": None}}})["channels"]["posfin"]["word"], 40)
    page = until(lambda: "Sari, petugas" in (text := stack.http().get("/status").text) and text, 40)
    assert "stok habis" in page
    refused = operate(stack, "say", "issuer", "up", "--by", "Sari")
    assert (refused.returncode, refused.stderr.startswith("not_found: ")) == (1, True)


def test_an_upstream_that_is_down_says_nothing_on_the_board(stack: Stack) -> None:
    engine = {stack.access[name].partition("//")[2] for name in ("engine_url", "simulator_url", "timestamp_url")}
    keep(stack)
    until(lambda: kept(stack))
    for path in ("/v1/status", "/status.json", "/status"):
        text = stack.http().get(path).text
        found = [
            word for word in (*engine, "Traceback", "arn:aws", "amazonaws", "Error", "127.0.0.1:9") if word in text
        ]
        assert found == [], path


def test_the_page_is_html_under_the_strict_policy_and_the_fallback_stands_elsewhere(stack: Stack) -> None:
    keep(stack)
    until(lambda: kept(stack))
    page = stack.http().get("/status")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert stack.access["fallback_url"] in page.text
    fallback = httpx.get(stack.access["fallback_url"])
    assert (fallback.status_code, fallback.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Surat Setoran Pajak" in fallback.text
    assert f"{stack.web_url}/status" in fallback.text
    assert "Server" not in fallback.headers
