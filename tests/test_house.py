"""The house as its prose says it is: rooms, arrows, habits, and one truth for each fact."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from openapi_spec_validator import validate

from meterai.domain import errors, rows, verdict
from meterai.domain.ledger import Change, Check, Put
from meterai.domain.rows import Noun
from meterai.operations.advance_refund import CALL_LASTS
from meterai.operations.gather_pieces import GATHERS_FOR
from meterai.operations.seal_stamping import LEASE
from meterai.operations.send_letter import FRAGMENTS
from meterai.operations.send_letter import LEASE as LETTER_LEASE
from meterai.runtime.problems import TABLE, menders
from meterai.runtime.settings import Settings
from ops.openapi import ERRORS, OPENAPI, error_table, openapi, routes, template
from tests.replay import EXPECTED, resource_of

HOUSE = Path(__file__).resolve().parent.parent
PACKAGE = HOUSE / "layers" / "meterai" / "python" / "meterai"
APPS = sorted(HOUSE.glob("functions/*/app.py"))
ROOMS = ("operations", "runtime", "aws", "pdf", "gateways", "issuers")
NAMELESS = ("utils", "helpers", "common", "core", "misc", "managers")
BY_NAME = pytest.mark.parametrize("app", APPS, ids=lambda app: app.parent.name)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def operations_in(module: ast.Module) -> set[str]:
    """Names that a module imports from the room of verbs."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    verbs = (node for node in imports if (node.module or "").startswith("meterai.operations"))
    return {alias.name for node in verbs for alias in node.names}


def handlers(module: ast.Module) -> list[ast.FunctionDef]:
    """What answers: decorated functions (routes, tasks, batches) and `handler` itself."""
    found = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return [node for node in found if node.decorator_list or node.name == "handler"]


def test_there_is_something_to_hold() -> None:
    assert len(APPS) >= 12


@BY_NAME
def test_a_function_is_one_thin_file(app: Path) -> None:
    kept = [file.name for file in app.parent.iterdir() if file.name != "__pycache__"]
    assert kept == ["app.py"]
    assert len(app.read_text().splitlines()) <= 150


@BY_NAME
def test_a_handler_has_no_loop_no_try_and_no_arithmetic(app: Path) -> None:
    loops = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    for node in ast.walk(tree(app)):
        assert not isinstance(node, (*loops, ast.Try, ast.AugAssign)), f"{app.parent.name}:{node.lineno}"
    for function in handlers(tree(app)):
        numbers = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.Add)
        sums = [one for one in ast.walk(function) if isinstance(one, ast.BinOp) and isinstance(one.op, numbers)]
        assert not sums, f"{app.parent.name}:{function.name}"


@BY_NAME
def test_a_route_calls_one_operation(app: Path) -> None:
    module = tree(app)
    verbs = operations_in(module)
    for function in handlers(module):
        if any("cache" in ast.unparse(decorator) for decorator in function.decorator_list):
            continue
        called = [
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in verbs
        ]
        either = any(isinstance(node, ast.IfExp) for node in ast.walk(function))
        # The verification route takes one of two verbs, by what was sent; the sweep's function also probes the channels.
        most = 2 if either or app.parent.name == "sweep" else 1
        assert 1 <= len(called) <= most, f"{app.parent.name}:{function.name} calls {called}"


@BY_NAME
def test_a_function_has_a_resource_an_event_and_an_expectation(app: Path) -> None:
    name = app.parent.name
    assert template()["Resources"][resource_of(name)]["Properties"]["CodeUri"] == f"functions/{name}"
    shelf = [file.stem for file in (HOUSE / "events").glob(f"{name}.*.json")]
    assert shelf
    assert set(shelf) <= EXPECTED.keys()


def test_every_function_of_the_template_has_its_folder() -> None:
    declared = {
        resource["Properties"]["CodeUri"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert declared == {f"functions/{app.parent.name}" for app in APPS}


def test_the_import_contract_names_every_room() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    layers = " | ".join(project["tool"]["importlinter"]["contracts"][0]["layers"])
    found = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert found == {*ROOMS, "ports", "domain"}
    assert all(f"meterai.{room}" in layers for room in found)


@BY_NAME
def test_a_function_imports_only_rooms_and_libraries(app: Path) -> None:
    for node in ast.walk(tree(app)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("meterai"):
            assert (node.module or "").split(".")[1] in {*ROOMS, "ports", "domain"}


def test_no_room_is_nameless() -> None:
    tracked = [path for path in HOUSE.rglob("*.py") if not {".venv", ".local", ".aws-sam"} & set(path.parts)]
    assert not [path for path in tracked if {path.stem, *path.relative_to(HOUSE).parts} & set(NAMELESS)]


def test_operations_read_neither_the_clock_nor_the_environment() -> None:
    forbidden = {"now", "today", "utcnow", "time", "sleep", "environ", "getenv", "token_bytes", "random", "uuid4"}
    for path in [*PACKAGE.glob("operations/*.py"), *PACKAGE.glob("domain/**/*.py")]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                calls = owner in {"datetime", "time", "os", "secrets", "random", "uuid", "os.environ"}
                assert not (calls and node.func.attr in forbidden), f"{path.name}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"os", "time", "secrets", "random", "uuid", "socket"}, f"{path.name}:{node.lineno}"


def test_an_operation_file_has_its_verb_documented() -> None:
    for path in PACKAGE.glob("operations/*.py"):
        if path.name != "__init__.py":
            public = [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
            assert public
            assert all(ast.get_docstring(function) for function in public), path.name


def test_settings_are_the_templates_environment() -> None:
    declared = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    assert {name.upper() for name in Settings.model_fields} == {
        name for name in declared if not name.startswith("POWERTOOLS_")
    }


def test_a_worker_is_ended_before_what_it_holds_is_given_to_another() -> None:
    resources = template()["Resources"]
    seal = resources["SealFunction"]["Properties"]["Timeout"]
    for queue in ("PaidQueue", "BulkQueue"):
        assert seal < LEASE.total_seconds() < resources[queue]["Properties"]["VisibilityTimeout"]
    assert resources["RefundTaskFunction"]["Properties"]["Timeout"] < CALL_LASTS.total_seconds()
    letter, mail = resources["LetterFunction"]["Properties"], resources["MailQueue"]["Properties"]
    assert letter["Timeout"] < LETTER_LEASE.total_seconds() < mail["VisibilityTimeout"]
    assert mail["VisibilityTimeout"] >= 6 * letter["Timeout"]
    otherwise = template()["Globals"]["Function"]["Timeout"]
    for gathers in ("RefundFunction", "RefundTaskFunction"):
        assert resources[gathers]["Properties"].get("Timeout", otherwise) < GATHERS_FOR.total_seconds()


def test_state_machines_resolve() -> None:
    for resource in template()["Resources"].values():
        if resource["Type"] != "AWS::Serverless::StateMachine":
            continue
        text = (HOUSE / resource["Properties"]["DefinitionUri"]).read_text()
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(resource["Properties"]["DefinitionSubstitutions"])
        machine = yaml.safe_load(text)
        states = machine["States"]
        named = {machine["StartAt"]}
        for state in states.values():
            assert state.get("End") or state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state, state
            assert state["Type"] != "Choice" or "Default" in state, state
            choices = [choice["Next"] for choice in state.get("Choices", [])]
            named |= {*choices, *(state[way] for way in ("Next", "Default") if way in state)}
        assert named == set(states)


def test_every_refusal_is_told_and_every_answer_is_a_refusal() -> None:
    kinds = list(errors.every_refusal())
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes))
    assert set(codes) == set(TABLE) == set(menders())
    for kind in kinds:
        status = TABLE[kind.code].status
        assert (status in (429, 503)) is kind.retryable, kind.code
        assert 400 <= status < 500 or status == 503, kind.code


def test_the_gateways_refusals_are_the_tables() -> None:
    for name, response in template()["Resources"]["Api"]["Properties"]["GatewayResponses"].items():
        body = json.loads(response["ResponseTemplates"]["application/json"].replace("$context.", ""))
        answer = TABLE[body["code"]]
        assert (body["title"], body["status"]) == (answer.id, answer.status), name
        assert int(response["StatusCode"]) == answer.status, name
        assert {
            "type",
            "title",
            "status",
            "detail",
            "instance",
            "code",
            "errors",
            "retryable",
            "request_id",
        } <= body.keys()


def test_web_has_a_sentence_for_every_code() -> None:
    text = (HOUSE / "web" / "sentences.id.js").read_text()
    assert set(re.findall(r'^\s*"([a-z_]+)":', text, flags=re.M)) == set(TABLE)


def test_the_api_is_described_by_what_the_code_says() -> None:
    described = openapi()
    assert json.loads(OPENAPI.read_text()) == described, "run `make openapi`"
    assert ERRORS.read_text() == error_table(), "run `make openapi`"
    validate(described)


def test_every_route_of_the_template_is_answered_by_code_and_the_other_way_round() -> None:
    described = {(method.upper(), path) for path, methods in openapi()["paths"].items() for method in methods}
    assert described == set(routes())


def test_every_route_that_moves_money_or_quota_demands_a_key() -> None:
    paths = openapi()["paths"]
    for path in ("/v1/invoices", "/v1/invoices/{invoice_id}/payments", "/v1/stampings", "/v1/refunds"):
        headers = {one["name"].lower(): one for one in paths[path]["post"]["parameters"]}
        assert headers["idempotency-key"]["required"], path


def words(literal: Any) -> set[str]:
    return {word for word in get_args(literal) if isinstance(word, str)}


def test_the_glossary_has_every_noun_and_every_state() -> None:
    text = (HOUSE / "docs" / "glossary.md").read_text().lower()
    terms = set(re.findall(r"^\| *`?([^`|]+?)`? *\|", text, flags=re.M))
    nouns = {kind.__name__.lower() for kind in Noun.__subclasses__()}
    states = words(rows.InvoiceStatus) | words(rows.AttemptStatus) | words(rows.DocumentStatus)
    states |= words(rows.StampingStatus) | words(rows.RefundStatus) | words(verdict.Judgement)
    assert {term for term in nouns | states if term not in terms} == set()


def test_state_names_are_the_same_in_code_and_on_the_wire() -> None:
    text = (HOUSE / "web" / "sentences.id.js").read_text()
    for state in words(rows.RefundStatus) | words(rows.StampingStatus) | words(verdict.Judgement):
        assert re.search(rf"\b{state}\b", text), state


def test_the_page_opens_every_link_that_letters_have() -> None:
    text = (HOUSE / "web" / "page" / "letter.js").read_text()
    ways = text.partition("const WAYS = {")[2].partition("};")[0]
    opened = re.findall(r'^  "?([a-z-]+)"?: \{.*path: "([^"]+)"', ways, flags=re.M)
    assert {fragment for fragment, _ in opened} == set(FRAGMENTS.values())
    built = {path for _, path in opened if path != "/v1/refunds/confirmations"}  # the mission's e-mail brings that one
    assert {("POST", path) for path in built} <= set(routes())


def test_layers_are_pinned_as_the_lock_file_pins() -> None:
    pin = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", flags=re.M)
    locked = dict(pin.findall((HOUSE / "requirements.lock").read_text()))
    for layer in ("libs", "libs_pdf"):
        pinned = pin.findall((HOUSE / "layers" / layer / "requirements.txt").read_text())
        assert pinned
        assert {name: version for name, version in pinned if locked.get(name) != version} == {}


def test_lock_files_name_no_address() -> None:
    for path in (HOUSE / "requirements.lock", *HOUSE.glob("layers/*/requirements.txt")):
        assert "://" not in path.read_text()


def test_the_ledgers_vocabulary_is_written_by_moves_alone() -> None:
    for path in [*PACKAGE.glob("operations/*.py"), *APPS]:
        imported = {
            alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        assert not imported & {kind.__name__ for kind in (Put, Change, Check)}, path


def test_every_reason_of_a_verdict_has_a_sentence_for_people() -> None:
    text = (HOUSE / "web" / "sentences.id.js").read_text()
    block = text[text.index("export const reasons") :]
    told = re.findall(r"^  ([a-z_]+): \"", block[: block.index("};")], re.MULTILINE)
    reasons = re.findall(r"\bReason\(\s*\"([a-z_]+)\"", (PACKAGE / "domain" / "verdict.py").read_text())
    assert len(reasons) > 20
    assert sorted(told) == sorted(set(reasons))
