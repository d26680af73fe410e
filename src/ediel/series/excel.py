"""Values as an Excel workbook, for people: Norwegian time, numbers as numbers, identifications as text.

Needs the extra ``excel``. What Excel cannot hold exactly stands beside it as text: the hour of autumn that comes twice
has the same Norwegian time, and ``start_utc`` tells which it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import OSLO

__all__ = ["COLUMNS", "Sheets"]

_ROWS: Final = 1_048_575
"""Below the header of a sheet: what Excel can hold."""
_PART: Final = 20_000
_FIRST_YEAR: Final = 1900
"""Earlier moments, which are wrong, are no moments in Excel: they stand there as text."""
COLUMNS: Final = (
    "metering_point", "product", "direction", "resolution", "from", "to", "value", "unit", "kind", "quality",
    "validation_code", "estimation_code", "registered", "inserted", "start_utc", "message_id", "payload_id", "process",
)  # fmt: skip
"""The columns of a sheet; ``from``, ``to``, ``registered`` and ``inserted`` are Norwegian time."""
_MOMENTS: Final = {"from": "start", "to": "end", "registered": "registration_time", "inserted": "insert_time"}
_WIDTHS: Final = {"metering_point": 20, "product": 15, "start_utc": 21, "message_id": 38, "payload_id": 38}


class Sheets:
    """A workbook that is written row by row; a new sheet begins where one is full.

    Args:
        path: the file.

    Raises:
        ModuleNotFoundError: the extra is not installed.
    """

    def __init__(self, path: Path, *, rows: int = _ROWS) -> None:
        import xlsxwriter  # noqa: PLC0415 - of the extra

        self._most = rows
        # no text becomes a formula or a link, whoever has written it
        self._book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amount = self._book.add_format({"num_format": "0.000"})
        self._sheet: Any = None
        self._row = self._sheets = 0

    def add(self, table: pa.Table) -> None:
        """Write the rows of a table by ``ediel.series.SCHEMA``."""
        for first in range(0, table.num_rows, _PART):
            part = table.slice(first, _PART)
            columns = [_cells(part, name) for name in COLUMNS]
            for row in zip(*columns, strict=True):
                if self._sheet is None or self._row > self._most:
                    self._begin()
                self._write(row)

    def close(self) -> None:
        """Write the file.

        Raises:
            OSError: it cannot be written.
        """
        from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415 - of the extra

        try:
            self._book.close()
        except XlsxWriterException as error:
            raise OSError(f"the workbook cannot be written: {error}") from error

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet("values" if self._sheets == 1 else f"values {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(COLUMNS):
            form = self._moment if name in _MOMENTS else self._amount if name == "value" else None
            self._sheet.set_column(place, place, _WIDTHS.get(name, 18 if name in _MOMENTS else 12), form)
            self._sheet.write_string(0, place, name, self._bold)
        self._row = 1

    def _write(self, row: tuple[Any, ...]) -> None:
        for place, (name, value) in enumerate(zip(COLUMNS, row, strict=True)):
            if value is None:
                continue
            if name in _MOMENTS and value.year >= _FIRST_YEAR:
                self._sheet.write_datetime(self._row, place, value, self._moment)
            elif name == "value":
                self._sheet.write_number(self._row, place, value, self._amount)
            else:
                self._sheet.write_string(self._row, place, str(value))
        self._row += 1


def _cells(table: pa.Table, name: str) -> list[Any]:
    if name in _MOMENTS:
        local = pc.local_timestamp(table[_MOMENTS[name]].cast(pa.timestamp("us", tz=str(OSLO))))
        cells: list[Any] = local.to_pylist()
    elif name == "value":
        cells = [None if value is None else value / 1000 for value in table["thousandths"].to_pylist()]
    elif name == "start_utc":
        cells = [value and value.isoformat().replace("+00:00", "Z") for value in table["start"].to_pylist()]
    else:
        cells = table[name].cast(pa.string()).to_pylist()
    return cells
