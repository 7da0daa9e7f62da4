"""The letters that the local stack sent: nothing leaves the machine, a person reads them here. And the way in for mails.

`GET /mailbox` lists letters as a page, `GET /mailbox/messages` as JSON: {"data": [{id, from, to, subject, text, html,
sent_at}]}, newest first.

`POST /mailbox/inbound` takes a raw mail (RFC 5322, at most 40 MB, as SES does) and answers 202 {"id"}. It stands in for SES:
puts on top what SES would have found out (local/receiving.py), and the whole into the mail bucket, whose notice goes on as in
the cloud. What was found out is a matter of the query: `dmarc=pass|fail|none`, `spam=` and `virus=PASS|GRAY|FAIL`,
`envelope_from=` (empty for a bounce). Without it: clean, from the address in its Return-Path or From, and vouched for, unless
the mail itself says that its DMARC failed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from html import escape
from secrets import token_hex
from typing import Any

import boto3
from aiohttp import ClientError, ClientSession, web
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as BotoClientError

from local import receiving

PATH = "/mailbox"
PostOffice = Callable[[str, bytes], None]
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


async def take(request: web.Request, post: PostOffice) -> web.Response:
    """Hand a mail to the mail bucket as SES would."""
    raw = bytearray()
    async for piece in request.content.iter_chunked(1 << 16):
        raw += piece
        if len(raw) > receiving.MOST_BYTES:
            return _refused(413, "request_too_large", f"at most {receiving.MOST_BYTES} bytes")
    id = token_hex(20)
    try:
        mail = receiving.handed_on(bytes(raw), id, request.query, datetime.now(UTC))
    except ValueError as fault:
        return _refused(400, "request_invalid", str(fault))
    try:
        await asyncio.to_thread(post, f"inbound/{id}", mail)
    except (BotoCoreError, BotoClientError, KeyError):
        return _refused(503, "busy", "nothing is lost: try again later")
    return web.json_response({"id": id}, status=202, headers={"Cache-Control": "no-store"})


def _refused(status: int, code: str, detail: str) -> web.Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if status == 503 else {})
    return web.json_response({"code": code, "detail": detail}, status=status, headers=headers)


def post_office(engine: Callable[[], str], access: Callable[[], dict[str, str]]) -> PostOffice:
    """What puts a mail into the bucket that `access` tells: {"bucket", "region", "key_id", "secret"}."""

    @cache
    def storage(url: str, region: str, key_id: str, secret: str) -> Any:
        return boto3.client(
            "s3", endpoint_url=url, region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip

    def post(key: str, mail: bytes) -> None:
        told = access()
        client = storage(engine(), told["region"], told["key_id"], told["secret"])
        client.put_object(Bucket=told["bucket"], Key=key, Body=mail)

    return post


def handlers(engine: Callable[[], str], access: Callable[[], dict[str, str]]) -> list[web.RouteDef]:
    """The mailbox's routes; `engine` tells the engine's address, or nothing while it is not known, `access` where mails go."""
    post = post_office(engine, access)

    async def inbound(request: web.Request) -> web.Response:
        return await take(request, post)

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

    return [web.get(PATH, page), web.get(f"{PATH}/messages", messages), web.post(f"{PATH}/inbound", inbound)]
