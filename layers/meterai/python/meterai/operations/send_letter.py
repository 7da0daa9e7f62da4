"""A letter leaves the house: once, but for a crash between the post and the row, after which it may leave twice."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from meterai.domain.errors import Busy
from meterai.domain.ids import RandomBytes
from meterai.domain.instants import read, spell
from meterai.domain.ledger import GateClosed
from meterai.domain.money import percent_of
from meterai.domain.moves import letters as moves
from meterai.domain.policy import POLICIES
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import Account, Acknowledgement, Contact, Invoice, Letter, LetterStatus, LinkPurpose, Refund
from meterai.operations.find import load, loaded
from meterai.operations.links import open_link
from meterai.ports.ledger import Ledger
from meterai.ports.post import Mail, Post, Told, Writer

LEASE = timedelta(seconds=40)
"""How long a worker has a letter: past the time-out of its function, short of the queue's visibility (template.yaml)."""
OLD_NEWS = timedelta(days=7)
"""A letter that the post has not taken for so long is given up: what it tells is over."""
CONFIRMATIONS_A_DAY = 20
"""How many confirmations go to one address in a day, whoever asks: opening accounts is free, flooding somebody is not."""
FRAGMENTS: dict[LinkPurpose, str] = {
    "confirm_email": "konfirmasi-email",
    "confirm_refund": "konfirmasi-pengembalian",
    "follow_refund": "pengembalian",
}
"""What the page calls each link, in the part of the address that no server is sent (web/page/letter.js)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What letters are made with: the words, the post, the page's origin, and the officers' address, which may be empty."""

    write: Writer
    post: Post
    page: str
    desk: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a letter goes, or why it does not."""

    to: str | None
    reason: str | None = None


def send_letter(ledger: Ledger, sender: Sender, *, letter_id: str, now: datetime, random: RandomBytes) -> Letter:
    """Hand a letter that waits to the post, or end it with the reason why nobody is written to.

    Its row is marked after the post took it: a crash in between sends it again, which is better than never. Links are made
    here, for their secrets are kept nowhere. Raises Missing, and Busy: the message comes again."""
    letter = loaded(ledger, Letter, letter_id)
    if letter.status != "queued":
        return letter
    try:
        ledger.apply(moves.take_letter(letter, now + LEASE, now))
    except GateClosed:
        return loaded(
            ledger, Letter, letter_id
        )  # another worker has it; should that one die, its own message comes again
    addressed = _addressed(ledger, sender, letter, now)
    if addressed.to is None:
        return _ended(ledger, letter, "withheld", addressed.reason, now)
    if now - letter.at > OLD_NEWS and letter.resent:
        return _ended(ledger, letter, "refused", "old_news", now)
    words = sender.write(_told(ledger, sender, letter, addressed.to, now, random))
    if not sender.post.send(Mail(id=letter.id, thread=letter.object, to=addressed.to, words=words)):
        return _ended(ledger, letter, "refused", "address", now)
    return _ended(ledger, letter, "sent", None, now)


def _ended(ledger: Ledger, letter: Letter, status: LetterStatus, reason: str | None, now: datetime) -> Letter:
    with suppress(GateClosed):  # a worker that came back from the dead: the letter has ended
        ledger.apply(moves.end_letter(letter, status, reason, now))
    return loaded(ledger, Letter, letter.id)


def _addressed(ledger: Ledger, sender: Sender, letter: Letter, now: datetime) -> Addressed:
    """To whom: officers at their desk; who wrote to us, where they wrote from, that it came and no more; everybody else at the
    address that they have shown to be theirs. An address that was not shown gets the letter that asks for it and nothing else,
    so that nobody is told of another's business."""
    refund = load(ledger, Refund, letter.object)
    if letter.kind.endswith(".milestone") and refund is not None and refund.ended:
        return Addressed(None, "overtaken")
    if letter.kind == "refund.unconfirmed" and refund is not None and refund.status != "unconfirmed":
        return Addressed(None, "overtaken")
    if letter.kind == "desk.milestone":
        return Addressed(sender.desk) if sender.desk else Addressed(None, "no_desk")
    if letter.kind == "mail.acknowledged":
        return Addressed(loaded(ledger, Acknowledgement, letter.object).address)
    account = loaded(ledger, Account, letter.account)
    if account.email is None:
        return Addressed(None, "no_address")
    if letter.kind == "confirm_email":
        return _unconfirmed(ledger, letter, account, account.email, now)
    return Addressed(account.email) if account.email_verified_at else Addressed(None, "unverified")


def _unconfirmed(ledger: Ledger, letter: Letter, account: Account, email: str, now: datetime) -> Addressed:
    """The address of an account, to ask whose it is, unless that is known or it was asked too often already."""
    if account.email_verified_at is not None:
        return Addressed(None, "verified")
    id = f"adr_{hashlib.sha256(email.lower().encode()).hexdigest()}"
    known = load(ledger, Contact, id)
    contact = known or Contact(id=id)
    today = [one for one in contact.confirmations if read(one.partition("#")[0]) > now - timedelta(days=1)]
    if any(one.endswith(letter.id) for one in today):
        return Addressed(email)
    if len(today) >= CONFIRMATIONS_A_DAY:
        return Addressed(None, "too_many")
    try:
        noted = [*today, f"{spell(now)}#{letter.id}"]
        ledger.apply(moves.note_confirmation(contact, noted, now, new=known is None))
    except GateClosed:
        raise Busy("another confirmation went to this address just now") from None
    return Addressed(email)


def _told(ledger: Ledger, sender: Sender, letter: Letter, to: str, now: datetime, random: RandomBytes) -> Told:
    def link(purpose: LinkPurpose) -> str:
        opened = open_link(
            ledger, purpose=purpose, object=letter.object, account=letter.account, address=to, now=now, random=random
        )
        return f"{sender.page}/#{FRAGMENTS[purpose]}={opened.secret}"

    told = Told(kind=letter.kind, at=letter.at, page=sender.page)
    if letter.kind == "confirm_email":
        return replace(told, act=link("confirm_email"))
    if letter.kind == "mail.acknowledged":
        return told
    if letter.kind == "refund.offered":
        invoice = loaded(ledger, Invoice, letter.object)
        policy = POLICIES[invoice.policy]
        offered = percent_of(invoice.total_idr, policy.our_fault_percent)
        return replace(
            told, invoice=invoice, offered_idr=offered, until=letter.at + policy.window if policy.window else None
        )
    refund = loaded(ledger, Refund, letter.object)
    told = replace(told, refund=refund, story=refund_story(refund, now))
    if letter.kind.endswith(".milestone"):
        told = replace(told, day=refund.milestones[letter.number - 1]["day"])
    if letter.kind == "desk.milestone":
        return told
    if letter.kind == "refund.unconfirmed":
        return replace(told, act=link("confirm_refund"))
    return replace(told, follow=link("follow_refund"))
