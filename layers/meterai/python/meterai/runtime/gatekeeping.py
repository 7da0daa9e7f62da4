"""What the gateway's authorizer answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meterai.domain.errors import TokenInvalid
from meterai.domain.rows import Token


def authorizer(find: Callable[[dict[str, Any], object], Token]) -> Callable[[dict[str, Any], object], dict[str, Any]]:
    """A TOKEN authorizer around a function that finds the token's holder.

    The policy allows the whole stage, because the gateway keeps it for a minute and for every route; scopes are judged by the
    functions. An unknown token is the exact exception that the gateway answers with 401 (AWS: Lambda authorizer output)."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        try:
            token = find(event, context)
        except TokenInvalid:
            raise Exception("Unauthorized") from None
        arn, _, path = event["methodArn"].partition("/")
        allowed = f"{arn}/{path.partition('/')[0]}/*"
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": allowed}
        return {
            "principalId": token.account,
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "context": {"kind": token.kind, "scopes": " ".join(sorted(token.scopes))},
        }

    return handler
