"""Metering values in columns: read fast and soundly, judged, summed, shared. Needs the extra ``series``.

``read_table`` gives a ``pyarrow.Table`` with a row per value; values are exact thousandths, moments UTC.
"""

from ediel.errors import InvalidTable
from ediel.series._columns import SCHEMA
from ediel.series._read import read_table, ways
from ediel.series.converting import Converted, convert
from ediel.series.estimating import KNOWN_TOTAL, like_days, line, with_total
from ediel.series.exporting import FORMS, Written, export, hand_over
from ediel.series.importing import InvalidRows, Loaded, Mistake, Reading, load, load_all
from ediel.series.judging import Expected, completeness, gaps
from ediel.series.ruling import judge
from ediel.series.sharing import Shares, distribute
from ediel.series.streaming import stream
from ediel.series.versions import changes, latest
from ediel.series.volumes import annual_volume, annual_volumes, volume_orders
from ediel.series.writing import write_messages

__all__ = [
    "FORMS",
    "KNOWN_TOTAL",
    "SCHEMA",
    "Converted",
    "Expected",
    "InvalidRows",
    "InvalidTable",
    "Loaded",
    "Mistake",
    "Reading",
    "Shares",
    "Written",
    "annual_volume",
    "annual_volumes",
    "changes",
    "completeness",
    "convert",
    "distribute",
    "export",
    "gaps",
    "hand_over",
    "judge",
    "latest",
    "like_days",
    "line",
    "load",
    "load_all",
    "read_table",
    "stream",
    "volume_orders",
    "ways",
    "with_total",
    "write_messages",
]
