"""The upstream issuer's partner interface (ports.issuer.Upstream): login, serial with picture, signature for a serial, state of
a serial, balance. What is known of it, and from where: docs/channels.md.

It answers HTTP 200 whatever happened; the outcome is `errorCode`, or `statusCode`, of which 00 is good. Nothing of its words
goes further than its code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meterai.domain.errors import Busy
from meterai.ports.issuer import Issued, Stock, Unsigned

NAME = "peruri"
TIMEOUT_SECONDS = 4.0
TOKEN_LASTS = timedelta(hours=23)
"""The token is good for 24 hours; it is also renewed when a call that was made with a kept one is refused."""
GOOD, ABNORMAL = "00", "97"
IMAGE_MAX = 256 * 1024
_SERIAL = re.compile(r"[0-9A-Z]{22}", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z]{1,4}", re.ASCII)


class Keys(BaseModel):
    """The issuer's secret: who we are there, and the profile whose key signs for us."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1)

    user: str
    password: str
    profile: str


class _Wire(BaseModel):
    """Part of an answer: members that we do not use may be there."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Outcome(_Wire):
    error_code: str | None = Field(None, alias="errorCode")
    status_code: str | None = Field(None, alias="statusCode")

    @property
    def code(self) -> str:
        return self.error_code or self.status_code or ""


class _Login(_Wire):
    token: str = Field(min_length=1)


class _Given(_Wire):
    sn: str
    image: str


class _Row(_Wire):
    serial: str = Field(alias="serialnumber")
    status: Literal["STAMP", "NOTSTAMP"]
    file: str = ""


class _Rows(_Wire):
    data: list[_Row]


class _Balance(_Wire):
    saldo: int
    notstamp: int


class _Signed(_Wire):
    data: str = Field(min_length=1)


AnyWire = TypeVar("AnyWire", bound=_Wire)


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code if _CODE.fullmatch(code) else "?"


class Peruri:
    """One partner's access. `url` is where the interface is: one address, or three with commas between, for accounts, serials
    and signatures. `chain` is that of the certificate that signs for us, DER, its own first."""

    name = NAME

    def __init__(
        self, url: str, keys: Keys, chain: tuple[bytes, ...], client: httpx.Client, clock: Callable[[], datetime]
    ) -> None:
        parts = [part.strip().rstrip("/") for part in url.split(",")]
        self._accounts, self._serials, self._signatures = parts if len(parts) == 3 else [parts[0]] * 3
        self._keys, self.chain, self._client, self._clock = keys, chain, client, clock
        self._token: str | None = None
        self._token_until = clock()

    # The port ------------------------------------------------------------------------------------------------------

    def signer(self, serial: str, *, again: bool) -> _SerialSigner:
        return _SerialSigner(self, serial, again)

    def probe(self) -> int:
        return self.stock().left

    def issue(self, reference: str) -> Issued:
        wanted = {
            "isUpload": False,
            "namadoc": "3",
            "namafile": reference,
            "nilaidoc": "10000",
            "snOnly": False,
            "nodoc": reference,
            "tgldoc": self._clock().date().isoformat(),
        }
        return _issued(self._result(_Given, "POST", f"{self._serials}/chanel/stampv2", json=wanted))

    def image(self, serial: str) -> bytes:
        given = _issued(self._result(_Given, "GET", f"{self._serials}/snqr/qrimage/{serial}"))
        if given.serial != serial:
            raise Busy("the issuer's answer is about another serial")
        return given.image

    def unsigned(self, reference: str = "") -> Sequence[Unsigned]:
        rows = self._listed(reference).data
        return [
            Unsigned(row.serial, row.file)
            for row in rows
            if row.status == "NOTSTAMP" and reference in ("", row.file) and _SERIAL.fullmatch(row.serial)
        ]

    def signed(self, serial: str) -> bool | None:
        states = {row.status for row in self._listed(serial).data if row.serial == serial}
        return "STAMP" in states if states else None

    def stock(self) -> Stock:
        balance = self._result(_Balance, "GET", f"{self._accounts}/function/saldopos")
        return Stock(balance.saldo, balance.notstamp)

    def sign(self, serial: str, data: bytes, *, again: bool) -> bytes:
        """The signature value over `data`. What is abnormal is tried once more at once, for the same serial. Raises Busy."""
        try:
            return self._signature(serial, data, "1" if again else "0")
        except _Refused as refused:
            if refused.code != ABNORMAL or again:
                raise Busy(f"the issuer did not sign: {refused.code}") from None
        try:
            return self._signature(serial, data, "1")
        except _Refused as refused:
            raise Busy(f"the issuer did not sign: {refused.code}") from None

    # The wire ------------------------------------------------------------------------------------------------------

    def _listed(self, wanted: str) -> _Rows:
        return self._result(_Rows, "GET", f"{self._accounts}/api/chanel/stamp/ext", params={"filter": wanted})

    def _signature(self, serial: str, data: bytes, retry: Literal["0", "1"]) -> bytes:
        wanted = {
            "workerName": self._keys.profile,
            "data": base64.b64encode(data).decode(),
            "systemId": self._keys.user,
            "shaChecksum": hashlib.sha256(data).hexdigest(),
            "retryFlag": retry,
            "refToken": serial,
        }
        url = f"{self._signatures}/keysign/pdfsigning/rest/docSigningB"
        return _decoded(_parsed(_Signed, self._authorized("POST", url, json=wanted)).data)

    def _result(self, model: type[AnyWire], verb: str, url: str, **more: Any) -> AnyWire:
        try:
            body = self._authorized(verb, url, **more)
        except _Refused as refused:
            raise Busy(f"the issuer refused: {refused.code}") from None
        if not isinstance(body, Mapping):
            raise Busy("the issuer's answer cannot be read")
        return _parsed(model, body.get("result"))

    def _authorized(self, verb: str, url: str, **more: Any) -> Any:
        """The body of a good answer. A refusal of a call with a kept token is answered with a new one, once, unless the outcome
        is abnormal: then nobody knows what was done."""
        kept = self._token is not None and self._clock() < self._token_until
        if not kept:
            self._login()
        try:
            return self._asked(verb, url, **more)
        except _Refused as refused:
            if not kept or refused.code == ABNORMAL:
                raise
        self._login()
        return self._asked(verb, url, **more)

    def _login(self) -> None:
        self._token = None
        wanted = {"user": self._keys.user, "password": self._keys.password}
        try:
            body = self._asked("POST", f"{self._accounts}/api/users/login", json=wanted)
        except _Refused:
            raise Busy("the issuer does not let us in") from None
        self._token = _parsed(_Login, body).token
        self._token_until = self._clock() + TOKEN_LASTS

    def _asked(self, verb: str, url: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            answer = self._client.request(
                verb, url, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False, **more
            )
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
            raise Busy("the issuer did not answer") from None
        if answer.status_code != httpx.codes.OK:
            raise Busy("the issuer failed")
        code = _parsed(_Outcome, body).code
        if code != GOOD:
            raise _Refused(code)
        return body


class _SerialSigner:
    """ports.sealing.SealSigner for one serial: what is signed travels, a hundred bytes with the document's hash in them."""

    def __init__(self, issuer: Peruri, serial: str, again: bool) -> None:
        self.chain = issuer.chain
        self._issuer, self._serial, self._again = issuer, serial, again

    def sign(self, data: bytes) -> bytes:
        value = self._issuer.sign(self._serial, data, again=self._again)
        self._again = True  # a second signature of the same seal (a larger timestamp) is for the same serial
        return value


def _issued(given: _Given) -> Issued:
    if not _SERIAL.fullmatch(given.sn):
        raise Busy("the issuer's serial is none")
    return Issued(given.sn, _decoded(given.image))


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Busy("the issuer's answer cannot be read") from None
    if not 0 < len(data) <= IMAGE_MAX:
        raise Busy("the issuer's answer is too large")
    return data


def _parsed(model: type[AnyWire], body: Any) -> AnyWire:
    try:
        return model.model_validate(body)
    except ValidationError:
        raise Busy("the issuer's answer cannot be read") from None
