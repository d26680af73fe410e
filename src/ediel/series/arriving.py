"""Messages with values as they arrive: header and process typed, the values in columns, a series only on demand.

What is read is what the ordinary reader would give; a test holds one against the other. Where the fast way is not sure
of a document, nothing is given, and the ordinary reader has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, overload
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
from lxml import etree

from ediel.messages import (
    CollectedData,
    CollectedSeries,
    Message,
    NotifyValidatedDataForBillingEnergy,
    ValidatedSeries,
)
from ediel.messages.series_layout import MESSAGES, OBSERVATION, PROFILED_FORMS
from ediel.series import _matched as matched
from ediel.series._columns import Columns
from ediel.series._cut import Refused
from ediel.xml import LIMITS, Document, Head, Limits
from ediel.xml._reader import reader
from ediel.xml.parser import Unreadable, unpack

__all__ = ["Arrived", "ArrivedSeries", "arrive", "series_of"]

_DIFFERING: Final = re.compile(
    rb"(<(?:[\w.-]+:)?(?:%s)(?:\s[^<>]*)?>)[^<]*"
    % "|".join(
        ("Identification", "RegistrationDateTime", "InsertDateTime", "RequestReference",
         *dict.fromkeys(form.element for form in PROFILED_FORMS))
    ).encode()
)  # fmt: skip
"""What no rule looks at, of the texts of a series: see ``ediel.rules.Alike``."""
_VALUE: Final = f"{OBSERVATION} ".encode()
_OPENS: Final = ord("<")
_NAME: Final = NotifyValidatedDataForBillingEnergy.name().encode()
_AT_ONCE: Final = 2_000
"""Series that are compared at a time: a few megabytes."""


def _alike(buffer: Any, text: bytes, begins: Any, lengths: Any) -> Any:
    """Which texts of a buffer are a given one but for what may differ, each in the same place; the first one is it."""
    found = lengths == len(text)
    found[0] = True
    chosen = np.flatnonzero(found)
    lead, may = np.frombuffer(text, "u1"), np.zeros(len(text), "?")
    for match in _DIFFERING.finditer(text):
        may[match.end(1) : match.end()] = True
    for first in range(0, len(chosen), _AT_ONCE):
        some = chosen[first : first + _AT_ONCE]
        rows = np.lib.stride_tricks.sliding_window_view(buffer, len(text))[begins[some]]
        # where a tag stands in the place of a text, it is another form
        found[some] = ((rows == lead) | (may & (rows != _OPENS))).all(axis=1)
    found[0] = True
    return found


_READERS: Final[dict[type[Message], Callable[[], Callable[[etree._Element], Series]]]] = {
    NotifyValidatedDataForBillingEnergy: lambda: reader(ValidatedSeries),
    CollectedData: lambda: reader(CollectedSeries),
}
Series = ValidatedSeries | CollectedSeries


class ArrivedSeries(Sequence[Series]):
    """The series of a message whose values are in columns; each is made a typed one when somebody asks for it."""

    def __init__(self, data: bytes, kept: matched.Kept, head: Head, columns: Columns) -> None:
        self._columns = columns
        self._read: Callable[[etree._Element], Series] = _READERS[head.model]()
        self._data = data
        self._limits = kept.limits()
        declared = (
            f" xmlns{':' if name else ''}{name or ''}={quoteattr(uri)}" for name, uri in head.element.nsmap.items()
        )
        self._opening = f"<scope{''.join(declared)}>".encode()

    def __len__(self) -> int:
        return len(self._limits)

    @overload
    def __getitem__(self, place: int) -> Series: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Series, ...]: ...

    def __getitem__(self, place: int | slice) -> Series | tuple[Series, ...]:
        if isinstance(place, slice):
            return tuple(self._typed(number) for number in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._first if place in {0, -len(self)} else self._typed(place % len(self))

    def __iter__(self) -> Iterator[Series]:
        return map(self._typed, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # like a list: what it holds is compared

    @cached_property
    def _first(self) -> Series:
        return self._typed(0)

    def _typed(self, place: int) -> Series:
        return self._read(self._element(place))

    def _element(self, place: int) -> etree._Element:
        begin, end = self._limits[place].tolist()
        return etree.fromstring(b"".join((self._opening, self._data[begin:end], b"</scope>")))[0]

    @property
    def table(self) -> pa.Table:
        """The values by ``ediel.series.SCHEMA``, a row each; made anew each time, for it is large."""
        return self._columns.table()

    def part(self, place: int) -> tuple[int, etree._Element]:
        """Where a series begins in the document, and its element."""
        begin, _ = self._limits[place].tolist()
        return begin, self._element(place)

    def metering_points(self) -> frozenset[str]:
        """The metering points of the series that have one."""
        points, full = self._columns.words["metering_point"], self._columns.counts > 0
        used = np.unique(points.places if isinstance(points.places, int) else points.places[full])
        return frozenset(str(points.distinct[place]) for place in used.tolist() if place >= 0 and full.any())

    def alike(self) -> Iterable[tuple[Series, Sequence[int]]]:
        """One series of each group that the rules cannot tell apart, with the places of all of it."""
        return [(self[places[0]], places) for places in self._groups.values()]

    @cached_property
    def _groups(self) -> dict[tuple[bytes, tuple[int, int, int]], list[int]]:
        """Places by what the rules look at: the text before the values without what may differ, and their numbers."""
        begins, ends = self._limits[:, 0], np.array(self._heads(), "i8")
        numbers = self._numbers()
        groups: dict[tuple[bytes, tuple[int, int, int]], list[int]] = {}
        left = np.arange(len(self))
        buffer = np.frombuffer(self._data, "u1")
        while len(left):
            lead = int(left[0])
            text = self._data[int(begins[lead]) : int(ends[lead])]
            same = left[_alike(buffer, text, begins[left], ends[left] - begins[left])]
            shape = _DIFFERING.sub(rb"\1", text)
            for place in same.tolist():
                groups.setdefault((shape, numbers[place]), []).append(place)
            left = np.setdiff1d(left, same, assume_unique=True)
        return groups

    def _heads(self) -> list[int]:
        """Where the values of each series begin, by their tag; where it ends, of one without interval values."""
        found = []
        for begin, end in self._limits.tolist():
            place = self._data.find(_VALUE, begin, end)
            named = place > 0 and self._data[place - 1] in b"<:"  # and not as the end of another name
            found.append(place if named else end)
        return found

    def _numbers(self) -> list[tuple[int, int, int]]:
        """How many values each series has, and their least and greatest numbers."""
        sequence, counts = self._columns.sequence[0], self._columns.counts
        full = counts > 0
        least, most = np.zeros(len(counts), "i8"), np.zeros(len(counts), "i8")
        if full.any():
            starts = (np.cumsum(counts) - counts)[full]
            least[full], most[full] = np.minimum.reduceat(sequence, starts), np.maximum.reduceat(sequence, starts)
        return list(zip(counts.tolist(), least.tolist(), most.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Arrived:
    """A document with values.

    Attributes:
        messages: its messages, in the order of the document. Those with values have their series as ``ArrivedSeries``.
        data: the document, unpacked.
        found: what was matched in it.
        frame: the document without all but the first value of each message, as it was read.
    """

    messages: tuple[Message, ...]
    data: bytes
    found: matched.Matched
    frame: Document

    @property
    def values(self) -> dict[int, pa.Table]:
        """The values of each message, by its place; only of messages that hold values."""
        payloads = ((place, series_of(message)) for place, message in enumerate(self.messages))
        return {place: series.table for place, series in payloads if series is not None}


def arrive(data: bytes, *, limits: Limits = LIMITS, collected: bool = False) -> Arrived | None:
    """The messages of a document with values that Elhub distributes; nothing where the ordinary reader must have it.

    Args:
        data: XML, or a gzip file of it.
        limits: how large it may be.
        collected: take values that collectors send in as well.
    """
    if not matched.available():
        return None
    try:
        plain = unpack(data, limits)
        if len(plain) > limits.size or not (collected or _NAME in plain):
            return None
        found = matched.match(plain)
    except (Refused, Unreadable):
        return None
    return _arrived(plain, found, MESSAGES if collected else (NotifyValidatedDataForBillingEnergy,))


def _arrived(data: bytes, found: matched.Matched, models: tuple[type[Message], ...]) -> Arrived | None:
    frame = Document.read(found.frame)
    typed = [part.message for part in frame.parts]
    places = [place for place, message in enumerate(typed) if isinstance(message, models)]
    if len(places) != len(found.series) or frame.around or frame.located.findings:
        return None  # values of collectors; or something about which there is more to say
    messages: list[Message] = []
    for message in typed:
        if message is None:
            return None
        messages.append(message)
    first = 0
    for place, kept, head in zip(places, found.series, found.heads, strict=True):
        last = first + len(kept.kept)
        columns = found.columns.part(slice(first, last), slice(*kept.rows))
        first, series = last, ArrivedSeries(data, kept, head, columns)
        messages[place] = messages[place].model_copy(update={"payloads": series})
    return Arrived(tuple(messages), data, found, frame)


def series_of(message: Message) -> ArrivedSeries | None:
    """The series of a message in columns; nothing where they are typed ones."""
    found: Any = getattr(message, "payloads", None)
    return found if isinstance(found, ArrivedSeries) else None
