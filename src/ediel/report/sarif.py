"""Reports as SARIF 2.1.0 (OASIS), which code hosts show beside the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from ediel.report._model import Finding, Report

_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def document(reports: Sequence[Report], *, version: str) -> dict[str, Any]:
    """The report as plain values; ``version`` is that of this package."""
    results: list[dict[str, object]] = []
    rules: dict[str, Finding] = {}
    for report in reports:
        for finding in report.all_findings():
            rules.setdefault(finding.rule, finding)
            results.append(_result(finding, report, list(rules).index(finding.rule)))
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ediel",
                        "version": version,
                        "rules": [_rule(key, finding) for key, finding in rules.items()],
                    }
                },
                "artifacts": [{"location": {"uri": _uri(report)}} for report in reports],
                "results": results,
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(key: str, finding: Finding) -> dict[str, object]:
    words = key.partition("/")[2].replace("-", " ") or key
    properties: dict[str, object] = {"standing": finding.standing}
    if finding.code:
        properties["code"] = finding.code
    if finding.source:
        properties["source"] = finding.source
    return {
        "id": key,
        "shortDescription": {"text": words},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": properties,
    }


def _result(finding: Finding, report: Report, index: int) -> dict[str, object]:
    text = finding.text
    if finding.found is not None:
        text += f" Found: {finding.found}."
    if finding.expected is not None:
        text += f" Expected: {finding.expected}."
    location: dict[str, object] = {"artifactLocation": {"uri": _uri(report)}}
    if finding.line:
        location["region"] = {"startLine": finding.line}
    where: dict[str, object] = {"physicalLocation": location}
    if finding.path:
        where["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "element"}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [where],
    }


def _uri(report: Report) -> str:
    if not report.path or report.path == "-":
        return "stdin"
    path = PurePath(report.path)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def render(reports: Sequence[Report], *, version: str) -> str:
    """The report as SARIF text."""
    return json.dumps(document(reports, version=version), ensure_ascii=False, indent=2) + "\n"
