"""Metering values in columns: read fast and soundly, judged, summed, shared. Needs the extra ``series``.

``read_table`` gives a ``pyarrow.Table`` with a row per value; values are exact thousandths, moments UTC.
"""

from ediel.series._columns import SCHEMA
from ediel.series._read import read_table, ways

__all__ = ["SCHEMA", "read_table", "ways"]
