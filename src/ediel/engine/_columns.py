"""Values that arrive stay columns: a large document goes to ``ediel.series`` once, where that is installed.

What the engine gets is the same either way: messages with header, process and payloads. Of a large one, the payloads
are made when somebody asks for them.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from ediel._memory import LARGE, give_back
from ediel.store import Store, has_values, stamp
from ediel.values.errors import ValuesError
from ediel.xml import LIMITS, Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from ediel.messages import Message
    from ediel.series.arriving import Arrived
    from ediel.store import Unit
    from ediel.values import ValuesStore

__all__ = ["LEAST", "Keeper", "arrived", "given_back", "points_of_columns", "tend", "values_of", "values_store"]

LEAST: Final = 20_000
"""Bytes from which on columns are quicker than objects."""
_NAME: Final = b"NotifyValidatedDataForBillingEnergy"
_HOLDERS: Final = frozenset({_NAME.decode(), "CollectedData"})
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


def points_of_columns(message: Message) -> frozenset[str] | None:
    """The metering points of a message whose values are in columns; nothing of one whose payloads are typed."""
    known = getattr(getattr(message, "payloads", None), "metering_points", None)
    return None if known is None else frozenset(known())


def values_of(message: Message) -> pa.Table | None:
    """The metering values of a message by ``ediel.series.SCHEMA``; nothing of a message that holds none."""
    if message.name() not in _HOLDERS:
        return None
    from ediel.series._slow import columns  # noqa: PLC0415 - only where a values store asks

    known = getattr(getattr(message, "payloads", None), "table", None)
    table = columns([message]).table() if known is None else known
    return table if table.num_rows else None


def values_store(store: Store, place: str | Path | None) -> ValuesStore | None:
    """The values store of a database; nothing where it has none, and none is given.

    Raises:
        ValuesError: it cannot be used, or what it needs is not installed.
    """
    if place is None and not has_values(store):
        return None
    try:
        from ediel.values._store import ValuesStore  # noqa: PLC0415 - the extra may not be installed
    except ImportError as error:
        raise ValuesError(f"the values store needs the extra ediel[values]: {error}") from None
    return ValuesStore.of(store, place)


def tend(values: ValuesStore, store: Store, now: datetime) -> int:
    """Put small files together; then remove those that no manifest has named for a day. How many files are fewer."""
    from ediel.values._keeping import clean, compact  # noqa: PLC0415 - as above

    gone = compact(values, store, now)
    if gone:
        clean(values, datetime.now(UTC))  # files are stamped by the clock of the system
    return gone


@contextmanager
def given_back(*sources: bytes | Document) -> Iterator[None]:
    """Afterwards, memory that large sources have taken is the system's again."""
    try:
        yield
    finally:
        if sum(len(source.data if isinstance(source, Document) else source) for source in sources) > LARGE:
            give_back()


class Keeper:
    """Keeps the values of messages in a values store, and says what their events tell of it.

    Args:
        values: the store.
    """

    def __init__(self, values: ValuesStore) -> None:
        self._values = values

    def keep(self, unit: Unit, message: Message, party: str, now: datetime) -> dict[str, object]:
        """Keep the values of a message, in the transaction of a unit.

        Returns:
            What an event tells, as ``arrival``: its cursor, how many values and points, and the period in UTC; nothing
            of a message without values.
        """
        table = values_of(message)
        if table is None:
            return {}
        header = message.header
        came = self._values.add(
            unit, table, party=party, message_id=header.identification, sender=str(header.juridical_sender), now=now
        )
        told = {
            "cursor": came.cursor, "values": came.rows, "points": came.points,
            "start": came.start and stamp(came.start), "end": came.end and stamp(came.end),
        }  # fmt: skip
        return {"arrival": told}
