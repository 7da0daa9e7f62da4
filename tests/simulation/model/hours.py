"""Time in the model: a clock of few ticks, and instants that are only earlier or later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2024, 9, 3, 3, 0, tzinfo=UTC)
PAST = START - timedelta(days=30)
"""What every instant becomes that is over and is only asked whether it is."""
FLOOR = START - timedelta(days=4)
"""How far back an instant goes that others are counted from: past every window of the policy."""
