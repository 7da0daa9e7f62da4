"""What a stamp costs is counted from the operations, priced from a stated list, and under what was promised."""

from __future__ import annotations

import json

import pytest

from bench.capacity import (
    HANDLER_MS,
    PAGE,
    RESULTS,
    WANTED_USD,
    Step,
    bill,
    bought,
    memories,
    milliseconds,
    record,
    stamped,
    written,
)
from bench.corpus import HOUSE

PRICES = json.loads((HOUSE / "bench" / "prices.json").read_text())


def test_a_stamp_is_two_signatures_four_requests_and_the_writes_of_its_moves() -> None:
    took = bill(stamped())
    assert (took["rest_request"], took["kms_sign"], took["kms_sign_other"]) == (4, 1, 1)  # the seal's and the receipt's
    assert took["s3_put"] == 3  # the upload, a preview, the sealed file
    assert took["write_unit"] >= 18 + 10  # reserve, assign, commit; document, chain, tally, lists
    assert took["stream_read"] >= 15
    assert took["lambda_request"] > 5


def test_every_thing_that_is_taken_has_a_price_with_its_source() -> None:
    assert {*bill(stamped()), *bill(bought())} <= PRICES["usd"].keys()
    assert all(price["source"] and price["what"] and price["price"] >= 0 for price in PRICES["usd"].values())
    assert PRICES["margin"] >= 1


def test_every_function_of_a_step_is_one_of_the_template() -> None:
    assert {step.function for step in [*stamped(), *bought()] if step.function} <= memories().keys()


def test_a_function_runs_as_long_as_its_calls_and_its_work_take() -> None:
    step = Step("x", "SealFunction", pdf=("seal",), took={"get": 2, "kms": 1, "read_unit": 9}, times=2)
    assert milliseconds(step, {"ours B-LT rsa2048": {"median_ms": 10}}) == pytest.approx(2 * HANDLER_MS + 20 + 16 + 40)


def test_it_costs_less_than_was_promised_today_and_in_the_record() -> None:
    kept, now = json.loads((RESULTS / "capacity.json").read_text()), record()
    assert kept["stamp"]["usd"] < WANTED_USD
    assert now["stamp"]["usd"] < WANTED_USD
    assert now["stamp"]["usd"] == pytest.approx(kept["stamp"]["usd"], rel=0.05)  # else: make bench BENCH=capacity
    assert written(PAGE.read_text(), kept) == PAGE.read_text()
