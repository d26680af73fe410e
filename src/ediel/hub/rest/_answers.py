"""Answers of the stand-in hub's REST APIs: JSON:API documents, and errors as they are published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ediel.calendar import OSLO
from ediel.hub._replies import Reply
from ediel.hub.rest._records import links

JSON_API: Final = "application/vnd.api+json"
PAGE: Final = 100
_TITLES: Final = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Entity", 500: "Internal Server Error",
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class RestCall:
    """A request to an API.

    Attributes:
        operation: what is asked, such as ``GET /authorization-requests``: misbehaviours name it so.
        path: the parts of the path that vary.
        query: the parameters; the last of each name.
        headers: names in lower case.
        body: the bytes.
        base: address of the API.
    """

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    base: str = ""

    @property
    def content_type(self) -> str:
        """Type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Refused(Exception):
    """A call is refused.

    Attributes:
        status: HTTP status.
        detail: why; about nobody.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON:API document to answer with.

    Attributes:
        data: a resource, or several.
        address: its own.
        pages: number of the page and how many there are, for a collection in pages.
        meta: more about it.
        status: HTTP status.
    """

    data: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    address: str
    pages: tuple[int, int] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def created(now: datetime) -> str:
    """A moment, as answers have it."""
    return now.astimezone(OSLO).isoformat(timespec="seconds")


def document(answer: Document, now: datetime) -> Reply:
    """A document over HTTP."""
    shown = {
        "data": answer.data,
        "links": links(answer.address, answer.pages),
        "meta": {"createdAt": created(now), **answer.meta},
    }
    return Reply(answer.status, _bytes(shown), content_type=JSON_API)


def error(refusal: Refused, now: datetime, headers: Mapping[str, str] | None = None) -> Reply:
    """An error over HTTP: status, title and detail, as the Access API has them."""
    title = _TITLES.get(refusal.status, "Error")
    item = {"status": str(refusal.status), "title": title, "detail": refusal.detail}
    shown = {"errors": [item], "meta": {"createdAt": created(now)}}
    return Reply(refusal.status, _bytes(shown), dict(headers or {}), JSON_API)


def json_reply(status: int, value: Mapping[str, Any]) -> Reply:
    """Plain JSON over HTTP, as a token endpoint has it."""
    return Reply(status, _bytes(value), {"Cache-Control": "no-store"}, "application/json")


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """Number and size of the page that is asked for; what is no such number is taken as not given (assumed)."""
    number, size = query.get("page[number]", ""), query.get("page[size]", "")
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
    count = int(size) if size.isascii() and size.isdecimal() and len(size) < 10 else PAGE
    return wanted, min(max(count, 1), PAGE)
