"""Pages of long lists, and the cursors by which one goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ediel.engine.errors import EngineError

__all__ = ["Page", "cursor_of", "most_of", "place_of"]

ItemT_co = TypeVar("ItemT_co", covariant=True)
_BETWEEN: Final = "~"
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
MOST: Final = 10_000
"""Items of a page at the most: more are more pages."""


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT_co]):
    """A part of a list, in its order.

    Attributes:
        items: what is in it.
        after: cursor to ask for what follows; ``None`` when this is the end of the list.
    """

    items: tuple[ItemT_co, ...]
    after: str | None = None

    def __iter__(self) -> Iterator[ItemT_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def cursor_of(*place: str) -> str:
    """A place in a list as callers may keep it."""
    return _BETWEEN.join(place)


def place_of(cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """The place that a cursor stands for; ``None`` for the beginning.

    Raises:
        EngineError: it is no cursor of such a list.
    """
    if cursor is None:
        return None
    place = tuple(cursor.split(_BETWEEN, parts - 1))
    if len(place) != parts or not _MOMENT.fullmatch(place[0]):
        raise EngineError(f"after={cursor!r}; expected the .after of a page of the same list")
    return place


def most_of(most: int) -> int:
    """How many items a page has at the most.

    Raises:
        EngineError: the number is out of range.
    """
    if not 1 <= most <= MOST:
        raise EngineError(f"most={most}; expected 1 to {MOST:,}: ask for the next page with after=")
    return most
