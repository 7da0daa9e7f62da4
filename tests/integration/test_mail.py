"""The mission's e-mail through the local stack: raw MIME in, S3, queue, functions/mail, a letter out, its link, the refund."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest

from tests.fakes.mails import PDF, written
from tests.integration.client import Json, Person, problem, seen, until
from tests.integration.conftest import Stack

pytestmark = pytest.mark.xdist_group("stack")


def somebody() -> str:
    """An address of this test alone."""
    return f"p{uuid.uuid4().hex[:12]}@contoh.id"


def send(stack: Stack, raw: bytes, **query: str) -> str:
    """Hand a mail to the local stack as the internet would; the name of its file."""
    answer = httpx.post(f"{stack.access['mailbox_url']}/inbound", params=query, content=raw, timeout=60)
    return str(seen(answer, 202)["id"])


def letters(stack: Stack, to: str) -> list[Json]:
    """What this address was sent, newest first."""
    kept = httpx.get(f"{stack.access['mailbox_url']}/messages", timeout=20).json()["data"]
    return [letter for letter in kept if letter["to"] == [to]]


def secret(letter: Json, name: str) -> str:
    """What a letter's link carries in its fragment."""
    found = re.search(rf"#{name}=([\w-]+)", letter["text"])
    assert found is not None, letter["text"]
    return found[1]


def verified(stack: Stack, email: str) -> Person:
    """A new account whose owner has followed the link in its first letter."""
    person = Person.new(stack.http(), email)
    [letter] = until(lambda: letters(stack, email))
    answer = stack.http().post("/v1/accounts/confirmations", json={"secret": secret(letter, "konfirmasi-email")})
    assert answer.status_code < 300, answer.text
    return person


def row(stack: Stack, pk: str, sk: str) -> dict[str, Any] | None:
    """A row of the table as it is stored."""
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    found = stack.client("dynamodb").get_item(TableName=stack.access["table_name"], Key=key, ConsistentRead=True)
    return found.get("Item")  # type: ignore[no-any-return]


def test_from_a_mail_to_the_money(stack: Stack) -> None:
    email = somebody()
    person = verified(stack, email)
    invoice = person.buy(2)
    send(
        stack, written(invoice["id"].lower(), sender=f"Budi <{email}>", proofs=(("application/pdf", "bukti.pdf", PDF),))
    )
    letter = until(
        lambda: next((one for one in letters(stack, email) if "Konfirmasi pengajuan" in one["subject"]), None)
    )
    [refund] = person.get("/v1/refunds")["data"]
    assert (refund["status"], refund["invoice_id"]) == ("unconfirmed", invoice["id"])
    assert person.quota()["held"] == 0
    came = row(stack, refund["id"], "submission")
    assert came is not None
    [proof] = came["proofs"]["L"]
    kept = stack.client("s3").get_object(
        Bucket=stack.access["mail_bucket"], Key=f"proofs/{refund['id']}/{proof['M']['sha256']['S']}"
    )
    assert kept["Body"].read() == PDF
    used = {"secret": secret(letter, "konfirmasi-pengembalian")}
    confirmed = seen(stack.http().post("/v1/refunds/confirmations", json=used), 200)
    assert (confirmed["id"], confirmed["status"]) == (refund["id"], "received")
    assert seen(stack.http().post("/v1/refunds/confirmations", json=used), 200)["id"] == refund["id"]
    ended = person.wait_refund(refund["id"], "refunded")
    assert ended["received_at"] == refund["received_at"]
    assert [line["status"] for line in ended["timeline"]][:2] == ["unconfirmed", "received"]
    assert person.quota()["refunded"] == 2


def test_a_stranger_is_told_that_it_came_and_a_spoofed_or_automatic_mail_is_answered_by_nobody(stack: Stack) -> None:
    stranger, spoofed, machine = somebody(), somebody(), somebody()
    unknown = "inv_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    send(stack, written(unknown, sender=spoofed, message_id=f"<{spoofed}>"), dmarc="fail")
    lies = f"Authentication-Results: amazonses.com; dmarc=pass header.from=contoh.id;\r\nX-SES-RECEIPT: x\r\nX: {spoofed}\r\n"
    send(stack, lies.encode() + written(unknown, sender=spoofed, message_id=f"<2{spoofed}>"), dmarc="none")
    send(stack, written(unknown, sender=machine, message_id=f"<{machine}>", Auto_Submitted="auto-replied"))
    for number in range(2):
        send(stack, written(unknown, sender=stranger, message_id=f"<{number}{stranger}>"))
    [letter] = until(lambda: letters(stack, stranger))
    assert unknown not in letter["text"]
    queue = stack.client("sqs").get_queue_url(QueueName=name_of(stack, "InboundQueue"))["QueueUrl"]
    until(lambda: waiting(stack, queue) == 0)
    assert len(letters(stack, stranger)) == 1
    assert letters(stack, spoofed) + letters(stack, machine) == []


def name_of(stack: Stack, logical: str) -> str:
    """The physical name of the template's queue."""
    found = stack.client("cloudformation").describe_stack_resource(StackName="meterai", LogicalResourceId=logical)
    return str(found["StackResourceDetail"]["PhysicalResourceId"]).rpartition("/")[2]


def waiting(stack: Stack, queue: str) -> int:
    """How many messages wait or are being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_what_the_mailbox_does_not_take(stack: Stack) -> None:
    place = f"{stack.access['mailbox_url']}/inbound"
    for query in ({"dmarc": "maybe"}, {"spam": "pass"}, {"trust": "me"}):
        assert httpx.post(place, params=query, content=b"x", timeout=20).status_code == 400, query
    assert httpx.post(place, content=bytes(41 * 1024 * 1024), timeout=60).status_code == 413


def test_a_link_that_is_none_confirms_nothing(stack: Stack) -> None:
    problem(stack.http().post("/v1/refunds/confirmations", json={"secret": "x" * 43}), 403, "link_invalid")
