"""Keys for partners and officers, made by an operator's hand: `python -m ops.keys TABLE partner`.

The text is printed once and kept nowhere; the table knows its SHA-256.
"""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from typing import Literal, get_args

import boto3

from meterai.aws.table import DynamoLedger
from meterai.operations.open_account import open_account

Kind = Literal["partner", "officer"]
SCOPES: dict[Kind, frozenset[str]] = {
    "partner": frozenset({"invoices:write", "stampings:write", "refunds:write", "vouchers:sell", "reports:read"}),
    "officer": frozenset({"refunds:decide", "refunds:pay"}),
}
PREFIX: dict[Kind, str] = {"partner": "sk_test_", "officer": "of_"}


def issue(table_name: str, kind: Kind, scopes: list[str] | None = None, *, live: bool = False) -> str:
    """A new principal of this kind with these scopes (all of its kind's when None) and the text of its token.

    Raises ValueError for a scope that its kind cannot have."""
    wanted = frozenset(scopes) if scopes is not None else SCOPES[kind]
    if not wanted <= SCOPES[kind]:
        raise ValueError(f"a {kind} cannot have {', '.join(sorted(wanted - SCOPES[kind]))}")
    opened = open_account(
        DynamoLedger(boto3.client("dynamodb"), table_name),
        email=None,
        phone=None,
        now=datetime.now(UTC),
        random=secrets.token_bytes,
        kind=kind,
        scopes=wanted,
        token_prefix=PREFIX[kind].replace("test", "live") if live else PREFIX[kind],
    )
    return opened.token


def main(arguments: list[str]) -> int:
    """`python -m ops.keys TABLE partner|officer [SCOPE ...]`."""
    if len(arguments) < 2 or arguments[1] not in get_args(Kind):
        print(main.__doc__, file=sys.stderr)
        return 2
    kind: Kind = "partner" if arguments[1] == "partner" else "officer"
    print(issue(arguments[0], kind, arguments[2:] or None))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
