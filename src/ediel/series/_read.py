"""Reading metering values into columns: fast where that is sure, by the ordinary reader where it is not."""

from __future__ import annotations

import logging
import threading
from collections import Counter

import pyarrow as pa

from ediel.series import _fast as fast
from ediel.series import _matched as matched
from ediel.series import _slow as slow
from ediel.xml import LIMITS, Limits, read_all
from ediel.xml.parser import Unreadable, unpack

_lock = threading.Lock()
_ways: Counter[str] = Counter()


def ways() -> dict[str, int]:
    """How often each way was taken: ``fast``, and for the ordinary one, why (``ordinary: ...``)."""
    with _lock:
        return dict(_ways)


def read_table(data: bytes, *, limits: Limits = LIMITS, quick: bool = True) -> pa.Table:
    """The metering values of a message, an envelope or a poll response, as a table with a row per value.

    Args:
        data: XML, or a gzip file of it.
        limits: how large it may be.
        quick: try the fast way first; the table is the same either way.

    Returns:
        A table by ``ediel.series.SCHEMA``: moments in UTC, values in thousandths of the product's unit. Messages that
        hold no metering values add nothing.

    Raises:
        InvalidMessage: it is not valid; ``report`` has every finding.
    """
    if quick:
        try:
            plain = unpack(data, limits)
            if len(plain) <= limits.size:
                found = (matched if matched.available() else fast).read(plain).table()
                _count("fast")
                return found
        except Unreadable:
            pass  # the ordinary reader says what is wrong
        except fast.Refused as refusal:
            _count(f"ordinary: {refusal}")
    else:
        _count("ordinary: asked for")
    return slow.columns(read_all(data, limits=limits)).table()


def count_ways(ways_used: dict[str, int]) -> None:
    """Add ways that were taken elsewhere: in another process."""
    with _lock:
        _ways.update(ways_used)


def _count(way: str) -> None:
    count_ways({way: 1})
    if way != "fast":
        logging.getLogger("ediel.series").info("values read by the ordinary reader: %s", way)
