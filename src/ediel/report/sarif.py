"""Reports as SARIF 2.1.0 (OASIS), which code hosts show beside the file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from ediel.report._how import How
from ediel.report._model import Finding, Report, Summary
from ediel.report._places import fingerprint
from ediel.report._titles import title_of
from ediel.report._words import advice, by_decider, text_of, unknown_of

_PLAIN: Final = How()
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def document(reports: Sequence[Report], *, version: str, how: How = _PLAIN) -> dict[str, Any]:
    """The report as plain values; ``version`` is that of this package."""
    results: list[dict[str, object]] = []
    rules: dict[str, tuple[int, Finding]] = {}
    for report in reports:
        for finding in report.all_findings():
            index, _ = rules.setdefault(finding.rule, (len(rules), finding))
            results.append(_result(finding, report, index, how))
    summary = Summary.of(reports)
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ediel",
                        "version": version,
                        "language": "nb-NO" if how.lang == "nb" else "en-US",
                        "rules": [_rule(key, finding, how) for key, (_, finding) in rules.items()],
                    }
                },
                "artifacts": [{"location": {"uri": _uri(report)}} for report in reports],
                "results": results,
                "columnKind": "unicodeCodePoints",
                "properties": {
                    "refused": summary.refused,
                    "doubtful": summary.doubtful,
                    "notRefused": summary.not_refused,
                    "unknown": summary.unknown,
                    "rulesUnknown": [
                        {"decidedBy": decider, "rules": sorted(keys)}
                        for decider, keys in by_decider(unknown_of(reports), how.lang).items()
                    ],
                },
            }
        ],
    }


def _rule(key: str, finding: Finding, how: How) -> dict[str, object]:
    title = title_of(finding, how.lang)
    properties: dict[str, object] = {"standing": finding.standing}
    help_text = [title.rstrip(".") + ".", f"Standing: {finding.standing}."]
    if finding.code:
        properties |= {"code": finding.code, "codeStanding": finding.code_standing}
        help_text.append(f"Code: {finding.code} ({finding.code_standing}).")
    if finding.source:
        properties["source"] = finding.source
        help_text.append(f"Source: {finding.source}.")
    if finding.layer is not None and not key.startswith("PLAUSIBLE/"):
        help_text.append(f"More: ediel explain {key}")
    return {
        "id": key,
        "name": _name(key),
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": "\n".join(help_text)},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": properties,
    }


def _name(key: str) -> str:
    """A key as one word: ``XSD/missing-element`` is ``XsdMissingElement``."""
    return "".join(part.capitalize() if part.isalpha() else part for part in re.split(r"[^A-Za-z0-9]+", key))


def _result(finding: Finding, report: Report, index: int, how: How) -> dict[str, object]:
    text = text_of(finding, how.lang)
    if finding.found is not None:
        text += f" Found: {finding.found}."
    if finding.expected is not None:
        text += f" Expected: {finding.expected}."
    location: dict[str, object] = {"artifactLocation": {"uri": _uri(report)}}
    if finding.line:
        region: dict[str, object] = {"startLine": finding.line}
        if finding.column:
            region["startColumn"] = finding.column
        location["region"] = region
    where: dict[str, object] = {"physicalLocation": location}
    if finding.path:
        where["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "element"}]
    properties: dict[str, object] = {"standing": finding.standing}
    if (change := advice(finding, how.lang)) is not None:
        properties["advice"] = change
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [where],
        "partialFingerprints": {"place/v1": fingerprint(finding, report)},
        "properties": properties,
    }


def _uri(report: Report) -> str:
    if not report.path or report.path == "-":
        return "stdin"
    path = PurePath(report.path)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def render(reports: Sequence[Report], how: How = _PLAIN, *, version: str) -> str:
    """The report as SARIF text."""
    return json.dumps(document(reports, version=version, how=how), ensure_ascii=False, indent=2) + "\n"
