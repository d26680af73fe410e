"""Findings are values; a report is what was checked and what was found. A report that checked nothing says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ediel.codes import Standing

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes:
        rule: key of the rule, such as ``XSD/unexpected-element``; see ``docs/findings.md``.
        text: what is wrong and what to do, in one or two sentences, without person data.
        severity: ``error`` when the hub would refuse the message.
        path: element names with positions, from the message element down.
        line: line in the input, from 1.
        found: the value, masked where it is about a person; ``None`` when there is none.
        expected: what would have been right.
        code: the hub's own code for it: a reason code, or the group of the SOAP fault. ``None`` when none is published.
        standing: whether a source says so, it follows from sources, or it is assumed.
        component: the schema component behind it.
        source: document that the rule comes from.
    """

    rule: str
    text: str
    severity: Severity = "error"
    path: str | None = None
    line: int | None = None
    found: str | None = None
    expected: str | None = None
    code: str | None = None
    standing: Standing = "published"
    component: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many business rules were considered, and with which outcomes."""

    applied: int = 0
    failed: int = 0
    not_applicable: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class MessageReport:
    """One message: which it is, and what was found in it."""

    name: str
    identification: str | None = None
    process: str | None = None
    role: str | None = None
    line: int | None = None
    findings: tuple[Finding, ...] = ()
    rules: RuleCount = field(default_factory=RuleCount)

    @property
    def valid(self) -> bool:
        """Whether there is no finding of severity error."""
        return not any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """One input: the messages in it, and what was found around them.

    Attributes:
        path: name of the input; ``-`` for standard input, empty for bytes.
        kind: what the input is, such as ``message`` or ``PollForDataResponse``; empty when it could not be read.
        messages: every message in it.
        findings: about the input as a whole: not XML, unknown root, broken envelope.
        readable: whether it could be read at all.
    """

    path: str = ""
    kind: str = ""
    messages: tuple[MessageReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    readable: bool = True

    @property
    def checked(self) -> int:
        """How many messages were checked; nothing is valid when this is 0."""
        return len(self.messages)

    @property
    def valid(self) -> bool:
        """Whether something was checked and nothing is wrong."""
        return bool(self.messages) and not any(finding.severity == "error" for finding in self.all_findings())

    def all_findings(self) -> Iterator[Finding]:
        """Findings of the input, then of each message."""
        yield from self.findings
        for message in self.messages:
            yield from message.findings


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over many inputs."""

    files: int = 0
    unreadable: int = 0
    messages: int = 0
    valid: int = 0
    invalid: int = 0
    errors: int = 0
    warnings: int = 0
    rules: int = 0
    rules_unknown: int = 0

    @classmethod
    def of(cls, reports: Iterable[Report]) -> Summary:
        """Count."""
        files = unreadable = messages = valid = errors = warnings = rules = unknown = 0
        for report in reports:
            files += 1
            unreadable += not report.readable
            for message in report.messages:
                messages += 1
                valid += message.valid
                rules += message.rules.applied
                unknown += message.rules.unknown
            for finding in report.all_findings():
                errors += finding.severity == "error"
                warnings += finding.severity == "warning"
        return cls(files, unreadable, messages, valid, messages - valid, errors, warnings, rules, unknown)

    @property
    def exit_code(self) -> int:
        """0 all valid; 1 findings of severity error; 2 something could not be read, or nothing was checked."""
        if self.unreadable or (not self.messages and not self.errors):
            return 2
        return 1 if self.errors else 0
