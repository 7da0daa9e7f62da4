"""Logs: structured, and free of documents, tokens, contacts and environments."""

from __future__ import annotations

import traceback

from aws_lambda_powertools import Logger

logger = Logger(service="meterai", log_uncaught_exceptions=False)


def unexpected(error: BaseException) -> None:
    """Log an exception that nobody foresaw: its type and where it came from, never its text (which may quote a request)."""
    frames = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or error.__context__
    logger.error("unexpected", extra={"kind": type(error).__name__, "frames": frames, "cause": type(cause).__name__})
