"""The receipt of a payment through the gateway: a PDF for its owner, before and after money went back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.integration.client import Json, Person, connect, problem, seen, until

pytestmark = pytest.mark.xdist_group("stack")
PDF = {"Accept": "application/pdf"}


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def budi(http: httpx.Client) -> Person:
    return Person.new(http, "budi.kwitansi@contoh.id")


@pytest.fixture(scope="module")
def paid(budi: Person) -> Json:
    return budi.buy(3)


def receipt(person: Person, invoice: str, **headers: str) -> httpx.Response:
    return person.ask("GET", f"/v1/invoices/{invoice}/receipt", headers={**PDF, **headers})


def read(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf"), answer.text[:500]
    document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    assert len(document) == 1
    text: str = document[0].get_textpage().get_text_bounded()
    return " ".join(text.split())


def test_what_was_paid_is_on_it_and_it_is_the_same_file_each_time(budi: Person, paid: Json) -> None:
    answer = receipt(budi, paid["id"])
    text = read(answer)
    for wanted in (
        "Kwitansi", "SPESIMEN", paid["id"], "budi.kwitansi@contoh.id", "WIB", "QRIS lewat Midtrans", paid["payment"]["id"],
        "3 keping × Rp10.000", "Rp30.000", "3 keping × Rp2.500", "Rp7.500", "Rp37.500",
        "tiga puluh tujuh ribu lima ratus rupiah", "bukan faktur pajak",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert answer.headers["Content-Disposition"] == f'attachment; filename="kwitansi-{paid["id"]}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    until(lambda: "Nomor transaksinya" in read(receipt(budi, paid["id"])) or None)  # the lists follow the stream
    assert receipt(budi, paid["id"]).content == receipt(budi, paid["id"]).content
    english = receipt(budi, paid["id"], **{"Accept-Language": "en"})
    assert (english.headers["Content-Language"], "Amount paid Rp37.500" in read(english)) == ("en", True)


def test_there_is_none_before_it_is_paid_for_a_stranger_or_as_anything_but_a_pdf(
    http: httpx.Client, budi: Person, paid: Json
) -> None:
    problem(receipt(budi, budi.invoice()["id"]), 409, "invoice_not_paid")
    problem(receipt(Person.new(http, "lain@contoh.id"), paid["id"]), 404, "not_found")
    problem(http.get(f"/v1/invoices/{paid['id']}/receipt", headers=PDF), 401, "token_invalid")
    problem(budi.ask("GET", f"/v1/invoices/{paid['id']}/receipt"), 400, "request_invalid")
    both = {"Accept": "application/pdf, application/json"}
    problem(budi.ask("GET", f"/v1/invoices/{paid['id']}/receipt", headers=both), 400, "request_invalid")


def test_money_that_went_back_is_on_it(http: httpx.Client) -> None:
    person = Person.new(http, "sari@contoh.id")
    bought = person.buy(1)
    refund = person.refund(bought["id"])
    person.wait_refund(refund["id"], "refunded")
    answer = until(lambda: _given(receipt(person, bought["id"])))
    assert "1 keping Rp9.375" in read(answer)
    assert "Dikembalikan " in read(answer)
    assert seen(person.ask("GET", f"/v1/invoices/{bought['id']}"), 200)["status"] == "refunded"


def _given(answer: httpx.Response) -> httpx.Response | None:
    """The answer, unless it says that the lists have not caught up."""
    return answer if answer.status_code != 503 else None
