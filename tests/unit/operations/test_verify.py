"""The verdict, and what the register may tell of stamps that are shown without their seal."""

from __future__ import annotations

import hashlib
from typing import Any

from meterai.domain.rows import Serial
from meterai.domain.serial import mint
from meterai.domain.verdict import Inspection, Trust
from meterai.operations.find import loaded
from meterai.operations.verify_document import Verified, verify_document
from meterai.ports.documents_pdf import Limits
from tests.fakes.world import GOOD, World


def verified(world: World, *claimed: str, **found: Any) -> Verified:
    """What is said of something that shows these serials."""

    def inspector(source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
        return Inspection("0" * 64, len(source), True, (), claimed, False, **found)

    return verify_document(world.ledger, inspector, b"x", trust=Trust((), ()), limits=Limits())


def stamped(world: World) -> Serial:
    opened = world.account()
    world.pay(world.buy(opened.account.id, 1).attempt.id)
    asked = world.stamp(opened.account.id, world.document(opened.token)).stamping
    world.work()
    return loaded(world.ledger, Serial, world.stamping(asked.id).serial or "")


def test_a_copy_is_told_what_the_register_knows_of_the_stamp_it_shows() -> None:
    world = World()
    serial = stamped(world)
    for picture in (True, False):
        found = verified(world, serial.id, picture=picture)
        assert found.verdict.verdict == "copied"
        assert [(affixed.serial, affixed.stamping.id) for affixed in found.shown] == [(serial, serial.stamping)]


def test_of_a_serial_that_is_not_affixed_nothing_is_told() -> None:
    world = World()
    unknown = mint(world.dice.randbytes)
    found = verified(world, unknown, picture=True)
    assert (found.verdict.verdict, found.shown) == ("copied", ())
    assert verified(world, picture=True).verdict.verdict == "unstamped"


def test_pages_that_nobody_looked_at_are_passed_on() -> None:
    assert verified(World(), pages_not_looked_at=((2, 9),)).verdict.pages_not_looked_at == ((2, 9),)
    assert verified(World(), pages_not_looked_at=None).verdict.pages_not_looked_at is None


def test_a_document_as_it_was_before_its_stamp_is_called_its_earlier_version() -> None:
    world = World()

    def inspector(source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
        return Inspection(hashlib.sha256(source).hexdigest(), len(source), True, (), (), False)

    def said(data: bytes) -> list[str]:
        found = verify_document(world.ledger, inspector, data, trust=Trust((), ()), limits=Limits()).verdict
        assert found.verdict == "unstamped"
        return [reason.code for reason in found.reasons]

    assert said(GOOD) == []
    stamped(world)
    world.flow()
    assert (said(GOOD), said(GOOD + b".")) == (["earlier_version"], [])
