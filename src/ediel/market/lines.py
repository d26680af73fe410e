"""A metering point as lines of intervals: who lives there, who supplies it, who has access, and what changes that.

Events change the lines; each says what must hold for it. Two residents or two suppliers on one day cannot be said.

That a move-in back in time lasts until the next one, and that it ends what was agreed for those days for the one who
had left, is assumed: what Elhub does then is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Literal

from ediel.codes import EndUserScheme
from ediel.errors import LineRefused
from ediel.market.intervals import FOREVER, Interval, Intervals, common

__all__ = [
    "AccessChanged",
    "AccessEnded",
    "AccessGiven",
    "Corrected",
    "Event",
    "MovedIn",
    "MovedOut",
    "Person",
    "Residence",
    "State",
    "Supply",
    "SupplyEnded",
    "Switched",
    "Terms",
]

Level = Literal["full", "limited"]
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Who an end user is, or which organisation. The identification stays out of ``repr``."""

    identification: str = field(repr=False)
    scheme: EndUserScheme


@dataclass(frozen=True, slots=True)
class Residence:
    """One end user's time at a metering point.

    Attributes:
        key: the process that brought it, or what it was seeded as; a correction of the person leaves it.
        person: who.
    """

    key: str
    person: Person


@dataclass(frozen=True, slots=True)
class Supply:
    """Who supplies, and as what.

    Attributes:
        supplier: GLN.
        kind: ``ordinary`` or ``last resort``.
        vacant: whether it is known that nobody lives there meanwhile.
    """

    supplier: str
    kind: Literal["ordinary", "last resort"] = "ordinary"
    vacant: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a third party was given.

    Attributes:
        level: ``full`` or ``limited``.
        residence: key of the residence of the end user who gave it; it lasts no longer than that.
    """

    level: Level
    residence: str


@dataclass(frozen=True)
class State:
    """The lines of a metering point, as they are known at one moment.

    Attributes:
        residences: who lives there.
        supplies: who supplies.
        given: accesses as they were given, by third party; ``access`` is what is left of them.
    """

    residences: Intervals[Residence] = field(default_factory=Intervals)
    supplies: Intervals[Supply] = field(default_factory=Intervals)
    given: Mapping[str, Intervals[Terms]] = field(default_factory=dict)

    def access(self, third_party: str) -> Intervals[Terms]:
        """The days on which a third party has access: those on which the end user who gave it lives there."""
        whole = self.given.get(third_party, Intervals())
        return Intervals.of(
            part
            for item in whole
            for part in common((item,), (home for home in self.residences if home.value.key == item.value.residence))
        )

    def resident(self, day: date) -> Residence | None:
        """Who lives there on a day."""
        found = self.residences.on(day)
        return None if found is None else found.value

    def supply(self, day: date) -> Supply | None:
        """Who supplies on a day."""
        found = self.supplies.on(day)
        return None if found is None else found.value


# --- what happens


@dataclass(frozen=True, slots=True)
class MovedIn:
    """An end user moves in (BRS-NO-102, 103, 123), until the next one does; whoever lived there has left."""

    day: date
    person: Person
    supply: Supply | None

    def apply(self, state: State, key: str) -> State:
        """The lines after it."""
        end = state.residences.next_start(self.day)
        supplies = state.supplies.cut(self.day, end)
        return replace(
            state,
            residences=state.residences.insert(Residence(key, self.person), self.day, end),
            supplies=supplies if self.supply is None else supplies.insert(self.supply, self.day, end),
        )

    def resolved(self, state: State) -> MovedIn:
        """The event itself; whoever lives there already does not move in."""
        for day in (self.day - _DAY, self.day):
            home = state.resident(day)
            if home is not None and home.person == self.person:
                raise LineRefused(f"whoever moves in on {self.day} lives there on {day} already")
        return self


@dataclass(frozen=True, slots=True)
class MovedOut:
    """An end user moves out (BRS-NO-201, 211): what was agreed for later days falls.

    Attributes:
        day: the first day without the end user.
        person: who, where that is known.
        supplier: who supplies until then, where it is a supplier that says so.
        residence: key of the residence that ends; found when the event is recorded.
    """

    day: date
    person: Person | None = None
    supplier: str | None = None
    residence: str | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it."""
        before = self.day - _DAY
        found = _home(state, before, self.person, self.residence)
        _supplied_by(state, before, self.supplier)
        supplies = state.supplies if found.end == self.day else state.supplies.cut(self.day, found.end)
        return replace(state, residences=state.residences.ended(self.day), supplies=supplies)

    def resolved(self, state: State) -> MovedOut:
        """The event with the residence that it is about; who leaves on that day already has nothing to end."""
        if _home(state, self.day - _DAY, self.person, self.residence).end == self.day:
            raise LineRefused(f"the end user leaves on {self.day} already")
        return replace(self, residence=_home(state, self.day - _DAY, self.person, self.residence).value.key)


@dataclass(frozen=True, slots=True)
class Switched:
    """An end user takes another supplier (BRS-NO-101, 104) until the next change, or until it leaves."""

    day: date
    person: Person | None
    supply: Supply
    residence: str | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it."""
        home = _home(state, self.day, self.person, self.residence)
        end = min(state.supplies.next_start(self.day) or FOREVER, home.until)
        return replace(state, supplies=state.supplies.insert(self.supply, self.day, _or_none(end)))

    def resolved(self, state: State) -> Switched:
        """The event with the residence that it is about; who supplies already does not begin to."""
        if state.supply(self.day) == self.supply:
            raise LineRefused(f"{self.supply.supplier} supplies on {self.day} already")
        return replace(self, residence=_home(state, self.day, self.person, self.residence).value.key)


@dataclass(frozen=True, slots=True)
class SupplyEnded:
    """A supply ends and the end user stays (BRS-NO-202): somebody supplies of last resort until the next change."""

    day: date
    supplier: str
    then: Supply | None
    residence: str | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it."""
        before = self.day - _DAY
        _supplied_by(state, before, self.supplier)
        if self.residence is not None:
            _home(state, before, None, self.residence)
        following = state.supplies.next_start(before) or FOREVER
        if following == self.day:
            return state  # another supply begins on that day anyway
        home = state.residences.on(before)
        end = _or_none(min(following, FOREVER if home is None else home.until))
        if end == self.day:
            return state
        supplies = state.supplies.cut(self.day, end)
        return replace(state, supplies=supplies if self.then is None else supplies.insert(self.then, self.day, end))

    def resolved(self, state: State) -> SupplyEnded:
        """The event with the residence that it is about; a supply that ends on that day already has nothing to end."""
        found, home = state.supplies.on(self.day - _DAY), state.resident(self.day - _DAY)
        if found is not None and found.end == self.day:
            raise LineRefused(f"the supply ends on {self.day} already")
        if found is not None and self.then is not None and found.value.supplier == self.then.supplier:
            raise LineRefused(f"{self.supplier} supplies of last resort; nobody would follow it")
        return self if self.residence is not None or home is None else replace(self, residence=home.key)


@dataclass(frozen=True, slots=True)
class AccessGiven:
    """The end user of a day gives a third party access from that day (BRS-NO-622, 623, 624)."""

    day: date
    third_party: str
    level: Level = "limited"
    end: date | None = None
    residence: str | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it. An access whose giver is not there any more has no day, and stands in nobody's way."""
        residence = self.residence or _home(state, self.day, None, None).value.key
        line = state.given.get(self.third_party, Intervals())
        line = line.insert(Terms(self.level, residence), self.day, self.end)
        return replace(state, given={**state.given, self.third_party: line})

    def resolved(self, state: State) -> AccessGiven:
        """The event with the residence that it is about."""
        return replace(self, residence=_home(state, self.day, None, self.residence).value.key)


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """An access gets another level or another end from a day on."""

    day: date
    third_party: str
    level: Level
    end: date | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it; an access that is not there any more is not changed."""
        found = state.access(self.third_party).on(self.day)
        if found is None:
            return state
        line = state.given[self.third_party].cut(self.day)
        if self.end is None or self.end > self.day:
            line = line.insert(Terms(self.level, found.value.residence), self.day, self.end)
        return replace(state, given={**state.given, self.third_party: line})


@dataclass(frozen=True, slots=True)
class AccessEnded:
    """An access ends: its end user or the third party has ended it, or has left."""

    day: date
    third_party: str

    def apply(self, state: State, _key: str) -> State:
        """The lines after it."""
        line = state.given.get(self.third_party, Intervals()).cut(self.day)
        return replace(state, given={**state.given, self.third_party: line})


@dataclass(frozen=True, slots=True)
class Corrected:
    """The end user of a day has another identification than was known (BRS-NO-301); it is the same residence."""

    day: date
    person: Person
    residence: str | None = None

    def apply(self, state: State, _key: str) -> State:
        """The lines after it; a residence that is not there any more is not corrected."""
        residence = self.residence or _home(state, self.day, None, None).value.key
        items = (
            replace(item, value=replace(item.value, person=self.person)) if item.value.key == residence else item
            for item in state.residences
        )
        return replace(state, residences=Intervals(tuple(items)))

    def resolved(self, state: State) -> Corrected:
        """The event with the residence that it is about."""
        return replace(self, residence=_home(state, self.day, None, self.residence).value.key)


Event = MovedIn | MovedOut | Switched | SupplyEnded | AccessGiven | AccessChanged | AccessEnded | Corrected


def _home(state: State, day: date, person: Person | None, residence: str | None) -> Interval[Residence]:
    """The residence of a day, which must be a certain one where it is named."""
    found = state.residences.on(day)
    if found is None:
        raise LineRefused(f"there is no end user on {day}")
    if residence is not None:
        if found.value.key != residence:
            raise LineRefused(f"the end user of {day} is another one")
    elif person is not None and found.value.person != person:
        raise LineRefused(f"the end user of {day} is another one")
    return found


def _supplied_by(state: State, day: date, supplier: str | None) -> None:
    found = state.supply(day)
    if supplier is not None and (found is None or found.supplier != supplier):
        raise LineRefused(f"{supplier} does not supply on {day}")


def _or_none(day: date) -> date | None:
    return None if day == FOREVER else day
