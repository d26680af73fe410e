"""Market time: the Norwegian day.

Days begin at midnight in Europe/Oslo and are half-open intervals (VEE standard 2.0; BRS-NO-313). A day has 23, 24 or
25 hours. Every moment in this package is an aware ``datetime``.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["OSLO", "day_length", "is_midnight", "market_day", "midnight"]

OSLO: Final = ZoneInfo("Europe/Oslo")
"""The time zone of the Norwegian market."""


def midnight(day: date) -> datetime:
    """The moment at which a Norwegian day begins.

    >>> midnight(date(2026, 12, 1)).isoformat()
    '2026-12-01T00:00:00+01:00'
    """
    return datetime(day.year, day.month, day.day, tzinfo=OSLO)


def market_day(moment: datetime) -> date:
    """The Norwegian day that an aware moment belongs to.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give it one, for instance calendar.OSLO")
    return moment.astimezone(OSLO).date()


def is_midnight(moment: datetime) -> bool:
    """Whether an aware moment is the beginning of a Norwegian day."""
    return moment.astimezone(UTC) == midnight(market_day(moment)).astimezone(UTC)


def day_length(day: date) -> timedelta:
    """How long a Norwegian day is: 23, 24 or 25 hours."""
    return midnight(day + timedelta(days=1)).astimezone(UTC) - midnight(day).astimezone(UTC)
