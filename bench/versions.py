"""Which code a figure is of."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

from bench.corpus import HOUSE


def version() -> dict[str, str]:
    """The commit that is checked out and the day, as a record begins; a tree with changes of its own says so."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results", ":!docs")
    return {"commit": f"{commit} and changes" if changed else commit, "day": datetime.now(UTC).date().isoformat()}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=HOUSE, capture_output=True, text=True, check=True).stdout.strip()
