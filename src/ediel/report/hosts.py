"""Reports as annotations of code hosts: GitHub's commands of a workflow, and GitLab's report of code quality."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from ediel.report._how import How
from ediel.report._model import Finding, Report, Summary
from ediel.report._places import fingerprint
from ediel.report._titles import title_of
from ediel.report._words import advice, text_of, where
from ediel.report.text import summary_line

_PLAIN: Final = How()
_COMMANDS: Final = {"error": "error", "warning": "warning", "info": "notice"}
_SEVERITIES: Final = {"error": "critical", "warning": "minor", "info": "info"}


def github(reports: Sequence[Report], how: How = _PLAIN) -> str:
    """A command a line, which a workflow of GitHub shows beside the file; the last line is the summary."""
    rows = [_command(finding, report, how) for report in reports for finding in report.all_findings()]
    return "\n".join([*rows, summary_line(Summary.of(reports), how.lang)]) + "\n"


def _command(finding: Finding, report: Report, how: How) -> str:
    properties: dict[str, object] = {"file": report.path or "input"}
    if finding.line:
        properties["line"] = finding.line
    if finding.column:
        properties["col"] = finding.column
    code = f" [{finding.code}]" if finding.code else ""
    properties["title"] = f"{title_of(finding, how.lang)}{code}"
    cells = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {cells}::{_data(_message(finding, how))}"


def _message(finding: Finding, how: How) -> str:
    parts = [text_of(finding, how.lang), advice(finding, how.lang), where(finding, how.lang)]
    return " ".join(part for part in parts if part)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def gitlab(reports: Sequence[Report], how: How = _PLAIN) -> str:
    """A list of issues in the form of Code Climate, which GitLab takes as a report of code quality."""
    return json.dumps(list(_issues(reports, how)), ensure_ascii=False, indent=2) + "\n"


def _issues(reports: Sequence[Report], how: How) -> Iterator[dict[str, object]]:
    seen: dict[str, int] = {}
    for report in reports:
        for finding in report.all_findings():
            key = fingerprint(finding, report)
            seen[key] = seen.get(key, 0) + 1
            yield {
                "description": _message(finding, how),
                "check_name": finding.rule,
                "fingerprint": key if seen[key] == 1 else f"{key}-{seen[key]}",
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": report.path or "input", "lines": {"begin": finding.line or 1}},
            }
