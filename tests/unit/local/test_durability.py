"""The journal that the ledger's writes are answered after."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.durability import RESTS, Journal, Rests


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    opened = Journal(tmp_path / "journal")
    opened.open()
    return opened


def test_a_requests_changes_share_one_line_so_that_a_transaction_is_there_whole_or_not_at_all(journal: Journal) -> None:
    journal.begin()
    journal.change({"key": 1})
    journal.change({"key": 2})
    assert journal.lines() == []
    journal.end()
    assert journal.lines() == [{"changes": [{"key": 1}, {"key": 2}]}]


def test_a_request_that_changed_nothing_writes_nothing(journal: Journal) -> None:
    journal.begin()
    journal.end()
    assert journal.lines() == []


def test_a_change_outside_a_request_is_written_at_once(journal: Journal) -> None:
    journal.change({"key": 1})
    assert journal.lines() == [{"changes": [{"key": 1}]}]


def test_a_line_cut_short_by_a_crash_is_left_out_and_the_ones_before_it_stay(tmp_path: Path, journal: Journal) -> None:
    journal.change({"key": 1})
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"changes":[{"key":')
    assert journal.lines() == [{"changes": [{"key": 1}]}]


def test_what_is_written_after_a_line_that_was_cut_short_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b'{"changes":[{"key":1}]}\n{"changes":[{"ke')
    reopened = Journal(tmp_path / "journal")
    reopened.open()
    reopened.change({"key": 2})
    assert reopened.lines() == [{"changes": [{"key": 1}]}, {"changes": [{"key": 2}]}]


def test_a_journal_that_starts_over_holds_the_new_lines_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.replace([{"positions": {"a": 1}}])
    journal.open()
    journal.write({"positions": {"a": 2}})
    assert journal.lines() == [{"positions": {"a": 1}}, {"positions": {"a": 2}}]


def test_a_service_whose_copy_took_long_is_not_saved_again_at_once_and_the_others_are() -> None:
    rests = Rests()
    assert rests.over({"sqs", "stepfunctions"}, 100.0) == {"sqs", "stepfunctions"}
    rests.copied("stepfunctions", 101.0, 0.5)
    rests.copied("sqs", 101.0, 0.0)
    assert rests.over({"sqs", "stepfunctions"}, 101.0) == {"sqs"}
    assert rests.over({"stepfunctions"}, 101.0 + RESTS * 0.5) == {"stepfunctions"}
