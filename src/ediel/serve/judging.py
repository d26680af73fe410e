"""Judging one input by a set of options: what the command line and the service share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from ediel.market import Profile, Snapshot
    from ediel.report import Report
    from ediel.xml import Inspection, SchemaSet

__all__ = ["Judging", "forget", "judge_of", "moment_of", "report_of"]


@dataclass(frozen=True, slots=True)
class Judging:
    """What files are judged by; small and picklable, so that a worker makes its own judge of it.

    Attributes:
        level: ``schema`` or ``rules``.
        when: the day or the moment.
        strict: warnings of rules are errors.
        profile, register, schemas, release: as on the command line.
        show_personal: show values about people.
        placed: whether findings get columns and excerpts.
        fixing: whether what is certain is corrected, into a file beside each.
    """

    level: Literal["schema", "rules"]
    when: date
    strict: bool = False
    profile: str | None = None
    register: str | None = None
    schemas: str | None = None
    release: str | None = None
    show_personal: bool = False
    placed: bool = False
    fixing: bool = False


def moment_of(text: str) -> date:
    """A day as a ``date``, a moment as an aware ``datetime``; a moment without an offset is Norwegian time.

    Raises:
        ValueError: it is neither.
    """
    text = text.strip()
    try:
        if len(text) == len("2026-12-01"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no day such as 2026-12-01 and no moment such as 2026-12-01T08:00") from None
    if moment.tzinfo is None:
        from ediel.calendar import OSLO

        moment = moment.replace(tzinfo=OSLO)
    return moment


@cache
def _schemas(folder: str) -> SchemaSet:
    from ediel.xml import SchemaSet

    return SchemaSet.in_folder(folder)


@cache
def _market(path: str) -> Snapshot:
    from ediel.market import Snapshot

    return Snapshot.read(path)


@cache
def _limits(profile: str | None) -> Profile | None:
    """The time limits of a profile, or of the environment; ``None`` where the packaged ones hold."""
    if not profile and not os.environ.get("EDIEL_PROFILE"):
        return None
    from ediel.market import load

    return load(profile)


def forget() -> None:
    """Read the files of options again when they are next needed."""
    for kept in (_schemas, _market, _limits):
        kept.cache_clear()


def judge_of(how: Judging) -> Callable[[bytes, str], Inspection]:
    """What judges bytes of a name. The files that it is judged by are read once, and kept until :func:`forget`.

    Raises:
        SchemaSetError: the schemas cannot be used.
        InvalidRegister: the register cannot be read.
        InvalidProfile: the profile cannot be read.
    """
    from ediel.xml import DEFAULT_RELEASE, check_schema

    schemas = _schemas(how.schemas) if how.schemas else None
    release = how.release or DEFAULT_RELEASE
    if how.level == "schema":
        check = partial(check_schema, release=release, schemas=schemas, show_personal=how.show_personal)
        return lambda data, path: check(data, path=path)
    from ediel.rules import inspect

    market = _market(how.register) if how.register else None
    rules = partial(
        inspect, on=how.when, strict=how.strict, profile=_limits(how.profile), register=market, release=release,
        schemas=schemas, show_personal=how.show_personal,
    )  # fmt: skip
    return lambda data, path: rules(data, path=path)


_LARGE: Final = 500_000
"""Bytes from which metering values are judged by their columns, where the packages for that are installed."""


def _by_columns(how: Judging, data: bytes, path: str) -> Report | None:
    """The same report, sooner; ``None`` where it is not certain to be the same."""
    if (
        len(data) < _LARGE
        or how.register
        or how.schemas
        or how.release
        or how.show_personal
        or how.placed
        or how.fixing
    ):
        return None
    if find_spec("pyarrow") is None or find_spec("numpy") is None:
        return None
    from ediel.series.validating import inspect_values

    return inspect_values(
        data, path=path, rules=how.level != "schema", on=how.when, strict=how.strict, profile=_limits(how.profile)
    )


def report_of(how: Judging, judge: Callable[[bytes, str], Inspection], data: bytes, name: str) -> Report:
    """The report on one input, with columns and excerpts where they were asked for.

    Args:
        how: what it is judged by.
        judge: what :func:`judge_of` gives for it.
        data: the input.
        name: what the report calls it.
    """
    report = _by_columns(how, data, name) or judge(data, name).report
    if how.placed:
        from ediel.xml.places import placed

        report = placed(report, data, show_personal=how.show_personal)
    return report
