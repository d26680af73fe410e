"""Where findings are in the text of a file: the column, and the lines around it with people masked.

Findings carry a line; reports that are shown beside the file ask for more, and only those pay for a second reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from xml.parsers import expat

from ediel.errors import EdielError
from ediel.report import Finding, MessageReport, Report
from ediel.xml._names import is_shown
from ediel.xml._privacy import CONTAINERS, ELEMENTS, names_person
from ediel.xml.parser import LIMITS, Limits, Unreadable, unpack

__all__ = ["placed"]

_AROUND: Final = 1
"""Lines before and after."""
_LONG: Final = 240
_MASKED: Final = "***"
_TAG: Final = re.compile(r"</?([\w.:-]+)")
_ATTRIBUTE: Final = re.compile(r"\s([\w.:-]+)\s*=\s*[\"']")
_TEXT: Final = re.compile(r"(^|>)([^<>]*)(?=<|$)")

Steps = tuple[tuple[str, int], ...]
"""Names of elements with their positions among siblings of that name, from the message down."""


def placed(report: Report, data: bytes, *, limits: Limits = LIMITS, show_personal: bool = False) -> Report:
    """A report whose findings have a column and an excerpt of the file, where they can be found.

    Args:
        report: what was found in ``data``.
        data: the file, plain or gzip.
        limits: those that it was read with.
        show_personal: show texts about people in the excerpts instead of masking them.
    """
    if not report.readable or not any(report.all_findings()):  # what the hardened parser refuses is not read again
        return report
    try:
        text = unpack(data, limits)
        seen = _Reading(report, text)
    except (Unreadable, expat.ExpatError, EdielError):
        return report
    lines = text.decode("utf-8", "replace").split("\n")

    def one(finding: Finding, message: int | None) -> Finding:
        column = seen.column(message, finding)
        if column is None and finding.line and finding.line <= len(lines):
            column = _indented(lines[finding.line - 1])
        shown = _excerpt(lines, finding.line, seen.personal, column, show_personal=show_personal)
        return replace(finding, column=column, excerpt=shown)

    messages = tuple(
        replace(item, findings=tuple(one(finding, place) for finding in item.findings))
        for place, item in enumerate(report.messages)
    )
    return replace(report, messages=messages, findings=tuple(one(finding, None) for finding in report.findings))


def _indented(line: str) -> int | None:
    """The column of the first sign of a line; of a file without line ends nobody knows."""
    return len(line) - len(line.lstrip()) + 1 if line.strip() and len(line) <= _LONG else None


def _steps(path: str) -> Steps:
    """The steps of a path below its first one."""
    steps = []
    for step in path.strip("/").split("/")[1:]:
        name, _, position = step.partition("[")
        steps.append((name, int(position.rstrip("]")) if position else 1))
    return tuple(steps)


class _Reading:
    """Reads a file that the hardened parser has accepted once more, for columns and lines about people."""

    def __init__(self, report: Report, text: bytes) -> None:
        self.columns: dict[tuple[int | None, Steps], tuple[int, int]] = {}
        self.personal: set[int] = set()
        self._wanted = self._keys(report)
        self._messages: Mapping[int, MessageReport] = dict(enumerate(report.messages))
        self._next = 0
        self._stack: list[tuple[str, int]] = []
        self._counts: list[Counter[str]] = [Counter()]
        self._message: tuple[int, int] | None = None
        self._about_people = 0
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        parser.Parse(text, True)

    def column(self, message: int | None, finding: Finding) -> int | None:
        """The column of the element that a finding is about, or of the nearest one above it that stands on its line."""
        steps = _steps(finding.path) if finding.path else None
        while steps is not None:
            found = self.columns.get((message, steps))
            if found is not None and found[0] == finding.line:
                return found[1]
            steps = steps[:-1] if steps else None
        return None

    @staticmethod
    def _keys(report: Report) -> set[tuple[int | None, Steps]]:
        wanted: set[tuple[int | None, Steps]] = set()
        for place, findings in ((None, report.findings), *((i, m.findings) for i, m in enumerate(report.messages))):
            for path in {item.path for item in findings if item.path}:
                steps = _steps(path)
                wanted |= {(place, steps[:end]) for end in range(len(steps) + 1)}
        return wanted

    def _start(self, name: str, _attributes: object) -> None:
        local = name.rpartition(":")[2]
        self._counts[-1][local] += 1
        self._stack.append((local, self._counts[-1][local]))
        self._counts.append(Counter())
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        expected = self._messages.get(self._next)
        if self._message is None and expected is not None and local == expected.name:
            self._message = self._next, len(self._stack)
            self._next += 1
        self._note(None, 1, line, column)
        if self._message is not None:
            self._note(self._message[0], self._message[1], line, column)
        if local in CONTAINERS or local in ELEMENTS:
            self._about_people += 1

    def _note(self, message: int | None, top: int, line: int, column: int) -> None:
        key = message, tuple(self._stack[top:])
        if key in self._wanted:
            self.columns[key] = line, column

    def _end(self, _name: str) -> None:
        local, _ = self._stack[-1]
        if local in CONTAINERS or local in ELEMENTS:
            self._about_people -= 1
        if self._message is not None and self._message[1] == len(self._stack):
            self._message = None
        self._stack.pop()
        self._counts.pop()

    def _comment(self, text: str) -> None:
        first = self._parser.CurrentLineNumber
        self.personal.update(range(first, first + text.count("\n") + 1))

    def _characters(self, text: str) -> None:
        if self._about_people and text.strip():
            first = self._parser.CurrentLineNumber
            self.personal.update(range(first, first + text.count("\n") + 1))


def _excerpt(
    lines: list[str], line: int | None, personal: set[int], column: int | None, *, show_personal: bool
) -> tuple[tuple[int, str], ...]:
    if not line or line > len(lines):
        return ()
    found = []
    for number in range(max(line - _AROUND, 1), min(line + _AROUND, len(lines)) + 1):
        text = lines[number - 1]
        if len(text) > _LONG:  # a file without line ends: the tag alone
            if number != line or column is None:
                continue
            text = text[column - 1 :].partition(">")[0][:_LONG] + ">"
        if not show_personal:
            text = _masked(text) if number in personal or names_person(text) or _names_somebody(text) else text
        found.append((number, text))
    return tuple(found)


def _names_somebody(text: str) -> bool:
    """Whether an element or an attribute has a name that no standard has: people's names have been put there."""
    names = [found[1] for found in _TAG.finditer(text)]
    names += [found[1] for found in _ATTRIBUTE.finditer(text) if not found[1].startswith("xmlns")]
    return not all(is_shown(name.rpartition(":")[2]) for name in names)


def _masked(text: str) -> str:
    """A line with its texts masked; one with a comment, a CDATA section or a name that may be a person's is whole."""
    if "<!" in text or _names_somebody(text) or names_person(_TEXT.sub(r"\1", text)):
        return _MASKED
    return _TEXT.sub(lambda found: found[1] + (_MASKED if found[2].strip() else found[2]), text)
