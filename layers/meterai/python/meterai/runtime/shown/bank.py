"""The banks that money can be sent to, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from meterai.runtime.shown.base import Shown


class BankShown(Shown):
    code: str
    name: str


class BankList(Shown):
    """The banks that money can be sent to, by name; always one page."""

    data: list[BankShown]
    next_cursor: str | None

    @classmethod
    def of(cls, banks: Sequence[tuple[str, str]]) -> BankList:
        return cls(data=[BankShown(code=code, name=name) for code, name in banks], next_cursor=None)
