"""The environment as the functions read it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from meterai.ports.documents_pdf import Limits
from meterai.runtime.settings import Settings
from ops.openapi import environment


def settings(**given: str) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in (environment() | given).items()})


def test_bounds_of_documents_are_the_defaults_but_for_those_that_are_named() -> None:
    assert settings().pdf_limits == Limits()
    assert settings(PDF_LIMITS='{"pages_max": 100, "wall_seconds": 3.5}').pdf_limits == Limits(
        pages_max=100, wall_seconds=3.5
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "100", '{"pages": 100}', '{"pages_max": 0}', '{"pages_max": "many"}', '{"pages_max": 1.5}']
)
def test_bounds_that_are_none_stop_a_function_before_it_serves(text: str) -> None:
    with pytest.raises(ValidationError):
        settings(PDF_LIMITS=text)


def test_timestamp_authorities_stand_in_the_order_in_which_they_are_asked() -> None:
    assert settings(TIMESTAMP_URLS="https://one/tsa, https://two/tsa,").timestamp_urls == (
        "https://one/tsa",
        "https://two/tsa",
    )


@pytest.mark.parametrize("wrong", [{"TIMESTAMP_URLS": " , "}, {"ISSUER": "somebody"}])
def test_nobody_to_ask_stops_a_function_before_it_serves(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
