"""Reads bytes, and judges the messages in them by schema and rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from ediel.report import Finding, RuleCount, Undecided
from ediel.rules._judge import Verdict, count, findings, judge
from ediel.rules._rule import Known
from ediel.rules._undecided import decider, no_rules, undecided
from ediel.rules.plausible import doubts
from ediel.xml import DEFAULT_RELEASE, LIMITS, Inspection, Limits, SchemaSet, Source, check_schema, with_findings
from ediel.xml.document import document_of

if TYPE_CHECKING:
    from ediel.market import Profile, Register
    from ediel.messages import Message

Level = Literal["schema", "rules"]


def inspect(
    source: Source,
    *,
    level: Level = "rules",
    on: date | datetime | None = None,
    strict: bool = False,
    profile: Profile | None = None,
    register: Register | None = None,
    path: str = "",
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
    show_personal: bool = False,
) -> Inspection:
    """Read what can be read, judge it by the schema and then by the rules, and report everything that is wrong.

    The verdict is that of ``ediel validate`` with the same options; the command judges on today's day when none is
    given.

    Args:
        source: XML, or a gzip file of it; or a document that was read before.
        level: ``schema`` judges by the schema alone.
        on: the Norwegian day of judgement, or an aware moment; without it the rules that need a date are unknown.
        strict: warnings of rules are errors.
        profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
        register: what is known of the market; without it most rules that need it are unknown.
        path: name of the input, for the report.
        release: release of EMIF.
        schemas: other schemas to judge by.
        limits: how large the input may be.
        show_personal: show values about people in findings instead of masking them.

    Raises:
        UnknownName: that release is not packaged.
        SchemaSetError: ``schemas`` lacks a document.
        InvalidProfile: the file named by ``EDIEL_PROFILE`` cannot be used.
        ValueError: ``on`` is a moment without a time zone; or there is no such level.
    """
    if level not in {"schema", "rules"}:
        raise ValueError(f"level is {level!r}, expected 'schema' or 'rules'")
    document = document_of(source, release=release, schemas=schemas, limits=limits)
    found = check_schema(document, path=path, show_personal=show_personal)
    if level == "schema" or not found.messages:
        return found
    facts = Known.on(on, profile, register)
    more = []
    for part in document.parts:
        judged: list[Finding] = []
        counted = RuleCount()
        unknown: tuple[Undecided, ...] = ()
        if part.message is not None:
            verdicts = judge(part.message, on, profile=profile, register=register)
            lines = document.lines(part)
            counted, unknown = settled(part.message, verdicts, facts)
            judged = list(findings(part.message, verdicts, line=lines, strict=strict))
            judged += doubts(part.message, facts, line=lines)
        more.append((judged, counted, unknown))
    return with_findings(found, more, document.limits.findings)


def settled(message: Message, verdicts: list[Verdict], facts: Known) -> tuple[RuleCount, tuple[Undecided, ...]]:
    """How many rules said what of a message, and what could not be decided."""
    if all(item.outcome == "not applicable" for item in verdicts):
        return replace(count(verdicts), unknown=1), (no_rules(message.process.business_process),)
    open_ones = (item.rule for item in verdicts if item.outcome == "unknown")
    return count(verdicts), tuple(undecided(rule, decider(rule, facts)) for rule in open_ones)
