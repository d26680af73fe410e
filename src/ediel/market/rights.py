"""Whose days are whose: on which days a market party may know of a metering point (BRS-NO-303, 313, 315, 622).

A supplier has the days of its contracts, a third party those on which the end user who gave it access lives there, the
grid access provider of the point all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from ediel.codes import Role
from ediel.market._register import Access, Contract, MeteringPoint
from ediel.market._unknown import UNKNOWN, Unknown
from ediel.market.intervals import Interval, uncovered

__all__ = ["days_of", "may_know", "spells_of"]

_GRID: Final = frozenset({Role.DDM, Role.MDR})
_SUPPLIERS: Final = frozenset({Role.DDQ, Role.SLR})
_ALWAYS: Final[Interval[None]] = Interval(date.min, None, None)


def spells_of(point: MeteringPoint, party: str, role: Role) -> tuple[Contract, ...] | tuple[Access, ...] | Unknown:
    """Contracts of a supplier, or accesses of a third party, on a metering point; none for any other role."""
    if role in _SUPPLIERS:
        known = point.contracts
        return UNKNOWN if known is None else tuple(item for item in known if item.supplier == party)
    if role is Role.AG:
        given = point.accesses
        return UNKNOWN if given is None else tuple(item for item in given if item.third_party == party)
    return ()


def days_of(point: MeteringPoint, party: str, role: Role) -> list[Interval[None]] | Unknown:
    """The days on which a party may know of a metering point, in a role.

    Args:
        point: what is known of the metering point.
        party: GLN of the party.
        role: in which role it asks or is told.

    Returns:
        Half-open periods of Norwegian days; ``UNKNOWN`` where the register cannot tell, or knows nothing of the role.
    """
    if role in _GRID:
        if point.grid_access_provider is None:
            return UNKNOWN
        return [_ALWAYS] if point.grid_access_provider == party else []
    if role not in _SUPPLIERS and role is not Role.AG:
        return UNKNOWN
    spells = spells_of(point, party, role)
    return spells if isinstance(spells, Unknown) else _periods(spells)


def may_know(point: MeteringPoint, party: str, role: Role, start: date, end: date) -> bool | Unknown:
    """Whether a party may know of every day from one until the day before another; see ``days_of``."""
    days = days_of(point, party, role)
    return days if isinstance(days, Unknown) else not uncovered(start, end, days)


def _periods(spells: Iterable[Contract | Access]) -> list[Interval[None]]:
    """Spells that hold on some day; a file may list one that was over before it began."""
    return [Interval(item.start, item.end, None) for item in spells if item.end is None or item.start < item.end]
