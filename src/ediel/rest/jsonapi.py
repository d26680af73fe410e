"""JSON:API 1.1 as Elhub's APIs speak it: resources, collections in pages, errors. Unknown members are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ediel.rest._advice import advice_for
from ediel.rest._steps import Answer, Call
from ediel.rest.errors import ApiError

__all__ = ["Listing", "Member", "Page", "Reference", "Related", "read_page", "read_resource"]

_MOST_ERRORS: Final = 20


class Member(BaseModel):
    """Part of an answer: frozen; what this release does not know is kept in ``model_extra``."""

    model_config = ConfigDict(
        frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )
    __pydantic_extra__: dict[str, Any] = Field(init=False)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """The known members: an unknown one may be about a person."""
        unknown = self.model_extra or {}
        return ((name, value) for name, value in super().__repr_args__() if name not in unknown)


class Reference(Member):
    """A link to another resource. The identification of a person here is Elhub's own, not a national number."""

    type: str
    id: str


class Related(Member):
    """A relationship to one resource; ``data`` is absent where the answer holds a link alone."""

    data: Reference | None = None


class _Paging(Member):
    total_items: int = Field(ge=0)
    total_pages: int = Field(ge=0)
    page: int = Field(ge=0)
    page_size: int = Field(ge=0)
    created_at: datetime | None = None


R = TypeVar("R", bound=Member)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of a collection.

    Attributes:
        items: the resources.
        number: from 0.
        pages: how many there are; ``None`` where the API does not page.
        total: how many resources there are; ``None`` in the same case.
    """

    items: tuple[R, ...]
    number: int = 0
    pages: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A collection, not yet fetched; ``Elhub.each`` goes through its pages.

    Attributes:
        page: the call for a page by its number.
        key: identification of a resource: one that comes twice, since newer ones moved the pages, is given once.
    """

    page: Callable[[int], Call[Page[R]]]
    key: Callable[[R], str]


def read_resource(kind: type[R]) -> Callable[[Answer], R]:
    """Reads an answer with one resource."""

    def read(answer: Answer) -> R:
        found = answer.json()
        return kind.model_validate(found["data"] if isinstance(found, dict) and "data" in found else found)

    return read


def read_page(kind: type[R]) -> Callable[[Answer], Page[R]]:
    """Reads a page of a collection that has pages."""

    def read(answer: Answer) -> Page[R]:
        found = answer.json()
        if not isinstance(found, dict) or not isinstance(found.get("data"), list):
            raise ValueError("data: expected a list of resources")
        meta = _Paging.model_validate(found.get("meta"))
        items = tuple(kind.model_validate(item) for item in found["data"])
        return Page(items, meta.page, meta.total_pages, meta.total_items)

    return read


def errors_of(answer: Answer) -> tuple[ApiError, ...]:
    """The errors of an answer; none where it holds none in the published form."""
    try:
        found = answer.json()
    except ValueError:
        return ()
    if not isinstance(found, Mapping):
        return ()
    listed = found.get("errors")
    rows = listed if isinstance(listed, list) else [found] if "title" in found else []
    return tuple(_error(row, answer.status) for row in rows[:_MOST_ERRORS] if isinstance(row, Mapping))


def _error(row: Mapping[str, Any], status: int) -> ApiError:
    source = row.get("source")
    pointer = source.get("pointer") if isinstance(source, Mapping) else None
    code = _text(row.get("code"))
    return ApiError(
        status=_text(row.get("status")) or str(status),
        code=code,
        title=_text(row.get("title")) or "",
        detail=_text(row.get("detail")) or "",
        pointer=_text(pointer),
        advice=advice_for(status, code),
    )


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return "".join(character if character.isprintable() else " " for character in value)[:500]
