"""Whatever is sent to any route, the answer is a whole problem of our own, and nobody's quota moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.integration.client import Json, Person, connect, let_in, letter, new_key, problem, seen, until, upload

pytestmark = pytest.mark.xdist_group("stack")

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "template.yaml"
CLIENTS = 8
MEBIBYTE = 1024 * 1024
Values = tuple[Any, ...]
NAN, INFINITE = float("nan"), float("inf")


def routes() -> dict[str, bool]:
    """Every route of the template, as `METHOD /path`, and whether the gateway asks for a token."""
    found = {}
    for resource in yaml_parse(TEMPLATE.read_text())["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "Api":
                asked = event["Properties"]
                found[f"{asked['Method']} {asked['Path']}"] = asked.get("Auth", {}).get("Authorizer") != "NONE"
    return found


ROUTES = routes()
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Takes:
    """What a route takes: an example body, the members it cannot do without, and what else it asks for."""

    body: Json = field(default_factory=dict)
    required: tuple[str, ...] = ()
    key: bool = False
    query: dict[str, str] = field(default_factory=dict)
    listed: bool = False
    accept: str = ""


MORE: Json = {"reference": "surat-1", "metadata": {"untuk": "lamaran"}}
PLACE: Json = {"page": 1, "x": 0.1, "y": 0.1, "width": 0.2}
TAKES: dict[str, Takes] = {
    "GET /v1/status": Takes(),
    "POST /v1/accounts": Takes({"email": "budi@contoh.id", "phone": "+62 812 3456 7890"}),
    "POST /v1/accounts/me/email": Takes({"email": "budi@contoh.id"}, ("email",)),
    "POST /v1/accounts/confirmations": Takes({"secret": "A" * 43}, ("secret",)),
    "POST /v1/accounts/me/confirmations": Takes(),
    "GET /v1/quota": Takes(),
    "POST /v1/invoices": Takes(
        {"quantity": 1, "payment_method": "qris", **MORE}, ("quantity", "payment_method"), key=True
    ),
    "GET /v1/invoices": Takes(listed=True),
    "GET /v1/invoices/{invoice_id}": Takes(),
    "GET /v1/invoices/{invoice_id}/receipt": Takes(accept="application/pdf"),
    "POST /v1/invoices/{invoice_id}/payments": Takes({"payment_method": "qris"}, ("payment_method",), key=True),
    "GET /v1/events": Takes(listed=True),
    "POST /v1/payments/midtrans": Takes(),
    "POST /v1/payments/xendit": Takes(),
    "POST /v1/documents": Takes(
        {"filename": "surat.pdf", "size": 1000, "sha256": "0" * 64, "purpose": "stamp", **MORE}, ("filename", "size")
    ),
    "GET /v1/documents/{document_id}": Takes(),
    "DELETE /v1/documents/{document_id}": Takes(),
    "POST /v1/documents/{document_id}/repair": Takes({"repair": "rewrite"}, ("repair",)),
    "POST /v1/stampings": Takes(
        {"document_id": "doc_", "placement": PLACE, "document_type": "surat", "another": False, **MORE},
        ("document_id",),
        key=True,
    ),
    "GET /v1/stampings": Takes(listed=True),
    "GET /v1/stampings/{stamping_id}": Takes(),
    "POST /v1/stampings/{stamping_id}/cancel": Takes(),
    "POST /v1/verifications": Takes({"document_id": "doc_"}, ("document_id",)),
    "GET /v1/serials/{serial}": Takes(),
    "GET /v/{serial}": Takes(),
    "GET /v1/refund-quotes": Takes(query={"invoice_id": "inv_"}),
    "POST /v1/refunds": Takes({"invoice_id": "inv_", "reason": "batal", **MORE}, ("invoice_id", "reason"), key=True),
    "GET /v1/refunds": Takes(listed=True),
    "POST /v1/refunds/confirmations": Takes({"secret": "A" * 43}, ("secret",)),
    "POST /v1/refunds/followings": Takes({"secret": "A" * 43}, ("secret",)),
    "GET /v1/refunds/{refund_id}": Takes(),
    "POST /v1/refunds/{refund_id}/cancel": Takes(),
    "POST /v1/refunds/{refund_id}/destination": Takes(
        {"bank": "ID_BCA", "number": "1234567890", "given": "Budi Santoso"}, ("bank", "number", "given")
    ),
    "GET /v1/banks": Takes(),
    "POST /v1/refunds/{refund_id}/decision": Takes(
        {"decision": "approve", "reason": "diperiksa", "way": "payout"}, ("decision", "reason")
    ),
    "POST /v1/refunds/{refund_id}/payout": Takes({"reason": "dicocokkan"}),
    "GET /v1/desk/refunds": Takes(listed=True),
    "POST /v1/desk/refunds": Takes(
        {"invoice_id": "inv_", "channel": "whatsapp", "arrived_at": "2024-09-03T17:00:00+07:00", "reason": "batal"},
        ("invoice_id", "channel", "arrived_at", "reason"),
        key=True,
    ),
    "GET /v1/desk/refunds/{refund_id}": Takes(),
}
WITH_BODY = [route for route, takes in TAKES.items() if takes.body]
WITH_KEY = [route for route, takes in TAKES.items() if takes.key]
LISTS = [route for route, takes in TAKES.items() if takes.listed]
PAGE = "GET /v/{serial}"
"""Read by people: its refusals are pages."""
WITH_ID = [route for route in TAKES if "{" in route and route != PAGE]
GUARDED = [route for route, guarded in ROUTES.items() if guarded]

NO_TEXT: Values = (1, 1.5, True, [], ["x"], {}, {"x": "y"}, NAN)
NO_WHOLE_NUMBER: Values = (None, 0, -1, -(10**30), 1.5, NAN, INFINITE, "1", "", True, [], {}, [1])
NO_ID: Values = (None, *NO_TEXT, "", "x" * 41)
NO_PAGE: Values = (None, 0, -1, 1.5, "1", True, [], NAN, -(10**30))
NO_FRACTION: Values = (None, -0.1, 1.1, NAN, INFINITE, -INFINITE, "0.1", True, [], {}, 10**30)
WRONG: dict[str, Values] = {
    "email": (*NO_TEXT, "", "budi", "budi@contoh", "b udi@contoh.id", "@contoh.id", "a" * 300 + "@contoh.id"),
    "phone": (*NO_TEXT, "", "satu", "+", "1" * 21, "+62\n812345678"),
    "quantity": (*NO_WHOLE_NUMBER, 1001, 10**30),
    "payment_method": (None, *NO_TEXT, "", "cash", "QRIS", "qris "),
    "reference": (*NO_TEXT, "", "x" * 65),
    "metadata": (1, "x", True, [], ["x"], {"a": 1}, {"a": None}, {"a": {"b": "c"}}, {"a": "x" * 1000}, NAN),
    "filename": (None, *NO_TEXT, "", "x" * 201),
    "size": NO_WHOLE_NUMBER,
    "sha256": (*NO_TEXT, "", "0" * 63, "0" * 65, "G" * 64, "A" * 64),
    "purpose": (None, *NO_TEXT, "", "print"),
    "document_id": NO_ID,
    "invoice_id": NO_ID,
    "placement": (
        None, 1, True, [], {}, "", "AUTO", NAN, [PLACE],
        *({name: value for name, value in PLACE.items() if name != missing} for missing in PLACE),
        PLACE | {"height": 0.1},
        *(PLACE | {"page": value} for value in NO_PAGE),
        *(PLACE | {name: value} for name in ("x", "y", "width")
          for value in NO_FRACTION),
        PLACE | {"width": 0},
    ),
    "document_type": (*NO_TEXT, "x" * 65),
    "another": (None, 1, 0, "true", [], {}),
    "repair": (None, *NO_TEXT, "", "REWRITE", "rewrite ", "shrink_images"),
    "reason": (None, *NO_TEXT, "", "x" * 501),
    "bank": (None, *NO_TEXT, "", "B", "bca", "ID BCA", "ID_BCA\n", "X" * 41),
    "number": (
        None, *NO_TEXT, 1234567890, "", "12345", "1" * 21, "12345a", "-123456", "123456-", "12--3456", "１２３４５６７",
        "1234567\n",
    ),
    "given": (None, *NO_TEXT, "", "B", "x" * 101),
    "decision": (None, *NO_TEXT, "", "APPROVE"),
    "channel": (None, *NO_TEXT, "", "WHATSAPP", "fax"),
    "arrived_at": (
        None, *NO_TEXT, "", "kemarin", "2024-09-03", "2024-09-03T10:00:00", "2024-09-03 10:00:00Z", "2024-13-03T10:00:00Z",
        "2024-09-03T25:00:00Z", "2024-09-03T10:00:00+99:00", 1_725_358_445,
    ),
    "way": (*NO_TEXT, "", "PAYOUT", "cash"),
    "secret": (None, *NO_TEXT, "", "x" * 129, "a b", "rahasia!", "é", "../x", "a=b"),
}  # fmt: skip
DEEP = "[" * 50_000 + "]" * 50_000
BODIES: dict[str, str | bytes] = {
    "nothing": b"",
    "half": '{"quantity": 1',
    "no JSON": "quantity=1&payment_method=qris",
    "a list": "[]",
    "a list of objects": "[{}]",
    "text": '"x"',
    "a number": "1",
    "null": "null",
    "NaN": "NaN",
    "deep": DEEP,
    "deep inside": '{"reference": ' + DEEP + "}",
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a long number": '{"quantity": ' + "9" * 20_000 + "}",
    "a large exponent": '{"quantity": 1e999999}',
    "no UTF-8": b'{"\xff\xfe": 1}',
    "UTF-16": '{"email": "budi@contoh.id"}'.encode("utf-16"),
    "a lone surrogate": '{"email": "\\ud800@contoh.id", "reference": "\\ud800", "reason": "\\udfff"}',
    "a name that is no text": '{"\\ud800": 1}',
    "names of machines": '{"__class__": "x", "__proto__": {}, "constructor": 1}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "a NUL": b"\x00",
}
KEYS: dict[str, bytes | None] = {
    "missing": None, "empty": b"", "too long": b"k" * 256, "a space": b"a b", "no ASCII": "kunci-é".encode(), "tab": b"a\tb",
}  # fmt: skip
LIMITS = ("0", "-1", "101", "1.5", "x", "", "NaN", "9" * 400, "1e2", "١٢", " ", "[]", "null")
CURSORS = ("x", "!!!", "x" * 513, "%00", "bm90LWEtY3Vyc29y=", "é", "____", "gICA", "//", "W10\n")
STRANGE_IDS = (
    "x", "0", "inv", "inv_", "x" * 300, "inv_00000000000000000000000000", "stp_0000000000000000000000000U",
    "%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A9", "%ff", "%20", "inv_%0d%0aX-Injected:%201", "'%20OR%201=1--",
    "$%7Bjndi%7D", "%7B%22S%22:%22x%22%7D", "a%23b", "%C2%A0", "*", "null", "undefined", "%E2%80%AE",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A request and why it is bad."""

    why: str
    method: str
    path: str
    more: dict[str, Any]


Ask = Callable[[Case], httpx.Response]


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url, clients=CLIENTS) as client:
        yield client


@pytest.fixture(scope="module")
def budi(http: httpx.Client) -> Person:
    """Somebody with pieces and a document, so that a request that should not pass would move something."""
    person = Person.new(http)
    person.buy(5)
    return person


@pytest.fixture(scope="module")
def own(budi: Person) -> dict[str, str]:
    """Ids of Budi's own, so that nothing but the case's fault stands in the way."""
    document = budi.bring(letter())
    assert budi.get(f"/v1/documents/{document}")["status"] == "ready"
    return {"document_id": document, "invoice_id": budi.invoice()["id"]}


@pytest.fixture(scope="module")
def officer(stack: Any, http: httpx.Client) -> Person:
    return Person(http, stack.access["officer_key"])


@pytest.fixture(autouse=True, scope="module")
def _nothing_moves(budi: Person, own: dict[str, str]) -> Iterator[None]:
    """What Budi has is the same before and after the storm."""
    until(lambda: own["invoice_id"] in {invoice["id"] for invoice in budi.get("/v1/invoices")["data"]} or None)
    before = _everything(budi)
    yield
    assert _everything(budi) == before


def _everything(person: Person) -> Json:
    lists = {path: person.get(path, limit=100)["data"] for path in ("/v1/invoices", "/v1/stampings", "/v1/refunds")}
    return {"quota": person.quota(), **lists}


def example(route: str, own: dict[str, str]) -> Json:
    """A body that the route takes, about Budi's own things."""
    return TAKES[route].body | {name: id for name, id in own.items() if name in TAKES[route].body}


def address(route: str, own: dict[str, str]) -> tuple[str, str]:
    """Method and path, with ids of Budi's own where there are such, of nothing where not."""
    method, path = route.split()
    nothing = {"stamping_id": f"stp_{'0' * 26}", "refund_id": f"rfd_{'0' * 26}", "serial": "0" * 22}
    return method, path.format(**(nothing | own))


def storm(who: Person, cases: list[Case], *statuses: int) -> None:
    """Send every case and hold each answer to be a refusal, one of `statuses` where given; all faults at once."""

    def send(case: Case) -> str | None:
        answer = let_in(lambda: who.ask(case.method, case.path, **case.more))
        try:
            problem(answer)
            assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:300]}"
            assert not statuses or answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
        except AssertionError as fault:
            return f"{case.why}: {str(fault).splitlines()[0][:700]}"
        return None

    assert cases
    with ThreadPoolExecutor(CLIENTS) as clients:
        faults = [fault for fault in clients.map(send, cases) if fault]
    assert not faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(faults[:15])


def with_body(why: str, route: str, own: dict[str, str], content: str | bytes, kind: str | None = None) -> Case:
    """A case with this body, of this media type, and a key where the route asks for one."""
    method, path = address(route, own)
    headers = {"Content-Type": kind if kind is not None else "application/json"}
    key = {"key": new_key()} if TAKES[route].key else {}
    return Case(why, method, path, {"content": content, "headers": {k: v for k, v in headers.items() if v}, **key})


def body_of(route: str, own: dict[str, str]) -> dict[str, Any]:
    """What a good request of this route carries: its body, its key and what it accepts, where it has such."""
    body: dict[str, Any] = {"json": example(route, own)} if TAKES[route].body else {}
    accept = {"headers": {"Accept": TAKES[route].accept}} if TAKES[route].accept else {}
    return body | ({"key": new_key()} if TAKES[route].key else {}) | accept


def who_asks(route: str, budi: Person, officer: Person) -> Person:
    return officer if officers(route) else budi


def officers(route: str) -> bool:
    """Whether a route is for officers alone."""
    return route.endswith(("/decision", "/payout")) or "/v1/desk/" in route


# The table -----------------------------------------------------------------------------------------------------------------


def test_every_route_of_the_template_is_in_the_table() -> None:
    assert TAKES.keys() == ROUTES.keys()
    assert all(set(takes.body) <= WRONG.keys() and set(takes.required) <= set(takes.body) for takes in TAKES.values())


# Bodies --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_member_of_the_wrong_kind_is_refused(budi: Person, officer: Person, own: dict[str, str], route: str) -> None:
    good = example(route, own)
    cases = [
        with_body(f"{name} = {str(value)[:60]!r}", route, own, json.dumps(good | {name: value}))
        for name in good
        for value in WRONG[name]
    ]
    storm(who_asks(route, budi, officer), cases, 400)


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_missing_or_an_unknown_member_is_refused(
    budi: Person, officer: Person, own: dict[str, str], route: str
) -> None:
    good = example(route, own)
    cases = [
        with_body(f"without {name}", route, own, json.dumps({key: good[key] for key in good if key != name}))
        for name in TAKES[route].required
    ]
    unknown = ("amount_idr", "status", "account", "__class__", "", "é", "a/b~c", "x" * 5000)
    cases += [with_body(f"with {name[:20]}", route, own, json.dumps(good | {name: 1})) for name in unknown]
    storm(who_asks(route, budi, officer), cases, 400)


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_body_that_is_no_object_is_refused(budi: Person, officer: Person, own: dict[str, str], route: str) -> None:
    cases = [with_body(why, route, own, content) for why, content in BODIES.items()]
    storm(who_asks(route, budi, officer), cases, 400, 413)


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_body_of_another_media_type_is_refused(
    budi: Person, officer: Person, own: dict[str, str], route: str
) -> None:
    good = json.dumps(example(route, own))
    kinds = ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/octet-stream", "image/gif", "x", "application", ";"]  # fmt: skip
    kinds += ["application/pdf", "image/png", "image/jpeg"] if route != "POST /v1/verifications" else []
    cases = [with_body(kind, route, own, good, kind) for kind in kinds]
    storm(who_asks(route, budi, officer), cases, 400, 415)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("POST")])
def test_a_body_too_large_is_refused(budi: Person, officer: Person, own: dict[str, str], route: str) -> None:
    pad = " " * (11 * MEBIBYTE)
    cases = [with_body("11 MB", route, own, json.dumps(example(route, own)) + pad)]
    storm(who_asks(route, budi, officer), cases, 413)


def test_a_pdf_too_large_for_a_body_is_told_the_way_by_document(http: httpx.Client) -> None:
    large = b"%PDF-1.7\n" + b"x" * (4 * MEBIBYTE)
    for body in (
        large,
        large + b"x" * (7 * MEBIBYTE),
    ):  # beyond what the function takes, and beyond what the gateway takes
        answer = http.post("/v1/verifications", content=body, headers={"Content-Type": "application/pdf"})
        told = problem(answer, 413, "request_too_large")["detail"]
        assert "POST /v1/documents" in told
    assert (
        "purpose: verify"
        in problem(http.post("/v1/verifications", content=large, headers={"Content-Type": "application/pdf"}), 413)[
            "detail"
        ]
    )


def test_text_of_every_script_is_taken_as_it_is(budi: Person) -> None:
    for name in (
        "surat pernyataan.pdf",
        "ꦱꦸꦫꦠ꧀.pdf",
        "письмо.pdf",
        "信.pdf",
        "💌.pdf",
        "a\u202eb.pdf",
        "'\"<b>&.pdf",
        "\x00.pdf",
        "../../x.pdf",
    ):
        document = seen(budi.ask("POST", "/v1/documents", json={"filename": name, "size": 10}), 201)
        assert budi.get(f"/v1/documents/{document['id']}")["filename"] == name


# Keys, lists, ids, methods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", WITH_KEY)
def test_a_missing_or_malformed_idempotency_key_is_refused(budi: Person, own: dict[str, str], route: str) -> None:
    method, path = address(route, own)
    cases = []
    for why, key in KEYS.items():
        headers = {b"Content-Type": b"application/json", b"Authorization": f"Bearer {budi.token}".encode()}
        headers |= {b"Idempotency-Key": key} if key is not None else {}
        cases.append(Case(why, method, path, {"content": json.dumps(example(route, own)), "raw": headers}))

    for case in cases:
        answer = budi.http.request(method, path, content=case.more["content"], headers=case.more["raw"])
        problem(answer, 400, "idempotency_key_missing")


@pytest.mark.parametrize("route", LISTS)
def test_a_limit_or_cursor_that_was_not_given_out_is_refused(
    budi: Person, officer: Person, own: dict[str, str], route: str
) -> None:
    method, path = address(route, own)
    cases = [Case(f"limit {limit[:20]}", method, path, {"params": {"limit": limit}}) for limit in LIMITS]
    cases += [Case(f"cursor {cursor[:20]}", method, path, {"params": {"cursor": cursor}}) for cursor in CURSORS]
    if route == "GET /v1/desk/refunds":
        cases += [Case(status, method, path, {"params": {"status": status}}) for status in ("refunded", "x", "")]
    elif route != "GET /v1/events":
        cases.append(Case("a long reference", method, path, {"params": {"reference": "x" * 65}}))
    storm(who_asks(route, budi, officer), cases, 400)


def test_a_question_without_its_parameters_is_refused(budi: Person, own: dict[str, str]) -> None:
    asked: list[dict[str, str]] = [{}, {"invoice_id": ""}, {"invoice_id": "x"}, {"invoice_id": "x" * 41}]
    asked += [{"invoice_id": own["invoice_id"], "reason": "x" * 201}]
    storm(budi, [Case(str(params)[:60], "GET", "/v1/refund-quotes", {"params": params}) for params in asked], 400, 404)


@pytest.mark.parametrize("route", WITH_ID)
def test_an_id_of_the_wrong_form_is_absent(budi: Person, officer: Person, own: dict[str, str], route: str) -> None:
    method, path = route.split()
    before, _, after = path.partition("{")
    cases = [Case(id[:60], method, before + id + after.partition("}")[2], body_of(route, own)) for id in STRANGE_IDS]
    # The gateway judges a path with a line break in it by its policy of paths: 403.
    storm(who_asks(route, budi, officer), cases, 400, 403, 404, 422)


def test_a_serial_of_the_wrong_form_is_a_page_that_says_so_and_repeats_nothing(http: httpx.Client) -> None:
    pages = 0
    for id in STRANGE_IDS:
        answer = http.get(f"/v/{id}")
        if answer.status_code == 403 or answer.headers["content-type"].startswith("application/problem"):
            problem(answer)  # the gateway's own, of a path that it does not take
            continue
        pages += 1
        assert answer.status_code == 404, id
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "salah ketik" in answer.text, id
        assert "jndi" not in answer.text
        assert "<script>" not in answer.text
    assert pages > len(STRANGE_IDS) // 2


def test_an_id_of_another_kind_is_absent(budi: Person, own: dict[str, str]) -> None:
    document, invoice = own["document_id"], own["invoice_id"]
    problem(budi.ask("GET", f"/v1/invoices/{document}"), 404, "not_found")
    problem(budi.ask("GET", f"/v1/documents/{invoice}"), 404, "not_found")
    problem(budi.ask("GET", f"/v1/stampings/{document}"), 404, "not_found")
    problem(budi.ask_stamping(invoice), 404, "not_found")
    problem(budi.ask_refund(document), 404, "not_found")
    problem(budi.ask("GET", f"/v1/documents/{budi.id}"), 404, "not_found")


def test_a_method_that_a_path_does_not_have_is_refused(budi: Person, own: dict[str, str]) -> None:
    paths = sorted({route.split()[1] for route in ROUTES})
    missing = [f"{method} {path}" for path in paths for method in METHODS if f"{method} {path}" not in ROUTES]
    cases = [Case(route, *address(route, own), {"json": {}}) for route in missing]
    assert len(cases) > len(paths)
    storm(budi, cases, 404, 405)


def test_a_path_that_leads_nowhere_is_absent(budi: Person) -> None:
    paths = ("/v1/", "/v1/x", "/v1/invoices/x/y", "/v1/quota/x", "/v1/.", "/v1/%2e%2e/x", "/v1/quota%00", "/v1/internal",
             "/v1/_aws/sqs", "/v1/desk", "/v1/" + "x" * 3000, "/v1/💌", "/v1/accounts/me")  # fmt: skip
    cases = [Case(f"{method} {path[:40]}", method, path, {}) for path in paths for method in METHODS]
    storm(budi, cases, 404, 405)


# Who asks ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", GUARDED)
def test_a_guarded_route_asks_for_a_token_before_anything_else(
    http: httpx.Client, own: dict[str, str], route: str
) -> None:
    method, path = address(route, own)
    for headers in (
        {},
        {"Authorization": "Bearer salah"},
        {"Authorization": "x" * 6000},
    ):
        problem(http.request(method, path, headers=headers, json={}), 401, "token_invalid")


def test_nobody_opens_somebody_elses_things(http: httpx.Client, own: dict[str, str]) -> None:
    stranger = Person.new(http)
    asked = [route for route in WITH_ID if "{serial}" not in route and not officers(route)]
    cases = [Case(route, *address(route, own), body_of(route, own)) for route in asked]
    cases += [
        Case(route, *address(route, own), body_of(route, own)) for route in ("POST /v1/stampings", "POST /v1/refunds")
    ]
    storm(stranger, cases, 404)


# Storage -------------------------------------------------------------------------------------------------------------------


def test_a_file_larger_than_was_promised_to_be_taken_is_refused(http: httpx.Client, budi: Person) -> None:
    problem(
        budi.ask("POST", "/v1/documents", json={"filename": "a.pdf", "size": 10 * MEBIBYTE + 1}),
        413,
        "document_too_large",
    )
    document = budi.announce(letter())
    with pytest.raises(AssertionError, match="EntityTooLarge"):
        upload(http, document["upload"], b"%PDF-" + b"x" * (10 * MEBIBYTE))
    assert budi.get(f"/v1/documents/{document['id']}")["status"] == "awaiting_upload"


# Languages -----------------------------------------------------------------------------------------------------------------


def test_a_refusal_speaks_indonesian_unless_english_is_asked_for(budi: Person) -> None:
    path = f"/v1/invoices/inv_{'0' * 26}"
    titles = {
        language: problem(budi.ask("GET", path, headers={"Accept-Language": language}), 404)["title"]
        for language in ("", "id", "en", "en-GB,en;q=0.8", "fr", "*", "x" * 500)
    }
    assert titles["en"] == titles["en-GB,en;q=0.8"] == "Not found"
    assert {titles[language] for language in ("", "id", "fr", "*", "x" * 500)} == {"Tidak ditemukan"}
