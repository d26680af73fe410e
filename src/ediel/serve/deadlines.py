"""The days of a request as plain values, as ``ediel deadline --format json`` and the service give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ediel.market import Deadline, Profile, Window

__all__ = ["described"]


def described(limits: Window, profile: Profile) -> dict[str, object]:
    """The days that belong to a start, each with its limit, standing and source; ``None`` where no source gives one."""
    return {
        "process": limits.process.value,
        "settlement": limits.settlement,
        "start": limits.start.isoformat(),
        "earliest": _row(limits.earliest),
        "latest": _row(limits.latest),
        "cancellation": _row(limits.cancellation),
        "profile": list(profile.sources),
    }


def _row(deadline: Deadline | None) -> dict[str, object] | None:
    if deadline is None:
        return None
    limit = deadline.limit
    return {
        "day": deadline.day.isoformat(),
        "count": limit.count,
        "unit": limit.unit,
        "standing": limit.standing,
        "source": limit.source,
    }
