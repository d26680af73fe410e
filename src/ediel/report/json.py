"""Reports as JSON; the shape is described by ``docs/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from ediel.report._model import Finding, MessageReport, Report, Summary

VERSION: Final = 1
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
            "valid": summary.valid,
            "invalid": summary.invalid,
            "errors": summary.errors,
            "warnings": summary.warnings,
        },
    }


def _file(report: Report) -> dict[str, object]:
    return {
        "path": report.path,
        "kind": report.kind,
        "readable": report.readable,
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
        "valid": message.valid,
        "findings": [_finding(finding) for finding in message.findings],
        "rules": {
            "applied": message.rules.applied,
            "failed": message.rules.failed,
            "not_applicable": message.rules.not_applicable,
            "unknown": message.rules.unknown,
        },
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "rule": finding.rule,
        "standing": finding.standing,
        "path": finding.path,
        "line": finding.line,
        "found": finding.found,
        "expected": finding.expected,
        "text": finding.text,
        "component": finding.component,
        "source": finding.source,
    }


def render(reports: Sequence[Report]) -> str:
    """The report as JSON text."""
    return json.dumps(document(reports), ensure_ascii=False, indent=2) + "\n"
