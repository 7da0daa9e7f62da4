"""Who mints the stamp in a place: we ourselves, or the upstream issuer whose keys the place has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import httpx
from pydantic import ValidationError

from meterai.domain.errors import Busy
from meterai.issuers.own import Own
from meterai.issuers.peruri import Keys, Peruri


def configured(
    issuer: Literal["own", "peruri"],
    own: Own,
    *,
    url: str,
    keys: Callable[[], str],
    chain: tuple[bytes, ...],
    client: httpx.Client,
    clock: Callable[[], datetime],
) -> Own | Peruri:
    """The issuer of this place. `keys` reads its secret (JSON as `peruri.Keys` has it), `chain` is that of the certificate that
    seals here. Raises Busy when the keys cannot be read: whoever waits, waits."""
    if issuer == "own":
        return own
    try:
        known = Keys.model_validate_json(keys())
    except ValidationError:
        raise Busy("the issuer's keys cannot be read") from None
    return Peruri(url, known, chain, client, clock)
