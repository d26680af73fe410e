"""The frame of a document: what is left when most series are taken out; it goes through schema and ordinary reader."""

from __future__ import annotations

from typing import Any, Final

from ediel.messages import CollectedData, NotifyValidatedDataForBillingEnergy
from ediel.series._cut import Refused
from ediel.xml import taken

__all__ = ["metering"]

_LARGEST: Final = 5_000_000


def metering(frame: bytes) -> list[tuple[Any, Any]]:
    """The messages with metering values in a frame, each with its element.

    Raises:
        Refused: it is not valid, or too large to be worth while.
    """
    if len(frame) > _LARGEST:
        raise Refused("the frame is too large")
    found = taken(frame)
    if found is None:
        raise Refused("the frame is not valid")
    return [item for item in found if isinstance(item[1], CollectedData | NotifyValidatedDataForBillingEnergy)]
