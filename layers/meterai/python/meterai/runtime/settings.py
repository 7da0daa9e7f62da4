"""The environment of the functions, as one validated model. template.yaml declares each; nothing else sets them."""

from __future__ import annotations

import os
from dataclasses import fields
from functools import cache
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from meterai.domain.rows import Line
from meterai.domain.seats import Seating
from meterai.domain.shares import Bounds
from meterai.ports.documents_pdf import Limits


def _limits(text: str) -> Limits:
    """The bounds of documents, those named in a JSON object put in the place of the defaults. Raises ValueError."""
    given = TypeAdapter(dict[str, float]).validate_json(text)
    if unknown := given.keys() - {field.name for field in fields(Limits)}:
        raise ValueError(f"no bounds of documents: {sorted(unknown)}")
    if any(value <= 0 for value in given.values()):
        raise ValueError("bounds are above 0")
    return TypeAdapter(Limits).validate_python(given)


class PaymentPlaces(TypedDict):
    preferred: str
    midtrans_url: str
    xendit_url: str
    simulator_url: str | None


class PayoutPlaces(TypedDict):
    xendit_url: str
    iluma_url: str


class Settings(BaseModel):
    """What differs between places. Names are the environment's, in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: Literal["local", "sandbox", "production"]
    public_url: str = Field(pattern=r"^https?://[^/]+$", description="origin of the page and of links in QR codes")
    table_name: str
    sources_bucket: str
    sealed_bucket: str
    trust_bucket: str
    lock_bucket: str
    mail_bucket: str
    paid_queue_url: str
    bulk_queue_url: str
    entry_queue_url: str
    mail_queue_url: str
    tally_queue_url: str
    room_bucket: str
    receipt_key_id: str
    seal_workers: int = Field(ge=4, description="workers of both lines together, at most")
    seal_signatures_per_second: int = Field(gt=0, description="what the account may ask of KMS")
    timestamps_per_second: int = Field(gt=0, description="what the time-stamping authority has agreed to")
    table_write_units: int = Field(gt=0, description="write units a second that the table is warmed up for")
    seal_milliseconds: int = Field(gt=0, description="how long a worker has a stamping at least")
    seats: int = Field(ge=0, description="how many requests may wait for their stamp at once (Prefer: wait)")
    seal_key_id: str
    ledger_key_id: str
    refund_machine_arn: str
    refund_day_seconds: float = Field(gt=0, description="how long a day of the refund workflow's waits lasts")
    payment_provider: Literal["midtrans", "xendit"] = Field(description="which provider new codes are asked from")
    payment_secret_id: str
    midtrans_url: str
    xendit_url: str
    iluma_url: str
    simulator_url: str = Field(description="where simulated payments are made; empty where they are real")
    timestamp_url: str
    pdf_limits: Annotated[Limits, BeforeValidator(_limits)] = Field(
        description="how much of a document is looked at, where it differs from ports/documents_pdf.py: a JSON object"
    )
    sender_address: str
    contact_address: str = Field(description="the address that people write to; mail from it is our own")
    desk_address: str = Field(description="where officers are written to; empty where they are not")

    @property
    def seal_queues(self) -> dict[Line, str]:
        """The queue of each line of stampings."""
        return {"paid": self.paid_queue_url, "bulk": self.bulk_queue_url}

    @property
    def bounds(self) -> Bounds:
        """What the seal's workers must stay inside of."""
        return Bounds(
            workers=self.seal_workers,
            signatures=self.seal_signatures_per_second,
            timestamps=self.timestamps_per_second,
            write_units=self.table_write_units,
            milliseconds=self.seal_milliseconds,
        )

    @property
    def seating(self) -> Seating:
        """Who may wait for their stamp with the request still open."""
        return Seating(self.seats, self.bounds.least_paid)

    @property
    def payment(self) -> PaymentPlaces:
        """Where the payment providers are, and which one is asked first."""
        return PaymentPlaces(
            preferred=self.payment_provider,
            midtrans_url=self.midtrans_url,
            xendit_url=self.xendit_url,
            simulator_url=self.simulator_url or None,
        )

    @property
    def payouts(self) -> PayoutPlaces:
        """Where payouts are made, and where names are checked."""
        return PayoutPlaces(xendit_url=self.xendit_url, iluma_url=self.iluma_url)

    @property
    def specimen(self) -> bool:
        """Whether stamps read SPESIMEN: everywhere but in production (UU 10/2020 arts 24-26)."""
        return self.stage != "production"

    def verify_url(self, serial: str) -> str:
        """What the QR of a stamp says: upper case, so that it fits QR's alphanumeric mode."""
        return f"{self.public_url}/V/{serial}".upper()


@cache
def settings() -> Settings:
    """The settings of this process. Raises pydantic.ValidationError when the environment is not as the template has it."""
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items()})
