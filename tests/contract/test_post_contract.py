"""What the post and the mail queue promise, in memory and on AWS' clients (moto)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.backends import get_backend

from meterai.aws.messages import SqsLetterQueue
from meterai.aws.ses import SesPost, mime
from meterai.domain.errors import Busy
from meterai.ports.post import LetterQueue, Mail, Post, Words
from tests.fakes.post import MemoryLetters, MemoryPost

SENDER = "meterai@contoh.id"
WORDS = Words("Uang sudah dikembalikan: Rp9.375", "Baik, “selesai” — é\n" + "x" * 300, "<p>Baik &amp; selesai é</p>")
MAIL = Mail(id="ltr_1", thread="rfd_1", to="budi@contoh.id", words=WORDS)


@dataclass
class House:
    """The adapters under test; `sent` are the addresses written to, `waiting` the letters in the queue."""

    post: Post
    queue: LetterQueue
    sent: Callable[[], list[str]]
    waiting: Callable[[], list[str]]


@pytest.fixture(params=["memory", "aws"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        post, letters = MemoryPost(), MemoryLetters()
        yield House(post, letters, lambda: [mail.to for mail in post.sent], lambda: letters.messages)
        return
    with mock_aws():
        sqs, ses = boto3.client("sqs"), boto3.client("sesv2")
        ses.create_email_identity(EmailIdentity=SENDER)
        url = sqs.create_queue(QueueName="mail")["QueueUrl"]
        sent: list[Any] = get_backend("sesv2")["123456789012"]["ap-southeast-3"].core_backend.sent_messages
        yield House(
            SesPost(ses, SENDER),
            SqsLetterQueue(sqs, url),
            lambda: list(dict.fromkeys(to for message in sent for to in message.destinations)),
            lambda: [
                json.loads(message["Body"])["letter"]
                for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            ],
        )


def test_the_post_takes_a_letter(house: House) -> None:
    assert house.post.send(MAIL)
    assert house.sent() == ["budi@contoh.id"]


@pytest.mark.parametrize(
    "address",
    [
        "a,b@contoh.id",
        "a b@contoh.id",
        "<a@contoh.id",
        "büdi@contoh.id",
        "budi@",
        "@contoh.id",
        "a;b@contoh.id",
        '"@x.id',
    ],
)
def test_an_address_that_is_none_is_refused_for_good(house: House, address: str) -> None:
    assert not house.post.send(replace(MAIL, to=address))
    assert house.sent() == []


def test_a_letter_is_sent_on_its_way_by_its_id(house: House) -> None:
    house.queue.send("ltr_1")
    house.queue.send("ltr_1")
    assert house.waiting() == ["ltr_1", "ltr_1"]


# What SES alone does -------------------------------------------------------------------------------------------------------


class Refuses:
    """SES that says no."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_email(self, **_: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    "code", ["MessageRejected", "TooManyRequestsException", "SendingPausedException", "AccessDenied"]
)
def test_what_may_pass_is_tried_again(code: str) -> None:
    refused = ClientError({"Error": {"Code": code, "Message": "no"}}, "SendEmail")
    with pytest.raises(Busy):
        SesPost(Refuses(refused), SENDER).send(MAIL)


def test_no_connection_is_tried_again() -> None:
    with pytest.raises(Busy):
        SesPost(Refuses(EndpointConnectionError(endpoint_url="https://email")), SENDER).send(MAIL)


def test_a_request_that_can_never_be_right_is_not() -> None:
    refused = ClientError({"Error": {"Code": "BadRequestException", "Message": "no"}}, "SendEmail")
    assert not SesPost(Refuses(refused), SENDER).send(MAIL)


def test_a_letter_is_mail_that_every_program_reads() -> None:
    data = mime(MAIL, SENDER).as_bytes()
    assert max(len(line) for line in data.split(b"\r\n")) <= 78
    assert data.isascii()
    read = message_from_bytes(data, policy=default)
    assert isinstance(read, EmailMessage)
    assert read["From"].addresses[0].addr_spec == SENDER
    assert [one.addr_spec for one in read["To"].addresses] == ["budi@contoh.id"]
    assert read["Subject"] == WORDS.subject
    assert read["Auto-Submitted"] == "auto-generated"
    assert (read["Message-ID"], read["References"]) == ("<ltr_1@contoh.id>", "<rfd_1@contoh.id>")
    text, html = read.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert _plain(text) == WORDS.text
    assert _plain(html) == WORDS.html


def _plain(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def test_a_subject_cannot_bring_a_header_of_its_own() -> None:
    spoilt = replace(MAIL, words=replace(WORDS, subject="Halo\r\nBcc: jahat@contoh.id"))
    assert not SesPost(Refuses(AssertionError("sent")), SENDER).send(spoilt)
