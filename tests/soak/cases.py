"""What becomes of a refund, and what its owner and two officers do about it over the API: one way after the other."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.paysim.book import Knobs
from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Key, Move
from meterai.domain.policy import MILESTONES
from meterai.domain.rows import Account, PaymentMethod, Refund
from meterai.operations.credit import credit
from meterai.operations.open_account import open_account
from meterai.operations.purchase import purchase
from meterai.ports.gateway import Gateways
from meterai.ports.ledger import Ledger
from tests.integration.client import Json, Person, letter, upload
from tests.soak.wire import Fate, Wire
from tests.soak.witness import Witness

PATIENCE_SECONDS = 400.0
"""How long a refund may rest before it is called stuck: an unknown answer is asked about after half a minute, a task that
failed again and again is repeated after up to one."""
HOLDER = Knobs().account_holder.title()


@dataclass(frozen=True)
class Place:
    """What a refund is played with. `gateways` ask one provider first, each another;
    `letting_seal` waits until the seal queue is read."""

    ledger: Ledger
    gateways: tuple[Gateways, ...]
    pay: Callable[[str], object]
    http: Any
    deciding: Person
    paying: Person
    wire: Wire
    witness: Witness
    letting_seal: Callable[[], object]


@dataclass(eq=False)
class Play:
    """One refund from its payment to its end. `fate` is what its tasks meet."""

    place: Place
    number: int
    chance: random.Random
    fate: Fate
    person: Person = field(init=False)
    invoice: str = field(init=False)
    id: str = ""

    # Before ----------------------------------------------------------------------------------------------------------------

    def buy(self, method: PaymentMethod, quantity: int = 0) -> None:
        """A new account, and a paid invoice: no part of what is tried here, so without the gateway."""
        place, now = self.place, datetime.now(UTC)
        gateways = self.chance.choice(place.gateways)
        opened = open_account(place.ledger, email=None, phone=None, now=now, random=secrets.token_bytes)
        self.person = Person(place.http, opened.token, opened.account.id)
        bill = purchase(
            place.ledger,
            gateways,
            line="paid",
            account=opened.account.id,
            key=f"{self.number}",
            fingerprint="",
            quantity=quantity or self.chance.choice((1, 1, 2, 5)),
            method=method,
            reference=None,
            metadata=None,
            now=now,
        )
        place.pay(bill.attempt.id)
        credit(place.ledger, gateways, bill.attempt, now=datetime.now(UTC))
        self.invoice = bill.invoice.id

    def verified(self) -> None:
        """As if the owner had followed the link in our letter: a payout needs it."""
        put = {"email_verified_at": spell(datetime.now(UTC))}
        self.place.ledger.apply(Move("verified", (Change(Account.key_of(self.person.id), {}, put=put),)))

    def ask(self) -> None:
        """The owner asks the money back."""
        key = f"soak-{self.number}"
        self.id = derived("rfd", self.person.id, "POST /v1/refunds", key)
        self.place.wire.expect(self.id, self.fate)
        asked = self.said("POST", "/v1/refunds", {"invoice_id": self.invoice, "reason": "batal mendaftar"}, key=key)
        assert asked["id"] == self.id

    # Meanwhile -------------------------------------------------------------------------------------------------------------

    def said(
        self, method: str, path: str, body: Json | None = None, *, who: Person | None = None, key: str | None = None
    ) -> Json:
        """What the API answers; asked again while it is busy, as it says. Raises AssertionError when it refuses."""
        for _ in range(20):
            answer = (who or self.person).ask(method, path, key=key, **({"json": body} if body else {}))
            if answer.status_code < 300:
                found: Json = answer.json()
                return found
            if answer.status_code != 503:
                break
            time.sleep(self.chance.uniform(0.2, 1.0))
        raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")

    def wait(self, wanted: Callable[[Json], bool]) -> Json:
        """The refund's row, once it is so."""
        return self.place.witness.wait(self.key, wanted, PATIENCE_SECONDS)

    def until(self, *statuses: str) -> Json:
        """Its row, once it has one of these."""
        return self.wait(lambda row: row["status"] in statuses)

    @property
    def key(self) -> Key:
        """Where its row is."""
        return Refund.key_of(self.id)

    def decide(self, decision: str, **more: str) -> None:
        """The first officer decides."""
        body = {"decision": decision, "reason": "diperiksa"} | more
        self.said("POST", f"/v1/refunds/{self.id}/decision", body, who=self.place.deciding)

    def order(self) -> None:
        """The second officer has it paid."""
        self.wait(lambda row: row["status"] == "approved" and "decided_by" in row)
        self.said("POST", f"/v1/refunds/{self.id}/payout", {"reason": "dicocokkan"}, who=self.place.paying)

    def told_where(self) -> None:
        """The owner names an account."""
        self.until("awaiting_destination")
        number = f"{self.chance.randrange(10**9, 10**10)}"
        to = {"bank": "ID_BCA", "number": number, "given": HOLDER}
        self.said("POST", f"/v1/refunds/{self.id}/destination", to)

    def paid_out(self) -> None:
        """Owner and both officers, from an account to the order."""
        self.told_where()
        self.until("awaiting_decision")
        self.decide("approve")
        self.order()

    def to_the_last_day(self) -> None:
        """Until every milestone was told."""
        self.wait(lambda row: row.get("milestone") == len(MILESTONES))

    def cancel(self) -> bool:
        """The owner cancels, if it is not too late."""
        answer = self.person.ask("POST", f"/v1/refunds/{self.id}/cancel")
        assert answer.status_code in (200, 409, 503), answer.text
        return answer.status_code == 200

    def behind_a_stamp(self) -> str:
        """The invoice's only piece goes into the seal queue, then its money is asked back."""
        self.buy("qris", 1)
        data = letter(seed=self.number)
        document = self.said("POST", "/v1/documents", {"filename": "surat.pdf", "size": len(data)})
        upload(self.place.http, document["upload"], data)
        wanted = {"document_id": document["id"], "placement": "auto"}
        stamping = self.said("POST", "/v1/stampings", wanted, key=f"stamp-{self.number}")
        self.ask()
        self.until("pending")
        return str(stamping["id"])


def by_the_provider(play: Play) -> str:
    """The provider pays back."""
    play.buy(play.chance.choice(("qris", "gopay")))
    play.ask()
    return str(play.until("refunded")["status"])


def after_a_stamp(play: Play) -> str:
    """Pending until the owner cancels the stamp, then paid back."""
    stamping = play.behind_a_stamp()
    play.said("POST", f"/v1/stampings/{stamping}/cancel")
    return str(play.until("refunded")["status"])


def used_meanwhile(play: Play) -> str:
    """Pending until the piece is on a document, then rejected."""
    play.behind_a_stamp()
    play.place.letting_seal()
    return str(play.until("rejected")["status"])


def taken_back(play: Play) -> str:
    """Pending, then cancelled by its owner."""
    play.behind_a_stamp()
    assert play.cancel()
    return str(play.until("cancelled")["status"])


def changed_mind(play: Play) -> str:
    """Cancelled at any moment: before the money moves, or too late."""
    play.buy("qris")
    play.ask()
    time.sleep(play.chance.uniform(0, 1.5))
    cancelled = play.cancel()
    return str(play.until("cancelled" if cancelled else "refunded")["status"])


def rejected(play: Play) -> str:
    """The provider refuses; the officer rejects."""
    _refused(play)
    play.decide("reject")
    return str(play.until("rejected")["status"])


def tried_again(play: Play) -> str:
    """The provider refuses; the officer has it asked again."""
    _refused(play)
    play.decide("approve")
    return str(play.until("refunded")["status"])


def refused_then_paid_out(play: Play) -> str:
    """The provider refuses; the officer has it paid out."""
    _refused(play)
    play.verified()
    play.decide("approve", way="payout")
    play.paid_out()
    return str(play.until("refunded")["status"])


def paid_out(play: Play) -> str:
    """A virtual account has no refund: a payout, by two officers."""
    play.buy("va")
    play.verified()
    play.ask()
    play.paid_out()
    return str(play.until("refunded")["status"])


def bounced(play: Play) -> str:
    """The payout comes back; to another account it arrives."""
    play.fate.refuse = frozenset({1})
    play.buy("va")
    play.verified()
    play.ask()
    play.paid_out()
    play.wait(lambda row: row["status"] == "awaiting_decision" and row.get("tries") == 1)
    play.decide("approve")
    play.paid_out()
    return str(play.until("refunded")["status"])


def officer_late(play: Play) -> str:
    """The provider refuses; the officer decides after the last day."""
    _refused(play)
    play.to_the_last_day()
    play.decide("approve")
    return str(play.until("refunded")["status"])


def nobody_decides(play: Play) -> str:
    """The provider refuses and no officer acts: every milestone is told, and the case stays open."""
    _refused(play)
    play.to_the_last_day()
    return str(play.until("awaiting_decision")["status"])


def dark(play: Play) -> str:
    """The provider answers nobody until the last day is over."""
    play.fate.dark = True
    play.buy("qris")
    play.ask()
    play.to_the_last_day()
    play.fate.dark = False
    return str(play.until("refunded")["status"])


def _refused(play: Play) -> None:
    play.fate.refuse = frozenset({1})
    play.buy("qris")
    play.ask()
    play.until("awaiting_decision")


Case = Callable[[Play], str]
CASES: dict[Case, int] = {
    by_the_provider: 26, after_a_stamp: 6, used_meanwhile: 3, taken_back: 4, changed_mind: 9, rejected: 8, tried_again: 9,
    refused_then_paid_out: 7, paid_out: 9, bounced: 5, officer_late: 5, nobody_decides: 4, dark: 5,
}  # fmt: skip
"""How many of a hundred refunds go which way."""
