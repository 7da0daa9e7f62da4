"""Time and randomness of the real world, for handlers to hand to operations."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

random = secrets.token_bytes
pause = time.sleep
timer = time.monotonic


def now() -> datetime:
    """The instant, UTC."""
    return datetime.now(UTC)
