"""The officers' desk: a queue by promise date, a decision under a name, a payout by two persons."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from meterai.domain import desk
from meterai.domain.errors import (
    ContactUnverified,
    IdempotencyKeyReused,
    InvoiceNotPaid,
    Missing,
    RefundNotAwaitingDecision,
    RefundNotAwaitingPayout,
    RequestInvalid,
    SameOfficer,
)
from meterai.domain.instants import spell
from meterai.domain.ledger import Row
from meterai.domain.moves import refund as refunds
from meterai.domain.rows import Destination, Invoice, Refund, RefundStatus, RefundWay
from meterai.operations.await_person import await_person
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.confirm_refund import confirm_refund
from meterai.operations.decide_refund import decide_refund
from meterai.operations.find import loaded
from meterai.operations.list_desk import list_desk
from meterai.operations.order_payout import order_payout
from meterai.operations.request_refund import Asked
from meterai.operations.show_case import show_case
from meterai.operations.write_down_request import write_down_request
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.world import DAY, START, World

SHOWN = {"bank": "BCA", "number": "••••7890"}
ANI, BUDI, CICI = "acc_ANI", "acc_BUDI", "acc_CICI"


def refused_one(world: World) -> tuple[str, str]:
    """An account and its refund, which the provider refused: an officer decides."""
    account = world.account().account.id
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id)
    refund = world.ask_refund(account, bill.invoice.id).refund.id
    world.gateway.refund_fates = ["refused"]
    assert world.follow(refund).status == "awaiting_decision"
    return account, refund


def destined(world: World, account: str, refund: str, number: str = "1234567890") -> Destination:
    """The account that the owner named, whose holder was found to be the same person."""
    named = Destination(
        id=refund, account=account, bank="BCA", number=number, given="Ani", holder="ANI", checked_at=world.now
    )
    row = world.ledger.rows[refund, "refund"] | {"destination": named.shown}
    world.ledger.project(put=[(named.key, named.row()), ((refund, "refund"), row)])
    return named


def approved_payout(world: World) -> str:
    """A refund that goes to an account, approved by Ani."""
    account, refund = refused_one(world)
    destined(world, account, refund)
    decide(world, refund, way="payout")
    return refund


def paying(world: World, refund: str) -> Refund:
    """The machine goes on: the payout is about to be made."""
    found = world.advance(refund).refund
    assert found.status == "paying"
    return found


def bounced(world: World, refund: str) -> None:
    """The bank sent the money back."""
    world.ledger.apply(refunds.refused(paying(world, refund), world.now))


def decide(
    world: World,
    refund: str,
    *,
    by: str = ANI,
    approve: bool = True,
    way: RefundWay | None = None,
    note: str = "diperiksa",
) -> Refund:
    return decide_refund(world.ledger, refund_id=refund, by=by, approve=approve, note=note, way=way, now=world.now)


def order(world: World, refund: str, *, by: str = BUDI, reason: str = "dicocokkan") -> Refund:
    return order_payout(world.ledger, refund_id=refund, by=by, reason=reason, now=world.now)


def entries(world: World, refund: str) -> dict[str, Row]:
    """The entries of officers' acts about a refund, by act and number."""
    found = {pk: row for (pk, noun), row in world.ledger.rows.items() if noun == "entry" and "by" in row}
    return {pk.replace(f"_{refund}", "").removeprefix("entry_"): row for pk, row in found.items() if refund in pk}


def queue(world: World, status: RefundStatus | None = None) -> list[str]:
    return [one.id for one in list_desk(world.ledger, status=status, limit=100, cursor=None).data]


# The queue -----------------------------------------------------------------------------------------------------------------


def test_the_queue_has_what_has_not_ended_and_the_first_promise_first() -> None:
    world = World()
    asked = []
    for _ in range(3):
        account = world.account().account.id
        bill = world.buy(account, 1)
        world.pay(bill.attempt.id)
        asked.append((account, world.ask_refund(account, bill.invoice.id).refund.id))
        world.flow()
        world.wait(DAY)
    assert queue(world) == [refund for _, refund in asked]
    world.follow(asked[0][1])
    cancel_refund(world.ledger, account=asked[1][0], refund_id=asked[1][1], now=world.now)
    world.flow()
    assert queue(world) == [asked[2][1]]
    derived = [pk for pk, _ in world.ledger.rows if pk.startswith("desk#")]
    assert sorted(derived) == ["desk#refund", "desk#refund#received"]


def test_the_queue_is_narrowed_to_one_status_and_goes_on_by_cursor() -> None:
    world = World()
    _, refused = refused_one(world)
    account = world.account().account.id
    bills = [world.buy(account, 1) for _ in range(4)]
    for bill in bills:
        world.pay(bill.attempt.id)
    received = [world.ask_refund(account, bill.invoice.id).refund.id for bill in bills]
    world.flow()
    assert queue(world, "awaiting_decision") == [refused]
    assert sorted(queue(world, "received")) == sorted(received)
    assert queue(world, "paying") == []
    walked, cursor = [], None
    for _ in range(3):
        page = list_desk(world.ledger, status=None, limit=2, cursor=cursor)
        walked += [one.id for one in page.data]
        cursor = page.next_cursor
    assert (sorted(walked), cursor) == (sorted([refused, *received]), None)
    with pytest.raises(RequestInvalid):
        list_desk(world.ledger, status=None, limit=2, cursor="bukan")


def test_what_ended_before_the_stream_said_so_is_not_shown() -> None:
    world = World()
    _, refund = refused_one(world)
    world.flow()
    decide(world, refund, approve=False)
    assert queue(world) == []


# Deciding ------------------------------------------------------------------------------------------------------------------


def test_a_decision_keeps_who_made_it_and_why_on_the_row_in_the_timeline_and_in_an_entry() -> None:
    world = World()
    account, refund = refused_one(world)
    world.now += timedelta(minutes=5)
    found = decide(world, refund, note="bank sudah pulih")
    assert (found.status, found.decided_by, found.way, found.acts) == ("approved", ANI, "provider", 1)
    assert desk.acts_of(found.timeline) == [desk.Done("approve", 1, ANI, "bank sudah pulih", world.now)]
    assert entries(world, refund) == {
        "approve_1": {
            "account": account, "by": ANI, "reason": "bank sudah pulih", "at": spell(world.now), "lines": {},
            "amount_idr": 18_750, "way": "provider",
        }
    }  # fmt: skip


def test_a_rejection_gives_the_pieces_back_and_has_its_entry() -> None:
    world = World()
    account, refund = refused_one(world)
    found = decide(world, refund, approve=False, by=BUDI)
    assert (found.status, found.decided_by) == ("rejected", BUDI)
    assert (world.quota(account).available, world.quota(account).held) == (2, 0)
    assert list(entries(world, refund)) == ["reject_1"]
    with pytest.raises(RefundNotAwaitingDecision):
        decide(world, refund)
    assert list(entries(world, refund)) == ["reject_1"]


def test_of_two_officers_who_decide_at_once_one_does() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        _, refund = refused_one(world)
        ledger.meddle(lambda: decide(world, refund, by=BUDI, approve=False), at=at)
        with suppress(RefundNotAwaitingDecision):
            decide(world, refund, by=ANI)
        ledger.leave()
        stands = loaded(ledger, Refund, refund)
        done = desk.acts_of(stands.timeline)
        assert len(done) == len(entries(world, refund)) == stands.acts == 1
        assert (stands.status, stands.decided_by) in (("approved", ANI), ("rejected", BUDI))
        assert done[0].by == stands.decided_by
        return ledger.calls

    assert list(every_instant(play))


def test_who_decides_again_after_another_refusal_is_entered_again() -> None:
    world = World()
    _, refund = refused_one(world)
    decide(world, refund)
    world.gateway.refund_fates = ["refused"]
    world.follow(refund)
    assert decide(world, refund, by=BUDI).decided_by == BUDI
    assert sorted(entries(world, refund)) == ["approve_1", "approve_2"]


# Paying --------------------------------------------------------------------------------------------------------------------


def test_an_approved_payout_waits_until_another_officer_orders_it() -> None:
    world = World()
    refund = approved_payout(world)
    assert world.advance(refund).refund.status == "approved"
    world.wait(40 * DAY)
    for _ in range(5):
        assert world.advance(refund).refund.status == "approved"
    ordered = order(world, refund)
    assert (ordered.status, ordered.decided_by, ordered.paid_by) == ("approved", ANI, BUDI)
    world.executions.waiting.add("a token")
    await_person(world.ledger, refund_id=refund, token="a token")
    world.flow()
    assert world.executions.woken == [(refund, "a token")]
    assert paying(world, refund).paid_by == BUDI
    assert [(one.act, one.by) for one in desk.acts_of(ordered.timeline)] == [("approve", ANI), ("payout", BUDI)]
    paid = entries(world, refund)["payout_2"]
    assert (paid["by"], paid["amount_idr"], paid["bank"], paid["number_ends"]) == (BUDI, 18_750, "BCA", "7890")


def test_who_approved_a_payout_is_never_who_orders_it() -> None:
    world = World()
    refund = approved_payout(world)
    before = loaded(world.ledger, Refund, refund)
    with pytest.raises(SameOfficer):
        order(world, refund, by=ANI)
    assert loaded(world.ledger, Refund, refund) == before
    assert list(entries(world, refund)) == ["approve_1"]


def test_ordered_twice_is_ordered_once_and_nobody_else_orders_it_again() -> None:
    world = World()
    refund = approved_payout(world)
    first = order(world, refund)
    assert order(world, refund) == first
    with pytest.raises(RefundNotAwaitingPayout):
        order(world, refund, by=CICI)
    under_way = paying(world, refund)
    assert order(world, refund) == under_way
    assert sorted(entries(world, refund)) == ["approve_1", "payout_2"]


def test_what_is_not_an_approved_payout_to_a_known_account_is_not_ordered() -> None:
    world = World()
    account, refund = refused_one(world)
    with pytest.raises(RefundNotAwaitingPayout):
        order(world, refund)  # nobody decided
    decide(world, refund, way="payout")
    with pytest.raises(RefundNotAwaitingPayout):
        order(world, refund)  # no account
    destined(world, account, refund)
    assert order(world, refund).paid_by == BUDI
    with pytest.raises(Missing):
        order(world, "rfd_NONE")
    _, other = refused_one(world)
    decide(world, other, way="provider")
    with pytest.raises(RefundNotAwaitingPayout):
        order(world, other)


@pytest.mark.parametrize("rival", [BUDI, CICI])
def test_however_two_orders_meet_one_is_made(rival: str) -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        refund = approved_payout(world)
        ledger.meddle(lambda: order(world, refund, by=rival), at=at)
        with suppress(RefundNotAwaitingPayout):
            assert order(world, refund).paid_by == BUDI
        ledger.leave()
        stands = loaded(ledger, Refund, refund)
        assert stands.paid_by in (BUDI, rival)
        assert sorted(entries(world, refund)) == ["approve_1", "payout_2"]
        return ledger.calls

    assert list(every_instant(play))


def test_an_order_goes_to_the_account_that_the_officer_saw() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        refund = approved_payout(world)
        account = loaded(ledger, Refund, refund).account
        ledger.meddle(lambda: destined(world, account, refund, "6660000666"), at=at)
        with suppress(RefundNotAwaitingPayout):
            order(world, refund)
            entered = entries(world, refund)["payout_2"]["number_ends"]
            assert (entered == "0666") is (at == 0 or at == 1)
        ledger.leave()
        return ledger.calls

    assert list(every_instant(play))


def test_however_the_decision_changes_meanwhile_who_made_it_does_not_pay() -> None:
    """Between what an officer reads and what he orders, the payout bounces and he himself approves it again."""

    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        refund = approved_payout(world)

        def bounced_and_approved_by_budi() -> None:
            row = ledger.rows[refund, "refund"]
            ledger.rows[refund, "refund"] = row | {"status": "awaiting_decision"}
            decide(world, refund, by=BUDI)

        ledger.meddle(bounced_and_approved_by_budi, at=at)
        with suppress(SameOfficer, RefundNotAwaitingPayout):
            order(world, refund, by=BUDI)
        ledger.leave()
        stands = loaded(ledger, Refund, refund)
        assert stands.decided_by != stands.paid_by
        return ledger.calls

    assert list(every_instant(play))


def test_after_a_bounce_a_new_decision_and_a_new_order_are_needed() -> None:
    world = World()
    refund = approved_payout(world)
    order(world, refund)
    bounced(world, refund)
    with pytest.raises(RefundNotAwaitingPayout):
        order(world, refund)
    destined(world, loaded(world.ledger, Refund, refund).account, refund, "5550005550")
    again = decide(world, refund, by=BUDI)
    assert (again.decided_by, again.paid_by) == (BUDI, None)
    with pytest.raises(SameOfficer):
        order(world, refund, by=BUDI)
    assert order(world, refund, by=ANI).paid_by == ANI
    assert paying(world, refund).decided_by == BUDI
    assert sorted(entries(world, refund)) == ["approve_1", "approve_3", "payout_2", "payout_4"]


# Writing down --------------------------------------------------------------------------------------------------------------


def paid_invoice(world: World, *, verified: bool = True) -> tuple[str, str]:
    """An account whose owner can be asked, with one paid invoice."""
    account = world.account().account.id
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    if verified:
        world.verify(account)
    return account, bill.invoice.id


def write_down(
    world: World,
    invoice: str,
    *,
    key: str = "k",
    fingerprint: str = "f",
    arrived_at: datetime | None = None,
    by: str = ANI,
) -> Asked:
    return write_down_request(
        world.ledger,
        by=by,
        key=key,
        fingerprint=fingerprint,
        invoice_id=invoice,
        channel="whatsapp",
        arrived_at=arrived_at or world.now,
        reason="salah jumlah",
        now=world.now,
        day=DAY,
    )


def test_what_an_officer_writes_down_is_the_owners_request_once_they_confirm_it() -> None:
    world = World()
    account, invoice = paid_invoice(world)
    world.wait(timedelta(hours=3))
    arrived = world.now - timedelta(hours=1)
    asked = write_down(world, invoice, arrived_at=arrived)
    noted = asked.refund
    assert (noted.status, noted.door, noted.account, noted.received_at) == ("unconfirmed", "officer", account, arrived)
    assert (world.quota(account).held, asked.replayed) == (0, False)
    assert desk.acts_of(noted.timeline) == [desk.Done("note", 1, ANI, "salah jumlah", world.now)]
    entry = entries(world, noted.id)["note_1"]
    assert (entry["by"], entry["channel"], entry["arrived_at"]) == (ANI, "whatsapp", spell(arrived))
    world.flow()
    assert queue(world, "unconfirmed") == [noted.id]
    submission = show_case(world.ledger, refund_id=noted.id).submission
    assert submission is not None
    assert submission.channel == "whatsapp"
    secret = world.link("confirm_refund", noted.id, account, "budi@example.id").secret
    assert confirm_refund(world.ledger, secret=secret, now=world.now).status == "received"
    assert world.follow(noted.id).status == "refunded"


def test_written_down_twice_is_written_down_once() -> None:
    world = World()
    _, invoice = paid_invoice(world)
    first = write_down(world, invoice).refund
    world.wait(DAY)
    again = write_down(world, invoice)
    assert (again.refund, again.replayed) == (first, True)
    assert list(entries(world, first.id)) == ["note_1"]
    with pytest.raises(IdempotencyKeyReused):
        write_down(world, invoice, fingerprint="another")


def test_a_request_arrives_neither_in_the_future_nor_before_its_invoice_is_paid() -> None:
    world = World()
    _, invoice = paid_invoice(world)
    paid_at = loaded(world.ledger, Invoice, invoice).paid_at
    assert paid_at is not None
    world.wait(DAY)
    second = timedelta(seconds=1)
    for arrived_at in (paid_at - second, world.now + second):
        with pytest.raises(RequestInvalid) as refused:
            write_down(world, invoice, arrived_at=arrived_at)
        assert refused.value.pointer == "/arrived_at"
    for key, arrived_at in (("first", paid_at), ("last", world.now)):
        assert write_down(world, invoice, key=key, arrived_at=arrived_at).refund.received_at == arrived_at


def test_nothing_is_written_down_where_nobody_can_be_asked_or_nothing_was_paid() -> None:
    world = World()
    _, unverified = paid_invoice(world, verified=False)
    with pytest.raises(ContactUnverified):
        write_down(world, unverified)
    unpaid = world.buy(world.account().account.id).invoice.id
    with pytest.raises(InvoiceNotPaid):
        write_down(world, unpaid)
    with pytest.raises(Missing):
        write_down(world, "inv_NONE")
    assert not [key for key in world.ledger.rows if key[0].startswith("entry_note")]


def test_however_two_tries_of_one_form_meet_there_is_one_request() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        _, invoice = paid_invoice(world)
        ledger.meddle(lambda: write_down(world, invoice), at=at)
        asked = write_down(world, invoice)
        ledger.leave()
        assert [row["id"] for (_, noun), row in ledger.rows.items() if noun == "refund"] == [asked.refund.id]
        assert list(entries(world, asked.refund.id)) == ["note_1"]
        return ledger.calls

    assert list(every_instant(play))


# A case --------------------------------------------------------------------------------------------------------------------


def test_a_case_has_all_that_bears_on_a_refund() -> None:
    world = World()
    account, refund = refused_one(world)
    invoice = loaded(world.ledger, Invoice, loaded(world.ledger, Refund, refund).invoice)
    world.pay(invoice.attempt)  # once more: it bought nothing and goes back
    destined(world, account, refund)
    world.flow()
    case = show_case(world.ledger, refund_id=refund)
    assert (case.refund.id, case.account.id, case.invoice.id) == (refund, account, invoice.id)
    assert (case.quota.held, case.account.email) == (2, "budi@example.id")
    assert [one.id for one in case.attempts] == [invoice.attempt]
    assert [one.kept_as for one in case.payments] == ["pay", "overpay"]
    assert [one.kind for one in case.refunds] == ["payment"]
    assert case.destination is not None
    assert case.destination.number == "1234567890"
    with pytest.raises(Missing):
        show_case(world.ledger, refund_id="rfd_NONE")


def test_a_case_is_whole_before_the_stream_said_anything() -> None:
    world = World()
    _, refund = refused_one(world)
    case = show_case(world.ledger, refund_id=refund)
    assert [one.id for one in case.attempts] == [case.invoice.attempt]


def test_a_case_tells_which_stampings_it_waits_for() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 1)
    world.pay(bill.attempt.id)
    stamping = world.stamp(opened.account.id, world.document(opened.token)).stamping.id
    world.flow()
    refund = world.ask_refund(opened.account.id, bill.invoice.id).refund.id
    assert [one.id for one in show_case(world.ledger, refund_id=refund).waits_for] == [stamping]


# Days and turns ------------------------------------------------------------------------------------------------------------


def one_refund(**how: object) -> Refund:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    return replace(world.ask_refund(account, bill.invoice.id).refund, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "turn"),
    [
        ({"status": "unconfirmed"}, "confirmation"),
        ({"status": "pending"}, "machine"),
        ({"status": "received"}, "machine"),
        ({"status": "awaiting_decision"}, "decision"),
        ({"status": "awaiting_destination"}, "destination"),
        ({"status": "approved"}, "machine"),
        ({"status": "approved", "way": "payout"}, "machine"),
        ({"status": "approved", "way": "payout", "decided_by": ANI}, "machine"),
        (
            {
                "status": "approved",
                "way": "payout",
                "decided_by": ANI,
                "destination": SHOWN,
            },
            "payout",
        ),
        (
            {
                "status": "approved",
                "way": "payout",
                "decided_by": ANI,
                "destination": SHOWN,
                "paid_by": BUDI,
            },
            "machine",
        ),
        ({"status": "paying"}, "machine"),
        ({"status": "refunded"}, "nobody"),
        ({"status": "rejected"}, "nobody"),
        ({"status": "cancelled"}, "nobody"),
    ],
)
def test_it_is_always_said_whose_turn_it_is(how: dict[str, object], turn: str) -> None:
    assert desk.turn(one_refund(**how)) == turn


@pytest.mark.parametrize(("passed", "alarmed"), [(0, False), (29, False), (30, True), (44, True)])
def test_from_the_thirtieth_day_on_a_refund_that_has_not_ended_is_marked(passed: int, alarmed: bool) -> None:
    refund = one_refund(milestones=[])
    assert desk.alarmed(refund, refund.received_at + timedelta(days=passed)) is alarmed


def test_milestones_that_were_computed_decide_when_a_refund_is_marked() -> None:
    def at(day: int) -> dict[str, object]:
        return {"day": day, "at": spell(START + day * timedelta(hours=1))}

    refund = one_refund(milestones=[at(7), at(30), at(44)])
    marked = [desk.alarmed(refund, START + timedelta(hours=hours)) for hours in (7, 29, 30, 44)]
    assert marked == [False, False, True, True]
    assert not desk.alarmed(replace(refund, status="refunded"), START + timedelta(hours=44))


def test_an_account_number_is_masked_but_for_its_end() -> None:
    assert desk.masked("1234567890") == "••••••7890"
    assert desk.masked("1234") == "••••"
    assert desk.masked("") == ""


def test_nothing_an_officer_does_about_a_missing_refund_leaves_a_trace() -> None:
    world = World()
    with pytest.raises(Missing):
        decide(world, "rfd_NONE")
    with pytest.raises(Missing):
        order(world, "rfd_NONE")
    assert world.ledger.rows == {}
