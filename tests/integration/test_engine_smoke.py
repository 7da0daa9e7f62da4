"""What the house leans on in its embedded engine, seen through the engine's own interfaces.

Each test is about a behaviour of AWS that the engine has of itself or that local/engine.py gives it: after an upgrade of
the engine this file tells what still holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from local.deployment import HOUSE
from local.ports import unused_port
from tests.integration.conftest import Stack, until

TEMPLATE = Path(__file__).with_name("probe.yaml")


class Probe:
    """The stack of probe.yaml, deployed beside the house's."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        cloudformation = stack.client("cloudformation")
        cloudformation.create_stack(
            StackName="probe",
            TemplateBody=TEMPLATE.read_text(),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        status = until(lambda: self._settled(cloudformation), 60)
        assert status == "CREATE_COMPLETE", cloudformation.describe_stack_events(StackName="probe")["StackEvents"]
        resources = cloudformation.describe_stack_resources(StackName="probe")["StackResources"]
        self.names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
        self.api = f"{stack.access['engine_url']}/_aws/execute-api/{self.names['Api']}/live"

    @staticmethod
    def _settled(cloudformation: Any) -> str | None:
        status = cloudformation.describe_stacks(StackName="probe")["Stacks"][0]["StackStatus"]
        return None if status.endswith("IN_PROGRESS") else str(status)

    def call(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function: {"ok": its answer} or {"error": what the service reports}."""
        answer = self.stack.client("lambda").invoke(FunctionName=self.names[function], Payload=json.dumps(event))
        return {"error" if "FunctionError" in answer else "ok": json.loads(answer["Payload"].read())}

    def put(self, key: str) -> None:
        """Change the table whose stream is read."""
        self.stack.client("dynamodb").put_item(TableName=self.names["Table"], Item={"pk": {"S": key}})

    def seen(self, key: str) -> int:
        """How often a function noted this key."""
        item = self.stack.client("dynamodb").get_item(TableName=self.names["Seen"], Key={"pk": {"S": key}}).get("Item")
        return int(item["n"]["N"]) if item else 0

    def send(self, body: str, queue: str = "Queue") -> None:
        """Put a message on a queue."""
        self.stack.client("sqs").send_message(QueueUrl=self.names[queue], MessageBody=body)

    def waiting(self, queue: str) -> list[dict[str, Any]]:
        """The messages that a queue hands out."""
        received = self.stack.client("sqs").receive_message(QueueUrl=self.names[queue], MaxNumberOfMessages=10)
        found: list[dict[str, Any]] = received.get("Messages", [])
        return found

    def close(self) -> None:
        """Take the stack away again."""
        self.stack.client("cloudformation").delete_stack(StackName="probe")


@pytest.fixture(scope="module")
def probe(stack: Stack) -> Iterator[Probe]:
    made = Probe(stack)
    yield made
    made.close()


# Functions -----------------------------------------------------------------------------------------------------------------


def test_an_exception_keeps_its_type_and_leaves_the_environment_warm(probe: Probe) -> None:
    before = probe.call("Probe", {})["ok"]["pid"]
    error = probe.call("Probe", {"do": "raise"})["error"]
    assert (error["errorType"], error["errorMessage"]) == ("QuotaGone", "none left")
    assert probe.call("Probe", {})["ok"]["pid"] == before


def test_a_function_that_outlives_its_timeout_is_ended_and_the_next_call_is_served(probe: Probe) -> None:
    error = probe.call("Probe", {"do": "sleep", "seconds": 20})["error"]
    assert "Task timed out after 2.00 seconds" in error["errorMessage"]
    assert probe.call("Probe", {})["ok"]["event"] == {}


def test_a_killed_environment_is_an_error_of_its_one_invocation(probe: Probe) -> None:
    assert probe.call("Probe", {"do": "die"})["error"]["errorType"] == "Runtime.ExitError"
    assert probe.call("Probe", {})["ok"]["event"] == {}


@pytest.mark.parametrize(("module", "there"), [("boto3", True), ("aws_lambda_powertools", False), ("pyhanko", False)])
def test_a_function_finds_its_layers_and_the_runtime_and_nothing_else(probe: Probe, module: str, there: bool) -> None:
    assert ("ok" in probe.call("Probe", {"do": "import", "module": module})) is there


def _session(stack: Stack, function: str) -> boto3.Session:
    """A session with the credentials that a function of template.yaml runs with."""
    environment = until(lambda: stack.workers(function))[0].environment()
    return boto3.Session(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment["AWS_SESSION_TOKEN"],
        environment["AWS_REGION"],
    )  # fmt: skip


def test_a_function_may_do_what_its_role_allows_and_no_more(stack: Stack) -> None:
    session = _session(stack, "TellFunction")
    engine = stack.access["engine_url"]
    with closing(session.client("dynamodb", endpoint_url=engine)) as table:
        assert table.get_item(TableName=stack.access["table_name"], Key={"pk": {"S": "x"}, "sk": {"S": "x"}})
    with closing(session.client("s3", endpoint_url=engine)) as s3, pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=stack.access["sealed_bucket"], Key="x", Body=b"x")


@pytest.mark.parametrize(
    ("function", "sender", "allowed"),
    [
        ("LetterFunction", "meterai@lokal.invalid", True),
        ("LetterFunction", "bank@lokal.invalid", False),
        ("TellFunction", "meterai@lokal.invalid", False),
    ],
)
def test_letters_leave_by_one_function_and_in_one_name(stack: Stack, function: str, sender: str, allowed: bool) -> None:
    engine = stack.access["engine_url"]
    letter = {"Subject": {"Data": "Halo"}, "Body": {"Text": {"Data": "isi"}}}
    with closing(_session(stack, function).client("sesv2", endpoint_url=engine)) as ses:
        send = {
            "FromEmailAddress": sender,
            "Destination": {"ToAddresses": ["orang@contoh.invalid"]},
            "Content": {"Simple": letter},
        }
        if allowed:
            assert ses.send_email(**send)["MessageId"]
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                ses.send_email(**send)


def _resource(stack: Stack, logical: str) -> str:
    resource = stack.client("cloudformation").describe_stack_resource(StackName="meterai", LogicalResourceId=logical)
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


# The gateway ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/status"), ("PATCH", "/v1/quota")])
def test_an_unknown_route_or_method_is_our_problem_404(stack: Stack, method: str, path: str) -> None:
    answer = stack.http().request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.headers["request-id"] == answer.json()["request_id"]


def test_a_missing_token_is_our_problem_401(stack: Stack) -> None:
    answer = stack.http().get("/v1/quota")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 13 * 1024 * 1024])
def test_a_body_over_the_gateways_limit_is_our_problem_413(stack: Stack, size: int) -> None:
    answer = stack.http().post("/v1/verifications", content=b"x" * size, headers={"Content-Type": "application/pdf"})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_the_authorizer_lets_in_hands_on_its_context_or_denies(probe: Probe) -> None:
    granted = httpx.get(f"{probe.api}/guarded", headers={"Authorization": "Bearer good"})
    assert granted.json()["requestContext"]["authorizer"]["account"] == "acc_1"
    denied = httpx.get(f"{probe.api}/guarded", headers={"Authorization": "Bearer bad"})
    assert (denied.status_code, denied.json()) == (403, {"code": "denied"})


def test_a_failed_function_wears_the_gateways_answer_and_its_words_stay_inside(probe: Probe) -> None:
    answer = httpx.get(f"{probe.api}/broken")
    assert (answer.status_code, answer.json()) == (503, {"code": "busy"})
    assert "secret inside" not in answer.text + str(answer.headers)


def test_headers_queries_and_binary_bodies_arrive_as_they_were_sent(probe: Probe) -> None:
    body = bytes(range(256))
    answer = httpx.post(
        f"{probe.api}/echo?a=1&a=2", content=body, headers={"Content-Type": "application/pdf", "Prefer": "wait=3"}
    ).json()
    assert answer["isBase64Encoded"]
    assert base64.b64decode(answer["body"]) == body
    assert answer["multiValueQueryStringParameters"]["a"] == ["1", "2"]
    assert {key.lower(): value for key, value in answer["headers"].items()}["prefer"] == "wait=3"


def test_a_function_over_its_reserved_executions_is_refused_as_a_failure_of_the_gateways(probe: Probe) -> None:
    with ThreadPoolExecutor(5) as crowd:
        answers = list(crowd.map(lambda _: httpx.get(f"{probe.api}/slow", timeout=30), range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    assert {answer.text for answer in answers if answer.status_code == 503} == {'{"code":"busy"}'}
    assert httpx.get(f"{probe.api}/slow", timeout=30).status_code == 200


def test_a_method_is_throttled_by_itself_whatever_its_path_holds(probe: Probe) -> None:
    answers = [httpx.get(f"{probe.api}/limited/{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json() == {"code": "rate_limited"}
    assert [httpx.post(f"{probe.api}/limited/{number}").status_code for number in range(5)] == [200] * 5


# Queue and stream ----------------------------------------------------------------------------------------------------------


def test_a_message_whose_worker_was_killed_comes_back_after_its_visibility_and_is_done_once(probe: Probe) -> None:
    began = time.monotonic()
    probe.send("kill me once")
    until(lambda: probe.seen("queue kill me once") == 2)
    assert time.monotonic() - began >= 2.5
    time.sleep(4)  # longer than its visibility: were it still there, it would come again
    assert probe.seen("queue kill me once") == 2


def test_a_message_reported_as_failed_goes_to_the_dead_letters_after_its_last_receive(probe: Probe) -> None:
    probe.send("always bad")
    probe.send("fine")
    dead = until(lambda: probe.waiting("Dead"))
    assert [message["Body"] for message in dead] == ["always bad"]
    assert probe.seen("queue fine") == 1


def test_mappings_of_one_function_share_its_environments_by_their_maximum_and_none_starves(probe: Probe) -> None:
    for number in range(20):
        probe.send(f"thin {number}", "Thin")
        probe.send(f"wide {number}", "Wide")

    def ranks(queue: str) -> list[int]:
        return [probe.seen(f"{queue} {number}") for number in range(20)]

    until(lambda: all(ranks("thin")) and all(ranks("wide")))
    last = max(ranks("wide"))
    assert 0 < sum(rank < last for rank in ranks("thin")) <= 15


def test_a_mappings_maximum_is_moved_and_stays_within_what_aws_takes(probe: Probe) -> None:
    functions, mapping = probe.stack.client("lambda"), probe.names["SharedThin"]

    def most(wanted: int) -> int:
        scaling = {"MaximumConcurrency": wanted}
        functions.update_event_source_mapping(UUID=mapping, ScalingConfig=scaling)
        return int(functions.get_event_source_mapping(UUID=mapping)["ScalingConfig"]["MaximumConcurrency"])

    assert [most(7), most(2)] == [7, 2]
    with pytest.raises(ClientError, match="less than or equal to 1000"):
        most(1001)


def test_each_reader_of_a_stream_goes_its_own_way(probe: Probe) -> None:
    for key in ("first", "bad twice", "last"):
        probe.put(key)
    until(lambda: probe.seen("reader last") == 1)
    until(lambda: probe.seen("faulty last") >= 1)
    assert [probe.seen(f"reader {key}") for key in ("first", "bad twice", "last")] == [1, 1, 1]
    assert probe.seen("faulty bad twice") == 3


def test_what_a_reader_cannot_read_is_set_aside_and_the_stream_goes_on(probe: Probe) -> None:
    probe.put("poison")
    aside = until(lambda: probe.waiting("Aside"))
    assert json.loads(aside[0]["Body"])["requestContext"]["condition"] == "RetryAttemptsExhausted"
    probe.put("after the poison")
    until(lambda: probe.seen("faulty after the poison") == 1)


# Table ---------------------------------------------------------------------------------------------------------------------


def test_the_ledgers_table_is_as_the_template_says(stack: Stack) -> None:
    table = stack.client("dynamodb")
    name = stack.access["table_name"]
    assert table.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "ttl"
    backups = table.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_cancelled_transaction_tells_every_reason_with_the_item_that_was_there(probe: Probe) -> None:
    table, name = probe.stack.client("dynamodb"), probe.names["Seen"]
    table.put_item(TableName=name, Item={"pk": {"S": "tx"}, "n": {"N": "1"}})

    def condition(key: str) -> dict[str, Any]:
        return {"Put": {"TableName": name, "Item": {"pk": {"S": key}}, "ConditionExpression": "attribute_not_exists(pk)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}  # fmt: skip

    with pytest.raises(table.exceptions.TransactionCanceledException) as caught:
        table.transact_write_items(TransactItems=[condition("tx free"), condition("tx")])
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == {"pk": {"S": "tx"}, "n": {"N": "1"}}
    assert "Item" not in table.get_item(TableName=name, Key={"pk": {"S": "tx free"}})


# Objects -------------------------------------------------------------------------------------------------------------------


def _form(stack: Stack, key: str) -> Any:
    return stack.client("s3").generate_presigned_post(
        stack.access["sources_bucket"], key, Conditions=[["content-length-range", 1, 10]], ExpiresIn=60
    )


def test_a_presigned_form_takes_what_it_was_signed_for(stack: Stack) -> None:
    form = _form(stack, "form")
    answer = httpx.post(form["url"], data=form["fields"], files={"file": b"0123456789"})
    assert answer.status_code == 204
    again = httpx.post(form["url"], data=form["fields"], files={"file": b"0123456789"})
    assert again.headers["x-amz-version-id"] != answer.headers["x-amz-version-id"]


@pytest.mark.parametrize("change", ["size", "key", "policy", "signature"])
def test_a_presigned_form_refuses_everything_else(stack: Stack, change: str) -> None:
    form = _form(stack, "form refused")
    fields, file = dict(form["fields"]), b"0123456789"
    if change == "size":
        file += b"x"
    if change == "key":
        fields["key"] = "another"
    if change == "policy":
        policy = json.loads(base64.b64decode(fields["policy"]))
        policy["conditions"][-1] = (
            ["content-length-range", 1, 1000] if "content-length-range" in policy["conditions"][-1] else {}
        )
        fields["policy"] = base64.b64encode(
            json.dumps({**policy, "expiration": "2099-01-01T00:00:00Z"}).encode()
        ).decode()
    if change == "signature":
        fields["x-amz-signature"] = "0" * 64
    assert httpx.post(form["url"], data=fields, files={"file": file}).status_code in (400, 403)


def test_objects_are_private_without_a_signature(stack: Stack) -> None:
    stack.client("s3").put_object(Bucket=stack.access["sealed_bucket"], Key="private", Body=b"x")
    url = f"{stack.access['engine_url']}/{stack.access['sealed_bucket']}/private"
    assert httpx.get(url).status_code == 403
    signed = stack.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": stack.access["sealed_bucket"], "Key": "private"}, ExpiresIn=60
    )
    assert httpx.get(signed).content == b"x"
    assert httpx.get(signed.replace("private", "privat")).status_code == 403


def test_the_page_may_upload_from_its_own_origin_alone(stack: Stack) -> None:
    url = f"{stack.access['engine_url']}/{stack.access['sources_bucket']}"
    asked = {"Access-Control-Request-Method": "POST"}
    ours = httpx.options(url, headers={"Origin": stack.web_url, **asked})
    assert ours.headers["access-control-allow-origin"] == stack.web_url
    theirs = httpx.options(url, headers={"Origin": "https://elsewhere.example", **asked})
    assert theirs.status_code == 403
    assert "access-control-allow-origin" not in theirs.headers


def test_a_key_is_written_once_and_its_checksum_is_told(stack: Stack) -> None:
    s3, bucket = stack.client("s3"), stack.access["sealed_bucket"]
    s3.put_object(Bucket=bucket, Key="once", Body=b"first", IfNoneMatch="*", ChecksumAlgorithm="SHA256")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="once", Body=b"second", IfNoneMatch="*", ChecksumAlgorithm="SHA256")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    head = s3.head_object(Bucket=bucket, Key="once", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"first").digest()).decode()


# Keys, secrets, letters ----------------------------------------------------------------------------------------------------


def test_the_seals_key_signs_a_digest_that_others_can_verify(stack: Stack) -> None:
    kms = stack.client("kms")
    public = serialization.load_der_public_key(kms.get_public_key(KeyId="alias/meterai-seal")["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    digest = hashlib.sha256(b"to be sealed").digest()
    signature = kms.sign(
        KeyId="alias/meterai-seal", Message=digest, MessageType="DIGEST", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
    )["Signature"]
    public.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def test_a_letter_ends_in_the_mailbox(stack: Stack) -> None:
    stack.client("ses").send_email(
        Source="meterai@lokal.invalid", Destination={"ToAddresses": ["orang@contoh.invalid"]},
        Message={"Subject": {"Data": "Halo <b>"}, "Body": {"Text": {"Data": "isi & <script>"}}},
    )  # fmt: skip
    letters = httpx.get(f"{stack.access['mailbox_url']}/messages").json()["data"]
    assert letters[0]["to"] == ["orang@contoh.invalid"]
    page = httpx.get(stack.access["mailbox_url"]).text
    assert "isi &amp; &lt;script&gt;" in page


def test_the_sweep_is_scheduled_as_the_template_says(stack: Stack) -> None:
    events = stack.client("events")
    function = _resource(stack, "SweepFunction")
    rules = [rule for rule in events.list_rules()["Rules"] if rule["ScheduleExpression"] == "rate(1 minute)"]
    targets = [one for rule in rules for one in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
    assert (function, '{"rows": "due"}') in [(one["Arn"].rpartition(":")[2], one["Input"]) for one in targets]


# Executions ----------------------------------------------------------------------------------------------------------------


def begin(probe: Probe, event: dict[str, Any], name: str) -> str:
    """Start an execution of the probe's machine; its ARN."""
    states = probe.stack.client("stepfunctions")
    started = states.start_execution(stateMachineArn=probe.names["Machine"], name=name, input=json.dumps(event))
    return str(started["executionArn"])


def outcome(probe: Probe, arn: str) -> dict[str, Any] | None:
    """What the execution came to; None while it runs."""
    execution: dict[str, Any] = probe.stack.client("stepfunctions").describe_execution(executionArn=arn)
    return None if execution["status"] == "RUNNING" else execution


def soon(seconds: float) -> str:
    """An instant from now as a machine reads it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def test_an_execution_waits_for_its_instant_and_catches_an_error_by_name(probe: Probe) -> None:
    began = time.monotonic()
    arn = begin(probe, {"until": soon(1), "do": "raise"}, "catch")
    ended = until(lambda: outcome(probe, arn))
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "caught by its own name")
    assert time.monotonic() - began >= 1


def test_an_execution_whose_instant_cannot_be_read_fails(probe: Probe) -> None:
    arn = begin(probe, {"until": "some day"}, "unreadable")
    ended = until(lambda: outcome(probe, arn))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


def test_starting_the_same_execution_twice_starts_it_once(probe: Probe) -> None:
    event = {"until": soon(1)}
    first = begin(probe, event, "twice")
    assert begin(probe, event, "twice") == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        begin(probe, {"until": soon(2)}, "twice")


# The whole -----------------------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_one_sentence_and_code_2(stack: Stack, tmp_path: Path) -> None:
    environment = {**os.environ, "PORT": str(stack.port), "METERAI_STATE": str(tmp_path),
                   "PYTHONPATH": f"{HOUSE}/layers/meterai/python:{HOUSE}"}  # fmt: skip
    ended = subprocess.run([sys.executable, "-m", "local"], cwd=HOUSE, env=environment, capture_output=True, text=True)
    assert ended.returncode == 2
    assert f"port {stack.port} is in use" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_second_stack_from_the_same_folder_is_refused(stack: Stack) -> None:
    environment = {**os.environ, "PORT": str(unused_port()), "METERAI_STATE": str(stack.state),
                   "PYTHONPATH": f"{HOUSE}/layers/meterai/python:{HOUSE}"}  # fmt: skip
    ended = subprocess.run([sys.executable, "-m", "local"], cwd=HOUSE, env=environment, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "already runs" in ended.stderr
    assert stack.http().get("/v1/status").status_code == 200


def public_key(stack: Stack) -> bytes:
    """Whose half the seals of this stack are checked with."""
    key: bytes = stack.client("kms").get_public_key(KeyId="alias/meterai-seal")["PublicKey"]
    return key
