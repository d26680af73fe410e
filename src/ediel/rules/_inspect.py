"""Bytes in; messages, findings of the schema and of the rules out."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from ediel.messages import Message
from ediel.report import Finding, RuleCount
from ediel.rules._judge import Line, count, findings, judge
from ediel.xml import DEFAULT_RELEASE, LIMITS, Inspection, Limits, SchemaSet
from ediel.xml import inspect as inspect_xml

if TYPE_CHECKING:
    from ediel.market import Profile, Register


def inspect(
    data: bytes | bytearray | memoryview | str,
    *,
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

    Args:
        data: XML, or a gzip file of it.
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
        ValueError: ``on`` is a moment without a time zone.
    """
    opinion = partial(_opinion, on=on, strict=strict, profile=profile, register=register)
    return inspect_xml(
        data, path=path, release=release, schemas=schemas, limits=limits, show_personal=show_personal, judge=opinion
    )


def _opinion(
    message: Message,
    line: Line,
    *,
    on: date | datetime | None,
    strict: bool,
    profile: Profile | None,
    register: Register | None,
) -> tuple[list[Finding], RuleCount]:
    verdicts = judge(message, on, profile=profile, register=register)
    return list(findings(message, verdicts, line=line, strict=strict)), count(verdicts)
