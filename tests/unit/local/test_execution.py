"""Environments of functions on one processor: who stands back for whom."""

from __future__ import annotations

from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.deployment import HOUSE
from local.execution import FULL_CPU_MEGABYTES, STANDING_BACK, nice_level


@pytest.mark.parametrize(
    ("megabytes", "level"), [(128, 12), (512, 6), (885, 3), (1024, 2), (FULL_CPU_MEGABYTES, 0), (10_240, 0)]
)
def test_an_environment_weighs_what_its_memory_buys_on_aws(megabytes: int, level: int) -> None:
    assert nice_level({"FunctionName": "meterai-SealFunction-1", "MemorySize": megabytes}) == level
    weight = 1.25**-level
    assert weight == pytest.approx(min(1.0, megabytes / FULL_CPU_MEGABYTES), rel=0.12)


def level(name: str) -> int:
    """The level of a function of the template."""
    template: dict[str, Any] = yaml_parse((HOUSE / "template.yaml").read_text("utf-8"))
    usual = template["Globals"]["Function"]["MemorySize"]
    memory = template["Resources"][name]["Properties"].get("MemorySize", usual)
    return nice_level({"FunctionName": f"meterai-{name}-0123abcd", "MemorySize": memory})


def test_sealing_comes_before_what_leads_to_it_and_both_before_who_has_not_paid() -> None:
    leads = {level(name) for name in ("AuthorizeFunction", "PaymentFunction", "DispatchFunction", "TellFunction")}
    assert level("SealFunction") == level("StampFunction") == level("DocumentFunction") == 0
    assert 0 < min(leads) <= max(leads) < min(level(name) for name in STANDING_BACK) <= 19
