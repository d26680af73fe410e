"""Tables as JSON lines, with what comes again and again made text once.

Columns that stand side by side are put together where they change seldom (what belongs to a series) or have few
combinations (codes); a line is then a handful of texts, and not one for each column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["flat", "json_lines"]

_ROWS: Final = 50_000
"""That become text at a time."""
_FEW: Final = 1 << 16
"""Combinations that are counted in a list."""
_SELDOM: Final = 4
"""A column that changes in fewer than one of so many rows changes seldom."""
_TEXT: Final = pa.large_string()
_BETWEEN: Final = ", "


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column of words: ``codes`` are places in ``texts``, of which the last one stands for nothing."""

    codes: Any
    texts: pa.Array


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A column of numbers, and what stands before each."""

    begin: str
    numbers: pa.Array


def json_lines(table: pa.Table) -> Iterator[memoryview]:
    """JSON lines, some rows at a time; what is not given is left out."""
    columns = [_column(table[name], f"{_BETWEEN}{json.dumps(name)}: ") for name in table.column_names]
    empty = pa.scalar("", _TEXT)
    for first in range(0, table.num_rows, _ROWS):
        parts = list(_parts(columns, first, min(_ROWS, table.num_rows - first)))
        texts, places = parts[0]
        early = bool(pc.all(pc.greater(pc.binary_length(texts), 0)).as_py())
        if early:  # of fewer texts than there are lines
            parts[0] = _opened(texts), places
        each = [texts if places is None else texts.take(pa.array(places)) for texts, places in parts]
        lines = pc.binary_join_element_wise(*each, pa.scalar("}\n", _TEXT), empty)
        yield _octets(lines if early else _opened(lines))


def _opened(texts: pa.Array) -> pa.Array:
    """Each member begins with what divides it from the one before; the first one, with what opens."""
    return pc.utf8_replace_slice(texts, 0, len(_BETWEEN), "{")


def flat(column: Any) -> Any:
    """Words as they are, moments as ISO text in UTC."""
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        whole_column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        distinct = whole_column.dictionary_encode()  # a day has few moments, and text is dear
        moments = distinct.dictionary.cast(pa.timestamp("us", tz="UTC"))
        whole = moments.cast(pa.timestamp("s", tz="UTC"), safe=False)
        if pc.all(pc.equal(whole.cast(moments.type), moments)).as_py() is not False:
            moments = whole  # fractions of a second are written where a column has some
        return pc.strftime(moments, "%Y-%m-%dT%H:%M:%SZ").take(distinct.indices)
    return column


def _column(column: pa.ChunkedArray, begin: str) -> _Coded | _Numbers:
    if pa.types.is_integer(column.type):
        return _Numbers(begin, column.combine_chunks())
    one = column.unify_dictionaries().combine_chunks()
    encoded = one if pa.types.is_dictionary(one.type) else one.dictionary_encode()
    texts = [f"{begin}{json.dumps(value, ensure_ascii=False)}" for value in flat(encoded.dictionary).to_pylist()]
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return _Coded(codes, pa.array([*texts, ""], _TEXT))


def _parts(columns: list[_Coded | _Numbers], first: int, count: int) -> Iterator[tuple[pa.Array, Any]]:
    """What some lines are made of: texts, and which of them each line has; ``None`` for those that stand in order."""
    run: list[_Coded] = []
    seldom = False
    for column in columns:
        if isinstance(column, _Numbers):
            yield from _together(run, count)
            run = []
            yield _numbers(column, first, count), None
            continue
        own = _Coded(column.codes[first : first + count], column.texts)
        own_seldom = bool(_SELDOM * np.count_nonzero(own.codes[1:] != own.codes[:-1]) < count)
        if own_seldom != seldom:
            yield from _together(run, count)
            run = []
        seldom = own_seldom
        run.append(own)
    yield from _together(run, count)


def _numbers(column: _Numbers, first: int, count: int) -> pa.Array:
    numbers = column.numbers.slice(first, count).cast(_TEXT)
    texts = pc.binary_join_element_wise(pa.scalar(column.begin, _TEXT), numbers, pa.scalar("", _TEXT))
    return texts.fill_null("")


def _together(run: list[_Coded], count: int) -> Iterator[tuple[pa.Array, Any]]:
    """Columns that stand side by side as one, where that pays; else one for each."""
    if len(run) < 2:
        yield from ((item.texts, item.codes) for item in run)
        return
    combinations = float(np.prod([float(len(item.texts)) for item in run]))
    if combinations <= _FEW:
        key = np.zeros(count, "i4")
        for item in run:
            key = key * len(item.texts) + item.codes
        example = np.full(int(combinations), -1, "i4")
        example[key] = np.arange(count, dtype="i4")
        used = np.flatnonzero(example >= 0)
        place = np.empty(len(example), "i4")
        place[used] = np.arange(len(used), dtype="i4")
        examples, places = example[used], place[key]
    else:
        other = np.zeros(count, "?")
        other[:1] = True
        for item in run:
            other[1:] |= item.codes[1:] != item.codes[:-1]
        examples, places = np.flatnonzero(other), np.cumsum(other) - 1
        if 2 * len(examples) > count:
            yield from ((item.texts, item.codes) for item in run)
            return
    columns = [item.texts.take(pa.array(item.codes[examples])) for item in run]
    yield pc.binary_join_element_wise(*columns, pa.scalar("", _TEXT)), places


def _octets(lines: pa.Array) -> memoryview:
    offsets = np.frombuffer(lines.buffers()[1], "i8")[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(lines.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
