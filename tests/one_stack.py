"""A pytest plugin (`-p tests.one_stack`): tests that use the local stack share one process, all others are spread.

pytest-xdist's own `--dist loadgroup` marks groups by changing node ids, which pytest 9.2 no longer lets it do.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = ("tests/integration/", "tests/web/")


class OneStack(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the tests of the stack's folders as one piece of work, every other test as its own."""

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneStack:
    """Have pytest-xdist spread the tests this way."""
    return OneStack(config, log)
