"""The post in SES (ports.post.Post): letters as MIME, plain text first, the same as HTML beside it."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy
from meterai.ports.post import Mail


class SendsEmail(Protocol):
    """SES version 2, as far as it is needed."""

    def send_email(self, **request: Any) -> Any:
        """SendEmail."""


class SesPost:
    """Letters from one address. SES replaces Message-ID by its own, and keeps References, which is what binds a thread."""

    def __init__(self, client: SendsEmail, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, mail: Mail) -> bool:
        try:
            message = mime(mail, self._sender)
        except (
            HeaderParseError,
            ValueError,
            IndexError,
        ):  # what the standard library raises for addresses that are none
            return False
        request = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": message.as_bytes()}},
        }
        try:
            self._client.send_email(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "BadRequestException":
                return False
            raise Busy("the post did not take the letter") from error
        except BotoCoreError as error:
            raise Busy("the post did not answer") from error
        return True


def mime(mail: Mail, sender: str) -> EmailMessage:
    """The letter as RFC 5322 has it. Auto-Submitted (RFC 3834) keeps other machines from answering it. Raises HeaderParseError,
    ValueError or IndexError for an address that cannot be written."""
    to = Address(addr_spec=mail.to)
    if not mail.to.isascii() or str(to) != mail.to:
        raise ValueError("an address that the post cannot carry")
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Meterai", addr_spec=sender)
    message["To"] = to
    message["Subject"] = mail.words.subject
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["References"] = f"<{mail.thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.words.text, cte="quoted-printable")
    message.add_alternative(mail.words.html, subtype="html", cte="quoted-printable")
    return message
