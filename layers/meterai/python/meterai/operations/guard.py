"""Channels behind circuit breakers: who fails is left alone for a while, and whoever can stand in is asked instead.

A guard is kept for as long as its process lives. It counts outcomes there, reads the shared state at most every few seconds,
and writes only when the state changes: one conditional write. A table that does not answer never closes a channel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from meterai.domain import breaker as rules
from meterai.domain.breaker import ISSUER, Outcome, Rule, channel_breaker
from meterai.domain.errors import Busy, PaymentProviderUnavailable, TimestampUnavailable, Unavailable
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.breaker import turn
from meterai.domain.rows import Breaker
from meterai.operations.find import load
from meterai.ports.gateway import Charge, Gateways, Method, Notice, Payment, PaymentGateway, RefundAnswer
from meterai.ports.issuer import Issued, Issuer, Stock, Unsigned, Upstream
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Probe
from meterai.ports.sealing import SealSigner, TimestampAuthority

READ_AFTER = timedelta(seconds=3)
"""For how long a state that was read is believed."""
_NOTHING = hashlib.sha256(b"").digest()
Made = TypeVar("Made")
Clock = Callable[[], datetime]


class Guard:
    """One channel's breaker. `refusal` is what a call meets that is not made."""

    def __init__(
        self,
        ledger: Ledger,
        channel: str,
        clock: Clock,
        refusal: type[Unavailable] = Busy,
        rule: Rule = Rule(),  # noqa: B008 - frozen
    ) -> None:
        self.channel = channel
        self._ledger, self._clock, self._refusal, self._rule = ledger, clock, refusal, rule
        self._known: Breaker | None = None
        self._read_at: datetime | None = None
        self._outcomes: tuple[Outcome, ...] = ()

    def closed(self) -> bool:
        """Whether calls go through as usual: what is preferred while another can be had."""
        return rules.asked(self._state(), self._clock()) == "call"

    def answers(self, probe: Probe) -> bool:
        """Whether work is worth beginning now: the breaker is closed, or its rest is over and the channel answers a question,
        which nobody's work is risked for."""
        if self.closed():
            return True
        with suppress(Unavailable):
            self.call(probe)
            return True
        return False

    def call(self, work: Callable[[], Made]) -> Made:
        """Do the work, unless the breaker keeps it from being done; how it ends is counted. Raises the guard's refusal, and
        what the work raises."""
        answer = rules.asked(self._state(), self._clock())
        if answer == "refuse" or (answer == "probe" and not self._takes_probe()):
            raise self._refusal(f"{self.channel} is left alone for a while")
        probes = self._known if answer == "probe" else None
        try:
            made = work()
        except Unavailable:
            self._ended(probes, failed=True)
            raise
        self._ended(probes, failed=False)
        return made

    def _state(self) -> Breaker | None:
        now = self._clock()
        if self._read_at is None or not self._read_at <= now < self._read_at + READ_AFTER:
            with suppress(Busy):  # what was known is believed on
                self._learn(load(self._ledger, Breaker, channel_breaker(self.channel)))
            self._read_at = now
        return self._known

    def _learn(self, found: Breaker | None) -> None:
        if (found and found.turn) != (self._known and self._known.turn):
            self._outcomes = ()  # somebody turned it: what happened before counts no more
        self._known = found

    def _takes_probe(self) -> bool:
        """Whether this call is the one that is let through."""
        return self._known is not None and self._turns(rules.probing(self._known, self._rule, self._clock()))

    def _turns(self, after: Breaker) -> bool:
        """Whether it was this guard that changed the state; if not, what it is now is known afterwards."""
        try:
            self._ledger.apply(turn(self._known, after))
        except GateClosed:
            self._read_at = None
            self._state()
            return False
        except Busy:
            return True  # nobody can tell: a call too many is better than a channel that nobody asks
        self._learn(after)
        return True

    def _ended(self, probes: Breaker | None, *, failed: bool) -> None:
        now = self._clock()
        if probes is not None:
            after = rules.opened(self.channel, probes, self._rule, now) if failed else rules.closed(probes, now)
            self._turns(after)
            return
        self._outcomes = (*rules.lately(self._outcomes, self._rule, now), Outcome(now, failed))
        if failed and rules.trips(self._outcomes, self._rule, now):
            self._turns(rules.opened(self.channel, self._known, self._rule, now))


def issuer_waits(ledger: Ledger) -> bool:
    """Whether the issuer is left alone: who was accepted waits, and nothing is sent to a worker. Raises Busy."""
    breaker = load(ledger, Breaker, channel_breaker(ISSUER))
    return breaker is not None and breaker.state != "closed"


@dataclass(frozen=True, slots=True)
class GuardedSigner:
    """ports.sealing.SealSigner behind the issuer's breaker."""

    inner: SealSigner
    guard: Guard

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.inner.chain

    def sign(self, data: bytes) -> bytes:
        return self.guard.call(lambda: self.inner.sign(data))


@dataclass(slots=True)
class GuardedIssuer:
    """ports.issuer.Issuer behind its breaker."""

    inner: Issuer
    guard: Guard

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def upstream(self) -> GuardedUpstream | None:
        """Itself, where it gives serials out."""
        return None

    def answers(self) -> bool:
        """Whether a stamping is worth beginning."""
        return self.guard.answers(self.inner.probe)

    def signer(self, serial: str, *, again: bool) -> SealSigner:
        return GuardedSigner(self.inner.signer(serial, again=again), self.guard)

    def probe(self) -> int | None:
        return self.guard.call(self.inner.probe)


@dataclass(slots=True)
class GuardedUpstream(GuardedIssuer):
    """ports.issuer.Upstream behind the same breaker."""

    inner: Upstream

    @property
    def upstream(self) -> GuardedUpstream | None:
        return self

    def issue(self, reference: str) -> Issued:
        return self.guard.call(lambda: self.inner.issue(reference))

    def image(self, serial: str) -> bytes:
        return self.guard.call(lambda: self.inner.image(serial))

    def unsigned(self, reference: str = "") -> Sequence[Unsigned]:
        return self.guard.call(lambda: self.inner.unsigned(reference))

    def signed(self, serial: str) -> bool | None:
        return self.guard.call(lambda: self.inner.signed(serial))

    def stock(self) -> Stock:
        return self.guard.call(self.inner.stock)


def guarded_issuer(ledger: Ledger, issuer: Issuer, clock: Clock) -> GuardedIssuer:
    """The issuer behind its breaker."""
    guard = Guard(ledger, ISSUER, clock)
    return GuardedUpstream(issuer, guard) if isinstance(issuer, Upstream) else GuardedIssuer(issuer, guard)


@dataclass(frozen=True, slots=True)
class GuardedTimestamps:
    """ports.sealing.TimestampAuthority over several, each behind its breaker: the first that answers."""

    authorities: Sequence[tuple[Guard, TimestampAuthority]]

    def token(self, digest: bytes) -> bytes:
        for guard, authority in self.authorities:
            with suppress(TimestampUnavailable):
                return guard.call(lambda: authority.token(digest))  # noqa: B023 - called at once
        raise TimestampUnavailable("no authority gave a time stamp")

    def probe(self) -> None:
        """Ask every authority for a time stamp of nothing, so that a breaker closes while nobody else asks. Raises
        TimestampUnavailable when none answers."""
        answered = [authority for guard, authority in self.authorities if _answers(guard, authority)]
        if not answered:
            raise TimestampUnavailable("no authority gave a time stamp")


def _answers(guard: Guard, authority: TimestampAuthority) -> bool:
    try:
        guard.call(lambda: authority.token(_NOTHING))
    except TimestampUnavailable:
        return False
    return True


def guarded_timestamps(ledger: Ledger, authorities: Sequence[TimestampAuthority], clock: Clock) -> GuardedTimestamps:
    """The authorities, each behind its breaker (`timestamp_1`, ...), asked in this order until one answers."""
    return GuardedTimestamps(
        [
            (Guard(ledger, f"timestamp_{number}", clock, TimestampUnavailable), authority)
            for number, authority in enumerate(authorities, 1)
        ]
    )


@dataclass(slots=True)
class _GuardedGateway:
    """A provider whose new codes pass its breaker. What is asked of a code that it made, and what it is told to give back, is
    asked of it all the same: nobody else knows."""

    inner: PaymentGateway
    guard: Guard
    name: str

    def probe(self) -> None:
        self.guard.call(self.inner.probe)

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        return self.guard.call(lambda: self.inner.charge(order_id, amount_idr, method, now=now, expires_at=expires_at))

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        return self.inner.read(headers, body)

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        return self.inner.payments(order_id, transaction_id)

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        return self.inner.refund(order_id, key=key, amount_idr=amount_idr, reason=reason, transaction_id=transaction_id)


def guarded_gateways(ledger: Ledger, gateways: Gateways, clock: Clock) -> Gateways:
    """The payment providers, each behind its breaker (`payment_midtrans`, ...): a new code is asked from the next one while the
    preferred one's is open."""
    guards = {name: Guard(ledger, f"payment_{name}", clock, PaymentProviderUnavailable) for name in gateways.by_name}
    guarded = {name: _GuardedGateway(inner, guards[name], name) for name, inner in gateways.by_name.items()}
    return replace(gateways, by_name=guarded, well=lambda name: guards[name].closed())
