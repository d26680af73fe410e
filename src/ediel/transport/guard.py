"""Watches the wall clock: deadlines are fired by it, and a clock that jumps would fire them for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["ClockGuard"]


class ClockGuard:
    """Compares the wall clock with the monotonic one, and with the hub's where they part.

    A step of the wall clock is right where the hub's clock agrees with it, as after a computer has slept or its time
    was set; then the guard goes on from there.

    Args:
        clock: the wall clock, aware.
        monotonic: a clock that only goes forward, in seconds.
        most: how far they may part.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        most: timedelta = timedelta(minutes=5),
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._most = most
        self._since: tuple[datetime, float] | None = None

    def problem(self, time_of_hub: Callable[[], datetime | None]) -> str | None:
        """What is wrong with the clock, in words; ``None`` when nothing is.

        Args:
            time_of_hub: called at the first check, and when the clocks have drifted apart.
        """
        wall, steady = self._clock().astimezone(UTC), self._monotonic()
        if self._since is not None:
            expected = self._since[0] + timedelta(seconds=steady - self._since[1])
            if abs(wall - expected) <= self._most:
                self._since = (wall, steady)  # what drifts slowly is put right slowly, by NTP
                return None
        hub_time = time_of_hub()
        if hub_time is None and self._since is None:
            self._since = (wall, steady)  # the hub's time is unknown: begin with the own clock
            return None
        if hub_time is not None and abs(self._clock().astimezone(UTC) - hub_time) <= self._most:
            self._since = (wall, steady)
            return None
        hub = "the hub does not state its time" if hub_time is None else f"the hub has {hub_time:%Y-%m-%d %H:%M} UTC"
        was = "" if self._since is None else f", by the time that has passed it is {expected:%Y-%m-%d %H:%M} UTC"
        return (
            f"the clock of this machine shows {wall:%Y-%m-%d %H:%M} UTC{was}, and {hub}: nothing is sent, fetched or "
            "fired until they agree; let the machine keep time (NTP)"
        )
