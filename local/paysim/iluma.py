"""Iluma's rules: whose account a number is (Bank Name Validator, version 1.2).

Sources: docs.iluma.ai (objects, states, test replies); docs/payouts.md has what those leave open. As in Iluma's own test mode
every account is Fira Diyanka's, unless a knob says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, StringConstraints, ValidationError

from local.paysim.book import Book, NameCheck
from local.paysim.provider import first_fault
from local.paysim.wire import Answer, Request, Wire, authorized, json_answer
from local.paysim.xendit import utc

PREFIX = ("v1.2", "identity", "bank_account_validation_details")


class _Asked(BaseModel):
    bank_account_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{5,34}$")]
    bank_code: Annotated[str, StringConstraints(pattern=r"^ID_[A-Z0-9_]{2,40}$")]
    reference_id: str | None = None


class Iluma:
    """`key` authenticates the merchant."""

    def __init__(self, book: Book, key: str, clock: Callable[[], datetime], token: Callable[[int], bytes]) -> None:
        self._book = book
        self._key = key
        self._clock = clock
        self._token = token

    def serves(self, parts: tuple[str, ...]) -> bool:
        return parts[:3] == PREFIX

    def answer(self, request: Request, parts: tuple[str, ...]) -> Answer:
        if not authorized(request, self._key):
            return _error(401, "INVALID_API_KEY")
        if self._book.knobs().name_check_outage:
            return _error(503, "SERVICE_UNAVAILABLE")
        match (request.method, *parts[3:]):
            case ("POST",):
                return self._check(request.body)
            case ("GET", check_id):
                check = self._book.name_check(check_id)
                return _error(404, "DATA_NOT_FOUND") if check is None else json_answer(200, self._shown(check))
            case _:
                return _error(404, "DATA_NOT_FOUND")

    def _check(self, body: bytes) -> Answer:
        try:
            asked = _Asked.model_validate_json(body)
        except ValidationError as wrong:
            return _error(400, "API_VALIDATION_ERROR", first_fault(wrong))
        knobs, now = self._book.knobs(), self._clock()
        check = NameCheck(
            check_id=f"bknv_{self._token(12).hex()}",
            bank_code=asked.bank_code,
            bank_account_number=asked.bank_account_number,
            holder=None if knobs.account_unknown else knobs.account_holder,
            virtual=knobs.account_virtual,
            created_at=now,
            ready_at=now + timedelta(seconds=knobs.name_check_pending_seconds),
        )
        with self._book.writing():
            self._book.put_name_check(check)
        return json_answer(200, self._shown(check))

    def _shown(self, check: NameCheck) -> Wire:
        ready = self._clock() >= check.ready_at
        result: Wire = {"is_found": check.holder is not None, "is_virtual_account": check.virtual, "need_review": False}
        return {
            "id": check.check_id,
            "status": "COMPLETED" if ready else "PENDING",
            "bank_code": check.bank_code,
            "bank_account_number": check.bank_account_number,
            "created": utc(check.created_at),
            "updated": utc(self._clock()),
            "result": (result | {"account_holder_name": check.holder} if check.holder else result) if ready else None,
        }


def _error(status: int, code: str, message: str | None = None) -> Answer:
    return json_answer(status, {"error_code": code, "message": message or code})
