"""Environments of functions on one processor: who stands back for whom."""

from __future__ import annotations

from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.deployment import HOUSE
from local.execution import FULL_CPU_MEGABYTES, nice_level


@pytest.mark.parametrize(
    ("megabytes", "level"), [(128, 12), (512, 6), (885, 3), (1024, 2), (FULL_CPU_MEGABYTES, 0), (10_240, 0)]
)
def test_an_environment_weighs_what_its_memory_buys_on_aws(megabytes: int, level: int) -> None:
    assert nice_level({"MemorySize": megabytes}) == level
    weight = 1.25**-level
    assert weight == pytest.approx(min(1.0, megabytes / FULL_CPU_MEGABYTES), rel=0.12)


def test_light_functions_stand_back_for_the_one_that_seals() -> None:
    template: dict[str, Any] = yaml_parse((HOUSE / "template.yaml").read_text("utf-8"))
    usual = template["Globals"]["Function"]["MemorySize"]

    def level(name: str) -> int:
        return nice_level({"MemorySize": template["Resources"][name]["Properties"].get("MemorySize", usual)})

    for light in ("AuthorizeFunction", "PurchaseFunction", "StatusFunction", "AuditFunction", "LetterFunction"):
        assert level("SealFunction") < level(light)
