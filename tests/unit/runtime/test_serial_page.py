"""The page behind the QR code: what the register says in both languages, and nobody's own words on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, get_args

import pytest
from aws_lambda_powertools.event_handler import Response

from meterai.domain.errors import Busy
from meterai.domain.ledger import Key, Row
from meterai.domain.rows import Serial, Stamping
from meterai.domain.serial import mint
from meterai.domain.verdict import SerialState
from meterai.operations.verify_document import look_up_serial
from meterai.runtime import http
from meterai.runtime.serial_page import KEPT_SECONDS, SerialPage
from tests.fakes.ledger import MemoryLedger
from tests.unit.runtime.test_status_page import HOSTILE, Read

AT = datetime(2024, 9, 3, 14, 14, 5, tzinfo=UTC)
NUMBER = mint(lambda count: bytes(range(count)))
UPSTREAM = "PERURI0000000000000007"
STORAGE = "https://sources.storage.example"


class Down(MemoryLedger):
    def get(self, key: Key) -> Row | None:
        raise Busy("the table did not answer")


class Broken(MemoryLedger):
    def get(self, key: Key) -> Row | None:
        raise KeyError("a secret of ours")


def register(
    state: Any = "affixed", *, number: str = NUMBER, issuer: str = "own", document_type: str | None = None,
    size: int | None = 104_448,
) -> MemoryLedger:  # fmt: skip
    ledger = MemoryLedger()
    serial = Serial(
        id=number, state=state, stamping="stp_1", issuer=issuer, issued_at=AT, sealed_sha256="0123456789abcdef" * 4,
        affixed_at=AT if state == "affixed" else None,
    )  # fmt: skip
    stamping = Stamping(
        id="stp_1", account="acc_1", document="doc_1", fingerprint="f", status="done", version="v", sha256="0" * 64, size=9,
        page=1, x=1, y=1, width=1, joined_at=AT, sent_at=AT, sealed_size=size, document_type=document_type,
    )  # fmt: skip
    ledger.project(put=[(one.key, one.row()) for one in (serial, stamping)])
    return ledger


def asked(ledger: MemoryLedger, serial: str, lang: str | None = None) -> dict[str, Any]:
    page = SerialPage(lambda: STORAGE)
    app = http.api({"v": page.refused})

    @app.get("/v/<serial>")
    def serial_page(serial: str, lang: http.PageLanguage = None) -> Response[str]:
        return page.shown(look_up_serial(ledger, serial), lang)

    query = {"lang": lang} if lang else None
    event = {
        "resource": "/v/{serial}",
        "path": f"/v/{serial}",
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {"lang": [lang]} if lang else None,
        "requestContext": {"requestId": "r-1", "path": f"/live/v/{serial}", "httpMethod": "GET"},
        "body": None,
        "isBase64Encoded": False,
    }
    return http.serve(app)(event, None)


def header(answer: dict[str, Any], name: str) -> str | None:
    found = answer["multiValueHeaders"].get(name)
    return found[0] if found else None


def read(answer: dict[str, Any]) -> Read:
    assert header(answer, "Content-Type") == "text/html; charset=utf-8"
    return Read(answer["body"].encode())


def told(page: Read) -> str:
    return " ".join(page.text.split())


SENTENCES = {
    "id": (
        "Nomor seri ini tercatat sudah dibubuhkan.",
        "Dibubuhkan 3 September 2024 pukul 21.14 WIB",
        "Penerbit layanan ini",
        "Jenis dokumen surat pernyataan",
        "Ukuran berkas 104 KB",
        "0123 4567 89ab cdef …",
        "belum membuktikan berkas di tangan Anda",
        "Periksa berkas di halaman utama",
    ),
    "en": (
        "This serial number is recorded as affixed.",
        "Affixed 3 September 2024, 21:14 WIB",
        "Issuer this service",
        "Kind of document surat pernyataan",
        "Size of the file 104 KB",
        "0123 4567 89ab cdef …",
        "does not prove the file you hold",
        "Check a file on the main page",
    ),
}


@pytest.mark.parametrize("lang", [None, "id", "en", "fr"])
def test_an_affixed_stamp_is_told_in_the_language_asked_for(lang: str | None) -> None:
    answer = asked(register(document_type="surat pernyataan"), NUMBER, lang)
    page, wanted = read(answer), "en" if lang == "en" else "id"
    assert (answer["statusCode"], header(answer, "Cache-Control")) == (200, f"public, max-age={KEPT_SECONDS}")
    for sentence in SENTENCES[wanted]:
        assert sentence in told(page).replace("  ", " "), sentence
    (html,) = page.all("html")
    assert (html["lang"], html["data-only"]) == (wanted, wanted)
    assert NUMBER in told(page)
    links = [one["href"] for one in page.all("a")]
    assert {"/#verifying", "?lang=id", "?lang=en"} <= set(links)
    assert [one["href"] for one in page.all("a") if "aria-current" in one] == [f"?lang={wanted}"]


@pytest.mark.parametrize(
    ("size", "id", "en"),
    [
        (None, "tidak disebut", "not said"),
        (12, "1 KB", "1 KB"),
        (2_000_000, "2 MB", "2 MB"),
        (5_240_000, "5,2 MB", "5.2 MB"),
    ],
)
def test_what_the_register_does_not_know_is_said_and_sizes_are_written_as_people_do(
    size: int | None, id: str, en: str
) -> None:
    ledger = register(size=size, number=UPSTREAM, issuer="peruri")
    assert f"Ukuran berkas {id}" in told(read(asked(ledger, UPSTREAM.lower())))
    page = told(read(asked(ledger, UPSTREAM.lower(), "en")))
    assert f"Size of the file {en}" in page
    assert "Kind of document not said" in page
    assert "Issuer peruri" in page


@pytest.mark.parametrize("state", [None, *(one for one in get_args(SerialState) if one != "affixed")])
@pytest.mark.parametrize(("lang", "says", "does"), [
    (None, "tidak tercatat sudah dibubuhkan", "Mintalah berkas PDF aslinya"),
    ("en", "not recorded as affixed", "Ask for the original PDF file"),
])  # fmt: skip
def test_no_other_state_is_told_apart_from_a_number_that_nobody_knows(
    state: str | None, lang: str | None, says: str, does: str
) -> None:
    answer = asked(register(state) if state else MemoryLedger(), NUMBER, lang)
    page = told(read(answer))
    assert (answer["statusCode"], header(answer, "Cache-Control")) == (404, "no-store")
    assert says in page
    assert does in page
    assert NUMBER in page
    assert answer["body"] == asked(MemoryLedger(), NUMBER, lang)["body"]


@pytest.mark.parametrize("typed", ["0" * 22, "0" * 21, "HALO", "../../etc", "%20", " ", "Ω" * 22])
@pytest.mark.parametrize(("lang", "says"), [(None, "salah ketik"), ("en", "mistyped")])
def test_a_mistyped_number_is_not_found_and_the_page_says_what_to_do(typed: str, lang: str | None, says: str) -> None:
    answer = asked(register(), typed, lang)
    page = told(read(answer))
    assert (answer["statusCode"], header(answer, "Cache-Control")) == (404, "no-store")
    assert says in page
    assert "22" in page


@pytest.mark.parametrize("ledger", [Down(), Broken()], ids=["down", "broken"])
@pytest.mark.parametrize(("lang", "says"), [(None, "Daftar sedang sibuk"), ("en", "The register is busy")])
def test_a_register_that_does_not_answer_says_nothing_of_the_stamp(
    ledger: MemoryLedger, lang: str | None, says: str
) -> None:
    answer = asked(ledger, NUMBER, lang)
    page = read(answer)
    assert (answer["statusCode"], header(answer, "Cache-Control")) == (503, "no-store")
    assert re.fullmatch(r"[1-9]\d*", header(answer, "Retry-After") or "")
    assert says in told(page)
    assert "secret" not in answer["body"]
    assert f"?lang={lang or 'id'}" in [one["href"] for one in page.all("a") if "hreflang" not in one]


@pytest.mark.parametrize(
    "hostile", [HOSTILE, "<script>alert(1)</script>", "TELEPON 0812-3456", "%3Cb%3E", "'\"><b>", "\\`#"]
)
def test_nothing_of_a_hostile_number_is_on_the_page(hostile: str) -> None:
    answer = asked(register(), hostile)
    assert answer["statusCode"] == 404
    assert answer["body"] == asked(register(), "X")["body"]


def test_words_of_the_owner_and_of_an_issuer_are_text_and_nothing_else() -> None:
    plain = read(asked(register(), NUMBER))
    hostile = read(asked(register(document_type=HOSTILE, issuer=HOSTILE), NUMBER))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert hostile.text.count(HOSTILE) == 2


EVERY = [(register(), NUMBER), (MemoryLedger(), NUMBER), (MemoryLedger(), "X"), (Down(), NUMBER)]


@pytest.mark.parametrize(("ledger", "number"), EVERY, ids=["affixed", "unknown", "mistyped", "busy"])
def test_every_page_is_shut_tight_and_for_no_search_engine(ledger: MemoryLedger, number: str) -> None:
    answer = asked(ledger, number)
    policy = dict(part.strip().split(" ", 1) for part in (header(answer, "Content-Security-Policy") or "").split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {STORAGE}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert header(answer, "X-Robots-Tag") == "noindex"
    assert header(answer, "X-Content-Type-Options") == "nosniff"
    page = read(answer)
    assert {"name": "robots", "content": "noindex"} in page.all("meta")
    loaded = [one.get("src") or one.get("href") or "" for tag in ("script", "link", "img") for one in page.all(tag)]
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert all("style" not in one and not any(name.startswith("on") for name in one) for _, one in page.tags)
    assert [one.get("src") for one in page.all("script")] == ["/page/serial.js"]
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(set(ids)) == len(ids)
    assert "$" not in answer["body"]


def test_whoever_asks_for_json_is_told_a_problem_where_no_page_is() -> None:
    app = http.api({"v": SerialPage(lambda: STORAGE).refused})
    event = {"path": "/v1/nothing", "httpMethod": "GET", "headers": {}, "requestContext": {"requestId": "r-1"}}
    assert header(http.serve(app)(event, None), "Content-Type") == "application/problem+json"
