"""What the template asks of the account: executions, requests and workers, each inside its quota and none at another's cost."""

from __future__ import annotations

from typing import Any

import pytest

from meterai.domain.shares import Bounds, Shares, ceiling, floor
from ops.openapi import template

GATEWAY_A_SECOND, GATEWAY_AT_ONCE = 2500, 1250
"""What API Gateway takes in Jakarta, of one account (../shared/FACTS.md: cloud bounds)."""
UNRESERVED = 100
"""What AWS does not let anybody reserve (Lambda: configuring reserved concurrency)."""
SECONDS = {
    "POST /v1/accounts": 0.05,
    "GET /v1/quota": 0.03,
    "POST /v1/invoices": 0.6,
    "GET /v1/invoices/{invoice_id}": 0.04,
    "GET /v1/invoices/{invoice_id}/receipt": 0.3,
    "POST /v1/payments/midtrans": 0.35,
    "POST /v1/payments/xendit": 0.35,
    "POST /v1/documents": 0.05,
    "GET /v1/documents/{document_id}": 0.4,
    "POST /v1/documents/{document_id}/repair": 1.5,
    "POST /v1/stampings": 0.3,
    "GET /v1/stampings/{stamping_id}": 0.05,
    "POST /v1/invoices/{invoice_id}/payments": 0.6,
    "POST /v1/refunds/{refund_id}/destination": 1.0,
    "POST /v1/verifications": 0.5,
    "GET /v1/serials/{serial}": 0.05,
    "GET /v/{serial}": 0.05,
}
"""For how long a request keeps an execution busy, in the mean (docs/lines.md); others read or write some rows."""
OTHERWISE = 0.1
RESOURCES = template()["Resources"]
POOLS: dict[str, dict[str, int]] = template()["Mappings"]["Pool"]
PARAMETERS = template()["Parameters"]
POOL = pytest.mark.parametrize("pool", sorted(POOLS))


def functions() -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::Serverless::Function"}


def routes_of(function: dict[str, Any]) -> list[str]:
    events = (one for one in function.get("Events", {}).values() if one["Type"] == "Api")
    return [f"{one['Properties']['Method']} {one['Properties']['Path']}" for one in events]


def throttles() -> dict[str, tuple[int, int]]:
    """Requests a second and at once that each route takes."""
    found = {}
    for one in RESOURCES["Api"]["Properties"]["MethodSettings"]:
        path = one["ResourcePath"].removeprefix("/").replace("~1", "/")
        found[f"{one['HttpMethod']} {path}"] = (one["ThrottlingRateLimit"], one["ThrottlingBurstLimit"])
    otherwise = found.pop("* *")
    every = {route: found.pop(route, otherwise) for function in functions().values() for route in routes_of(function)}
    assert not found, f"throttles of routes that are none: {sorted(found)}"
    return every


def value(asked: Any, pool: str) -> int:
    """A number of the template, where it stands or in the pool that it is looked up in."""
    if isinstance(asked, int):
        return asked
    name, account, key = asked["!FindInMap"]
    assert (name, account) == ("Pool", {"!Ref": "AccountConcurrency"})
    return POOLS[pool][key]


def reserved(function: dict[str, Any], pool: str) -> int | None:
    asked = function.get("ReservedConcurrentExecutions")
    return None if asked is None else value(asked, pool)


def mapped(function: dict[str, Any], pool: str) -> int:
    """How many executions its queues may keep busy. Every one says so."""
    queues = (one["Properties"] for one in function.get("Events", {}).values() if one["Type"] == "SQS")
    return sum(value(one["ScalingConfig"]["MaximumConcurrency"], pool) for one in queues)


def test_the_pools_are_those_that_can_be_chosen() -> None:
    assert set(POOLS) == set(PARAMETERS["AccountConcurrency"]["AllowedValues"])


@POOL
def test_every_function_that_somebody_waits_for_has_executions_of_its_own(pool: str) -> None:
    waited_for = {name for name, one in functions().items() if routes_of(one)} | {"AuthorizeFunction"}
    assert {name for name in waited_for if reserved(functions()[name], pool) is None} == set()


@POOL
def test_all_that_is_reserved_leaves_the_account_what_aws_demands(pool: str) -> None:
    kept = sum(reserved(one, pool) or 0 for one in functions().values())
    assert kept + UNRESERVED <= int(pool)


@POOL
def test_what_queues_may_keep_busy_is_there_for_them(pool: str) -> None:
    for name, one in functions().items():
        own = reserved(one, pool)
        if own is not None:
            assert mapped(one, pool) <= own, name
    rest = [one for one in functions().values() if reserved(one, pool) is None]
    assert sum(mapped(one, pool) for one in rest) + len(rest) <= UNRESERVED


@POOL
def test_what_a_functions_routes_let_in_finds_an_execution(pool: str) -> None:
    waited_for = {name: one for name, one in functions().items() if routes_of(one)}
    for name, one in waited_for.items():
        busy = sum(throttles()[route][0] * SECONDS.get(route, OTHERWISE) for route in routes_of(one))
        seats = POOLS[pool]["Seats"] if name == "StampFunction" else 0
        assert busy + seats <= (reserved(one, pool) or 0), f"{name}: {busy + seats}"


def test_all_routes_together_stay_inside_what_the_gateway_takes() -> None:
    every = throttles().values()
    assert sum(rate for rate, _ in every) <= GATEWAY_A_SECOND
    assert sum(burst for _, burst in every) <= GATEWAY_AT_ONCE


@POOL
def test_the_lines_begin_inside_their_range_and_inside_what_the_outside_bears(pool: str) -> None:
    least = Bounds(
        workers=POOLS[pool]["Seal"],
        signatures=PARAMETERS["SealSignaturesPerSecond"]["Default"],
        timestamps=PARAMETERS["TimestampsPerSecond"]["Default"],
        write_units=PARAMETERS["TableWriteUnits"]["Default"],
        milliseconds=PARAMETERS["SealMilliseconds"]["Default"],
    ).bearable
    first = Shares(POOLS[pool]["Paid"], POOLS[pool]["Bulk"])
    assert first.workers <= least
    assert floor(first.workers) <= first.bulk <= ceiling(first.workers)
    assert mapped(RESOURCES["SealFunction"]["Properties"], pool) == first.workers
