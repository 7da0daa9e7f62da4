"""Iluma, the name check of Xendit's group: whose account a number is.

Sources: docs.iluma.ai (Bank Name Validator, its test replies, basic authentication with the key as the user) for the objects;
public integrations for the path of version 1.2 and for asking again by id (docs/payouts.md). A check is paid for, found or not,
and is nothing that is repeated by itself: an answer that is PENDING is asked for again by its id.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import quote

import httpx
from pydantic import StringConstraints

from meterai.domain.errors import DestinationUnknown, PaymentProviderUnavailable
from meterai.gateways.wire import Line, Problem, Wire, parsed

CHECKS = "/v1.2/identity/bank_account_validation_details"
NAME = "the name check"
TIMEOUT_SECONDS = 4.0
_WAITING = ("PENDING", "WAITING_ON_BANK")
LOOKS, PAUSE_SECONDS = 3, 1.0
"""How often a pending check is looked at: with the pauses it stays under the time-out of the function (template.yaml)."""

IlumaId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Result(Wire):
    is_found: bool
    account_holder_name: str | None = None
    is_virtual_account: bool = False


class _Check(Wire):
    """`result` is there once the status is COMPLETED."""

    id: IlumaId
    status: str
    bank_code: str
    bank_account_number: str
    result: _Result | None = None


class Iluma:
    """The name check. `key` is Iluma's own, none of Xendit's; `pause` waits some seconds."""

    def __init__(
        self, base_url: str, key: str, client: httpx.Client, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._line = Line(base_url, key, client, timeout_seconds=TIMEOUT_SECONDS, name=NAME)
        self._pause = pause

    def holder(self, bank: str, number: str) -> str:
        """The name that `bank` ("ID_BCA") has for the account. A virtual account is nobody's: money sent there pays a bill.

        Raises DestinationUnknown, and PaymentProviderUnavailable when the bank has not answered in time."""
        check = self._ask("POST", CHECKS, {"bank_code": bank, "bank_account_number": number})
        for _ in range(LOOKS):
            if check.status not in _WAITING:
                break
            self._pause(PAUSE_SECONDS)
            check = self._ask("GET", f"{CHECKS}/{quote(check.id, safe='')}")
        if (check.bank_code, check.bank_account_number) != (bank, number):
            raise PaymentProviderUnavailable("the name check answered about another account")
        if check.status != "COMPLETED" or check.result is None:
            raise PaymentProviderUnavailable("the bank has not answered the name check")
        if not check.result.is_found or check.result.is_virtual_account:
            raise DestinationUnknown("the bank knows no such account of a person")
        name = (check.result.account_holder_name or "").strip()
        if not name:
            raise PaymentProviderUnavailable("the name check found an account without a name")
        return name

    def _ask(self, verb: Literal["GET", "POST"], path: str, body: dict[str, str] | None = None) -> _Check:
        status, content = self._line.ask(verb, path, body=body)
        if status == 400 and verb == "POST" and parsed(Problem, content, NAME).error_code == "API_VALIDATION_ERROR":
            raise DestinationUnknown("this can be no account number of the bank")  # all else is of a fixed form
        if status not in (200, 201):
            raise PaymentProviderUnavailable(f"{NAME} did not answer")
        return parsed(_Check, content, NAME)
