"""A metering point with its past: events in the order in which they became known, and the lines that follow.

Each event has the key of the process that brought it. Undo one, and the lines are what they would have been without
it; if a later event rests on it, that is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from ediel.errors import LineRefused
from ediel.market.intervals import FOREVER, Entry, History, Interval, uncovered
from ediel.market.lines import AccessChanged, AccessEnded, Event, Person, Residence, State

__all__ = ["Point", "SupplyNotice", "end_of_supply", "notices"]


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
        if not isinstance(event, AccessChanged | AccessEnded):
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
    """What a supplier must be told when the lines have changed: a contract is for one customer.

    Attributes:
        supplier: GLN.
        kind: as what it supplies.
        begins: whether its supply begins on the day; it ends on it otherwise.
        day: the day.
        customer: who is supplied; ``None`` where nobody lives there.
    """

    supplier: str
    kind: Literal["ordinary", "last resort"]
    begins: bool
    day: date
    customer: Residence | None


_Part = Interval[Residence | None]
_Key = tuple[str, Literal["ordinary", "last resort"], Person | None]


def notices(before: State, after: State) -> list[SupplyNotice]:
    """What suppliers must be told so that they know of ``after``, when they knew of ``before``; nothing for the same.

    Who hears that its supply of a customer begins on a day has it until it hears of an end; after a rollback, what had
    ended on that day goes on. An end is of what holds on the day before, or would have begun on the day; what begins
    later stays.
    """
    result: list[SupplyNotice] = []
    had, has = _contracts(before), _contracts(after)
    for key in sorted({*had, *has}, key=str):
        supplier, kind, _ = key
        turns = sorted(_turns(had.get(key, []), has.get(key, [])), key=lambda turn: (turn[0], turn[1]))
        result += [SupplyNotice(supplier, kind, begins=begins, day=day, customer=home) for day, begins, home in turns]
    return result


def end_of_supply(state: State, supplier: str, day: date) -> SupplyNotice | None:
    """When the supply of a day ends, of however many contracts with one customer it is made; ``None`` for no end."""
    for (who, kind, _), parts in _contracts(state).items():
        for run in _joined(parts) if who == supplier else ():
            if run.holds_on(day) and run.end is not None:
                return SupplyNotice(supplier, kind, begins=False, day=run.end, customer=run.value)
    return None


def _turns(old: list[_Part], new: list[_Part]) -> Iterator[tuple[date, bool, Residence | None]]:
    """Days on which a supply ends, or begins, for one who knows of the old contracts."""
    had, has = _joined(old), _joined(new)
    for run in had:
        for day, again in uncovered(run.start, run.end, has):
            yield day, False, run.value
            for item in old:  # contracts that begin among the days that are lost
                if day < item.start < (again or FOREVER) and run.start <= item.start < run.until:
                    yield item.start, False, item.value
            kept = None if again is None or again == run.end else next(item for item in has if item.holds_on(again))
            if again is not None and kept is not None and not any(item.start == again for item in old):
                yield again, True, kept.value  # the end has taken it away, too
                if kept.end is not None:
                    yield kept.end, False, kept.value
    for run in has:
        gained = uncovered(run.start, run.end, had)
        if gained:
            first, until = gained[0]
            yield first, True, run.value
            for item in new:  # contracts that begin among the days that come back: each had been ended by itself
                if first < item.start < (until or FOREVER) and run.start <= item.start < run.until:
                    yield item.start, True, item.value
            if run.end is not None:
                yield run.end, False, run.value


def _contracts(state: State) -> dict[_Key, list[_Part]]:
    """The contracts of a supplier with a person, in order."""
    result: dict[_Key, list[_Part]] = {}
    for item in state.supplies:
        parts: list[_Part] = [
            lived for home in state.residences if (lived := home.between(item.start, item.end)) is not None
        ]
        parts += [Interval(first, end, None) for first, end in uncovered(item.start, item.end, parts)]
        for part in sorted(parts, key=lambda part: part.start):
            person = None if part.value is None else part.value.person
            result.setdefault((item.value.supplier, item.value.kind, person), []).append(part)
    return result


def _joined(parts: list[_Part]) -> list[_Part]:
    """Contracts that follow one another, put together."""
    result: list[_Part] = []
    for part in parts:
        if result and result[-1].end == part.start:
            result[-1] = Interval(result[-1].start, part.end, part.value)
        else:
            result.append(part)
    return result
