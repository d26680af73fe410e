"""Columns to messages, split at the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa

from ediel.errors import InvalidMessage, InvalidTable
from ediel.messages import Header, ProcessContext
from ediel.messages.series_layout import MOST_OBSERVATIONS, MOST_SERIES
from ediel.series._columns import words_of
from ediel.series._heads import CLOSING, Heads, message_model
from ediel.series._rendering import Values
from ediel.xml import check_schema

__all__ = ["write_messages"]

_BYTES: Final = 100_000_000
_LEAST_VALUE: Final = 50
"""No value takes fewer bytes than this."""
_NAMES: Final = UUID("8e5a2f0a-5a0d-5b58-9a0e-2f6f0c8f7d22")


def write_messages(
    table: pa.Table,
    header: Header,
    process: ProcessContext,
    *,
    kind: Literal["CollectedData", "NotifyValidatedDataForBillingEnergy"] = "CollectedData",
    check: Literal["none", "first", "all"] = "first",
    most: int = MOST_SERIES,
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
    heads = Heads(whole, starts, ends, message_model(kind), header, process)
    first = number = 0
    while first < len(starts):
        last = _last(starts, ends, first, most)
        own = header if not number else header.model_copy(
            update={"identification": str(uuid5(_NAMES, f"{header.identification}/{number}"))}
        )  # fmt: skip
        before, after = heads.outside(own)
        body = values.text(starts[first:last], int(ends[last - 1]), heads.texts(first, last), quick=quick)
        while last > first + 1 and len(body) > _BYTES - len(before) - len(after):
            last = first + (last - first) // 2
            body = values.text(starts[first:last], int(ends[last - 1]), heads.texts(first, last), quick=quick)
        # each series begins by closing the one before it
        data = b"".join((before, body[len(CLOSING) :], CLOSING, after))
        if check == "all" or (check == "first" and not number):
            report = check_schema(data).report
            if not report.valid:
                raise InvalidMessage("what was written is not valid", report)
        yield data
        first, number = last, number + 1


def _last(starts: Any, ends: Any, first: int, most: int) -> int:
    """Where a message that begins with a series surely ends: what is beyond would not fit."""
    room = int(np.searchsorted(ends, starts[first] + _BYTES // _LEAST_VALUE, "right"))
    return min(first + most, len(starts), max(room, first + 1))


def _series(table: pa.Table) -> tuple[Any, Any]:
    """Where each series begins and ends."""
    codes = words_of(table["payload_id"]).places
    if codes.min() < 0:
        raise InvalidTable("a value has no payload_id; every series needs one")
    starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
    ends = np.append(starts[1:], table.num_rows)
    if (ends - starts > MOST_OBSERVATIONS).any():
        raise InvalidTable(f"a series has more than {MOST_OBSERVATIONS} values; split it")
    return starts, ends
