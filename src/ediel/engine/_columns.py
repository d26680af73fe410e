"""Values that arrive stay columns: a large document goes to ``ediel.series`` once, where that is installed.

What the engine gets is the same either way: messages with header, process and payloads. Of a large one, the payloads
are made when somebody asks for them.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from ediel.xml import LIMITS, Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from ediel.messages import Message
    from ediel.series.arriving import Arrived

__all__ = ["LEAST", "arrived", "metering_points"]

LEAST: Final = 20_000
"""Bytes from which on columns are quicker than objects."""
_NAME: Final = b"NotifyValidatedDataForBillingEnergy"
_BEGINNING: Final = 100_000


def arrived(source: bytes | Document) -> Arrived | None:
    """The messages of a document that holds many values; nothing for others, and where the columns are not sure."""
    read = _reader()
    data = source if isinstance(source, bytes) else source.data
    packed = data[:2] == b"\x1f\x8b"
    if read is None or (not packed and (len(data) < LEAST or data.find(_NAME, 0, _BEGINNING) < 0)):
        return None
    limits = LIMITS
    if isinstance(source, Document):
        # what was signed is within the limits as it came; its canonical form may be longer
        limits = source.limits if source.signer is None else replace(source.limits, size=sys.maxsize)
    return read(data, limits=limits)


@cache
def _reader() -> Callable[..., Arrived | None] | None:
    try:
        from ediel.series.arriving import arrive  # noqa: PLC0415 - the extra may not be installed, and it takes a while
    except ImportError:
        return None
    return arrive


def metering_points(message: Message) -> frozenset[str]:
    """The metering points of all payloads of a message; no series is made typed for that."""
    payloads = getattr(message, "payloads", None)
    known = getattr(payloads, "metering_points", None)
    if known is not None:
        return frozenset(known())
    if payloads is None:
        payloads = (getattr(message, "payload"),)  # noqa: B009 - every message has one of them
    named = (getattr(item, "metering_point", None) for item in payloads)
    return frozenset(str(point) for point in named if point is not None)
