"""Reports as JUnit XML, in the form that Jenkins and most other tools read: a suite per file, a case per message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ediel.report._model import Finding, Report

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(reports: Sequence[Report]) -> str:
    """The report as JUnit XML text."""
    suites = [_suite(report) for report in reports]
    totals = {name: sum(int(counts[name]) for counts, _ in suites) for name in ("tests", "failures", "errors")}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={attribute('ediel')}{_counts(totals)}>"]
    parts.extend(text for _, text in suites)
    parts.append("</testsuites>")
    return "\n".join(parts) + "\n"


def _suite(report: Report) -> tuple[dict[str, int], str]:
    cases = []
    failures = errors = 0
    if report.findings or not report.messages:
        bad = [finding for finding in report.findings if finding.severity == "error"]
        inner = ""
        if bad or not report.messages:
            errors += 1
            inner = _problem("error", bad, "nothing was checked")
        cases.append(_case(report.kind or "input", report.path, inner, report.findings))
    for number, message in enumerate(report.messages, 1):
        bad = [finding for finding in message.findings if finding.severity == "error"]
        failures += bool(bad)
        name = f"{message.name} {message.identification or number}"
        cases.append(_case(name, report.path, _problem("failure", bad, "") if bad else "", message.findings))
    counts = {"tests": len(cases), "failures": failures, "errors": errors}
    body = "\n".join(cases)
    opening = f'  <testsuite name={attribute(report.path or "input")}{_counts(counts)} skipped="0" time="0">'
    return counts, f"{opening}\n{body}\n  </testsuite>"


def _case(name: str, path: str, inner: str, findings: Iterable[Finding]) -> str:
    warnings = "".join(f"{_line(finding)}\n" for finding in findings if finding.severity != "error")
    if warnings:
        inner += f"<system-out>{escape(_clean(warnings))}</system-out>"
    return f'    <testcase name={attribute(name)} classname={attribute(path or "input")} time="0">{inner}</testcase>'


def _problem(tag: str, findings: Sequence[Finding], otherwise: str) -> str:
    if not findings:
        return f"<{tag} message={attribute(otherwise)}/>"
    first = findings[0]
    text = "\n".join(_line(finding) for finding in findings)
    return f"<{tag} message={attribute(first.text)} type={attribute(first.rule)}>{escape(_clean(text))}</{tag}>"


def _line(finding: Finding) -> str:
    parts = [f"{finding.severity} {finding.rule}: {finding.text}"]
    if finding.path:
        parts.append(f"at {finding.path}" + (f", line {finding.line}" if finding.line else ""))
    if finding.found is not None:
        parts.append(f"found {finding.found}")
    if finding.expected is not None:
        parts.append(f"expected {finding.expected}")
    return "; ".join(parts)


def _counts(counts: dict[str, int]) -> str:
    return "".join(f' {name}="{value}"' for name, value in counts.items())


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def attribute(text: str) -> str:
    """A quoted attribute value, without characters that XML does not know."""
    return quoteattr(_clean(text))
