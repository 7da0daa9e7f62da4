"""`make workflow`: draw the refund's workflow into docs/refund.md, from the state machine itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HOUSE = Path(__file__).resolve().parent.parent
PAGE = HOUSE / "docs" / "refund.md"
MACHINE = HOUSE / "statemachines" / "refund.asl.yaml"
BEGINS, ENDS = "<!-- the workflow: written by make workflow -->", "<!-- /the workflow -->"


def drawn(machine: dict[str, Any]) -> str:
    """The machine as a Mermaid state diagram: its states with their kind and comment, and every way from one to another."""
    lines = ["```mermaid", "stateDiagram-v2", f"  [*] --> {machine['StartAt']}"]
    for name, state in machine["States"].items():
        told = f"{name} ({state['Type']})" + (f"<br/>{state['Comment']}" if "Comment" in state else "")
        lines.append(f"  {name}: {told}")
        lines += [f"  {name} --> {to}" + (f": {why}" if why else "") for why, to in _ways(state)]
    return "\n".join([*lines, "```"])


def _ways(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for choice in state.get("Choices", ()):
        yield f"{choice['Variable'].removeprefix('$.')} is {choice['StringEquals']}", choice["Next"]
    if "Default" in state:
        yield "otherwise", state["Default"]
    if "Next" in state:
        yield "", state["Next"]
    for caught in state.get("Catch", ()):
        yield ", ".join(caught["ErrorEquals"]), caught["Next"]
    if state["Type"] in ("Succeed", "Fail") or state.get("End"):
        yield "", "[*]"


def page(before: str, machine: dict[str, Any]) -> str:
    """The page with the drawing in its place."""
    head, _, rest = before.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    return f"{head}{BEGINS}\n\n{drawn(machine)}\n\n{ENDS}{tail}"


def main() -> int:
    """Write docs/refund.md anew."""
    PAGE.write_text(page(PAGE.read_text("utf-8"), yaml.safe_load(MACHINE.read_text("utf-8"))), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
