"""What limits a call and a cycle: values with defaults, which are seldom given two at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ediel.transport._spool import Spool
from ediel.xml import LIMITS, Limits

DEADLINE: Final = 120.0
"""Seconds after which a call is given up, however it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Limits of a call.

    Attributes:
        compress: send gzip. Whether a hub demands it is not published.
        limits: how large an answer may be.
        deadline: seconds after which a call is given up, however it goes on.
        traceparent: gives the current span, which is then named in a header of each request; no header when not given.
        spool: where the answer to a poll is written that is above ``limits``; without one, it is refused. A call that
            brings such an answer goes on while half a megabyte comes in a second.
    """

    compress: bool = False
    limits: Limits = LIMITS
    deadline: float = DEADLINE
    traceparent: Callable[[], str | None] | None = None
    spool: Spool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierSettings:
    """Limits of a cycle.

    Attributes:
        most: result sets that are fetched per channel and cycle.
        workers: parties that are served at a time; one after the other, in the caller's thread, by default.
        patience: seconds after which a cycle goes on without a party that is not done; its calls are finished in the
            background. Only with several workers.
    """

    most: int = 100
    workers: int = 1
    patience: float = 10
