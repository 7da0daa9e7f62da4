"""The distribution of the template and the origin of this machine are one thing twice: the same addresses lead to the same
places, under the same policy."""

from __future__ import annotations

import asyncio
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from samtranslator.yaml_helper import yaml_parse

from local.deployment import HOUSE
from local.in_flight import InFlight, slots
from local.origin import PUBLIC, WEB, Origin, Routes, application
from tests.unit.web.node import told

RESOURCES: dict[str, Any] = yaml_parse((HOUSE / "template.yaml").read_text("utf-8"))["Resources"]
DISTRIBUTION: dict[str, Any] = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
DEFAULT: dict[str, Any] = DISTRIBUTION["DefaultCacheBehavior"]
ENGINE, SIMULATOR = "http://127.0.0.1:4566", "http://127.0.0.1:4567"
LEADS_TO = {
    "/": ("page", "/index.html"),
    "/page/main.js": ("page", "/page/main.js"),
    "/desk/": ("page", "/desk/index.html"),
    "/openapi.json": ("page", "/openapi.json"),
    "/lite.html": ("page", "/lite.html"),
    "/room.json": ("room", "/room.json"),
    "/status": ("room", "/status.html"),
    "/status/": ("room", "/status.html"),
    "/status.json": ("room", "/status.json"),
    "/v1/status": ("api", "/v1/status"),
    "/v1/invoices/inv_1/payments": ("api", "/v1/invoices/inv_1/payments"),
    "/v/abcdefghij0123456789": ("api", "/v/abcdefghij0123456789"),
    "/V/ABCDEFGHIJ0123456789": ("api", "/v/ABCDEFGHIJ0123456789"),
}


def behaviour(address: str) -> dict[str, Any]:
    """The first whose pattern an address has; `*` stands for anything, capitals count (CloudFront: path pattern)."""
    for one in DISTRIBUTION["CacheBehaviors"]:
        if fnmatchcase(address, one["PathPattern"]):
            found: dict[str, Any] = one
            return found
    return DEFAULT


def first_origin(name: Any) -> str:
    """The origin of a behaviour, or the first of its group where there is a fallback."""
    return str(name["Fn::If"][2] if isinstance(name, dict) else name)


def rewritten(addresses: list[str]) -> list[str]:
    """What the distribution's function makes of each address, run by node as it stands in the template."""
    code = RESOURCES["Addresses"]["Properties"]["FunctionCode"]
    found: list[str] = told(f"{code}\ntell(given.map((uri) => handler({{ request: {{ uri }} }}).uri));", addresses)
    return found


def test_every_address_leads_where_it_should_in_the_cloud() -> None:
    after = dict(zip(LEADS_TO, rewritten(list(LEADS_TO)), strict=True))
    for address, (origin, file) in LEADS_TO.items():
        here = behaviour(address)
        assert first_origin(here["TargetOriginId"]) == origin, address
        assert (after[address] if "FunctionAssociations" in here else address) == file, address


@pytest.mark.parametrize("address", sorted(LEADS_TO))
def test_every_address_leads_to_the_same_place_on_this_machine(address: str, tmp_path: Path) -> None:
    app = application(Routes(tmp_path / "routes.json"))
    app.freeze()
    route = asyncio.run(app.router.resolve(make_mocked_request("GET", address)))
    origin, file = LEADS_TO[address]
    assert route.handler.__name__ == {"page": "page", "room": "public", "api": "api"}[origin]
    if origin == "room":
        assert PUBLIC[address] == file.removeprefix("/")
    if origin == "page":
        assert (WEB / file.removeprefix("/")).is_file()


def test_the_policy_is_the_same_but_for_the_hosts() -> None:
    shields = RESOURCES["Shields"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    written = shields["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    cloud = re.sub(r"https://\$\{\w+Bucket\.RegionalDomainName\}", ENGINE, written).replace(
        "${SimulatorUrl}", SIMULATOR
    )
    routes = Routes(HOUSE / "nowhere")
    routes._values = {"engine": ENGINE, "simulator": SIMULATOR}
    here = Origin(routes, InFlight(slots(1)))._shields()
    assert directives(cloud) == directives(here["Content-Security-Policy"])
    assert shields["ReferrerPolicy"]["ReferrerPolicy"] == here["Referrer-Policy"]
    assert shields["ContentTypeOptions"] == {"Override": True}


def directives(policy: str) -> dict[str, set[str]]:
    """A policy's directives, each with what it allows."""
    found = [part.split() for part in policy.split(";")]
    return {name: set(allowed) for name, *allowed in found}


def test_nothing_of_the_api_is_kept_and_everybody_is_told_so_over_https() -> None:
    api = behaviour("/v1/quota")
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled"
    assert set(api["AllowedMethods"]) >= {"GET", "POST", "DELETE"}
    for one in (DEFAULT, *DISTRIBUTION["CacheBehaviors"]):
        assert one["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")
        assert ("ResponseHeadersPolicyId" in one) == (one is not api), "the API says its own"


def test_the_files_of_the_page_are_read_by_the_distribution_alone() -> None:
    [statement] = RESOURCES["PageBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert list(statement["Condition"]["StringEquals"]) == ["AWS:SourceArn"]
    private = RESOURCES["PageBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert set(private.values()) == {True}


def test_where_nobody_gave_a_certificate_nothing_of_it_is_made() -> None:
    edge = {name for name, one in RESOURCES.items() if one["Type"].startswith("AWS::CloudFront::")}
    assert len(edge) == 5
    for name in edge | {"PageBucket", "PageBucketPolicy"}:
        assert RESOURCES[name]["Condition"] == "ServesPage"
