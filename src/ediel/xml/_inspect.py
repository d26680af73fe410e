"""Documents in, findings out: what the schema says of them, and whatever messages can be read all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from ediel.messages.header import Message
from ediel.messages.services import FAULT_NAMESPACE
from ediel.report import Finding, MessageReport, Report, RuleCount
from ediel.xml._doubts import doubts_of
from ediel.xml._names import masked_names
from ediel.xml._paths import local
from ediel.xml._privacy import mask, names_person
from ediel.xml._reader import reader
from ediel.xml._schema_verdict import too_many
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet
from ediel.xml.document import Document, Source, document_of
from ediel.xml.parser import LIMITS, Limits

if TYPE_CHECKING:
    from ediel.messages.fault import ElhubSOAPFault

__all__ = ["InspectedMessage", "Inspection", "check_document", "check_schema", "with_findings"]


@dataclass(frozen=True, slots=True)
class InspectedMessage:
    """One message of an input.

    Attributes:
        report: which message it is, and what was found in it.
        message: the typed message; ``None`` when the schema refuses it.
    """

    report: MessageReport
    message: Message | None = None

    @property
    def name(self) -> str:
        """Name of the message."""
        return self.report.name

    @property
    def valid(self) -> bool:
        """Whether nothing of severity error was found in it."""
        return self.report.valid


@dataclass(frozen=True, slots=True)
class Inspection:
    """What could be read of an input, and the report about it.

    Attributes:
        report: every finding.
        messages: every message that was found, valid or not, in document order.
        result_set: identification of a polled result set, to be acknowledged.
        fault: what Elhub said, when the input is a SOAP fault.
    """

    report: Report
    messages: tuple[InspectedMessage, ...] = ()
    result_set: str | None = None
    fault: ElhubSOAPFault | None = None

    @property
    def valid(self) -> bool:
        """Whether something was checked and nothing is wrong."""
        return self.report.valid


def check_schema(
    source: Source,
    *,
    path: str = "",
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
    show_personal: bool = False,
) -> Inspection:
    """Read what can be read, and report everything that the schema refuses; ``ediel.inspect`` asks the rules too.

    Args:
        source: XML, or a gzip file of it: a bare message, a service's request element, a SOAP envelope, a poll
            response; or a document that was read before.
        path: name of the input, for the report.
        release: release of EMIF; a message does not say which one it follows.
        schemas: other schemas to judge by, such as the official ones.
        limits: how large the input may be.
        show_personal: show values about people in findings instead of masking them.

    Raises:
        UnknownName: that release is not packaged.
        SchemaSetError: ``schemas`` lacks a document.
    """
    document = document_of(source, release=release, schemas=schemas, limits=limits)
    return check_document(document, path=path, show_personal=show_personal)


def check_document(document: Document, *, path: str = "", show_personal: bool = False) -> Inspection:
    """What the schema says of a document."""
    if document.problem is not None:
        return Inspection(Report(path, findings=(document.problem,), readable=False))
    located = document.located
    container = located.container
    if container is None:
        return Inspection(Report(path, located.kind, findings=located.findings, readable=not located.findings))
    if show_personal:
        parts, around = document.explained(show_personal=True)
    else:
        parts, around = document.parts, document.around
    shift = document.first_line - 1
    inspected = []
    for part in parts:
        own = list(part.findings)
        if part.message is not None:
            own += islice(doubts_of(part.element, show_personal), document.limits.findings)
            if len(own) == document.limits.findings:
                own.append(too_many(document.limits))
        own.sort(key=_line)
        inspected.append(InspectedMessage(message_report(part.element, _shifted(own, shift), shift), part.message))
    around = (*located.findings, *around)
    fault = None
    if located.namespace == FAULT_NAMESPACE:
        fault, around = _read_fault(container, document.conforms, around)
    around = _shifted(around, shift)
    report = Report(path, located.kind, tuple(item.report for item in inspected), around)
    return Inspection(report, tuple(inspected), document.result_set, fault)


def with_findings(inspection: Inspection, more: Iterable[tuple[list[Finding], RuleCount]], most: int) -> Inspection:
    """An inspection with what somebody else has found of each message: findings, and how many rules were applied.

    Args:
        inspection: what the schema has said.
        more: findings and counts, one pair for each message, in order.
        most: findings of a message, at the most.
    """
    result = []
    for item, (findings, counted) in zip(inspection.messages, more, strict=True):
        note = too_many(Limits(findings=most))
        own = [finding for finding in item.report.findings if finding.rule != note.rule]
        every = [*findings, *own]
        if len(every) > most or len(own) < len(item.report.findings):
            every = [*every[:most], note]
        every.sort(key=_line)
        result.append(replace(item, report=replace(item.report, findings=tuple(every), rules=counted)))
    report = replace(inspection.report, messages=tuple(item.report for item in result))
    return replace(inspection, report=report, messages=tuple(result))


def _line(finding: Finding) -> int:
    return finding.line or 0


def _shifted(findings: Iterable[Finding], shift: int) -> tuple[Finding, ...]:
    """Findings with their lines counted from where the document begins."""
    if not shift:
        return tuple(findings)
    return tuple(replace(item, line=item.line and item.line - shift) for item in findings)


def _read_fault(
    container: etree._Element, valid: bool, around: tuple[Finding, ...]
) -> tuple[ElhubSOAPFault | None, tuple[Finding, ...]]:
    if not valid:
        return None, around
    from ediel.messages.fault import ElhubSOAPFault  # noqa: PLC0415 - faults are rare

    fault = reader(ElhubSOAPFault, FAULT_NAMESPACE)(container)
    finding = Finding(
        "READ/fault",
        f"This is a SOAP fault of group {fault.code_group.value}, no message: {fault.code_group.label}.",
        severity="info",
        line=container.sourceline,
        code=fault.code_group.value,
        source="SoapUI 2.3",
    )
    return fault, (*around, finding)


def message_report(element: etree._Element, findings: tuple[Finding, ...], shift: int = 0) -> MessageReport:
    """Which message it is, as far as its first elements tell, even when it is not valid."""
    parts: dict[str, str] = {}
    for top in list(element)[:2]:
        for child in top:
            if child.text:
                parts.setdefault(local(str(child.tag)), child.text.strip()[:40])
    name = local(str(element.tag))
    return MessageReport(
        name=masked_names(name, (name,)),
        identification=_hidden(parts.get("Identification")),
        process=_hidden(parts.get("EnergyBusinessProcess")),
        role=_hidden(parts.get("EnergyBusinessProcessRole")),
        line=element.sourceline and element.sourceline - shift,
        findings=findings,
    )


def _hidden(text: str | None) -> str | None:
    """What tells which message it is, unless somebody has put a person there."""
    return mask(text) if text is not None and names_person(text) else text
