"""Queues at the hub that are left alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["Paused"]

_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 3600.0


class Paused:
    """Queues whose answer was too large to be read: fetched again after a while, longer each time, and not forgotten.

    Args:
        monotonic: a clock that only goes forward, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._queues: dict[str, tuple[float, float, str]] = {}

    def problem(self, queue: str) -> str | None:
        """Why a queue is left alone for now; ``None`` where it is not."""
        until, _, words = self._queues.get(queue, (0.0, 0.0, ""))
        left = until - self._monotonic()
        return f"{words}. It is fetched again in {left:.0f} seconds" if left > 0 else None

    def add(self, queue: str, words: str) -> None:
        """Leave a queue alone for twice as long as the last time."""
        before = self._queues.get(queue, (0.0, 0.0, ""))[1]
        seconds = min(max(before * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._queues[queue] = self._monotonic() + seconds, seconds, words

    def end(self, queue: str) -> None:
        """It was read."""
        self._queues.pop(queue, None)
