"""The description of the service: OpenAPI 3.1, and a page for people, both of the table of calls."""

from __future__ import annotations

from functools import cache
from html import escape
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ediel import __version__
from ediel.messages import MESSAGES, model
from ediel.serve._answers import EXIT_CODE, MEDIA_TYPES
from ediel.serve._problems import PROBLEM_TYPE, Problem
from ediel.serve._report_models import ReportDocument
from ediel.serve._table import CALLS, Call, Takes

__all__ = ["openapi", "page"]

Values = dict[str, Any]
"""JSON."""
_REF: Final = "#/components/schemas/{model}"
_MESSAGE: Final = "Message"
_EVERY: Final = (400, 500, 503)
_WITH_BODY: Final = (408, 413, 415)
_TITLE: Final = "ediel: EMIF messages over HTTP"
_TEXT: Final = (
    "Judges, reads and makes messages of Elhub's EMIF, explains their codes and gives the days of their processes. "
    "Nothing is kept between two calls. A call that cannot be served is answered with a problem document (RFC 9457) "
    "that says what was found, what was expected and what to do."
)
_BODIES: Final[dict[Takes, tuple[str, ...]]] = {
    "xml": ("application/xml", "text/xml", "application/gzip", "application/octet-stream"),
    "archive": ("application/xml", "text/xml", "application/gzip", "application/zip", "application/octet-stream"),
    "json": ("application/json",),
}


@cache
def openapi() -> Values:
    """The description, OpenAPI 3.1. Do not change what is given."""
    shapes: list[type[BaseModel]] = [call.gives for call in CALLS if call.gives is not None]
    kinds: list[type[BaseModel]] = [*shapes, ReportDocument, Problem]
    _, gives = models_json_schema([(kind, "serialization") for kind in kinds], ref_template=_REF)
    messages: list[type[BaseModel]] = [model(name) for name in MESSAGES]
    _, takes = models_json_schema([(kind, "validation") for kind in messages], ref_template=_REF)
    schemas: Values = {**takes["$defs"], **gives["$defs"]}
    schemas[_MESSAGE] = {
        "oneOf": [{"$ref": _REF.format(model=name)} for name in MESSAGES],
        "discriminator": {"propertyName": "message"},
        "description": "A message: the key message names it, the other keys are its fields.",
    }
    for name in MESSAGES:  # the name is what tells one from another
        schema = schemas[name]
        schema["properties"] = {"message": {"const": name, "type": "string"}, **schema["properties"]}
        schema["required"] = sorted({"message", *schema.get("required", ())})
    paths: Values = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": __version__, "description": _TEXT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(call: Call) -> Values:
    statuses = sorted({*_EVERY, *(_WITH_BODY if call.takes else ()), *call.refuses})
    operation: Values = {
        "operationId": call.name,
        "summary": call.summary,
        "description": call.text,
        "parameters": _parameters(call),
        "responses": {"200": _success(call), **{str(status): _problem(status) for status in statuses}},
    }
    if call.takes:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _body(call.takes)} for kind in _BODIES[call.takes]},
        }
    return operation


def _parameters(call: Call) -> list[Values]:
    result: list[Values] = []
    if call.parameter:
        text = {"type": "string", "minLength": 1}
        result.append(
            {"name": call.parameter, "in": "path", "required": True, "description": call.path_text, "schema": text}
        )
    schema = call.query.model_json_schema()
    for name, found in schema.get("properties", {}).items():
        own = {key: value for key, value in found.items() if key not in {"title", "description"}}
        if "anyOf" in own:  # a parameter that is left out has no value; null has no form in a query
            (kept,) = (item for item in own.pop("anyOf") if item != {"type": "null"})
            own |= kept
            own.pop("default", None)
        required = name in schema.get("required", ())
        result.append(
            {"name": name, "in": "query", "required": required, "description": found["description"], "schema": own}
        )
    return result


def _success(call: Call) -> Values:
    answer: Values = {"description": call.summary, "content": {kind: _content(call, kind) for kind in call.media_types}}
    if call.name == "validate":
        answer["headers"] = {
            EXIT_CODE: {
                "required": True,
                "description": "What the exit code of ediel validate would be.",
                "schema": {"type": "integer", "enum": [0, 1, 2]},
            }
        }
    return answer


def _content(call: Call, kind: str) -> Values:
    if call.gives is not None:
        return {"schema": {"$ref": _REF.format(model=call.gives.__name__)}}
    if call.name == "validate" and kind == MEDIA_TYPES["json"]:
        return {"schema": {"$ref": _REF.format(model=ReportDocument.__name__)}}
    if kind == MEDIA_TYPES["sarif"]:
        return {"schema": {"type": "object", "description": "SARIF 2.1.0."}}
    if call.name == "code_lists":
        return {"schema": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}}
    return {"schema": {"type": "string"}} if kind.startswith("text/") else {}


def _body(takes: Takes) -> Values:
    return {"$ref": _REF.format(model=_MESSAGE)} if takes == "json" else {"type": "string", "format": "binary"}


def _problem(status: int) -> Values:
    content = {PROBLEM_TYPE: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}}
    return {"description": HTTPStatus(status).phrase, "content": content}


@cache
def page() -> str:
    """The calls for people, as a page without scripts."""
    rows = "".join(_section(call) for call in CALLS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_TITLE)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(_TITLE)}</h1>"
        f'<p>{escape(_TEXT)}</p><p>Version {__version__}. <a href="openapi.json">openapi.json</a> describes '
        f"every call for programs.</p>{rows}</main></body></html>"
    )


_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}"
    "main{max-width:56rem;margin:auto;padding:1rem}h2{font-size:1.1rem;margin:2rem 0 .25rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #8885}code{overflow-wrap:anywhere}"
)


def _section(call: Call) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(item["name"])}</code></th><td>{escape(item["description"])}</td>'
        f"<td>{escape(_values(item))}</td></tr>"
        for item in _parameters(call)
    )
    table = (
        "<table><thead><tr><th>parameter</th><th>what</th><th>values</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else ""
    )  # fmt: skip
    return (
        f"<section><h2><code>{call.method} {escape(call.path)}</code></h2>"
        f"<p>{escape(call.summary)}. {escape(call.text)}</p>{table}</section>"
    )


def _values(parameter: Values) -> str:
    schema = parameter["schema"]
    choices = ", ".join(schema.get("enum", [])) or ("true, false" if schema.get("type") == "boolean" else "")
    return f"{choices}{' (required)' if parameter['required'] else ''}"
