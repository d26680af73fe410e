"""The content model of an element as a list of places, each with the elements that may stand there."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from xmlschema.validators import XsdElement, XsdGroup

from ediel.xml._paths import local
from ediel.xml._words import one_of

__all__ = ["Slot", "closest", "expected_next", "slots"]


@dataclass(slots=True)
class Slot:
    """A place in a content model: one element, or a choice of some."""

    options: dict[str, XsdElement]
    least: int
    most: int | None
    count: int = 0
    chosen: str | None = None

    def limit(self, name: str) -> int | None:
        """How often an element may stand here."""
        if len(self.options) == 1 or self.most is None:
            return self.most
        return self.options[name].max_occurs

    @property
    def full(self) -> bool:
        """Whether no more may stand here."""
        if self.chosen is None:
            return False
        limit = self.limit(self.chosen)
        return limit is not None and self.count >= limit

    def names(self) -> list[str]:
        """The elements that may stand here."""
        return [local(name) for name in self.options]


def slots(group: XsdGroup) -> list[Slot]:
    """The content model as a fresh list; EMIF uses sequences of elements and of one choice, or one choice alone."""
    return [Slot(options, least, most) for options, least, most in _places(group)]


_Place = tuple[dict[str, XsdElement], int, int | None]


@lru_cache(maxsize=1024)
def _places(group: XsdGroup) -> tuple[_Place, ...]:
    if group.model == "choice":
        options = {str(item.name): item for item in group if isinstance(item, XsdElement)}
        most = None if group.max_occurs is None else 1
        return ((options, group.min_occurs, most),)
    result: list[_Place] = []
    for item in group:
        if isinstance(item, XsdElement):
            result.append(({str(item.name): item}, item.min_occurs, item.max_occurs))
        elif isinstance(item, XsdGroup):
            result.extend(_places(item))
    return tuple(result)


def closest(tag: str, slot: Slot) -> str:
    """The element of a place that a name looks most like."""
    names = slot.names()
    name = local(tag)
    return name if name in names else (get_close_matches(name, names, n=1, cutoff=0.75) or names[:1])[0]


def expected_next(places: list[Slot], place: int) -> str:
    """What could stand at a place: everything up to the next element that must."""
    names: list[str] = []
    for slot in places[place:]:
        if not slot.full:
            names.extend(slot.names())
        if slot.count < slot.least:
            break
    return one_of(names) if names else "the end of the element"
