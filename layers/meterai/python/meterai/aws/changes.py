"""Records of the table's stream, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from meterai.aws.table import stored_row
from meterai.domain import instants
from meterai.domain.ledger import Key, Row


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row before and after (None where there was none), and the change's place in the stream: its instant, then its
    sequence number, which sorts as the changes of one row happened."""

    place: str
    key: Key
    old: Row | None
    new: Row | None


def row_change(record: dict[str, Any]) -> RowChange:
    """The change in one record of a DynamoDB stream (NEW_AND_OLD_IMAGES)."""
    body = record["dynamodb"]
    keys = body["Keys"]
    old, new = body.get("OldImage"), body.get("NewImage")
    at = datetime.fromtimestamp(float(body["ApproximateCreationDateTime"]), tz=UTC)
    return RowChange(
        place=f"{instants.spell(at)}#{body['SequenceNumber']:0>40}",
        key=(keys["pk"]["S"], keys["sk"]["S"]),
        old=stored_row(old) if old else None,
        new=stored_row(new) if new else None,
    )
