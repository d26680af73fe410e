"""What can go wrong with tables of values; part of the one exception tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ediel.errors import InvalidTable

__all__ = ["InvalidRows", "InvalidTable", "Mistake"]

_SHOWN: Final = 50
"""Mistakes in the text of an error; the others are counted."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a row.

    Attributes:
        row: its number in the file, as an editor counts lines; of a Parquet file, as rows from 1.
        column: the column, under its name in the file.
        point: the metering point of the row, where it has one.
        text: what was found, and what was expected.
    """

    row: int | None
    column: str | None
    point: str | None
    text: str

    def __str__(self) -> str:
        where = [f"row {self.row}" if self.row else "", self.column or "", self.point or ""]
        return f"{', '.join(part for part in where if part)}: {self.text}" if any(where) else self.text


class InvalidRows(InvalidTable):
    """A file of values with mistakes in it.

    Attributes:
        mistakes: all of them, in the order of the rows.
    """

    def __init__(self, name: str, mistakes: list[Mistake]) -> None:
        self._name = name
        ordered = sorted(mistakes, key=lambda item: item.row or 0)
        self.mistakes = tuple(ordered)
        if len(ordered) == 1:
            super().__init__(f"{name}: {ordered[0]}")
            return
        lines = [f"  {item}" for item in ordered[:_SHOWN]]
        more = [f"  ... and {len(ordered) - _SHOWN} more"] if len(ordered) > _SHOWN else []
        super().__init__("\n".join([f"{name}: {len(ordered)} mistakes", *lines, *more]))

    def __reduce__(self) -> tuple[Any, ...]:  # it may come from another process
        return InvalidRows, (self._name, list(self.mistakes))
