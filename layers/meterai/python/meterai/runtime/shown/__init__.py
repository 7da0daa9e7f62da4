"""What is shown: objects as answers carry them. OpenAPI is made from them."""

from __future__ import annotations

from meterai.runtime.shown.account import AccountShown, ContactShown, QuotaShown
from meterai.runtime.shown.bank import BankList, BankShown
from meterai.runtime.shown.base import Instant, Shown
from meterai.runtime.shown.document import (
    DocumentShown,
    FindingShown,
    PageShown,
    RepairShown,
    UploadShown,
    VersionShown,
)
from meterai.runtime.shown.eta import EtaShown
from meterai.runtime.shown.event import EventList, EventShown
from meterai.runtime.shown.invoice import InvoiceList, InvoiceShown, NoticeTaken, PaymentShown
from meterai.runtime.shown.placement import PlacementShown, SuggestionShown
from meterai.runtime.shown.policy import PolicyShown
from meterai.runtime.shown.refund import (
    DestinationShown,
    FollowedShown,
    HappeningShown,
    QuoteShown,
    RefundList,
    RefundShown,
)
from meterai.runtime.shown.stamping import StampingList, StampingShown
from meterai.runtime.shown.verdict import HASH_STARTS, PageRunShown, ReasonShown, SerialShown, StampShown, VerdictShown

__all__ = [
    "HASH_STARTS",
    "AccountShown",
    "BankList",
    "BankShown",
    "ContactShown",
    "DestinationShown",
    "DocumentShown",
    "EtaShown",
    "EventList",
    "EventShown",
    "FindingShown",
    "FollowedShown",
    "HappeningShown",
    "Instant",
    "InvoiceList",
    "InvoiceShown",
    "NoticeTaken",
    "PageRunShown",
    "PageShown",
    "PaymentShown",
    "PlacementShown",
    "PolicyShown",
    "QuotaShown",
    "QuoteShown",
    "ReasonShown",
    "RefundList",
    "RefundShown",
    "RepairShown",
    "SerialShown",
    "Shown",
    "StampShown",
    "StampingList",
    "StampingShown",
    "SuggestionShown",
    "UploadShown",
    "VerdictShown",
    "VersionShown",
]
