"""Reports as JSON; the shape is described by ``docs/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from ediel.report._how import How
from ediel.report._model import Finding, MessageReport, Report, Summary
from ediel.report._words import advice

VERSION: Final = 2
"""Version of the shape. It rises when a key changes its meaning or goes away."""


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """The report as plain values."""
    summary = Summary.of(reports)
    return {
        "version": VERSION,
        "files": [_file(report) for report in reports],
        "summary": {
            "files": summary.files,
            "unreadable": summary.unreadable,
            "messages": summary.messages,
            "refused": summary.refused,
            "doubtful": summary.doubtful,
            "not_refused": summary.not_refused,
            "unknown": summary.unknown,
            "rules": summary.rules,
            "rules_unknown": summary.rules_unknown,
            "errors": summary.errors,
            "warnings": summary.warnings,
        },
    }


def _file(report: Report) -> dict[str, object]:
    return {
        "path": report.path,
        "kind": report.kind,
        "readable": report.readable,
        "verdict": report.verdict,
        "findings": [_finding(finding) for finding in report.findings],
        "messages": [_message(message) for message in report.messages],
    }


def _message(message: MessageReport) -> dict[str, object]:
    return {
        "name": message.name,
        "process": message.process,
        "role": message.role,
        "identification": message.identification,
        "line": message.line,
        "verdict": message.verdict,
        "findings": [_finding(finding) for finding in message.findings],
        "rules": {
            "applied": message.rules.applied,
            "failed": message.rules.failed,
            "not_applicable": message.rules.not_applicable,
            "unknown": message.rules.unknown,
        },
        "unknown": [
            {"rule": item.rule, "text": item.text, "decided_by": item.decided_by} for item in message.undecided
        ],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "code_standing": None if finding.code is None else finding.code_standing,
        "rule": finding.rule,
        "standing": finding.standing,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "found": finding.found,
        "expected": finding.expected,
        "text": finding.text,
        "advice": advice(finding),
        "component": finding.component,
        "source": finding.source,
    }


def render(reports: Sequence[Report]) -> str:
    """The report as JSON text."""
    return json.dumps(document(reports), ensure_ascii=False, indent=2) + "\n"


def written(reports: Sequence[Report], _how: How) -> str:
    """The same, as it is asked for: JSON has one language."""
    return render(reports)
