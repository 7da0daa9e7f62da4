"""The operator's command for the channels of others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto import mock_aws

from meterai.aws.table import DynamoLedger
from meterai.operations.list_channels import list_channels
from ops.board import listed_in, main
from tests.contract.test_ledger_contract import table
from tests.fakes.outside import MemoryQueue

EXAMPLE = Path(__file__).parents[3] / "ops" / "board.example.json"
NAMES = ["skill_academy", "posfin", "momofin", "sobatmeterai", "pos_indonesia"]


def test_the_example_lists_the_distributors_of_the_seed_and_the_counters_at_made_up_addresses() -> None:
    listed = listed_in(EXAMPLE)
    assert [one.id for one in listed] == NAMES
    assert [one.label for one in listed][:4] == ["Skill Academy", "Posfin", "Momofin", "Sobatmeterai"]
    addresses = [address for one in listed for address in (one.page, one.probe) if address]
    assert all(".example/" in address for address in addresses)
    assert [one.probe for one in listed_in(EXAMPLE, probes=False)] == [None] * 5


def test_what_is_listed_and_said_is_on_the_board(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        ledger = DynamoLedger(table(), "ledger")
        assert main(["ledger", "list", str(EXAMPLE), "--no-probes"]) == 0
        assert main(["ledger", "say", "posfin", "up", "--by", "Sari", "--stock", "low", "--wait", "20"]) == 0
        assert main(["ledger", "say", "momofin", "down", "--by", "Budi", "--for", "5"]) == 0
        assert "posfin is up, says Sari; counts until " in capsys.readouterr().out
        assert main(["ledger", "show"]) == 0
        shown = capsys.readouterr().out
        assert "posfin: up, stamps yes; Sari said up at " in shown
        assert "momofin: down, stamps no; Budi said down at " in shown
        assert "skill_academy: unknown, stamps unknown\n" in shown
        lines = {line.id: line for line in list_channels(ledger, MemoryQueue(), now=datetime.now(UTC)).cards}
        assert list(lines)[4:] == NAMES
        assert (lines["posfin"].stock, lines["posfin"].wait_seconds) == ("low", 1200)
        assert lines["pos_indonesia"].hours is not None


def test_what_is_refused_says_why_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "board.json"
    wrong.write_text(
        json.dumps({"channels": [{"id": "x1", "kind": "distributor", "label": "X", "probe": "http://x.id/"}]})
    )
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with mock_aws():
        ledger = DynamoLedger(table(), "ledger")
        assert main(["ledger", "list", str(EXAMPLE)]) == 0
        for file in (wrong, broken, tmp_path / "absent.json"):
            assert main(["ledger", "list", str(file)]) == 1
        assert main(["ledger", "say", "portal", "up", "--by", "Sari"]) == 1
        assert main(["ledger", "say", "posfin", "up", "--by", "sari@contoh.id"]) == 1
        told = capsys.readouterr().err
        assert "request_invalid: this is no https address of a public name (/channels/0/probe)" in told
        assert "not_found: no channel of this id is listed" in told
        assert len(list_channels(ledger, MemoryQueue(), now=datetime.now(UTC)).cards) == 9
    for words in ([], ["ledger"], ["ledger", "say", "posfin"], ["ledger", "say", "posfin", "maybe", "--by", "Sari"]):
        assert main(words) == 2
