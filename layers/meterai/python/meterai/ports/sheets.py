"""A sheet of paper with words on it: what is written, not how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

Fact = tuple[str, str]
"""A label and what it labels."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an account: what for, how it is worked out, and the amount as it is written."""

    label: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A receipt's words, from top to bottom. The first fact names the sheet; `warning` is empty where there is none, and
    so is `since` where nothing came later."""

    language: str
    maker: str
    title: str
    meaning: str
    warning: str
    facts: tuple[Fact, ...]
    lines: tuple[Line, ...]
    total: Fact
    in_words: Fact
    since: str
    later: tuple[Line, ...]
    notes: tuple[str, ...]
