"""Notifications to the merchant, tried again as each provider documents it (`Provider.retry_minutes`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from local.paysim.book import Book, Notice, ProviderName
from local.paysim.provider import Outcome, Provider

IDLE_SECONDS = 0.2

Post = Callable[[Notice], Outcome]
"""Delivers a notice and says how that ended."""


class Notifier:
    """`retry_scale` shortens the waits (1 = as documented)."""

    def __init__(
        self,
        book: Book,
        providers: Mapping[ProviderName, Provider],
        clock: Callable[[], datetime],
        post: Post,
        retry_scale: float,
    ) -> None:
        self._book = book
        self._providers = providers
        self._clock = clock
        self._post = post
        self._retry_scale = retry_scale
        self._wake = threading.Event()
        self._stop = threading.Event()

    def deliver_due(self) -> int:
        """Send what is due, once each; how many were sent. What is not acknowledged before a crash is sent again."""
        due = self._book.due(self._clock())
        for delivery in due:
            waits = self._providers[delivery.notice.provider].retry_minutes(self._post(delivery.notice))
            failures = delivery.failures + 1
            with self._book.writing():
                if failures > len(waits):
                    self._book.forget(delivery.number)
                else:
                    wait = timedelta(minutes=waits[failures - 1] * self._retry_scale)
                    self._book.postpone(delivery.number, failures, self._clock() + wait)
        return len(due)

    def run(self) -> None:
        """Until `stop`, for a thread of its own."""
        while not self._stop.is_set():
            for provider in self._providers.values():
                provider.pass_time()
            if not self.deliver_due():
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
