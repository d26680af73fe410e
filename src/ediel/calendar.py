"""Market time: the Norwegian day, its length, and whether it is a working day.

Days begin at midnight in Europe/Oslo and are half-open intervals (VEE standard 2.0; BRS-NO-313). A day has 23, 24 or
25 hours. Every moment in this package is an aware ``datetime``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["OSLO", "WorkingDays", "day_length", "holidays", "is_midnight", "market_day", "midnight"]

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


_EASTER_SUNDAYS: Final[dict[int, tuple[int, int]]] = {
    # year: month and day. Frozen here, so that no upgrade of a library can move a deadline.
    2015: (4, 5), 2016: (3, 27), 2017: (4, 16), 2018: (4, 1), 2019: (4, 21), 2020: (4, 12), 2021: (4, 4),
    2022: (4, 17), 2023: (4, 9), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16),
    2029: (4, 1), 2030: (4, 21), 2031: (4, 13), 2032: (3, 28), 2033: (4, 17), 2034: (4, 9), 2035: (3, 25),
    2036: (4, 13), 2037: (4, 5), 2038: (4, 25), 2039: (4, 10), 2040: (4, 1),
}  # fmt: skip

_FIXED_HOLIDAYS: Final[dict[tuple[int, int], tuple[str, str]]] = {
    (1, 1): ("New Year's Day", "første nyttårsdag"),
    (5, 1): ("Labour Day", "arbeidernes dag"),
    (5, 17): ("Constitution Day", "grunnlovsdagen"),
    (12, 25): ("Christmas Day", "første juledag"),
    (12, 26): ("Second Day of Christmas", "andre juledag"),
}
_DAYS_FROM_EASTER: Final[dict[int, tuple[str, str]]] = {
    -3: ("Maundy Thursday", "skjærtorsdag"),
    -2: ("Good Friday", "langfredag"),
    0: ("Easter Sunday", "første påskedag"),
    1: ("Easter Monday", "andre påskedag"),
    39: ("Ascension Day", "Kristi himmelfartsdag"),
    49: ("Whit Sunday", "første pinsedag"),
    50: ("Whit Monday", "andre pinsedag"),
}


@cache
def holidays(year: int) -> dict[date, tuple[str, str]]:
    """The Norwegian public holidays of a year, in order, with their names in English and Norwegian.

    Public law; Elhub's own definition of a working day is not published where this project could look.

    Raises:
        ValueError: the year is not in the table (2015 to 2040).
    """
    if year not in _EASTER_SUNDAYS:
        first, last = min(_EASTER_SUNDAYS), max(_EASTER_SUNDAYS)
        raise ValueError(f"the table of holidays covers {first} to {last}, not {year}")
    easter = date(year, *_EASTER_SUNDAYS[year])
    found = {date(year, month, day): names for (month, day), names in _FIXED_HOLIDAYS.items()}
    for distance, names in _DAYS_FROM_EASTER.items():
        day = easter + timedelta(days=distance)
        # Two on one day (17 May and Ascension Day, say) keep both names.
        found[day] = (f"{found[day][0]}, {names[0]}", f"{found[day][1]}, {names[1]}") if day in found else names
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days count as working days (virkedager).

    Sundays and public holidays never do. Whether Elhub counts the three below is not published where this project could
    look: these defaults are assumed.

    Attributes:
        saturdays: Saturdays count.
        christmas_eve: 24 December counts, when it is not a Saturday or Sunday.
        new_years_eve: 31 December counts, when it is not a Saturday or Sunday.
    """

    saturdays: bool = False
    christmas_eve: bool = True
    new_years_eve: bool = True

    def reason_off(self, day: date) -> tuple[str, str] | None:
        """Why a day does not count, in English and Norwegian; ``None`` when it does."""
        if day in holidays(day.year):
            return holidays(day.year)[day]
        if day.weekday() == 6:
            return "Sunday", "søndag"
        if day.weekday() == 5 and not self.saturdays:
            return "Saturday", "lørdag"
        if (day.month, day.day) == (12, 24) and not self.christmas_eve:
            return "Christmas Eve", "julaften"
        if (day.month, day.day) == (12, 31) and not self.new_years_eve:
            return "New Year's Eve", "nyttårsaften"
        return None

    def __contains__(self, day: date) -> bool:
        return self.reason_off(day) is None

    def shift(self, day: date, count: int) -> date:
        """The day that lies ``count`` working days after (or before, when negative) a day.

        The day itself is not counted, and need not be a working day.

        >>> WorkingDays().shift(date(2026, 12, 1), -3)     # a Tuesday
        datetime.date(2026, 11, 26)
        """
        return _shifted(self, day, count)


@lru_cache(maxsize=4096)
def _shifted(days: WorkingDays, day: date, count: int) -> date:
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= day in days
    return day
