"""Mails that came in: what they become, who is written to, and who never is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from meterai.domain.errors import Busy, Missing
from meterai.domain.rows import Invoice, Mail, Refund, Submission
from meterai.operations.confirm_refund import confirm_refund
from meterai.operations.find import load, loaded
from meterai.operations.take_mail import take_mail
from meterai.ports.mail import Proof
from meterai.runtime.inbound import read_mail
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.mailbag import MemoryMailbag
from tests.fakes.mails import BUDI, JPEG, PDF, received, written
from tests.fakes.world import DAY, World

CONTACT = "cs@meterai.test"
NOBODY = "inv_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


@dataclass
class Office:
    """A house with a mailbag: `take` delivers a mail, `told` is who was written what since the last time."""

    world: World = field(default_factory=World)
    bag: MemoryMailbag = field(default_factory=MemoryMailbag)

    def take(self, raw: bytes, *, at: datetime | None = None, key: str = "inbound/1") -> Mail:
        self.bag.mails[key] = raw
        return take_mail(
            self.world.ledger,
            self.bag,
            read_mail,
            key=key,
            arrived_at=at or self.world.now,
            own=frozenset({CONTACT}),
            now=self.world.now,
            day=DAY,
        )

    def told(self) -> list[tuple[str, str]]:
        return [(mail.to, mail.words.text.splitlines()[0]) for mail in self.world.mail()]

    def invoice(self, email: str = BUDI, quantity: int = 2, *, verified: bool = True) -> str:
        """A paid invoice of a new account with this e-mail."""
        account = self.world.account(email).account.id
        bill = self.world.buy(account, quantity)
        self.world.pay(bill.attempt.id)
        if verified:
            self.world.verify(account)
        self.told()
        return bill.invoice.id

    def refund(self, mail: Mail) -> Refund:
        """The only request of a mail."""
        [id] = mail.refunds
        return loaded(self.world.ledger, Refund, id)

    def refunds(self) -> list[Refund]:
        return [Refund.of(row) for (_, noun), row in self.world.ledger.rows.items() if noun == "refund"]


ASKED = "Konfirmasi pengajuan pengembalian dana"
GOT_IT = "Surat Anda kami terima"


def test_a_mail_makes_an_unconfirmed_request_and_the_verified_contact_is_asked() -> None:
    office = Office()
    invoice = office.invoice()
    mail = office.take(received(written(invoice, proofs=(("application/pdf", "bukti.pdf", PDF),))))
    refund = office.refund(mail)
    assert (mail.state, refund.status, refund.door, refund.invoice) == ("noted", "unconfirmed", "mail", invoice)
    came = loaded(office.world.ledger, Submission, refund.id)
    assert (came.said_name, came.said_phone, came.said_quota, came.mail) == (
        "Budi Santoso",
        "+6281234567890",
        2,
        mail.id,
    )
    [(owner, sha256)] = office.bag.proofs
    assert (owner, came.proofs) == (refund.id, [{"sha256": sha256, "kind": "application/pdf", "size": len(PDF)}])
    assert office.world.quota(refund.account).held == 0
    assert office.told() == [(BUDI, ASKED)]


def test_from_mail_to_money() -> None:
    office = Office()
    refund = office.refund(office.take(received(written(office.invoice()))))
    [letter] = office.world.mail()
    secret = letter.words.text.partition("#konfirmasi-pengembalian=")[2].split()[0]
    assert confirm_refund(office.world.ledger, secret=secret, now=office.world.now).status == "received"
    assert office.world.follow(refund.id).status == "refunded"


def test_the_request_is_as_old_as_the_hosts_word_and_no_older_than_a_day_before_its_file() -> None:
    office = Office()
    world = office.world
    invoices = [office.invoice(f"{name}@example.id") for name in ("a", "b", "c")]
    world.wait(timedelta(days=2))
    earlier = world.now - timedelta(minutes=40)
    told = office.refund(office.take(received(written(invoices[0]), at=earlier)))
    assert told.received_at == earlier
    long_ago = office.refund(office.take(received(written(invoices[1]), at=world.now - timedelta(days=9))))
    to_come = office.refund(office.take(received(written(invoices[2]), at=world.now + timedelta(hours=1))))
    assert (long_ago.received_at, to_come.received_at) == (world.now, world.now)


def test_the_same_mail_twice_is_one_request_and_one_letter_by_whatever_way_it_comes() -> None:
    office = Office()
    raw = written(office.invoice())
    first = office.take(received(raw))
    again = office.take(received(raw, at=office.world.now - timedelta(hours=1)), key="inbound/2")
    assert first == again
    assert len(office.refunds()) == 1
    assert office.told() == [(BUDI, ASKED)]
    office.world.wait(timedelta(days=8))
    office.world.sweep()
    office.take(received(raw), key="inbound/3")
    assert [refund.status for refund in office.refunds()] == ["cancelled"]


def test_two_mails_about_one_invoice_are_one_request_until_it_has_ended() -> None:
    office = Office()
    invoice = office.invoice()
    first = office.refund(office.take(received(written(invoice))))
    second = office.take(received(written(invoice, message_id="<2@mail>", proofs=(("image/jpeg", "a.jpg", JPEG),))))
    assert office.refund(second) == first
    assert office.bag.proofs == {}
    office.world.flow()
    office.world.wait(timedelta(days=8))
    office.world.sweep()
    third = office.refund(office.take(received(written(invoice, message_id="<3@mail>"))))
    assert third.id != first.id
    assert [refund.status for refund in office.refunds()] == ["cancelled", "unconfirmed"]


def test_an_invoice_is_asked_for_by_mail_no_more_than_five_times() -> None:
    office = Office()
    invoice = office.invoice()
    for number in range(6):
        office.take(received(written(invoice, message_id=f"<{number}@mail>")))
        office.world.flow()
        office.world.wait(timedelta(days=8))
        office.world.sweep()
    assert len(office.refunds()) == 5


def test_several_invoices_are_a_request_each_whole_and_at_most_five() -> None:
    office = Office()
    account = office.world.account(BUDI).account.id
    bills = [office.world.buy(account, quantity) for quantity in (1, 2, 3, 4, 5, 6)]
    for bill in bills:
        office.world.pay(bill.attempt.id)
    office.world.verify(account)
    office.told()
    mail = office.take(received(written("\n".join(bill.invoice.id for bill in bills))))
    assert [loaded(office.world.ledger, Refund, id).quantity for id in mail.refunds] == [1, 2, 3, 4, 5]
    assert "invoices beyond the fifth" in loaded(office.world.ledger, Submission, mail.refunds[0]).dropped
    assert office.told() == [(BUDI, ASKED)] * 5


def test_of_several_invoices_those_that_can_be_asked_for_are() -> None:
    office = Office()
    mine, unverified = office.invoice(), office.invoice("siti@example.id", verified=False)
    account = loaded(office.world.ledger, Invoice, mine).account
    unpaid = office.world.buy(account, 1).invoice.id
    mail = office.take(received(written(f"{NOBODY} {unpaid} {unverified} {mine}")))
    assert office.refund(mail).invoice == mine
    assert office.told() == [(BUDI, ASKED)]


def test_somebody_elses_invoice_asks_its_owner_and_tells_the_sender_nothing_that_an_unknown_one_would_not() -> None:
    known, unknown = Office(), Office()
    invoice = known.invoice("siti@example.id")
    unknown.invoice("siti@example.id")
    known.take(received(written(invoice)))
    unknown.take(received(written(NOBODY)))
    to_sender = [
        [mail.words for mail in office.world.mail() if mail.to != "siti@example.id"] for office in (known, unknown)
    ]
    assert to_sender[0] == to_sender[1]
    assert len(to_sender[0]) == 1
    assert to_sender[0][0].subject == GOT_IT
    assert invoice not in to_sender[0][0].text
    assert known.refunds()[0].status == "unconfirmed"
    assert unknown.refunds() == []


def test_the_letter_that_asks_goes_to_the_verified_contact_and_never_to_where_the_mail_came_from() -> None:
    office = Office()
    office.take(received(written(office.invoice("siti@example.id"), sender="lain@example.id")))
    assert sorted(office.told()) == [("lain@example.id", GOT_IT), ("siti@example.id", ASKED)]


def test_an_unknown_sender_is_told_once_a_day_that_it_came() -> None:
    office = Office()
    for number in range(3):
        office.take(received(written(NOBODY, message_id=f"<{number}@x>")))
    assert office.told() == [(BUDI, GOT_IT)]
    office.world.wait(timedelta(days=1))
    assert office.take(received(written(NOBODY, message_id="<4@x>"))).state == "acknowledged"
    assert office.take(received(written(NOBODY, message_id="<5@x>"))).state == "unanswered"
    assert office.told() == [(BUDI, GOT_IT)]


def test_a_mail_that_names_no_invoice_gets_the_form() -> None:
    office = Office()
    assert office.take(received(written(text="Tolong dibatalkan, saya tidak tahu nomornya"))).state == "acknowledged"
    assert office.told() == [(BUDI, GOT_IT)]


@pytest.mark.parametrize("dmarc", ["none", "temperror", "gray"])
def test_nobody_is_told_that_it_came_where_nobody_vouches_for_the_sender(dmarc: str) -> None:
    office = Office()
    invoice = office.invoice("siti@example.id")
    assert office.take(received(written(NOBODY), dmarc=dmarc)).state == "unanswered"
    assert office.take(received(written(invoice), dmarc=dmarc)).state == "noted"
    assert office.told() == [("siti@example.id", ASKED)]


Change = Callable[[str], bytes]


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (lambda invoice: received(written(invoice, Auto_Submitted="auto-replied")), "auto_submitted"),
        (lambda invoice: received(written(invoice, Precedence="bulk")), "precedence"),
        (lambda invoice: received(written(invoice, List_Id="<pelamar.contoh.id>")), "list"),
        (lambda invoice: received(written(invoice, X_Loop=CONTACT)), "loop"),
        (lambda invoice: received(written(invoice), return_path=""), "bounce"),
        (lambda invoice: received(written(invoice, sender="MAILER-DAEMON@example.id")), "bounce"),
        (
            lambda invoice: received(written(invoice, sender=f"Meterai <{CONTACT.upper()}>"), domain="meterai.test"),
            "own_address",
        ),
        (lambda invoice: received(written(invoice), dmarc="fail"), "spoofed"),
        (lambda invoice: received(written(invoice), spam="FAIL"), "spam"),
        (lambda invoice: received(written(invoice), virus="FAIL"), "virus"),
        (lambda invoice: received(written(invoice, sender=f"a@example.id, {BUDI}")), "sender_unclear"),
        (lambda invoice: received(written(invoice, subject="Informasi lowongan CASN")), "another_matter"),
        (lambda invoice: received(written(invoice, subject="Balasan otomatis: pembatalan meterai")), "auto_reply"),
        (lambda invoice: b"\xff\x00garbage", "sender_unclear"),
        (lambda invoice: b"", "sender_unclear"),
    ],
)
def test_nothing_follows_and_nobody_is_answered(mail: Change, reason: str) -> None:
    office = Office()
    taken = office.take(mail(office.invoice()))
    assert (taken.state, taken.reason, taken.refunds) == ("unanswered", reason, [])
    assert office.refunds() == []
    assert office.told() == []


def test_the_mails_own_word_that_all_is_well_counts_for_nothing() -> None:
    office = Office()
    invoice = office.invoice()
    lies = (
        b"X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n"
        b"Authentication-Results: amazonses.com; dmarc=pass header.from=example.id;\r\nX-SES-RECEIPT: A\r\n"
    )
    assert office.take(received(lies + written(invoice), dmarc="fail")).reason == "spoofed"
    assert office.take(lies + written(NOBODY), key="inbound/2").state == "unanswered"
    assert office.told() == []


def test_files_are_kept_only_where_the_host_looked_for_viruses_and_found_none() -> None:
    office = Office()
    raw = written(office.invoice(), proofs=(("application/pdf", "a.pdf", PDF), ("application/pdf", "b.pdf", b"MZ")))
    refund = office.refund(office.take(received(raw, virus="GRAY")))
    came = loaded(office.world.ledger, Submission, refund.id)
    assert (office.bag.proofs, came.proofs) == ({}, [])
    assert came.dropped == ["b.pdf (application/pdf): no PDF, PNG or JPEG", "application/pdf: not scanned for viruses"]


def test_a_mail_that_is_gone_is_not_passed_over_in_silence() -> None:
    office = Office()
    with pytest.raises(Missing):
        take_mail(
            office.world.ledger,
            office.bag,
            read_mail,
            key="inbound/nothing",
            arrived_at=office.world.now,
            own=frozenset(),
            now=office.world.now,
            day=DAY,
        )


def test_what_is_remembered_of_a_mail_is_no_word_of_it_and_goes_by_itself() -> None:
    office = Office()
    mail = office.take(received(written(NOBODY)))
    row = office.world.ledger.rows[mail.key]
    assert set(row) == {"id", "state", "received_at", "ttl", "refunds"}
    assert row["ttl"] == int((office.world.now + timedelta(days=30)).timestamp())


def test_storage_that_fails_in_the_middle_brings_the_mail_again_and_it_is_one_request() -> None:
    office = Office()
    raw = received(written(office.invoice(), proofs=(("application/pdf", "a.pdf", PDF),)))
    keep = office.bag.keep_proof

    def down(refund: str, proof: Proof) -> None:
        raise Busy("storage is down")

    office.bag.keep_proof = down  # type: ignore[method-assign]
    with pytest.raises(Busy):
        office.take(raw)
    office.bag.keep_proof = keep  # type: ignore[method-assign]
    refund = office.refund(office.take(raw))
    assert [owner for owner, _ in office.bag.proofs] == [refund.id]
    assert office.refunds() == [refund]
    assert office.told() == [(BUDI, ASKED)]


def test_two_deliveries_and_two_mails_at_once_are_one_request_whenever_the_other_comes() -> None:
    def play(other: Callable[[Office, str], object], at: int) -> int:
        ledger = CrowdedLedger()
        office = Office(World(ledger=ledger))
        invoice = office.invoice()
        ledger.meddle(lambda: other(office, invoice), at=at)
        mail = office.take(received(written(invoice)))
        ledger.leave()
        assert len(office.refunds()) == 1
        assert mail.refunds == [office.refunds()[0].id]
        assert office.told() == [(BUDI, ASKED)]
        return ledger.calls

    def same(office: Office, invoice: str) -> object:
        return office.take(received(written(invoice)), key="inbound/2")

    def another(office: Office, invoice: str) -> object:
        return office.take(received(written(invoice, message_id="<9@x>")), key="inbound/2")

    for other in (same, another):
        assert list(every_instant(partial(play, other)))


def test_a_mail_of_any_bytes_is_taken() -> None:
    office = Office()
    for number, raw in enumerate((b"", b"\r\n\r\n", b"From: <", bytes(range(256)), received(b""))):
        office.take(raw, key=f"inbound/{number}")
    assert load(office.world.ledger, Refund, "rfd_") is None
    assert office.refunds() == []
