"""Reports as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ediel.report._model import Finding, MessageReport, Report, Summary

Style = Callable[[str, str], str]
"""Takes a text and one of ``ok``, ``error``, ``warning``, ``info``, ``dim``; returns the text to print."""


def plain(text: str, _kind: str) -> str:
    """No colours."""
    return text


def lines(report: Report, *, style: Style = plain, quiet: bool = False) -> Iterator[str]:
    """The lines of one report; ``quiet`` leaves valid messages without findings out."""
    name = report.path or "input"
    if not report.readable or not report.messages:
        yield f"{style('not checked', 'error')}  {name}: {'nothing to check' if report.readable else 'cannot be read'}"
    for finding in report.findings:
        yield from _finding(finding, style, name)
    for message in report.messages:
        if quiet and not message.findings:
            continue
        verdict = style("valid      ", "ok") if message.valid else style("refused    ", "error")
        yield f"{verdict}  {name}: {_title(message)}"
        for finding in message.findings:
            yield from _finding(finding, style, None)


def _title(message: MessageReport) -> str:
    parts = [message.name]
    if message.process:
        parts.append(message.process)
    if message.role:
        parts.append(f"as {message.role}")
    if message.identification:
        parts.append(message.identification)
    return " ".join(parts)


def _finding(finding: Finding, style: Style, name: str | None) -> Iterator[str]:
    where = f"line {finding.line}" if finding.line else (name or "")
    code = f" [{finding.code}]" if finding.code else ""
    yield f"  {style(finding.severity, finding.severity)}{code} {where}: {finding.text}"
    if finding.path:
        yield f"      {style('at', 'dim')}       {finding.path}"
    if finding.found is not None:
        yield f"      {style('found', 'dim')}    {finding.found}"
    if finding.expected is not None:
        yield f"      {style('expected', 'dim')} {finding.expected}"
    yield f"      {style('rule', 'dim')}     {finding.rule} ({finding.standing})"


def summary_line(summary: Summary) -> str:
    """One line that says how much was checked and how it went."""
    checked = f"{_count(summary.files, 'file')}, {_count(summary.messages, 'message')} checked against the schema"
    if summary.rules or summary.rules_unknown:
        checked += f" and {_count(summary.rules, 'rule')} ({summary.rules_unknown} more unknown)"
    parts = [f"{checked}: {summary.valid} valid, {summary.invalid} refused"]
    if summary.unreadable:
        parts.append(f"{_count(summary.unreadable, 'file')} could not be read")
    if summary.errors or summary.warnings:
        parts.append(f"{_count(summary.errors, 'error')}, {_count(summary.warnings, 'warning')}")
    if not summary.messages:
        parts.append("nothing was checked")
    return "; ".join(parts) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def render(reports: Sequence[Report], *, style: Style = plain) -> str:
    """All reports and the summary."""
    rows = [line for report in reports for line in lines(report, style=style)]
    rows.append(summary_line(Summary.of(reports)))
    return "\n".join(rows) + "\n"
