"""What issuers promise: we and the upstream one what both do; the upstream one, over its simulator and in memory, the rest.

The simulator is called through its wire (JSON over an httpx transport) without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.perurisim.book import Book
from local.perurisim.issuer import Asked, Keys, PeruriSim
from meterai.domain.errors import Busy
from meterai.issuers import peruri
from meterai.issuers.own import Own
from meterai.issuers.peruri import Peruri
from meterai.ports.issuer import Issuer, Upstream
from tests.fakes.issuer import MemoryUpstream
from tests.fakes.outside import PlainIssuer
from tests.unit.pdf.pki import make_pki

KEYS = Keys("partner", "of this test", "profile")


@dataclass
class Simulated:
    """The adapter over the simulator's wire; `asked` is what went over it."""

    now: datetime = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
    book: Book = field(default_factory=Book)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    slow: bool = False

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.simulator = PeruriSim(KEYS, self.key, self.book, lambda: self.now)
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.issuer = self.opened()

    def opened(self, password: str = KEYS.password) -> Peruri:
        keys = peruri.Keys(user=KEYS.user, password=password, profile=KEYS.profile)
        return Peruri("http://issuer.invalid", keys, (), self.client, lambda: self.now)

    def knobs(self, **wanted: Any) -> None:
        self.simulator(Asked("POST", "/_knobs", {}, {}, json.dumps(wanted).encode()))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.slow:
            raise httpx.ReadTimeout("slow", request=request)
        body = request.read()
        self.asked.append((request.url.path, json.loads(body) if body else None))
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self.simulator(Asked(request.method, request.url.path, dict(request.url.params), headers, body))
        return httpx.Response(answer.status, content=answer.body)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@dataclass
class Place:
    """An upstream issuer under test, and how it is made to go wrong."""

    issuer: Upstream
    go_down: Callable[[], object]
    lose: Callable[[str], object]
    empty: Callable[[], object]


@pytest.fixture(params=["memory", "peruri"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        memory = MemoryUpstream()
        return Place(
            memory,
            lambda: setattr(memory, "down", True),
            lambda what: setattr(memory, f"lost_{what}s", 1),
            lambda: setattr(memory, "left", 0),
        )
    over = Simulated()
    return Place(
        over.issuer,
        lambda: over.knobs(down=True),
        lambda what: over.knobs(lost={what: 1}),
        lambda: over.knobs(saldo=0),
    )


# What both do ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["own", "own in memory", "peruri in memory", "peruri"])
def test_an_issuer_signs_for_a_serial_and_answers_when_it_is_well(kind: str) -> None:
    own = make_pki().signer
    issuers: dict[str, Callable[[], Issuer]] = {
        "own": lambda: Own(own, lambda: None),
        "own in memory": PlainIssuer,
        "peruri in memory": MemoryUpstream,
        "peruri": lambda: Simulated().issuer,
    }
    issuer = issuers[kind]()
    assert issuer.probe() == (issuer.stock().left if isinstance(issuer, Upstream) else None)
    assert issuer.name == kind.split()[0]
    serial = issuer.issue("stp_1").serial if isinstance(issuer, Upstream) else "0" * 22
    assert isinstance(issuer, Upstream) == (issuer.name == "peruri")
    assert issuer.signer(serial, again=False).sign(b"signed attributes")
    assert issuer.signer(serial, again=True).sign(b"signed attributes, once more")


# What the upstream one does --------------------------------------------------------------------------------------------


def test_a_serial_is_spent_when_it_is_given_out_and_signed_for_later(place: Place) -> None:
    before = place.issuer.stock()
    issued = place.issuer.issue("stp_1")
    assert len(issued.serial) == 22
    assert issued.image.startswith(b"\x89PNG")
    given = place.issuer.stock()
    assert (given.left, given.unsigned) == (before.left - 1, before.unsigned + 1)
    assert place.issuer.signed(issued.serial) is False
    place.issuer.signer(issued.serial, again=False).sign(b"attributes")
    assert place.issuer.signed(issued.serial) is True
    assert place.issuer.stock().unsigned == before.unsigned


def test_every_serial_is_another(place: Place) -> None:
    assert len({place.issuer.issue("stp_1").serial for _ in range(20)}) == 20


def test_a_serial_whose_answer_was_lost_is_found_under_its_reference(place: Place) -> None:
    place.issuer.issue("stp_another")
    place.lose("issue")
    with pytest.raises(Busy):
        place.issuer.issue("stp_1")
    (lost,) = place.issuer.unsigned("stp_1")
    assert lost.reference == "stp_1"
    assert place.issuer.image(lost.serial).startswith(b"\x89PNG")
    assert {one.reference for one in place.issuer.unsigned()} == {"stp_1", "stp_another"}


def test_a_signature_whose_answer_was_lost_is_made_again_for_the_same_serial(place: Place) -> None:
    serial = place.issuer.issue("stp_1").serial
    place.lose("sign")
    with pytest.raises(Busy):
        place.issuer.signer(serial, again=False).sign(b"attributes")
    assert place.issuer.signed(serial) is True
    with pytest.raises(Busy):
        place.issuer.signer(serial, again=False).sign(b"attributes of another document")
    assert place.issuer.signer(serial, again=True).sign(b"attributes")
    assert place.issuer.stock().unsigned == 0


def test_a_serial_that_was_never_given_out_is_not_signed_for(place: Place) -> None:
    with pytest.raises(Busy):
        place.issuer.signer("0" * 22, again=False).sign(b"attributes")
    assert place.issuer.signed("0" * 22) is None
    with pytest.raises(Busy):
        place.issuer.image("0" * 22)


def test_with_an_empty_balance_nothing_is_given_out_and_what_was_is_signed_for(place: Place) -> None:
    serial = place.issuer.issue("stp_1").serial
    place.empty()
    with pytest.raises(Busy):
        place.issuer.issue("stp_2")
    assert place.issuer.signer(serial, again=False).sign(b"attributes")


def test_an_issuer_that_is_down_is_busy_whatever_is_asked(place: Place) -> None:
    serial = place.issuer.issue("stp_1").serial
    place.go_down()
    asked: list[Callable[[], object]] = [
        place.issuer.probe,
        place.issuer.stock,
        place.issuer.unsigned,
        lambda: place.issuer.issue("stp_1"),
        lambda: place.issuer.image(serial),
        lambda: place.issuer.signed(serial),
        lambda: place.issuer.signer(serial, again=False).sign(b"attributes"),
    ]
    for ask in asked:
        with pytest.raises(Busy):
            ask()


# The wire --------------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_issuers_over_what_was_sent() -> None:
    over = Simulated()
    serial = over.issuer.issue("stp_1").serial
    value = over.issuer.signer(serial, again=False).sign(b"attributes")
    over.key.public_key().verify(value, b"attributes", padding.PKCS1v15(), hashes.SHA256())


def test_what_is_abnormal_is_tried_once_more_for_the_same_serial() -> None:
    over = Simulated()
    serial = over.issuer.issue("stp_1").serial
    over.knobs(abnormal=1)
    assert over.issuer.signer(serial, again=False).sign(b"attributes")
    signings = [body for path, body in over.asked if path.endswith("docSigningB")]
    assert [(one["refToken"], one["retryFlag"]) for one in signings] == [(serial, "0"), (serial, "1")]
    over.knobs(abnormal=2)
    with pytest.raises(Busy):
        over.issuer.signer(over.issuer.issue("stp_2").serial, again=False).sign(b"attributes")


def test_one_login_lasts_a_day_and_a_token_that_is_refused_is_renewed() -> None:
    over = Simulated()
    for _ in range(3):
        over.issuer.stock()
    assert over.paths().count("/api/users/login") == 1
    over.knobs(token=60)
    over.now += timedelta(minutes=2)
    assert over.issuer.issue("stp_1").serial
    assert over.paths().count("/api/users/login") == 2
    assert over.simulator.book.saldo == 9_999
    over.now += timedelta(days=1)
    over.issuer.stock()
    assert over.paths().count("/api/users/login") == 3


def test_a_wrong_password_is_busy_and_tells_nothing() -> None:
    over = Simulated()
    with pytest.raises(Busy) as refused:
        over.opened("wrong").stock()
    assert "password" not in str(refused.value)


@pytest.mark.parametrize("wrong", ["json", "serial"])
def test_an_answer_that_cannot_be_read_is_never_believed(wrong: str) -> None:
    over = Simulated()
    over.issuer.stock()
    over.knobs(wrong=wrong)
    with pytest.raises(Busy):
        over.issuer.issue("stp_1")


def test_a_slow_issuer_is_busy() -> None:
    over = Simulated()
    over.issuer.stock()
    over.slow = True
    with pytest.raises(Busy):
        over.issuer.stock()


def test_no_word_of_the_issuers_goes_further() -> None:
    over = Simulated()
    over.knobs(saldo=0)
    with pytest.raises(Busy) as refused:
        over.issuer.issue("stp_1")
    assert str(refused.value) == "the issuer refused: 95"


def test_the_simulator_forgets_nothing_over_a_restart(tmp_path: Any) -> None:
    over = Simulated(book=Book(tmp_path / "book.json"))
    serial = over.issuer.issue("stp_1").serial
    over.issuer.signer(serial, again=False).sign(b"attributes")
    again = Simulated(book=Book(tmp_path / "book.json"))
    assert again.issuer.signed(serial) is True
    assert again.issuer.stock().left == 9_999
