"""What a process is: one row each, from which everything else about processes derives.

``of(code)`` is the row of a BRS number. Rules, process tables, orders, the stand-in hub, test samples and docs ask the
rows, and never compare BRS numbers; where one process is meant, it is named: ``brs.ACTIVATION``. ``python -m ediel.brs
check`` says where they disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from ediel.brs._row import ACKNOWLEDGEMENT, Channel, Dates, Family, Process, Use, Way
from ediel.brs._rows import (
    ACCESS,
    ACTIVATION,
    ANNUAL_VOLUME,
    CHANGE_FROM_LAST_RESORT,
    CHANGE_OF_SUPPLIER,
    GRID_MOVE_OUT,
    INTERVAL_VALUES,
    MASTER_DATA_QUERY,
    MOVE_IN_AHEAD,
    MOVE_IN_BACK,
    NEW_POINT,
    PERIOD_VOLUMES,
    READING,
    REMINDER,
    ROWS,
    VALUES_QUERY,
    WITHDRAWAL,
)
from ediel.codes import BusinessProcess

FAMILIES: Final[tuple[Family, ...]] = (
    "supply", "access", "authorisation", "query", "question",
    "master_data", "annual_volume", "metering_values", "shared_production",
)  # fmt: skip
"""Every family."""


@cache
def _by_code() -> dict[str, Process]:
    return {row.code.value: row for row in ROWS}


@cache
def of(process: BusinessProcess | str) -> Process:
    """The row of a process.

    Args:
        process: its BRS number, such as ``BRS-NO-101``.

    Raises:
        KeyError: there is no such process.
    """
    return _by_code()[str(process)]


def numbered(number: str) -> Process | None:
    """The row of a BRS number that is given by its last three digits; ``None`` when there is none."""
    return _by_code().get(f"BRS-NO-{number}")


@cache
def rolled_back_by(process: BusinessProcess) -> tuple[Process, ...]:
    """The processes that a process rolls back; none when it is no rollback."""
    return tuple(row for row in ROWS if row.rollback is process)


def is_rollback(process: BusinessProcess) -> bool:
    """Whether a process rolls others back."""
    return bool(rolled_back_by(process))


def of_family(family: Family) -> Iterator[Process]:
    """The processes of a family, by number."""
    return (row for row in ROWS if row.family == family)


@cache
def requesting(message: str) -> tuple[Process, ...]:
    """The processes in which market parties send a message, by number."""
    return tuple(row for row in ROWS if message in row.requests)


__all__ = [
    "ACCESS",
    "ACKNOWLEDGEMENT",
    "ACTIVATION",
    "ANNUAL_VOLUME",
    "CHANGE_FROM_LAST_RESORT",
    "CHANGE_OF_SUPPLIER",
    "FAMILIES",
    "GRID_MOVE_OUT",
    "INTERVAL_VALUES",
    "MASTER_DATA_QUERY",
    "MOVE_IN_AHEAD",
    "MOVE_IN_BACK",
    "NEW_POINT",
    "PERIOD_VOLUMES",
    "READING",
    "REMINDER",
    "ROWS",
    "VALUES_QUERY",
    "WITHDRAWAL",
    "Channel",
    "Dates",
    "Family",
    "Process",
    "Use",
    "Way",
    "is_rollback",
    "numbered",
    "of",
    "of_family",
    "requesting",
    "rolled_back_by",
]
