"""A metering point with its past: events in the order in which they became known, and the lines that follow.

Each event has the key of the process that brought it. Undo one, and the lines are what they would have been without
it; if a later event rests on it, that is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import zip_longest
from typing import Literal

from ediel.market.intervals import Entry, History, Interval, Intervals, LineRefused
from ediel.market.lines import AccessGiven, Corrected, Event, MovedOut, State, Supply, Switched

__all__ = ["Point", "SupplyNotice", "notices"]


@dataclass(frozen=True)
class Point:
    """What has become known of a metering point, and the lines that follow from it.

    Attributes:
        base: what was known from the beginning.
        history: what has become known since, by the key of the process that brought it.
    """

    base: State = field(default_factory=State)
    history: History[Event] = field(default_factory=History)

    @cached_property
    def now(self) -> State:
        """The lines, as they are known now."""
        return self.known()

    def known(self, at: datetime | None = None) -> State:
        """The lines, as they were known at a moment; as they are known now when not given."""
        state = self.base
        for entry in self.history.standing(at):
            state = _applied(state, entry)
        return state

    def record(self, key: str, event: Event, at: datetime) -> Point:
        """With an event more.

        Raises:
            LineRefused: it cannot be, with what is known; or something later is recorded already.
        """
        if isinstance(event, MovedOut | Switched | AccessGiven | Corrected) and event.residence is None:
            event = event.resolved(self.now)
        history = self.history.recorded(key, event, at)
        after = replace(self, history=history)
        after.__dict__["now"] = event.apply(self.now, key)  # not replayed from the beginning
        return after

    def undo(self, key: str, at: datetime) -> Point:
        """As if the events of a key had not been; those that were recorded since stand.

        Raises:
            LineRefused: nothing of it stands, or an event that was recorded since rests on it; the text says which.
        """
        undone = replace(self, history=self.history.without(key, at))
        _ = undone.now  # what rests on it is refused here
        return undone


def _applied(state: State, entry: Entry[Event]) -> State:
    try:
        return entry.what.apply(state, entry.key)
    except LineRefused as error:
        kind = type(entry.what).__name__
        raise LineRefused(f"{kind} of {entry.what.day} ({entry.key}) rests on it: {error}") from None


# --- who must be told


@dataclass(frozen=True, slots=True)
class SupplyNotice:
    """What a supplier must be told when the lines have changed.

    Attributes:
        supplier: GLN.
        kind: as what it supplies.
        begins: whether its supply begins on the day; it ends on it otherwise, and nothing that it had later is left.
        day: the day.
    """

    supplier: str
    kind: Literal["ordinary", "last resort"]
    begins: bool
    day: date


def notices(before: Intervals[Supply], after: Intervals[Supply]) -> list[SupplyNotice]:
    """What suppliers must be told to know of ``after``, when they knew of ``before``; nothing where it is the same.

    Who hears that its supply ends on a day has no later one, until it hears of a beginning. A supply that never came to
    be ends on the day on which it would have begun.
    """
    found: list[SupplyNotice] = []
    kinds = {item.value.supplier: item.value.kind for line in (after, before) for item in line}
    for supplier, kind in sorted(kinds.items()):
        had, has = _runs(before, supplier), _runs(after, supplier)
        day = _first_difference(had, has)
        if day is None:
            continue
        if any(run.holds_on(day) for run in had):
            found.append(SupplyNotice(supplier, kind, begins=False, day=day))
        for run in has:
            if run.until > day:
                found.append(SupplyNotice(supplier, kind, begins=True, day=max(run.start, day)))
                if run.end is not None:
                    found.append(SupplyNotice(supplier, kind, begins=False, day=run.end))
    return found


def _runs(line: Intervals[Supply], supplier: str) -> list[Interval[None]]:
    """The days of a supplier; neighbours are put together."""
    own = [item for item in line if item.value.supplier == supplier]
    found: list[Interval[None]] = []
    for item in own:
        if found and found[-1].end == item.start:
            found[-1] = Interval(found[-1].start, item.end, None)
        else:
            found.append(Interval(item.start, item.end, None))
    return found


def _first_difference(some: list[Interval[None]], others: list[Interval[None]]) -> date | None:
    """The first day that only one of two lists of periods holds."""
    for one, other in zip_longest(some, others):
        if one is None or other is None:
            return (one or other).start
        if one.start != other.start:
            return min(one.start, other.start)
        if one.end != other.end:
            return min(one.until, other.until)
    return None
