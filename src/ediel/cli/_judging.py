"""Judging many files by one set of options, on one core or on several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ediel.cli._inputs import inputs
from ediel.serve.judging import Judging, forget, judge_of, report_of

if TYPE_CHECKING:
    from ediel.report import Report
    from ediel.xml import Inspection

__all__ = ["Judged", "Judging", "judge_all", "judged"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one path.

    Attributes:
        reports: one for each input in it.
        notes: lines about what was written.
    """

    reports: tuple[Report, ...]
    notes: tuple[str, ...] = ()


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
        reports.append(report_of(how, judge, data, name))
        if how.fixing:
            notes += _fixed(name, data, judge)
    return Judged(tuple(reports), tuple(notes))


def judge_all(how: Judging, paths: Sequence[str], jobs: int) -> Iterator[Judged]:
    """Judge paths in their order, by as many processes as asked for; standard input is read by this one."""
    forget()  # files of the options may have changed since the last time
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
