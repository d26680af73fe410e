"""The frame of a document: what is left when most series are taken out; it goes through schema and ordinary reader."""

from __future__ import annotations

from typing import Final

from ediel.messages.series_layout import MESSAGES, SERIES
from ediel.series._cut import Refused
from ediel.xml import Head, accepted

__all__ = ["metering", "series_of"]

_LARGEST: Final = 5_000_000
_METERING: Final = frozenset(model.name() for model in MESSAGES)
_SERIES: Final = f"{{*}}{SERIES}"


def metering(frame: bytes) -> list[Head]:
    """The messages with metering values in a frame.

    Raises:
        Refused: it is not valid, or too large to be worth while.
    """
    if len(frame) > _LARGEST:
        raise Refused("the frame is too large")
    found = accepted(frame, _METERING)
    if found is None:
        raise Refused("the frame is not valid")
    return found


def series_of(head: Head) -> int:
    """How many series a message has."""
    return sum(1 for _ in head.element.iterchildren(_SERIES))
