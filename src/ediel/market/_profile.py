"""Reading the profile: the packaged one, and a user's rows laid over it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

from ediel._toml import toml_of
from ediel.calendar import WorkingDays
from ediel.codes import BusinessProcess, Standing
from ediel.errors import InvalidProfile

Settlement = Literal["profiled", "interval"]
What = Literal["earliest", "latest", "cancellation", "back", "answer"]
Unit = Literal["working days", "calendar days"]
_From = Literal["start", "request"]
_Any = Literal["any"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One time limit.

    Attributes:
        process: BRS number.
        settlement: ``profiled``, ``interval`` or ``any``.
        what: which limit it is.
        counted_from: ``start``, the date in the request, or ``request``, the day of the request.
        count: days, negative for before.
        unit: working days or calendar days.
        standing: published, inferred or assumed.
        source: who says so.
    """

    process: BusinessProcess
    settlement: str
    what: What
    counted_from: str
    count: int
    unit: Unit
    standing: Standing
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What a row of a user's profile must share to take this one's place."""
        return self.process.value, self.settlement, self.what

    @property
    def in_words(self) -> str:
        """How many days, and which way: ``3 working days before the date``."""
        if self.count == 0:
            return "on the date"
        days = self.unit if abs(self.count) > 1 else self.unit.removesuffix("s")
        way = "before" if self.count < 0 else "after"
        return f"{abs(self.count)} {days} {way} {'the date' if self.counted_from == 'start' else 'the request'}"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The limits, and what counts as a working day. Two profiles are equal when they are one."""

    limits: tuple[Limit, ...]
    working_days: WorkingDays
    working_days_standing: Standing
    working_days_source: str
    sources: tuple[str, ...] = ("norway.toml",)
    _rows: dict[tuple[str, str, str], Limit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", {row.key: row for row in self.limits})

    def limit(self, process: BusinessProcess, settlement: Settlement, what: What) -> Limit | None:
        """A limit, or ``None`` when it is unknown."""
        number = process.value
        return self._rows.get((number, settlement, what)) or self._rows.get((number, "any", what))

    def shift(self, day: date, limit: Limit) -> date:
        """The day that a limit comes to, counted from a day."""
        if limit.unit == "working days":
            return self.working_days.shift(day, limit.count)
        return day + timedelta(days=limit.count)


_KEYS: Final = {"process", "settlement", "what", "from", "count", "unit", "standing", "source"}
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "settlement": (*get_args(Settlement), *get_args(_Any)),
    "what": get_args(What),
    "from": get_args(_From),
    "unit": get_args(Unit),
    "standing": get_args(Standing),
}


def load(path: str | os.PathLike[str] | None = None) -> Profile:
    """The packaged profile, with the rows of a file laid over it.

    Args:
        path: a profile file; without one, the file named by ``EDIEL_PROFILE`` in the environment, if any. A row takes
            the place of the packaged row of the same process, settlement and kind, a row for ``any`` settlement that
            of both; other rows are added.

    Raises:
        InvalidProfile: the file cannot be read, or a row in it is wrong.
    """
    packaged = _packaged()
    named = path or os.environ.get("EDIEL_PROFILE")
    if not named:
        return packaged
    try:
        text = Path(named).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidProfile(f"{named}: the profile cannot be read: {reason}") from None
    return _parse(text, str(named), packaged)


@cache
def _packaged() -> Profile:
    empty = Profile((), WorkingDays(), "assumed", "", ())
    return _parse(Path(__file__).with_name("norway.toml").read_text(encoding="utf-8"), "norway.toml", empty)


def _parse(text: str, name: str, base: Profile) -> Profile:
    try:
        data = toml_of(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfile(f"{name}: this is not TOML: {error}") from None
    if unknown := set(data) - {"working_days", "limit"}:
        raise InvalidProfile(f"{name}: unknown table {', '.join(sorted(unknown))}; expected working_days and limit")
    rows = data.get("limit", [])
    if not isinstance(rows, list):
        raise InvalidProfile(f"{name}: limit must be a list of tables: write [[limit]]")
    merged = {row.key: row for row in base.limits}
    for number, item in enumerate(rows, 1):
        row = _row(item, f"{name}, limit {number}")
        for settlement in get_args(Settlement) if row.settlement == "any" else ():
            merged.pop((row.process.value, settlement, row.what), None)
        merged[row.key] = row
    days, standing, source = _working_days(data.get("working_days"), base, name)
    return Profile(tuple(merged.values()), days, standing, source, (*base.sources, name))


def _row(item: object, where: str) -> Limit:
    if not isinstance(item, dict):
        raise InvalidProfile(f"{where}: expected a table")
    for problem, keys in (("missing", _KEYS - set(item)), ("unknown", set(item) - _KEYS)):
        if keys:
            raise InvalidProfile(f"{where}: {problem} key {', '.join(sorted(keys))}")
    for key, allowed in _CHOICES.items():
        if item[key] not in allowed:
            raise InvalidProfile(f"{where}: {key} is {item[key]!r}; expected one of {', '.join(allowed)}")
    if type(item["count"]) is not int or not isinstance(item["source"], str) or not item["source"]:
        raise InvalidProfile(f"{where}: count must be a whole number, and source must say who says so")
    try:
        process = BusinessProcess(item["process"])
    except ValueError:
        raise InvalidProfile(f"{where}: process is {item['process']!r}; expected a number such as BRS-NO-101") from None
    return Limit(
        process,
        item["settlement"],
        item["what"],
        item["from"],
        item["count"],
        item["unit"],
        item["standing"],
        item["source"],
    )


def _working_days(table: object, base: Profile, name: str) -> tuple[WorkingDays, Standing, str]:
    if table is None:
        return base.working_days, base.working_days_standing, base.working_days_source
    names = ("saturdays", "christmas_eve", "new_years_eve")
    if not isinstance(table, dict) or set(table) != {*names, "standing", "source"}:
        raise InvalidProfile(f"{name}: working_days needs {', '.join(names)}, standing and source")
    if not all(isinstance(table[key], bool) for key in names) or table["standing"] not in get_args(Standing):
        raise InvalidProfile(f"{name}: working_days: expected true or false, and a standing")
    return WorkingDays(**{key: table[key] for key in names}), table["standing"], str(table["source"])
