"""What everybody reads is not asked of the table each time; everything else is."""

from __future__ import annotations

from typing import Any

from meterai.aws.table import DynamoLedger
from meterai.domain.rows import Quota, Standing

STANDING = Standing.key_of(Standing.ID)


class Table:
    """A client that counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.item: dict[str, Any] = {}

    def get_item(self, **how: Any) -> dict[str, Any]:
        self.asked.append(how["Key"]["sk"]["S"])
        return {"Item": self.item} if self.item else {}


def test_how_the_lines_stand_is_read_once_in_two_seconds_also_while_nobody_has_kept_it() -> None:
    table, now = Table(), [100.0]
    ledger = DynamoLedger(table, "table", clock=lambda: now[0])  # type: ignore[arg-type]
    assert ledger.get(STANDING) is None
    table.item = {"pk": {"S": "room"}, "sk": {"S": "standing"}, "paid_waiting": {"N": "7"}}
    now[0] += 1.9
    assert ledger.get(STANDING) is None
    now[0] += 0.1
    seen = [ledger.get(STANDING) for _ in range(3)]
    assert seen == [{"paid_waiting": 7}] * 3
    assert table.asked == ["standing"] * 2


def test_a_copy_that_is_changed_changes_no_other() -> None:
    table = Table()
    table.item = {"paid_waiting": {"N": "7"}}
    ledger = DynamoLedger(table, "table", clock=lambda: 0.0)  # type: ignore[arg-type]
    first = ledger.get(STANDING)
    assert first is not None
    first["paid_waiting"] = 8
    assert ledger.get(STANDING) == {"paid_waiting": 7}


def test_every_other_row_is_read_each_time() -> None:
    table = Table()
    ledger = DynamoLedger(table, "table")  # type: ignore[arg-type]
    for _ in range(3):
        ledger.get(Quota.key_of("acc_1"))
    assert table.asked == ["quota"] * 3
