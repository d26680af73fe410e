# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.series._columns import SCHEMA as SCHEMA
from ediel.series._read import read_table as read_table
from ediel.series._read import ways as ways
from ediel.series._rows import Reading as Reading
from ediel.series.converting import Converted as Converted
from ediel.series.converting import convert as convert
from ediel.series.errors import InvalidRows as InvalidRows
from ediel.series.errors import InvalidTable as InvalidTable
from ediel.series.errors import Mistake as Mistake
from ediel.series.estimating import KNOWN_TOTAL as KNOWN_TOTAL
from ediel.series.estimating import like_days as like_days
from ediel.series.estimating import line as line
from ediel.series.estimating import with_total as with_total
from ediel.series.exporting import FORMS as FORMS
from ediel.series.exporting import Written as Written
from ediel.series.exporting import export as export
from ediel.series.exporting import hand_over as hand_over
from ediel.series.importing import Loaded as Loaded
from ediel.series.importing import load as load
from ediel.series.importing import load_all as load_all
from ediel.series.judging import Expected as Expected
from ediel.series.judging import completeness as completeness
from ediel.series.judging import gaps as gaps
from ediel.series.ruling import judge as judge
from ediel.series.sharing import Shares as Shares
from ediel.series.sharing import distribute as distribute
from ediel.series.streaming import stream as stream
from ediel.series.versions import changes as changes
from ediel.series.versions import latest as latest
from ediel.series.volumes import annual_volume as annual_volume
from ediel.series.volumes import annual_volumes as annual_volumes
from ediel.series.volumes import volume_orders as volume_orders
from ediel.series.writing import write_messages as write_messages

__all__ = [
    "Converted",
    "Expected",
    "FORMS",
    "InvalidRows",
    "InvalidTable",
    "KNOWN_TOTAL",
    "Loaded",
    "Mistake",
    "Reading",
    "SCHEMA",
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
