"""`make bench`: the benches in turn, each with its own record. `python -m bench` runs those that need nothing, and the road's
and the refund's when the local stack runs; `python -m bench seal verdict` runs what is named, `box`, `keys`, `capacity`
and `page` in no other way: the box wants the machine for itself."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

import httpx

from bench import box, capacity, keys, refund, road, seal, verdict, visit
from bench.corpus import HOUSE

ALONE: dict[str, Callable[[Sequence[str]], int]] = {"seal": seal.main, "verdict": verdict.main}
"""What needs nothing."""
WITH_STACK: dict[str, Callable[[Sequence[str]], int]] = {"road": road.main, "refund": refund.main}
"""What needs `make run` beside it."""
WHEN_NAMED: dict[str, Callable[[Sequence[str]], int]] = {
    "box": box.main, "keys": keys.main, "capacity": capacity.main, "page": visit.main,
}  # fmt: skip
"""What starts a stack of its own and takes some eleven minutes, a replay of minutes, what is reckoned from records, and what
needs a browser and Lighthouse beside `make run`."""


def stack_runs() -> bool:
    """Whether the stack that left its addresses in .local answers."""
    try:
        access = json.loads((HOUSE / ".local" / "access.json").read_text())
        httpx.get(access["api_url"], timeout=5)
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Run them; 1 when one of them missed what it promises."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*ALONE, *WITH_STACK, *WHEN_NAMED, []], help="which; without any, all that can run"
    )
    names: list[str] = parser.parse_args(arguments).names
    if not names:
        names = [*ALONE, *WITH_STACK] if stack_runs() else [*ALONE]
        for left_out in WITH_STACK.keys() - set(names):
            print(f"meterai: no stack runs (make run), so the bench of the {left_out} is left out", file=sys.stderr)
    return max((ALONE | WITH_STACK | WHEN_NAMED)[name]([]) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
