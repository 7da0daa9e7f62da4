"""The whole road through the gateway: every verb, with everything behind it real."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.integration.client import Json, Person, connect, letter, new_key, problem, seen, until, verify
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import make_pki
from tests.unit.pdf.test_shown import drawn, encoded, scan

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def budi(http: httpx.Client) -> Person:
    """Somebody with pieces enough for the tests that only need one."""
    person = Person.new(http)
    person.buy(30)
    return person


@pytest.fixture(scope="module")
def source() -> bytes:
    return letter()


@pytest.fixture(scope="module")
def done(budi: Person, source: bytes) -> Json:
    """A stamping of `source` that is done."""
    return budi.stamp(source)


@pytest.fixture(scope="module")
def sealed(budi: Person, done: Json) -> bytes:
    return budi.download(done)


@contextmanager
def nobody_seals(stack: Any) -> Iterator[None]:
    """People's line is not read inside the block: what was asked for stays queued."""
    engine = stack.client("lambda")
    source = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.access["paid_queue_url"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    (mapping,) = engine.list_event_source_mappings(EventSourceArn=source)["EventSourceMappings"]
    engine.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        engine.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def provider(stack: Any, http: httpx.Client, **knobs: Any) -> Iterator[None]:
    """The payment provider goes wrong in this way inside the block."""
    address = f"{stack.access['simulator_url']}/_knobs"
    seen(http.post(address, json=knobs), 200)
    try:
        yield
    finally:
        seen(http.delete(address), 200)


@pytest.fixture(scope="module", autouse=True)
def lost(stack: Any, http: httpx.Client) -> tuple[Person, Json, Json]:
    """A refund that the provider made and whose answer was lost: asked for early, because it is asked about half a minute
    later, and looked at by the last test. With the invoice that goes back."""
    person = Person.new(http)
    bought = person.buy(1)
    with provider(stack, http, refund_answer_lost=True):
        refund = person.refund(bought["id"])
        until(lambda: refunds_at_provider(stack, http, bought))
    return person, bought, refund


def refunds_at_provider(stack: Any, http: httpx.Client, invoice: Json) -> list[Json]:
    """The refunds of an invoice's payment as the provider has them."""
    address = f"{stack.access['simulator_url']}/v2/{invoice['payment']['id']}/status"
    server_key = json.loads((stack.state / "payment.json").read_text())["midtrans"]["server_key"]
    known = seen(http.get(address, auth=(server_key, "")), 200)
    found: list[Json] = known.get("refunds", [])
    return found


# The road ------------------------------------------------------------------------------------------------------------------


def test_a_person_buys_pays_stamps_verifies_and_gets_another_invoice_back(http: httpx.Client) -> None:
    siti = Person.new(http, "siti@contoh.id")
    assert set(siti.quota().values()) == {0}
    invoice = siti.invoice(2, reference="CASN-1", metadata={"untuk": "lamaran"})
    assert invoice["status"] == "awaiting_payment"
    assert invoice["total_idr"] == 2 * invoice["unit_price_idr"] + invoice["fee_idr"] == 25_000
    assert invoice["payment"]["qr_string"]
    assert invoice["refund_policy"]["percent"] == 75
    siti.pay(invoice)
    paid = siti.wait_invoice(invoice["id"], "paid")
    assert (paid["reference"], paid["metadata"]) == ("CASN-1", {"untuk": "lamaran"})
    assert siti.quota()["available"] == 2

    source = letter()
    document = siti.bring(source)
    shown = siti.get(f"/v1/documents/{document}")
    assert (shown["status"], shown["sha256"]) == ("ready", hashlib.sha256(source).hexdigest())
    asked = siti.ask_stamping(document, wait=10)
    stamping = siti.wait_stamping(asked.json()["id"], "done")
    sealed = siti.download(stamping)
    assert sealed.startswith(source)
    assert hashlib.sha256(sealed).hexdigest() == stamping["sealed_sha256"]
    assert len(sealed) == stamping["sealed_size"] <= shown["stamped_size_max"]
    assert siti.quota() == {**siti.quota(), "available": 1, "reserved": 0, "used": 1}
    assert verify(http, sealed)["verdict"] == "authentic"
    assert seen(http.get(f"/v1/serials/{stamping['serial']}"), 200)["state"] == "affixed"

    second = siti.buy(1)
    quote = siti.get("/v1/refund-quotes", invoice_id=second["id"], reason="batal")
    assert (quote["eligible"], quote["amount_idr"]) == (True, 9_375)
    refund = siti.refund(second["id"])
    assert refund["amount_idr"] == 9_375
    settled = siti.wait_refund(refund["id"], "refunded")
    steps = [line["status"] for line in settled["timeline"] if not (line["note"] or "").startswith("day_")]
    assert steps == ["received", "approved", "paying", "refunded"]
    assert settled["settled_at"]
    assert siti.get(f"/v1/invoices/{second['id']}")["status"] == "refunded"
    assert siti.quota() == {**siti.quota(), "available": 1, "held": 0, "refunded": 1, "used": 1}
    told = ["invoice.paid", "stamping.done", "invoice.paid", "refund.received", "refund.refunded"]
    until(lambda: _in_order(told, [event["type"] for event in siti.get("/v1/events", limit=100)["data"]]))


def _in_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(each in rest for each in wanted)


# Buying --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["deny", "expire"])
def test_a_payment_that_fails_ends_the_invoice_and_a_new_code_still_pays_it(http: httpx.Client, action: str) -> None:
    person = Person.new(http)
    invoice = person.invoice()
    person.pay(invoice, action)
    assert person.wait_invoice(invoice["id"], "expired")["payment"]["status"] in ("denied", "expired")
    assert person.quota()["available"] == 0
    again = seen(
        person.ask("POST", f"/v1/invoices/{invoice['id']}/payments", key=new_key(), json={"payment_method": "va"}), 201
    )
    assert again["payment"]["id"] != invoice["payment"]["id"]
    assert again["payment"]["va_number"]
    person.pay(again)
    person.wait_invoice(invoice["id"], "paid")
    assert person.quota()["available"] == 1


def test_a_payment_that_comes_after_the_code_expired_is_still_credited(http: httpx.Client) -> None:
    person = Person.new(http)
    invoice = person.invoice(3)
    person.pay(invoice, "settle_late")
    person.wait_invoice(invoice["id"], "paid")
    assert person.quota()["available"] == 3


def test_paying_twice_credits_once_and_sends_the_second_payment_back_whole(http: httpx.Client) -> None:
    person = Person.new(http)
    invoice = person.invoice(2)
    person.pay(invoice, "settle_twice")
    person.wait_invoice(invoice["id"], "paid")
    (back,) = until(lambda: person.get("/v1/refunds")["data"])
    assert (back["kind"], back["amount_idr"], back["invoice_id"]) == ("payment", 25_000, invoice["id"])
    problem(person.ask("POST", f"/v1/refunds/{back['id']}/cancel"), 409, "refund_not_cancellable")
    person.wait_refund(back["id"], "refunded")
    assert person.quota() == {**person.quota(), "available": 2, "held": 0, "refunded": 0}
    assert person.get(f"/v1/invoices/{invoice['id']}")["status"] == "paid"


def test_a_payment_whose_notification_comes_twice_is_credited_once(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    with provider(stack, http, duplicate_notifications=True):
        person.buy(2)
        waiting = f"{stack.access['simulator_url']}/_health"
        until(lambda: http.get(waiting).json()["notifications_waiting"] == 0)
    assert person.quota()["available"] == 2


def test_a_payment_of_another_amount_buys_nothing_and_goes_back(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    invoice = person.invoice(1)
    with provider(stack, http, wrong_amount="9999.00"):
        person.pay(invoice)
        (back,) = until(lambda: person.get("/v1/refunds")["data"])
    assert (back["kind"], back["amount_idr"]) == ("payment", 9_999)
    assert person.quota()["available"] == 0


def test_the_same_key_gives_the_same_invoice_and_another_body_under_it_is_refused(http: httpx.Client) -> None:
    person = Person.new(http)
    key = new_key()
    first = person.ask("POST", "/v1/invoices", key=key, json={"quantity": 1, "payment_method": "qris"})
    again = person.ask("POST", "/v1/invoices", key=key, json={"quantity": 1, "payment_method": "qris"})
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    other = person.ask("POST", "/v1/invoices", key=key, json={"quantity": 2, "payment_method": "qris"})
    problem(other, 422, "idempotency_key_reused")
    assert Person.new(http).invoice(key=key)["id"] != first.json()["id"]


def test_an_outage_of_the_provider_is_a_problem_to_retry_and_loses_nothing(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    key = new_key()
    wanted = {"quantity": 1, "payment_method": "qris"}
    with provider(stack, http, outage=True):
        refused = person.ask("POST", "/v1/invoices", key=key, json=wanted)
        problem(refused, 503, "payment_provider_unavailable")
    invoice = seen(person.ask("POST", "/v1/invoices", key=key, json=wanted), 201)
    person.pay(invoice)
    person.wait_invoice(invoice["id"], "paid")


# Stamping ------------------------------------------------------------------------------------------------------------------


def test_a_wish_to_wait_is_answered_with_the_stamp(budi: Person) -> None:
    document = budi.bring(letter())
    asked = budi.ask_stamping(document, wait=20)
    stamping = seen(asked, 200)
    assert (stamping["status"], asked.headers["location"]) == ("done", f"/v1/stampings/{stamping['id']}")
    assert budi.download(stamping)


def test_without_a_wish_the_answer_is_accepted_with_where_and_when_to_look(budi: Person) -> None:
    asked = budi.ask_stamping(budi.bring(letter()))
    stamping = seen(asked, 202)
    assert asked.headers["location"] == f"/v1/stampings/{stamping['id']}"
    assert int(asked.headers["retry-after"]) >= 1
    assert stamping["download_url"] is None
    assert budi.wait_stamping(stamping["id"])["status"] == "done"


def test_a_stamp_goes_where_the_person_tapped(budi: Person) -> None:
    place = {"page": 1, "x": 0.25, "y": 0.125, "width": 0.125}
    assert budi.stamp(placement=place)["placement"] == place


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"page": 2, "x": 0.1, "y": 0.1, "width": 0.1}, "placement_off_page"),
        ({"page": 1, "x": 0.95, "y": 0.1, "width": 0.1}, "placement_off_page"),
        ({"page": 1, "x": 0.1, "y": 0.98, "width": 0.1}, "placement_off_page"),
        ({"page": 1, "x": 0.1, "y": 0.1, "width": 0.01}, "placement_too_small"),
    ],
)
def test_a_place_that_will_not_do_is_refused_and_costs_nothing(budi: Person, place: Json, code: str) -> None:
    before = budi.quota()
    problem(budi.ask_stamping(budi.bring(letter()), place), 422, code)
    assert budi.quota() == before


def test_asking_again_spends_no_second_piece_and_another_does(http: httpx.Client) -> None:
    person = Person.new(http)
    person.buy(2)
    document, key = person.bring(letter()), new_key()
    first = person.ask_stamping(document, key=key, wait=20)
    assert "idempotency-replayed" not in first.headers
    replay = person.ask_stamping(document, key=key, wait=20)
    other_key = person.ask_stamping(document)
    for again in (replay, other_key):
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
    person.wait_stamping(first.json()["id"], "done")
    problem(person.ask_stamping(document, key=key, another=True), 422, "idempotency_key_reused")
    assert person.quota()["used"] == 1
    place = {"page": 1, "x": 0.1, "y": 0.1, "width": 0.15}
    second = person.ask_stamping(document, place, another=True).json()
    assert second["id"] != first.json()["id"]
    stamped = person.wait_stamping(second["id"], "done")
    assert stamped["serial"] != person.get(f"/v1/stampings/{first.json()['id']}")["serial"]
    assert person.quota() == {**person.quota(), "available": 0, "reserved": 0, "used": 2}
    problem(person.ask_stamping(document, another=True), 409, "quota_exhausted")


def test_a_file_that_came_with_a_stamp_is_stamped_again_only_when_asked_to(
    http: httpx.Client, budi: Person, done: Json, sealed: bytes
) -> None:
    document = budi.bring(sealed)
    problem(budi.ask_stamping(document), 409, "already_stamped")
    place = {"page": 1, "x": 0.1, "y": 0.1, "width": 0.15}
    second = budi.wait_stamping(budi.ask_stamping(document, place, another=True).json()["id"], "done")
    verdict = verify(http, budi.download(second))
    assert (verdict["verdict"], [stamp["serial"] for stamp in verdict["stamps"]]) == (
        "authentic",
        [done["serial"], second["serial"]],
    )


def test_an_altered_stamp_is_not_stamped_over_and_the_piece_returns(http: httpx.Client, sealed: bytes) -> None:
    person = Person.new(http)
    person.buy(1)
    document = person.bring(sealed.replace(b"Surat pernyataan", b"Surat Pernyataan", 1))
    place = {"page": 1, "x": 0.1, "y": 0.1, "width": 0.15}
    asked = person.ask_stamping(document, place, another=True).json()
    assert person.wait_stamping(asked["id"], "released")["reason"] == "document_altered"
    assert person.quota() == {**person.quota(), "available": 1, "reserved": 0, "used": 0}


def test_a_document_as_it_was_before_its_stamp_is_told_to_be_its_earlier_version(
    http: httpx.Client, done: Json, source: bytes
) -> None:
    def told() -> list[str]:
        return [reason["code"] for reason in verify(http, source)["reasons"]]

    until(lambda: told() == ["earlier_version"])
    assert verify(http, source)["verdict"] == "unstamped"


def test_without_quota_nothing_is_stamped(http: httpx.Client) -> None:
    person = Person.new(http)
    problem(person.ask_stamping(person.bring(letter())), 409, "quota_exhausted")
    assert set(person.quota().values()) == {0}


def test_a_document_that_was_never_uploaded_is_not_ready(budi: Person) -> None:
    document = budi.announce(letter())["id"]
    assert budi.get(f"/v1/documents/{document}")["status"] == "awaiting_upload"
    problem(budi.ask_stamping(document), 409, "document_not_ready")


def test_a_document_that_is_no_pdf_is_refused_by_name(budi: Person) -> None:
    document = budi.bring(b"Surat pernyataan, tetapi bukan PDF.")
    shown = budi.get(f"/v1/documents/{document}")
    assert (shown["status"], [finding["code"] for finding in shown["findings"]]) == ("refused", ["document_unreadable"])
    problem(budi.ask_stamping(document), 422, "document_unreadable")


def test_a_document_other_than_the_announced_one_is_refused(budi: Person) -> None:
    document = budi.bring(letter(), sha256=hashlib.sha256(b"lain").hexdigest())
    shown = budi.get(f"/v1/documents/{document}")
    assert (shown["status"], shown["findings"][0]["code"]) == ("refused", "upload_incomplete")


def test_a_document_is_deleted_when_no_stamping_needs_it(stack: Any, budi: Person) -> None:
    document = budi.bring(letter())
    with nobody_seals(stack):
        stamping = seen(budi.ask_stamping(document), 202)
        problem(budi.ask("DELETE", f"/v1/documents/{document}"), 409, "document_in_use")
    budi.wait_stamping(stamping["id"], "done")
    assert budi.ask("DELETE", f"/v1/documents/{document}").status_code == 204
    assert budi.download(budi.get(f"/v1/stampings/{stamping['id']}"))


def test_a_stamping_is_cancelled_while_it_waits_and_its_piece_returns(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    person.buy(1)
    document = person.bring(letter())
    with nobody_seals(stack):
        stamping = seen(person.ask_stamping(document), 202)
        assert person.quota() == {**person.quota(), "available": 0, "reserved": 1}
        for _ in range(2):
            ended = seen(person.ask("POST", f"/v1/stampings/{stamping['id']}/cancel"), 200)
            assert (ended["status"], ended["reason"]) == ("released", "stamping_cancelled")
        assert person.quota() == {**person.quota(), "available": 1, "reserved": 0}
    assert person.wait_stamping(seen(person.ask_stamping(document), 202)["id"])["status"] == "done"
    assert person.get(f"/v1/stampings/{stamping['id']}")["status"] == "released"
    assert person.quota() == {**person.quota(), "available": 0, "used": 1}


def test_a_stamp_that_is_affixed_cannot_be_cancelled(budi: Person, done: Json) -> None:
    problem(budi.ask("POST", f"/v1/stampings/{done['id']}/cancel"), 409, "already_stamped")


def test_the_download_link_is_for_these_bytes_only(stack: Any, http: httpx.Client, done: Json) -> None:
    link = httpx.URL(done["download_url"])
    assert http.get(link.copy_with(query=None)).status_code == 403
    assert http.get(link.copy_with(path=link.path + "x")).status_code in (403, 404)


# Verifying -----------------------------------------------------------------------------------------------------------------


def test_anybody_learns_that_a_stamp_is_authentic(http: httpx.Client, done: Json, sealed: bytes) -> None:
    verdict = verify(http, sealed)
    (stamp,) = verdict["stamps"]
    assert (verdict["verdict"], stamp["verdict"], stamp["serial"]) == ("authentic", "authentic", done["serial"])
    assert verdict["document_sha256"] == done["sealed_sha256"]
    assert stamp["signed_at"] <= stamp["timestamped_at"] or stamp["timestamped_at"]


def test_a_file_is_verified_by_document_too(http: httpx.Client, sealed: bytes) -> None:
    wanted = {"filename": "periksa.pdf", "size": len(sealed), "purpose": "verify"}
    document = seen(http.post("/v1/documents", json=wanted), 201)
    by_document = {"document_id": document["id"]}
    problem(http.post("/v1/verifications", json=by_document), 409, "document_not_ready")
    form = document["upload"]
    http.post(form["url"], data=form["fields"], files={"file": ("periksa.pdf", sealed, "application/pdf")})
    assert seen(http.post("/v1/verifications", json=by_document), 200)["verdict"] == "authentic"


def test_changed_bytes_are_altered(http: httpx.Client, sealed: bytes) -> None:
    assert verify(http, sealed.replace(b"Surat pernyataan", b"Surat Pernyataan", 1))["verdict"] == "altered"
    assert verify(http, sealed + b"% tambahan\n")["verdict"] == "altered"


def test_a_stamp_by_another_authority_is_forged(http: httpx.Client, done: Json, source: bytes) -> None:
    forger = House(make_pki(), random.Random(7).randbytes)
    verdict = verify(http, forger.stamp(source, number=done["serial"]))
    assert verdict["verdict"] == "forged"
    assert [stamp["verdict"] for stamp in verdict["stamps"]] == ["forged"]


def test_a_photo_and_a_scan_of_a_stamped_page_are_copies_and_say_what_to_compare(
    http: httpx.Client, done: Json, sealed: bytes
) -> None:
    starts = hashlib.sha256(sealed).hexdigest()[:16]
    for form, kind in (("JPEG", "image/jpeg"), ("PNG", "image/png")):
        answer = http.post("/v1/verifications", content=picture_of(sealed, form), headers={"Content-Type": kind})
        told = seen(answer, 200)
        assert (told["verdict"], [reason["code"] for reason in told["reasons"]]) == ("copied", ["picture_of_a_stamp"])
        (shown,) = told["serials_shown"]
        assert (shown["serial"], shown["state"], shown["issuer"]) == (done["serial"], "affixed", "own")
        assert (shown["document_sha256_starts"], shown["document_size"]) == (starts, len(sealed))
    scanned = verify(http, scan(drawn(sealed)))
    assert (scanned["verdict"], [one["serial"] for one in scanned["serials_shown"]]) == ("copied", [done["serial"]])
    nothing = http.post(
        "/v1/verifications", content=picture_of(letter(), "PNG"), headers={"Content-Type": "image/png"}
    ).json()
    assert (nothing["verdict"], [reason["code"] for reason in nothing["reasons"]]) == (
        "unstamped",
        ["no_code_in_picture"],
    )


def picture_of(document: bytes, form: str) -> bytes:
    return encoded(drawn(document), form)


def test_a_file_without_stamp_is_unstamped_and_no_file_is_unreadable(http: httpx.Client, source: bytes) -> None:
    assert verify(http, source)["verdict"] == "unstamped"
    assert verify(http, b"bukan PDF")["verdict"] == "unreadable"
    assert verify(http, b"%PDF-1.7\n")["verdict"] == "unreadable"


def test_a_serial_is_found_however_it_is_typed_and_mistyped_ones_are_told(http: httpx.Client, done: Json) -> None:
    serial = done["serial"]
    found = seen(http.get(f"/v1/serials/{serial}"), 200)
    assert (found["serial"], found["document_sha256_starts"]) == (serial, done["sealed_sha256"][:16])
    assert seen(http.get(f"/v1/serials/{serial[:11].lower()}-{serial[11:]}"), 200) == found
    wrong = serial[:5] + ("0" if serial[5] != "0" else "1") + serial[6:]
    problem(http.get(f"/v1/serials/{wrong}"), 422, "serial_mistyped")
    problem(http.get("/v1/serials/ABC"), 422, "serial_mistyped")


def test_the_page_behind_the_qr_is_made_by_the_service_at_the_address_that_the_qr_has(
    http: httpx.Client, done: Json
) -> None:
    serial = done["serial"]
    for address in (f"/V/{serial}", f"/v/{serial.lower()}"):
        page = http.get(address)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "Nomor seri ini tercatat sudah dibubuhkan." in page.text
        assert serial in page.text
        assert page.headers["Cache-Control"] == "public, max-age=60"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert page.headers["X-Robots-Tag"] == "noindex"
    assert "This serial number is recorded as affixed." in http.get(f"/V/{serial}", params={"lang": "en"}).text
    digits = done["sealed_sha256"][:16]
    assert " ".join(digits[at : at + 4] for at in range(0, 16, 4)) in page.text


@pytest.mark.parametrize("typed", ["0" * 22, "ABC", "%3Cscript%3E", "%22onload%3D", "%20", "%F0%9F%98%80"])
def test_a_number_that_is_none_has_a_page_that_says_so(http: httpx.Client, typed: str) -> None:
    page = http.get(f"/v/{typed}")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Nomor seri ini salah ketik." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script>" not in page.text


def test_an_unknown_serial_and_one_not_affixed_are_the_same_absence(stack: Any, http: httpx.Client) -> None:
    from meterai.domain.serial import mint

    unknown = mint(random.Random(11).randbytes)
    issued = mint(random.Random(12).randbytes)
    row = {"pk": {"S": issued}, "sk": {"S": "serial"}, "state": {"S": "issued"}, "stamping": {"S": "stp_x"}}
    row |= {"id": {"S": issued}, "issuer": {"S": "own"}, "issued_at": {"S": "2024-09-04T10:00:00.000000Z"}}
    stack.client("dynamodb").put_item(TableName=stack.access["table_name"], Item=row)
    answers = [problem(http.get(f"/v1/serials/{serial}"), 404, "not_found") for serial in (unknown, issued)]
    for answer in answers:
        del answer["request_id"], answer["instance"]
    assert answers[0] == answers[1]
    pages = [http.get(f"/v/{serial}") for serial in (unknown, issued)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace(unknown, issued) == pages[1].text


# Refunds -------------------------------------------------------------------------------------------------------------------


def test_a_refund_is_refused_for_what_was_not_paid_or_is_already_used(http: httpx.Client) -> None:
    person = Person.new(http)
    problem(person.ask_refund(person.invoice()["id"]), 409, "invoice_not_paid")
    bought = person.buy(1)
    person.stamp()
    quote = person.get("/v1/refund-quotes", invoice_id=bought["id"])
    assert (quote["eligible"], quote["code"], quote["amount_idr"]) == (False, "refund_quota_insufficient", 0)
    problem(person.ask_refund(bought["id"]), 409, "refund_quota_insufficient")


def test_a_refund_is_asked_once(http: httpx.Client) -> None:
    person = Person.new(http)
    bought, key = person.buy(1), new_key()
    first = person.refund(bought["id"], key=key, reference="A-1")
    replay = person.ask_refund(bought["id"], key=key, reference="A-1")
    assert (replay.json()["id"], replay.headers["idempotency-replayed"]) == (first["id"], "true")
    problem(person.ask_refund(bought["id"], key=key, reference="A-2"), 422, "idempotency_key_reused")
    problem(person.ask_refund(bought["id"]), 409, "refund_already_requested")
    person.wait_refund(first["id"], "refunded")
    problem(person.ask_refund(bought["id"]), 409, "refund_already_requested")


def test_a_request_in_time_waits_for_the_stamp_under_way_and_is_then_judged(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    bought = person.buy(2)
    with nobody_seals(stack):
        stampings = [seen(person.ask_stamping(person.bring(letter())), 202)["id"] for _ in range(2)]
        until(lambda: len(person.get("/v1/stampings")["data"]) == 2)
        quote = person.get("/v1/refund-quotes", invoice_id=bought["id"])
        assert (quote["eligible"], quote["code"]) == (False, "stamp_in_progress")
        kept, waiting = person.refund(bought["id"]), stampings
        assert kept["status"] == "pending"
        assert person.quota() == {**person.quota(), "reserved": 2, "held": 0}
        for id in waiting:
            seen(person.ask("POST", f"/v1/stampings/{id}/cancel"), 200)
    assert person.wait_refund(kept["id"], "refunded")["received_at"] == kept["received_at"]
    assert person.quota() == {**person.quota(), "available": 0, "reserved": 0, "held": 0, "refunded": 2}


def test_a_waiting_request_ends_rejected_when_the_stamp_is_affixed(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    bought = person.buy(1)
    with nobody_seals(stack):
        seen(person.ask_stamping(person.bring(letter())), 202)
        until(lambda: person.get("/v1/stampings")["data"])
        refund = person.refund(bought["id"])
        assert refund["status"] == "pending"
    rejected = person.wait_refund(refund["id"], "rejected")
    assert rejected["timeline"][-1]["note"] == "refund_quota_insufficient"
    assert person.quota() == {**person.quota(), "used": 1, "held": 0, "available": 0}
    assert person.get(f"/v1/invoices/{bought['id']}")["status"] == "paid"


def test_a_request_is_taken_back_while_it_waits_and_can_be_made_anew(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    bought = person.buy(1)
    with nobody_seals(stack):
        stamping = seen(person.ask_stamping(person.bring(letter())), 202)
        until(lambda: person.get("/v1/stampings")["data"])
        first = person.refund(bought["id"])
        assert first["status"] == "pending"
        for _ in range(2):
            assert seen(person.ask("POST", f"/v1/refunds/{first['id']}/cancel"), 200)["status"] == "cancelled"
        seen(person.ask("POST", f"/v1/stampings/{stamping['id']}/cancel"), 200)
    second = person.refund(bought["id"])
    person.wait_refund(second["id"], "refunded")
    problem(person.ask("POST", f"/v1/refunds/{second['id']}/cancel"), 409, "refund_not_cancellable")
    assert person.get(f"/v1/refunds/{first['id']}")["status"] == "cancelled"


def test_what_the_provider_refuses_an_officer_decides(stack: Any, http: httpx.Client) -> None:
    person, officer = Person.new(http), Person(http, stack.access["officer_key"])
    bought = [person.buy(1), person.buy(1)]
    with provider(stack, http, refund_refused=True):
        refunds = [person.refund(invoice["id"]) for invoice in bought]
        for refund in refunds:
            person.wait_refund(refund["id"], "awaiting_decision")
    assert person.quota() == {**person.quota(), "available": 0, "held": 2}
    first, second = (f"/v1/refunds/{refund['id']}/decision" for refund in refunds)
    problem(person.ask("POST", first, json={"decision": "approve", "reason": "saya sendiri"}), 403, "scope_missing")
    rejected = seen(officer.ask("POST", first, json={"decision": "reject", "reason": "sudah dipakai"}), 200)
    assert (rejected["status"], rejected["timeline"][-1]["note"]) == ("rejected", "sudah dipakai")
    seen(officer.ask("POST", second, json={"decision": "approve", "reason": "bank pulih"}), 200)
    person.wait_refund(refunds[1]["id"], "refunded")
    again = officer.ask("POST", second, json={"decision": "approve", "reason": "lagi"})
    problem(again, 409, "refund_not_awaiting_decision")
    assert person.quota() == {**person.quota(), "available": 1, "held": 0, "refunded": 1}


# Lists and events ----------------------------------------------------------------------------------------------------------


def test_lists_go_on_by_cursor_newest_first_and_find_a_reference(http: httpx.Client) -> None:
    person = Person.new(http)
    made = [person.invoice(reference=f"nomor-{number}")["id"] for number in range(5)]
    until(lambda: len(person.get("/v1/invoices")["data"]) == 5)
    walked: list[str] = []
    address: str | None = "/v1/invoices?limit=2"
    while address:
        answer = person.ask("GET", address)
        page = seen(answer, 200)
        assert len(page["data"]) <= 2
        assert bool(page["next_cursor"]) == ("next" in answer.links)
        walked += [invoice["id"] for invoice in page["data"]]
        address = answer.links["next"]["url"] if page["next_cursor"] else None
    assert walked == made[::-1]
    (found,) = person.get("/v1/invoices", reference="nomor-3")["data"]
    assert found["id"] == made[3]
    assert person.get("/v1/invoices", reference="tidak ada")["data"] == []


def test_lists_of_stampings_and_refunds_are_the_owners_alone(http: httpx.Client) -> None:
    person, other = Person.new(http), Person.new(http)
    person.buy(2, reference="surat")
    stamping = person.stamp(reference="surat")
    until(lambda: [each["id"] for each in person.get("/v1/stampings", reference="surat")["data"]] == [stamping["id"]])
    for path in ("/v1/invoices", "/v1/stampings", "/v1/refunds", "/v1/events"):
        assert other.get(path) == {"data": [], "next_cursor": None}


def test_events_are_told_in_order_and_read_on_from_a_cursor(http: httpx.Client) -> None:
    person = Person.new(http)
    for _ in range(3):
        person.buy()
    until(lambda: len(person.get("/v1/events")["data"]) == 3)
    first = person.get("/v1/events", limit=2)
    rest = person.get("/v1/events", limit=2, cursor=first["next_cursor"])
    events = first["data"] + rest["data"]
    assert rest["next_cursor"] is None
    assert {event["type"] for event in events} == {"invoice.paid"}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert len({event["id"] for event in events}) == 3


# Who may -------------------------------------------------------------------------------------------------------------------


def test_somebody_elses_things_are_absent_exactly_as_missing_ones(http: httpx.Client, budi: Person, done: Json) -> None:
    stranger = Person.new(http)
    bought = budi.buy(1)
    refund = budi.refund(bought["id"])
    shapes = {
        "GET /v1/invoices/{}": bought["id"],
        "POST /v1/invoices/{}/payments": bought["id"],
        "GET /v1/documents/{}": done["document_id"],
        "DELETE /v1/documents/{}": done["document_id"],
        "GET /v1/stampings/{}": done["id"],
        "POST /v1/stampings/{}/cancel": done["id"],
        "GET /v1/refunds/{}": refund["id"],
        "POST /v1/refunds/{}/cancel": refund["id"],
    }
    for route, theirs in shapes.items():
        method, path = route.split()
        more: Json = {"json": {"payment_method": "qris"}, "key": new_key()} if "payments" in path else {}
        missing = theirs[:-6] + "000000"
        answers = [problem(stranger.ask(method, path.format(id), **more), 404, "not_found") for id in (theirs, missing)]
        for answer, id in zip(answers, (theirs, missing), strict=True):
            assert answer.pop("instance") == path.format(id)
            del answer["request_id"]
        assert answers[0] == answers[1], route
    problem(stranger.ask_stamping(done["document_id"]), 404, "not_found")
    problem(stranger.ask_refund(bought["id"]), 404, "not_found")
    problem(stranger.ask("GET", "/v1/refund-quotes", params={"invoice_id": bought["id"]}), 404, "not_found")
    # A document brought to be stamped is nobody's to verify by its id.
    problem(http.post("/v1/verifications", json={"document_id": done["document_id"]}), 404, "not_found")


def test_a_partners_key_walks_the_road(stack: Any, http: httpx.Client) -> None:
    partner = Person(http, stack.access["partner_key"])
    assert partner.token.startswith("sk_test_")
    before = partner.quota()
    partner.buy(1, reference="toko-1")
    assert partner.stamp()["status"] == "done"
    assert partner.quota()["used"] == before["used"] + 1


def test_a_token_does_only_what_its_scopes_say(stack: Any, http: httpx.Client, done: Json) -> None:
    officer = Person(http, stack.access["officer_key"])
    problem(
        officer.ask("POST", "/v1/invoices", key=new_key(), json={"quantity": 1, "payment_method": "qris"}),
        403,
        "scope_missing",
    )
    problem(officer.ask("POST", "/v1/documents", json={"filename": "a.pdf", "size": 10}), 403, "scope_missing")
    problem(officer.ask_stamping(done["document_id"]), 403, "scope_missing")
    problem(officer.ask_refund("inv_00000000000000000000000000"), 403, "scope_missing")
    problem(officer.ask("POST", f"/v1/stampings/{done['id']}/cancel"), 403, "scope_missing")
    partner = Person(http, stack.access["partner_key"])
    decision = {"decision": "approve", "reason": "sendiri"}
    problem(
        partner.ask("POST", "/v1/refunds/rfd_00000000000000000000000000/decision", json=decision), 403, "scope_missing"
    )


def test_an_unknown_a_malformed_and_a_revoked_token_are_all_401(stack: Any, http: httpx.Client) -> None:
    revoked = Person.new(http)
    row = {"pk": {"S": "tok_" + hashlib.sha256(revoked.token.encode()).hexdigest()}, "sk": {"S": "token"}}
    stack.client("dynamodb").update_item(
        TableName=stack.access["table_name"],
        Key=row,
        UpdateExpression="SET revoked_at = :now",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":now": {"S": "2024-09-04T10:00:00.000000Z"}},
    )
    for header in (f"Bearer {revoked.token}", "Bearer salah", "Basic YTpi", revoked.token, "Bearer"):
        answer = http.get("/v1/quota", headers={"Authorization": header})
        problem(answer, 401, "token_invalid")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(http.get("/v1/quota"), 401, "token_invalid")
    announced = http.post(
        "/v1/documents",
        headers={"Authorization": f"Bearer {revoked.token}"},
        json={"filename": "a.pdf", "size": 10},
    )
    problem(announced, 401, "token_invalid")
    problem(http.post("/v1/documents", json={"filename": "a.pdf", "size": 10}), 401, "token_invalid")


def test_nothing_tells_whether_a_contact_is_known(http: httpx.Client) -> None:
    first, again = (
        http.post("/v1/accounts", json={"email": "ani@contoh.id", "phone": "+62 812 3456 7890"}) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json().keys() == again.json().keys()
    assert first.json()["id"] != again.json()["id"]
    assert first.json()["token"] != again.json()["token"]


# What takes its time -------------------------------------------------------------------------------------------------------


def test_an_answer_lost_on_the_way_is_asked_for_again_and_the_money_moves_once(
    stack: Any, http: httpx.Client, lost: tuple[Person, Json, Json]
) -> None:
    person, bought, refund = lost
    person.wait_refund(refund["id"], "refunded")
    (once,) = refunds_at_provider(stack, http, bought)
    assert once["refund_amount"] == "9375.00"
    assert person.quota() == {**person.quota(), "available": 0, "held": 0, "refunded": 1}
