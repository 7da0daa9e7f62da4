"""Send again what died on its way to the seal: `python -m ops.redrive TABLE DEAD_LETTERS PAID BULK` (docs/lines.md)."""

from __future__ import annotations

import sys

import boto3

from meterai.aws.lines import SqsDeadLetters
from meterai.aws.messages import SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Refusal
from meterai.operations.redrive import redrive


def main(arguments: list[str]) -> int:
    """`python -m ops.redrive TABLE DEAD_LETTERS PAID BULK`: the table's name and the addresses of three queues."""
    if len(arguments) != 4:
        print(main.__doc__, file=sys.stderr)
        return 2
    table, letters, paid, bulk = arguments
    queues = boto3.client("sqs")
    dead, queue = SqsDeadLetters(queues, letters), SqsSealQueue(queues, {"paid": paid, "bulk": bulk})
    try:
        done = redrive(DynamoLedger(boto3.client("dynamodb"), table), dead, queue)
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal.detail}", file=sys.stderr)
        return 1
    print(f"{done.sent} sent again, {done.ended} had ended, {done.unknown} name no stamping and stay")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
