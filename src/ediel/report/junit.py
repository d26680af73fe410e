"""Reports as JUnit XML, in the form that Jenkins and most other tools read: a suite per file, a case per message.

What is refused has failed. What is doubtful, or not refused with something unknown, is skipped with the reason: it has
not been shown to be right, and a test that passes would say so. ``--fail-on`` makes failures of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ediel.report._how import How
from ediel.report._model import Finding, MessageReport, Report
from ediel.report._words import VERDICTS, by_decider, text_of, where

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = How()


def render(reports: Sequence[Report], how: How = _PLAIN) -> str:
    """The report as JUnit XML text."""
    suites = [_suite(report, how) for report in reports]
    totals = {name: sum(int(counts[name]) for counts, _ in suites) for name in ("tests", "failures", "errors")}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={attribute('ediel')}{_counts(totals)}>"]
    parts.extend(text for _, text in suites)
    parts.append("</testsuites>")
    return "\n".join(parts) + "\n"


def _suite(report: Report, how: How) -> tuple[dict[str, int], str]:
    cases = []
    failures = errors = skipped = 0
    if report.findings or not report.messages:
        bad = [finding for finding in report.findings if how.fails(finding)]
        inner = ""
        if bad or not report.messages:
            errors += 1
            inner = _problem("error", bad, "nothing was checked", how)
        cases.append(_case(report.kind or "input", report.path, inner, report.findings, how))
    for number, message in enumerate(report.messages, 1):
        bad = [finding for finding in message.findings if how.fails(finding)]
        name = f"{message.name} {message.identification or number}"
        inner = ""
        if bad or how.fails_for_unknown(message):
            failures += 1
            inner = _problem("failure", bad, _in_words(message, how), how)
        elif message.verdict != "not refused" or message.rules.unknown:
            skipped += 1
            inner = f"<skipped message={attribute(_in_words(message, how))}/>"
        cases.append(_case(name, report.path, inner, message.findings, how, _unknown(message, how)))
    counts = {"tests": len(cases), "failures": failures, "errors": errors, "skipped": skipped}
    body = "\n".join(cases)
    opening = f'  <testsuite name={attribute(report.path or "input")}{_counts(counts)} time="0">'
    return counts, f"{opening}\n{body}\n  </testsuite>"


def _in_words(message: MessageReport, how: How) -> str:
    """The verdict, and how much is unknown."""
    verdict = VERDICTS[how.lang][message.verdict]
    unknown = message.rules.unknown
    words = f"{unknown} ukjent" if how.lang == "nb" else f"{unknown} rule{'' if unknown == 1 else 's'} unknown"
    return f"{verdict}; {words}" if unknown else verdict


def _unknown(message: MessageReport, how: How) -> str:
    return "".join(
        f"{VERDICTS[how.lang]['unknown']}: {decider}: {', '.join(sorted(keys))}\n"
        for decider, keys in by_decider(message.undecided, how.lang).items()
    )


def _case(name: str, path: str, inner: str, findings: Iterable[Finding], how: How, more: str = "") -> str:
    warnings = "".join(f"{_line(finding, how)}\n" for finding in findings if not how.fails(finding)) + more
    if warnings:
        inner += f"<system-out>{escape(_clean(warnings))}</system-out>"
    return f'    <testcase name={attribute(name)} classname={attribute(path or "input")} time="0">{inner}</testcase>'


def _problem(tag: str, findings: Sequence[Finding], otherwise: str, how: How) -> str:
    if not findings:
        return f"<{tag} message={attribute(otherwise)}/>"
    first = findings[0]
    text = "\n".join(_line(finding, how) for finding in findings)
    message = attribute(text_of(first, how.lang))
    return f"<{tag} message={message} type={attribute(first.rule)}>{escape(_clean(text))}</{tag}>"


def _line(finding: Finding, how: How) -> str:
    parts = [f"{finding.severity} {where(finding, how.lang)}: {text_of(finding, how.lang)}"]
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
