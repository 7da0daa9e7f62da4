"""What comes over the wire: text compressed, and nothing behind an answer that has no body."""

from __future__ import annotations

import httpx

from tests.integration.conftest import Stack
from tests.unit.web.node import WEB


def test_a_file_is_compressed_and_the_answer_that_it_did_not_change_is_empty(stack: Stack) -> None:
    """Bytes behind a 304 would be taken for the beginning of the next answer on the same connection."""
    file, found = (WEB / "style.css").read_bytes(), []
    with httpx.Client(base_url=stack.web_url, limits=httpx.Limits(max_connections=1)) as client:
        tag = client.head("/style.css").headers["ETag"]
        for more in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-9"}, {"Accept-Encoding": "identity"}, {}):
            answer = client.get("/style.css", headers={"Accept-Encoding": "gzip", **more})
            found.append((answer.status_code, answer.headers.get("Content-Encoding"), answer.content))
    assert found == [
        (200, "gzip", file), (304, None, b""), (206, None, file[:10]), (200, None, file), (200, "gzip", file)
    ]  # fmt: skip
