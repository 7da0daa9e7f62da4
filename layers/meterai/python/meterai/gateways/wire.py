"""What the wires of payment providers have in common: one call over HTTP, and answers that are read whole or not believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from meterai.domain.errors import PaymentProviderUnavailable

PROVIDER = "the payment provider"


class Wire(BaseModel):
    """Part of an answer: members that we do not use may be there."""

    model_config = ConfigDict(extra="ignore", frozen=True)


AnyWire = TypeVar("AnyWire", bound=Wire)


class Problem(Wire):
    """A refusal of Xendit's and of its group."""

    error_code: str


class Line:
    """The way to one provider: its base address, and the key that is the user of basic authentication.

    Nothing is retried here, and no redirect is followed: money goes where it was sent."""

    def __init__(
        self, base_url: str, key: str, client: httpx.Client, *, timeout_seconds: float, name: str = PROVIDER
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._client = client
        self._timeout_seconds = timeout_seconds
        self._name = name

    def ask(
        self,
        verb: Literal["GET", "POST"],
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> tuple[int, bytes]:
        """One call, under the idempotency key `key`: the HTTP status below 500, and the body.

        Raises PaymentProviderUnavailable when there is no answer or the provider failed: what was asked may be done."""
        try:
            response = self._client.request(
                verb,
                self._base_url + path,
                params=query,
                json=body,
                auth=(self._key, ""),
                headers={"Accept": "application/json"} | ({"idempotency-key": key} if key else {}),
                timeout=self._timeout_seconds,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            raise PaymentProviderUnavailable(f"{self._name} could not be reached") from None
        if response.status_code >= 500:
            raise PaymentProviderUnavailable(f"{self._name} failed")
        return response.status_code, response.content


def parsed(model: type[AnyWire], content: bytes, name: str = PROVIDER) -> AnyWire:
    """An answer's body. Raises PaymentProviderUnavailable when it is of another form."""
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise PaymentProviderUnavailable(f"{name}'s answer cannot be read") from None


def read(model: type[AnyWire], row: Mapping[str, object]) -> AnyWire:
    """A row of an answer that was parsed. Raises PaymentProviderUnavailable when it is of another form."""
    try:
        return model.model_validate(row)
    except ValidationError:
        raise PaymentProviderUnavailable(f"{PROVIDER}'s answer cannot be read") from None
