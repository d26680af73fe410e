"""Reports as text for people."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ediel.report._how import How
from ediel.report._model import Finding, Report, Summary, Verdict
from ediel.report._words import (
    VERDICTS,
    Lang,
    by_decider,
    grouped,
    more_lines,
    text_of,
    title,
    unknown_of,
    where,
    word,
)

Style = Callable[[str, str], str]
"""Takes a text and one of ``ok``, ``error``, ``warning``, ``info``, ``dim``; returns the text to print."""

_KINDS: Final[dict[Verdict, str]] = {"refused": "error", "doubtful": "warning", "not refused": "ok", "unknown": "info"}
_WIDTH: Final = 11


def plain(text: str, _kind: str) -> str:
    """No colours."""
    return text


def lines(report: Report, *, style: Style = plain, quiet: bool = False, lang: Lang = "en") -> Iterator[str]:
    """The lines of one report.

    Args:
        report: what was found.
        style: colours.
        quiet: leave messages that nothing objects to out.
        lang: language of what has words in both.
    """
    name = report.path or "input"
    if not report.readable or not report.messages:
        reason = word("nothing to check" if report.readable else "cannot be read", lang)
        yield f"{style(word('not checked', lang), 'error')}  {name}: {reason}"
    yield from _findings(report.findings, style, name, lang)
    for message in report.messages:
        if quiet and not message.findings:
            continue
        verdict = f"{VERDICTS[lang][message.verdict]:<{_WIDTH}}"
        unknown = _unknown(message.rules.unknown, lang)
        yield f"{style(verdict, _KINDS[message.verdict])}  {name}: {title(message)}{unknown}"
        yield from _findings(message.findings, style, None, lang)


def _unknown(count: int, lang: Lang) -> str:
    return "" if not count else f"; {count} {'ukjent' if lang == 'nb' else 'unknown'}"


def _findings(findings: Sequence[Finding], style: Style, name: str | None, lang: Lang) -> Iterator[str]:
    for first, *rest in grouped(findings):
        yield from _finding(first, style, name, lang)
        if rest:
            yield f"      {style(more_lines(rest, lang), 'dim')}"


def _finding(finding: Finding, style: Style, name: str | None, lang: Lang) -> Iterator[str]:
    place = f"{word('line', lang)} {finding.line}" if finding.line else (name or "")
    code = f" [{finding.code}]" if finding.code else ""
    yield f"  {style(word(finding.severity, lang), finding.severity)}{code} {place}: {text_of(finding, lang)}"
    cells = {"at": finding.path or None, "found": finding.found, "expected": finding.expected}
    cells["rule"] = where(finding, lang)
    for key, value in cells.items():
        if value is not None:
            yield f"      {style(word(key, lang), 'dim')}{' ' * (9 - len(word(key, lang)))}{value}"


def summary_line(summary: Summary, lang: Lang = "en") -> str:
    """One line that says how much was checked and how it went."""
    if lang == "nb":
        return _summary_nb(summary)
    checked = f"{_count(summary.files, 'file')}, {_count(summary.messages, 'message')} checked against the schema"
    if summary.rules or summary.rules_unknown:
        checked += f" and {_count(summary.rules, 'rule')}"
    verdicts = f"{summary.refused} refused, {summary.doubtful} doubtful, {summary.not_refused} not refused"
    parts = [f"{checked}: {verdicts}" + (f", {summary.unknown} unknown" if summary.unknown else "")]
    if summary.rules_unknown:
        parts.append(f"{_count(summary.rules_unknown, 'rule')} unknown")
    if summary.unreadable:
        parts.append(f"{_count(summary.unreadable, 'file')} could not be read")
    if summary.errors or summary.warnings:
        parts.append(f"{_count(summary.errors, 'error')}, {_count(summary.warnings, 'warning')}")
    if not summary.messages:
        parts.append("nothing was checked")
    return "; ".join(parts) + "."


def _summary_nb(summary: Summary) -> str:
    files = f"{summary.files} {'fil' if summary.files == 1 else 'filer'}"
    checked = f"{files}, {_meldinger(summary.messages)} sjekket mot skjemaet"
    if summary.rules or summary.rules_unknown:
        checked += f" og {_regler(summary.rules)}"
    verdicts = f"{summary.refused} avvist, {summary.doubtful} tvilsom, {summary.not_refused} ikke avvist"
    parts = [f"{checked}: {verdicts}" + (f", {summary.unknown} ukjent" if summary.unknown else "")]
    if summary.rules_unknown:
        parts.append(f"{_regler(summary.rules_unknown)} ukjent")
    if summary.unreadable:
        parts.append(f"{summary.unreadable} kunne ikke leses")
    if summary.errors or summary.warnings:
        parts.append(
            f"{summary.errors} feil, {summary.warnings} {'advarsel' if summary.warnings == 1 else 'advarsler'}"
        )
    if not summary.messages:
        parts.append("ingenting ble sjekket")
    return "; ".join(parts) + "."


def _meldinger(number: int) -> str:
    return f"{number} {'melding' if number == 1 else 'meldinger'}"


def _regler(number: int) -> str:
    return f"{number} {'regel' if number == 1 else 'regler'}"


def unknown_lines(reports: Sequence[Report], lang: Lang = "en", width: int = 100) -> Iterator[str]:
    """What could not be judged in all reports, by what would decide it: each rule is named once."""
    label = VERDICTS[lang]["unknown"]
    for decider, keys in by_decider(unknown_of(reports), lang).items():
        names = ", ".join(_together(keys))
        what = word("one undecided" if len(keys) == 1 else "undecided", lang)
        line = f"{label:<{_WIDTH}}  {len(keys)} {what} {decider}: {names}"
        yield from textwrap.wrap(
            line, max(width, 40), subsequent_indent=" " * (_WIDTH + 2),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


def _together(keys: list[str]) -> list[str]:
    """Keys of rules; one that many processes share is named once, with how many they are."""
    processes: dict[str, list[str]] = {}
    for key in keys:
        process, _, name = key.partition("/")
        processes.setdefault(name, []).append(process)
    return [
        f"{found[0]}/{name}" if len(found) == 1 else f"*/{name} ({len(found)})"
        for name, found in sorted(processes.items())
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def render(reports: Sequence[Report], *, style: Style = plain, lang: Lang = "en") -> str:
    """All reports, what is unknown in them, and the summary."""
    rows = [line for report in reports for line in lines(report, style=style, lang=lang)]
    rows += unknown_lines(reports, lang)
    rows.append(summary_line(Summary.of(reports), lang))
    return "\n".join(rows) + "\n"


def written(reports: Sequence[Report], how: How) -> str:
    """The same, as it is asked for."""
    return render(reports, lang=how.lang)
