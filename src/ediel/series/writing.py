"""Columns to messages, split at the limits: the ordinary writer writes the frame of a series, columns its values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from ediel.errors import EdielError, InvalidMessage
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
from ediel.series._columns import KINDS, STEPS
from ediel.xml import inspect, write

__all__ = ["InvalidTable", "write_messages"]

MOST: Final = 9999
_BYTES: Final = 100_000_000
_FRAME: Final = 2000
"""Bytes of a series without its values, at the most."""
_ID: Final = "00000000-0000-4000-8000-00000000000f"
_POINT: Final = "000000000000000000"
_NOW: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES: Final = UUID("8e5a2f0a-5a0d-5b58-9a0e-2f6f0c8f7d22")
_SPLIT: Final = b"<abie:Observation "
_WORDS: Final = (
    "metering_point", "grid_area", "balance_responsible", "balance_supplier", "product", "unit", "direction",
    "business_type", "resolution", "payload_id", "request_reference",
)  # fmt: skip
_TIMES: Final = ("registration_time", "insert_time")


class InvalidTable(EdielError, ValueError):
    """A table that cannot be written as messages."""


def write_messages(
    table: pa.Table,
    header: Header,
    process: ProcessContext,
    *,
    kind: Literal["CollectedData", "NotifyValidatedDataForBillingEnergy"] = "CollectedData",
    check: Literal["none", "first", "all"] = "first",
    most: int = MOST,
) -> Iterator[bytes]:
    """Interval values as messages: 9,999 series, 9,999 values in each, and 100 MB at the most.

    Values that follow one another with the same ``payload_id`` are a series. The first message has the identification
    of the header, each further one its own, made from it.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        header: of every message.
        process: of every message.
        kind: which message.
        check: hold the first message, or all of them, against the schema; they are valid by construction.
        most: series in a message, at the most.

    Raises:
        InvalidTable: profiled values, gaps in a series, a missing word, a value that the wire does not allow.
        InvalidMessage: a message that was checked is not valid.
    """
    whole = table.unify_dictionaries().combine_chunks()
    if not whole.num_rows:
        return
    rows = _Rows(whole, kind)
    number = 0
    first = 0
    while first < len(rows.starts):
        last = rows.cut(first, most)
        own = header if not number else header.model_copy(
            update={"identification": str(uuid5(_NAMES, f"{header.identification}/{number}"))}
        )  # fmt: skip
        data = rows.message(own, process, first, last)
        if check == "all" or (check == "first" and not number):
            report = inspect(data).report
            if not report.valid:
                raise InvalidMessage("what was written is not valid", report)
        yield data
        first, number = last, number + 1


@cache
def _lookups() -> tuple[Any, Any]:
    """The tag of each position, and the decimals of each thousandth."""
    tags = [f'<abie:Observation Sequence="{number}">' for number in range(MOST + 1)]
    return pa.array(tags), pa.array([f".{number:03}" for number in range(1000)])


class _Rows:
    """A table with its series, and the text of its values."""

    def __init__(self, table: pa.Table, kind: str) -> None:
        self._collected = kind == "CollectedData"
        self._table = table
        ids = table["payload_id"].combine_chunks()
        codes = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        if (codes < 0).any():
            raise InvalidTable("a value has no payload_id; every series needs one")
        self.starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        self._ends = np.append(self.starts[1:], table.num_rows)
        if (self._ends - self.starts > MOST).any():
            raise InvalidTable(f"a series has more than {MOST} values; split it")
        self._text, self._offsets = self._values()
        self._frames: dict[tuple[Any, ...], list[bytes]] = {}
        first, last = pa.array(self.starts), pa.array(self._ends - 1)
        words = [table[name].take(first).cast(pa.string()).to_pylist() for name in _WORDS]
        moments = [(name, first) for name in (*_TIMES, "start")] + [("end", last)]
        times = [table[name].take(places).cast(pa.int64()).to_pylist() for name, places in moments]
        self._heads = list(zip(*words, *times, strict=True))
        self._whole()

    def _whole(self) -> None:
        """A series has no gaps: its period and its resolution say how many values there are."""
        place = _WORDS.index("resolution")
        for head, start, end in zip(self._heads, self.starts.tolist(), self._ends.tolist(), strict=True):
            resolution = head[place]
            step = STEPS.get(str(resolution))
            if step is None:
                raise InvalidTable(f"resolution is {resolution}; only interval values can be written from columns")
            expected = (head[-1] - head[-2]) / step
            if expected != end - start:
                point = head[_WORDS.index("metering_point")]
                raise InvalidTable(
                    f"a series of {point} has {end - start} values in a period of {expected:g} intervals"
                )

    def cut(self, first: int, most: int) -> int:
        """Where the message that begins with a series ends."""
        last = min(first + most, len(self.starts))
        begin = self._offsets[self.starts[first]]
        while last > first + 1 and self._offsets[self._ends[last - 1]] - begin + (last - first) * _FRAME > _BYTES:
            last = first + (last - first) // 2
        return last

    def _values(self) -> tuple[Any, Any]:
        """The text of every value, end to end, and where each begins."""
        table = self._table
        kinds = table["kind"].combine_chunks()
        words = kinds.dictionary.to_pylist()
        allowed = KINDS[:3] if self._collected else KINDS[:4]
        codes = kinds.indices.to_numpy(zero_copy_only=False)
        wrong = {words[code] for code in np.unique(codes)} - set(allowed)
        if wrong:
            raise InvalidTable(f"values of kind {', '.join(sorted(map(str, wrong)))} cannot be written in this message")
        thousandths = table["thousandths"].to_numpy()
        signed = np.array([word == "Calculated" for word in words])[codes]
        if ((thousandths < 0) & ~signed).any() or (np.abs(thousandths) >= 10**15).any():
            raise InvalidTable("a value is negative or has more than 15 digits")
        sequence = table["sequence"].to_numpy()
        if (sequence < 0).any() or (sequence > MOST).any():
            raise InvalidTable(f"a sequence number is not between 0 and {MOST}")
        opening, closing = self._tags(codes, words)
        whole, rest = np.divmod(np.abs(thousandths), 1000)
        signs = pa.array(np.where(thousandths < 0, "-", ""), pa.string())
        outer, thousand = _lookups()
        fractions = thousand.take(pa.array(rest))
        integers = pc.cast(pa.array(whole), pa.string())
        text = pc.binary_join_element_wise(
            outer.take(pa.array(sequence)), opening, signs, integers, fractions, closing, "",
        ).cast(pa.large_binary())  # fmt: skip
        offsets = np.frombuffer(text.buffers()[1], "i8")[: len(text) + 1]
        return memoryview(text.buffers()[2]), offsets

    def _tags(self, codes: Any, words: list[Any]) -> tuple[pa.Array, pa.Array]:
        """The tag before and after each value; made once for each combination of codes."""
        names = ("quality", "validation_code", "estimation_code")
        columns = [self._table[name].combine_chunks() for name in names]
        places = [column.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1 for column in columns]
        lists = [[None, *column.dictionary.to_pylist()] for column in columns]
        marks = self._table["imbalance_settlement"].fill_null(False).to_numpy(zero_copy_only=False)
        key = codes.astype("i8")
        for place, known in zip(places, lists, strict=True):
            key = key * len(known) + place
        key = key * 2 + marks
        known_keys = np.zeros(int(key.max()) + 1, "i8")
        known_keys[key] = 1
        distinct = np.flatnonzero(known_keys)
        known_keys[distinct] = np.arange(len(distinct))
        inverse = known_keys[key]
        opening, closing = [], []
        for one in distinct.tolist():
            rest, mark = divmod(one, 2)
            given: list[Any] = []
            for known in reversed(lists):
                rest, place = divmod(rest, len(known))
                given.append(known[place])
            quality, validation, estimation = reversed(given)
            opening.append(_opening(str(words[rest]), quality, validation, estimation, bool(mark)))
            closing.append(f"</abie:{words[rest]}></abie:Observation>")
        return pa.array(opening).take(pa.array(inverse)), pa.array(closing).take(pa.array(inverse))

    def message(self, header: Header, process: ProcessContext, first: int, last: int) -> bytes:
        """One message with some of the series."""
        parts: list[Any] = []
        outside = self._outside(header, process, self._heads[first])
        parts.append(outside[0])
        for number in range(first, last):
            head = self._heads[number]
            before, between, after = self._frame(head, header, process)
            point, identification = head[0], head[_WORDS.index("payload_id")]
            begin, end = self._offsets[self.starts[number]], self._offsets[self._ends[number]]
            parts += [before, identification.encode(), between, point.encode(), after, self._text[begin:end]]
            parts.append(b"</rsm:PayloadEnergyTimeSeries>")
        parts.append(outside[1])
        return b"".join(parts)

    def _frame(self, head: tuple[Any, ...], header: Header, process: ProcessContext) -> list[bytes]:
        """A series without identification, metering point and values; made once for each combination of the rest."""
        place = _WORDS.index("payload_id")
        key = (*head[1:place], *head[place + 1 :])
        if key not in self._frames:
            _, text, _ = self._pieces(self._outer(head, header, process))
            before, _, rest = text.partition(_ID.encode())
            between, _, after = rest.partition(_POINT.encode())
            self._frames[key] = [before, between, after]
        return self._frames[key]

    def _outside(self, header: Header, process: ProcessContext, head: tuple[Any, ...]) -> tuple[bytes, bytes]:
        before, _, after = self._pieces(self._outer(head, header, process))
        return before, after

    @staticmethod
    def _pieces(data: bytes) -> tuple[bytes, bytes, bytes]:
        """What is before the series, the series up to its first value, and what is after it."""
        mark = b"<rsm:PayloadEnergyTimeSeries>"
        before, _, rest = data.partition(mark)
        inside, _, after = rest.partition(b"</rsm:PayloadEnergyTimeSeries>")
        return before, mark + inside.partition(_SPLIT)[0], after

    def _outer(self, head: tuple[Any, ...], header: Header, process: ProcessContext) -> bytes:
        """A message with one series and one value, by the ordinary writer."""
        given = dict(zip((*_WORDS, *_TIMES, "start", "end"), head, strict=True))
        for name in (*_TIMES, "start", "end"):
            given[name] = None if given[name] is None else _NOW + timedelta(microseconds=given[name])
        try:
            series = self._series(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}; found {first['input']!r}"
            raise InvalidTable(f"a series of {given['metering_point']} cannot be written: {said}") from None
        except ValueError as error:
            raise InvalidTable(f"a series of {given['metering_point']} cannot be written: {error}") from None
        model: Any = CollectedData if self._collected else NotifyValidatedDataForBillingEnergy
        return write(model(header=header, process=process, payloads=(series,)), validate=False)

    def _series(self, given: dict[str, Any]) -> Any:
        common: dict[str, Any] = {
            "identification": _ID,
            "registration_time": given["registration_time"] or _NOW,
            "period": TimeSeriesPeriod(resolution=given["resolution"], start=given["start"], end=given["end"]),
            "product": ProductCharacteristics(product=given["product"], unit=given["unit"]),
            "metering_point": _POINT,
            "observations": Observations.metered(["1"]),
        }
        if self._collected:
            return CollectedSeries(**common, direction=given["direction"])
        return ValidatedSeries(
            **common,
            characteristics=MeasurementCharacteristics(
                direction=given["direction"], business_type=given["business_type"]
            ),
            insert_time=given["insert_time"],
            request_reference=given["request_reference"],
            grid_area=given["grid_area"],
            balance_responsible=given["balance_responsible"],
            balance_supplier=given["balance_supplier"],
        )


def _opening(kind: str, quality: Any, validation: Any, estimation: Any, mark: bool) -> str:
    """The tag of a value.

    Raises:
        InvalidTable: codes that do not go with the kind.
    """
    right = {
        "Metered": not (quality or validation or estimation or mark),
        "Estimated": bool(quality and validation and estimation and not mark),
        "Temporary": bool(validation and not quality and not mark),
        "Calculated": not (quality or validation or estimation),
    }[kind]
    if not right:
        raise InvalidTable(f"a value of kind {kind} has codes that do not go with it, or lacks some")
    pairs = (("Quality", quality), ("ValidationCode", validation), ("EstimationCode", estimation))
    attributes = "".join(f' {name}="{value}"' for name, value in pairs if value)
    marked = ' ImbalanceSettlement="true"' if mark else ""
    return f"<abie:{kind}{attributes}{marked}>"
