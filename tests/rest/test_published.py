"""Both sides against Elhub's published OpenAPI document: the stand-in hub's answers, and the client's requests."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from ediel.rest import access
from tests.rest.published import CONSENT_API, judge
from tests.support.hub_market import NEW, POINTS

pytestmark = pytest.mark.skipif(
    not CONSENT_API.is_file(), reason="the published OpenAPI document of the Access API is not here"
)
_PARTS = "https://access.test/"


def test_the_answers_of_the_stand_in_hub_are_as_published() -> None:
    """A short form of `make rest-judge`, which judges 10,000."""
    pytest.importorskip("schemathesis")
    for _ in range(5):  # identifications are new each time, so chance decides whether a request is a good one
        judged = judge(260)
        if 201 in judged.statuses("POST /authorization-requests"):
            break
    assert judged.examples >= 260
    assert 201 in judged.statuses("POST /authorization-requests")
    assert {200, 401} <= judged.statuses("GET /authorization-grants")
    assert 200 in judged.statuses("GET /authorization-documents/{id}.pdf")
    assert {status for _, status in judged.answers} >= {200, 201, 400, 401, 403, 404, 422}


@cache
def document() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load(CONSENT_API.read_text(encoding="utf-8"))
    return found


@cache
def submission(way: str) -> Any:
    """A validator of what is asked with, with all the files that it refers to."""
    import json

    import jsonschema
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    folder = CONSENT_API.parent / "schemas"
    files = {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.json")
    }
    resources = [(f"{_PARTS}{name}", Resource.from_contents(data, DRAFT202012)) for name, data in files.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    name = f"{way}s/authorization-{way}-submission.schema.json"
    schema = {"$ref": f"{_PARTS}{name}"}
    return jsonschema.Draft202012Validator(schema, registry=registry, format_checker=jsonschema.FormatChecker())


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip)


@st.composite
def orders(draw: st.DrawFn) -> access.ConsentOrder:
    kind = draw(st.sampled_from([access.CHANGE, access.MOVE_IN]))
    return access.ConsentOrder(
        kind=kind, supplier=NEW, person=draw(st.from_regex(r"[0-9]{11}", fullmatch=True)), name=draw(TEXT),
        metering_point=draw(st.sampled_from(POINTS)), address=draw(TEXT), supplier_name=draw(TEXT), contract=draw(TEXT),
        move_in_date=draw(st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))) if kind == access.MOVE_IN else None,
        language=draw(st.sampled_from([None, "nb", "nn", "en"])),
        redirect_uri=draw(st.sampled_from([None, "https://supplier.example/back", "https://x.example/?a=b"])),
    )  # fmt: skip


@given(order=orders())
@settings(max_examples=200, deadline=None)
def test_what_the_client_sends_is_as_published(order: access.ConsentOrder) -> None:
    import json

    for way, call in (("request", access.send_request(order)), ("document", access.send_document(order))):
        submission(way).validate(json.loads(call.content))
        assert f"{way}s" in call.path


def test_the_judge_of_requests_sees_what_is_wrong() -> None:
    body = {"data": {"type": "AuthorizationRequest", "attributes": {}, "meta": {}}}
    assert list(submission("request").iter_errors(body))


ID = "123e4567-e89b-12d3-a456-426614174000"
CALLS = (
    access.request(ID), access.document(ID), access.pdf(ID), access.submit(ID, b"%PDF-1.4"), access.grant(ID),
    access.scopes(ID), access.requests(("Pending", "Expired")).page(2), access.documents().page(0),
    access.grants().page(0),
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_every_call_is_one_that_is_published(call: Any) -> None:
    path = call.path.replace(ID, "{id}")
    operation = document()["paths"][path][call.method.lower()]
    listed = [item for item in operation["parameters"] if item.get("in") == "query"]
    assert set(call.params) <= {item["name"] for item in listed}
    bodies = operation.get("requestBody", {}).get("content", {})
    assert bool(call.content) == bool(bodies)
    if call.content:
        assert call.content_type in bodies
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    for kind in success.get("content", {}):
        assert kind in call.accept
    names = {item["$ref"].rpartition("/")[2] for item in operation["parameters"] if "$ref" in item}
    headers = {document()["components"]["parameters"][name]["name"].lower() for name in names}
    assert {"sendergln", "user-agent", "authorization"} <= headers
