"""The published contract: what the OpenAPI document says is what the service does, judged by schemathesis."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.testclient import TestClient

from ediel.messages import MESSAGES
from ediel.serve import ServeSettings, asgi
from ediel.serve._openapi import openapi
from ediel.serve._report_models import ReportDocument
from ediel.serve._table import CALLS
from tests.support.places import ROOT

VALID = [path.read_bytes() for path in sorted((ROOT / "fixtures" / "valid").glob("*.xml"))]
INVALID = [path.read_bytes() for path in sorted((ROOT / "fixtures" / "invalid").glob("*.xml"))]
_LABELS = [f"{call.method} {call.path}" for call in CALLS]
_WORDS = {"/explain/{word}": ["E17", "DDQ", "101", "ConsentID"], "/codes/{name}": ["Role", "role", "BusinessProcess"]}


@pytest.fixture(scope="module")
def service() -> Iterator[TestClient]:
    with TestClient(asgi(ServeSettings(allow_person_data=True)), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="module")
def messages(service: TestClient) -> list[bytes]:
    """Each message of the fixtures, as JSON."""
    found = []
    for data in VALID:
        answer = service.post("/read?show_person_data=true", content=data).json()
        found += [json.dumps(message).encode() for message in answer["messages"]]
    return found


@pytest.mark.parametrize("label", _LABELS)
def test_answers_are_as_described(service: TestClient, messages: list[bytes], label: str) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
        response_schema_conformance,
    ]  # fmt: skip
    document = openapi()
    if label.startswith("POST"):  # bodies are drawn below: what a schema draws is hardly ever a message
        path = label.removeprefix("POST ")
        operation = {key: value for key, value in document["paths"][path]["post"].items() if key != "requestBody"}
        document = {**document, "paths": {path: {"post": operation}}}
    schema = schemathesis.openapi.from_dict(document)
    wanted = next(item.ok() for item in schema.get_all_operations() if item.ok().label == label)
    statuses: Counter[int] = Counter()
    good = messages if label == "POST /generate" else VALID
    bodies = st.sampled_from(good) | st.sampled_from(INVALID) | st.binary(max_size=200)
    words = _WORDS.get(label.partition(" ")[2], [])

    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=wanted.as_strategy(),
        body=bodies,
        word=st.none() | st.sampled_from(words) if words else st.none(),
        plain=st.booleans(),
    )
    def each(case: Any, body: bytes, word: str | None, plain: bool) -> None:
        if word is not None:
            case.path_parameters = dict.fromkeys(case.path_parameters, word)
        if plain and label.startswith("POST"):
            case.query = {}
        if plain and label == "GET /deadlines":
            case.query = {"process": "202", "settlement": "interval", "start": "2026-12-01"}
        sent = case.as_transport_kwargs(base_url="http://testserver")
        answer = service.request(
            sent["method"], sent["url"], params=sent.get("params"),
            content=body if label.startswith("POST") else None,
        )  # fmt: skip
        statuses[answer.status_code] += 1
        case.validate_response(_for_judge(answer), checks=checks)

    each()
    assert statuses[200]


def _for_judge(answer: Any) -> Any:
    from schemathesis.core.transport import Response

    return Response.from_any(answer) if hasattr(Response, "from_any") else answer


def test_the_schemas_describe_each_message(messages: list[bytes]) -> None:
    """A message that was read from XML is one that the schema of `POST /generate` describes, and no other is."""
    jsonschema = pytest.importorskip("jsonschema")
    document = openapi()
    schema = {"$ref": "#/components/schemas/Message", "components": document["components"]}
    judge = jsonschema.Draft202012Validator(schema)
    assert document["components"]["schemas"]["ReportDocument"]["properties"].keys() == {"version", "files", "summary"}
    seen = set()
    for text in messages:
        value = json.loads(text)
        seen.add(value["message"])
        judge.validate(value)
        assert not judge.is_valid({**value, "colour": "red"})
        assert not judge.is_valid({key: item for key, item in value.items() if key != "message"})
    assert len(seen) > 20
    assert {item["$ref"].rpartition("/")[2] for item in document["components"]["schemas"]["Message"]["oneOf"]} == {
        *MESSAGES
    }


def test_the_report_is_described_as_its_schema_has_it() -> None:
    published = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    own = ReportDocument.model_json_schema()
    names = {"FileShape": "file", "MessageShape": "message", "FindingShape": "finding", "UnknownShape": "unknown"}
    pairs = [(own, published), (own["$defs"]["SummaryShape"], published["properties"]["summary"])]
    pairs += [(own["$defs"][name], published["$defs"][other]) for name, other in names.items()]
    pairs.append((own["$defs"]["RulesShape"], published["$defs"]["message"]["properties"]["rules"]))
    for mine, theirs in pairs:
        assert set(mine["properties"]) == set(theirs["properties"])
        assert set(mine["required"]) == set(theirs["required"])
    finding, theirs = own["$defs"]["FindingShape"]["properties"], published["$defs"]["finding"]["properties"]
    assert finding["severity"]["enum"] == theirs["severity"]["enum"]
    assert own["$defs"]["FileShape"]["properties"]["verdict"]["enum"] == published["$defs"]["verdict"]["enum"]


def test_the_document_and_the_page_name_every_call(service: TestClient) -> None:
    document = service.get("/openapi.json").json()
    assert {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    } == set(_LABELS)
    assert document["openapi"].startswith("3.1")
    page = service.get("/")
    for label in _LABELS:
        assert label in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text


def test_no_two_shapes_have_one_name() -> None:
    from pydantic.json_schema import models_json_schema

    from ediel.messages import model
    from ediel.serve._problems import Problem

    shapes: list[type[BaseModel]] = [call.gives for call in CALLS if call.gives is not None]
    shapes += [ReportDocument, Problem]
    _, gives = models_json_schema([(kind, "serialization") for kind in shapes])
    _, takes = models_json_schema([(model(name), "validation") for name in MESSAGES])
    assert not gives["$defs"].keys() & takes["$defs"].keys()
    assert "Message" not in gives["$defs"].keys() | takes["$defs"].keys()
