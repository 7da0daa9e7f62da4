"""An operator's word on the day: `python -m ops.announce --table TABLE --by NAME --deadline 2026-09-10T23:59 --rate 400000`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Refusal
from meterai.domain.instants import WIB
from meterai.domain.rows import Announcement
from meterai.operations.announce import Said, announce, in_force
from ops.audit import HOUSE, Place

Value = TypeVar("Value")


def main(arguments: list[str]) -> int:
    """Say what is given, leave the rest as it is, and show what is in force. Without anything to say it only shows."""
    parser = argparse.ArgumentParser(prog="python -m ops.announce", description=__doc__)
    parser.add_argument("--table", help="the stack's output TableName; without it, the local stack")
    parser.add_argument("--by", metavar="NAME", help="who says it")
    parser.add_argument("--deadline", metavar="INSTANT", type=_or_none(_instant),
                        help="until when people need their stamps (WIB unless it says otherwise), or none")  # fmt: skip
    parser.add_argument("--rate", metavar="STAMPS", type=_or_none(int),
                        help="how many an hour are done where nothing is measured, or none")  # fmt: skip
    parser.add_argument("--back", metavar="INSTANT", type=_or_none(_instant),
                        help="when the issuer is expected back, or none")  # fmt: skip
    parser.add_argument("--incident", metavar=("ID", "EN"), nargs=2, help="what is told, in both languages; none none")
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    incident = dict(zip(("id", "en"), asked.incident, strict=True)) if asked.incident else None
    said = Said(asked.deadline, asked.rate, asked.back, "none" if asked.incident == ["none", "none"] else incident)
    place = Place(asked.table, "", "", {}) if asked.table else Place.local(HOUSE / ".local" / "access.json")
    ledger = DynamoLedger(place.client("dynamodb"), place.table)
    try:
        if said == Said():
            found = in_force(ledger)
        elif asked.by:
            found = announce(ledger, said, by=asked.by, now=datetime.now(UTC))
        else:
            print("--by says who announces it", file=sys.stderr)
            return 2
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal.detail}", file=sys.stderr)
        return 1
    print("\n".join(_shown(found)))
    return 0


def _shown(found: Announcement | None) -> list[str]:
    if found is None:
        return ["nothing was ever announced: no deadline, no limit"]
    lines = [
        f"deadline: {_wib(found.deadline_at) if found.deadline_at else 'none, nothing is held back'}",
        f"stated rate: {f'{found.stated_rate} an hour' if found.stated_rate else 'none'}",
        f"issuer back: {_wib(found.back_at) if found.back_at else 'nobody said'}",
    ]
    told = [f"incident ({language}): {text}" for language, text in (found.incident or {}).items()]
    return [*lines, *(told or ["incident: none"]), f"said by {found.by} at {_wib(found.made_at)}"]


def _or_none(kind: Callable[[str], Value]) -> Callable[[str], Value | str]:
    def read(text: str) -> Value | str:
        return text if text == "none" else kind(text)

    return read


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=WIB)).astimezone(UTC)


def _wib(at: datetime) -> str:
    return f"{at.astimezone(WIB):%Y-%m-%d %H:%M:%S} WIB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
