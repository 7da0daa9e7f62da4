"""`python -m local.perurisim`: serve on the loopback address until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from local.perurisim.book import Book
from local.perurisim.issuer import Asked, Keys, PeruriSim
from local.perurisim.key import seal_key

BODY_BYTES_MAX = 65_536


def application(simulator: PeruriSim) -> web.Application:
    """The service."""

    async def answer(request: web.Request) -> web.Response:
        asked = Asked(
            request.method,
            request.path,
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        if not request.path.startswith("/_"):
            await asyncio.sleep(simulator.knobs.slow)
        given = simulator(asked)
        kind = "application/json" if given.status == 200 else "text/html"
        return web.Response(status=given.status, body=given.body, content_type=kind)

    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.add_routes([web.route("*", "/{path:.*}", answer)])
    return app


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(
        prog="python -m local.perurisim", description="Issuer simulator, on loopback only."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True, help="file with the issuer's secret (JSON)")
    parser.add_argument("--state", type=Path, required=True, help="folder; kept across restarts")
    arguments = parser.parse_args()
    keys = Keys(**json.loads(arguments.keys.read_text()))
    key, book = seal_key(arguments.state), Book(arguments.state / "book.json")
    simulator = PeruriSim(keys, key, book, lambda: datetime.now(UTC))
    web.run_app(
        application(simulator), host="127.0.0.1", port=arguments.port, print=None, access_log=None, shutdown_timeout=1
    )


if __name__ == "__main__":
    main()
