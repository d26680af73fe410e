"""Columns: a row per value, Arrow-compatible; what belongs to a series is written once and pointed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.codes import EstimationCode, Quality, ValidationCode

KINDS: Final = (
    "Metered", "Estimated", "Temporary", "Calculated",
    "Profiled metered", "Profiled estimated", "Profiled stipulated", "Profiled withdrawn", "Profiled reading",
)  # fmt: skip
"""What a value is; the profiled kinds are the one value of a series without intervals."""
QUALITIES: Final = tuple(code.value for code in Quality)
VALIDATIONS: Final = tuple(code.value for code in ValidationCode)
ESTIMATIONS: Final = tuple(code.value for code in EstimationCode)

_MOMENT: Final = pa.timestamp("us", tz="UTC")


def _words(name: str) -> pa.Field:
    return pa.field(name, pa.dictionary(pa.int32(), pa.string()))


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

STEPS: Final = {
    "PT15M": 900_000_000, "PT30M": 1_800_000_000, "PT60M": 3_600_000_000, "PT1H": 3_600_000_000, "PT5M": 300_000_000,
}  # fmt: skip
"""Length of an interval in microseconds; of other resolutions, an interval has no fixed length."""

_SERIES_WORDS: Final = (
    "metering_point", "grid_area", "balance_responsible", "balance_supplier", "product", "unit", "direction",
    "business_type", "resolution", "payload_id", "message_id", "process", "request_reference",
)  # fmt: skip


@dataclass
class Columns:
    """Series with their values, before they become a table.

    Attributes:
        words: of each series, by name; ``None`` where it has none. A list, an array of texts or
            of places in a list, or one word for all series.
        start, end: its period, microseconds since 1970 in UTC; the least number there is where it has none.
        registered, inserted: the same.
        counts: how many values it has.
        sequence, thousandths, kind, quality, validation, estimation, imbalance: of each value; codes are places in
            their lists plus one, and 0 for none.
    """

    words: dict[str, Any] = field(default_factory=lambda: {name: [] for name in _SERIES_WORDS})
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

    def table(self) -> pa.Table:
        """The table: a row per value."""
        counts = np.asarray(self.counts, "i8")
        found: dict[str, pa.Array] = {}
        zeros = pa.array(np.zeros(int(counts.sum()), "i4"))
        for name in _SERIES_WORDS:
            found[name] = _pointed(self.words[name], counts, zeros)
        sequence = _joined(self.sequence, "i4")
        start, end = self._intervals(counts, sequence)
        found["start"], found["end"] = _moments(start), _moments(end)
        found["period_start"] = _moments(_repeated(self.start, counts))
        found["period_end"] = _moments(_repeated(self.end, counts))
        found["sequence"] = pa.array(sequence)
        found["thousandths"] = pa.array(_joined(self.thousandths, "i8"))
        found["kind"] = _coded(_joined(self.kind, "i4"), KINDS)
        found["quality"] = _coded(_joined(self.quality, "i4") - 1, QUALITIES)
        found["validation_code"] = _coded(_joined(self.validation, "i4") - 1, VALIDATIONS)
        found["estimation_code"] = _coded(_joined(self.estimation, "i4") - 1, ESTIMATIONS)
        found["imbalance_settlement"] = pa.array(_joined(self.imbalance, "?"))
        found["registration_time"] = _moments(_repeated(self.registered, counts))
        found["insert_time"] = _moments(_repeated(self.inserted, counts))
        return pa.Table.from_arrays([found[name] for name in SCHEMA.names], schema=SCHEMA)

    def _intervals(self, counts: Any, sequence: Any) -> tuple[Any, Any]:
        """Start and end of each value's interval: positions count from the least one of the series."""
        resolutions = _encoded(self.words["resolution"])
        known = np.array([*(STEPS.get(name, 0) for name in resolutions.dictionary.to_pylist()), 0], "i8")
        steps = known[resolutions.indices.fill_null(len(known) - 1).to_numpy()]
        start, end = np.asarray(self.start, "i8"), np.asarray(self.end, "i8")
        firsts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.zeros(0, "i8")
        least = np.zeros(len(counts), "i8")
        full = counts > 0
        if full.any():
            least[full] = np.minimum.reduceat(sequence, firsts[full])
        each = _repeated(steps, counts)
        begins = _repeated(start - least * steps, counts) + sequence * each
        ends = begins + each if (steps > 0).all() else np.where(each > 0, begins + each, _repeated(end, counts))
        missing = start == NOTHING
        if missing.any():  # where a period has no start, no interval has one
            absent = np.repeat(missing, counts)
            begins, ends = np.where(absent, NOTHING, begins), np.where(absent & (each > 0), NOTHING, ends)
        return begins, ends


NOTHING: Final = np.iinfo("i8").min
"""Stands for a moment that is not given."""


def micros(moment: datetime | None) -> int:
    """Microseconds since 1970 in UTC."""
    if moment is None:
        return int(NOTHING)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _joined(parts: list[Any], kind: str) -> Any:
    if len(parts) == 1:
        return np.asarray(parts[0], kind)
    return np.concatenate([np.asarray(part, kind) for part in parts]) if parts else np.zeros(0, kind)


def _repeated(values: Any, counts: Any) -> Any:
    """What is true of a series, for each of its values."""
    values = np.asarray(values, "i8")
    if len(values) and (values == values[0]).all():
        return np.full(int(counts.sum()), values[0])
    return np.repeat(values, counts)


def _encoded(values: Any) -> pa.DictionaryArray:
    """Words as places in the list of the distinct ones."""
    if isinstance(values, pa.DictionaryArray):
        return values
    if isinstance(values, list | pa.Array):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array([values], pa.string()).dictionary_encode()


def _pointed(values: Any, counts: Any, zeros: pa.Array) -> pa.Array:
    """A word of each series, for each of its values."""
    encoded = _encoded(values)
    if len(encoded) and encoded.null_count == len(encoded):
        return pa.DictionaryArray.from_arrays(pa.nulls(len(zeros), pa.int32()), encoded.dictionary)
    if encoded.null_count:
        indices = np.repeat(encoded.indices.fill_null(-1).to_numpy(), counts)
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), encoded.dictionary)
    if len(encoded.dictionary) == 1:
        return pa.DictionaryArray.from_arrays(zeros, encoded.dictionary)
    return pa.DictionaryArray.from_arrays(np.repeat(encoded.indices.to_numpy(), counts), encoded.dictionary)


def _coded(places: Any, words: tuple[str, ...]) -> pa.Array:
    absent = places < 0
    indices = pa.array(places, mask=absent if absent.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _moments(values: Any) -> pa.Array:
    absent = values == NOTHING
    return pa.array(values, mask=absent if absent.any() else None).view(_MOMENT)
