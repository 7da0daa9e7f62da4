"""The operator's command that spreads a busy account's quota."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from moto import mock_aws

from meterai.aws.table import DynamoLedger
from meterai.operations.find import quota_of
from meterai.operations.open_account import open_account
from ops.shards import main
from tests.contract.test_ledger_contract import table


def test_shards_are_opened_and_told_and_what_cannot_be_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        ledger = DynamoLedger(table(), "ledger")
        now = datetime(2024, 9, 3, tzinfo=UTC)
        opened = open_account(ledger, email=None, phone=None, now=now, random=random.Random(1).randbytes)
        account = opened.account.id
        assert [main(["ledger", account, "8"]) for _ in range(2)] == [0, 0]
        assert capsys.readouterr().out == f"{account} has 8 shards\n" * 2
        assert quota_of(ledger, account).shards == 8
        assert [main(["ledger", account, "33"]), main(["ledger", "acc_nobody", "8"])] == [1, 1]
        told = capsys.readouterr().err
        assert "request_invalid: " in told
        assert "not_found: " in told
    for words in ([], ["ledger", account], ["ledger", account, "many"], ["ledger", account, "-1"]):
        assert main(words) == 2
    assert "TABLE ACCOUNT SHARDS" in capsys.readouterr().err
