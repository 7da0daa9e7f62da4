"""What tests of the officers' desk lean on: refunds that wait for an officer, and officers with just these rights."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from meterai.aws.table import DynamoLedger
from meterai.domain.rows import Destination, Refund
from meterai.operations.open_account import open_account
from tests.integration.client import Json, Person, seen, until
from tests.integration.conftest import Stack

NUMBER = "1234567890"


def table(stack: Stack) -> DynamoLedger:
    """The stack's table, with the operator's hand."""
    return DynamoLedger(stack.client("dynamodb"), stack.access["table_name"])


def officer(stack: Stack, http: httpx.Client, *scopes: str) -> Person:
    """A new officer, as `python -m ops.keys` makes them."""
    opened = open_account(
        table(stack),
        email=None,
        phone=None,
        now=datetime.now(UTC),
        random=secrets.token_bytes,
        kind="officer",
        scopes=frozenset(scopes),
        token_prefix="of_",
    )
    return Person(http, opened.token, opened.account.id)


@contextmanager
def refusing(stack: Stack, http: httpx.Client) -> Iterator[None]:
    """The payment provider refuses every refund inside the block."""
    knobs = f"{stack.access['simulator_url']}/_knobs"
    seen(http.post(knobs, json={"refund_refused": True}), 200)
    try:
        yield
    finally:
        seen(http.delete(knobs), 200)


def undecided(stack: Stack, http: httpx.Client, person: Person, quantity: int = 1) -> Json:
    """A refund that the provider refused: an officer decides it. It is in the officers' queue by now."""
    invoice = person.buy(quantity)
    with refusing(stack, http):
        refund = person.refund(invoice["id"])
        person.wait_refund(refund["id"], "awaiting_decision")
    reader = Person(http, stack.access["officer_key"])
    until(lambda: refund["id"] in queued(reader, "awaiting_decision"))
    return refund


def queued(reader: Person, status: str | None = None) -> list[str]:
    """The ids in the officers' queue, all pages of it."""
    found: list[str] = []
    query = {"limit": "100"} | ({"status": status} if status else {})
    while True:
        page = reader.get("/v1/desk/refunds", **query)
        found += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def named(stack: Stack, person: Person, refund: str) -> None:
    """The owner's account, its holder's name checked."""
    to = Destination(
        id=refund,
        account=person.id,
        bank="ID_BCA",
        number=NUMBER,
        given="Budi Santoso",
        holder="BUDI SANTOSO",
        checked_at=datetime.now(UTC),
    )
    row = table(stack).get(Refund.key_of(refund))
    assert row is not None
    destined = row | {"destination": dict(to.shown)}
    table(stack).project(put=[(to.key, to.row()), (Refund.key_of(refund), destined)])


def address() -> str:
    """An e-mail address that no other test writes to."""
    return f"siti.{secrets.token_hex(6)}@contoh.id"


def secret(stack: Stack, http: httpx.Client, to: str, subject: str, fragment: str) -> str:
    """The secret in the link of the letter to this address whose subject begins like this, once it is in the mailbox."""

    def found() -> str | None:
        kept = seen(http.get(f"{stack.access['mailbox_url']}/messages"), 200)["data"]
        mine = [one for one in kept if one["to"] == [to] and one["subject"].startswith(subject)]
        link = re.search(rf"#{fragment}=([\w-]+)", mine[0]["text"]) if mine else None
        return link[1] if link else None

    return until(found)


def verify(stack: Stack, http: httpx.Client, email: str) -> None:
    """Follow the link in the letter to a new account's e-mail."""
    link = secret(stack, http, email, "Konfirmasi alamat", "konfirmasi-email")
    seen(http.post("/v1/accounts/confirmations", json={"secret": link}), 200)


def confirm(stack: Stack, http: httpx.Client, email: str) -> Json:
    """Follow the link in the letter about a request that did not come from its owner's own account."""
    link = secret(stack, http, email, "Konfirmasi pengajuan", "konfirmasi-pengembalian")
    return seen(http.post("/v1/refunds/confirmations", json={"secret": link}), 200)
