"""Columns to messages, split at the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa

from ediel.errors import InvalidMessage, InvalidTable
from ediel.messages import Header, ProcessContext
from ediel.series._columns import STEPS
from ediel.series._heads import CLOSING, COLUMNS, Heads, message_model
from ediel.series._rendering import MOST, Values
from ediel.xml import inspect

__all__ = ["write_messages"]

_BYTES: Final = 100_000_000
_NAMES: Final = UUID("8e5a2f0a-5a0d-5b58-9a0e-2f6f0c8f7d22")


def write_messages(
    table: pa.Table,
    header: Header,
    process: ProcessContext,
    *,
    kind: Literal["CollectedData", "NotifyValidatedDataForBillingEnergy"] = "CollectedData",
    check: Literal["none", "first", "all"] = "first",
    most: int = MOST,
    quick: bool = True,
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
        quick: use the accelerator, where it was built; the bytes are the same either way.

    Raises:
        InvalidTable: profiled values, gaps in a series, a missing word, a value that the wire does not allow.
        InvalidMessage: a message that was checked is not valid.
    """
    if not table.num_rows:
        return
    whole = table.unify_dictionaries().combine_chunks()
    starts, ends = _series(whole)
    values = Values(whole, collected=kind == "CollectedData")
    heads = Heads(_one_row_each(whole, starts, ends), message_model(kind), header, process)
    first = number = 0
    while first < len(starts):
        last = min(first + most, len(starts))
        own = header if not number else header.model_copy(
            update={"identification": str(uuid5(_NAMES, f"{header.identification}/{number}"))}
        )  # fmt: skip
        before, after = heads.outside(own)
        parts = _parts(values, heads, starts, ends, first, last, quick=quick)
        while last > first + 1 and sum(map(len, parts)) > _BYTES - len(before) - len(after):
            last = first + (last - first) // 2
            parts = _parts(values, heads, starts, ends, first, last, quick=quick)
        data = b"".join((before, *parts, after))
        if check == "all" or (check == "first" and not number):
            report = inspect(data).report
            if not report.valid:
                raise InvalidMessage("what was written is not valid", report)
        yield data
        first, number = last, number + 1


def _series(table: pa.Table) -> tuple[Any, Any]:
    """Where each series begins and ends."""
    codes = table["payload_id"].combine_chunks().indices
    if codes.null_count:
        raise InvalidTable("a value has no payload_id; every series needs one")
    codes = codes.to_numpy()
    starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
    ends = np.append(starts[1:], table.num_rows)
    if (ends - starts > MOST).any():
        raise InvalidTable(f"a series has more than {MOST} values; split it")
    return starts, ends


def _one_row_each(table: pa.Table, starts: Any, ends: Any) -> pa.Table:
    """The first row of each series, with the end of its last one.

    Raises:
        InvalidTable: a series has gaps: its period and its resolution say how many values there are.
    """
    rows = table.select(COLUMNS).take(pa.array(starts))
    end = table["end"].combine_chunks().take(pa.array(ends - 1))
    rows = rows.set_column(rows.schema.get_field_index("end"), rows.schema.field("end"), end)
    resolutions = rows["resolution"].combine_chunks()
    names = [*resolutions.dictionary.to_pylist(), None]
    places = resolutions.indices.fill_null(len(names) - 1).to_numpy()
    steps = np.array([STEPS.get(str(name), 0) for name in names], "i8")[places]
    if not steps.all():
        name = names[places[int(np.argmin(steps))]]
        raise InvalidTable(f"resolution is {name}; only interval values can be written from columns")
    period = [rows[name].combine_chunks().cast(pa.int64()).fill_null(0).to_numpy() for name in ("start", "end")]
    wrong = np.flatnonzero(period[1] - period[0] != (ends - starts) * steps)
    if len(wrong):
        place = int(wrong[0])
        expected = (period[1][place] - period[0][place]) / steps[place]
        raise InvalidTable(
            f"a series of {rows['metering_point'][place]} has {ends[place] - starts[place]} values "
            f"in a period of {expected:g} intervals"
        )
    return rows


def _parts(values: Values, heads: Heads, starts: Any, ends: Any, first: int, last: int, *, quick: bool) -> list[Any]:
    """Some series as pieces of a message."""
    begin = int(starts[first])
    text, offsets = values.text(begin, int(ends[last - 1]), quick=quick)
    texts = heads.texts(first, last)
    buffer, edges = memoryview(texts.buffers()[2]), np.frombuffer(texts.buffers()[1], "i4").tolist()
    froms, untils = offsets[starts[first:last] - begin].tolist(), offsets[ends[first:last] - begin].tolist()
    parts: list[Any] = []
    for place in range(last - first):
        parts += (buffer[edges[place] : edges[place + 1]], text[froms[place] : untils[place]], CLOSING)
    return parts
