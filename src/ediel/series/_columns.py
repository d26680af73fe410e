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
``thousandths`` is the value times 1000, exact, in the unit of the product."""

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
        words: of each series, by name; ``None`` where it has none.
        start, end: its period, microseconds since 1970 in UTC; the least number there is where it has none.
        registered, inserted: the same.
        counts: how many values it has.
        sequence, thousandths, kind, quality, validation, estimation, imbalance: of each value; codes are places in
            their lists plus one, and 0 for none.
    """

    words: dict[str, list[str | None]] = field(default_factory=lambda: {name: [] for name in _SERIES_WORDS})
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    registered: list[int] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
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
        of = np.repeat(np.arange(len(counts), dtype="i4"), counts)
        found: dict[str, pa.Array] = {}
        for name in _SERIES_WORDS:
            found[name] = _pointed(self.words[name], of)
        sequence = _joined(self.sequence, "i4")
        start, end = self._intervals(of, counts, sequence)
        found["start"], found["end"] = _moments(start), _moments(end)
        found["sequence"] = pa.array(sequence)
        found["thousandths"] = pa.array(_joined(self.thousandths, "i8"))
        found["kind"] = _coded(_joined(self.kind, "i4"), KINDS)
        found["quality"] = _coded(_joined(self.quality, "i4") - 1, QUALITIES)
        found["validation_code"] = _coded(_joined(self.validation, "i4") - 1, VALIDATIONS)
        found["estimation_code"] = _coded(_joined(self.estimation, "i4") - 1, ESTIMATIONS)
        found["imbalance_settlement"] = pa.array(_joined(self.imbalance, "?"))
        found["registration_time"] = _moments(np.asarray(self.registered, "i8")[of])
        found["insert_time"] = _moments(np.asarray(self.inserted, "i8")[of])
        return pa.Table.from_arrays([found[name] for name in SCHEMA.names], schema=SCHEMA)

    def _intervals(self, of: Any, counts: Any, sequence: Any) -> tuple[Any, Any]:
        """Start and end of each value's interval: positions count from the least one of the series."""
        steps = np.asarray([STEPS.get(name or "", 0) for name in self.words["resolution"]], "i8")[of]
        start, end = np.asarray(self.start, "i8"), np.asarray(self.end, "i8")
        firsts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.zeros(0, "i8")
        least = np.zeros(len(counts), "i8")
        full = counts > 0
        if full.any():
            least[full] = np.minimum.reduceat(sequence, firsts[full])
        place = sequence - least[of]
        begins = start[of] + place * steps
        stepping = steps > 0
        return np.where(stepping, begins, start[of]), np.where(stepping, begins + steps, end[of])


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


def _pointed(values: list[str | None], of: Any) -> pa.Array:
    encoded = pa.array(values, pa.string()).dictionary_encode()
    indices = encoded.indices.cast(pa.int32())
    return pa.DictionaryArray.from_arrays(indices.take(pa.array(of)), encoded.dictionary)


def _coded(places: Any, words: tuple[str, ...]) -> pa.Array:
    indices = pa.array(places.astype("i4"), mask=places < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _moments(values: Any) -> pa.Array:
    return pa.array(values, mask=values == NOTHING).cast(_MOMENT)
