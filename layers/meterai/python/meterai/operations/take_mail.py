"""A mail came in. One that means the portal's refund becomes a request for each invoice that it names, and nobody is told
anything that only the owner of an invoice may know."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain.appeal import Said, asks_refund, said
from meterai.domain.errors import ContactUnverified, InvoiceNotPaid, Missing, RefundAlreadyRequested
from meterai.domain.ids import derived
from meterai.domain.instants import wib_day
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import mail as moves
from meterai.domain.rows import Account, Acknowledgement, Mail, MailState, Refund, Submission
from meterai.operations.find import load, loaded
from meterai.operations.note_request import note_request
from meterai.ports.ledger import Ledger
from meterai.ports.mail import MOST_BYTES, InboundMail, Mailbag, ReadMail

KEPT = timedelta(days=30)
"""How long it is remembered that a mail was read, and when a sender was last told so: past every delivery of the same one."""
ON_ITS_WAY = timedelta(days=1)
"""How much earlier than its file a mail may have reached the receiving host; anything else is not that host's clock."""
MOST_ASKED = 5
"""Requests by mail for one invoice, one after the other ended; then only its owner asks, on the page."""
REASON = "Pengajuan lewat surel"


def take_mail(
    ledger: Ledger,
    mailbag: Mailbag,
    read: ReadMail,
    *,
    key: str,
    arrived_at: datetime,
    own: frozenset[str],
    now: datetime,
    day: timedelta,
) -> Mail:
    """Read one mail, once, however often it is delivered, and decide what follows.

    Each invoice that it names, if it is paid, not being refunded, and its account's e-mail is verified, gets an unconfirmed
    request, about which a letter goes to that e-mail and to no other. The sender, if the host vouches for their domain (DMARC
    passes), is told at most once a day that the mail came and where the form is, in the same words whatever it named; not if
    theirs is the verified e-mail that is written to anyway. To what no person wrote, to spam, viruses, spoofed senders and
    other matters there is never an answer. `own` are our addresses; `arrived_at` is when the file came, `day` how long a day
    of the workflow lasts. Raises Missing when the mail is gone, Busy."""
    raw = mailbag.raw(key, most_bytes=MOST_BYTES)
    if raw is None:
        raise Missing("the mail is gone")
    mail = read(raw)
    id = derived("eml", mail.digest)
    if (known := load(ledger, Mail, id)) is not None:
        return known
    received_at = _received_at(mail, arrived_at)
    reason, refunds, acknowledged = _silence(mail, own), list[Refund](), False
    if reason is None:
        content = said(mail.text)
        found = (_noted(ledger, mailbag, mail, id, content, one, received_at, now, day) for one in content.invoices)
        refunds = [refund for refund in found if refund is not None]
        acknowledged = _acknowledged(ledger, mail, refunds, now)
    state: MailState = "noted" if refunds else "acknowledged" if acknowledged else "unanswered"
    taken = Mail(
        id=id,
        state=state,
        received_at=received_at,
        ttl=int((now + KEPT).timestamp()),
        reason=reason or ("told_today_or_not_vouched_for" if state == "unanswered" else None),
        refunds=[refund.id for refund in refunds],
    )
    with suppress(GateClosed):  # another delivery of the same mail was as far
        ledger.apply(moves.take(taken))
    return loaded(ledger, Mail, id)


def _received_at(mail: InboundMail, arrived_at: datetime) -> datetime:
    """When the receiving host took the mail: a person's time to ask is not spent on its way from there to us."""
    at = mail.received_at
    return at if at is not None and arrived_at - ON_ITS_WAY <= at <= arrived_at else arrived_at


def _silence(mail: InboundMail, own: frozenset[str]) -> str | None:
    """Why nothing follows from a mail, and nobody is answered."""
    if mail.automatic is not None:
        return mail.automatic
    if mail.sender is None:
        return "sender_unclear"
    if mail.sender in own:
        return "own_address"
    if mail.virus == "FAIL":
        return "virus"
    if mail.spam == "FAIL":
        return "spam"
    if mail.dmarc == "fail":
        return "spoofed"
    return None if asks_refund(mail.subject) else "another_matter"


def _noted(
    ledger: Ledger,
    mailbag: Mailbag,
    mail: InboundMail,
    mail_id: str,
    content: Said,
    invoice_id: str,
    received_at: datetime,
    now: datetime,
    day: timedelta,
) -> Refund | None:
    """The unconfirmed request for this invoice: the one that another mail made already, or a new one; None when there can be
    none. An invoice's requests by mail are numbered, so that two mails at once find each other's."""
    for number in range(MOST_ASKED):
        id = derived("rfd", "mail", invoice_id, str(number))
        known = load(ledger, Refund, id)
        if known is not None and known.ended:
            continue
        if known is not None and _mail_of(ledger, known) != mail_id:
            return known if known.status == "unconfirmed" else None
        proofs = mail.proofs if mail.virus == "PASS" else ()
        unscanned = [f"{proof.kind}: not scanned for viruses" for proof in mail.proofs if proof not in proofs]
        submission = Submission(
            id=id,
            mail=mail_id,
            said_name=content.name,
            said_phone=content.phone,
            said_quota=content.quota,
            proofs=[{"sha256": one.sha256, "kind": one.kind, "size": len(one.data)} for one in proofs],
            dropped=[*mail.dropped, *unscanned, *(["invoices beyond the fifth"] if content.more else [])],
        )
        try:
            refund = note_request(
                ledger,
                id=id,
                invoice_id=invoice_id,
                door="mail",
                reason=REASON,
                fingerprint=invoice_id,
                received_at=received_at,
                now=now,
                day=day,
                submission=submission,
            )
        except (Missing, ContactUnverified, InvoiceNotPaid, RefundAlreadyRequested):
            return None
        if _mail_of(ledger, refund) == mail_id:
            for proof in proofs:
                mailbag.keep_proof(refund.id, proof)
        return refund
    return None


def _mail_of(ledger: Ledger, refund: Refund) -> str | None:
    """The mail that a request came in."""
    submission = load(ledger, Submission, refund.id)
    return submission.mail if submission is not None else None


def _acknowledged(ledger: Ledger, mail: InboundMail, refunds: list[Refund], now: datetime) -> bool:
    """Have the sender told that the mail came, unless nobody vouches for them, they were told today, or theirs is the e-mail
    that is written to about a request. That a stranger is told the same whether an invoice exists or not depends on this."""
    if mail.dmarc != "pass" or mail.sender is None:
        return False
    emails = (loaded(ledger, Account, refund.account).email or "" for refund in refunds)
    if mail.sender in {email.lower() for email in emails}:
        return False
    told = Acknowledgement(
        id=derived("ack", mail.sender, wib_day(now).isoformat()),
        address=mail.sender,
        created_at=now,
        ttl=int((now + KEPT).timestamp()),
    )
    with suppress(GateClosed):
        ledger.apply(moves.acknowledge(told))
        return True
    return False
