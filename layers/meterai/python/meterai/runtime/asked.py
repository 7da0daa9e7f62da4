"""What is asked: bodies of requests as they are accepted. OpenAPI is made from them."""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meterai.domain.money import MOST_PIECES
from meterai.domain.placement import Placement
from meterai.domain.rows import PaymentMethod
from meterai.ports.documents_pdf import Repair

MOST_METADATA = 400
"""Characters of metadata as JSON: rows that carry it stay under one write unit."""


def _small(metadata: dict[str, str]) -> dict[str, str]:
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise ValueError(f"at most {MOST_METADATA} characters as JSON")
    return metadata


Metadata = Annotated[dict[str, str], AfterValidator(_small)]
ReferenceText = Annotated[str, Field(min_length=1, max_length=64)]


class Request(BaseModel):
    """A request's body: exact types, and nothing that nobody knows."""

    model_config = ConfigDict(strict=True, extra="forbid")


Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$")]


class NewAccount(Request):
    """The e-mail may come later: a document can be brought and looked at without one."""

    email: Email | None = None
    phone: str | None = Field(default=None, max_length=20, pattern=r"^\+?[0-9][0-9 -]{5,18}$")


class NewEmail(Request):
    email: Email


class Followed(Request):
    """What a link in a letter carries in the part of its address that no server is sent."""

    secret: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")


class NewInvoice(Request):
    quantity: int = Field(ge=1, le=MOST_PIECES)
    payment_method: PaymentMethod
    reference: ReferenceText | None = None
    metadata: Metadata | None = None


class NewPayment(Request):
    payment_method: PaymentMethod


class NewDocument(Request):
    filename: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    purpose: Literal["stamp", "verify"] = "stamp"
    reference: ReferenceText | None = None
    metadata: Metadata | None = None


class NewRepair(Request):
    """`size_max` is the most bytes that the document is to have; it belongs to `shrink_images` and to nothing else."""

    repair: Repair
    size_max: int | None = Field(default=None, ge=10_000, le=10 * 1024 * 1024)

    @model_validator(mode="after")
    def _sized(self) -> NewRepair:
        if (self.size_max is not None) != (self.repair == "shrink_images"):
            raise ValueError("size_max goes with shrink_images, and with it alone")
        return self


class PlacementGiven(Request):
    """Where the stamp goes: fractions of the displayed page (crop box after rotation), origin top left."""

    page: int = Field(ge=1)
    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)

    def placement(self) -> Placement:
        return Placement(page=self.page, x=self.x, y=self.y, width=self.width)


class NewStamping(Request):
    document_id: str = Field(min_length=1, max_length=40)
    placement: PlacementGiven | Literal["auto"] = "auto"
    document_type: str | None = Field(default=None, max_length=64)
    another: bool = False
    reference: ReferenceText | None = None
    metadata: Metadata | None = None

    def where(self) -> Placement | None:
        return None if self.placement == "auto" else self.placement.placement()


class NewVerification(Request):
    document_id: str = Field(min_length=1, max_length=40)


class NewRefund(Request):
    invoice_id: str = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=200)
    reference: ReferenceText | None = None
    metadata: Metadata | None = None


class NewDestination(Request):
    """Where a refund's payout goes. The number may be typed in groups; `given` is the holder's name as the person writes it."""

    bank: str = Field(min_length=2, max_length=40, pattern=r"^[A-Z0-9_]+$")
    number: Annotated[
        str,
        Field(min_length=6, max_length=39, pattern=r"^[0-9](?:[ .-]?[0-9]){5,19}$"),
        AfterValidator(lambda typed: re.sub(r"[ .-]", "", typed)),
    ]
    given: str = Field(min_length=2, max_length=100)
