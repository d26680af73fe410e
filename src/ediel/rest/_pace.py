"""Keeps to a limit of calls a second, and spreads waits: nobody calls in step with others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random
from typing import Final

_FIRST: Final = 0.5
_LONGEST: Final = 20.0


class Pace:
    """Turns for calls, evenly spaced. Safe for threads.

    Args:
        per_second: how many a second.
        ticks: a clock that only goes forward, in seconds.
    """

    def __init__(self, per_second: float, ticks: Callable[[], float]) -> None:
        self._step = 1 / per_second
        self._ticks = ticks
        self._lock = threading.Lock()
        self._next = 0.0

    def turn(self) -> float:
        """Take the next turn; seconds until it comes."""
        with self._lock:
            now = self._ticks()
            due = max(now, self._next)
            self._next = due + self._step
            return due - now


def back_off(attempt: int, chance: Random) -> float:
    """Seconds to wait after a failed attempt, the first being 0: doubled each time, with chance, at most 20."""
    return float(min(_LONGEST, _FIRST * 2**attempt) * (0.5 + chance.random() / 2))
