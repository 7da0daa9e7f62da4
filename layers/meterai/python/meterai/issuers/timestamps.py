"""A client of RFC 3161 time-stamping authorities."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import httpx

from meterai.domain.errors import TimestampUnavailable

TIMEOUT_SECONDS = 3.0
"""Three authorities that all let somebody wait still leave time for the rest of a seal (template.yaml: 20 s)."""


class HttpTimestamps:
    """ports.sealing.TimestampAuthority over HTTP (RFC 3161, section 3.4)."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url

    def token(self, digest: bytes) -> bytes:
        from asn1crypto import algos, cms, tsp  # with the PDF libraries, not in every function

        imprint = tsp.MessageImprint(
            {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
        )
        nonce = secrets.randbits(63)
        request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
        try:
            answer = self._client.post(
                self._url,
                content=request.dump(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout=TIMEOUT_SECONDS,
            )
            answer.raise_for_status()
            response = tsp.TimeStampResp.load(answer.content)
            granted = response["status"]["status"].native in ("granted", "granted_with_mods")
            token: cms.ContentInfo = response["time_stamp_token"]
            info = token["content"]["encap_content_info"]["content"].parsed
            same = info["message_imprint"].dump() == imprint.dump() and info["nonce"].native == nonce
            der: bytes = token.dump()
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TimestampUnavailable("the authority did not give a time stamp") from error
        if not (granted and same):
            raise TimestampUnavailable("the authority's time stamp is not for this document")
        return der


def http_timestamps(client: httpx.Client, urls: Iterable[str]) -> list[HttpTimestamps]:
    """The authorities at these addresses, in this order."""
    return [HttpTimestamps(client, url) for url in urls]
