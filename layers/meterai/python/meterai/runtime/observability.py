"""Logs: structured, and free of documents, tokens, contacts and environments."""

from __future__ import annotations

import traceback

from aws_lambda_powertools import Logger

from meterai.domain.errors import Refusal

logger = Logger(service="meterai", log_uncaught_exceptions=False)


def unexpected(error: BaseException) -> None:
    """Log an exception that nobody foresaw: its type and where it came from, never its text (which may quote a request)."""
    frames = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or error.__context__
    logger.error("unexpected", extra={"kind": type(error).__name__, "frames": frames, "cause": type(cause).__name__})


def unavailable(refusal: Refusal) -> None:
    """Log what stands behind a refusal of ours to be retried: its code, and the type and upstream's code of its cause."""
    cause = refusal.__cause__
    upstream = getattr(cause, "response", None)
    code = upstream.get("Error", {}).get("Code") if isinstance(upstream, dict) else None
    logger.warning(
        "unavailable",
        extra={"code": refusal.code, "detail": refusal.detail, "kind": type(cause).__name__, "upstream_code": code},
    )
