"""The protocol without I/O: a plan yields what is to be done and gets what came of it.

One plan serves the blocking client and the asynchronous one; each of them only carries out steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ediel.rest.environments import Api

T = TypeVar("T")
JSON_API: Final = "application/vnd.api+json"
PDF: Final = "application/pdf"
_LARGEST: Final = 20_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Fetch:
    """Send a request.

    Attributes:
        method, url, headers, params, content: the request.
        seconds: how long it may take as a whole.
        largest: bytes of an answer that are read, at the most.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    seconds: float = 60.0
    largest: int = _LARGEST


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Alone:
    """Carry out a plan while no other call of the client carries one out in this way."""

    plan: Plan[Any]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a request was answered with; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server wants to be asked again; ``None`` where it does not say."""
        text = self.headers.get("retry-after", "").strip()
        if not text:
            return None
        if text.isdecimal():
            return float(text)
        try:
            until, own = parsedate_to_datetime(text), parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return max(0.0, (until - own).total_seconds())


@dataclass(frozen=True, slots=True)
class Lost:
    """There was no answer.

    Attributes:
        arrived: ``False`` when the request cannot have arrived, ``None`` when it is unknown.
        text: what happened.
    """

    arrived: bool | None
    text: str


Step: TypeAlias = "Fetch | Pause | Alone"
Plan: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True, repr=False)
class Call(Generic[T]):
    """A call of an API, not yet made; ``Elhub.run`` makes it.

    Attributes:
        api: which API.
        method, path, params: what is asked; the path is below that of the API.
        read: makes the result of an answer.
        content: body; a PDF, or what ``json_body`` has made.
        content_type: of the body.
        accept: what the answer may be.
        repeatable: whether it may be sent again when nobody knows whether it has arrived.
        secured: whether it needs a token.
    """

    api: Api
    method: str
    path: str
    read: Callable[[Answer], T]
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    content: bytes = b""
    content_type: str = JSON_API
    accept: str = JSON_API
    repeatable: bool = True
    secured: bool = True


def json_body(value: object) -> bytes:
    """A JSON body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
