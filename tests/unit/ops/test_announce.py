"""The operator's word on the day, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Busy, RequestInvalid
from meterai.domain.instants import WIB
from meterai.domain.ledger import Move
from meterai.domain.rows import Announcement
from meterai.operations.announce import Said, announce, in_force
from ops.announce import main
from tests.contract.test_ledger_contract import table
from tests.fakes.ledger import MemoryLedger

NOW = datetime(2024, 9, 10, 3, 0, tzinfo=UTC)


@pytest.fixture
def ledger() -> Iterator[DynamoLedger]:
    with mock_aws():
        yield DynamoLedger(table(), "ledger")


def test_what_is_said_stays_until_it_is_taken_back(ledger: DynamoLedger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--table", "ledger"]) == 0
    assert "no limit" in capsys.readouterr().out
    tomorrow = (datetime.now(WIB) + timedelta(days=1)).replace(hour=23, minute=59, second=0, microsecond=0)
    typed = tomorrow.replace(tzinfo=None).isoformat(timespec="minutes")
    assert main(["--table", "ledger", "--by", "siti", "--deadline", typed, "--rate", "400000"]) == 0
    assert main(["--table", "ledger", "--by", "adi", "--incident", "Penerbit terganggu.", "The issuer is down."]) == 0
    said = in_force(ledger)
    assert said is not None
    assert (said.deadline_at, said.stated_rate, said.by) == (tomorrow.astimezone(UTC), 400_000, "adi")
    assert said.incident == {"id": "Penerbit terganggu.", "en": "The issuer is down."}
    capsys.readouterr()
    assert main(["--table", "ledger", "--by", "adi", "--incident", "none", "none", "--deadline", "none"]) == 0
    shown = capsys.readouterr().out
    assert "deadline: none" in shown
    assert "stated rate: 400000 an hour" in shown
    assert "incident: none" in shown
    said = in_force(ledger)
    assert said is not None
    assert (said.deadline_at, said.incident, said.stated_rate) == (None, None, 400_000)


def test_what_makes_no_sense_is_refused(ledger: DynamoLedger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--table", "ledger", "--by", "siti", "--deadline", "2024-09-10T23:59", "--rate", "5"]) == 1
    assert main(["--table", "ledger", "--by", "siti", "--deadline", "2999-09-10T23:59"]) == 1
    assert main(["--table", "ledger", "--by", "siti", "--rate", "0"]) == 1
    assert main(["--table", "ledger", "--by", "siti", "--incident", "hanya satu bahasa", " "]) == 1
    assert main(["--table", "ledger", "--rate", "5"]) == 2
    assert main(["--table", "ledger", "--rate", "many", "--by", "siti"]) == 2
    assert main(["--table", "ledger", "--deadline", "soon", "--by", "siti"]) == 2
    assert in_force(ledger) is None
    assert capsys.readouterr().err.count("request_invalid: ") == 4


def test_a_deadline_is_never_left_without_a_rate() -> None:
    ledger = MemoryLedger()
    announce(ledger, Said(deadline_at=NOW + timedelta(hours=5), stated_rate=5), by="siti", now=NOW)
    with pytest.raises(RequestInvalid):
        announce(ledger, Said(stated_rate="none"), by="siti", now=NOW)


class Beside(MemoryLedger):
    """A table on which somebody else announces something before each of ours."""

    others = 0

    def apply(self, move: Move) -> None:
        if self.others:
            self.others -= 1
            row = Announcement(
                id=Announcement.ID, made_at=NOW + timedelta(seconds=self.others + 1), by="adi", stated_rate=9
            )
            self.project(put=[(row.key, row.row())])
        super().apply(move)


def test_two_who_speak_at_once_lose_neither_word() -> None:
    ledger = Beside()
    ledger.others = 2
    said = announce(ledger, Said(back_at=NOW + timedelta(hours=1)), by="siti", now=NOW)
    assert (said.stated_rate, said.back_at, said.by) == (9, NOW + timedelta(hours=1), "siti")
    ledger.others = 99
    with pytest.raises(Busy):
        announce(ledger, Said(stated_rate=7), by="siti", now=NOW)
