"""A circuit breaker for each party, which all workers share.

For a party that the hub refuses, and for one whose calls fail in a row, no worker calls for a while. Then one call of
each kind is tried; when the hub answers, all goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ediel.store import Lane, Lanes
from ediel.transport import Cycle

__all__ = ["Breaker", "BreakerState"]

_MOST: Final = 3
"""Jobs in a row that may fail before a party is left alone."""
_REFUSED: Final = (60.0, 3600.0)
"""First and longest pause, in seconds, after the hub has refused the party's certificate or authorisation."""
_FAILED: Final = (5.0, 300.0)
"""The same after calls that have failed in a row: a hub that is back is found again within five minutes."""
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Whether a party is served.

    Attributes:
        is_closed: as usual.
        is_probing: one call of a kind, to see whether the hub answers again.
    """

    is_closed: bool
    is_probing: bool


_CLOSED: Final = BreakerState(is_closed=True, is_probing=False)
_PROBING: Final = BreakerState(is_closed=False, is_probing=True)
_OPEN: Final = BreakerState(is_closed=False, is_probing=False)


class Breaker:
    """The circuit breakers of the parties of a database.

    Args:
        lanes: where they are kept.
        wall: the system's clock.
    """

    def __init__(self, lanes: Lanes, wall: Callable[[], datetime]) -> None:
        self._lanes = lanes
        self._wall = wall

    @staticmethod
    def state(lanes: Mapping[str, Lane], gln: str, wall: datetime) -> BreakerState:
        """Whether a party is served now."""
        lane = lanes.get(_name(gln))
        if lane is None or lane.next_at is None:
            return _CLOSED
        return _PROBING if lane.next_at <= wall else _OPEN

    @staticmethod
    def failed(lanes: Mapping[str, Lane], gln: str) -> bool:
        """Whether the latest call of a party has failed."""
        lane = lanes.get(_name(gln))
        return lane is not None and lane.failures > 0

    def note(self, gln: str, cycle: Cycle, stopped: str | None, *, failed: bool) -> None:
        """What became of a job of a party.

        Args:
            gln: the party.
            cycle: what was done.
            stopped: why the hub refuses the party, where it does.
            failed: whether the hub was not reached, or not understood.
        """
        name, wall = _name(gln), self._wall()
        lane = self._lanes.get(name)
        if stopped is None and not failed:
            if lane.failures and not cycle.postponed:
                self._lanes.ended(name, wall)
            return
        words = " ".join((stopped or cycle.problems[-1]).split())[:_LONGEST]
        failures, pause = lane.failures + 1, 0.0
        if stopped is not None:
            pause = _pause(failures, _REFUSED)
        elif failures >= _MOST:
            pause = _pause(failures - _MOST + 1, _FAILED)
        next_at = wall + timedelta(seconds=pause) if pause else None
        self._lanes.ended(name, wall, next_at=next_at, error=words)


def _pause(failures: int, limits: tuple[float, float]) -> float:
    first, longest = limits
    return min(first * 2.0 ** min(failures - 1, 20), longest)


def _name(gln: str) -> str:
    return f"party/{gln}"
