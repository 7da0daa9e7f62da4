"""What SES puts on top of a mail that it took, for the local stack, which has no SES to receive with.

The lines, their order and their words are those of mails that SES delivered (2018 to 2023).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, parseaddr

MOST_BYTES = 40 * 1024 * 1024
CHOICES = {"dmarc": ("pass", "fail", "none"), "spam": ("PASS", "GRAY", "FAIL"), "virus": ("PASS", "GRAY", "FAIL")}
HEADER_BYTES = 64 * 1024


def handed_on(mail: bytes, id: str, query: Mapping[str, str], at: datetime) -> bytes:
    """The mail with the host's own lines before it. Raises ValueError for a query that says nothing known."""
    unknown = query.keys() - {*CHOICES, "envelope_from"}
    if unknown:
        raise ValueError(f"nothing is asked by {sorted(unknown)}")
    for name, choices in CHOICES.items():
        if name in query and query[name] not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}")
    headers = BytesHeaderParser(policy=compat32).parsebytes(mail[:HEADER_BYTES])
    sender = _address(str(headers.get("From", "")))
    envelope = _address(query.get("envelope_from", str(headers.get("Return-Path", sender))))
    domain = sender.rpartition("@")[2] or "unknown.invalid"
    own_word = " ".join(str(value) for value in headers.get_all("Authentication-Results", []))
    dmarc = query.get("dmarc", "fail" if re.search(r"\bdmarc\s*=\s*fail\b", own_word) else "pass")
    top = (
        f"Return-Path: <{envelope}>",
        f"Received: from {domain} (localhost [127.0.0.1])",
        f" by inbound-smtp.lokal.invalid with SMTP id {id}",
        " for kontak;",
        f" {format_datetime(at)} (UTC)",
        f"X-SES-Spam-Verdict: {query.get('spam', 'PASS')}",
        f"X-SES-Virus-Verdict: {query.get('virus', 'PASS')}",
        "Authentication-Results: amazonses.com;",
        f" dmarc={dmarc} header.from={domain};",
        f"X-SES-RECEIPT: {id}",
    )
    return "".join(f"{line}\r\n" for line in top).encode() + mail


def _address(text: str) -> str:
    """A bare address in letters that can stand in a header, or nothing."""
    found = parseaddr(text)[1]
    return found if re.fullmatch(r"[\x21-\x7e]{1,254}", found) else ""
