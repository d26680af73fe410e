"""Judging a large document of values by its columns: the same report as of the ordinary way, or none.

Where something is odd that the columns do not hold (a check digit, a text that was encoded twice, the offset of another
half of the year), nothing is given, and the ordinary way reports it. What a rule refuses is reported here, with its
line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ediel.identifiers import Eic, Gln, Gsrn, Identifier
from ediel.messages import Message
from ediel.report import Finding, Report, RuleCount, Undecided
from ediel.rules import Known, findings, judge
from ediel.rules._inspect import settled
from ediel.rules.plausible import HUGE, doubts
from ediel.series.arriving import Arrived, ArrivedSeries, arrive, series_of
from ediel.xml import LIMITS, Limits, with_findings
from ediel.xml._doubts import elsewhere
from ediel.xml._inspect import check_document
from ediel.xml._paths import Lines

if TYPE_CHECKING:
    from ediel.market import Profile

__all__ = ["LEAST", "inspect_values"]

LEAST: Final = 500_000
"""Bytes from which on it is worth while."""
_IDENTIFIERS: Final[dict[str, type[Identifier]]] = {
    "metering_point": Gsrn, "grid_area": Eic, "balance_responsible": Gln, "balance_supplier": Gln,
}  # fmt: skip
"""What of a series has a check digit, by its column."""
_SERIES: Final = re.compile(r"/\w+/(PayloadEnergyTimeSeries)(?:\[(\d+)\])?(.*)")
_LONGEST: Final = 40
"""Characters of a moment, at the most."""


def inspect_values(
    data: bytes,
    *,
    path: str = "",
    rules: bool = True,
    on: date | datetime | None = None,
    strict: bool = False,
    profile: Profile | None = None,
    limits: Limits = LIMITS,
) -> Report | None:
    """The report about a document of values; nothing where the ordinary way must read it.

    Args:
        data: XML, or a gzip file of it.
        path: name of the input, for the report.
        rules: judge by the rules, too.
        on: the Norwegian day of judgement, or an aware moment; see ``ediel.inspect``.
        strict: warnings of rules are errors.
        profile: time limits.
        limits: how large it may be.

    Raises:
        ValueError: ``on`` is a moment without a time zone.
    """
    arrived = arrive(data, limits=limits, collected=True)
    if arrived is None or _odd(arrived):
        return None
    found = check_document(arrived.frame, path=path)
    if any(found.report.all_findings()):
        return None
    shifts = _shifts(arrived)
    moved = tuple(
        replace(item, report=replace(item.report, line=item.report.line and item.report.line + shift))
        for item, shift in zip(found.messages, shifts, strict=True)
    )
    report = replace(found.report, messages=tuple(item.report for item in moved))
    found = replace(found, messages=moved, report=report)
    if not rules:
        return found.report
    facts = Known.on(on, profile, None)
    more: list[tuple[list[Finding], RuleCount, tuple[Undecided, ...]]] = []
    newlines: list[Any] = []
    for message, part, shift in zip(arrived.messages, arrived.frame.parts, shifts, strict=True):
        verdicts = judge(message, on, profile=profile)
        line = _lines(arrived.data, message, Lines(part.element), shift, newlines)
        most = limits.findings + 1  # one more than is reported, so that it is said that there are more
        judged = chain(findings(message, verdicts, line=line, strict=strict), doubts(message, facts, line=line))
        more.append((list(islice(judged, most)), *settled(message, verdicts, facts)))
    return with_findings(found, more, limits.findings).report


def _odd(arrived: Arrived) -> bool:
    """Whether there may be something to warn of in the series."""
    if not arrived.data.isascii() or b"&" in arrived.data:
        return True
    if any(part.max(initial=0) > HUGE for part in map(np.asarray, arrived.found.columns.thousandths)):
        return True
    for name, kind in _IDENTIFIERS.items():
        if any(kind(str(word)).problem for word in arrived.found.columns.words[name].distinct.to_pylist()):
            return True
    return any(elsewhere(text) is not None for text in _moments(arrived.data))


def _moments(data: bytes) -> set[str]:
    """Every text that ends with one of Norway's offsets, once."""
    found = set()
    for offset in (b"+01:00<", b"+02:00<"):
        at = data.find(offset)
        while at >= 0:
            begin = data.rfind(b">", max(0, at - _LONGEST), at) + 1
            found.add(data[begin : at + len(offset) - 1])
            at = data.find(offset, at + len(offset))
    return {text.decode().strip() for text in found}


def _shifts(arrived: Arrived) -> list[int]:
    """Of each message, how many lines before it are not in the frame."""
    shift, cuts, found = 0, iter(arrived.found.cuts), []
    for message in arrived.messages:
        found.append(shift)
        if series_of(message) is not None:
            shift += sum(arrived.data.count(b"\n", *next(cuts)) for _ in range(2))
    return found


def _lines(data: bytes, message: Message, frame: Lines, shift: int, newlines: list[Any]) -> Callable[[str], int | None]:
    """What finds the line of a path in a message; ``newlines`` are looked for at the first finding of a document."""
    series = series_of(message)

    def line(path: str) -> int | None:
        match = _SERIES.fullmatch(path)
        if series is None or match is None:
            found = frame.of(path)
            return found and found + shift
        return _line(data, series, int(match[2] or 1) - 1, match[1] + match[3], newlines)

    return line


def _line(data: bytes, series: ArrivedSeries, place: int, path: str, newlines: list[Any]) -> int | None:
    if not newlines:
        newlines.append(np.flatnonzero(np.frombuffer(data, "u1") == ord("\n")))
    begin, element = series.part(place)
    found = Lines(element).of(path)
    return found and found + int(np.searchsorted(newlines[0], begin))
