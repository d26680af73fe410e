"""Points with every value of a year, one after the other, as files mostly have them: summed as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from ediel.series._columns import STEPS, numbers_of, words_of

__all__ = ["Found", "Quick", "whole_years"]

Found = list[tuple[str, int, int]]
"""Point, sum in thousandths, and how many of the values are temporary."""


def whole_years(table: pa.Table, word: dict[str, str], edges: Any, apart: frozenset[str]) -> tuple[Found, pa.Table]:
    """The points of a table that have every interval of a year once, in order, and the rows of all others.

    Args:
        table: values with the columns that ``annual_volume`` looks at.
        word: which word counts of each of some columns; where a table has others besides, no point is found.
        edges: where the days begin, and where the last one ends, in microseconds.
        apart: points that are not to be found: some of their values lie elsewhere, or not all of them count.
    """
    steps = [STEPS.get(str(name), 0) for name in _words(table["resolution"])]
    alike = all(_words(table[name]) == [other] and not table[name].null_count for name, other in word.items())
    if not alike or len(steps) != 1 or not steps[0] or table["resolution"].null_count:
        return [], table
    points = words_of(_one(table["metering_point"]))
    places = np.zeros(table.num_rows, "i4") if isinstance(points.places, int) else points.places
    start = numbers_of(table["start"], "i8", np.iinfo("i8").min)
    values = numbers_of(table["thousandths"], "i8", 0)
    temporary = _temporary(table["kind"])
    begins = np.append(0, np.flatnonzero(places[1:] != places[:-1]) + 1) if len(places) else np.zeros(0, "i8")
    runs = np.bincount(places[begins] + 1, minlength=1)[1:]  # without those of no point
    grid = np.arange(edges[0], edges[-1], steps[0])
    ends = np.append(begins[1:], len(places))
    found: Found = []
    rest = np.ones(len(places), "?")
    names = points.distinct
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        place = int(places[begin])
        if end - begin != len(grid) or place < 0 or runs[place] != 1 or not np.array_equal(start[begin:end], grid):
            continue
        name = str(names[place].as_py())
        if name in apart:
            continue
        marked = 0 if temporary is None else int(np.count_nonzero(temporary[begin:end]))
        found.append((name, int(values[begin:end].sum()), marked))
        rest[begin:end] = False
    return found, table.filter(pa.array(rest)) if rest.any() else table.slice(0, 0)


class Group(Protocol):
    """Rows of a file that are read together, with the least and the greatest metering point."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def number(self) -> int:
        """Which group of the file."""

    @property
    def lowest(self) -> str:
        """The least point; empty where it is not known."""

    @property
    def highest(self) -> str:
        """The greatest."""


class Quick:
    """Sums the points that have all their values together, and gives back the rest.

    Args:
        groups: every group of rows: what of a point lies in another one counts, too.
        edges: where the days begin.
        word: which word counts of each of some columns.
        apart: points that are not to be summed.
    """

    def __init__(self, groups: Sequence[Group], edges: Any, word: dict[str, str], apart: frozenset[str]) -> None:
        self._edges = edges
        self._word = word
        self._apart: dict[tuple[Path, int], frozenset[str]] = {}
        ordered = sorted(groups, key=lambda group: (group.lowest, group.highest))
        most = ""  # the greatest point of all groups before
        for group, after in zip(ordered, [*ordered[1:], None], strict=True):
            beyond = after is None or after.lowest >= group.highest
            if group.lowest and group.lowest >= most and beyond:
                shared = {group.lowest} if group.lowest == most else set()
                if after is not None and after.lowest == group.highest:
                    shared.add(group.highest)
                self._apart[group.path, group.number] = apart | shared
            most = max(most, group.highest)

    def __call__(self, table: pa.Table, group: Group, *, into: Found) -> pa.Table:
        """What is left of a group, or of some of its points; what was summed is put ``into`` a list."""
        apart = self._apart.get((group.path, group.number))
        if apart is None:
            return table
        found, rest = whole_years(table, self._word, self._edges, apart)
        into += found
        return rest


def _one(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    return column if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()


def _words(column: pa.ChunkedArray) -> list[str]:
    """The words of a column that has any."""
    found: dict[str, None] = {}
    for chunk in column.chunks:
        found |= dict.fromkeys(chunk.dictionary.to_pylist())
    return list(found)


def _temporary(column: pa.ChunkedArray) -> Any:
    """Which values are temporary; nothing where none can be."""
    if "Temporary" not in _words(column):
        return None
    words = words_of(_one(column))
    marks = np.array([*(name == "Temporary" for name in words.distinct.to_pylist()), False])
    return np.full(len(column), marks[words.places]) if isinstance(words.places, int) else marks[words.places]
