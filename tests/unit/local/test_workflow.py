"""The refund's state machine: valid by AWS's schema, drawn as it is, and every way out of it is one of the row's."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from ops.workflow import MACHINE, PAGE, page

DEFINITION: dict[str, Any] = yaml.safe_load(MACHINE.read_text("utf-8"))


def validator() -> Draft7Validator:
    schema = files("cfnlint.data.schemas.other.step_functions").joinpath("statemachine.json").read_text("utf-8")
    return Draft7Validator(json.loads(schema))


def filled(text: str) -> str:
    """The definition with its substitutions made, as CloudFormation makes them."""
    return text.replace("${RefundTaskArn}", "arn:aws:lambda:ap-southeast-3:123456789012:function:refund-task")


def test_the_state_machine_is_valid_by_the_schema_of_step_functions() -> None:
    found = [error.message for error in validator().iter_errors(yaml.safe_load(filled(MACHINE.read_text("utf-8"))))]
    assert found == []


@pytest.mark.parametrize("wrong", ["    Type: Wait\n", "StartAt: Advance\n"])
def test_a_broken_definition_would_be_seen(wrong: str) -> None:
    text = filled(MACHINE.read_text("utf-8"))
    assert wrong in text
    assert list(validator().iter_errors(yaml.safe_load(text.replace(wrong, "", 1))))


def test_every_way_leads_to_a_state_and_every_state_is_reached() -> None:
    states = DEFINITION["States"]
    ways = {DEFINITION["StartAt"]}
    for state in states.values():
        ways |= {choice["Next"] for choice in state.get("Choices", ())} | {
            caught["Next"] for caught in state.get("Catch", ())
        }
        ways |= {state[name] for name in ("Next", "Default") if name in state}
    assert ways == set(states)


def test_no_failure_of_a_task_ends_an_execution() -> None:
    for name, state in DEFINITION["States"].items():
        if state["Type"] == "Task":
            assert state["Retry"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Retry"][-1]["MaxAttempts"] >= 1000, name


def test_the_page_draws_the_machine_as_it_is() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text, DEFINITION) == text, "make workflow"
    for name in DEFINITION["States"]:
        assert f"{name}: {name}" in text
