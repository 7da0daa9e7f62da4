"""Shards for an account that stamps more often than one row of quota can follow: `python -m ops.shards TABLE ACCOUNT 8`."""

from __future__ import annotations

import sys

import boto3

from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Refusal
from meterai.operations.open_shards import open_shards


def main(arguments: list[str]) -> int:
    """`python -m ops.shards TABLE ACCOUNT SHARDS`."""
    if len(arguments) != 3 or not arguments[2].isdecimal():
        print(main.__doc__, file=sys.stderr)
        return 2
    table, account, shards = arguments
    ledger = DynamoLedger(boto3.client("dynamodb"), table)
    try:
        count = open_shards(ledger, account=account, shards=int(shards))
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal.detail}", file=sys.stderr)
        return 1
    print(f"{account} has {count} shards")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
