"""Which findings count: chosen by their rules, and without those that a baseline knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from ediel.report._model import Finding, MessageReport, Report
from ediel.report._places import fingerprint

VERSION: Final = 1
"""Version of the form of a baseline."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which findings count.

    Attributes:
        select: patterns of rules to keep; empty: all. ``BRS-NO-101`` stands for every rule of the process, ``E17`` for
            every rule with that code, ``inferred`` for every rule that is that sure; ``*`` and ``?`` stand for signs.
        ignore: patterns of rules to leave out.
        known: fingerprints of a baseline.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()

    def of(self, report: Report) -> tuple[Report, int]:
        """A report with what counts, and how many findings were left out. What cannot be read always counts."""
        if not report.readable or not (self.select or self.ignore or self.known):
            return report, 0
        around = tuple(item for item in report.findings if self._counts(item, report))
        messages = tuple(self._message(message, report) for message in report.messages)
        chosen = replace(report, findings=around, messages=messages)
        return chosen, sum(1 for _ in report.all_findings()) - sum(1 for _ in chosen.all_findings())

    def _message(self, message: MessageReport, report: Report) -> MessageReport:
        findings = tuple(item for item in message.findings if self._counts(item, report))
        undecided = tuple(item for item in message.undecided if self._chosen(item.rule, None, None))
        rules = replace(message.rules, unknown=len(undecided))
        return replace(message, findings=findings, undecided=undecided, rules=rules)

    def _counts(self, finding: Finding, report: Report) -> bool:
        if self.known and fingerprint(finding, report) in self.known:
            return False
        return self._chosen(finding.rule, finding.code, finding.standing)

    def _chosen(self, rule: str, code: str | None, standing: str | None) -> bool:
        if self.select and not any(_fits(pattern, rule, code, standing) for pattern in self.select):
            return False
        return not any(_fits(pattern, rule, code, standing) for pattern in self.ignore)


def _fits(pattern: str, rule: str, code: str | None, standing: str | None) -> bool:
    pattern = pattern.strip()
    whole = (rule, rule.partition("/")[0], code, standing)
    return any(item is not None and fnmatchcase(item.lower(), pattern.lower()) for item in whole)


def read_baseline(path: str) -> frozenset[str]:
    """The fingerprints of a baseline.

    Raises:
        ValueError: it is no baseline.
        OSError: it cannot be read.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        version, rows = found["version"], found["findings"]
        known = frozenset(str(item["fingerprint"]) for item in rows)
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no baseline; --write-baseline makes one") from None
    if version != VERSION:
        raise ValueError(f"{path} has version {version}, expected {VERSION}; --write-baseline makes it again")
    return known


def baseline(reports: Sequence[Report] | Iterable[Report]) -> str:
    """A baseline of everything that was found: by file, rule and place, without values."""
    rows = {
        fingerprint(finding, report): {"file": report.path, "rule": finding.rule, "path": finding.path}
        for report in reports
        for finding in report.all_findings()
    }
    findings = [{"fingerprint": key, **row} for key, row in sorted(rows.items())]
    return json.dumps({"version": VERSION, "findings": findings}, ensure_ascii=False, indent=2) + "\n"
