"""Knocking at the doors of channels: whether a shop of stamps, or our own front, answers to somebody outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import httpx

TIMEOUT_SECONDS = 5.0
MOST_TURNS = 3


class HttpDoors:
    """ports.outside.Doors over HTTP: one small GET each, all at once, each done or given up within `seconds`.

    Well is a 2xx from the host that was asked. A redirect is followed to the same host alone, never to http: block pages send
    people elsewhere, and elsewhere is not what was asked about. No body is read; nothing that was said is kept or raised."""

    def __init__(
        self, client: Callable[[], httpx.AsyncClient] = httpx.AsyncClient, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._client = client
        self._seconds = seconds

    def knock(self, addresses: Mapping[str, str]) -> Mapping[str, int | None]:
        return asyncio.run(self._knock(addresses))

    async def _knock(self, addresses: Mapping[str, str]) -> dict[str, int | None]:
        async with self._client() as client:
            answers = await asyncio.gather(*(self._within_time(client, address) for address in addresses.values()))
        return dict(zip(addresses, answers, strict=True))

    async def _within_time(self, client: httpx.AsyncClient, address: str) -> int | None:
        began = time.monotonic()
        with suppress(httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError):
            # The client's own time-outs start anew with every byte that comes: only this one ends a drip.
            async with asyncio.timeout(self._seconds):
                if await self._is_well(client, httpx.URL(address)):
                    return round((time.monotonic() - began) * 1000)
        return None

    async def _is_well(self, client: httpx.AsyncClient, url: httpx.URL) -> bool:
        for _ in range(MOST_TURNS):
            request = client.build_request("GET", url, headers={"Accept": "*/*", "User-Agent": "meterai-board"})
            answer = await client.send(request, stream=True, follow_redirects=False)
            await answer.aclose()
            if not answer.has_redirect_location:
                return answer.is_success
            turned = url.join(answer.headers["Location"])
            if (turned.host, turned.scheme) not in {(url.host, "https"), (url.host, url.scheme)}:
                return False
            url = turned
        return False
