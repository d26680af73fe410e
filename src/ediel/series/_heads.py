"""What stands before the values of a series: written once by the ordinary writer for each combination of words.

A template is such a series with marks where its identification, its metering point and its moments stand; a series is
a template with its own texts in their places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from ediel.errors import InvalidTable, problems_of
from ediel.messages import (
    CollectedData,
    CollectedSeries,
    Header,
    MeasurementCharacteristics,
    NotifyValidatedDataForBillingEnergy,
    Observations,
    ProcessContext,
    ProductCharacteristics,
    TimeSeriesPeriod,
    ValidatedSeries,
)
from ediel.messages._values import Timestamp
from ediel.xml import write

__all__ = ["CLOSING", "COLUMNS", "VALUE", "Heads"]

CLOSING: Final = b"</rsm:PayloadEnergyTimeSeries>"
VALUE: Final = b"<abie:Observation "
_OPENING: Final = b"<rsm:PayloadEnergyTimeSeries>"
_WORDS: Final = (
    "grid_area", "balance_responsible", "balance_supplier", "product", "unit", "direction", "business_type",
    "resolution", "request_reference",
)  # fmt: skip
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
COLUMNS: Final = (*_WORDS, *_MARKS)
"""The columns of a table that are looked at here."""
_TIMES: Final = ("registration_time", "insert_time", "start", "end")
_FORMS: Final = {
    "payload_id": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "metering_point": "^[0-9]{18}$",
}


@dataclass(frozen=True, slots=True)
class _Template:
    """Texts that all have, and the names of those in between: one more of the former."""

    texts: tuple[str, ...]
    names: tuple[str, ...]


class Heads:
    """The series of a table without their values.

    Args:
        table: a row for each series, with the start of its period and the end.
        model: the message.
        header, process: of it.
    """

    def __init__(self, table: pa.Table, model: type[Any], header: Header, process: ProcessContext) -> None:
        self._model, self._header, self._process = model, header, process
        self._own = {name: table[name].cast(pa.string()).combine_chunks() for name in _FORMS}
        self._check(table)
        self._moments = {name: _moments(table[name].combine_chunks(), name) for name in _TIMES}
        self._templates: list[_Template] = []
        self._sample: dict[str, Any] = {}
        self._frame = (b"", b"")
        self._of = self._group(table)

    def _check(self, table: pa.Table) -> None:
        for name, form in _FORMS.items():
            right = pc.match_substring_regex(self._own[name], form)
            if not pc.all(right, min_count=0).as_py():
                wrong = self._own[name].filter(pc.invert(right.fill_null(True)))[0]
                raise InvalidTable(f"{name} {wrong} is of another form; expected {form.strip('^$')}")
        for name in ("start", "end"):
            if table[name].null_count:
                raise InvalidTable(f"a series has no {name}")

    def _group(self, table: pa.Table) -> Any:
        """Which template each series has; makes them."""
        key = np.zeros(table.num_rows, "i8")
        absent = [table[name].is_null() for name in ("metering_point", "insert_time", "registration_time")]
        words = [table[name].combine_chunks().indices.fill_null(-1) for name in _WORDS]
        for column in (*absent, *words):
            values = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
            distinct, inverse = np.unique(values, return_inverse=True)
            if len(distinct) > 1:
                _, key = np.unique(key * len(distinct) + inverse, return_inverse=True)
        _, firsts, of = np.unique(key, return_index=True, return_inverse=True)
        for row in table.take(pa.array(firsts)).to_pylist():
            self._templates.append(self._template(row))
        return of

    def texts(self, first: int, last: int) -> pa.Array:
        """The series of some rows, up to their first value."""
        of = self._of[first:last]
        parts, order = [], []
        for number in np.unique(of).tolist():
            rows = np.flatnonzero(of == number)
            template = self._templates[number]
            pieces: list[Any] = [template.texts[0]]
            for name, text in zip(template.names, template.texts[1:], strict=True):
                column = self._own[name] if name in self._own else self._moments[name]
                pieces += [column.slice(first, last - first).take(pa.array(rows)), text]
            parts.append(pc.binary_join_element_wise(*pieces, "") if template.names else pa.array([template.texts[0]]))
            order.append(rows)
        if len(parts) == 1:
            return parts[0]
        back = np.empty(last - first, "i8")
        back[np.concatenate(order)] = np.arange(last - first)
        return pa.concat_arrays(parts).take(pa.array(back))

    def outside(self, header: Header) -> tuple[bytes, bytes]:
        """What is before the first series of a message, and what is after the last."""
        if header is self._header:
            return self._frame
        return _frame(self._message(header, self._series(self._sample)))

    def _template(self, row: dict[str, Any]) -> _Template:
        given = {name: row[name] for name in _WORDS}
        names = [name for name in _MARKS if row[name] is not None or name == "registration_time"]
        given |= {name: _MARKS[name] for name in names}
        try:
            series = self._series(given)
        except ValidationError as error:
            said = f"{problems_of(error)[0]}; found {error.errors(include_url=False)[0]['input']!r}"
            raise InvalidTable(f"a series of {row['metering_point']} cannot be written: {said}") from None
        except ValueError as error:
            raise InvalidTable(f"a series of {row['metering_point']} cannot be written: {error}") from None
        data = self._message(self._header, series)
        self._sample, self._frame = given, _frame(data)
        inside = data.partition(_OPENING)[2].partition(VALUE)[0]
        text = (_OPENING + inside).decode("ascii")
        marks = {_written(_MARKS[name]): name for name in names}
        pieces = re.split(f"({'|'.join(map(re.escape, marks))})", text)
        return _Template(tuple(pieces[::2]), tuple(marks[mark] for mark in pieces[1::2]))

    def _message(self, header: Header, series: Any) -> bytes:
        return write(self._model(header=header, process=self._process, payloads=(series,)), validate=False)

    def _series(self, given: dict[str, Any]) -> Any:
        """A series with one value."""
        common: dict[str, Any] = {
            "identification": given["payload_id"],
            "registration_time": given["registration_time"],
            "period": TimeSeriesPeriod(resolution=given["resolution"], start=given["start"], end=given["end"]),
            "product": ProductCharacteristics(product=given["product"], unit=given["unit"]),
            "metering_point": given.get("metering_point"),
            "observations": Observations.metered(["1"]),
        }
        if self._model is CollectedData:
            return CollectedSeries(**common, direction=given["direction"])
        return ValidatedSeries(
            **common,
            characteristics=MeasurementCharacteristics(
                direction=given["direction"], business_type=given.get("business_type")
            ),
            insert_time=given.get("insert_time"),
            request_reference=given.get("request_reference"),
            grid_area=given.get("grid_area"),
            balance_responsible=given.get("balance_responsible"),
            balance_supplier=given.get("balance_supplier"),
        )


def message_model(name: str) -> type[Any]:
    """The message of a name."""
    return CollectedData if name == "CollectedData" else NotifyValidatedDataForBillingEnergy


def _frame(data: bytes) -> tuple[bytes, bytes]:
    before, _, rest = data.partition(_OPENING)
    return before, rest.partition(CLOSING)[2]


def _written(mark: Any) -> str:
    return Timestamp.of(mark).text if isinstance(mark, datetime) else str(mark)


def _moments(column: pa.Array, name: str) -> pa.Array:
    """Moments as they are written, each distinct one made once; 1970 for a registration time that is not given."""
    encoded = column.cast(pa.int64()).fill_null(0).dictionary_encode()
    texts = []
    for value in encoded.dictionary.to_pylist():
        if name in {"start", "end"} and value % 1000:
            raise InvalidTable(f"{name} has more than three decimals of a second")
        try:
            texts.append(Timestamp.of(_EPOCH + timedelta(microseconds=value)).text)
        except (OverflowError, ValueError):
            raise InvalidTable(f"{name} is out of the calendar") from None
    return pa.array(texts, pa.string()).take(encoded.indices)
