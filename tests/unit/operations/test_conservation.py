"""Whatever people, workers, providers and clocks do in any order: no piece is lost, none is made, and the books balance."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from meterai.domain.errors import DocumentUnreadable, QuotaExhausted, Refusal
from meterai.domain.rows import Attempt, Invoice, Quota, QuotaShard, Refund, Serial, Stamping
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.decide_refund import decide_refund
from meterai.operations.find import shards_of
from meterai.operations.gather_pieces import gather_pieces
from meterai.operations.open_account import Opened
from meterai.operations.open_shards import open_shards
from meterai.operations.purchase import renew_payment
from tests.fakes.world import World


class House(RuleBasedStateMachine):
    """The production operations over fakes; each rule is somebody doing something, refusals are part of life."""

    accounts: Bundle[Opened] = Bundle("accounts")
    attempts: Bundle[tuple[str, str, str]] = Bundle("attempts")
    notices: Bundle[Any] = Bundle("notices")
    documents: Bundle[tuple[Opened, str]] = Bundle("documents")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(target=accounts, pieces=st.integers(1, 6), shards=st.integers(0, 3))
    def two_have_bought(self, pieces: int, shards: int) -> Any:
        one, other = (self.world.account() for _ in range(2))
        for opened, quantity in ((one, pieces), (other, 2)):
            self.world.pay(self.world.buy(opened.account.id, quantity).attempt.id)
        if shards:
            open_shards(self.world.ledger, account=one.account.id, shards=shards)
        return multiple(one, other)

    @rule(target=accounts)
    def somebody_comes(self) -> Opened:
        return self.world.account()

    @rule(who=accounts, quantity=st.integers(1, 3))
    def buy_and_pay_at_once(self, who: Opened, quantity: int) -> None:
        with suppress(Refusal):
            self.world.pay(self.world.buy(who.account.id, quantity).attempt.id)

    @rule(target=attempts, who=accounts, quantity=st.integers(1, 3))
    def buy(self, who: Opened, quantity: int) -> Any:
        with suppress(Refusal):
            bill = self.world.buy(who.account.id, quantity)
            return who.account.id, bill.invoice.id, bill.attempt.id
        return multiple()

    @rule(target=attempts, of=attempts, key=st.sampled_from("ab"))
    def ask_a_new_code(self, of: tuple[str, str, str], key: str) -> Any:
        account, invoice, _ = of
        world = self.world
        with suppress(Refusal):
            bill = renew_payment(
                world.ledger,
                world.gateways,
                account=account,
                invoice_id=invoice,
                key=key,
                method="qris",
                now=world.now,
            )
            return account, invoice, bill.attempt.id
        return multiple()

    @rule(target=notices, of=attempts, amount=st.sampled_from([None, None, None, 12_499, 50_000]))
    def pay(self, of: tuple[str, str, str], amount: int | None) -> Any:
        how: dict[str, Any] = {} if amount is None else {"amount_idr": amount}
        return self.world.gateway.notification(self.world.gateway.pay(of[2], at=self.world.now, **how))

    @rule(notice=notices)
    def deliver(self, notice: Any) -> None:
        with suppress(Refusal):
            self.world.notify(*notice)

    @rule(notice=consumes(notices))
    def lose(self, notice: Any) -> None:
        pass

    @rule(down=st.booleans())
    def provider(self, down: bool) -> None:
        self.world.gateway.outage = down

    @rule(target=documents, who=accounts)
    def bring(self, who: Opened) -> tuple[Opened, str]:
        return who, self.world.document(who.token)

    @rule(who=accounts, shards=st.integers(1, 3))
    def an_operator_opens_shards(self, who: Opened, shards: int) -> None:
        open_shards(self.world.ledger, account=who.account.id, shards=shards)

    @rule(who=accounts, quantity=st.integers(1, 6))
    def a_refund_dies_once_it_has_gathered(self, who: Opened, quantity: int) -> None:
        gather_pieces(self.world.ledger, who.account.id, quantity, self.world.now)

    @rule(of=documents, another=st.booleans())
    def ask_a_stamp(self, of: tuple[Opened, str], another: bool) -> None:
        self.stamp(of[0].account.id, of[1], another)

    @rule(who=accounts)
    def stamp_something_new(self, who: Opened) -> None:
        self.stamp(who.account.id, self.world.document(who.token), another=False)

    @rule(refuses=st.sampled_from([None, None, DocumentUnreadable]), down=st.booleans())
    def workers_take_every_message(self, refuses: Any, down: bool) -> None:
        self.world.sealer.refuses, self.world.timestamps.down = refuses, down
        self.world.work()

    @rule(data=st.data())
    def cancel_a_stamping(self, data: st.DataObject) -> None:
        if stampings := self.all(Stamping):
            one = data.draw(st.sampled_from(stampings))
            with suppress(Refusal):
                cancel_stamping(
                    self.world.ledger,
                    self.world.sealed,
                    account=one.account,
                    stamping_id=one.id,
                    now=self.world.now,
                )

    @rule(data=st.data())
    def ask_a_refund(self, data: st.DataObject) -> None:
        if invoices := self.all(Invoice):
            one = data.draw(st.sampled_from(invoices))
            self.world.flow()
            with suppress(Refusal):
                self.world.ask_refund(one.account, one.id)

    @rule(data=st.data(), fate=st.sampled_from(["settled", "refused", "lost before", "lost after"]))
    def advance_a_refund(self, data: st.DataObject, fate: Any) -> None:
        if refunds := self.all(Refund):
            self.world.gateway.refund_fates = [fate]
            with suppress(Refusal):
                self.world.advance(data.draw(st.sampled_from(refunds)).id)

    @rule(data=st.data(), approve=st.booleans(), cancel=st.booleans())
    def somebody_decides(self, data: st.DataObject, approve: bool, cancel: bool) -> None:
        if refunds := self.all(Refund):
            one = data.draw(st.sampled_from(refunds))
            now, ledger = self.world.now, self.world.ledger
            with suppress(Refusal):
                if cancel:
                    cancel_refund(ledger, account=one.account, refund_id=one.id, now=now)
                else:
                    decide_refund(ledger, refund_id=one.id, approve=approve, note="officer", by="acc_officer", now=now)

    @rule(minutes=st.sampled_from([1, 20, 60 * 13, 60 * 80]))
    def time_passes(self, minutes: int) -> None:
        self.world.wait(timedelta(minutes=minutes))

    @rule(rows=st.sampled_from(["due", "open"]))
    def sweep(self, rows: str) -> None:
        self.world.flow()
        self.world.sweep(rows)

    @invariant()
    def no_piece_is_lost_or_made(self) -> None:
        for pool in self.all(Quota):
            assert pool.balanced(), pool
            shards = shards_of(self.world.ledger, pool)
            assert all(shard.balanced() for shard in shards), shards
            assert pool.whole(shards).shared == 0
            assert pool.whole(shards).balanced()

    @invariant()
    def buckets_agree_with_what_they_count(self) -> None:
        stampings, refunds = self.all(Stamping), self.all(Refund)
        for purse in (*self.all(Quota), *self.all(QuotaShard)):
            there = [one for one in stampings if one.purse == purse.key]
            assert purse.reserved == sum(one.status in ("queued", "sealing") for one in there)
            assert purse.used == sum(one.status == "done" for one in there)
        for quota in (self.world.quota(pool.id) for pool in self.all(Quota)):
            mine = [one for one in stampings if one.account == quota.id]
            back = [one for one in refunds if one.account == quota.id and one.kind == "quota"]
            on_hold = ("received", "awaiting_decision", "awaiting_destination", "approved", "paying")
            assert quota.reserved == sum(one.status in ("queued", "sealing") for one in mine)
            assert quota.used == sum(one.status == "done" for one in mine)
            assert quota.held == sum(one.quantity for one in back if one.status in on_hold)
            assert quota.refunded == sum(one.quantity for one in back if one.status == "refunded")

    @invariant()
    def the_books_balance(self) -> None:
        assert sum(self.world.books().values()) == 0

    @invariant()
    def unpaid_grants_nothing_and_paid_is_credited(self) -> None:
        bought: dict[str, int] = {}
        for one in self.all(Invoice):
            if one.status in ("paid", "refunding", "refunded"):
                bought[one.account] = bought.get(one.account, 0) + one.quantity
        for quota in self.all(Quota):
            assert quota.paid_in == bought.get(quota.id, 0)
        assert len([a for a in self.all(Attempt) if a.status == "settled"]) == len(
            [i for i in self.all(Invoice) if i.paid_at]
        )

    @invariant()
    def a_serial_is_on_one_document_and_the_register_knows_the_stored_bytes(self) -> None:
        for serial in self.all(Serial):
            there = self.world.sealed.read(serial.stamping, serial.id)
            if serial.state == "affixed":
                assert there is not None
                assert serial.sealed_sha256 == hashlib.sha256(there).hexdigest()
        serials = [one.serial for one in self.all(Stamping) if one.serial]
        assert len(serials) == len(set(serials))

    @invariant()
    def no_refund_pays_twice(self) -> None:
        paid = sum(one.amount_idr for one in self.all(Refund) if one.status == "refunded")
        given = self.world.gateway.all_refunded_idr()
        open_calls = sum(one.amount_idr for one in self.all(Refund) if one.status == "paying")
        assert paid <= given <= paid + open_calls

    def stamp(self, account: str, document: str, another: bool) -> None:
        with suppress(Refusal):
            try:
                self.world.stamp(account, document, another=another)
            except QuotaExhausted:
                assert self.world.quota(account).available == 0

    def all(self, kind: Any) -> Any:
        return [kind.of(row) for (_, noun), row in self.world.ledger.rows.items() if noun == kind.name]


House.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
)
TestConservation = House.TestCase
