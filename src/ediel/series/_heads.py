"""What stands before the values of a series: written once by the ordinary writer for each combination of words.

A template is such a series with marks where its identification, its metering point and its moments stand; a series is
a template with its own texts in their places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from ediel.errors import InvalidTable, problems_of
from ediel.identifiers import Gsrn, Uuid
from ediel.messages import (
    CollectedData,
    Header,
    Message,
    NotifyValidatedDataForBillingEnergy,
    Observations,
    ProcessContext,
)
from ediel.messages._base import fields_of
from ediel.messages._values import Timestamp
from ediel.messages.series_layout import OBSERVATION, SERIES, leaves_of
from ediel.series._columns import NOTHING, SERIES_WORDS, STEPS, Words, numbers_of, words_of
from ediel.xml import write
from ediel.xml._writer import ENTITY_PREFIX, MESSAGE_PREFIX

__all__ = ["CLOSING", "Heads", "message_model"]

_NAME: Final = f"{MESSAGE_PREFIX}:{SERIES}"
CLOSING: Final = f"</{_NAME}>".encode()
_OPENING: Final = f"<{_NAME}>".encode()
_VALUE: Final = f"<{ENTITY_PREFIX}:{OBSERVATION} ".encode()
_OWN: Final = ("payload_id", "metering_point")
_OF_MESSAGE: Final = ("message_id", "process")
_WORDS: Final = tuple(name for name in SERIES_WORDS if name not in {*_OWN, *_OF_MESSAGE})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARKS: Final[dict[str, Any]] = {
    "payload_id": "00000000-0000-4000-8000-00000000000f",
    "metering_point": "000000000000000000",
    "registration_time": datetime(2001, 1, 1, 0, 0, 1, tzinfo=UTC),
    "insert_time": datetime(2001, 1, 1, 0, 0, 2, tzinfo=UTC),
    "start": datetime(2001, 1, 1, 0, 0, 3, tzinfo=UTC),
    "end": datetime(2001, 1, 1, 0, 0, 4, tzinfo=UTC),
}
"""What stands for a text that each series has of its own."""
_TIMES: Final = ("registration_time", "insert_time", "start", "end")
_FORMS: Final = {
    name: (len(str(_MARKS[name])), shape) for name, shape in zip(_OWN, (Uuid.shape, Gsrn.shape), strict=True)
}
"""Texts that each series has of its own: their length, and their form."""
_MANY: Final = {name: re.compile(f"(?:{form})*+".encode()) for name, (_, form) in _FORMS.items()}


@dataclass(frozen=True, slots=True)
class _Template:
    """A series with marks, and its text in pieces.

    Attributes:
        series: the series, with one value.
        texts: texts that all have.
        names: the names of those in between: one fewer.
    """

    series: Any
    texts: tuple[str, ...]
    names: tuple[str, ...]


class Heads:
    """The series of a table without their values.

    Args:
        table: values by ``ediel.series.SCHEMA``, without chunks.
        starts, ends: where each series begins and ends.
        model: the message.
        header, process: of it.

    Raises:
        InvalidTable: something that the wire does not allow, or a series with gaps: its period and its resolution say
            how many values there are.
    """

    def __init__(
        self, table: pa.Table, starts: Any, ends: Any, model: Any, header: Header, process: ProcessContext
    ) -> None:
        self._model, self._header, self._process = model, header, process
        self._words = {name: words_of(table[name], starts) for name in (*_WORDS, *_FORMS)}
        self._own = {name: _checked(name, self._words[name]) for name in _FORMS}
        moments = {name: numbers_of(table[name], "i8", NOTHING, starts) for name in _TIMES[:3]}
        moments["end"] = numbers_of(table["end"], "i8", NOTHING, ends - 1)
        self._there = {name: values != NOTHING for name, values in moments.items()}
        self._whole(ends - starts, moments)
        self._moments = {name: _moments(values, name) for name, values in moments.items()}
        self._templates: list[_Template] = []
        self._of = self._group(len(starts))
        self._frame = self._written(header)

    def _whole(self, counts: Any, moments: dict[str, Any]) -> None:
        """Every series has as many values as its period has intervals."""
        for name in ("start", "end"):
            if not self._there[name].all():
                raise InvalidTable(f"a series has no {name}")
        resolutions = self._words["resolution"]
        names = [*resolutions.distinct.to_pylist(), None]
        steps = np.array([STEPS.get(str(name), 0) for name in names], "i8")[resolutions.places]
        if not steps.all():
            name = names[resolutions.places[int(np.argmin(steps))]]
            raise InvalidTable(f"resolution is {name}; only interval values can be written from columns")
        lasts = moments["end"] - moments["start"]
        wrong = np.flatnonzero(lasts != counts * steps)
        if len(wrong):
            place = int(wrong[0])
            raise InvalidTable(
                f"a series of {self._own['metering_point'][place]} has {counts[place]} values "
                f"in a period of {lasts[place] / steps[place]:g} intervals"
            )

    def _group(self, count: int) -> Any:
        """Which template each series has; makes them."""
        key = np.zeros(count, "i8")
        there = (
            self._words["metering_point"].places >= 0,
            self._there["insert_time"],
            self._there["registration_time"],
        )
        for column in (*there, *(self._words[name].places for name in _WORDS)):
            if (column == column[0]).all():
                continue
            distinct, inverse = np.unique(column, return_inverse=True)
            _, key = np.unique(key * len(distinct) + inverse, return_inverse=True)
        _, firsts = np.unique(key, return_index=True)
        self._templates += [self._template(row) for row in firsts.tolist()]
        return key

    def _template(self, row: int) -> _Template:
        """The template of a series."""
        given = tuple(_word(self._words[name], row) for name in _WORDS)
        own = self._words["metering_point"].places[row] >= 0, bool(self._there["insert_time"][row])
        point = self._own["metering_point"][row]
        try:
            return _template(self._model, given, *own)
        except ValidationError as error:
            problem = f"{problems_of(error)[0]}; found {error.errors(include_url=False)[0]['input']!r}"
            raise InvalidTable(f"a series of {point} cannot be written: {problem}") from None
        except ValueError as error:
            raise InvalidTable(f"a series of {point} cannot be written: {error}") from None

    def texts(self, first: int, last: int) -> pa.Array:
        """The series of some rows up to their first value; each begins by closing the one before it."""
        of = self._of[first:last]
        parts, order = [], []
        for number, template in enumerate(self._templates):
            rows = np.flatnonzero(of == number) if len(self._templates) > 1 else np.arange(last - first)
            if not len(rows):
                continue
            pieces: list[Any] = [template.texts[0]]
            for name, text in zip(template.names, template.texts[1:], strict=True):
                column = self._own[name] if name in self._own else self._moments[name]
                if isinstance(column, str):  # the same for all
                    pieces[-1] += column + text
                else:
                    pieces += [column.slice(first, last - first).take(pa.array(rows)), text]
            parts.append(pc.binary_join_element_wise(*pieces, ""))
            order.append(rows)
        if len(parts) == 1:
            return parts[0]
        back = np.empty(last - first, "i8")
        back[np.concatenate(order)] = np.arange(last - first)
        return pa.concat_arrays(parts).take(pa.array(back))

    def outside(self, header: Header) -> tuple[bytes, bytes]:
        """What is before the first series of a message, and what is after the last."""
        return self._frame if header is self._header else self._written(header)

    def _written(self, header: Header) -> tuple[bytes, bytes]:
        series = self._templates[0].series
        data = write(self._model(header=header, process=self._process, payloads=(series,)), validate=False)
        before, _, rest = data.partition(_OPENING)
        return before, rest.partition(CLOSING)[2]


def _checked(name: str, words: Words) -> pa.Array:
    """The own texts of the series, each of which has the form that the fast readers take."""
    found = words.distinct.take(pa.array(words.places, mask=words.places < 0 if words.places.min() < 0 else None))
    length, form = _FORMS[name]
    edges = np.frombuffer(found.buffers()[1], "i4", len(found) + 1)
    texts = memoryview(found.buffers()[2] or b"")[: edges[-1]]
    if (np.diff(edges) == length).sum() != len(found) - found.null_count or _MANY[name].fullmatch(texts) is None:
        right = pc.match_substring_regex(found, f"^{form}$").fill_null(True)
        wrong = found.filter(pc.invert(right))[0]
        raise InvalidTable(f"{name} {wrong} is of another form; expected {form}")
    return found


def _word(words: Words, row: int) -> str | None:
    place = int(words.places[row])
    return None if place < 0 else str(words.distinct[place])


@lru_cache(maxsize=1000)
def _template(model: Any, words: tuple[str | None, ...], point: bool, inserted: bool) -> _Template:
    """The template of the series that say these words, with or without a metering point and a time of insertion.

    Raises:
        ValueError: a word that the wire does not allow.
    """
    absent = {"metering_point": not point, "insert_time": not inserted}
    given: dict[str, Any] = dict(zip(_WORDS, words, strict=True))
    given |= {name: mark for name, mark in _MARKS.items() if not absent.get(name)}
    series = _series(model, given)
    data = write(model.model_construct(header=None, process=None, payloads=(series,)), validate=False)
    text = (CLOSING + _OPENING + data.partition(_OPENING)[2].partition(_VALUE)[0]).decode("ascii")
    marks = {Timestamp.of(mark).text if isinstance(mark, datetime) else mark: name for name, mark in _MARKS.items()}
    pieces = re.split(f"({'|'.join(map(re.escape, marks))})", text)
    return _Template(series, tuple(pieces[::2]), tuple(marks[mark] for mark in pieces[1::2]))


def _series(model: type[Message], given: dict[str, Any]) -> Any:
    """A series with one value."""
    kind = next(spec.model for spec in fields_of(model) if spec.name == "payloads")
    assert kind is not None
    nested: dict[str, Any] = {"observations": Observations.metered(["1"])}
    for leaf in leaves_of(kind):
        if leaf.name not in given:
            continue
        at = nested
        for name in leaf.fields[:-1]:
            at = at.setdefault(name, {})
        at[leaf.fields[-1]] = given[leaf.name]
    return kind.model_validate(nested)


def message_model(name: str) -> type[Any]:
    """The message of a name."""
    return CollectedData if name == CollectedData.name() else NotifyValidatedDataForBillingEnergy


def _moments(values: Any, name: str) -> pa.Array | str:
    """Moments as they are written, each distinct one made once; one text where they are all the same."""
    if (values == values[0]).all():
        return _moment(int(values[0]), name)
    distinct, places = np.unique(values, return_inverse=True)
    return pa.array([_moment(value, name) for value in distinct.tolist()], pa.string()).take(pa.array(places))


def _moment(value: int, name: str) -> str:
    """A moment as it is written; 1970 for a registration time that is not given."""
    value = 0 if value == NOTHING else value
    if name in {"start", "end"} and value % 1000:
        raise InvalidTable(f"{name} has more than three decimals of a second")
    try:
        return Timestamp.of(_EPOCH + timedelta(microseconds=value)).text
    except (OverflowError, ValueError):
        raise InvalidTable(f"{name} is out of the calendar") from None
