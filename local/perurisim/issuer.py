"""The partner interface itself, as a function of requests: HTTP 200 whatever happens, and the outcome in a code.

Knobs (`POST /_knobs`, put back by `DELETE /_knobs`):

    down        true: nobody answers (503 from a gateway in front)
    slow        seconds before an answer
    wrong       "signature": by another key; "serial": of another form; "json": half an answer
    abnormal    so many signings end with 97, the signature made and not given
    lost        {"issue": n, "sign": n}: so many are done, and their answers lost (504)
    token       seconds that a token lasts
    saldo       what is left to give out
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import segno
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.perurisim.book import Book

DAY_SECONDS = 86_400.0
PATHS = {
    "login": ("POST", "/api/users/login"),
    "issue": ("POST", "/chanel/stampv2"),
    "list": ("GET", "/api/chanel/stamp/ext"),
    "balance": ("GET", "/function/saldopos"),
    "sign": ("POST", "/keysign/pdfsigning/rest/docSigningB"),
}
IMAGE = "/snqr/qrimage/"


@dataclass(frozen=True)
class Keys:
    """What the partner has."""

    user: str
    password: str
    profile: str


@dataclass
class Knobs:
    """How it goes wrong (see above)."""

    down: bool = False
    slow: float = 0.0
    wrong: Literal["", "signature", "serial", "json"] = ""
    abnormal: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    token: float = DAY_SECONDS


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered: a body of JSON, or what a gateway in front says."""

    status: int
    body: bytes


class Lost(Exception):
    """It was done, and nobody hears of it."""


class PeruriSim:
    """The simulated issuer. `key` signs for every serial."""

    def __init__(self, keys: Keys, key: rsa.RSAPrivateKey, book: Book, clock: Callable[[], datetime]) -> None:
        self.keys, self.book, self.knobs = keys, book, Knobs()
        self._key, self._clock = key, clock
        self._other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._tokens: dict[str, datetime] = {}

    def __call__(self, asked: Asked) -> Answer:
        """The answer to a request; knobs are turned at /_knobs."""
        if asked.path == "/_knobs":
            return self._turn(asked)
        if asked.path == "/_health":
            return _json({"saldo": self.book.saldo, "notstamp": self.book.notstamp})
        if self.knobs.down:
            return Answer(503, b"<html>Service Unavailable</html>")
        try:
            answer = _json(self._asked(asked))
        except Lost:
            return Answer(504, b"<html>Gateway Timeout</html>")
        return Answer(200, answer.body[: len(answer.body) // 2]) if self.knobs.wrong == "json" else answer

    def _turn(self, asked: Asked) -> Answer:
        if asked.method == "DELETE":
            self.knobs = Knobs()
        else:
            wanted = json.loads(asked.body)
            self.book.saldo = wanted.pop("saldo", self.book.saldo)
            self.knobs = replace(self.knobs, **wanted)
        return _json(vars(self.knobs))

    def _asked(self, asked: Asked) -> dict[str, Any]:
        what = next((name for name, way in PATHS.items() if way == (asked.method, asked.path)), None)
        if what is None and not asked.path.startswith(IMAGE):
            return _refused("94", "unknown")
        try:
            body = json.loads(asked.body) if asked.method == "POST" else {}
        except ValueError:
            return _refused("90", "input")
        if what == "login":
            return self._login(body)
        if not self._known(asked.headers.get("authorization", "")):
            return _refused("401", "token expired")
        match what:
            case "issue":
                return self._issue(body)
            case "list":
                return self._list(asked.query.get("filter", ""))
            case "balance":
                return _good(result={"saldo": self.book.saldo, "notstamp": self.book.notstamp})
            case "sign":
                return self._sign(body)
        return self._image(asked.path.removeprefix(IMAGE))

    def _login(self, body: Mapping[str, Any]) -> dict[str, Any]:
        given, wanted = (str(body.get("user")), str(body.get("password"))), (self.keys.user, self.keys.password)
        if not all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, wanted, strict=True)):
            return _refused("91", "user or password")
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self._clock()
        return _good(token=token)

    def _known(self, header: str) -> bool:
        since = self._tokens.get(header.removeprefix("Bearer "))
        return since is not None and self._clock() < since + timedelta(seconds=self.knobs.token)

    def _issue(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if not all(body.get(name) for name in ("namadoc", "namafile", "nilaidoc", "tgldoc")):
            return _refused("96", "input")
        try:
            serial = self.book.give(str(body["namafile"]))
        except LookupError:
            return _refused("95", "no balance")
        self._lose("issue")
        shown = serial.lower() if self.knobs.wrong == "serial" else serial
        return _good(result={"sn": shown, "image": picture(serial)})

    def _list(self, wanted: str) -> dict[str, Any]:
        rows = [
            {"serialnumber": serial, "status": given.status, "file": given.file}
            for serial, given in self.book.serials.items()
            if wanted in ("", serial, given.file)
        ]
        return _good(result={"data": rows})

    def _image(self, serial: str) -> dict[str, Any]:
        if serial not in self.book.serials:
            return _refused("92", "unknown serial")
        return _good(result={"sn": serial, "image": picture(serial)})

    def _sign(self, body: Mapping[str, Any]) -> dict[str, Any]:
        serial, again = str(body.get("refToken")), body.get("retryFlag") == "1"
        data = base64.b64decode(str(body.get("data")))
        if body.get("workerName") != self.keys.profile:
            return _failed("92")
        if body.get("shaChecksum") != hashlib.sha256(data).hexdigest():
            return _failed("94")
        if serial not in self.book.serials or (self.book.serials[serial].signed and not again):
            return _failed("95")
        key = self._other if self.knobs.wrong == "signature" else self._key
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        self.book.sign(serial)
        self._lose("sign")
        if self.knobs.abnormal > 0:
            self.knobs.abnormal -= 1
            return _failed("97")
        return {"errorCode": "00", "errorMessage": "Success", "data": base64.b64encode(signature).decode()}

    def _lose(self, what: str) -> None:
        if self.knobs.lost.get(what, 0) > 0:
            self.knobs.lost[what] -= 1
            raise Lost


def picture(serial: str) -> str:
    """The stamp's picture (PNG, base64): a QR of the serial, with no likeness to the real one."""
    written = io.BytesIO()
    segno.make(f"SPESIMEN {serial}", error="m").save(written, kind="png", scale=6, border=2, dark="#5c1a3a")
    return base64.b64encode(written.getvalue()).decode()


def _good(**more: Any) -> dict[str, Any]:
    return {"statusCode": "00", "message": "success", **more}


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message}


def _failed(code: str) -> dict[str, Any]:
    return {"errorCode": code, "errorMessage": "failed"}


def _json(body: Mapping[str, Any]) -> Answer:
    return Answer(200, json.dumps(body).encode())
