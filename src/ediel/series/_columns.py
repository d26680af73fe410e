"""Columns: a row per value, Arrow-compatible; what belongs to a series is written once and pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.codes import EstimationCode, Quality, Resolution, ValidationCode
from ediel.messages.series_layout import INTERVAL_FORMS, PROFILED_FORMS

_READING: Final = {"MeterIndex": "reading"}  # the one profiled kind whose element is not its word
INTERVAL_KINDS: Final = tuple(form.element for form in INTERVAL_FORMS)
KINDS: Final = (
    *INTERVAL_KINDS,
    *(f"Profiled {_READING.get(form.element, form.element.lower())}" for form in PROFILED_FORMS),
)
"""What a value is; the profiled kinds are the one value of a series without intervals."""
QUALITIES: Final = tuple(code.value for code in Quality)
VALIDATIONS: Final = tuple(code.value for code in ValidationCode)
ESTIMATIONS: Final = tuple(code.value for code in EstimationCode)

_MOMENT: Final = pa.timestamp("us", tz="UTC")
_WORDS: Final = pa.dictionary(pa.int32(), pa.string())
_LISTS: Final = {words: pa.array(words, pa.string()) for words in (KINDS, QUALITIES, VALIDATIONS, ESTIMATIONS)}


def _words(name: str) -> pa.Field:
    return pa.field(name, _WORDS)


SCHEMA: Final = pa.schema(
    [
        _words("metering_point"),
        _words("grid_area"),
        _words("balance_responsible"),
        _words("balance_supplier"),
        _words("product"),
        _words("unit"),
        _words("direction"),
        _words("business_type"),
        _words("resolution"),
        pa.field("start", _MOMENT),
        pa.field("end", _MOMENT),
        pa.field("period_start", _MOMENT),
        pa.field("period_end", _MOMENT),
        pa.field("sequence", pa.int32()),
        pa.field("thousandths", pa.int64()),
        _words("kind"),
        _words("quality"),
        _words("validation_code"),
        _words("estimation_code"),
        pa.field("imbalance_settlement", pa.bool_()),
        pa.field("registration_time", _MOMENT),
        pa.field("insert_time", _MOMENT),
        _words("payload_id"),
        _words("message_id"),
        _words("process"),
        _words("request_reference"),
    ]
)
"""The columns of a table. ``start`` and ``end`` are those of the interval, or of the period of a profiled value;
``period_start`` and ``period_end`` are those of the whole series; ``thousandths`` is the value times 1000, exact, in
the unit of the product."""

STEPS: Final = {code.value: code.step // timedelta(microseconds=1) for code in Resolution if code.step is not None}
"""Length of an interval in microseconds; of other resolutions, an interval has no fixed length."""

MARKS: Final = tuple(mark.field for mark in INTERVAL_FORMS[KINDS.index("Estimated")].marks)
"""The columns of codes that a value may have."""
SERIES_WORDS: Final = tuple(
    field.name for field in SCHEMA if field.type == _WORDS and field.name not in {"kind", *MARKS}
)
"""The columns of words of a series, not of a value."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word of each series.

    Attributes:
        places: where each stands in the list, -1 for none; or one such number for all.
        distinct: the list.
    """

    places: Any
    distinct: pa.Array

    @classmethod
    def same(cls, word: str | None) -> Words:
        """One for all."""
        return cls(-1, pa.array([], pa.string())) if word is None else cls(0, pa.array([word], pa.string()))

    @classmethod
    def of(cls, words: Sequence[str | None]) -> Words:
        """One for each."""
        if len(words) == 1:
            return cls.same(words[0])
        encoded = pa.array(words, pa.string()).dictionary_encode()
        if encoded.null_count:
            return cls(encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary)
        return cls(0 if len(encoded.dictionary) == 1 else encoded.indices.to_numpy(), encoded.dictionary)

    def at(self, numbers: Any) -> Words:
        """Those of these numbers, one for each."""
        return self if isinstance(self.places, int) else Words(self.places[numbers], self.distinct)

    @classmethod
    def together(cls, parts: Sequence[Words], counts: Sequence[int]) -> Words:
        """Those of one series after the other; of each part, how many there are."""
        if len(parts) == 1:
            return parts[0]
        arrays = []
        for part, count in zip(parts, counts, strict=True):
            places = np.full(count, part.places, "i4") if isinstance(part.places, int) else part.places
            arrays.append(pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), part.distinct))
        found = pa.chunked_array(arrays).unify_dictionaries().combine_chunks()
        return cls(found.indices.fill_null(-1).to_numpy(), found.dictionary)


@dataclass
class Columns:
    """Series with their values, before they become a table.

    Attributes:
        words: of each series, by name.
        start, end: its period, microseconds since 1970 in UTC; the least number there is where it has none.
        registered, inserted: the same.
        counts: how many values it has.
        sequence, thousandths, kind, quality, validation, estimation, imbalance: of each value; codes are places in
            their lists plus one, and 0 for none.
    """

    words: dict[str, Words] = field(default_factory=dict)
    start: Any = field(default_factory=list)
    end: Any = field(default_factory=list)
    registered: Any = field(default_factory=list)
    inserted: Any = field(default_factory=list)
    counts: Any = field(default_factory=list)
    sequence: list[Any] = field(default_factory=list)
    thousandths: list[Any] = field(default_factory=list)
    kind: list[Any] = field(default_factory=list)
    quality: list[Any] = field(default_factory=list)
    validation: list[Any] = field(default_factory=list)
    estimation: list[Any] = field(default_factory=list)
    imbalance: list[Any] = field(default_factory=list)

    def part(self, series: slice, rows: slice) -> Columns:
        """Some series that stand one after the other, and their values; nothing is copied."""
        cut = {name: getattr(self, name)[series] for name in ("start", "end", "registered", "inserted", "counts")}
        each = "sequence", "thousandths", "kind", "quality", "validation", "estimation", "imbalance"
        values = {name: [item[rows] for item in getattr(self, name)] for name in each}
        return Columns({name: words.at(series) for name, words in self.words.items()}, **cut, **values)

    def table(self) -> pa.Table:
        """The table: a row per value."""
        counts = np.asarray(self.counts, "i8")
        spread = _Spread(counts)
        sequence = joined(self.sequence, "i4")
        start, end = (np.asarray(values, "i8") for values in (self.start, self.end))
        found = {name: spread.words(self.words[name]) for name in SERIES_WORDS}
        found["start"], found["end"] = self._intervals(spread, start, end, sequence)
        found["period_start"], found["period_end"] = spread.moments(start), spread.moments(end)
        found["sequence"] = _plain(pa.int32(), sequence)
        found["thousandths"] = _plain(pa.int64(), joined(self.thousandths, "i8"))
        found["kind"] = _pointed(joined(self.kind, "i4"), _LISTS[KINDS])
        for name, parts, words in (
            ("quality", self.quality, QUALITIES),
            ("validation_code", self.validation, VALIDATIONS),
            ("estimation_code", self.estimation, ESTIMATIONS),
        ):
            codes = joined(parts, "i4")
            found[name] = _pointed(codes - 1, _LISTS[words], codes == 0) if codes.any() else spread.none(_LISTS[words])
        found["imbalance_settlement"] = _plain(
            pa.bool_(), np.packbits(joined(self.imbalance, "?"), bitorder="little"), spread.rows
        )
        found["registration_time"] = spread.moments(np.asarray(self.registered, "i8"))
        found["insert_time"] = spread.moments(np.asarray(self.inserted, "i8"))
        return pa.Table.from_arrays([found[name] for name in SCHEMA.names], schema=SCHEMA)

    def _intervals(self, spread: _Spread, start: Any, end: Any, sequence: Any) -> tuple[pa.Array, pa.Array]:
        """Start and end of each value's interval: positions count from the least one of the series."""
        counts, resolution = spread.counts, self.words["resolution"]
        known = np.array([*(STEPS.get(name, 0) for name in resolution.distinct.to_pylist()), 0], "i8")
        steps = known[resolution.places]  # the last one, 0, for -1
        full = counts > 0
        least = np.zeros(len(counts), "i8")
        if full.any():
            firsts = np.cumsum(counts) - counts
            least[full] = np.minimum.reduceat(sequence, firsts[full])
        each = spread.numbers(steps)
        begins = spread.numbers(start - least * steps) + sequence * each
        ends = begins + each
        if not np.all(steps > 0):
            ends = np.where(each > 0, ends, spread.numbers(end))
        absent = start == NOTHING
        if not absent.any() and not (end == NOTHING).any():
            return _plain(_MOMENT, begins), _plain(_MOMENT, ends)
        without = np.repeat(absent, counts)  # where a period has no start, no interval has one
        unended = np.where(each > 0, without, np.repeat(end == NOTHING, counts))
        return _plain(_MOMENT, begins, absent=without), _plain(_MOMENT, ends, absent=unended)


class _Spread:
    """What is true of a series, for each of its values."""

    def __init__(self, counts: Any) -> None:
        self.counts = counts
        self.rows = int(counts.sum())
        self._zeros = pa.py_buffer(np.zeros(self.rows, "i4"))
        self._nothing = pa.py_buffer(np.zeros((self.rows + 7) // 8, "u1"))

    def numbers(self, values: Any) -> Any:
        """A number for each value; one number where it is the same for all."""
        values = np.asarray(values)
        if values.ndim == 0 or len(values) == 0:
            return values if values.ndim == 0 else np.zeros(0, "i8")
        return values[0] if (values == values[0]).all() else np.repeat(values, self.counts)

    def moments(self, values: Any) -> pa.Array:
        """A moment for each value."""
        absent = values == NOTHING
        every = np.repeat(values, self.counts)
        return _plain(_MOMENT, every, absent=np.repeat(absent, self.counts) if absent.any() else None)

    def words(self, words: Words) -> pa.Array:
        """A word for each value."""
        if isinstance(words.places, int):
            if words.places < 0:
                return self.none(words.distinct)
            return pa.DictionaryArray.from_buffers(_WORDS, self.rows, [None, self._zeros], words.distinct)
        places = np.repeat(words.places, self.counts)
        return _pointed(places, words.distinct, places < 0 if words.places.min(initial=0) < 0 else None)

    def none(self, words: pa.Array) -> pa.Array:
        """No word at all, of a list."""
        buffers = [self._nothing, self._zeros]
        return pa.DictionaryArray.from_buffers(_WORDS, self.rows, buffers, words, null_count=self.rows)


NOTHING: Final = np.iinfo("i8").min
"""Stands for a moment that is not given."""


def micros(moment: datetime | None) -> int:
    """Microseconds since 1970 in UTC."""
    if moment is None:
        return int(NOTHING)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def joined(parts: list[Any], kind: str) -> Any:
    """Arrays one after the other, as one of a kind."""
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0], kind)
    return np.concatenate([np.asarray(part, kind) for part in parts]) if parts else np.zeros(0, kind)


def _plain(kind: pa.DataType, values: Any, rows: int | None = None, *, absent: Any = None) -> pa.Array:
    """Values as Arrow has them, without a copy; where they are absent, nothing."""
    size = len(values) if rows is None else rows
    return pa.Array.from_buffers(kind, size, [_bits(absent), pa.py_buffer(values)])


def _pointed(places: Any, words: pa.Array, absent: Any = None) -> pa.Array:
    """Words by their places in a list."""
    return pa.DictionaryArray.from_buffers(_WORDS, len(places), [_bits(absent), pa.py_buffer(places)], words)


def _bits(absent: Any) -> pa.Buffer | None:
    """Arrow's bitmap of what is there."""
    return None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def numbers_of(column: pa.ChunkedArray | pa.Array, kind: str, nothing: Any, rows: Any = None) -> Any:
    """Numbers or moments of a column as an array.

    Args:
        column: a column.
        kind: numpy's name of its numbers.
        nothing: stands where there is none.
        rows: of which rows; of all when not given, and then without a copy where none is absent.
    """
    array = _one(column)
    there, values = array.buffers()
    if not len(array):
        return np.zeros(0, kind)
    begin, end = array.offset, array.offset + len(array)
    found = np.frombuffer(values, kind, end)[begin:]
    if rows is not None:
        found = found[rows]
    if not array.null_count:
        return found
    bits = np.frombuffer(there, "u1")
    if rows is None:
        present = np.unpackbits(bits, bitorder="little")[begin:end]
    else:
        present = bits[(rows + begin) >> 3] >> ((rows + begin) & 7) & 1
    return np.where(present, found, np.array(nothing, kind))


def words_of(column: pa.ChunkedArray | pa.Array, rows: Any = None) -> Words:
    """Words of a column as places in its list; of some rows, or of all."""
    array = _one(column)
    indices = array.indices
    if indices.type != pa.int32():
        indices = indices.cast(pa.int32())
    return Words(numbers_of(indices, "i4", -1, rows), array.dictionary)
