"""What the local stack puts on top of a mail is what functions/mail reads of SES."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.receiving import handed_on
from meterai.ports.mail import InboundMail
from meterai.runtime.inbound import read_mail
from tests.fakes.mails import BUDI, received, written

AT = datetime(2024, 9, 4, 3, 2, 1, tzinfo=UTC)


def through(mail: bytes, **query: str) -> InboundMail:
    return read_mail(handed_on(mail, "ab12", query, AT))


def test_it_is_read_as_what_ses_puts_there_is() -> None:
    assert through(written()) == read_mail(received(written(), at=AT))


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ({}, "dmarc", "pass"),
        ({"dmarc": "fail"}, "dmarc", "fail"),
        ({"dmarc": "none"}, "dmarc", "none"),
        ({"spam": "FAIL"}, "spam", "FAIL"),
        ({"virus": "GRAY"}, "virus", "GRAY"),
        ({"envelope_from": ""}, "automatic", "bounce"),
        ({"envelope_from": BUDI}, "automatic", None),
    ],
)
def test_what_was_found_out_is_a_matter_of_the_query(query: dict[str, str], name: str, value: Any) -> None:
    assert getattr(through(written(), **query), name) == value


def test_a_mail_may_say_against_itself_and_not_for_itself() -> None:
    fails = b"Authentication-Results: mx.contoh.id; dmarc = fail (p=NONE) header.from=example.id\r\n" + written()
    assert through(fails).dmarc == "fail"
    assert through(fails, dmarc="pass").dmarc == "pass"
    passes = (
        b"Authentication-Results: amazonses.com; dmarc=pass header.from=example.id;\r\nX-SES-RECEIPT: x\r\n" + written()
    )
    assert through(passes, dmarc="fail").dmarc == "fail"
    assert through(passes, dmarc="none").dmarc == "none"


def test_a_bounce_that_says_so_in_its_return_path_is_one() -> None:
    assert through(b"Return-Path: <>\r\n" + written()).automatic == "bounce"


@pytest.mark.parametrize("query", [{"dmarc": "PASS"}, {"spam": "ok"}, {"virus": ""}, {"as": "admin"}])
def test_a_query_that_says_nothing_known_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"one of|nothing is asked"):
        handed_on(written(), "ab12", query, AT)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"From: \r\n\r\n", b"From: =?utf-8?q?=0D=0AX-SES-RECEIPT=3A?= <a@b.id>\r\n\r\n"]
)
def test_any_bytes_are_handed_on(raw: bytes) -> None:
    top = handed_on(raw, "ab12", {}, AT)
    assert top.endswith(raw)
    assert top.count(b"\nX-SES-RECEIPT:") == 1
