"""The letters that the local stack sent: nothing leaves the machine, a person reads them here.

`GET /mailbox` lists them as a page, `GET /mailbox/messages` as JSON: {"data": [{id, from, to, subject, text, html,
sent_at}]}, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import ClientError, ClientSession, web

PATH = "/mailbox"
PAGE = """<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Kotak surat lokal</title><h1>Kotak surat lokal</h1><p>Surat yang dikirim di mesin ini; tidak ada yang keluar.</p>
{letters}</html>"""
_ADDRESS = re.compile(r"https?://[^\s<>\"'&]+")
LETTER = "<article><h2>{subject}</h2><p>{sent_at} · {sender} → {to}</p><pre>{text}</pre></article>"


def linked(text: str) -> str:
    """A letter's text as HTML in which addresses can be clicked."""
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text))


async def letters(engine: str) -> list[dict[str, Any]]:
    """Every letter that the engine's SES took, newest first."""
    async with ClientSession() as session, session.get(f"{engine}/_ministack/ses/messages") as answer:
        answer.raise_for_status()
        kept = (await answer.json())["messages"]
    found = [
        {
            "id": letter["MessageId"], "from": letter["Source"], "to": letter["To"], "subject": letter["Subject"],
            "text": letter["BodyText"].replace("\r\n", "\n"), "html": letter["BodyHtml"] or None,
            "sent_at": datetime.fromtimestamp(letter["Timestamp"], UTC).isoformat(timespec="milliseconds"),
        }
        for account in kept.values() for letter in account
    ]  # fmt: skip
    return sorted(found, key=lambda letter: str(letter["sent_at"]), reverse=True)


def handlers(engine: Callable[[], str]) -> list[web.RouteDef]:
    """The mailbox's routes; `engine` tells the engine's address, or nothing while it is not known."""

    async def read() -> list[dict[str, Any]] | None:
        try:
            return await letters(engine())
        except (ClientError, ValueError):
            return None

    async def page(_: web.Request) -> web.Response:
        found = await read()
        shown = "\n".join(
            LETTER.format(
                subject=escape(letter["subject"]), sent_at=letter["sent_at"], sender=escape(letter["from"]),
                to=escape(", ".join(letter["to"])), text=linked(letter["text"]),
            )
            for letter in found or []
        )  # fmt: skip
        return web.Response(
            status=200 if found is not None else 503, content_type="text/html", charset="utf-8",
            text=PAGE.format(letters=shown or "<p>Belum ada surat.</p>"),
            headers={"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'",
                     "Referrer-Policy": "no-referrer"},
        )  # fmt: skip

    async def messages(_: web.Request) -> web.Response:
        found = await read()
        return web.json_response(
            {"data": found or []}, status=200 if found is not None else 503, headers={"Cache-Control": "no-store"}
        )

    return [web.get(PATH, page), web.get(f"{PATH}/messages", messages)]
