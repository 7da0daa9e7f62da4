"""The officers' desk on the running stack: who may read, decide and pay; what is shown; what stays in the chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.integration.client import Json, Person, connect, letter, new_key, problem, seen, until
from tests.integration.officers import NUMBER, address, confirm, named, officer, queued, table, undecided, verify

DECISION = {"decision": "approve", "reason": "bank pulih"}


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def decider(stack: Any, http: httpx.Client) -> Person:
    return officer(stack, http, "refunds:decide")


@pytest.fixture(scope="module")
def payer(stack: Any, http: httpx.Client) -> Person:
    return Person(http, stack.access["payer_key"])


def case(reader: Person, refund: str) -> Json:
    return reader.get(f"/v1/desk/refunds/{refund}")


def decide(who: Person, refund: str, **more: str) -> httpx.Response:
    return who.ask("POST", f"/v1/refunds/{refund}/decision", json=DECISION | more)


def pay(who: Person, refund: str) -> httpx.Response:
    return who.ask("POST", f"/v1/refunds/{refund}/payout", json={"reason": "dicocokkan"})


def test_the_queue_goes_by_promise_date_and_lets_go_of_what_ended(
    stack: Any, http: httpx.Client, decider: Person
) -> None:
    person = Person.new(http)
    refunds = [undecided(stack, http, person)["id"] for _ in range(2)]
    page = decider.get("/v1/desk/refunds", limit=100)["data"]
    assert [one["promise_at"] for one in page] == sorted(one["promise_at"] for one in page)
    assert [one["id"] for one in page if one["id"] in refunds]
    (first,) = [one for one in page if one["id"] == refunds[0]]
    assert (first["status"], first["turn"], first["needs_officer"], first["way"]) == (
        "awaiting_decision", "decision", True, "provider",
    )  # fmt: skip
    assert first["amount_idr"] == 9_375
    walked: list[str] = []
    address: str | None = "/v1/desk/refunds?limit=1&status=awaiting_decision"
    while address:
        answer = decider.ask("GET", address)
        walked += [one["id"] for one in seen(answer, 200)["data"]]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert set(refunds) <= set(walked)
    for refund in refunds:
        seen(decide(decider, refund, decision="reject"), 200)
    assert not set(refunds) & set(queued(decider))


def test_only_officers_read_the_desk_and_each_does_only_what_the_scope_says(
    stack: Any, http: httpx.Client, decider: Person, payer: Person
) -> None:
    person = Person.new(http)
    refund = undecided(stack, http, person)["id"]
    partner = Person(http, stack.access["partner_key"])
    for stranger in (person, partner):
        for path in ("/v1/desk/refunds", f"/v1/desk/refunds/{refund}"):
            problem(stranger.ask("GET", path), 403, "scope_missing")
        problem(decide(stranger, refund), 403, "scope_missing")
        problem(pay(stranger, refund), 403, "scope_missing")
    problem(decide(payer, refund), 403, "scope_missing")
    problem(pay(decider, refund), 403, "scope_missing")
    problem(pay(payer, refund), 409, "refund_not_awaiting_payout")
    for reader in (decider, payer):
        assert case(reader, refund)["id"] == refund
        problem(reader.ask("GET", f"/v1/desk/refunds/rfd_{'0' * 26}"), 404, "not_found")
    problem(decide(decider, refund, decision="reject", way="payout"), 400, "request_invalid")
    assert person.get(f"/v1/refunds/{refund}")["status"] == "awaiting_decision"
    seen(decide(decider, refund, decision="reject"), 200)


def test_a_payout_is_approved_by_one_officer_and_ordered_by_another(
    stack: Any, http: httpx.Client, payer: Person
) -> None:
    person, both = Person.new(http), Person(http, stack.access["officer_key"])
    refund = undecided(stack, http, person, 2)["id"]
    named(stack, person, refund)
    seen(decide(both, refund, way="payout"), 200)
    waiting = case(both, refund)
    assert (waiting["turn"], waiting["you"]["may_pay"], waiting["decided_by"]) == (
        "payout",
        False,
        waiting["you"]["account"],
    )
    problem(pay(both, refund), 403, "same_officer")
    assert case(payer, refund)["you"] == {**case(payer, refund)["you"], "may_pay": True, "may_decide": False}
    for _ in range(2):
        seen(pay(payer, refund), 200)
    person.wait_refund(refund, "paying", "refunded")
    seen(pay(payer, refund), 200)
    ended = case(payer, refund)
    assert [(one["act"], one["by"], one["reason"]) for one in ended["acts"]] == [
        ("approve", waiting["you"]["account"], "bank pulih"),
        ("payout", ended["you"]["account"], "dicocokkan"),
    ]
    quota = person.quota()
    assert (quota["available"], quota["held"] + quota["refunded"]) == (0, 2)
    for act, number in (("approve", 1), ("payout", 2)):
        entry = f"entry_{act}_{refund}_{number}"
        until(partial(table(stack).get, (entry, "link")))


def test_a_case_is_shown_whole_but_for_documents_and_numbers_that_are_not_ones_to_know(
    stack: Any, http: httpx.Client, decider: Person, payer: Person
) -> None:
    person = Person.new(http, "siti@contoh.id")
    name = "ijazah rahasia siti.pdf"
    document = person.bring(letter(), name)
    refund = undecided(stack, http, person)["id"]
    named(stack, person, refund)
    shown = until(lambda: (found := case(decider, refund))["payments"] and found)
    assert (shown["account"]["id"], shown["account"]["email"]) == (person.id, "siti@contoh.id")
    assert shown["account"]["email_verified_at"] is None
    assert (shown["quota"]["held"], shown["invoice"]["status"]) == (1, "refunding")
    assert [one["status"] for one in shown["attempts"]] == ["settled"]
    assert [(one["kept_as"], one["amount_idr"]) for one in shown["payments"]] == [("pay", 12_500)]
    assert shown["timeline"][-1]["status"] == "awaiting_decision"
    masked, whole = shown["destination"], case(payer, refund)["destination"]
    assert (masked["number"], masked["masked"], whole["number"], whole["masked"]) == ("••••••7890", True, NUMBER, False)
    told = json.dumps(shown)
    assert NUMBER not in told
    assert name not in told
    assert document not in told
    assert person.token not in told
    seen(decide(decider, refund, decision="reject"), 200)


def test_the_owner_reads_the_officers_reason_and_never_who_it_was(
    stack: Any, http: httpx.Client, decider: Person
) -> None:
    person = Person.new(http)
    refund = undecided(stack, http, person)["id"]
    seen(decide(decider, refund, decision="reject", reason="sudah dipakai"), 200)
    answer = person.ask("GET", f"/v1/refunds/{refund}")
    assert seen(answer, 200)["timeline"][-1]["note"] == "sudah dipakai"
    assert decider.id not in answer.text


def test_what_came_by_another_way_is_written_down_once_confirmed_by_its_owner_and_paid(
    stack: Any, http: httpx.Client, decider: Person, payer: Person
) -> None:
    email = address()
    person = Person.new(http, email)
    invoice = person.buy(1)

    def write_down(who: Person = decider, key: str | None = None, **more: str) -> httpx.Response:
        wanted = {"invoice_id": invoice["id"], "channel": "whatsapp", "reason": "salah jumlah", "arrived_at": arrived}
        return who.ask("POST", "/v1/desk/refunds", key=key or new_key(), json=wanted | more)

    arrived = invoice["paid_at"]
    problem(write_down(), 409, "contact_unverified")
    verify(stack, http, email)
    for stranger in (payer, person):
        problem(write_down(stranger), 403, "scope_missing")
    problem(write_down(invoice_id=f"inv_{'0' * 26}"), 404, "not_found")
    for wrong in ("2024-09-03T10:00:00Z", "2999-01-01T00:00:00+07:00"):
        told = problem(write_down(arrived_at=wrong), 400, "request_invalid")
        assert [fault["pointer"] for fault in told["errors"]] == ["/arrived_at"]
    key = new_key()
    first = write_down(key=key)
    noted = seen(first, 202)
    assert first.headers["location"] == f"/v1/desk/refunds/{noted['id']}"
    again = write_down(key=key)
    assert (seen(again, 202)["id"], again.headers["idempotency-replayed"]) == (noted["id"], "true")
    problem(write_down(key=key, channel="phone"), 422, "idempotency_key_reused")
    assert (noted["status"], noted["received_at"]) == ("unconfirmed", arrived)
    assert person.get(f"/v1/refunds/{noted['id']}")["status"] == "unconfirmed"
    assert person.quota()["held"] == 0
    until(lambda: noted["id"] in queued(payer, "unconfirmed"))
    shown = case(decider, noted["id"])
    assert (shown["door"], shown["turn"], shown["submission"]["channel"]) == ("officer", "confirmation", "whatsapp")
    assert [(one["act"], one["by"]) for one in shown["acts"]] == [("note", decider.id)]
    until(partial(table(stack).get, (f"entry_note_{noted['id']}_1", "link")))
    assert confirm(stack, http, email)["status"] == "received"
    assert person.wait_refund(noted["id"], "refunded")["received_at"] == arrived
