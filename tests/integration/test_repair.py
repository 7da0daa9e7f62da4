"""Repairs through the gateway: the owner names one, the original is kept, before and after are shown, nothing signed is
touched."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pikepdf
import pytest
from PIL import Image

from tests.integration.client import Json, Person, connect, letter, problem, seen, verify
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import make_pki
from tests.unit.pdf.test_repair import scanned, tangled
from tests.unit.pdf.test_seal import signed_by_somebody

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def budi(http: httpx.Client) -> Person:
    person = Person.new(http)
    person.buy(6)
    return person


def locked(source: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="pemilik", user="", R=6))
    return out.getvalue()


def repaired(person: Person, document: str, **body: Any) -> Json:
    return seen(person.ask("POST", f"/v1/documents/{document}/repair", json=body), 200)


def picture(http: httpx.Client, url: str) -> Image.Image:
    """What a preview's link leads to."""
    answer = http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    return Image.open(io.BytesIO(answer.content))


@pytest.mark.parametrize(
    ("kind", "source"), [("unlock", locked(letter(seed=1))), ("rewrite", tangled("/Count 1 /Kids [4 0 R 2 0 R]"))]
)
def test_what_refuses_a_document_names_the_repair_that_mends_it(
    http: httpx.Client, budi: Person, kind: str, source: bytes
) -> None:
    document = budi.bring(source)
    found = budi.get(f"/v1/documents/{document}")
    (error,) = [finding for finding in found["findings"] if finding["severity"] == "error"]
    assert (found["status"], error["repairable"], error["repair"]) == ("refused", True, kind)
    problem(budi.ask_stamping(document), 422, error["code"])
    repaired(budi, document, repair=kind)
    mended = budi.get(f"/v1/documents/{document}")
    assert (mended["status"], mended["id"]) == ("ready", document)
    (line,) = mended["repairs"]
    assert line["repair"] == kind
    assert (line["before"]["sha256"], line["before"]["size"]) == (hashlib.sha256(source).hexdigest(), len(source))
    assert line["before"]["findings"] == [error["code"]]
    assert (line["after"]["sha256"], line["after"]["size"]) == (mended["sha256"], mended["size"])
    assert picture(http, line["after"]["preview_url"]).width > 100
    assert picture(http, mended["pages"][0]["preview_url"]).width > 100
    assert repaired(budi, document, repair=kind)["sha256"] == mended["sha256"]
    sealed = budi.download(budi.wait_stamping(budi.ask_stamping(document).json()["id"], "done"))
    assert hashlib.sha256(sealed[: mended["size"]]).hexdigest() == mended["sha256"]
    assert verify(http, sealed)["verdict"] == "authentic"


def test_scans_are_shrunk_to_the_size_that_a_portal_takes(budi: Person) -> None:
    source = scanned(edge=1200)
    document = budi.bring(source)
    wanted = len(source) // 3
    small = repaired(budi, document, repair="shrink_images", size_max=wanted)
    assert (small["status"], small["size"] <= wanted) == ("ready", True)
    (line,) = budi.get(f"/v1/documents/{document}")["repairs"]
    assert line["before"]["size"] == len(source)


def test_nothing_signed_is_ever_rewritten(budi: Person) -> None:
    pki = make_pki()
    stamped = House(pki, b"x".__mul__).stamp(letter(seed=2), number="0" * 22)
    for source in (signed_by_somebody(letter(seed=2), pki), stamped):
        document = budi.bring(source)
        for body in ({"repair": "rewrite"}, {"repair": "shrink_images", "size_max": 10_000}):
            problem(budi.ask("POST", f"/v1/documents/{document}/repair", json=body), 422, "document_signed")
        assert budi.get(f"/v1/documents/{document}")["sha256"] == hashlib.sha256(source).hexdigest()


def test_a_repair_is_the_owners_alone_and_by_its_name(http: httpx.Client, budi: Person) -> None:
    document = budi.bring(locked(letter(seed=3)))
    path = f"/v1/documents/{document}/repair"
    problem(Person.new(http).ask("POST", path, json={"repair": "unlock"}), 404, "not_found")
    problem(budi.ask("POST", path, json={"repair": "polish"}), 400, "request_invalid")
    problem(budi.ask("POST", path, json={"repair": "shrink_images"}), 400, "request_invalid")
    assert budi.get(f"/v1/documents/{document}")["status"] == "refused"


def test_a_document_that_a_stamping_holds_is_not_changed_under_it(budi: Person) -> None:
    source = letter(seed=4)
    document = budi.bring(source)
    budi.wait_stamping(budi.ask_stamping(document).json()["id"], "done")
    problem(budi.ask("POST", f"/v1/documents/{document}/repair", json={"repair": "rewrite"}), 409, "document_in_use")
    assert budi.get(f"/v1/documents/{document}")["sha256"] == hashlib.sha256(source).hexdigest()
