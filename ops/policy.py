"""Put a refund policy in force from a day: `python -m ops.policy TABLE B 2026-12-01 NAME` (the day begins in WIB)."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time

import boto3

from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Refusal
from meterai.domain.instants import WIB
from meterai.operations.policy_in_force import activate_policy


def main(arguments: list[str]) -> int:
    """`python -m ops.policy TABLE POLICY DAY NAME`: invoices made from that day on (WIB) are bought under POLICY; NAME is who
    decides so. Earlier invoices keep the policy that was shown with them."""
    try:
        table, policy, day, by = arguments
        begins = datetime.combine(date.fromisoformat(day), time(), WIB)
    except ValueError:
        print(main.__doc__, file=sys.stderr)
        return 2
    ledger = DynamoLedger(boto3.client("dynamodb"), table)
    try:
        made = activate_policy(ledger, policy=policy, from_at=begins, by=by, now=datetime.now(UTC)).made
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal.detail}", file=sys.stderr)
        return 1
    for line in made:
        print(f"{line['policy']} from {line['from']}, by {line['by']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
