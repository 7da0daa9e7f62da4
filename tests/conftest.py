"""What every test leans on: moto first, no real credentials, no sockets in unit tests, and skips that are counted."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import moto  # noqa: F401 - before boto3 makes a client (moto: mocks must be in place first)
import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
HERE = Path(__file__).resolve().parent

# A property is tried on the same examples at every run, and never fails for a busy machine; other examples are looked for with
# HYPOTHESIS_PROFILE=default.
settings.register_profile("house", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(scope="session", autouse=True)
def _nobody() -> None:
    """Tests are nobody in no cloud."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="ap-southeast-3",
        AWS_EC2_METADATA_DISABLED="true",
    )


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Unit tests never open a socket."""
    if HERE / "unit" not in request.path.parents:
        yield
        return
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With METERAI_NO_SKIPS=1 (the gate) a skip is a failure: its machine has every tool, and `shared` unless it says not."""
    report = yield
    if os.environ.get("METERAI_NO_SKIPS") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "shared" in reason and not SHARED.is_dir():
            return report
        report.outcome = "failed"
        report.longrepr = f"skipped where the machine could have run it: {reason}"
    return report
