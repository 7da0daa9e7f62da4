"""What people do in a history. Each is short, so that a history fails at one place of it and the next one at another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.soak.life import Life, Person

Scenario = Callable[[Life], None]


def bought(life: Life) -> None:
    """An account, an invoice, impatience with the same key, a payment, everything told twice."""
    me, key = life.person(), life.key()
    invoice = me.invoice(2, key=key)
    life.flow()
    assert me.invoice(2, key=key)["id"] == invoice["id"]
    life.at_provider(_order(me, invoice["id"]), "settle")
    life.flow()
    life.again()


def paid_late(life: Life) -> None:
    """A code that expired is paid after a second one was asked for; then the second is paid too, and goes back."""
    me = life.person()
    invoice = me.invoice()
    first = _order(me, invoice["id"])
    life.at_provider(first, "expire")
    life.flow()
    life.wait(minutes=16)
    path, key = f"/v1/invoices/{invoice['id']}/payments", life.key()
    second = me.ask("POST", path, {"payment_method": "qris"}, key=key)
    assert second.status in (200, 201), second
    life.at_provider(first, "settle_late")
    life.flow()
    life.at_provider(_order(me, invoice["id"]), "settle")
    life.flow()


def paid_twice(life: Life) -> None:
    """One code is paid twice: one payment buys, the other goes back by itself."""
    me = life.person()
    life.at_provider(_order(me, me.invoice()["id"]), "settle_twice")
    life.flow()
    life.again()


def unheard(life: Life) -> None:
    """No notification ever comes: the sweep asks."""
    life.deaf = True
    me = life.person()
    life.at_provider(_order(me, me.invoice()["id"]), "settle")
    life.flow()
    life.wait(seconds=61)
    life.sweep()


def stamped(life: Life) -> None:
    """A document is brought, looked at, stamped, and asked for again with the same key and with another."""
    me = _rich(life)
    document, key = me.bring(), life.key()
    assert me.ask("GET", f"/v1/documents/{document}")["status"] == "ready"
    asked = me.stamp(document, key=key)
    assert me.stamp(document, key=key)["id"] == asked["id"]
    life.flow()
    assert me.stamp(document)["id"] == asked["id"]
    life.again()
    shown(life, me, asked["id"])


def two_at_once(life: Life) -> None:
    """One piece and two documents: one is stamped, the other is told that nothing is left."""
    me = _rich(life, 1)
    first, second = me.bring(), me.bring()
    one, two = me.stamp(first), me.stamp(second)
    life.flow()
    refused = [answer for answer in (one, two) if answer.status == 409]
    assert [answer["code"] for answer in refused] == ["quota_exhausted"], (one, two)


def scattered(life: Life) -> None:
    """A busy account's pieces lie in shards: two documents are stamped, and an invoice goes back although they lie there."""
    with life.calm():
        me = life.person()
        me.buy(2)
        invoice = me.buy(2)
        life.open_shards(me.id, 3)
        life.flow()
    for document in (me.bring(), me.bring()):
        assert me.stamp(document).status in (200, 202)
    life.flow()
    assert me.refund(invoice).status == 202
    life.flow()
    life.next_clock()
    life.flow()


def swept(life: Life) -> None:
    """Nobody takes the message, a worker's lease dies: the sweep sets it going again."""
    me = _rich(life)
    me.stamp(me.bring())
    life.deaf = True
    life.read()
    life.wait(minutes=11)
    life.sweep()
    life.wait(seconds=40)
    life.sweep("open")


def cancelled(life: Life) -> None:
    """A stamping is cancelled before a worker comes, then again after; the piece stamps another document."""
    me = _rich(life, 1)
    asked = me.stamp(me.bring())
    ended = me.ask("POST", f"/v1/stampings/{asked['id']}/cancel")
    assert ended.status in (200, 409), ended
    life.flow()
    assert me.ask("POST", f"/v1/stampings/{asked['id']}/cancel").status in (200, 409)
    document = me.bring()
    assert me.stamp(document).status in (200, 202, 409)
    life.flow()


def refunded(life: Life) -> None:
    """An invoice goes back: asked twice with one key, its clock stopped in the middle, followed to its end."""
    me = _rich(life, 0)
    invoice, key = me.buy(2), life.key()
    asked = me.refund(invoice, key=key)
    assert asked.status == 202, asked
    assert me.refund(invoice, key=key)["id"] == asked["id"]
    life.flow()
    life.next_clock()
    life.flow()
    life.again()


def refund_waits(life: Life) -> None:
    """A refund asked while a piece is under way waits for it, and is judged at the instant it was asked."""
    me = _rich(life, 0)
    invoice = me.buy(1)
    asked = me.stamp(me.bring())
    life.read()
    assert me.refund(invoice).status in (202, 409), "neither recorded nor refused"
    me.ask("POST", f"/v1/stampings/{asked['id']}/cancel")
    life.flow()
    life.next_clock()
    life.flow()


def refund_cancelled(life: Life) -> None:
    """A refund is taken back before money moves, and asked for anew."""
    me = _rich(life, 0)
    invoice = me.buy(1)
    first = me.refund(invoice)
    life.flow()
    assert me.ask("POST", f"/v1/refunds/{first['id']}/cancel").status == 200
    life.flow()
    assert me.refund(invoice).status == 202
    life.abort_clocks()
    life.flow()


def refund_refused(life: Life) -> None:
    """The provider refuses to pay back; an officer says once more."""
    me = _rich(life, 0)
    invoice = me.buy(1)
    asked = me.refund(invoice)
    life.flow()
    with life.knob(refund_refused=True):
        life.next_clock()
        life.flow()
    officer = life.officer()
    decided = life.ask(
        "POST", f"/v1/refunds/{asked['id']}/decision", {"decision": "approve", "reason": "sekali lagi"}, token=officer
    )
    assert decided.status in (200, 409), decided
    life.flow()


def whole_road(life: Life) -> None:
    """All of it: bought, stamped, downloaded and verified, another invoice given back."""
    me = life.person()
    me.buy(1)
    asked = me.stamp(me.bring())
    life.flow()
    other = me.buy(1)
    me.refund(other)
    life.flow()
    if (url := shown(life, me, asked["id"])) is not None:
        verdict = me.ask("POST", "/v1/verifications", life.http.get(url).content)
        assert verdict["verdict"] == "authentic", verdict
    life.next_clock()
    life.flow()


def _rich(life: Life, pieces: int = 2) -> Person:
    """Somebody who has `pieces` already; how they came by them is another history's affair."""
    with life.calm():
        me = life.person()
        if pieces:
            me.buy(pieces)
    return me


def _order(me: Person, invoice: str) -> str:
    """The provider's order of the code that pays an invoice now."""
    return str(me.ask("GET", f"/v1/invoices/{invoice}")["payment"]["id"])


def shown(life: Life, me: Person, stamping: str) -> str | None:
    """What a person sees of their stamping: a link once it is done, with a serial that never changes any more."""
    seen = me.ask("GET", f"/v1/stampings/{stamping}")
    assert seen.status == 200, seen
    if seen["status"] == "done":
        promise = life.promised[stamping]
        assert promise.serial in (None, seen["serial"]), "a stamping changed its serial"
        promise.serial = seen["serial"]
    return seen["download_url"]  # type: ignore[no-any-return]


class Road(NamedTuple):
    """A scenario, and the provider that its codes are asked from."""

    play: Scenario
    provider: str = "midtrans"

    def __str__(self) -> str:
        return self.play.__name__ + (f" ({self.provider})" if self.provider != "midtrans" else "")


PAYING = (bought, paid_late, paid_twice, unheard, refunded, refund_refused)
STAMPING = (stamped, two_at_once, scattered, swept, cancelled, refund_waits, refund_cancelled, whole_road)
SCENARIOS = (*map(Road, (*PAYING, *STAMPING)), *(Road(one, "xendit") for one in PAYING if one is not paid_twice))
"""A code of Xendit's that was paid twice is left to a person (gateways/xendit.py, refund): no history of it comes to rest."""
