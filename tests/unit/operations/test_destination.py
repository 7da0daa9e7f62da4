"""Where a payout goes: told once by its owner, checked with the bank, and never a guess."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterai.domain.errors import (
    Busy,
    ContactUnverified,
    DestinationChecksSpent,
    DestinationMismatch,
    DestinationUnknown,
    Missing,
    PaymentProviderUnavailable,
    RefundNotAwaitingDestination,
    RequestInvalid,
)
from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, Change, GateClosed, Move
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Account, Destination, Invoice, Refund
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.find import load, loaded
from meterai.operations.tell_destination import CHECKS_AT_ONCE, KEPT_FOR, UNANSWERED_PAUSE, tell_destination
from tests.fakes.payouts import MemoryPayouts
from tests.fakes.world import DAY, World

NUMBER = "1234567890"


class Waiting:
    """A refund that waits to be told where the money goes."""

    def __init__(self, *, verified: bool = True) -> None:
        self.world = World()
        self.payouts = MemoryPayouts()
        self.account = self.world.account().account.id
        if verified:
            self.verify(self.account)
        bill = self.world.buy(self.account, 1)
        self.world.pay(bill.attempt.id)
        self.invoice = bill.invoice.id
        self.id = self.world.ask_refund(self.account, self.invoice).refund.id
        self.world.advance(self.id)
        self.wait_again()

    def verify(self, account: str) -> None:
        when = {"email_verified_at": Absent()}
        verified = Change(Account.key_of(account), when, put={"email_verified_at": spell(self.world.now)})
        self.world.ledger.apply(Move("verified", (verified,)))

    def wait_again(self) -> None:
        """As after a payout that bounced: the account that was told is none any more, and another is asked for."""
        self.world.ledger.apply(Move("refused", (Change(self.refund.key, {}, remove=("destination",)),)))
        self.world.ledger.apply(moves.destine(self.refund, self.world.now))

    @property
    def refund(self) -> Refund:
        return loaded(self.world.ledger, Refund, self.id)

    @property
    def destination(self) -> Destination | None:
        return load(self.world.ledger, Destination, self.id)

    @property
    def checks(self) -> int:
        return sum(verb == "holder" for verb, _ in self.payouts.calls)

    def tell(
        self,
        *,
        account: str | None = None,
        bank: str = "ID_BCA",
        number: str = NUMBER,
        given: str = "Budi Santoso",
    ) -> Refund:
        return tell_destination(
            self.world.ledger,
            self.payouts,
            account=account or self.account,
            refund_id=self.id,
            bank=bank,
            number=number,
            given=given,
            now=self.world.now,
            day=DAY,
        )


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


def test_a_destination_whose_name_agrees_is_kept_and_the_refund_goes_on(waiting: Waiting) -> None:
    told = waiting.tell(given="H. Budi Santoso, S.H.")
    assert (told.status, told.destination) == ("approved", {"bank": "ID_BCA", "number": "••••7890"})
    assert [line["status"] for line in told.timeline][-2:] == ["awaiting_destination", "approved"]
    kept = waiting.destination
    assert kept is not None
    assert (kept.bank, kept.number, kept.given, kept.holder) == (
        "ID_BCA",
        NUMBER,
        "H. Budi Santoso, S.H.",
        "BUDI SANTOSO",
    )
    assert (kept.account, kept.checked_at) == (waiting.account, waiting.world.now)
    assert kept.ttl == int((waiting.world.now + KEPT_FOR).timestamp())
    assert waiting.world.follow(waiting.id).status == "refunded"


def test_the_number_is_nowhere_but_in_the_destination(waiting: Waiting) -> None:
    waiting.tell()
    waiting.world.flow()
    naming = {key for key, row in waiting.world.ledger.rows.items() if NUMBER in str(row) or NUMBER in str(key)}
    assert naming == {(waiting.id, "destination")}


def test_telling_it_twice_is_telling_it_once(waiting: Waiting) -> None:
    first = waiting.tell()
    made = len(waiting.world.ledger.history)
    waiting.world.wait(timedelta(seconds=1))
    assert waiting.tell() == first
    assert (len(waiting.world.ledger.history), waiting.checks) == (made, 1)
    waiting.world.follow(waiting.id)
    assert waiting.tell().status == "refunded"


@pytest.mark.parametrize(
    "other",
    [{"number": "1234567891"}, {"bank": "ID_BRI"}, {"given": "Budi Santoso SE"}],
    ids=lambda other: next(iter(other)),
)
def test_another_destination_after_one_was_told_is_refused(waiting: Waiting, other: dict[str, str]) -> None:
    waiting.tell()
    kept = waiting.destination
    with pytest.raises(RefundNotAwaitingDestination):
        waiting.tell(**other)
    assert waiting.destination == kept


def test_a_refund_that_waits_again_is_told_another(waiting: Waiting) -> None:
    waiting.tell()
    waiting.wait_again()
    waiting.world.wait(timedelta(minutes=1))
    told = waiting.tell(bank="ID_BRI", number="998877665544")
    assert (told.status, told.destination) == ("approved", {"bank": "ID_BRI", "number": "••••5544"})
    kept = waiting.destination
    assert kept is not None
    assert (kept.bank, kept.number, kept.checked_at) == ("ID_BRI", "998877665544", waiting.world.now)


def test_another_persons_account_is_refused_and_nothing_is_kept(waiting: Waiting) -> None:
    waiting.payouts.account_holder = "BAMBANG SANTOSO"
    for given in ("Budi Santoso", "B. Santoso", "Santoso"):
        with pytest.raises(DestinationMismatch) as refused:
            waiting.tell(given=given)
        assert "BAMBANG" not in str(refused.value)
    assert (waiting.refund.status, waiting.destination) == ("awaiting_destination", None)


def test_an_account_that_the_bank_does_not_know_is_refused(waiting: Waiting) -> None:
    waiting.payouts.account_holder = None
    with pytest.raises(DestinationUnknown):
        waiting.tell()
    assert (waiting.refund.status, waiting.destination) == ("awaiting_destination", None)


def test_only_a_verified_e_mail_tells_and_no_bank_is_asked_before() -> None:
    waiting = Waiting(verified=False)
    with pytest.raises(ContactUnverified):
        waiting.tell()
    assert waiting.checks == 0
    waiting.verify(waiting.account)
    assert waiting.tell().status == "approved"


def test_anothers_refund_is_a_missing_one(waiting: Waiting) -> None:
    other = waiting.world.account("ani@example.id").account.id
    waiting.verify(other)
    with pytest.raises(Missing):
        waiting.tell(account=other)
    assert waiting.checks == 0


def test_a_bank_that_is_none_is_named_as_the_fault(waiting: Waiting) -> None:
    with pytest.raises(RequestInvalid) as refused:
        waiting.tell(bank="PH_BDO")
    assert (refused.value.pointer, waiting.checks) == ("/bank", 0)


def test_a_refund_that_does_not_wait_is_told_nothing() -> None:
    waiting = Waiting()
    cancel_refund(waiting.world.ledger, account=waiting.account, refund_id=waiting.id, now=waiting.world.now)
    with pytest.raises(RefundNotAwaitingDestination):
        waiting.tell()
    assert waiting.checks == 0
    assert loaded(waiting.world.ledger, Invoice, waiting.invoice).status == "paid"


def test_a_refund_that_was_cancelled_after_it_was_told_is_told_nothing_again(waiting: Waiting) -> None:
    waiting.tell()
    cancel_refund(waiting.world.ledger, account=waiting.account, refund_id=waiting.id, now=waiting.world.now)
    with pytest.raises(RefundNotAwaitingDestination):
        waiting.tell()


def test_an_outage_costs_no_try_and_banks_are_asked_once_a_minute(waiting: Waiting) -> None:
    waiting.payouts.names_outage = True
    for minute in range(CHECKS_AT_ONCE + 3):
        for _ in range(3):
            with pytest.raises(PaymentProviderUnavailable):
                waiting.tell()
        assert (waiting.refund.checks, waiting.checks) == (0, minute + 1)
        waiting.world.wait(UNANSWERED_PAUSE)
    waiting.payouts.names_outage = False
    assert waiting.tell().status == "approved"


def test_who_tries_many_accounts_waits_a_day_before_each_other_one(waiting: Waiting) -> None:
    waiting.payouts.account_holder = "SITI AMINAH"
    for number in range(CHECKS_AT_ONCE):
        with pytest.raises(DestinationMismatch):
            waiting.tell(number=f"{number:010}")
    for _ in range(2):
        with pytest.raises(DestinationChecksSpent) as refused:
            waiting.tell()
        assert refused.value.facts == {"check_after": spell(waiting.world.now + DAY)}
    assert waiting.checks == CHECKS_AT_ONCE
    waiting.world.wait(DAY)
    with pytest.raises(DestinationMismatch):
        waiting.tell()
    with pytest.raises(DestinationChecksSpent):
        waiting.tell()
    waiting.world.wait(DAY)
    waiting.payouts.names_outage = True
    with pytest.raises(PaymentProviderUnavailable):
        waiting.tell()
    waiting.payouts.names_outage = False
    waiting.world.wait(UNANSWERED_PAUSE)
    assert waiting.tell(given="Siti Aminah").status == "approved"
    assert waiting.checks == CHECKS_AT_ONCE + 3


class Meanwhile(MemoryPayouts):
    """A bank during whose answer something else happens."""

    def __init__(self, happens: object) -> None:
        super().__init__()
        self.happens = happens

    def holder(self, bank: str, number: str) -> str:
        happens, self.happens = self.happens, None
        if callable(happens):
            happens()
        return super().holder(bank, number)


def test_the_same_destination_sent_twice_at_once_is_told_once(waiting: Waiting) -> None:
    waiting.payouts = Meanwhile(lambda: waiting.tell())
    assert waiting.tell().status == "approved"
    assert [move.name for move in waiting.world.ledger.history].count("destine") == 2  # to wait, and told


def test_a_cancellation_while_the_bank_answers_wins(waiting: Waiting) -> None:
    waiting.payouts = Meanwhile(
        lambda: cancel_refund(
            waiting.world.ledger, account=waiting.account, refund_id=waiting.id, now=waiting.world.now
        )
    )
    with pytest.raises(RefundNotAwaitingDestination):
        waiting.tell()
    assert (waiting.refund.status, waiting.destination) == ("cancelled", None)


def test_of_two_destinations_sent_at_once_one_is_kept_and_the_other_refused(waiting: Waiting) -> None:
    waiting.payouts = Meanwhile(lambda: waiting.tell(number="5555555555"))
    with pytest.raises(RefundNotAwaitingDestination):
        waiting.tell()
    assert waiting.destination is not None
    assert waiting.destination.number == "5555555555"
    assert waiting.refund.destination == {"bank": "ID_BCA", "number": "••••5555"}


def test_a_table_that_never_lets_it_through_is_busy(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(move: Move) -> None:
        raise GateClosed(move.name, frozenset())

    monkeypatch.setattr(waiting.world.ledger, "apply", closed)
    with pytest.raises(Busy):
        waiting.tell()
    assert waiting.checks == 0


def test_the_moves_of_a_check_are_counted_once_and_taken_back_once(waiting: Waiting) -> None:
    read = waiting.refund
    ledger = waiting.world.ledger
    ledger.apply(moves.check_name(read, waiting.world.now))
    with pytest.raises(GateClosed):
        ledger.apply(moves.check_name(read, waiting.world.now))
    assert (waiting.refund.checks, waiting.refund.check_after) == (1, waiting.world.now)
    later = waiting.world.now + UNANSWERED_PAUSE
    ledger.apply(moves.uncheck_name(read, later))
    with pytest.raises(GateClosed):
        ledger.apply(moves.uncheck_name(read, later))
    assert (waiting.refund.checks, waiting.refund.check_after) == (0, later)
