"""Judging many files by one set of options, on one core or on several."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ediel.cli._inputs import inputs

if TYPE_CHECKING:
    from ediel.report import Report
    from ediel.xml import Inspection


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


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one path.

    Attributes:
        reports: one for each input in it.
        notes: lines about what was written.
    """

    reports: tuple[Report, ...]
    notes: tuple[str, ...] = ()


@cache
def judge_of(how: Judging) -> Callable[[bytes, str], Inspection]:
    """What judges bytes of a name.

    Raises:
        SchemaSetError: the schemas cannot be used.
        InvalidRegister: the register cannot be read.
        InvalidProfile: the profile cannot be read.
    """
    from ediel.xml import DEFAULT_RELEASE, SchemaSet, check_schema

    schemas = SchemaSet.in_folder(how.schemas) if how.schemas else None
    release = how.release or DEFAULT_RELEASE
    if how.level == "schema":
        check = partial(check_schema, release=release, schemas=schemas, show_personal=how.show_personal)
        return lambda data, path: check(data, path=path)
    from ediel.rules import inspect

    limits = market = None
    if how.register:
        from ediel.market import Snapshot

        market = Snapshot.read(how.register)
    if how.profile or os.environ.get("EDIEL_PROFILE"):  # a wrong profile is reported before anything is judged
        from ediel.market import load

        limits = load(how.profile)
    rules = partial(
        inspect, on=how.when, strict=how.strict, profile=limits, register=market, release=release, schemas=schemas,
        show_personal=how.show_personal,
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
    from ediel.market import load
    from ediel.series.validating import inspect_values

    limits = load(how.profile) if how.profile or os.environ.get("EDIEL_PROFILE") else None
    return inspect_values(data, path=path, rules=how.level != "schema", on=how.when, strict=how.strict, profile=limits)


def judged(how: Judging, path: str) -> Judged:
    """Judge what a path holds."""
    from ediel.xml import LIMITS

    judge = judge_of(how)
    reports: list[Report] = []
    notes: list[str] = []
    for item in inputs(path, LIMITS.size):
        if not isinstance(item, tuple):
            reports.append(item)
            continue
        name, data = item
        report = _by_columns(how, data, name) or judge(data, name).report
        if how.placed:
            from ediel.xml.places import placed

            report = placed(report, data, show_personal=how.show_personal)
        reports.append(report)
        if how.fixing:
            notes += _fixed(name, data, judge)
    return Judged(tuple(reports), tuple(notes))


def judge_all(how: Judging, paths: Sequence[str], jobs: int) -> Iterator[Judged]:
    """Judge paths in their order, by as many processes as asked for; standard input is read by this one."""
    judge_of.cache_clear()  # files of the options may have changed since the last time
    judge_of(how)
    if jobs < 2 or len(paths) < 2:
        yield from (judged(how, path) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    size = max(1, min(32, len(paths) // (jobs * 4)))
    with ProcessPoolExecutor(min(jobs, len(paths))) as pool:
        waiting = iter(pool.map(partial(judged, how), [path for path in paths if path != "-"], chunksize=size))
        for path in paths:
            yield judged(how, path) if path == "-" else next(waiting)


def _fixed(name: str, data: bytes, judge: Callable[[bytes, str], Inspection]) -> Iterator[str]:
    """Write what is corrected beside a file, and say what was done."""
    from ediel.cli._files import emit
    from ediel.rules.fixing import fix

    if name == "-" or "!" in name:
        return
    fixed = fix(data, lambda again: judge(again, name))
    if fixed is None:
        return
    path = Path(name)
    target = path.with_name(f"{path.name.partition('.')[0]}.fixed.xml")
    emit(fixed.data, str(target))
    left = sum(finding.objects for finding in fixed.inspection.report.all_findings())
    rest = f"; {left} finding{'' if left == 1 else 's'} left" if left else ""
    yield f"{target}: {fixed.inspection.report.verdict}{rest}"
    for item in fixed.corrections:
        yield f"    line {item.line}: {item.text} ({item.rule})"
