"""Nouns as the table keeps them. Loading a row never re-judges it: what is stored was judged when it was written."""

from __future__ import annotations

from meterai.domain.rows.account import Account, Link, LinkPurpose, PrincipalKind, Token
from meterai.domain.rows.breaker import Breaker
from meterai.domain.rows.channel import Channel, Directory, Stock, Word
from meterai.domain.rows.document import Document, DocumentStatus, EarlierVersion, Report
from meterai.domain.rows.invoice import (
    Activations,
    Attempt,
    AttemptStatus,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentMethod,
)
from meterai.domain.rows.letter import Contact, Letter, LetterKind, LetterStatus
from meterai.domain.rows.line import LINES, Line, line_of
from meterai.domain.rows.mail import Acknowledgement, Mail, MailState
from meterai.domain.rows.noun import Noun
from meterai.domain.rows.quota import Quota, QuotaShard
from meterai.domain.rows.refund import (
    REFUND_ENDED,
    Destination,
    Refund,
    RefundChannel,
    RefundDoor,
    RefundStatus,
    RefundWay,
    Submission,
    waits_for_person,
)
from meterai.domain.rows.room import Announcement, RatesFrom, Standing, Tally
from meterai.domain.rows.serial import Serial, SerialImage
from meterai.domain.rows.stamping import Joined, Seat, Stamping, StampingStatus

__all__ = [
    "LINES",
    "REFUND_ENDED",
    "Account",
    "Acknowledgement",
    "Activations",
    "Announcement",
    "Attempt",
    "AttemptStatus",
    "Breaker",
    "Channel",
    "Contact",
    "Destination",
    "Directory",
    "Document",
    "DocumentStatus",
    "EarlierVersion",
    "Invoice",
    "InvoiceStatus",
    "Joined",
    "Letter",
    "LetterKind",
    "LetterStatus",
    "Line",
    "Link",
    "LinkPurpose",
    "Mail",
    "MailState",
    "Noun",
    "Payment",
    "PaymentMethod",
    "PrincipalKind",
    "Quota",
    "QuotaShard",
    "RatesFrom",
    "Refund",
    "RefundChannel",
    "RefundDoor",
    "RefundStatus",
    "RefundWay",
    "Report",
    "Seat",
    "Serial",
    "SerialImage",
    "Stamping",
    "StampingStatus",
    "Standing",
    "Stock",
    "Submission",
    "Tally",
    "Token",
    "Word",
    "line_of",
    "waits_for_person",
]
