"""What must always be so in the market, as checks of one metering point.

A day has one supplier and one resident at the most. Who is supplied lives there, or is supplied of last resort, or the
row says that nobody does. An access lies within the time of one end user: whoever moves in gives it anew. Where the
register does not know a side, nothing is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from ediel.market._register import Access, Contract, EndUser, MeteringPoint
from ediel.market.intervals import FOREVER, Interval, uncovered

__all__ = ["INVARIANTS", "broken", "twice"]

Check = Callable[[MeteringPoint], Iterator[str]]
Spell = Contract | Access | EndUser


def broken(point: MeteringPoint) -> list[str]:
    """What is not as it must be on a metering point: a line for each, without anything about people."""
    return [f"{name}: {text}" for name, check in INVARIANTS.items() for text in check(point)]


def twice(point: MeteringPoint) -> list[str]:
    """What holds twice on one day where once is the most: suppliers, residents, accesses of one third party."""
    return [f"{name}: {text}" for name in _ONCE for text in INVARIANTS[name](point)]


def _real(spells: Iterable[Spell] | None) -> list[Spell]:
    """Those that have a day, in order."""
    return sorted(
        (item for item in spells or () if item.end is None or item.start < item.end), key=lambda item: item.start
    )


def _shared(spells: Sequence[Spell]) -> Iterator[str]:
    """Days on which two hold; the latest end so far counts, not only that of the one before."""
    until: date = date.min
    for before, after in pairwise(spells):
        until = max(until, before.end or FOREVER)
        if after.start < until:
            yield f"two hold on {after.start}"


def _one_supplier(point: MeteringPoint) -> Iterator[str]:
    yield from _shared(_real(point.contracts))


def _one_resident(point: MeteringPoint) -> Iterator[str]:
    yield from _shared(_real(point.end_users))


def _supplied_for_somebody(point: MeteringPoint) -> Iterator[str]:
    if point.end_users is None:
        return
    lived_in = [Interval(item.start, item.end, None) for item in _real(point.end_users)]
    for item in point.contracts or ():
        if item.kind == "last resort" or item.vacant or (item.end is not None and item.end <= item.start):
            continue
        for first, end in uncovered(item.start, item.end, lived_in):
            yield f"{item.supplier} supplies nobody from {first} to {end or 'no end'}"


def _access_of_one_end_user(point: MeteringPoint) -> Iterator[str]:
    if point.end_users is None:
        return
    homes = _real(point.end_users)
    for item in _real(point.accesses):
        until = item.end or FOREVER
        if not any(home.start <= item.start and until <= (home.end or FOREVER) for home in homes):
            yield f"the access from {item.start} to {item.end or 'no end'} lasts longer than one end user"


def _one_access(point: MeteringPoint) -> Iterator[str]:
    for third_party in sorted({item.third_party for item in point.accesses or ()}):
        own = [item for item in point.accesses or () if item.third_party == third_party]
        yield from (f"of {third_party}, {text}" for text in _shared(_real(own)))


INVARIANTS: Final[dict[str, Check]] = {
    "one supplier a day": _one_supplier,
    "one resident a day": _one_resident,
    "who is supplied lives there": _supplied_for_somebody,
    "an access belongs to one end user": _access_of_one_end_user,
    "one access a day for a third party": _one_access,
}
_ONCE: Final = ("one supplier a day", "one resident a day", "one access a day for a third party")
