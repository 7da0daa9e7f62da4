"""Mails as people and machines send them, with what the receiving host puts on top."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from meterai.domain.appeal import SUBJECT

BUDI = "budi@example.id"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40)
LETTER = """Yth. Contact Center,

Nama: Budi Santoso
No. HP: 0812-3456-7890
Sisa kuota: 2 keping
No. Invoice: {invoice}

Saya mengajukan pembatalan pembelian karena tidak jadi melamar. Terima kasih.
"""


def written(
    invoice: str = "",
    *,
    subject: str = SUBJECT,
    sender: str = f"Budi Santoso <{BUDI}>",
    text: str | None = None,
    message_id: str = "<1@mail.example.id>",
    proofs: tuple[tuple[str, str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """A mail as a person's program writes it. `proofs` are (media type, file name, bytes)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, "cs@meterai.test", subject, message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(LETTER.format(invoice=invoice) if text is None else text)
    for kind, filename, data in proofs:
        maintype, _, subtype = kind.partition("/")
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=filename)
    return mail.as_bytes()


def received(
    mail: bytes,
    *,
    at: datetime = datetime(2024, 9, 4, 3, 2, 1, tzinfo=UTC),
    dmarc: str = "pass",
    domain: str = "example.id",
    spam: str = "PASS",
    virus: str = "PASS",
    return_path: str = BUDI,
) -> bytes:
    """The mail as SES hands it on: what it found out on top, in its own words (its layout of 2018 to 2023)."""
    return (
        f"Return-Path: <{return_path}>\r\n"
        f"Received: from mail.{domain} (mail.{domain} [192.0.2.1])\r\n"
        " by inbound-smtp.ap-southeast-3.amazonaws.com with SMTP id 1ld45m5nepdsqavklntitktv5b5ps6ge9ep207g1\r\n"
        f" for cs@meterai.test;\r\n {format_datetime(at)} (UTC)\r\n"
        f"X-SES-Spam-Verdict: {spam}\r\nX-SES-Virus-Verdict: {virus}\r\n"
        f"Received-SPF: pass (spfCheck: domain of {domain} designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\r\n"
        "Authentication-Results: amazonses.com;\r\n"
        f" spf=pass (spfCheck: domain of {domain} designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\r\n"
        f" dkim=pass header.i=@{domain};\r\n dmarc={dmarc} header.from={domain};\r\n"
        "X-SES-RECEIPT: AEFBQUFBQUFBQUFHajE4Z2NMVTV5a01RYjg3dVpuOWtqZ1VPOXg5\r\n"
        "X-SES-DKIM-SIGNATURE: a=rsa-sha256; q=dns/txt; b=AAAA; c=relaxed/simple; s=x; d=amazonses.com; v=1;\r\n"
    ).encode() + mail
