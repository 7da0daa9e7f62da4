"""One execution environment of a function: loads its handler once, then answers one invocation a line.

Run by the engine as a script, in a process of its own, with nothing on its path but the function's code, its layers and
what AWS's own runtime holds (boto3). Its arguments are two descriptors: requests come in on one, answers leave on the
other, each a line of JSON; whatever the function prints goes to its log. When the engine dies, its end of standard input
closes and the environment ends with it.
"""

import importlib
import json
import os
import sys
import threading
import time
import traceback
from typing import Any

RESPONSE_LIMIT = 6 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html


class Context:
    """What AWS hands to a handler beside the event
    (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's time-out."""
        return max(0, int((self._deadline - time.time()) * 1000))


def _failure(error: BaseException) -> dict[str, Any]:
    """An exception as AWS's Python runtime reports it: the type keeps its own name, which Retry and Catch go by."""
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def _answer(handler: Any, call: dict[str, Any]) -> str:
    context = Context(call["request_id"], call["arn"], call["deadline"])
    try:
        result = handler(call["event"], context)
    except Exception as error:
        traceback.print_exc()
        return json.dumps({"error": _failure(error)})
    try:
        line = json.dumps({"result": result})
    except Exception as error:
        return json.dumps({"error": {**_failure(error), "errorType": "Runtime.MarshalError"}})
    if len(line) > RESPONSE_LIMIT:
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        return json.dumps({"error": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}})
    return line


def _end_with_engine() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Load the handler named in the environment, say so, then serve until the engine closes the pipe."""
    threading.Thread(target=_end_with_engine, daemon=True).start()
    requests = os.fdopen(int(sys.argv[1]), "r", encoding="utf-8")
    answers = os.fdopen(int(sys.argv[2]), "w", encoding="utf-8")
    sys.path[:0] = os.environ.pop("METERAI_PATH").split(os.pathsep)
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module), name)
        ready: dict[str, Any] = {"ready": True}
    except Exception as error:
        traceback.print_exc()
        ready = {"error": {**_failure(error), "errorType": "Runtime.ImportModuleError"}}
    answers.write(json.dumps(ready) + "\n")
    answers.flush()
    for line in requests:
        answers.write(_answer(handler, json.loads(line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
