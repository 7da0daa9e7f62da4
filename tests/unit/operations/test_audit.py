"""The audit: a true history is clean, and every kind of difference has its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterai.domain.audit import GRACE, Finding
from meterai.domain.audit.findings import Code
from meterai.domain.chains import CHAINS, LockedHeads, Recorded, chain_of, head_of, partition, place, recorded
from meterai.domain.errors import Refusal
from meterai.domain.ledger import Change, Key, Put, Row
from meterai.domain.money import price
from meterai.domain.moves.chains import append, head_key
from meterai.domain.moves.refund import settle
from meterai.domain.rows import Destination
from meterai.operations.audit import Audited, audit
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.chain_entries import chain_entries
from meterai.operations.decide_refund import decide_refund
from meterai.operations.lock_heads import lock_heads, read_heads
from meterai.operations.order_payout import order_payout
from meterai.operations.write_down_request import write_down_request
from tests.fakes.chains import PlainHeadsSigner
from tests.fakes.world import DAY, START, World

KEY = PlainHeadsSigner()


def chain(world: World) -> None:
    """Let the stream and the audit function do their work."""
    world.flow()
    while world.entries.messages:
        waiting, world.entries.messages = world.entries.messages, []
        assert chain_entries(world.ledger, waiting) == {}
        world.flow()


def lock(world: World) -> None:
    assert lock_heads(world.ledger, KEY, world.locked, now=world.now).again == {}


def stamped(world: World, account: str, token: str) -> str:
    asked = world.stamp(account, world.document(token)).stamping
    world.work()
    return asked.id


def paid_out(world: World, account: str) -> str:
    """A refund that the provider refused, approved as a payout by one officer, ordered by another."""
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    refund = world.ask_refund(account, bill.invoice.id).refund.id
    world.gateway.refund_fates = ["refused"]
    world.follow(refund)
    decide_refund(
        world.ledger, refund_id=refund, by="acc_ANI", approve=True, note="bank pulih", way="payout", now=world.now
    )
    named = Destination(
        id=refund, account=account, bank="BCA", number="1234567890", given="Ani", holder="ANI", checked_at=world.now
    )
    row = world.ledger.rows[refund, "refund"] | {"destination": named.shown}
    world.ledger.project(put=[(named.key, named.row()), ((refund, "refund"), row)])
    order_payout(world.ledger, refund_id=refund, by="acc_BUDI", reason="dicocokkan", now=world.now)
    paying = world.advance(refund).refund
    assert paying.status == "paying"
    world.ledger.apply(settle(paying, price(1), "paid out", world.now))
    return refund


def written_down(world: World, account: str) -> str:
    """A request that an officer wrote down and nobody has confirmed."""
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    if "email_verified_at" not in world.ledger.rows[account, "account"]:
        world.verify(account)
    asked = write_down_request(
        world.ledger, by="acc_ANI", key=world.key(), fingerprint="f", invoice_id=bill.invoice.id, channel="phone",
        arrived_at=world.now, reason="salah jumlah", now=world.now, day=DAY,
    )  # fmt: skip
    return asked.refund.id


@dataclass
class House:
    """A house in which everything has happened once: its rows, to be tampered with, and the names of things in it."""

    world: World = field(default_factory=World)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world = self.world
        opened = world.account()
        account = opened.account.id
        first = world.buy(account, 3)
        headers, body = world.pay(first.attempt.id)
        world.notify(headers, body)
        done = stamped(world, account, opened.token)
        chain(world)
        lock(world)
        second = world.buy(account, 2)
        world.pay(second.attempt.id)
        world.pay(second.attempt.id)
        waiting = world.stamp(account, world.document(opened.token)).stamping.id
        refund = world.ask_refund(account, second.invoice.id).refund.id
        world.follow(refund)
        third = world.buy(account, 1)
        world.pay(third.attempt.id)
        held = world.ask_refund(account, third.invoice.id).refund.id
        officers = paid_out(world, account)
        noted = written_down(world, account)
        chain(world)
        overpaid = next(pk for (pk, noun), row in self.rows.items() if noun == "refund" and row["kind"] == "payment")
        lock(world)
        world.wait(2 * GRACE)
        lock(world)
        self.names = {
            "account": account, "invoice": first.invoice.id, "attempt": first.attempt.id, "done": done,
            "waiting": waiting, "refund": refund, "held": held, "overpaid": overpaid,
            "serial": str(world.stamping(done).serial), "officers": officers, "noted": noted,
        }  # fmt: skip

    @property
    def rows(self) -> dict[Key, Row]:
        return self.world.ledger.rows

    def audit(self, **more: Any) -> Audited:
        return audit(self.scan, self.world.locked, KEY.verify, now=self.world.now, **more)

    def scan(self) -> Iterator[tuple[Key, Row]]:
        yield from deepcopy(list(self.rows.items()))

    def entry(self, move: str, of: str) -> str:
        return f"entry_{move}_{self.names[of]}"

    def link_of(self, entry: str) -> Key:
        marker = self.rows[entry, "link"]
        return (partition(int(str(marker["chain"]))), place(int(str(marker["number"]))))


@pytest.fixture
def house() -> House:
    return House()


def found(audited: Audited) -> set[tuple[str, str, str]]:
    return {(one.code, one.id, one.what) for one in audited.findings}


def test_a_house_in_which_everything_happened_once_is_clean(house: House) -> None:
    audited = house.audit()
    assert audited.findings == ()
    assert audited.entries == 12
    assert audited.locked == 3
    moves = sorted({pk.split("_")[1] for pk, noun in house.rows if noun == "entry"})
    assert moves == ["approve", "commit", "note", "overpay", "pay", "payout", "settle"]


# Chains --------------------------------------------------------------------------------------------------------------------


def changed(house: House) -> tuple[str, str, str]:
    entry = house.entry("pay", "attempt")
    house.rows[entry, "entry"]["at"] = "2024-09-03T10:00:00.000001Z"
    return ("entry_changed", entry, "hash")


def removed(house: House) -> tuple[str, str, str]:
    entry = house.entry("commit", "done")
    del house.rows[entry, "entry"]
    return ("link_without_entry", entry, "hash")


def inserted(house: House) -> tuple[str, str, str]:
    entry = "entry_commit_stp_FORGED"
    house.rows[entry, "entry"] = deepcopy(house.rows[house.entry("commit", "done"), "entry"])
    return ("entry_unlinked", entry, "hash")


def swapped(house: House) -> tuple[str, str, str]:
    one, other = house.entry("pay", "attempt"), house.entry("commit", "done")
    rows = house.rows
    rows[one, "entry"], rows[other, "entry"] = rows[other, "entry"], rows[one, "entry"]
    return ("entry_changed", one, "hash")


def unlinked(house: House) -> tuple[str, str, str]:
    key = house.link_of(house.entry("commit", "done"))
    del house.rows[key]
    return ("link_missing", " ".join(key), "link")


def rewritten_link(house: House) -> tuple[str, str, str]:
    key = house.link_of(house.entry("commit", "done"))
    house.rows[key]["hash"] = "11" * 32
    return ("link_broken", " ".join(key), "head")


def moved_link(house: House) -> tuple[str, str, str]:
    """The entry is taken out of its chain and appended to another."""
    entry = house.entry("commit", "done")
    other = (chain_of(entry) + 1) % CHAINS
    linked = house.rows.pop(house.link_of(entry))
    del house.rows[entry, "link"]
    grow(house, other, Recorded(entry, str(linked["hash"]), ""))
    return ("link_misplaced", entry, "chain")


def beyond(house: House) -> tuple[str, str, str]:
    entry = house.entry("commit", "done")
    key = (partition(chain_of(entry)), place(999_999_999))
    house.rows[key] = deepcopy(house.rows[house.link_of(entry)])
    return ("link_beyond_head", " ".join(key), "number")


def other_marker(house: House) -> tuple[str, str, str]:
    entry = house.entry("commit", "done")
    house.rows[entry, "link"]["number"] = 99
    return ("marker_differs", entry, "link")


def no_marker(house: House) -> tuple[str, str, str]:
    entry = house.entry("commit", "done")
    del house.rows[entry, "link"]
    return ("marker_differs", entry, "link")


def other_head(house: House) -> tuple[str, str, str]:
    number = chain_of(house.entry("commit", "done"))
    house.rows[head_key(number)]["head"] = "22" * 32
    return ("head_differs", partition(number), f"head {house.rows[head_key(number)]['length']}")


def no_head(house: House) -> tuple[str, str, str]:
    number = chain_of(house.entry("commit", "done"))
    del house.rows[head_key(number)]
    return ("link_beyond_head", f"{partition(number)} {place(1)}", "number")


def recomputed(house: House) -> tuple[str, str, str]:
    """An entry is changed and its whole chain made anew, as somebody with every right on the table could."""
    entry = house.entry("commit", "done")
    name = partition(chain_of(entry))
    house.rows[entry, "entry"]["at"] = "2024-09-03T10:00:00.000001Z"
    links = sorted(key for key in house.rows if key[0] == name and key[1] != "head")
    entries = [str(house.rows.pop(key)["entry"]) for key in links]
    del house.rows[head_key(chain_of(entry))]
    for one in entries:
        grow(house, chain_of(entry), recorded(one, house.rows[one, "entry"]))
    return ("lock_differs", "heads 1", f"{name} {entries.index(entry) + 1}")


def grow(house: House, number: int, one: Recorded) -> None:
    """Append a link as the audit function would, past every gate."""
    for write in append(head_of(number, house.rows.get(head_key(number))), [one]).writes:
        assert isinstance(write, Put | Change)
        house.rows[write.key] = dict(write.row if isinstance(write, Put) else write.put)


# Locked heads --------------------------------------------------------------------------------------------------------------


def files(house: House) -> dict[int, bytes]:
    return house.world.locked.files


def forged_lock(house: House) -> tuple[str, str, str]:
    files(house)[2] = files(house)[2].replace(b'"number":2', b'"number": 2')
    return ("lock_forged", "heads 2", "signature")


def signed_by_another(house: House) -> tuple[str, str, str]:
    kept = LockedHeads.of(files(house)[2], KEY.verify)
    assert kept is not None
    files(house)[2] = kept.signed(PlainHeadsSigner(b"another").sign)
    return ("lock_forged", "heads 2", "signature")


def renamed_lock(house: House) -> tuple[str, str, str]:
    files(house)[2] = files(house)[1]
    return ("lock_forged", "heads 2", "signature")


def touched_lock(house: House) -> tuple[str, str, str]:
    house.world.locked.rewritten.add(2)
    return ("lock_touched", "heads 2", "versions")


def missing_lock(house: House) -> tuple[str, str, str]:
    del files(house)[2]
    return ("lock_missing", "heads 2", "file")


def broken_lock(house: House) -> tuple[str, str, str]:
    relock(house, previous="33" * 32)
    return ("lock_broken", "heads 3", "previous")


def shrunken_lock(house: House) -> tuple[str, str, str]:
    """The house itself signs heads that are shorter than before: what a restored table would do."""
    number = chain_of(house.entry("commit", "done"))
    kept = relock(house)
    relock(house, heads=tuple((0, "") if chain == number else head for chain, head in enumerate(kept.heads)))
    return ("lock_shrank", "heads 3", partition(number))


def relock(house: House, **how: Any) -> LockedHeads:
    """Sign the newest file anew, with something in it changed."""
    kept = LockedHeads.of(files(house)[3], KEY.verify)
    assert kept is not None
    files(house)[3] = replace(kept, **how).signed(KEY.sign)
    return kept


def late_lock(house: House) -> tuple[str, str, str]:
    house.world.account()
    account = house.names["account"]
    house.world.pay(house.world.buy(account, 1).attempt.id)
    chain(house.world)
    house.world.wait(2 * GRACE)
    return ("lock_late", "heads 4", "at")


# Books ---------------------------------------------------------------------------------------------------------------------


def put(house: House, name: str, noun: str, attribute: str, value: Any) -> None:
    house.rows[house.names[name], noun][attribute] = value


def unbalanced(house: House) -> tuple[str, str, str]:
    entry = house.entry("pay", "attempt")
    house.rows[entry, "entry"]["lines"] = {"clearing": 37_500, "liability": -30_000, "fee": -7_499}
    return ("entry_unbalanced", entry, "sum of lines")


def ledger_unbalanced(house: House) -> tuple[str, str, str]:
    unbalanced(house)
    return ("ledger_unbalanced", "ledger", "sum of all entries")


def other_lines(house: House) -> tuple[str, str, str]:
    put(house, "invoice", "invoice", "quantity", 4)
    return ("entry_differs", house.entry("pay", "attempt"), "lines")


def other_owner(house: House) -> tuple[str, str, str]:
    put(house, "done", "stamping", "account", "acc_OTHER")
    return ("entry_differs", house.entry("commit", "done"), "lines")


def no_row(house: House) -> tuple[str, str, str]:
    del house.rows[house.names["done"], "stamping"]
    return ("entry_without_row", house.entry("commit", "done"), "lines")


def unpaid_invoice(house: House) -> tuple[str, str, str]:
    put(house, "invoice", "invoice", "status", "expired")
    return ("entry_without_row", house.entry("pay", "attempt"), "lines")


def done_without_entry(house: House) -> tuple[str, str, str]:
    put(house, "waiting", "stamping", "status", "done")
    put(house, "waiting", "stamping", "serial", "S")
    put(house, "waiting", "stamping", "sealed_sha256", "s")
    return ("row_without_entry", house.entry("commit", "waiting"), "lines")


def refunded_without_entry(house: House) -> tuple[str, str, str]:
    put(house, "held", "refund", "status", "refunded")
    return ("row_without_entry", house.entry("settle", "held"), "lines")


def unreadable(house: House) -> tuple[str, str, str]:
    del house.rows[house.entry("commit", "done"), "entry"]["account"]
    return ("row_malformed", f"{house.entry('commit', 'done')} entry", "row")


def no_link_at_all(house: House) -> tuple[str, str, str]:
    house.rows["chain_07", "1"] = {}
    return ("row_malformed", "chain_07 1", "row")


def other_bucket(house: House) -> tuple[str, str, str]:
    put(house, "account", "quota", "available", 5)
    return ("quota_differs", house.names["account"], "available")


def lost_reserve(house: House) -> tuple[str, str, str]:
    put(house, "waiting", "stamping", "status", "released")
    return ("quota_differs", house.names["account"], "reserved")


def lost_hold(house: House) -> tuple[str, str, str]:
    put(house, "held", "refund", "status", "cancelled")
    return ("quota_differs", house.names["account"], "held")


def no_quota(house: House) -> tuple[str, str, str]:
    del house.rows[house.names["account"], "quota"]
    return ("quota_differs", house.names["account"], "row")


def lost_shard(house: House) -> tuple[str, str, str]:
    """Pieces went out to shards, and one shard is gone."""
    put(house, "account", "quota", "shared", 1)
    put(house, "account", "quota", "available", 0)
    return ("quota_differs", house.names["account"], "shared")


def negative(house: House) -> tuple[str, str, str]:
    put(house, "account", "quota", "held", -1)
    return ("quota_negative", house.names["account"], "held")


def negative_shard(house: House) -> tuple[str, str, str]:
    house.rows[f"{house.names['account']}#0", "quota_shard"] = {"available": 1, "reserved": -1, "shared_in": 0}
    return ("quota_negative", f"{house.names['account']}#0", "reserved")


def other_ledger_account(house: House) -> tuple[str, str, str]:
    put(house, "overpaid", "refund", "amount_idr", 1)
    return ("ledger_account_differs", "refund_payable", "idr")


def unknown_ledger_account(house: House) -> tuple[str, str, str]:
    house.rows[house.entry("pay", "attempt"), "entry"]["lines"] = {
        "clearing": 37_500,
        "liability": -30_000,
        "pocket": -7_500,
    }
    return ("ledger_account_differs", "pocket", "idr")


def payment_of(house: House) -> Key:
    found = house.world.ledger.scan("payment")
    return next((str(row["pk"]), "payment") for row in found if row["attempt"] == house.names["attempt"])


def other_payment(house: House) -> tuple[str, str, str]:
    house.rows[payment_of(house)]["amount_idr"] = 1
    return ("payment_differs", house.names["attempt"], "invoice and amount")


def no_payment(house: House) -> tuple[str, str, str]:
    del house.rows[payment_of(house)]
    return ("payment_differs", house.names["attempt"], "invoice and amount")


def no_refund(house: House) -> tuple[str, str, str]:
    held = house.rows.pop((house.names["held"], "refund"))
    return ("refund_differs", str(held["invoice"]), "state and amount")


def other_serial(house: House) -> tuple[str, str, str]:
    put(house, "serial", "serial", "sealed_sha256", "other bytes")
    return ("serial_differs", house.names["serial"], "stamping and bytes")


# Officers ------------------------------------------------------------------------------------------------------------------


def act_of(house: House, act: str, number: int) -> str:
    return f"{house.entry(act, 'officers')}_{number}"


def another_officer(house: House) -> tuple[str, str, str]:
    """Who approved is written over, in the entry and on the row: the chain remembers."""
    entry = act_of(house, "approve", 1)
    house.rows[entry, "entry"]["by"] = "acc_CICI"
    put(house, "officers", "refund", "decided_by", "acc_CICI")
    line(house, "approve")["by"] = "acc_CICI"
    return ("entry_changed", entry, "hash")


def another_reason(house: House) -> tuple[str, str, str]:
    line(house, "payout")["note"] = "tidak pernah dikatakan"
    return ("entry_differs", act_of(house, "payout", 2), "act")


def another_arrival(house: House) -> tuple[str, str, str]:
    """When a request is said to have arrived is moved, as if the officer had said so."""
    entry = f"{house.entry('note', 'noted')}_1"
    house.rows[entry, "entry"]["arrived_at"] = "2024-09-03T10:00:00.000000Z"
    return ("entry_changed", entry, "hash")


def act_without_entry(house: House) -> tuple[str, str, str]:
    entry = act_of(house, "payout", 2)
    del house.rows[entry, "entry"]
    return ("row_without_entry", entry, "act")


def act_taken_off_the_timeline(house: House) -> tuple[str, str, str]:
    timeline = house.rows[house.names["officers"], "refund"]["timeline"]
    assert isinstance(timeline, list)
    timeline.remove(line(house, "payout"))
    return ("entry_without_row", act_of(house, "payout", 2), "act")


def invented_act(house: House) -> tuple[str, str, str]:
    entry = act_of(house, "note", 3)
    house.rows[entry, "entry"] = deepcopy(house.rows[act_of(house, "approve", 1), "entry"])
    return ("entry_without_row", entry, "act")


def money_in_an_act(house: House) -> tuple[str, str, str]:
    """An act's entry moves no value: lines in it are an entry that nothing explains."""
    entry = act_of(house, "payout", 2)
    house.rows[entry, "entry"]["lines"] = {"clearing": 9_375, "retained": -9_375}
    return ("entry_without_row", entry, "lines")


def nameless_act(house: House) -> tuple[str, str, str]:
    entry = act_of(house, "approve", 1)
    del house.rows[entry, "entry"]["by"]
    return ("row_malformed", f"{entry} entry", "row")


def paid_by_who_approved(house: House) -> tuple[str, str, str]:
    put(house, "officers", "refund", "paid_by", "acc_ANI")
    return ("payout_unauthorised", house.names["officers"], "officers")


def paid_out_unasked(house: House) -> tuple[str, str, str]:
    """The way is written to a payout, past every officer."""
    put(house, "refund", "refund", "way", "payout")
    return ("payout_unauthorised", house.names["refund"], "officers")


def line(house: House, act: str) -> dict[str, Any]:
    timeline: Any = house.rows[house.names["officers"], "refund"]["timeline"]
    found: dict[str, Any] = next(one for one in timeline if one.get("act") == act)
    return found


def void_serial(house: House) -> tuple[str, str, str]:
    put(house, "serial", "serial", "state", "void")
    return ("serial_differs", house.names["serial"], "stamping and bytes")


TAMPERINGS: tuple[Callable[[House], tuple[str, str, str]], ...] = (
    changed, removed, inserted, swapped, unlinked, rewritten_link, moved_link, beyond, other_marker, no_marker, other_head,
    no_head, recomputed, forged_lock, signed_by_another, renamed_lock, touched_lock, missing_lock, broken_lock,
    shrunken_lock, late_lock, unbalanced, ledger_unbalanced, other_lines, other_owner, no_row, unpaid_invoice,
    done_without_entry, refunded_without_entry, unreadable, no_link_at_all, other_bucket, lost_reserve, lost_hold,
    no_quota, lost_shard, negative, negative_shard, other_ledger_account, unknown_ledger_account, other_payment,
    no_payment, no_refund, other_serial, void_serial, another_officer, another_reason, another_arrival, act_without_entry,
    act_taken_off_the_timeline, invented_act, money_in_an_act, nameless_act, paid_by_who_approved, paid_out_unasked,
)  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_every_difference_is_named(house: House, tamper: Callable[[House], tuple[str, str, str]]) -> None:
    expected = tamper(house)
    assert expected in found(house.audit())


def test_every_code_has_a_tampering_that_ends_in_it() -> None:
    assert {tamper(House())[0] for tamper in TAMPERINGS} == set(get_args(Code))


def test_a_finding_tells_what_was_expected_and_what_is_there(house: House) -> None:
    put(house, "account", "quota", "used", 7)
    wanted = {
        Finding("quota_differs", house.names["account"], "used", "1", "7"),
        Finding("ledger_account_differs", "liability", "idr", "20000", "-40000"),
    }
    assert set(house.audit().findings) == wanted


def test_one_changed_link_is_told_once_and_not_for_every_link_after_it(house: House) -> None:
    rewritten_link(house)
    codes = sorted(one.code for one in house.audit().findings)
    assert codes == ["entry_changed", "link_broken"]


def test_a_young_entry_may_wait_for_its_link(house: House) -> None:
    world = house.world
    world.pay(world.buy(house.names["account"], 1).attempt.id)
    assert house.audit().findings == ()
    world.wait(GRACE + timedelta(seconds=1))
    assert "entry_unlinked" in {one.code for one in house.audit().findings}


def test_heads_locked_after_an_exports_instant_are_not_held_against_it(house: House) -> None:
    world, rows, at = house.world, list(house.scan()), house.world.now
    world.pay(world.buy(house.names["account"], 1).attempt.id)
    chain(world)
    world.wait(timedelta(hours=1))
    lock(world)
    assert audit(lambda: iter(rows), world.locked, KEY.verify, now=at).findings == ()


def test_a_house_that_goes_on_is_looked_at_twice(house: House) -> None:
    """Rows are read while moves are made: the first read is no single instant's, and what moved agrees by the second."""
    world, looks = house.world, 0

    def rows() -> Iterator[tuple[Key, Row]]:
        nonlocal looks
        looks += 1
        seen = list(house.scan())
        if looks == 1:
            world.pay(world.buy(house.names["account"], 1).attempt.id)
            chain(world)
            half = {key: row for key, row in house.scan() if key[1] != "quota"}
            seen = [*half.items(), *(pair for pair in seen if pair[0][1] == "quota")]
        yield from seen

    audited = audit(rows, world.locked, KEY.verify, now=world.now, heads=lambda: read_heads(world.ledger))
    assert (looks, audited.findings) == (2, ())


def test_what_is_wrong_in_a_house_that_goes_on_is_wrong_twice(house: House) -> None:
    wanted = recomputed(house)
    assert wanted in found(house.audit(heads=lambda: read_heads(house.world.ledger)))


def test_links_that_came_while_rows_were_read_are_no_finding(house: House) -> None:
    world = house.world
    before = read_heads(world.ledger)
    world.pay(world.buy(house.names["account"], 1).attempt.id)
    chain(world)
    heads = iter([before, read_heads(world.ledger)])
    assert house.audit(heads=lambda: next(heads)).findings == ()


def test_a_house_without_entries_is_clean() -> None:
    assert audit(lambda: iter(()), World().locked, KEY.verify, now=START).findings == ()


# Histories -----------------------------------------------------------------------------------------------------------------


DOINGS = ("buy", "pay", "late", "overpay", "stamp", "work", "cancel", "refund", "follow", "chain", "lock", "officers")


@given(st.lists(st.sampled_from(DOINGS), max_size=40))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_true_history_is_clean(doings: list[str]) -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    bills, stampings, refunds = [world.buy(account, 2)], [], []
    for doing in doings:
        try:
            match doing:
                case "buy":
                    bills.append(world.buy(account, 2))
                case "pay" | "late" | "overpay":
                    world.wait(timedelta(days=2) if doing == "late" else timedelta(seconds=1))
                    for _ in range(2 if doing == "overpay" else 1):
                        world.pay(bills[-1].attempt.id)
                case "stamp":
                    stampings.append(world.stamp(account, world.document(opened.token)).stamping.id)
                case "work":
                    world.work()
                case "cancel" if stampings:
                    cancel_stamping(
                        world.ledger, world.sealed, account=account, stamping_id=stampings[-1], now=world.now
                    )
                case "refund":
                    refunds.append(world.ask_refund(account, bills[0].invoice.id).refund.id)
                case "follow" if refunds:
                    world.work()  # a request that was recorded waits for its stampings
                    world.follow(refunds[-1])
                case "officers":
                    paid_out(world, account)
                    written_down(world, account)
                case "chain":
                    chain(world)
                case "lock":
                    lock(world)
        except Refusal:
            continue
    chain(world)
    world.wait(2 * GRACE)
    lock(world)
    audited = audit(lambda: iter(list(world.ledger.rows.items())), world.locked, KEY.verify, now=world.now)
    assert audited.findings == ()
