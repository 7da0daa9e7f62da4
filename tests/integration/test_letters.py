"""Letters on the local stack: from a change of the table through queue and post to the mailbox, and their links back."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.client import Json, Person, connect, new_key, problem, seen, until

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture
def address() -> str:
    """Somebody whom no other test writes to."""
    return f"ani.{uuid.uuid4().hex[:12]}@contoh.id"


def letters(stack: Any, http: httpx.Client, address: str) -> list[Json]:
    """What lies in the mailbox for this address, oldest first."""
    found = seen(http.get(f"{stack.access['mailbox_url']}/messages"), 200)["data"]
    return [letter for letter in reversed(found) if letter["to"] == [address]]


def letter(stack: Any, http: httpx.Client, address: str, subject: str) -> Json:
    """The letter whose subject begins like this, once it is there."""
    return until(
        lambda: next((one for one in letters(stack, http, address) if one["subject"].startswith(subject)), None)
    )


def secret(mail: Json, fragment: str) -> str:
    """The secret of a letter's link, which both of its parts and both of its languages have."""
    (found,) = set(re.findall(rf"#{fragment}=([A-Za-z0-9_-]+)", mail["text"] + mail["html"]))
    return str(found)


def confirmed(stack: Any, http: httpx.Client, address: str) -> Person:
    """A new account whose e-mail was confirmed from its mailbox."""
    person = Person.new(http, address)
    link = secret(letter(stack, http, address, "Konfirmasi alamat"), "konfirmasi-email")
    assert seen(http.post("/v1/accounts/confirmations", json={"secret": link}), 200) == {"email_verified": True}
    return person


def test_a_refund_is_followed_from_letter_to_letter(stack: Any, http: httpx.Client, address: str) -> None:
    person = confirmed(stack, http, address)
    refund = person.refund(person.buy()["id"])
    assert (refund["acts_next"], refund["day"], refund["promise_days"]) == ("us", 0, 45)
    ended = person.wait_refund(refund["id"], "refunded")
    assert ended["acts_next"] is None
    last = letter(stack, http, address, "Uang sudah dikembalikan: Rp9.375")
    subjects = {one["subject"].partition(":")[0] for one in until(lambda: _five(stack, http, address))}
    assert subjects == {
        "Konfirmasi alamat e-mail Anda",
        "Pengajuan diterima",
        "Pengembalian disetujui",
        "Uang sedang dikirim",
        "Uang sudah dikembalikan",
    }
    assert ended["invoice_id"] in last["text"]
    link = secret(last, "pengembalian")
    for _ in range(2):
        shown = seen(http.post("/v1/refunds/followings", json={"secret": link}), 200)
        assert {name: ended[name] for name in shown} == shown
        assert not {"reason", "reference", "metadata", "account", "destination"} & shown.keys()
    problem(http.get(f"/v1/refunds/{refund['id']}", headers={"Authorization": f"Bearer {link}"}), 401, "token_invalid")


def _five(stack: Any, http: httpx.Client, address: str) -> list[Json] | None:
    found = letters(stack, http, address)
    return found if len(found) >= 5 else None


def test_an_address_that_was_not_confirmed_learns_nothing(stack: Any, http: httpx.Client, address: str) -> None:
    person = Person.new(http, address)
    refund = person.refund(person.buy()["id"])
    person.wait_refund(refund["id"], "refunded")
    table = stack.client("dynamodb")

    def withheld() -> list[Any]:
        rows = table.scan(
            TableName=stack.access["table_name"],
            FilterExpression="sk = :letter AND #object = :refund AND #status <> :queued",
            ExpressionAttributeNames={"#object": "object", "#status": "status"},
            ExpressionAttributeValues={
                ":letter": {"S": "letter"}, ":refund": {"S": refund["id"]}, ":queued": {"S": "queued"},
            },
        )["Items"]  # fmt: skip
        return rows if len(rows) == 4 else []

    assert {row["reason"]["S"] for row in until(withheld)} == {"unverified"}
    assert [one["subject"] for one in letters(stack, http, address)] == ["Konfirmasi alamat e-mail Anda"]


def test_a_wrong_secret_is_one_refusal_whatever_is_wrong(stack: Any, http: httpx.Client, address: str) -> None:
    Person.new(http, address)
    email = secret(letter(stack, http, address, "Konfirmasi alamat"), "konfirmasi-email")
    unknown = "A" * 43
    for path, wrong in (
        ("/v1/accounts/confirmations", unknown),
        ("/v1/accounts/confirmations", email[:-1]),
        ("/v1/refunds/followings", unknown),
        ("/v1/refunds/followings", email),
    ):
        told = problem(http.post(path, json={"secret": wrong}), 403, "link_invalid")
        assert told["detail"] == "the link is unknown, used or expired"
        assert wrong not in json.dumps(told)


def test_the_letter_is_sent_again_on_demand_but_not_at_once(stack: Any, http: httpx.Client, address: str) -> None:
    person = Person.new(http, address)
    answer = person.ask("POST", "/v1/accounts/me/confirmations")
    told = problem(answer, 429, "rate_limited")
    assert 1 <= told["retry_after"] <= 60
    assert answer.headers["retry-after"] == str(told["retry_after"])
    problem(http.post("/v1/accounts/me/confirmations"), 401, "token_invalid")
    verified = confirmed(stack, http, f"b{address}")
    assert seen(verified.ask("POST", "/v1/accounts/me/confirmations"), 202) == {"email_verified": True}


def test_a_message_that_comes_twice_sends_nothing_twice(stack: Any, http: httpx.Client, address: str) -> None:
    Person.new(http, address)
    letter(stack, http, address, "Konfirmasi alamat")
    table, queue = stack.client("dynamodb"), stack.client("sqs")
    account = stack.access["table_name"]
    (row,) = [
        row
        for row in table.scan(
            TableName=account, FilterExpression="sk = :letter", ExpressionAttributeValues={":letter": {"S": "letter"}}
        )["Items"]
        if row["status"]["S"] == "sent" and _of(table, account, row) == address
    ]
    (url,) = [url for url in queue.list_queues()["QueueUrls"] if "MailQueue" in url]
    for _ in range(3):
        queue.send_message(QueueUrl=url, MessageBody=json.dumps({"letter": row["id"]["S"]}))
    other = f"c{address}"
    Person.new(http, other)
    letter(stack, http, other, "Konfirmasi alamat")  # it stood behind them in the line
    assert len(letters(stack, http, address)) == 1


def _of(table: Any, name: str, letter: Any) -> str:
    key = {"pk": letter["account"], "sk": {"S": "account"}}
    return str(table.get_item(TableName=name, Key=key)["Item"].get("email", {}).get("S"))


def test_the_mailbox_shows_letters_whose_links_can_be_clicked(stack: Any, http: httpx.Client, address: str) -> None:
    Person.new(http, address)
    mail = letter(stack, http, address, "Konfirmasi alamat")
    link = f"{stack.web_url}/#konfirmasi-email={secret(mail, 'konfirmasi-email')}"
    page = http.get(stack.access["mailbox_url"])
    assert f'<a href="{link}">' in page.text
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert mail.keys() == {"id", "from", "to", "subject", "text", "html", "sent_at"}


def test_a_key_is_not_asked_for_where_nothing_of_value_moves(http: httpx.Client) -> None:
    answer = http.post("/v1/refunds/followings", json={"secret": "x"}, headers={"Idempotency-Key": new_key()})
    problem(answer, 403, "link_invalid")
