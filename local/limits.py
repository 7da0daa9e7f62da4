"""The bounds that AWS keeps and the engine lets slip: reserved concurrency, what two mappings of one function share, the
throttle of each method, and who may move a mapping."""

from __future__ import annotations

import inspect
from typing import Any

from ministack.core import iam_actions
from ministack.services import lambda_svc, sqs
from ministack.services.cloudformation import provisioners

from local import execution
from local.engine import replaces

ENCODED_SLASH = "~1"


def patch_limits() -> None:
    """Put every bound in its place."""
    _reserve()
    _share()
    _throttle()
    _permit()


def _reserve() -> None:
    """A template's ReservedConcurrentExecutions is kept: the engine refuses what goes over it, and would forget it. And a
    number in an environment is text there.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-environment.html"""
    function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = function["create"], function["update"]
    assert (create, update) == (provisioners._lambda_create, provisioners._lambda_update)
    assert "ReservedConcurrentExecutions" not in inspect.getsource(create) + inspect.getsource(update)

    def reserved(made: tuple[str, Any], properties: dict[str, Any]) -> tuple[str, Any]:
        most, function = properties.get("ReservedConcurrentExecutions"), lambda_svc._functions[made[0]]
        function["concurrency"] = None if most is None else int(most)
        variables = function["config"].get("Environment", {}).get("Variables", {})
        variables.update({name: str(value) for name, value in variables.items()})
        return made

    def created(logical_id: str, properties: dict[str, Any], *more: Any, **named: Any) -> tuple[str, Any]:
        return reserved(create(logical_id, properties, *more, **named), properties)

    def updated(id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any) -> tuple[str, Any]:
        return reserved(update(id, old, new, *more, **named), new)

    function.update(create=created, update=updated)


def _share() -> None:
    """A message is taken only once an environment is there for it, so that its visibility is not spent waiting. Where there are
    fewer than its mappings may use, those that have something to do share them as their MaximumConcurrency says.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
    polled_at_once = lambda_svc._sqs_esm_concurrency

    def most(mapping: dict[str, Any]) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        return int(scaling.get("MaximumConcurrency") or lambda_svc._ESM_SQS_DEFAULT_CONCURRENCY)

    def busy(mapping: dict[str, Any]) -> bool:
        queue = sqs._queues.get(sqs._queue_url(mapping.get("EventSourceArn", "").rpartition(":")[2]))
        return bool(queue and queue["messages"] and mapping.get("Enabled", True))

    @replaces(lambda_svc, "_sqs_esm_concurrency", 'get("ScalingConfig")')
    def _(mapping: dict[str, Any], function: Any, config: dict[str, Any], queue: Any = None) -> int:
        bounded = {**mapping, "ScalingConfig": {"MaximumConcurrency": most(mapping)}}
        others = [one for one in lambda_svc._esms.values() if one["FunctionName"] == mapping["FunctionName"]]
        weights = [most(one) for one in others if one["UUID"] != mapping["UUID"] and busy(one)]
        share = execution.most_environments(config) * most(mapping) / (most(mapping) + sum(weights))
        return min(int(polled_at_once(bounded, function, config, queue)), max(1, round(share)))


def _throttle() -> None:
    """The settings of one method are found by its path, in which "forward slashes (/) are encoded as ~1":
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html"""
    as_written = provisioners._apigw_method_settings

    @replaces(provisioners, "_apigw_method_settings", 'key = f"{resource_path}/{http_method}"')
    def _(raw: Any) -> dict[str, Any]:
        settings: dict[str, Any] = as_written(raw)
        return {
            name.removeprefix("/").replace(ENCODED_SLASH, "/") if ENCODED_SLASH in name else name: entry
            for name, entry in settings.items()
        }


def _permit() -> None:
    """Whoever looks at a mapping or moves it needs leave for just that; the engine would ask for leave to list, or for none.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html"""
    action = iam_actions._lambda_action
    one = {"GET": "GetEventSourceMapping", "PUT": "UpdateEventSourceMapping", "DELETE": "DeleteEventSourceMapping"}

    @replaces(iam_actions, "_lambda_action", 'return "ListEventSourceMappings"')
    def _(method: str, path: str) -> str | None:
        kind, _, mapping = path.strip("/").partition("/")[2].partition("/")
        if kind == "event-source-mappings" and mapping:
            return one.get(method)
        found: str | None = action(method, path)
        return found
