"""A pytest plugin (`-p tests.one_stack`): tests that use the same local stack share a process, all others are spread.

To start a stack takes many seconds of processor, so there are few: one for the tests of the API, one for those of the page,
one that tests may break. Whatever lasts long begins first; many short ones fill the time that is left, so that all processes
end together.

pytest-xdist's own `--dist loadgroup` marks groups by changing node ids, which pytest 9.2 no longer lets it do.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = {
    "other": ("tests/integration/test_upstream.py", "tests/integration/test_wounded.py"),
    "stack": ("tests/integration/",),
    "page": ("tests/web/",),
}
"""Folders and files by the stack that they use, the first that fits."""
FIRST = ("stack", "page", "tests/soak/test_soak.py", "tests/soak/test_executions.py", "other", "tests/fuzz/")
"""What begins before all the rest. Stacks that all started at once would wait for one another."""


def scope(nodeid: str) -> str:
    """What the test is handed out with: the stack it uses, or itself alone."""
    if nodeid.startswith("tests/integration/") and "[xendit" in nodeid:
        return "other"
    return next((name for name, begins in TOGETHER.items() if nodeid.startswith(begins)), nodeid)


def rank(nodeid: str) -> int:
    """The place of the test among those of `FIRST`, or after them."""
    return next((number for number, first in enumerate(FIRST) if scope(nodeid).startswith(first)), len(FIRST))


class OneStack(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the tests of a stack as one piece of work, every other test as its own, in the order of their ranks."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have what lasts long begin first."""
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneStack:
    """Have pytest-xdist spread the tests this way, and keep to their order."""
    config.option.loadscopereorder = False
    return OneStack(config, log)
