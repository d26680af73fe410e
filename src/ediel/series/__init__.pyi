# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.series._columns import SCHEMA as SCHEMA
from ediel.series._read import read_table as read_table
from ediel.series._read import ways as ways
from ediel.series.errors import InvalidTable as InvalidTable
from ediel.series.estimating import KNOWN_TOTAL as KNOWN_TOTAL
from ediel.series.estimating import like_days as like_days
from ediel.series.estimating import line as line
from ediel.series.estimating import with_total as with_total
from ediel.series.exporting import FORMS as FORMS
from ediel.series.exporting import Written as Written
from ediel.series.exporting import convert as convert
from ediel.series.exporting import export as export
from ediel.series.exporting import hand_over as hand_over
from ediel.series.importing import load as load
from ediel.series.judging import completeness as completeness
from ediel.series.judging import latest as latest
from ediel.series.ruling import judge as judge
from ediel.series.sharing import Shares as Shares
from ediel.series.sharing import distribute as distribute
from ediel.series.streaming import stream as stream
from ediel.series.volumes import annual_volume as annual_volume
from ediel.series.volumes import annual_volumes as annual_volumes
from ediel.series.volumes import volume_orders as volume_orders
from ediel.series.writing import write_messages as write_messages

__all__ = [
    "FORMS",
    "InvalidTable",
    "KNOWN_TOTAL",
    "SCHEMA",
    "Shares",
    "Written",
    "annual_volume",
    "annual_volumes",
    "completeness",
    "convert",
    "distribute",
    "export",
    "hand_over",
    "judge",
    "latest",
    "like_days",
    "line",
    "load",
    "read_table",
    "stream",
    "volume_orders",
    "ways",
    "with_total",
    "write_messages",
]
