"""Letters: what is written about, to whom, once; and the links in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from meterai.domain.errors import Busy, LinkInvalid, Missing, RateLimited, ScopeMissing
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Move, Put, Value
from meterai.domain.rows import Account, Letter, Link, Refund, RefundStatus
from meterai.operations.ask_confirmation import ask_confirmation
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.confirm_email import confirm_email
from meterai.operations.find import loaded
from meterai.operations.follow_refund import follow_refund
from meterai.operations.give_email import give_email
from meterai.operations.links import followed
from meterai.operations.open_account import open_account
from meterai.operations.send_letter import CONFIRMATIONS_A_DAY, LEASE, OLD_NEWS
from meterai.ports.post import Mail
from tests.fakes.world import DAY, World

MINUTE = timedelta(minutes=1)


def verified(world: World, email: str = "budi@example.id", quantity: int = 1) -> tuple[str, str]:
    """An account whose e-mail is confirmed, and its paid invoice."""
    account = world.account(email).account.id
    world.verify(account)
    bill = world.buy(account, quantity)
    world.pay(bill.attempt.id)
    assert world.mail() == []
    return account, bill.invoice.id


def subjects(mails: list[Mail]) -> list[str]:
    return [mail.words.subject.partition(":")[0] for mail in mails]


def secret(mail: Mail, fragment: str) -> str:
    (found,) = set(re.findall(rf"#{fragment}=(\S+)", mail.words.text))
    return str(found)


def letters(world: World) -> list[Letter]:
    return [Letter.of(row) for (_, noun), row in world.ledger.rows.items() if noun == Letter.name]


def change(world: World, refund: str, **put: Value) -> None:
    """Have a refund's row say this, as moves that are not this test's would."""
    world.ledger.apply(Move("test", (Change(Refund.key_of(refund), {}, put=put),)))


# The first letter ----------------------------------------------------------------------------------------------------------


def test_a_new_account_is_written_to_once_however_often_the_change_and_the_message_come() -> None:
    world = World()
    account = world.account().account
    (mail,) = world.mail()
    assert (mail.to, mail.words.subject) == ("budi@example.id", "Konfirmasi alamat e-mail Anda")
    (letter,) = letters(world)
    for _ in range(3):
        world.deliver(letter.id)
    world.flow()
    assert world.mail() == []
    assert loaded(world.ledger, Letter, letter.id).status == "sent"
    assert loaded(world.ledger, Account, account.id).email_verified_at is None


def test_whoever_follows_the_link_has_a_verified_address() -> None:
    world = World()
    account = world.account().account.id
    world.wait(MINUTE)
    world.verify(account)
    assert loaded(world.ledger, Account, account).email_verified_at == world.now


def test_a_lost_answer_is_asked_for_again_and_is_the_same() -> None:
    world = World()
    account = world.account().account.id
    text = secret(world.mail()[0], "konfirmasi-email")
    confirm_email(world.ledger, secret=text, now=world.now)
    first = world.now
    world.wait(MINUTE)
    assert confirm_email(world.ledger, secret=text, now=world.now).id == account
    assert loaded(world.ledger, Account, account).email_verified_at == first


@pytest.mark.parametrize("spoil", [lambda s: s[:-1], lambda s: s + "A", lambda s: "", lambda s: s.swapcase()])
def test_any_other_secret_is_no_link(spoil: Callable[[str], str]) -> None:
    world = World()
    account = world.account().account.id
    text = secret(world.mail()[0], "konfirmasi-email")
    with pytest.raises(LinkInvalid):
        confirm_email(world.ledger, secret=spoil(text), now=world.now)
    assert loaded(world.ledger, Account, account).email_verified_at is None


def test_a_link_ends_after_a_day_and_is_for_nothing_else() -> None:
    world = World()
    account, invoice = verified(world)
    other = world.account("citra@example.id").account.id
    text = secret(world.mail()[0], "konfirmasi-email")
    with pytest.raises(LinkInvalid):
        follow_refund(world.ledger, secret=text, now=world.now)
    world.ask_refund(account, invoice)
    follow = secret(world.mail()[0], "pengembalian")
    with pytest.raises(LinkInvalid):
        confirm_email(world.ledger, secret=follow, now=world.now)
    world.wait(DAY)
    with pytest.raises(LinkInvalid):
        confirm_email(world.ledger, secret=text, now=world.now)
    assert loaded(world.ledger, Account, other).email_verified_at is None


def test_a_link_to_an_address_that_the_account_no_longer_has_proves_nothing() -> None:
    world = World()
    account = world.account().account.id
    text = secret(world.mail()[0], "konfirmasi-email")
    world.ledger.apply(Move("test", (Change(Account.key_of(account), {}, put={"email": "lain@example.id"}),)))
    with pytest.raises(LinkInvalid):
        confirm_email(world.ledger, secret=text, now=world.now)
    assert loaded(world.ledger, Account, account).email_verified_at is None


def test_a_links_secret_is_kept_nowhere() -> None:
    world = World()
    world.account()
    text = secret(world.mail()[0], "konfirmasi-email")
    assert text not in repr(world.ledger.rows)
    (link,) = [row for (_, noun), row in world.ledger.rows.items() if noun == Link.name]
    assert int(str(link["ttl"])) > (world.now + DAY).timestamp()


def test_a_partner_without_an_address_is_not_written_to() -> None:
    world = World()
    open_account(world.ledger, email=None, phone=None, now=world.now, random=world.dice.randbytes, kind="partner")
    assert world.mail() == []
    assert letters(world) == []


# Asking again --------------------------------------------------------------------------------------------------------------


def test_the_letter_is_sent_again_a_minute_later_and_no_sooner() -> None:
    world = World()
    account = world.account().account.id
    world.mail()
    for _ in range(3):
        world.wait(MINUTE - timedelta(seconds=1))
        with pytest.raises(RateLimited) as refused:
            ask_confirmation(world.ledger, account=account, now=world.now)
        assert refused.value.facts == {"retry_after": 1}
        world.wait(timedelta(seconds=1))
        ask_confirmation(world.ledger, account=account, now=world.now)
        assert subjects(world.mail()) == ["Konfirmasi alamat e-mail Anda"]


def test_ten_in_a_day_are_enough_and_tomorrow_is_another_day() -> None:
    world = World()
    account = world.account().account.id
    world.flow()
    for _ in range(10):
        world.wait(MINUTE)
        ask_confirmation(world.ledger, account=account, now=world.now)
        world.flow()
    world.wait(timedelta(hours=23))
    with pytest.raises(RateLimited) as refused:
        ask_confirmation(world.ledger, account=account, now=world.now)
    assert refused.value.facts == {"retry_after": 51 * 60}  # the first of the ten was nine minutes before the last
    world.wait(timedelta(hours=1))
    ask_confirmation(world.ledger, account=account, now=world.now)
    assert len(world.mail()) == 12


def test_a_verified_address_is_not_asked_again() -> None:
    world = World()
    account = world.account().account.id
    world.verify(account)
    assert ask_confirmation(world.ledger, account=account, now=world.now).email_verified_at is not None
    assert world.mail() == []


def test_an_account_without_an_address_has_nothing_to_confirm() -> None:
    world = World()
    partner = open_account(world.ledger, email=None, phone=None, now=world.now, random=world.dice.randbytes)
    with pytest.raises(Missing):
        ask_confirmation(world.ledger, account=partner.account.id, now=world.now)


def test_an_account_may_say_later_where_its_owner_reads_mail() -> None:
    world = World()
    account = open_account(world.ledger, email=None, phone=None, now=world.now, random=world.dice.randbytes).account.id
    assert world.mail() == []
    for _ in range(2):  # saying it twice is saying it once
        assert give_email(world.ledger, account=account, email="budi@example.id", now=world.now).letters == 1
    (mail,) = world.mail()
    assert mail.to == "budi@example.id"
    confirm_email(world.ledger, secret=secret(mail, "konfirmasi-email"), now=world.now)
    assert loaded(world.ledger, Account, account).email_verified_at is not None


def test_a_mistyped_address_is_replaced_and_its_link_confirms_nothing_any_more() -> None:
    world = World()
    account = world.account("bdui@example.id").account.id
    (wrong,) = world.mail()
    with pytest.raises(RateLimited):
        give_email(world.ledger, account=account, email="budi@example.id", now=world.now)
    world.wait(MINUTE)
    give_email(world.ledger, account=account, email="budi@example.id", now=world.now)
    (right,) = world.mail()
    assert right.to == "budi@example.id"
    with pytest.raises(LinkInvalid):
        confirm_email(world.ledger, secret=secret(wrong, "konfirmasi-email"), now=world.now)
    confirm_email(world.ledger, secret=secret(right, "konfirmasi-email"), now=world.now)


def test_a_confirmed_address_is_not_changed_with_a_token_alone() -> None:
    world = World()
    account = world.account("budi@example.id").account.id
    world.verify(account)
    with pytest.raises(ScopeMissing):
        give_email(world.ledger, account=account, email="maling@example.id", now=world.now)
    assert loaded(world.ledger, Account, account).email == "budi@example.id"


def test_nobody_is_flooded_through_many_accounts() -> None:
    world = World()
    for number in range(CONFIRMATIONS_A_DAY + 5):
        world.account("Korban@example.id" if number % 2 else "korban@example.id")
    assert len(world.mail()) == CONFIRMATIONS_A_DAY
    assert [letter.reason for letter in letters(world) if letter.status != "sent"] == ["too_many"] * 5
    world.account("lain@example.id")
    assert len(world.mail()) == 1
    world.wait(DAY + MINUTE)
    world.account("korban@example.id")
    assert len(world.mail()) == 1
    assert "korban" not in repr([row for (_, noun), row in world.ledger.rows.items() if noun == "contact"])


def test_a_letter_that_is_tried_again_counts_once() -> None:
    world = World()
    world.account()
    world.post.down = True
    world.mail()
    (letter,) = letters(world)
    for _ in range(CONFIRMATIONS_A_DAY + 5):
        world.wait(LEASE + timedelta(seconds=1))
        with pytest.raises(Busy):
            world.deliver(letter.id)
    world.post.down = False
    world.wait(LEASE + timedelta(seconds=1))
    assert world.deliver(letter.id).status == "sent"


# Refunds -------------------------------------------------------------------------------------------------------------------


def test_each_status_of_a_refund_is_told_in_turn_and_every_letter_can_be_followed() -> None:
    world = World()
    account, invoice = verified(world)
    asked = world.ask_refund(account, invoice).refund
    told = world.mail()
    for _ in range(10):
        step = world.advance(asked.id)
        told += world.mail()
        if step.look_at is None:
            break
        world.now = max(world.now, step.look_at)
    assert subjects(told) == [
        "Pengajuan diterima",
        "Pengembalian disetujui",
        "Uang sedang dikirim",
        "Uang sudah dikembalikan",
    ]
    assert {mail.to for mail in told} == {"budi@example.id"}
    assert {mail.thread for mail in told} == {asked.id}
    links = [secret(mail, "pengembalian") for mail in told]
    assert len(set(links)) == len(links)
    for link in links * 2:
        assert follow_refund(world.ledger, secret=link, now=world.now).id == asked.id
    world.wait(60 * DAY)
    with pytest.raises(LinkInvalid):
        follow_refund(world.ledger, secret=links[0], now=world.now)


def test_an_address_that_was_not_confirmed_is_told_nothing_of_refunds() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.pay(bill.attempt.id)
    refund = world.ask_refund(account, bill.invoice.id).refund
    world.follow(refund.id)
    assert subjects(world.mail()) == ["Konfirmasi alamat e-mail Anda"]
    about = [letter for letter in letters(world) if letter.object == refund.id]
    assert {(letter.status, letter.reason) for letter in about} == {("withheld", "unverified")}


def test_whoever_confirms_late_is_told_how_their_refunds_stand() -> None:
    world = World()
    account = world.account().account.id
    ended, open_one = (world.buy(account).invoice for _ in range(2))
    for invoice in (ended, open_one):
        world.pay(invoice.attempt)
    world.mail()
    gone = world.ask_refund(account, ended.id).refund
    asked = world.ask_refund(account, open_one.id).refund
    world.follow(gone.id)
    assert world.mail() == []
    ask_confirmation(world.ledger, account=account, now=world.now)
    (first,) = world.mail()
    confirm_email(world.ledger, secret=secret(first, "konfirmasi-email"), now=world.now)
    (mail,) = world.mail()
    assert (mail.thread, mail.words.subject) == (asked.id, "Pengembalian dana Anda yang sedang berjalan: Rp9.375")
    assert follow_refund(world.ledger, secret=secret(mail, "pengembalian"), now=world.now).id == asked.id
    world.wait(MINUTE)
    confirm_email(world.ledger, secret=secret(first, "konfirmasi-email"), now=world.now)
    assert world.mail() == []


def test_the_same_status_again_is_another_letter() -> None:
    world = World()
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    world.mail()
    line: Value = {"status": "approved", "at": spell(world.now)}
    for number in (2, 3, 4):
        status = "approved" if number % 2 == 0 else "awaiting_decision"
        change(world, refund.id, status=status, timeline=[line] * number, updated_at=spell(world.now))
        world.flow()
    assert sorted(subjects(world.mail())) == [
        "Menunggu keputusan petugas",
        "Pengembalian disetujui",
        "Pengembalian disetujui",
    ]


@pytest.mark.parametrize("status", get_args(RefundStatus))
def test_no_status_is_reached_in_silence(status: RefundStatus) -> None:
    world = World()
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    world.mail()
    if status == "received":
        return
    change(world, refund.id, status=status)
    (mail,) = world.mail()
    assert "Rp9.375" in mail.words.subject


def test_a_cancelled_refund_says_at_whose_wish() -> None:
    world = World()
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    world.mail()
    cancel_refund(world.ledger, account=account, refund_id=refund.id, now=world.now)
    (mail,) = world.mail()
    assert "atas permintaan Anda" in mail.words.text


def test_days_are_counted_to_its_owner_and_from_the_thirtieth_on_to_the_officers() -> None:
    world = World()
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    days = (7, 14, 30, 40, 44)
    marks: Value = [{"day": day, "at": spell(world.now + day * DAY)} for day in days]
    change(world, refund.id, milestones=marks)
    world.mail()
    told = []
    for number, day in enumerate(days, 1):
        world.now = loaded(world.ledger, Refund, refund.id).received_at + day * DAY
        change(world, refund.id, milestone=number)
        told += [(mail.to, mail.words.subject) for mail in world.mail()]
    assert [subject for to, subject in told if to == "budi@example.id"] == [
        f"Sampai di mana pengembalian dana Anda: hari ke-{day} dari 45, Rp9.375" for day in days
    ]
    assert [subject for to, subject in told if to == world.desk] == [
        f"Pengembalian dana mendekati janji: hari ke-{day} dari 45, Rp9.375" for day in days[2:]
    ]


def test_officers_without_an_address_are_not_written_to() -> None:
    world = World(desk="")
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    world.mail()
    change(world, refund.id, milestones=[{"day": 30, "at": spell(world.now)}], milestone=1)
    assert subjects(world.mail()) == ["Sampai di mana pengembalian dana Anda"]


def test_a_reminder_that_the_end_overtook_is_not_sent() -> None:
    world = World()
    account, invoice = verified(world)
    refund = world.ask_refund(account, invoice).refund
    world.mail()
    change(world, refund.id, milestones=[{"day": 30, "at": spell(world.now)}], milestone=1)
    world.flow()
    change(world, refund.id, status="cancelled")
    assert subjects(world.mail()) == ["Pengajuan dibatalkan"]
    assert {letter.reason for letter in letters(world) if letter.kind.endswith("milestone")} == {"overtaken"}


def test_a_request_by_mail_is_confirmed_by_whoever_reads_the_address_on_file() -> None:
    world = World()
    account, invoice = verified(world)
    refund = replace(world.ask_refund(account, invoice).refund, id="rfd_by_mail", status="unconfirmed", door="mail")
    world.mail()
    world.ledger.apply(Move("test", (Put(refund.key, refund.row()),)))
    (mail,) = world.mail()
    assert mail.to == "budi@example.id"
    assert "#pengembalian=" not in mail.words.text
    link = followed(
        world.ledger, secret(mail, "konfirmasi-pengembalian"), purpose="confirm_refund", now=world.now + 6 * DAY
    )
    assert (link.object, link.account, link.address) == (refund.id, account, "budi@example.id")


def test_a_request_by_mail_for_an_account_without_a_verified_address_writes_to_nobody() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.pay(bill.attempt.id)
    world.mail()
    asked = world.ask_refund(account, bill.invoice.id).refund
    by_mail = replace(asked, id="rfd_by_mail", status="unconfirmed", door="mail")
    world.ledger.apply(Move("test", (Put(by_mail.key, by_mail.row()),)))
    assert world.mail() == []


def test_pieces_that_came_late_are_offered_back_by_letter() -> None:
    world = World()
    account = world.account().account.id
    world.verify(account)
    bill = world.buy(account, 2)
    notice = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    world.wait(timedelta(minutes=31))
    world.notify(*notice)
    (mail,) = world.mail()
    assert mail.words.subject == "Kami menawarkan uang kembali seluruhnya: Rp25.000"
    assert bill.invoice.id in mail.words.text


# Leaving, once -------------------------------------------------------------------------------------------------------------


def test_while_the_post_is_down_letters_wait_and_the_sweep_sends_them_later() -> None:
    world = World()
    world.account()
    world.post.down = True
    assert world.mail() == []
    world.wait(timedelta(hours=1))
    world.sweep()
    assert world.mail() == []
    world.post.down = False
    world.wait(timedelta(hours=1))
    world.sweep()
    assert len(world.mail()) == 1
    world.wait(DAY)
    world.sweep()
    assert world.mail() == []


def test_a_message_that_was_lost_is_no_lost_letter() -> None:
    world = World()
    world.account()
    world.flow()
    world.flow()
    world.letters.messages.clear()
    world.wait(timedelta(minutes=11))
    world.sweep()
    assert len(world.mail()) == 1


def test_a_crash_between_the_post_and_the_row_sends_twice_rather_than_never() -> None:
    world = World()
    world.account()
    world.flow()
    world.flow()
    (waiting,) = set(world.letters.messages)
    take = world.ledger.apply

    def dies(move: Move) -> None:
        if move.name == "end_letter":
            raise Busy("the worker died here")
        take(move)

    world.ledger.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Busy):
        world.deliver(waiting)
    world.ledger.apply = take  # type: ignore[method-assign]
    assert len(world.post.sent) == 1
    assert world.deliver(waiting).status == "queued"  # the dead worker's lease still lasts
    world.wait(LEASE + timedelta(seconds=1))
    assert world.deliver(waiting).status == "sent"
    assert len(world.post.sent) == 2


def test_two_workers_with_the_same_message_send_one_letter() -> None:
    world = World()
    world.account()
    world.flow()
    world.flow()
    (waiting,) = set(world.letters.messages)
    post, second = world.post.send, []

    def slow(mail: Mail) -> bool:
        second.append(world.deliver(waiting).status)
        return post(mail)

    world.post.send = slow  # type: ignore[method-assign]
    assert world.deliver(waiting).status == "sent"
    assert second == ["queued"]
    assert len(world.post.sent) == 1


def test_an_address_that_nobody_can_write_to_ends_its_letter() -> None:
    world = World()
    world.account("a,b@example.id")
    assert world.mail() == []
    assert [(letter.status, letter.reason) for letter in letters(world)] == [("refused", "address")]


def test_old_news_is_given_up() -> None:
    world = World()
    world.account()
    world.post.down = True
    world.mail()
    while world.now < letters(world)[0].at + OLD_NEWS:
        world.wait(timedelta(hours=11))
        world.sweep()
        world.mail()
    assert [(letter.status, letter.reason) for letter in letters(world)] == [("refused", "old_news")]
    assert letters(world)[0].resent < 30


def test_a_letters_row_holds_neither_address_nor_text_nor_secret() -> None:
    world = World()
    account, invoice = verified(world)
    world.ask_refund(account, invoice)
    world.mail()
    told = repr([row for (_, noun), row in world.ledger.rows.items() if noun == Letter.name])
    assert "budi" not in told
    assert "tidak jadi melamar" not in told
    assert "ttl" in told


def test_one_worker_at_a_time_notes_a_confirmation() -> None:
    """Two letters to one address at once: the one whose note was overtaken comes again."""
    world = World()
    first, second = (world.account().account.id for _ in range(2))
    world.flow()
    world.flow()
    assert first != second
    one, other = dict.fromkeys(world.letters.messages)
    apply = world.ledger.apply

    def meanwhile(move: Move) -> None:
        if move.name == "note_confirmation":
            world.ledger.apply = apply  # type: ignore[method-assign]
            world.deliver(other)
        apply(move)

    world.ledger.apply = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Busy):
        world.deliver(one)
    world.wait(LEASE + timedelta(seconds=1))
    assert world.deliver(one).status == "sent"
    assert len(world.post.sent) == 2
