"""The gateway's authorizer: a bearer token becomes a principal with its scopes."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.table import DynamoLedger
from meterai.operations.identify import identify
from meterai.runtime.gatekeeping import authorizer
from meterai.runtime.settings import settings

ledger = DynamoLedger(boto3.client("dynamodb"), settings().table_name)


@authorizer
def handler(event: dict[str, Any], context: object) -> Any:
    """Who holds the token that the gateway hands over."""
    return identify(ledger, event["authorizationToken"])
