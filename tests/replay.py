"""`python tests/replay.py`: every event of events/ against the built functions, with only their built layers on the path.

Each event runs in a clean interpreter that sees the built function, the layers its template gives it and what AWS's own
runtime brings (boto3), on moto: a library that a layer lacks, or a path that the build got wrong, fails here and not in the
cloud. The build must exist: `LAYER_TARGET=host sam build`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto.server import ThreadedMotoServer
from rich.console import Console

from meterai.aws.table import DynamoLedger
from meterai.domain.rows import (
    Account,
    Attempt,
    Document,
    Invoice,
    Letter,
    Noun,
    Quota,
    Refund,
    Serial,
    Stamping,
    StampingStatus,
    Token,
)
from meterai.operations.identify import token_id
from ops.openapi import environment, template
from tests.fakes.mails import PNG, received, written

HOUSE = Path(__file__).resolve().parent.parent
BUILD = HOUSE / ".aws-sam" / "build"
UNPACKED_MOST = 262_144_000
"""Bytes of a function and its layers, unpacked: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
EVENTS = HOUSE / "events"
RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "jmespath", "urllib3", "six")
"""What AWS's Python runtime brings (AWS: Lambda runtimes, included SDK versions)."""
REGION = "ap-southeast-3"
START = datetime(2024, 9, 3, 14, 14, 5, tzinfo=UTC)
ME = "acc_00000000000000000000000001"
KEYS = json.dumps(
    {
        "midtrans": {"server_key": "made by the replay"},
        "xendit": {"secret_key": "made by the replay", "callback_token": "made by the replay"},
        "payouts": {"secret_key": "made by the replay", "name_key": "made by the replay"},
    }
)

CHILD = """
import json, sys, types
paths, event = json.load(sys.stdin)
sys.path[:0] = paths
import app
try:
    answer = app.handler(event, types.SimpleNamespace(aws_request_id="replay"))
except Exception as error:
    answer = {"raised": type(error).__name__, "text": str(error)}
print("\\n" + json.dumps(answer))
"""


def problem(code: str) -> Callable[[Any], bool]:
    """An HTTP answer that is this problem."""
    return lambda answer: json.loads(answer["body"])["code"] == code


def shows(http_status: int, /, **members: Any) -> Callable[[Any], bool]:
    """An HTTP answer with this status and these members."""
    return lambda answer: answer["statusCode"] == http_status and members.items() <= json.loads(answer["body"]).items()


def page(http_status: int, sentence: str) -> Callable[[Any], bool]:
    """An HTML answer with this status, on which this is said."""
    return lambda answer: (
        (answer["statusCode"], answer["multiValueHeaders"]["Content-Type"])
        == (http_status, ["text/html; charset=utf-8"])
        and sentence in answer["body"]
    )


EXPECTED: dict[str, Callable[[Any], bool]] = {
    "authorize.known_token": lambda answer: answer["principalId"] == ME,
    "authorize.unknown_token": lambda answer: answer == {"raised": "Exception", "text": "Unauthorized"},
    "status.get": shows(200, status="degraded"),  # board.keep, replayed before, found no portal at its address
    "purchase.create_account": lambda answer: answer["statusCode"] == 201 and "token" in answer["body"],
    "purchase.quota": shows(200, available=3),
    "purchase.provider_down": problem("payment_provider_unavailable"),
    "purchase.key_missing": problem("idempotency_key_missing"),
    "kwitansi.receipt": lambda answer: (
        answer["isBase64Encoded"] and base64.b64decode(answer["body"]).startswith(b"%PDF-")
    ),
    "kwitansi.no_pdf_wanted": problem("request_invalid"),
    "payment.forged_notification": problem("notification_forged"),
    "payment.forged_webhook": problem("notification_forged"),
    "document.create": shows(201, status="awaiting_upload"),
    "document.examined": shows(200, status="ready"),
    "document.repair": lambda answer: json.loads(answer["body"])["repairs"][0]["repair"] == "rewrite",
    "stamp.create": shows(202, status="queued"),
    "stamp.document_missing": problem("not_found"),
    "dispatch.stamping_queued": lambda answer: answer == {"batchItemFailures": []},
    "tell.stamping_done": lambda answer: answer == {"batchItemFailures": []},
    "letter.refund_received": lambda answer: answer == {"batchItemFailures": []},
    "letter.unknown": lambda answer: answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]},
    "purchase.link_unknown": problem("link_invalid"),
    "refund.following_unknown": problem("link_invalid"),
    "refund.confirmation_unknown": problem("link_invalid"),
    "mail.refund_asked": lambda answer: answer == {"batchItemFailures": []},
    "mail.gone": lambda answer: answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]},
    "mail.first_notice": lambda answer: answer == {"batchItemFailures": []},
    "seal.already_done": lambda answer: answer == {"batchItemFailures": []},
    "seal.not_certified_yet": lambda answer: answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]},
    "verify.unstamped": shows(200, verdict="unstamped"),
    "verify.picture": lambda answer: (
        [one["code"] for one in json.loads(answer["body"])["reasons"]] == ["picture_of_a_stamp"]
    ),
    "verify.serial_mistyped": problem("serial_mistyped"),
    "verify.page": page(200, "tercatat sudah dibubuhkan"),
    "verify.page_mistyped": page(404, "salah ketik"),
    "refund.quote_missing": problem("not_found"),
    "desk.case": shows(200, turn="machine", amount_idr=9_375, destination=None),
    "desk.not_an_officer": problem("scope_missing"),
    "desk.payout_too_early": problem("refund_not_awaiting_payout"),
    "refund.banks": lambda answer: {"code": "ID_BCA", "name": "BCA"} in json.loads(answer["body"])["data"],
    "refund.destination_not_awaited": problem("refund_not_awaiting_destination"),
    "refund_task.received": lambda answer: (answer["status"], answer["next"]) == ("approved", "wait"),
    "refund_task.waits_for_person": lambda answer: answer == {"refund": "rfd_00000000000000000000000001"},
    "share.mapping_gone": lambda answer: answer["raised"] == "Busy",
    "audit.entries": lambda answer: answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]},
    "tally.counts": lambda answer: answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]},
    "room.round": lambda answer: answer == {"rounds": [{"folded": 0, "waiting": 0}]},
    "audit.lock": lambda answer: answer["number"] == 1 and answer["again"] == {},
    "drain.line": lambda answer: answer == {"sent": 0},
    "board.keep": lambda answer: answer["portal"] == "down" and answer["payment"] in ("unknown", "down"),
    "sweep.due": lambda answer: answer["failed"] == [] and answer["channels"]["issuer"] == "up",
}


def layers_of(function: str) -> list[str]:
    """The built layers that the template puts under a function, in its order."""
    everywhere = template()["Globals"]["Function"]["Layers"]
    names = [one["!Ref"] for one in everywhere + template()["Resources"][function]["Properties"].get("Layers", [])]
    built = yaml.safe_load((BUILD / "template.yaml").read_text())["Resources"]
    return [str((BUILD / built[name]["Properties"]["ContentUri"] / "python").resolve()) for name in names]


def resource_of(name: str) -> str:
    """The template's function for a folder of functions/: refund_task -> RefundTaskFunction."""
    return "".join(part.capitalize() for part in name.split("_")) + "Function"


def furnish(endpoint: str) -> dict[str, str]:
    """What the functions find on moto, and the environment that names it."""

    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **SOMEBODY)  # type: ignore[call-overload]

    keys = ("pk", "sk")
    client("dynamodb").create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)],
    )
    storage = client("s3")
    for bucket in ("sources", "sealed", "trust", "lock", "mail", "room"):
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_bucket_versioning(Bucket="sources", VersioningConfiguration={"Status": "Enabled"})
    for name in ("roots.pem", "seal-chain.pem", "tsa-chain.pem"):
        storage.put_object(Bucket="trust", Key=name, Body=b"")
    storage.put_object(Bucket="trust", Key="issuers.json", Body=b"[]")
    storage.put_object(
        Bucket="mail", Key="inbound/refund asked", Body=received(written(proofs=(("image/png", "", PNG),)))
    )
    versions = {}
    for document in (FIRST, SECOND):
        versions[document] = storage.put_object(Bucket="sources", Key=document, Body=one_page())["VersionId"]
    seal_key = client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    entries = client("sqs").create_queue(QueueName="entries")["QueueUrl"]
    ledger_key = client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    paid, bulk = (client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("paid", "bulk"))
    letters, tally = (client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("letters", "tally"))
    receipt_key = client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"][
        "Arn"
    ]  # moto has no Ed25519
    client("ses").verify_email_identity(EmailAddress=SENDER)
    client("secretsmanager").create_secret(Name="payment", SecretString=KEYS)
    ledger = DynamoLedger(client("dynamodb"), "ledger")
    ledger.project(put=[(noun.key, noun.row()) for noun in nouns(versions[FIRST])])
    return environment() | {
        "TABLE_NAME": "ledger",
        "SOURCES_BUCKET": "sources",
        "SEALED_BUCKET": "sealed",
        "TRUST_BUCKET": "trust",
        "LOCK_BUCKET": "lock",
        "MAIL_BUCKET": "mail",
        "PAID_QUEUE_URL": paid,
        "BULK_QUEUE_URL": bulk,
        "ENTRY_QUEUE_URL": entries,
        "MAIL_QUEUE_URL": letters,
        "TALLY_QUEUE_URL": tally,
        "ROOM_BUCKET": "room",
        "RECEIPT_KEY_ID": receipt_key,
        "SENDER_ADDRESS": SENDER,
        "SEAL_KEY_ID": seal_key,
        "ISSUER": "own",
        "ISSUER_URL": "",
        "ISSUER_SECRET_ID": "issuer",
        "LEDGER_KEY_ID": ledger_key,
        "PAYMENT_SECRET_ID": "payment",
        "PAYMENT_PROVIDER": "midtrans",
        "MIDTRANS_URL": "http://127.0.0.1:9",
        "XENDIT_URL": "http://127.0.0.1:9",
        "ILUMA_URL": "http://127.0.0.1:9",
        "TIMESTAMP_URLS": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "replay",
        "AWS_SECRET_ACCESS_KEY": "replay",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


SENDER = "meterai@replay.invalid"
SOMEBODY = {"aws_access_key_id": "replay", "aws_secret_access_key": "replay"}
FIRST, SECOND = "doc_00000000000000000000000001", "doc_00000000000000000000000002"


def one_page() -> bytes:
    """A PDF of one empty A4 page: the one of the verification's event."""
    return base64.b64decode(json.loads((EVENTS / "verify.unstamped.json").read_text())["body"])


def nouns(version: str) -> list[Noun]:
    """What the events speak of."""
    day = timedelta(days=1)
    data = one_page()
    documents = [
        Document(
            id=id,
            account=ME,
            purpose="stamp",
            filename="surat.pdf",
            size=len(data),
            status="awaiting_upload",
            created_at=START,
            kept_until=START + 30 * day,
        )
        for id in (FIRST, SECOND)
    ]
    waiting: tuple[tuple[int, StampingStatus], ...] = ((2, "done"), (3, "queued"))
    stampings = [
        Stamping(
            id=f"stp_{number:026}",
            account=ME,
            document=FIRST,
            fingerprint="f",
            status=status,
            version=version,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            page=1,
            x=500_000,
            y=500_000,
            width=100_000,
            joined_at=START,
            sent_at=START,
        )
        for number, status in waiting
    ]
    invoice = Invoice(
        id="inv_00000000000000000000000001",
        account=ME,
        fingerprint="f",
        status="refunding",
        quantity=1,
        unit_price_idr=10_000,
        fee_idr=2_500,
        total_idr=12_500,
        method="qris",
        policy="A",
        attempt="pay_00000000000000000000000001",
        attempts=1,
        created_at=START,
        expires_at=START,
        paid_at=START,
        paid_by="pay_00000000000000000000000001",
        open_refund="rfd_00000000000000000000000001",
    )
    refund = Refund(
        id="rfd_00000000000000000000000001",
        kind="quota",
        account=ME,
        invoice=invoice.id,
        provider="midtrans",
        order=invoice.attempt,
        status="received",
        fingerprint="f",
        quantity=1,
        amount_idr=9_375,
        total_idr=12_500,
        policy="A",
        reason="batal",
        received_at=START,
        promise_at=START + 45 * day,
        pay_at=START + day,
        updated_at=START,
        timeline=[],
    )
    scopes = frozenset({"invoices:write", "stampings:write", "refunds:write"})
    attempt = Attempt(
        id=invoice.attempt,
        account=ME,
        invoice=invoice.id,
        status="settled",
        provider="midtrans",
        amount_idr=12_500,
        method="qris",
        created_at=START,
        expires_at=START,
    )
    token = Token(id=token_id("a-token-of-the-replay"), account=ME, kind="account", created_at=START, scopes=scopes)
    quota = Quota(id=ME, paid_in=6, available=3, reserved=1, used=1, held=1)
    account = Account(id=ME, created_at=START, email="budi@replay.invalid", email_verified_at=START)
    letter = Letter(
        id="ltr_00000000000000000000000001",
        kind="refund.received",
        object=refund.id,
        account=ME,
        number=1,
        at=START,
        queued_at=START,
    )
    serial = Serial(
        id="0123456789ABCDEFGHIJK4",
        state="affixed",
        stamping=stampings[0].id,
        issuer="own",
        issued_at=START,
        sealed_sha256=hashlib.sha256(data).hexdigest(),
        affixed_at=START,
    )
    return [account, token, quota, *documents, *stampings, invoice, attempt, refund, letter, serial]


def oversized() -> list[str]:
    """The functions that, unpacked with their layers, are larger than Lambda takes."""
    found = []
    for resource in sorted(path.name for path in BUILD.glob("*Function")):
        parts = [BUILD / resource, *(Path(layer) for layer in layers_of(resource))]
        size = sum(file.stat().st_size for part in parts for file in part.rglob("*") if file.is_file())
        if size >= UNPACKED_MOST:
            found.append(f"{resource} is {size:,} bytes")
    return found


def replay(event: Path, runtime: Path, variables: dict[str, str]) -> Any:
    """What the built function answers to an event."""
    resource = resource_of(event.name.partition(".")[0])
    paths = [str(BUILD / resource), *layers_of(resource), str(runtime)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD],
        input=json.dumps([paths, json.loads(event.read_text())]),
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        return {"died": done.stderr[-2000:]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Replay them all; the exit code says whether each answered as expected."""
    console = Console()
    events = sorted(EVENTS.glob("*.json"))
    strangers = {event.stem for event in events} ^ EXPECTED.keys()
    if strangers:
        console.print(f"events and expectations differ: {sorted(strangers)}")
        return 1
    if too_large := oversized():
        console.print(f"larger than the {UNPACKED_MOST:,} bytes that Lambda takes: {too_large}")
        return 1
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        runtime = Path(folder)
        for name in RUNTIME:
            spec = find_spec(name)
            if spec is None or spec.origin is None:
                raise ImportError(name)
            origin = Path(spec.origin)
            place = origin.parent if origin.name == "__init__.py" else origin
            (runtime / place.name).symlink_to(place)
        variables = furnish(f"http://{host}:{port}")
        for event in events:
            answer = replay(event, runtime, variables)
            try:
                right = EXPECTED[event.stem](answer)
            except (KeyError, TypeError, ValueError):
                right = False
            failed += not right
            console.print(
                f"{'ok  ' if right else 'FAIL'} {event.stem}" + ("" if right else f"  {answer}"), markup=False
            )
    server.stop()
    console.print(f"{len(events) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
