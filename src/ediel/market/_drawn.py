"""A metering point of a register, drawn as lines: the same for a file of a tester as for the seed of a stand-in hub."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from typing import Final, TypeVar

from ediel.market._register import Access, MeteringPoint
from ediel.market.intervals import FOREVER, Interval, Intervals
from ediel.market.lines import Person, Residence, State, Supply, Terms

_SEED: Final = "seed/"
P = TypeVar("P", bound=MeteringPoint)


def seeded_key(start: date) -> str:
    """Key of a residence that a register lists."""
    return f"{_SEED}{start.isoformat()}"


def drawn(point: MeteringPoint, last_resort: Container[str] = ()) -> State:
    """The lines of a metering point as a register lists it; what it does not know is a line without anything.

    An access belongs to the end user of its first day, or to the first one after it.

    Args:
        point: what is listed.
        last_resort: GLNs of suppliers that supply of last resort, whatever the contract says.

    Raises:
        LineRefused: two suppliers or two residents hold on one day.
    """
    residences = Intervals.of(
        Interval(item.start, item.end, Residence(seeded_key(item.start), Person(item.identification, item.scheme)))
        for item in point.end_users or ()
        if item.end is None or item.start < item.end
    )
    supplies = Intervals.of(
        Interval(
            item.start,
            item.end,
            Supply(item.supplier, "last resort" if item.supplier in last_resort else item.kind, item.vacant),
        )
        for item in point.contracts or ()
        if item.end is None or item.start < item.end
    )
    given: dict[str, Intervals[Terms]] = {}
    for access in point.accesses or ():
        home = next((item for item in residences if item.until > access.start), None)
        if home is not None and access.start < (access.end or FOREVER):
            line = given.get(access.third_party, Intervals())
            terms = Terms(access.level, home.value.key)
            given[access.third_party] = line.insert(terms, access.start, access.end)
    return State(residences, supplies, given)


def accesses_of(state: State) -> tuple[Access, ...]:
    """What is left of the accesses: the days on which the end user who gave each lives there."""
    return tuple(
        Access(start=item.start, end=item.end, third_party=third_party, level=item.value.level)
        for third_party in sorted(state.given)
        for item in state.access(third_party)
    )


def on_lines(point: P) -> P:
    """A metering point whose accesses last no longer than their giver lives there, where it is known who does."""
    if not point.accesses or point.end_users is None:
        return point
    return point.model_copy(update={"accesses": accesses_of(drawn(point))})
