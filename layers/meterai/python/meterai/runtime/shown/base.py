"""What every object that is shown has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

Instant = Annotated[
    AwareDatetime, PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), return_type=str, when_used="json")
]


class Shown(BaseModel):
    """An object as it is shown."""

    model_config = ConfigDict(frozen=True)
