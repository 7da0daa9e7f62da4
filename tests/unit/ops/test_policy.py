"""The operator's command that puts a refund policy in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from meterai.aws.table import DynamoLedger
from meterai.domain.instants import WIB
from meterai.operations.policy_in_force import policy_in_force
from ops.policy import main
from tests.contract.test_ledger_contract import table


def test_a_policy_comes_into_force_at_midnight_in_wib_and_none_in_the_past(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        ledger = DynamoLedger(table(), "ledger")
        tomorrow = (datetime.now(UTC).astimezone(WIB) + timedelta(days=1)).date()
        midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=WIB)
        assert main(["ledger", "B", tomorrow.isoformat(), "sari"]) == 0
        assert capsys.readouterr().out.startswith("B from ")
        assert policy_in_force(ledger, midnight - timedelta(seconds=1)).id == "A"
        assert policy_in_force(ledger, midnight).id == "B"
        assert [main(["ledger", "B", "2024-09-09", "sari"]), main(["ledger", "Z", tomorrow.isoformat(), "sari"])] == [
            1,
            1,
        ]
        assert capsys.readouterr().err.count("request_invalid: ") == 2
        assert policy_in_force(ledger, datetime.now(UTC)).id == "A"
    for words in ([], ["ledger", "B"], ["ledger", "B", "soon", "sari"]):
        assert main(words) == 2
    assert "TABLE POLICY DAY NAME" in capsys.readouterr().err
