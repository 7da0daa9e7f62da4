"""template.yaml on the engine, as it is: what `sam build` and `aws cloudformation package` and `deploy` do, in seconds.

Layers with a Makefile are built by it for this machine's Python (LAYER_TARGET=host) and kept by the hash of what they are
made from; code is zipped so that the same files give the same bytes; a stack whose template, parameters and code are
unchanged is left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from local import Trouble
from local.engine import KEY_ID

HOUSE = Path(__file__).resolve().parent.parent
STACK = "meterai"
PACKAGES = "meterai-packages"
EPOCH = (2020, 1, 1, 0, 0, 0)


def client(engine_url: str, service: str, region: str, secret: str) -> Any:
    """A boto3 client of the engine."""
    return boto3.client(  # type: ignore[call-overload]
        service, endpoint_url=engine_url, region_name=region,
        aws_access_key_id=KEY_ID, aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )  # fmt: skip


def zipped(folder: Path) -> bytes:
    """The folder's files as a zip whose bytes depend on nothing but their names and contents."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            if "__pycache__" in path.parts or path.suffix == ".pyc":
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _built(folder: Path, resource: str, cache: Path) -> bytes:
    """A layer's zip, built by its Makefile once for each state of its sources, however many stacks start at once."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    kept = cache / f"{resource}-{digest.hexdigest()[:24]}.zip"
    with (cache / f"{resource}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            return kept.read_bytes()
        with tempfile.TemporaryDirectory(prefix=f"{resource}.", dir=cache) as artifacts:
            _make(folder, resource, artifacts)
            data = zipped(Path(artifacts))
        for other in cache.glob(f"{resource}-*.zip"):
            other.unlink(missing_ok=True)
        part = kept.with_suffix(".part")
        part.write_bytes(data)
        part.rename(kept)
    return data


def _make(folder: Path, resource: str, artifacts: str) -> None:
    """Have the layer's Makefile put what it is made of into `artifacts`. Raises Trouble."""
    environment = {**os.environ, "LAYER_TARGET": "host", "ARTIFACTS_DIR": artifacts,
                   "VIRTUAL_ENV": sys.prefix, "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"}  # fmt: skip
    try:
        subprocess.run(
            ["make", "--silent", "--no-print-directory", "-C", str(folder), f"build-{resource}"],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise Trouble("the tool `make` is missing: install it and start again") from None
    except subprocess.CalledProcessError as failed:
        raise Trouble(f"the layer {resource} could not be built:\n{failed.stderr.strip()}") from None


def dangling(machine: dict[str, Any]) -> list[str]:
    """What CreateStateMachine would refuse and the engine lets pass: names of states that are not there, and states that
    nothing leads to. (The shape of each state is cfn-lint's affair: tests/unit/local/test_deployment.py.)"""
    states: dict[str, Any] = machine.get("States", {})
    steps = [(machine.get("StartAt"), "StartAt")]
    found = []
    for name, state in states.items():
        branches = [*state.get("Branches", []), *(state[key] for key in ("Iterator", "ItemProcessor") if key in state)]
        found += [f"{name}: {fault}" for branch in branches for fault in dangling(branch)]
        for choice in [state, *state.get("Choices", []), *state.get("Catch", [])]:
            steps += [(choice[key], name) for key in ("Next", "Default") if key in choice]
    found += [f"{source} leads to {target}, which is not there" for target, source in steps if target not in states]
    led_to = {target for target, source in steps if source != target}
    return found + [f"nothing leads to {name}" for name in states if name not in led_to]


def packaged(template: dict[str, Any], cache: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The template with every local path pointed at the packages' bucket, and the objects it points at."""
    objects: dict[str, bytes] = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str):
                folder = HOUSE / properties[key]
                makefile = resource.get("Metadata", {}).get("BuildMethod") == "makefile"
                data = _built(folder, name, cache) if makefile else zipped(folder)
                object_key = f"{name}-{hashlib.sha256(data).hexdigest()[:32]}.zip"
                objects[object_key] = data
                properties[key] = {"Bucket": PACKAGES, "Key": object_key}
        if isinstance(properties.get("DefinitionUri"), str):
            path = properties.pop("DefinitionUri")
            properties["Definition"] = yaml_parse((HOUSE / path).read_text("utf-8"))
            if faults := dangling(properties["Definition"]):
                raise Trouble(f"{path} is not a state machine: {'; '.join(faults)}")
    return template, objects


class Deployment:
    """One stack on one engine."""

    def __init__(self, engine_url: str, region: str, secret: str, state: Path) -> None:
        self._engine = engine_url
        self._region, self._secret, self._state = region, secret, state

    def _make(self, service: str) -> Any:
        return client(self._engine, service, self._region, self._secret)

    def bring_up(self, parameters: dict[str, str], cache: Path) -> dict[str, str]:
        """Create or update the stack where anything changed; its outputs and the names of its resources."""
        cache.mkdir(parents=True, exist_ok=True)
        source = (HOUSE / "template.yaml").read_text("utf-8")
        template, objects = packaged(yaml_parse(source), cache)
        body = json.dumps(template)
        print_of_it = hashlib.sha256(json.dumps([body, sorted(parameters.items())]).encode()).hexdigest()
        stamp = self._state / "deployed"
        if not (stamp.exists() and stamp.read_text() == print_of_it and self._status().endswith("_COMPLETE")):
            self._upload(objects)
            self._deploy(body, parameters)
            self._apply_what_the_engine_skips(template, parameters)
            stamp.write_text(print_of_it)
        return self._facts()

    def _status(self) -> str:
        try:
            stacks = self._make("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        except ClientError:
            return "ABSENT"
        return str(stacks[0]["StackStatus"])

    def _upload(self, objects: dict[str, bytes]) -> None:
        s3 = self._make("s3")
        try:
            s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
        there = {item["Key"] for item in s3.list_objects_v2(Bucket=PACKAGES).get("Contents", [])}
        for key in objects.keys() - there:
            s3.put_object(Bucket=PACKAGES, Key=key, Body=objects[key])

    def _deploy(self, body: str, parameters: dict[str, str]) -> None:
        cloudformation = self._make("cloudformation")
        s3 = self._make("s3")
        s3.put_object(Bucket=PACKAGES, Key="template.json", Body=body.encode())
        request = {
            "StackName": STACK,
            "TemplateURL": f"{self._engine}/{PACKAGES}/template.json",
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        if self._status() == "ABSENT":
            cloudformation.create_stack(**request)
        else:
            try:
                cloudformation.update_stack(**request)
            except ClientError as refused:
                if "No updates" not in refused.response["Error"]["Message"]:
                    raise
        deadline = time.monotonic() + 60
        while (status := self._status()).endswith("_IN_PROGRESS") and time.monotonic() < deadline:
            time.sleep(0.1)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            reasons = [f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in events
                       if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")]  # fmt: skip
            raise Trouble(f"template.yaml was not deployed ({status}): " + "; ".join(reasons[-3:]))

    def _apply_what_the_engine_skips(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        dynamodb, s3 = self._make("dynamodb"), self._make("s3")
        names = self._resources()
        for logical, resource in template["Resources"].items():
            if "ObjectLockConfiguration" in resource.get("Properties", {}):
                lock = resource["Properties"]["ObjectLockConfiguration"]
                retention = lock["Rule"]["DefaultRetention"]
                retention |= {"Days": int(parameters[retention["Days"]["Ref"]])}
                s3.put_object_lock_configuration(Bucket=names[logical], ObjectLockConfiguration=lock)
        for logical, resource in template["Resources"].items():
            if resource["Type"] != "AWS::DynamoDB::Table":
                continue
            properties = resource["Properties"]
            if "TimeToLiveSpecification" in properties:
                wanted = properties["TimeToLiveSpecification"]
                now = dynamodb.describe_time_to_live(TableName=names[logical])["TimeToLiveDescription"]
                if now.get("TimeToLiveStatus") != "ENABLED":
                    dynamodb.update_time_to_live(TableName=names[logical], TimeToLiveSpecification=wanted)
            if "PointInTimeRecoverySpecification" in properties:
                dynamodb.update_continuous_backups(
                    TableName=names[logical],
                    PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"],
                )

    def _resources(self) -> dict[str, str]:
        pages = self._make("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages for resource in page["StackResourceSummaries"]
        }  # fmt: skip

    def _facts(self) -> dict[str, str]:
        stack = self._make("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        return {**self._resources(), **outputs}
