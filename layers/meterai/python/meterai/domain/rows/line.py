"""The two lines that stampings wait in."""

from __future__ import annotations

from typing import Literal, get_args

Line = Literal["paid", "bulk"]
LINES: tuple[Line, ...] = get_args(Line)


def line_of(kind: str) -> Line:
    """Antrean: the line in which a caller of this kind (PrincipalKind) waits for the seal. Partners' batches have one of their
    own, so that no batch stands before a person."""
    return "bulk" if kind == "partner" else "paid"
