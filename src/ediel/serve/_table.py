"""The calls of the service: a row each. Routes, the OpenAPI document and the page are made from these rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from ediel.serve import _answers as does
from ediel.serve._answers import EXIT_CODE, MEDIA_TYPES, Asked, Given
from ediel.serve._models import (
    CodeList,
    Days,
    DeadlineQuery,
    Explanation,
    Health,
    NoQuery,
    ReadMessages,
    ReadQuery,
    ValidateQuery,
)

__all__ = ["CALLS", "Call"]

Takes = Literal["xml", "archive", "json"]
"""What a body may be: XML, plain or gzip; that or a zip archive of such files; a message as JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        method, path: as in OpenAPI.
        summary: one line.
        text: more about it.
        does: what answers it.
        gives: shape of the answer; ``None`` where it is no JSON of ours.
        query: its query parameters.
        takes: what its body may be; ``None`` where it has none.
        media_types: of its answers.
        refuses: statuses of its problems, besides those of every call.
        path_text: what its path parameter is.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    text: str
    does: Callable[[Asked], Given]
    gives: type[BaseModel] | None = None
    query: type[NoQuery] = NoQuery
    takes: Takes | None = None
    media_types: tuple[str, ...] = ("application/json",)
    refuses: tuple[int, ...] = ()
    path_text: str = ""

    @property
    def name(self) -> str:
        """Its operationId."""
        return self.does.__name__

    @property
    def parameter(self) -> str | None:
        """The name of its path parameter."""
        return self.path.partition("{")[2].rstrip("}") or None


CALLS: Final = (
    Call(
        "POST", "/validate", "Judge messages as ediel validate does",
        "The body is XML, gzip, or a zip archive of such files; a file may hold a message, a SOAP envelope or a poll "
        "response. The answer is the report, whatever the verdict; the header "
        f"{EXIT_CODE} is 0 where nothing is refused, 1 where something is (or whatever fail_on names), 2 where "
        "something could not be read or nothing was checked.",
        does.validate, None, ValidateQuery, "archive", tuple(MEDIA_TYPES.values()), (403,),
    ),
    Call(
        "POST", "/read", "Read messages into typed JSON",
        "Values about people are masked, unless the service allows them and show_person_data asks for them.",
        does.read, ReadMessages, ReadQuery, "xml", refuses=(403, 422),
    ),
    Call(
        "POST", "/generate", "Make checked XML of a message in JSON",
        "The key message names the message; the other keys are the fields of its schema. Numbers may be texts.",
        does.generate, None, takes="json", media_types=("application/xml",), refuses=(422,),
    ),
    Call(
        "GET", "/explain/{word}", "Explain a code, element, message, role, process or identifier",
        "Labels and sources as published; what nobody has published is said to be unknown.",
        does.explain, Explanation, refuses=(404,), path_text="A word, such as E17, DDQ, BRS-NO-101 or ConsentID.",
    ),
    Call(
        "GET", "/deadlines", "When a request may come and be cancelled",
        "Each day has its limit, standing and source; null where no source gives one.",
        does.deadlines, Days, DeadlineQuery, refuses=(404,),
    ),
    Call("GET", "/codes", "List the code lists", "The number of codes of each list, by its name.", does.code_lists),
    Call(
        "GET", "/codes/{name}", "List the codes of one list", "A label is null where no meaning is published.",
        does.code_list, CodeList, refuses=(404,), path_text="Name of a code list, such as Role.",
    ),
    Call("GET", "/health", "Whether the service answers", "For load balancers and containers.", does.health, Health),
)  # fmt: skip
"""Every call with an answer of its own; ``/openapi.json`` and ``/`` describe them."""
