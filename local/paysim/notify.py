"""Notifications to the merchant, tried again as Midtrans documents it.

Source: docs.midtrans.com, HTTP(S) notification: a failed one is tried again after 2, 10, 30, 90 and 210 minutes, five
times in general, four times after a 503, twice after a 400 or 404, once after a 500, never after a redirection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from local.paysim.provider import Provider

INTERVALS_MINUTES = (2, 10, 30, 90, 210)
IDLE_SECONDS = 0.2

Post = Callable[[bytes], int | None]
"""Delivers a body and says the HTTP status, or None when nobody answered."""


def retries(status: int | None) -> int:
    """How many times a delivery that ended so is tried again."""
    if status is None:
        return len(INTERVALS_MINUTES)
    if 200 <= status < 400:
        return 0
    return {500: 1, 503: 4, 400: 2, 404: 2}.get(status, len(INTERVALS_MINUTES))


class Notifier:
    """`retry_scale` shortens the intervals (1 = as documented)."""

    def __init__(self, provider: Provider, post: Post, retry_scale: float) -> None:
        self._provider = provider
        self._post = post
        self._retry_scale = retry_scale
        self._wake = threading.Event()
        self._stop = threading.Event()

    def deliver_due(self) -> int:
        """Send what is due, once each; how many were sent. What is not acknowledged before a crash is sent again."""
        book = self._provider.book
        due = book.due(self._provider.clock())
        for notification in due:
            status = self._post(notification.body.encode())
            failures = notification.failures + 1
            with book.writing():
                if failures > retries(status):
                    book.forget(notification.number)
                else:
                    wait = timedelta(minutes=INTERVALS_MINUTES[failures - 1] * self._retry_scale)
                    book.postpone(notification.number, failures, self._provider.clock() + wait)
        return len(due)

    def run(self) -> None:
        """Until `stop`, for a thread of its own."""
        while not self._stop.is_set():
            self._provider.expire_overdue()
            if not self.deliver_due():
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
