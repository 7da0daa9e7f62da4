"""Documents read as the functions in the cloud read them: in forks of a process that has loaded what reads documents and no
more. A fork of the tests' own process, with all that they have loaded, costs several times as much."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from meterai.domain.verdict import Inspection, Trust
from meterai.pdf import own_signature
from meterai.pdf.inspect import inspect

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"))


def there(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What a function of some module answers, or raises, over there."""
    return _pool().submit(function, *given, **named).result()


def inspected(document: bytes, trust: Trust, *, slowly: bool = False) -> Inspection:
    """What is found in a document; `slowly`: by the way of the documents that others signed too."""
    return there(_slowly if slowly else inspect, document, trust)


def _slowly(document: bytes, trust: Trust) -> Inspection:
    with patch.object(own_signature, "read", lambda *_: None):
        return inspect(document, trust)
