"""OpenAPI 3.1 from the code: `python -m ops.openapi` writes web/openapi.json and docs/errors.md; a test holds both to it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from meterai.domain.errors import every_refusal
from meterai.runtime.problems import TABLE, menders

HOUSE = Path(__file__).resolve().parent.parent
OPENAPI = HOUSE / "web" / "openapi.json"
ERRORS = HOUSE / "docs" / "errors.md"
PROBLEM: dict[str, Any] = {
    "description": "A problem (RFC 9457); `code` is stable, docs/errors.md lists them.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "retryable", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "enum": sorted(TABLE)},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["pointer", "detail"],
            },
        },
        "retryable": {"type": "boolean"},
        "request_id": {"type": "string"},
    },
}
VERIFY_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        **{
            file: {"schema": {"type": "string", "contentMediaType": file}}
            for file in ("application/pdf", "image/png", "image/jpeg")
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["document_id"],
                "properties": {"document_id": {"type": "string", "maxLength": 40}},
                "additionalProperties": False,
            }
        },
    },
}
_PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
PAGE_ANSWERS: dict[str, Any] = {
    "200": {"description": "What the register says of the stamp.", **_PAGE},
    "404": {"description": "No affixed stamp has this number, or it is mistyped; what to do is said.", **_PAGE},
    "503": {"description": "The register is busy; Retry-After says when to look again.", **_PAGE},
}

RECEIPT: dict[str, Any] = {
    "description": "The receipt.",
    "content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}},
}


def functions() -> dict[str, Any]:
    """Every function's module, imported in an environment of placeholders: importing one asks nobody anything."""
    places = ("functions", "layers/meterai/python")
    sys.path[:0] = [str(HOUSE / place) for place in places]
    os.environ.update(environment())
    found: dict[str, Any] = {}
    for file in sorted(HOUSE.glob("functions/*/app.py")):
        spec = importlib.util.spec_from_file_location(f"function_{file.parent.name}", file)
        if spec is None or spec.loader is None:
            raise ImportError(str(file))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[file.parent.name] = module
    return found


def environment() -> dict[str, str]:
    """A placeholder for each variable of the template's environment."""
    kept = {
        "STAGE": "local",
        "PUBLIC_URL": "http://127.0.0.1:3000",
        "REFUND_DAY_SECONDS": "1",
        "SIMULATOR_URL": "",
        "FALLBACK_URL": "",
        "PDF_LIMITS": "{}",
        "PAYMENT_PROVIDER": "midtrans",
        "SEAL_WORKERS": "240",
        "SEAL_SIGNATURES_PER_SECOND": "1000",
        "TIMESTAMPS_PER_SECOND": "250",
        "TABLE_WRITE_UNITS": "4000",
        "SEAL_MILLISECONDS": "500",
        "SEATS": "40",
        "ISSUER": "own",
    }
    names = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {name: kept.get(name, "placeholder") for name in names} | {"AWS_DEFAULT_REGION": "ap-southeast-3"}


def template() -> dict[str, Any]:
    """template.yaml, its intrinsic functions left as they are written (`!Ref X` is {"!Ref": "X"})."""

    class Loader(yaml.SafeLoader):
        pass

    def tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            return {f"!{suffix}": loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
        raise TypeError(suffix)

    Loader.add_multi_constructor("!", tagged)
    loaded: dict[str, Any] = yaml.load((HOUSE / "template.yaml").read_text(), Loader=Loader)  # noqa: S506
    return loaded


def openapi() -> dict[str, Any]:
    """The API's description, every function's routes together."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for module in functions().values():
        if hasattr(module, "app"):
            part = json.loads(module.app.get_openapi_json_schema(title="Meterai", version="1", openapi_version="3.1.0"))
            paths |= part["paths"]
            schemas |= part.get("components", {}).get("schemas", {})
    open_routes = _open_routes()
    for path, methods in paths.items():
        for method, operation in methods.items():
            operation["responses"] = {
                status: answer for status, answer in operation["responses"].items() if status != "422"
            } | {"default": PROBLEM}
            operation["security"] = [] if (method.upper(), path) in open_routes else [{"bearer": []}]
    paths["/v1/verifications"]["post"]["requestBody"] = VERIFY_BODY
    paths["/v1/invoices/{invoice_id}/receipt"]["get"]["responses"]["200"] = RECEIPT
    paths["/v/{serial}"]["get"]["responses"] = PAGE_ANSWERS  # people open it: a refusal is a page too
    kept = {name: schema for name, schema in sorted(schemas.items()) if "ValidationError" not in name}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meterai",
            "version": "1",
            "description": "Buy, stamp, verify and refund electronic revenue stamps. Money is integer rupiah.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": kept | {"Problem": PROBLEM_SCHEMA},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def routes() -> dict[tuple[str, str], dict[str, Any]]:
    """The template's routes: (method, path) -> the event's properties and the function that answers it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, resource in template()["Resources"].items():
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "Api":
                properties = event["Properties"]
                found[properties["Method"], properties["Path"]] = properties | {"function": name}
    return found


def error_table() -> str:
    """docs/errors.md: each code with its HTTP status, whether to try again, who can mend it, and what it is called."""
    kinds = {kind.code: kind for kind in every_refusal()}
    who = {"caller": "the caller's program", "person": "the person", "us": "us"}
    lines = [
        "# Error codes",
        "",
        "Made from the code by `make openapi`. A problem's `code` is stable; what a person should do next is said by the page.",
        "",
        "| code | HTTP | try again as it is | who can mend it | title |",
        "|---|---|---|---|---|",
    ]
    for code, answer in sorted(TABLE.items()):
        again = "yes" if kinds[code].retryable else "no"
        lines.append(f"| `{code}` | {answer.status} | {again} | {who[menders()[code]]} | {answer.en} |")
    return "\n".join(lines) + "\n"


def _open_routes() -> set[tuple[str, str]]:
    return {route for route, properties in routes().items() if properties.get("Auth") == {"Authorizer": "NONE"}}


def main() -> None:
    """Write both files."""
    OPENAPI.write_text(json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n")
    ERRORS.write_text(error_table())


if __name__ == "__main__":
    main()
