"""From limits to dates: when a request may come, and until when it may be cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from ediel.codes import BusinessProcess
from ediel.market._profile import Limit, Profile, Settlement, What


@dataclass(frozen=True, slots=True)
class Deadline:
    """The day that a limit comes to, and the limit."""

    day: date
    limit: Limit


@dataclass(frozen=True, slots=True)
class Window:
    """The days that belong to a start (or end) date.

    A deadline that is ``None`` is unknown: no source gives it.

    Attributes:
        process: BRS number.
        settlement: profiled or interval settled.
        start: the date in the request.
        earliest, latest: first and last day on which the request may come.
        cancellation: last day on which it may be cancelled.
    """

    process: BusinessProcess
    settlement: Settlement
    start: date
    earliest: Deadline | None
    latest: Deadline | None
    cancellation: Deadline | None


@lru_cache(maxsize=4096)
def deadline(
    profile: Profile, process: BusinessProcess, settlement: Settlement, what: What, start: date
) -> Deadline | None:
    """One limit of a request for a start (or end) on a day; ``None`` when it is unknown.

    Raises:
        ValueError: the calendar has no table for that year.
    """
    back = profile.limit(process, settlement, "back") if what == "latest" else None
    if back is not None:  # a date that lies back: the request may come from that day until so many days after it
        return Deadline(profile.shift(start, replace(back, count=-back.count)), back)
    limit = profile.limit(process, settlement, what)
    return None if limit is None else Deadline(profile.shift(start, limit), limit)


def window(profile: Profile, process: BusinessProcess, settlement: Settlement, start: date) -> Window:
    """The window of a request for a start (or end) on a day.

    Raises:
        ValueError: the calendar has no table for that year.
    """
    names: tuple[What, ...] = ("earliest", "latest", "cancellation")
    return Window(
        process, settlement, start, *(deadline(profile, process, settlement, name, start) for name in names)
    )  # fmt: skip
