"""The channel board: where a stamp can be had now, who or what says so, and how old that is.

Nothing on it is taken for better than it is known: a probe that is old and a word whose time is over say nothing about now, a
door that answers is not yet a stamp in stock, and where two tell different things the worse one counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from meterai.domain.errors import RequestInvalid
from meterai.domain.instants import WIB
from meterai.domain.probes import OLD, Hour, last_hour
from meterai.domain.room import admission_of, before_paying
from meterai.domain.rows import Announcement, Channel, Standing, Stock, Word

Kind = Literal["portal", "issuer", "timestamp", "payment", "distributor", "counter"]
State = Literal["up", "down", "unknown"]
Stamps = Literal["yes", "likely", "later", "no", "unknown"]
"""Whether a stamp can be had there now: yes, likely (it answers, its stock is untold), later (orders wait), no."""
ROAD: tuple[Literal["issuer", "timestamp", "payment"], ...] = ("issuer", "timestamp", "payment")
"""What the portal leans on."""
PORTAL: Final = "portal"
MOST_LISTED = 50
_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAYS = re.compile(r"(?!.*(.).*\1)[1-7]{1,7}")
_LABEL = re.compile(r"[^\x00-\x1f<>]{1,60}")


@dataclass(frozen=True, slots=True)
class Hours:
    """When a counter is open: from `opens` until `closes` (WIB, "08:00") on `days` ("12345": Monday is 1)."""

    opens: str
    closes: str
    days: str

    def holds(self, instant: datetime) -> bool:
        """Whether it is open at this instant."""
        there = instant.astimezone(WIB)
        return str(there.isoweekday()) in self.days and self.opens <= there.strftime("%H:%M") < self.closes


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel of somebody else's, as an operator configured it: `page` is where people go, `probe` what is asked whether it
    is well (None: nobody asks, and only a word tells)."""

    id: str
    kind: Literal["distributor", "counter"]
    label: str
    page: str | None = None
    probe: str | None = None
    hours: Hours | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Listed:
        """The channel that the directory's row holds; it was judged when it was written."""
        hours = kept.get("hours")
        return cls(**{**kept, "hours": Hours(**hours) if hours else None})

    def kept(self) -> dict[str, Any]:
        """What the directory's row holds of it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Card:
    """One channel on the board. `wait_seconds` is how long a person waits for a stamp there; `pieces` are left in
    stock, or may still be sold."""

    id: str
    kind: Kind
    label: str
    state: State
    stamps: Stamps | None = None
    page: str | None = None
    checked_at: datetime | None = None
    hour: Hour | None = None
    wait_seconds: int | None = None
    stock: Stock | None = None
    pieces: int | None = None
    hours: Hours | None = None
    word: Word | None = None
    word_is_old: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """Every channel, the portal first, as of `kept_at`, and how many stampings are in line; `standing` is how the lines stand
    (None where nobody counted of late), `said` what an operator announced."""

    kept_at: datetime
    cards: tuple[Card, ...]
    backlog: int
    standing: Standing | None = None
    said: Announcement | None = None

    @property
    def well(self) -> bool:
        """Whether nothing that the portal leans on is known to be down."""
        return not any(card.state == "down" for card in self.cards if card.kind in (PORTAL, *ROAD))


def own_cards(channels: Mapping[str, Channel | None], standing: Standing | None, *, now: datetime) -> tuple[Card, ...]:
    """The portal and what it leans on, from what was last heard of each and from how its lines stand."""
    road = tuple(_heard(name, channels.get(name), now=now) for name in ROAD)
    return (_portal(channels.get(PORTAL), road, standing, now=now), *road)


def recent(standing: Standing | None, *, now: datetime) -> Standing | None:
    """How the lines stand, unless it is too long ago that it was worked out."""
    return standing if standing is not None and now - standing.kept_at < OLD else None


def listed_card(listed: Listed, channel: Channel | None, word: Word | None, *, now: datetime) -> Card:
    """Somebody else's channel, from its probes and the last word about it."""
    probed = _state(channel, now) if listed.probe else "unknown"
    fresh = word if word is not None and now < word.until else None
    told: set[State] = {probed, fresh.says if fresh else "unknown"}
    state: State = "down" if "down" in told else "up" if "up" in told else "unknown"
    stamps: Stamps = "unknown"
    if state == "down" or (fresh and fresh.stock == "none") or (listed.hours and not listed.hours.holds(now)):
        stamps = "no"
    elif state == "up":
        stamps = "yes" if fresh else "likely"
    return Card(
        id=listed.id,
        kind=listed.kind,
        label=listed.label,
        state=state,
        stamps=stamps,
        page=listed.page,
        checked_at=channel.checked_at if channel and listed.probe else None,
        hour=last_hour(channel.minutes, now=now) if channel and listed.probe else None,
        wait_seconds=fresh.wait_minutes * 60 if fresh and fresh.wait_minutes is not None else None,
        stock=fresh.stock if fresh else None,
        hours=listed.hours,
        word=word,
        word_is_old=word is not None and fresh is None,
    )


def read_listed(config: object) -> list[Listed]:
    """The channels that a configuration file has under "channels", in its order. Raises RequestInvalid.

    A probe goes out by https to a name, never to an address of a network: what is typed here is asked from inside ours."""
    entries = config.get("channels") if isinstance(config, dict) else None
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_LISTED:
        raise RequestInvalid(f'"channels" is a list of 1 to {MOST_LISTED}', pointer="/channels")
    listed = [_listed(entry, f"/channels/{number}") for number, entry in enumerate(entries)]
    names = [one.id for one in listed]
    if len(set(names)) != len(names) or {PORTAL, *ROAD} & set(names):
        raise RequestInvalid("ids are each channel's own, and not the portal's", pointer="/channels")
    return listed


def _portal(channel: Channel | None, road: Sequence[Card], standing: Standing | None, *, now: datetime) -> Card:
    card = _heard(PORTAL, channel, now=now)
    for_sale = admission_of(standing, now) if standing else None
    estimate = before_paying(standing, "paid", now) if standing else None
    issuer, timestamp, payment = (one.state for one in road)
    stamps: Stamps = "unknown"
    if "down" in (card.state, payment) or for_sale == 0:
        stamps = "no"
    elif "down" in (issuer, timestamp) or road[0].pieces == 0:
        stamps = (
            "later"  # what is paid is taken, waits, and is stamped once they are back, or the issuer has serials again
        )
    elif card.state == "up":
        stamps = "yes" if {issuer, timestamp, payment} == {"up"} else "likely"
    return replace(
        card,
        label="Meterai",
        stamps=stamps,
        page="/",
        pieces=for_sale,
        wait_seconds=estimate.p50 if estimate else None,
    )


def _heard(
    name: Literal["portal", "issuer", "timestamp", "payment"], channel: Channel | None, *, now: datetime
) -> Card:
    return Card(
        id=name,
        kind=name,
        label=name,
        state=_state(channel, now),
        checked_at=channel.checked_at if channel else None,
        hour=last_hour(channel.minutes, now=now) if channel else None,
        pieces=channel.pieces if channel else None,
    )


def _state(channel: Channel | None, now: datetime) -> State:
    return channel.state if channel is not None and now - channel.checked_at < OLD else "unknown"


def _listed(entry: object, pointer: str) -> Listed:
    if not isinstance(entry, dict) or not entry.keys() <= {"id", "kind", "label", "page", "probe", "hours"}:
        raise RequestInvalid("a channel has id, kind and label; it may have page, probe and hours", pointer=pointer)
    kind = entry.get("kind")
    if kind not in ("distributor", "counter"):
        raise RequestInvalid("a kind is distributor or counter", pointer=f"{pointer}/kind")
    if not _fits(_ID, entry.get("id")):
        raise RequestInvalid("an id is of small letters, digits and _", pointer=f"{pointer}/id")
    if not _fits(_LABEL, entry.get("label")):
        raise RequestInvalid("a label is a name of at most 60 characters", pointer=f"{pointer}/label")
    for member in ("page", "probe"):
        if entry.get(member) is not None and not _is_public(entry[member]):
            raise RequestInvalid("this is no https address of a public name", pointer=f"{pointer}/{member}")
    hours = entry.get("hours")
    return Listed(
        entry["id"], kind, entry["label"], entry.get("page"), entry.get("probe"),
        _hours(hours, f"{pointer}/hours") if hours is not None else None,
    )  # fmt: skip


def _hours(hours: object, pointer: str) -> Hours:
    if not isinstance(hours, dict) or hours.keys() != {"opens", "closes", "days"}:
        raise RequestInvalid("hours have opens, closes and days", pointer=pointer)
    if not (_fits(_TIME, hours["opens"]) and _fits(_TIME, hours["closes"]) and hours["opens"] < hours["closes"]):
        raise RequestInvalid('a counter opens, as in "08:00", before it closes', pointer=pointer)
    if not _fits(_DAYS, hours["days"]):
        raise RequestInvalid('days are as in "12345", from Monday', pointer=f"{pointer}/days")
    return Hours(hours["opens"], hours["closes"], hours["days"])


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_public(address: object) -> bool:
    """Whether this is an https address of a name with a dot, at the usual port, without a user."""
    if not isinstance(address, str) or len(address) > 300 or not address.isascii() or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    name = parts.hostname or ""
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc or "." not in name.strip("."):
        return False
    last = name.rstrip(".").rpartition(".")[2]
    return (
        not _is_network_address(name) and last not in ("localhost", "local", "internal", "arpa") and not last.isdigit()
    )


def _is_network_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
