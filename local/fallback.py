"""The page for when all is dark, on an origin of its own: `python -m local.fallback --port PORT --portal URL`.

It is read once, at the start, and leans on nothing that runs here. In the cloud a bucket and a CDN of its own serve it
(docs/board.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

from aiohttp import web

from ops.board import listed_in
from ops.fallback import EXAMPLE, rendered

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # what a page cannot say of itself; the rest is in it
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}


def application(portal: str) -> web.Application:
    """Every address has the one page."""
    page = rendered(portal, listed_in(EXAMPLE))
    app = web.Application()
    app.on_response_prepare.append(_nameless)
    app.router.add_get("/{path:.*}", _answered(page))
    return app


def _answered(page: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=HEADERS)

    return answer


async def _nameless(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)


def main() -> None:
    """Serve on the loopback address."""
    parser = argparse.ArgumentParser(prog="python -m local.fallback", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--portal", required=True)
    arguments = parser.parse_args()
    web.run_app(
        application(arguments.portal), host="127.0.0.1", port=arguments.port, print=None, access_log=None,
        shutdown_timeout=1,
    )  # fmt: skip


if __name__ == "__main__":
    main()
