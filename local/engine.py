"""The embedded cloud: MiniStack, started with what it gets wrong put right.

MiniStack is young and pinned exactly; nothing else of the project knows it. Each patch below makes it stricter or nearer
to AWS, names the page that says so, and first asserts that what it replaces is still there: after an upgrade it fails
loudly, and tests/integration/test_engine_smoke.py shows what still holds.

    python -m local.engine --port PORT --state FOLDER
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import logging
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

VERSION = "1.5.33"
ACCOUNT = "000000000000"
REGION = "ap-southeast-3"
KEY_ID = "AKIALOCALOPERATOR000"  # the operator's; its secret is made at random for each state folder
GATEWAY_BODY_LIMIT = 10 * 1024 * 1024
GATEWAY_SECONDS = 29.0
log = logging.getLogger("meterai.engine")


def settings(port: int, state: Path) -> dict[str, str]:
    """The engine's environment: loopback only, everything kept under `state`, no service that listens elsewhere."""
    secret = state / "secret"
    if not secret.exists():
        state.mkdir(parents=True, exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(30))
    return {
        "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT, "MINISTACK_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        # Signatures are verified, and each function may do what its role in template.yaml allows, no more.
        "AUTH": "true", "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": secret.read_text(),
        "PERSIST_STATE": "1", "S3_PERSIST": "1", "STATE_DIR": str(state / "services"), "S3_DATA_DIR": str(state / "s3"),
        "LAMBDA_EXECUTOR": "local", "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "DOCKER_HOST": "unix:///nowhere",
        "LOG_LEVEL": "WARNING", "TMPDIR": str(state / "tmp"),
    }  # fmt: skip


def replaces(
    module: Any, name: str, digest_of: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put the decorated function in the place of `module.name`, which must exist and, where given, still contain a
    piece of source that the patch was written against."""
    original = getattr(module, name)
    if digest_of is not None:
        assert digest_of in inspect.getsource(original), f"{name} changed: look at this patch again"

    def put(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(module, name, function)
        return function

    return put


def patch_functions(state: Path) -> None:
    """Functions run in sealed environments; errors keep their names and do not end the environment."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    from local import execution

    execution.place_in(state)
    assert "_worker_class_for(config)(func_name, config, code_zip)" in inspect.getsource(lambda_runtime.acquire_worker)
    replaces(lambda_runtime, "_worker_class_for")(lambda _config: execution.Environment)
    replaces(lambda_svc, "_execute_function_warm", "Runtime.HandlerError")(execution.execute)
    # Logs go to a file a function; the engine would keep every line in memory.
    replaces(lambda_svc, "_emit_lambda_logs")(lambda *_, **__: None)


def patch_gateway() -> None:
    """What the REST gateway itself answers."""
    from ministack.services import apigateway_v1 as gateway

    import_api = gateway._import_rest_api

    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-binary-media-types.html
    @replaces(gateway, "_import_rest_api", "_import_security_schemes")
    def _(spec: dict[str, Any], base: dict[str, Any] | None = None) -> str:
        base = dict(base or {})
        base["binaryMediaTypes"] = [
            *(base.get("binaryMediaTypes") or []), *spec.get("x-amazon-apigateway-binary-media-types", [])]  # fmt: skip
        base["binaryMediaTypes"] = sorted({kind.replace("~1", "/") for kind in base["binaryMediaTypes"]})
        api: str = import_api(spec, base)
        for kind, response in (spec.get("x-amazon-apigateway-gateway-responses") or {}).items():
            status, _, body = gateway._put_gateway_response(api, kind, response)
            if status >= 400:
                raise ValueError(f"gateway response {kind}: {body!r}")
        return api

    # "Changing the status code of this fallback gateway response changes the status codes of all other 5XX responses":
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    for_type = gateway._gateway_response_for_type

    @replaces(gateway, "_gateway_response_for_type", "_gateway_response_family")
    def _(customized: dict[str, Any], kind: str) -> dict[str, Any]:
        response: dict[str, Any] = for_type(customized, kind)
        fallback = customized.get(gateway._gateway_response_family(kind)) or {}
        if kind not in customized and fallback.get("statusCode"):
            return {**response, "statusCode": fallback["statusCode"]}
        return response

    # A failed function is "Internal server error" and wears DEFAULT_5XX; its own words never leave:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    @replaces(gateway, "_lambda_proxy_response", "lambda_execute_result_to_api_proxy_response")
    def _(result: dict[str, Any]) -> tuple[dict[str, Any], None]:
        answer = result.get("body")
        if result.get("error") and answer and answer.get("errorType") == "RequestEntityTooLargeException":
            raise Refused("REQUEST_TOO_LARGE", "Request Entity Too Large")
        # "Output format of a Lambda function for proxy integration": set-up-lambda-proxy-integrations.html
        known = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
        if result.get("throttle") or result.get("error") or not isinstance(answer, dict) or not answer.keys() <= known:
            raise Refused("DEFAULT_5XX", "Internal server error")
        return answer, None

    invoke = gateway._invoke_lambda_proxy_v1

    # "Integration timeout: 29 seconds", "Payload size: 10 MB":
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    @replaces(gateway, "_invoke_lambda_proxy_v1", "_lambda_proxy_response(result)")
    async def _(*arguments: Any, **named: Any) -> Any:
        if len(arguments[8] or b"") > GATEWAY_BODY_LIMIT:
            return gateway._gw_error("REQUEST_TOO_LARGE", "Request Entity Too Large")
        call = asyncio.create_task(invoke(*arguments, **named))
        done, _late = await asyncio.wait({call}, timeout=GATEWAY_SECONDS)
        if not done:
            return gateway._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        try:
            return call.result()
        except Refused as refused:
            return gateway._gw_error(*refused.args)


class Refused(Exception):
    """The gateway answers in the function's place: its response type and message."""


def patch_streams() -> None:
    """Each reader of a table's stream goes its own way, keeps its place on failure, and sets aside what it cannot read.

    The engine reads them one after the other on one thread, forgets the failures a batch reports, and never bisects.
    """
    from ministack.core.responses import request_scope
    from ministack.services import dynamodb, lambda_svc

    @replaces(lambda_svc, "_poll_dynamodb_streams", "_execute_function(func_rec, event)")
    def _() -> bool:
        found = False
        for account, region, esm in lambda_svc._iter_all_esms():
            with request_scope(account, region):
                table = esm.get("EventSourceArn", "").partition(":table/")[2].partition("/")[0]
                mapping = esm["UUID"]
                if not table or ":dynamodb:" not in esm["EventSourceArn"] or not esm.get("Enabled", True):
                    continue
                if mapping in lambda_svc._esm_inflight or lambda_svc._esm_backoff_until.get(mapping, 0) > time.time():
                    continue
                start = lambda_svc._dynamodb_stream_positions.setdefault(mapping, dynamodb.stream_start_position(table))
                start = max(start, dynamodb.stream_start_position(table))
                batch = dynamodb.stream_records_since(table, start, _halved.get(mapping) or esm.get("BatchSize", 100))
                func, _config = lambda_svc._get_func_record_for_qualifier(esm["FunctionName"], None)
                if batch and func is not None:
                    lambda_svc._dispatch_esm_batch(mapping, _read_batch, esm, func, batch, start, account, region)
                    found = True
        return found


_halved: dict[str, int] = {}
_attempts: dict[tuple[str, int], int] = {}


def _read_batch(
    esm: dict[str, Any], func: Any, batch: list[dict[str, Any]], start: int, account: str, region: str
) -> None:
    """One batch through one reader. "If you report failures, Lambda retries from the lowest sequence number"; an error of
    the whole batch is bisected: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html"""
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    from local import durability

    with request_scope(account, region):
        mapping = esm["UUID"]
        wanted = lambda_svc._apply_filter_criteria(batch, esm)
        result = lambda_svc._execute_function(func, {"Records": wanted}) if wanted else {"body": None}
        passed = len(batch)
        if result.get("error") or result.get("throttle"):
            passed = 0
        elif "ReportBatchItemFailures" in (esm.get("FunctionResponseTypes") or []):
            failed = {item["itemIdentifier"] for item in (result.get("body") or {}).get("batchItemFailures", [])}
            numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
            # "If the identifier is not one of the batch, Lambda treats the batch as a complete failure."
            passed = min((numbers.index(number) if number in numbers else 0 for number in failed), default=passed)
        if passed == len(batch):
            _halved.pop(mapping, None)
        else:
            log.warning("%s stopped at %s: %s", esm["FunctionName"], start + passed, result.get("body"))
            if esm.get("BisectBatchOnFunctionError") and not passed and len(batch) > 1:
                _halved[mapping] = len(batch) // 2  # "splitting a batch doesn't count towards the retry quota"
            else:
                passed = _tried_again(esm, func, batch, start, passed, result)
        if passed:
            lambda_svc._dynamodb_stream_positions[mapping] = start + passed
            durability.advanced(mapping, start + passed)


def _tried_again(
    esm: dict[str, Any], func: Any, batch: list[dict[str, Any]], start: int, passed: int, result: dict[str, Any]
) -> int:
    """Count the try and wait longer before each next one; when they are used up, what is left of the batch goes to the
    reader's destination for failures and the reader goes on."""
    from ministack.services import lambda_svc

    mapping, limit = esm["UUID"], esm.get("MaximumRetryAttempts")
    tries = _attempts.pop((mapping, start + passed), 0) + 1
    if limit is not None and 0 <= limit < tries:
        left = batch[passed:]
        lambda_svc._send_ddb_stream_failure_record(
            esm, func, left, esm["EventSourceArn"], result, "RetryAttemptsExhausted"
        )
        return len(batch)
    _attempts[mapping, start + passed] = tries
    lambda_svc._esm_backoff_until[mapping] = time.time() + min(30.0, 0.1 * 2.0**tries)
    return passed


def patch_executions() -> None:
    """Executions outlive a restart, and are as strict about their input as AWS is."""
    from ministack.services import stepfunctions

    restore = stepfunctions._restore_state

    # An execution may run for a year on AWS. Here it starts again from its first state with its own input: the states
    # of the house go by the row, so that what is done is not done twice.
    @replaces(stepfunctions, "_restore_state", "States.ServiceRestart")
    def _(data: dict[str, Any]) -> None:
        executions = data.get("executions")
        running = [] if executions is None else [e for e in executions.all_values() if e["status"] == "RUNNING"]
        restore(data)
        for execution in running:
            execution.update(status="RUNNING", stopDate=None)
            execution.pop("error", None)
            execution.pop("cause", None)
            _interrupted.append(execution["executionArn"])

    # "The timestamp must conform to RFC 3339"; an execution whose wait cannot be read fails:
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
    wait = stepfunctions._sleep_until

    @replaces(stepfunctions, "_sleep_until", "fromisoformat")
    def _(instant: str) -> None:
        try:
            if datetime.fromisoformat(instant.replace("Z", "+00:00")).tzinfo is None:
                raise ValueError(instant)
        except ValueError:
            raise stepfunctions._ExecutionError("States.Runtime", f"not an RFC 3339 instant: {instant}") from None
        wait(instant)

    # "StartExecution is idempotent for STANDARD workflows" while it runs with the same name and input:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    start = stepfunctions._start_execution

    @replaces(stepfunctions, "_start_execution", "ExecutionAlreadyExists")
    def _(data: dict[str, Any]) -> Any:
        machine = data.get("stateMachineArn", "").replace(":stateMachine:", ":execution:")
        running = stepfunctions._executions.get(f"{machine}:{data.get('name')}")
        if running and running["status"] == "RUNNING" and running["input"] == data.get("input", "{}"):
            return stepfunctions.json_response(
                {"executionArn": running["executionArn"], "startDate": running["startDate"]}
            )
        return start(data)

    # "TimeoutSecondsPath: use a reference path to provide a time-out value dynamically", a positive integer:
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    task = stepfunctions._execute_task

    @replaces(stepfunctions, "_execute_task", "_invoke_with_callback")
    def _(state: dict[str, Any], given: Any, execution: Any, context: dict[str, Any]) -> Any:
        path = state.get("TimeoutSecondsPath")
        if path is not None:
            seconds = stepfunctions._resolve_path_or_ctx(path, given, context)
            if type(seconds) is not int or seconds < 1:
                raise stepfunctions._ExecutionError("States.Runtime", f"{path} is no positive integer")
            state = {**state, "TimeoutSeconds": seconds}
        _task_of.execution = execution["executionArn"]
        return task(state, given, execution, context)

    # A task that waits for its token fails when its function does, and its Retry and Catch apply (here it would wait on):
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
    callback = stepfunctions._invoke_with_callback

    @replaces(stepfunctions, "_invoke_with_callback", "except _ExecutionError:\n            pass")
    def _(resource: str, given: Any, token: str, state: dict[str, Any]) -> Any:
        if "states:::lambda:invoke" not in resource:
            return callback(resource, given, token, state)
        tokens, woken = stepfunctions._task_tokens, threading.Event()
        told = {"event": woken, "result": None, "error": None, "heartbeat": None, "execution": _task_of.execution}
        tokens[token] = told
        try:
            function = stepfunctions._resolve_lambda_function_ref(given["FunctionName"], optimized=True)
            stepfunctions._call_lambda(function, given["Payload"])
            if not woken.wait(state.get("TimeoutSeconds", 99_999_999)):
                raise stepfunctions._ExecutionError("States.Timeout", "nobody sent the token in time")
        finally:
            tokens.pop(token, None)
        if told["error"]:
            raise stepfunctions._ExecutionError(told["error"]["Error"], told["error"]["Cause"])
        return json.loads(told["result"])

    # The token of an execution that was stopped is no task's any more (SendTaskSuccess: TaskDoesNotExist, TaskTimedOut):
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
    stop = stepfunctions._stop_execution

    @replaces(stepfunctions, "_stop_execution", '"ABORTED"')
    def _(data: dict[str, Any]) -> Any:
        answer = stop(data)
        tokens = stepfunctions._task_tokens
        for token, told in [one for one in tokens.items() if one[1].get("execution") == data.get("executionArn")]:
            tokens.pop(token, None)
            told["result"] = "{}"
            told["event"].set()
        return answer


_interrupted: list[str] = []
_task_of = threading.local()


def patch_templates() -> None:
    """What a template's resources answer to Ref."""
    from ministack.services.cloudformation import provisioners

    # "Ref returns the ARN of the secret", which the policies of a template lean on:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = secret["create"], secret["update"], secret["delete"]
    assert create is provisioners._sm_secret_create

    def name(arn: str) -> str:
        return arn.rpartition(":secret:")[2].rpartition("-")[0] if arn.startswith("arn:") else arn

    def created(*arguments: Any) -> tuple[str, dict[str, str]]:
        _, attributes = create(*arguments)
        return attributes["Arn"], attributes

    def updated(arn: str, *arguments: Any) -> tuple[str, dict[str, str]]:
        _, attributes = update(name(arn), *arguments)
        return attributes["Arn"], attributes

    secret.update(create=created, update=updated, delete=lambda arn, properties: delete(name(arn), properties))


def patch_letters() -> None:
    """Whoever sends a letter needs leave for the identity that it comes from; the engine would ask for leave for everything.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html"""
    from ministack.core import iam_actions

    assert "outbound-emails" not in iam_actions._SES_V2_RESOURCES, "letters have a resource: look at this patch again"
    assert "parts[2] not in _SES_V2_RESOURCES" in inspect.getsource(iam_actions._ses_v2_resource_arn)
    iam_actions._SES_V2_RESOURCES["outbound-emails"] = ("identity", "FromEmailAddress")


def resume_executions() -> None:
    """Start again what was running when the engine ended."""
    import contextvars

    from ministack.services import stepfunctions

    while _interrupted:
        arn = _interrupted.pop()
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(stepfunctions._run_execution, arn), daemon=True).start()


def _front(app: Any) -> Any:
    """The engine, and one address of ours before it: POST /_meterai/warm starts an environment of every function."""
    from local import execution

    async def front(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") != "/_meterai/warm":
            await app(scope, receive, send)
            return
        threading.Thread(target=execution.warm, daemon=True).start()
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return front


def serve(port: int, state: Path) -> None:
    """Run the engine on the loopback address until it is told to stop."""
    os.environ.update(settings(port, state))
    for folder in ("tmp", "services", "s3"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(state / "tmp")

    import ministack.app as app
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.core import lambda_runtime

    from local import durability, limits

    installed = app._version()
    assert installed == VERSION, f"the patches are for MiniStack {VERSION}, this is {installed}"
    patch_functions(state)
    patch_gateway()
    patch_streams()
    patch_executions()
    patch_templates()
    patch_letters()
    limits.patch_limits()
    durability.install(state, ACCOUNT, REGION, resume_executions)

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    config.h11_max_incomplete_size = 64 * 1024
    config.loglevel = "WARNING"
    try:
        asyncio.run(hypercorn_serve(_front(app.app), config))
    finally:
        lambda_runtime.reset()


def main() -> None:
    """Start the engine from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.engine", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    serve(arguments.port, arguments.state.resolve())


if __name__ == "__main__":
    main()
