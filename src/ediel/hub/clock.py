"""The hub's clock: it can stand still, be set, and be moved, so that a deadline of days passes in no time.

Only the market lives by it. Signatures are judged by the clock of the machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["EARLIEST", "LATEST", "VirtualClock", "within"]

EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2040, 12, 31, tzinfo=UTC)
"""Where a market's clock may stand: the years whose working days are known."""


def within(moment: datetime) -> datetime:
    """A moment at which a market's clock may stand.

    Raises:
        ValueError: it has no time zone, or lies outside of the years whose working days are known.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone; pass an aware datetime")
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a clock of the year {moment.year}; expected {EARLIEST.year} to {LATEST.year}")
    return moment


def _machine() -> datetime:
    return datetime.now(UTC)


class VirtualClock:
    """Gives the moment, aware, when called. Safe for threads.

    Args:
        start: where it begins; the present moment when not given.
        runs: whether it goes on by itself.
        machine: the clock behind it.
    """

    def __init__(
        self, start: datetime | None = None, *, runs: bool = True, machine: Callable[[], datetime] = _machine
    ) -> None:
        self._machine = machine
        self._lock = threading.Lock()
        self._runs = runs
        self._set(start or machine())

    def _set(self, moment: datetime) -> None:
        self._moment = within(moment)
        self._since = self._machine()

    def __call__(self) -> datetime:
        """The moment."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        return self._moment + (self._machine() - self._since) if self._runs else self._moment

    @property
    def runs(self) -> bool:
        """Whether it goes on by itself."""
        return self._runs

    def set(self, moment: datetime) -> datetime:
        """Set it to a moment, which may lie back; gives the moment.

        Raises:
            ValueError: the moment has no time zone, or lies outside of the years whose working days are known.
        """
        with self._lock:
            self._set(moment)
            return self._now()

    def forward(self, by: timedelta) -> datetime:
        """Move it on; gives the moment.

        Raises:
            ValueError: ``by`` is negative, or leads outside of the years whose working days are known.
        """
        if by < timedelta(0):
            raise ValueError(f"a clock is moved forward by {by}; give a positive time, or set it")
        with self._lock:
            try:
                moment = self._now() + by
            except OverflowError:
                raise ValueError(f"a clock is moved forward by {by}; no calendar goes as far") from None
            self._set(moment)
            return self._now()

    def written(self) -> str:
        """The clock as text, to go on with after a stop of the machine; see ``read``."""
        with self._lock:
            return (
                f"runs {(self._now() - self._machine()).total_seconds()}"
                if self._runs
                else f"stands {self._now().isoformat()}"
            )

    @classmethod
    def read(cls, text: str, *, machine: Callable[[], datetime] = _machine) -> VirtualClock:
        """A clock that was written: as far from the machine's as it was, or standing where it stood."""
        kind, _, value = text.partition(" ")
        if kind == "runs":
            return cls(machine() + timedelta(seconds=float(value)), machine=machine)
        return cls(datetime.fromisoformat(value), runs=False, machine=machine)

    def stop(self) -> None:
        """Let it stand still."""
        with self._lock:
            self._set(self._now())
            self._runs = False

    def run(self) -> None:
        """Let it go on by itself."""
        with self._lock:
            self._set(self._now())
            self._runs = True
