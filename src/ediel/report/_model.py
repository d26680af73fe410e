"""Findings are values; a report is what was checked and what was found. A report that checked nothing says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from ediel.codes import Standing

Severity = Literal["error", "warning", "info"]
Verdict = Literal["refused", "doubtful", "not refused", "unknown"]
"""What may be said of a message. *Refused*: by a published fact. *Doubtful*: something inferred or assumed objects.
*Not refused*: nothing objects; what is unknown is named beside it. *Unknown*: no rule could be judged at all."""
FailOn = Literal["published", "inferred", "assumed", "unknown"]
"""From which doubt on a check fails: objections that are published, inferred or assumed, or anything unknown."""
FAIL_ON: Final[tuple[FailOn, ...]] = get_args(FailOn)


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
        code_standing: whether a source prints the code with this rule, or it follows from other rules.
        text_nb: the text in Norwegian, where the rule has it.
        column: column in that line, from 1; ``None`` where nobody has looked for it.
        excerpt: numbers and texts of the lines around it, people masked; empty where nobody has asked for them.
        layer: what found it, where ``rule`` does not tell: the rules of the process, or those that ask the register.
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
    code_standing: Standing = "published"
    text_nb: str | None = None
    column: int | None = None
    excerpt: tuple[tuple[int, str], ...] = ()
    layer: Literal["process", "register"] | None = None

    @property
    def objects(self) -> bool:
        """Whether it speaks against the message."""
        return self.severity != "info"

    @property
    def refuses(self) -> bool:
        """Whether it is a published fact that speaks against the message."""
        return self.severity == "error" and self.standing == "published"


@dataclass(frozen=True, slots=True)
class Undecided:
    """A rule that could not be judged.

    Attributes:
        rule: its key.
        text, text_nb: what must hold, in English and Norwegian.
        decided_by, decided_by_nb: what would decide it.
    """

    rule: str
    text: str
    decided_by: str
    text_nb: str = ""
    decided_by_nb: str = ""


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
    undecided: tuple[Undecided, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether there is no finding of severity error. It claims nothing of what is unknown; ``verdict`` does."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def verdict(self) -> Verdict:
        """What may be said of it."""
        found = _verdict(self.findings)
        return "unknown" if found == "not refused" and self.rules.unknown and not self.rules.applied else found


def _verdict(findings: Iterable[Finding]) -> Verdict:
    result: Verdict = "not refused"
    for finding in findings:
        if finding.refuses:
            return "refused"
        if finding.objects:
            result = "doubtful"
    return result


_WORST: Final[tuple[Verdict, ...]] = ("refused", "doubtful", "unknown", "not refused")


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

    @property
    def verdict(self) -> Verdict:
        """The worst of its messages and of what was found around them; unknown where nothing was checked."""
        if not self.messages:
            return "unknown"
        return min((_verdict(self.findings), *(item.verdict for item in self.messages)), key=_WORST.index)

    def all_findings(self) -> Iterator[Finding]:
        """Findings of the input, then of each message."""
        yield from self.findings
        for message in self.messages:
            yield from message.findings


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over many inputs.

    Attributes:
        files, unreadable, messages: how much was there.
        refused, doubtful, not_refused, unknown: messages by verdict.
        errors, warnings: findings by severity.
        published, inferred, assumed: findings that object, by standing.
        rules, rules_unknown: rules that were applied, and rules that could not be judged.
    """

    files: int = 0
    unreadable: int = 0
    messages: int = 0
    refused: int = 0
    doubtful: int = 0
    not_refused: int = 0
    unknown: int = 0
    errors: int = 0
    warnings: int = 0
    published: int = 0
    inferred: int = 0
    assumed: int = 0
    rules: int = 0
    rules_unknown: int = 0

    @classmethod
    def of(cls, reports: Iterable[Report]) -> Summary:
        """Count."""
        files = unreadable = rules = unknown = 0
        verdicts: Counter[Verdict] = Counter()
        severities: Counter[Severity] = Counter()
        standings: Counter[Standing] = Counter()
        for report in reports:
            files += 1
            unreadable += not report.readable
            for message in report.messages:
                verdicts[message.verdict] += 1
                rules += message.rules.applied
                unknown += message.rules.unknown
            for finding in report.all_findings():
                severities[finding.severity] += 1
                if finding.objects:
                    standings[finding.standing] += 1
        return cls(
            files, unreadable, verdicts.total(),
            verdicts["refused"], verdicts["doubtful"], verdicts["not refused"], verdicts["unknown"],
            severities["error"], severities["warning"],
            standings["published"], standings["inferred"], standings["assumed"],
            rules, unknown,
        )  # fmt: skip

    @property
    def exit_code(self) -> int:
        """0 nothing is refused; 1 findings of severity error; 2 something could not be read, or nothing was checked."""
        return self.exit_code_on("published")

    def exit_code_on(self, fail_on: FailOn) -> int:
        """The exit code where doubt from some standing on counts as failure too.

        Args:
            fail_on: ``published``: findings of severity error alone; ``inferred`` and ``assumed``: what is that sure at
                least; ``unknown``: rules that could not be judged too.
        """
        if self.unreadable or (not self.messages and not self.errors):
            return 2
        counts = (self.errors, self.inferred, self.assumed, self.rules_unknown + self.unknown)
        return 1 if any(counts[: FAIL_ON.index(fail_on) + 1]) else 0
