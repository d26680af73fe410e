"""Which message a process uses: what the rows of ``ediel.brs`` say, as the rules ask it."""

from __future__ import annotations

from functools import cache

from ediel import brs
from ediel.brs import Use
from ediel.codes import BusinessProcess

Usage = Use


@cache
def uses_of(process: BusinessProcess) -> tuple[Use, ...]:
    """The uses of messages in a process; none when nothing is known of it."""
    return brs.of(process).uses


@cache
def processes_of(message: str) -> tuple[BusinessProcess, ...]:
    """The processes that are known to use a message, by number."""
    return tuple(row.code for row in brs.ROWS if row.use(message) is not None)
