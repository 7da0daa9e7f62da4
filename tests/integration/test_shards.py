"""A partner whose quota is in shards, through the gateway: every piece is found, none twice, and the wire shows sums."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.deployment import HOUSE
from meterai.aws.table import DynamoLedger
from meterai.domain.moves import quota
from meterai.domain.rows import Token
from meterai.operations.find import loaded, pool_of, shards_of
from tests.integration.client import Json, Person, connect, letter, new_key

pytestmark = pytest.mark.xdist_group("stack")
SHARDS = 3
PIECES = 8
REQUESTS = 10
EMPTY: Json = dict.fromkeys(("available", "reserved", "used", "held", "refunded", "in_vouchers", "given"), 0)


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


def command(stack: Any, *words: str) -> str:
    """What an operator's command prints."""
    access = stack.access
    environment = os.environ | {
        "AWS_ENDPOINT_URL": access["engine_url"],
        "AWS_DEFAULT_REGION": access["region"],
        "AWS_ACCESS_KEY_ID": access["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": access["secret_access_key"],
        "PYTHONPATH": f"{HOUSE}/layers/meterai/python:{HOUSE}",
    }
    ran = subprocess.run(
        [sys.executable, "-m", *words], cwd=HOUSE, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_a_partner_in_shards_stamps_to_the_last_piece_and_gets_scattered_ones_back(
    stack: Any, http: httpx.Client
) -> None:
    table = stack.access["table_name"]
    partner = Person(http, command(stack, "ops.keys", table, "partner"))
    ledger = DynamoLedger(stack.client("dynamodb"), table)
    account = loaded(ledger, Token, "tok_" + hashlib.sha256(partner.token.encode()).hexdigest()).account
    partner.buy(PIECES)
    assert command(stack, "ops.shards", table, account, str(SHARDS)) == f"{account} has {SHARDS} shards"
    assert partner.quota() == EMPTY | {"available": PIECES}

    documents = [partner.bring(letter()) for _ in range(REQUESTS)]
    with ThreadPoolExecutor(REQUESTS) as crowd:
        answers = list(crowd.map(lambda document: ask(partner, document), documents))
    accepted = [answer.json() for answer in answers if answer.status_code in (200, 202)]
    refused = [answer.json()["code"] for answer in answers if answer.status_code not in (200, 202)]
    assert len(accepted) == PIECES
    assert refused == ["quota_exhausted"] * (REQUESTS - PIECES)
    serials = {partner.wait_stamping(stamping["id"], "done")["serial"] for stamping in accepted}
    assert len(serials) == PIECES
    assert partner.quota() == EMPTY | {"used": PIECES}
    rows = shards_of(ledger, pool_of(ledger, account))
    assert len([shard for shard in rows if shard.used]) > 1
    assert max(shard.used for shard in rows) < PIECES
    audited(ledger, account)

    bought = partner.buy(5)
    for number, pieces in ((0, 2), (2, 3)):
        pool = pool_of(ledger, account)
        ledger.apply(quota.share(pool, number, pieces, datetime.now(UTC)))
    refund = partner.refund(bought["id"])
    partner.wait_refund(refund["id"], "refunded")
    assert partner.quota() == EMPTY | {"used": PIECES, "refunded": 5}
    audited(ledger, account)


def ask(partner: Person, document: str) -> httpx.Response:
    """Ask for a stamp under one key until the answer is no `busy` any more."""
    key = new_key()
    while (answer := partner.ask_stamping(document, key=key)).status_code == 503:
        assert answer.json()["retryable"]
    return answer


def audited(ledger: DynamoLedger, account: str) -> None:
    """Each row is balanced, and nothing is between them."""
    pool = pool_of(ledger, account)
    rows = shards_of(ledger, pool)
    assert pool.balanced()
    assert all(shard.balanced() for shard in rows)
    assert pool.whole(rows).shared == 0
