"""A client of RFC 3161 time-stamping authorities."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from meterai.domain.errors import TimestampUnavailable

TIMEOUT_SECONDS = 3.0
"""Three authorities that all let somebody wait still leave time for the rest of a seal (template.yaml: 20 s)."""


Revoked = Callable[[bytes], bool]
"""Whether a certificate (DER) is known to be revoked."""


class HttpTimestamps:
    """ports.sealing.TimestampAuthority over HTTP (RFC 3161, section 3.4). Who signs with a certificate that is `revoked` gives
    no time stamp that anybody would believe: another authority may."""

    def __init__(self, client: httpx.Client, url: str, revoked: Revoked | None = None) -> None:
        self._client = client
        self._url = url
        self._revoked = revoked

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
            signers = _certificates(token)
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TimestampUnavailable("the authority did not give a time stamp") from error
        if not (granted and same):
            raise TimestampUnavailable("the authority's time stamp is not for this document")
        if self._revoked is not None and any(map(self._revoked, signers)):
            raise TimestampUnavailable("the authority's certificate is revoked")
        return der


def _certificates(token: Any) -> list[bytes]:
    """Those that a token brings, which are its signer's and some above it (`certReq`, RFC 3161, 2.4.1), each DER."""
    return [choice.chosen.dump() for choice in token["content"]["certificates"] if choice.name == "certificate"]


def http_timestamps(client: httpx.Client, urls: Iterable[str], revoked: Revoked | None = None) -> list[HttpTimestamps]:
    """The authorities at these addresses, in this order."""
    return [HttpTimestamps(client, url, revoked) for url in urls]
