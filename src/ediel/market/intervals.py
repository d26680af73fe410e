"""Intervals of days: what is so on which days, and what was known of it when.

Days are Norwegian, intervals half open. ``Intervals`` is valid time: at most one value a day, kept by the type.
``History`` is recorded time: entries in the order in which they became known, each undone by its key. A ``Line`` is
both. Everything is immutable; an operation gives a new line, or is refused with ``LineRefused`` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final, Generic, Literal, Self, TypeVar

from ediel.errors import LineRefused

__all__ = [
    "FOREVER",
    "Change",
    "Entry",
    "History",
    "Interval",
    "Intervals",
    "Line",
    "LineRefused",
    "common",
    "uncovered",
]

FOREVER: Final = date.max
"""The day that stands for no end in sight where days are compared."""

T = TypeVar("T")
E = TypeVar("E")
V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Interval(Generic[V_co]):
    """A value that holds from a day until the day before another.

    Attributes:
        start: first day.
        end: the day from which it holds no more; ``None`` for no end in sight.
        value: what holds.
    """

    start: date
    end: date | None
    value: V_co

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise LineRefused(
                f"an interval from {self.start} to {self.end} has no day; expected an end after its start"
            )

    @property
    def until(self) -> date:
        """Its end, ``FOREVER`` when there is none in sight."""
        return FOREVER if self.end is None else self.end

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.start <= day < self.until

    def between(self, start: date, end: date | None) -> Interval[V_co] | None:
        """The part of it that lies in a period; ``None`` when no day of it does."""
        first, last = max(self.start, start), min(self.until, FOREVER if end is None else end)
        return Interval(first, _end(last), self.value) if first < last else None


@dataclass(frozen=True)
class Intervals(Generic[T]):
    """Intervals in order, no two of them on one day.

    Raises:
        LineRefused: two of them share a day.
    """

    items: tuple[Interval[T], ...] = ()

    def __post_init__(self) -> None:
        for before, after in pairwise(self.items):
            if after.start < before.until:
                raise LineRefused(
                    f"two intervals hold on {after.start}: one from {before.start} to {before.end or 'no end'}, and one"
                    f" from {after.start} to {after.end or 'no end'}; expected one a day"
                )

    @classmethod
    def of(cls, items: Iterable[Interval[T]]) -> Self:
        """Intervals in any order.

        Raises:
            LineRefused: two of them share a day.
        """
        return cls(tuple(sorted(items, key=lambda item: item.start)))

    def __iter__(self) -> Iterator[Interval[T]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def on(self, day: date) -> Interval[T] | None:
        """The interval that holds on a day."""
        return next((item for item in self.items if item.holds_on(day)), None)

    def next_start(self, day: date) -> date | None:
        """The first day after a day on which an interval begins."""
        return next((item.start for item in self.items if item.start > day), None)

    def between(self, start: date, end: date | None) -> Intervals[T]:
        """What holds in a period, cut at its ends."""
        return Intervals(tuple(part for item in self.items if (part := item.between(start, end)) is not None))

    def cut(self, start: date, end: date | None = None) -> Intervals[T]:
        """Without anything from a day until the day before another."""
        if end is not None and end <= start:
            raise LineRefused(f"cannot cut from {start} to {end}: no day lies between them")
        kept = [item.between(date.min, start) for item in self.items]
        if end is not None:
            kept += [item.between(end, None) for item in self.items]
        return Intervals.of(item for item in kept if item is not None)

    def insert(self, value: T, start: date, end: date | None = None, *, gives_way: bool = False) -> Intervals[T]:
        """With a value from a day on; what held on those days gives way to it.

        Args:
            value: what holds.
            start: first day.
            end: the day from which it holds no more; ``None`` for no end in sight.
            gives_way: whether it ends at the latest where the next interval begins that is there already.
        """
        after = self.next_start(start) if gives_way else None
        if after is not None:
            end = after if end is None else min(end, after)
        new = Interval(start, end, value)
        return Intervals.of((*self.cut(start, end), new))

    def ended(self, day: date) -> Intervals[T]:
        """With the interval that holds the day before ending on a day; later ones stay.

        Raises:
            LineRefused: none holds the day before.
        """
        found = self.on(day - timedelta(days=1)) if day > date.min else None
        if found is None:
            raise LineRefused(f"nothing can end on {day}: nothing holds the day before")
        return Intervals(tuple(replace(item, end=day) if item is found else item for item in self.items))

    def replaced(self, day: date, value: T) -> Intervals[T]:
        """With another value in the whole interval that holds on a day.

        Raises:
            LineRefused: none holds on it.
        """
        found = self.on(day)
        if found is None:
            raise LineRefused(f"nothing can be replaced on {day}: nothing holds on it")
        return Intervals(tuple(replace(item, value=value) if item is found else item for item in self.items))


def common(one: Iterable[Interval[T]], others: Iterable[Interval[object]]) -> Intervals[T]:
    """The parts of intervals that lie in any of some others; neighbours are put together where both sides adjoin."""
    result: list[Interval[T]] = []
    whole = tuple(others)
    for item in one:
        parts = sorted(
            (part for other in whole if (part := item.between(other.start, other.end)) is not None),
            key=lambda part: part.start,
        )
        joined: list[Interval[T]] = []
        for part in parts:
            if joined and part.start <= joined[-1].until:
                joined[-1] = Interval(joined[-1].start, _end(max(joined[-1].until, part.until)), item.value)
            else:
                joined.append(part)
        result += joined
    return Intervals.of(result)


def uncovered(start: date, end: date | None, by: Iterable[Interval[object]]) -> list[tuple[date, date | None]]:
    """The days of a period that none of some intervals holds, as half-open periods in order."""
    result: list[tuple[date, date | None]] = []
    day, last = start, FOREVER if end is None else end
    for item in sorted(by, key=lambda item: item.start):
        if item.until <= day:
            continue
        if item.start >= last:
            break
        if item.start > day:
            result.append((day, item.start))
        day = item.until
    if day < last:
        result.append((day, _end(last)))
    return result


def _end(day: date) -> date | None:
    return None if day == FOREVER else day


# --- recorded time


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """Something that became known.

    Attributes:
        key: by which it is undone, such as the identification of a process.
        recorded: when it became known, aware.
        what: what became known.
        undone: when it was taken back.
    """

    key: str
    recorded: datetime
    what: E
    undone: datetime | None = None

    def known(self, at: datetime | None) -> bool:
        """Whether it stood at a moment; at the latest one when not given."""
        if at is None:
            return self.undone is None
        return self.recorded <= at and (self.undone is None or self.undone > at)


@dataclass(frozen=True)
class History(Generic[E]):
    """What became known, in the order in which it did. Nothing is forgotten: what is undone stays, with the moment."""

    entries: tuple[Entry[E], ...] = ()

    @cached_property
    def latest(self) -> datetime | None:
        """The latest moment that an entry was recorded or undone."""
        moments = [moment for item in self.entries for moment in (item.recorded, item.undone) if moment is not None]
        return max(moments, default=None)

    def standing(self, at: datetime | None = None) -> Iterator[Entry[E]]:
        """What stands, or stood at a moment, in the order in which it was recorded."""
        return (item for item in self.entries if item.known(at))

    def recorded(self, key: str, what: E, at: datetime) -> Self:
        """With something more.

        Raises:
            LineRefused: something later is recorded already.
        """
        self._not_before(at)
        return replace(self, entries=(*self.entries, Entry(key, at, what)))

    def without(self, key: str, at: datetime) -> Self:
        """With everything of a key undone.

        Raises:
            LineRefused: nothing of it stands, or something later is recorded already.
        """
        self._not_before(at)
        if not any(item.key == key and item.undone is None for item in self.entries):
            raise LineRefused(f"{key} cannot be undone: nothing of it stands")
        return replace(
            self,
            entries=tuple(
                replace(item, undone=at) if item.key == key and item.undone is None else item for item in self.entries
            ),
        )

    def _not_before(self, at: datetime) -> None:
        if self.latest is not None and at < self.latest:
            raise LineRefused(
                f"{at.isoformat()} lies before {self.latest.isoformat()}, when something else became known;"
                " what was known then cannot be changed"
            )


# --- both


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One operation on a line.

    Attributes:
        what: ``insert``, ``cut``, or ``end`` of what holds the day before.
        start: first day; the day of the end.
        end: the day from which it holds no more, for an insertion or a cut.
        value: what is inserted, or what is ended: an end is of this value, and of no other.
        gives_way: whether an insertion ends where the next interval begins.
    """

    what: Literal["insert", "cut", "end"]
    start: date
    end: date | None = None
    value: T | None = None
    gives_way: bool = False


@dataclass(frozen=True)
class Line(Generic[T]):
    """What holds on which days, and what was known of it when.

    >>> from datetime import UTC
    >>> june, july = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    >>> line = Line[str]().insert("a", date(2026, 1, 1), key="1", at=june)
    >>> line = line.insert("b", date(2026, 5, 1), key="2", at=july)
    >>> [item.value for item in line], [item.value for item in line.known(june)]
    (['a', 'b'], ['a'])
    """

    base: Intervals[T] = field(default_factory=Intervals)
    history: History[Change[T]] = field(default_factory=History)

    @cached_property
    def now(self) -> Intervals[T]:
        """What holds, as is known now."""
        return self.known()

    def __iter__(self) -> Iterator[Interval[T]]:
        return iter(self.now)

    def on(self, day: date) -> Interval[T] | None:
        """The interval that holds on a day."""
        return self.now.on(day)

    def known(self, at: datetime | None = None) -> Intervals[T]:
        """What holds, as was known at a moment; as is known now when not given."""
        return _replayed(self.base, self.history.standing(at), _changed)

    def insert(
        self, value: T, start: date, end: date | None = None, *, key: str, at: datetime, gives_way: bool = False
    ) -> Line[T]:
        """With a value from a day on; see ``Intervals.insert``.

        Raises:
            LineRefused: no day lies in it, or something later is recorded already.
        """
        return self._with(key, Change("insert", start, end, value, gives_way), at)

    def cut(self, start: date, end: date | None = None, *, key: str, at: datetime) -> Line[T]:
        """Without anything from a day until the day before another.

        Raises:
            LineRefused: as for ``insert``.
        """
        return self._with(key, Change("cut", start, end), at)

    def end(self, day: date, *, key: str, at: datetime) -> Line[T]:
        """With what holds the day before ending on a day.

        Raises:
            LineRefused: nothing holds the day before, or something later is recorded already.
        """
        found = self.now.on(day - timedelta(days=1)) if day > date.min else None
        return self._with(key, Change("end", day, value=None if found is None else found.value), at)

    def undo(self, key: str, at: datetime) -> Line[T]:
        """As if what a key has recorded had not been: what was known before, with what others have recorded since.

        Raises:
            LineRefused: nothing of it stands, or what others have recorded since rests on it.
        """
        undone = replace(self, history=self.history.without(key, at))
        _ = undone.now  # what rests on it is refused here
        return undone

    def _with(self, key: str, change: Change[T], at: datetime) -> Line[T]:
        history = self.history.recorded(key, change, at)
        changed = replace(self, history=history)
        changed.__dict__["now"] = _changed(self.now, history.entries[-1])  # not replayed from the beginning
        return changed


S = TypeVar("S")


def _replayed(base: S, entries: Iterable[Entry[E]], apply: Callable[[S, Entry[E]], S]) -> S:
    for item in entries:
        base = apply(base, item)
    return base


def _changed(before: Intervals[T], entry: Entry[Change[T]]) -> Intervals[T]:
    change = entry.what
    if change.what == "cut":
        return before.cut(change.start, change.end)
    if change.what == "insert":
        value: T = change.value  # type: ignore[assignment]  # an insertion has a value, None may be one
        return before.insert(value, change.start, change.end, gives_way=change.gives_way)
    found = before.on(change.start - timedelta(days=1)) if change.start > date.min else None
    if found is None or found.value != change.value:
        raise LineRefused(f"what {entry.key} ended on {change.start} does not hold the day before")
    return before.ended(change.start)
