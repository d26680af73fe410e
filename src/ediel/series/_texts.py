"""The texts of a series, in the one strict form in which the fast way takes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np

from ediel.identifiers import Uuid
from ediel.messages._numbers import DecimalType
from ediel.messages._wire_types import CodeType, Id, MomentType, UuidType, Wire, texts_of
from ediel.messages.series_layout import LEAVES as DECLARED
from ediel.series._columns import SERIES_WORDS, micros
from ediel.series._cut import Refused

_MOMENT: Final = (
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,%d})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
)
_TIMES: Final = {decimals: re.compile(_MOMENT % decimals) for decimals in (3, 9)}


def _is(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Refused("a text of another form")
        return text

    return read


def _one_of(texts: tuple[str, ...]) -> Callable[[str], str]:
    known = frozenset(texts)

    def read(text: str) -> str:
        if text not in known:
            raise Refused("a code that is not known")
        return text

    return read


@lru_cache(maxsize=50_000)
def _moment(text: str, decimals: int = 3) -> int:
    if _TIMES[decimals].fullmatch(text) is None:
        raise Refused("a moment of another form")
    try:
        return micros(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Refused("a moment that does not exist") from None


def _technical(text: str) -> int:
    """A moment of a machine: up to nine decimals."""
    return _moment(text, 9)


def _reader(wire: Wire) -> Callable[[str], Any]:
    """How a text of a type is read, in its one strict form."""
    match wire:
        case MomentType():
            return _technical if wire.decimals == 9 else _moment
        case CodeType():
            return _one_of(texts_of(wire))
        case UuidType():
            return _is(Uuid.shape)
        case Id():
            return _is(wire.kind.shape)
        case DecimalType(digits=int(digits), least="0"):
            return _is(rf"[0-9]{{1,{digits - wire.decimals}}}(\.[0-9]{{1,{wire.decimals}}})?")
    raise TypeError(f"no strict form is known for {wire.name}")  # a test reads every leaf


NUMBERS: Final = ("registration_time", "insert_time", "start", "end")


def kept(path: str) -> str | None:
    """What a text of a series is called where it is kept; nothing for those that are looked at and let go."""
    leaf = DECLARED.get(path)
    return leaf.name if leaf is not None and leaf.name in {*SERIES_WORDS, *NUMBERS} else None


LEAVES: Final[dict[str, tuple[str | None, Callable[[str], Any]]]] = {
    path: (kept(path), _reader(leaf.wire)) for path, leaf in DECLARED.items()
}
"""What is read of a series before its values, by the path of names; another path is refused."""

_LONGEST: Final = 17
_WHOLE: Final = 12


def thousandths(buffer: Any, first: Any, last: Any, *, signed: Any) -> Any:
    """Decimals as thousandths, exact.

    Args:
        buffer: the document.
        first: where each text begins.
        last: where it ends.
        signed: which of them may begin with a minus.
    """
    lengths = last - first
    if len(lengths) == 0 or lengths.min() < 1 or lengths.max() > _LONGEST:
        raise Refused("a value of another form")
    negative = buffer[first] == 45
    if (negative & ~signed).any():
        raise Refused("a negative value")
    begin = first + negative
    whole = np.zeros(len(first), "i8")
    digits = np.zeros(len(first), "i8")
    decimals = np.full(len(first), -1, "i8")
    for place in range(int(lengths.max())):
        at = begin + place
        inside = at < last
        char = buffer[np.where(inside, at, first)].astype("i8")
        dot = inside & (char == 46)
        number = inside & (char >= 48) & (char <= 57)
        if (inside & ~(dot | number)).any() or (dot & (decimals >= 0)).any():
            raise Refused("a value of another form")
        whole = np.where(number, whole * 10 + (char - 48), whole)
        digits += number & (decimals < 0)
        decimals = np.where(number & (decimals >= 0), decimals + 1, np.where(dot, 0, decimals))
    if (decimals == 0).any() or (decimals > 3).any() or digits.min() < 1 or digits.max() > _WHOLE:
        raise Refused("a value of another form")
    scale = np.array([1000, 100, 10, 1], "i8")
    found = whole * scale[np.maximum(decimals, 0)]
    return np.where(negative, -found, found)
