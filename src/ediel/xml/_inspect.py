"""Bytes in, findings out: what is wrong with them, and whatever messages can be read all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from lxml import etree

from ediel import messages
from ediel.identifiers import Eic, Gln, Gsrn, Identifier, NationalIdentityNumber, OrganisationNumber
from ediel.messages.header import Message
from ediel.messages.services import FAULT_NAMESPACE
from ediel.report import Finding, MessageReport, Report, RuleCount
from ediel.xml._envelope import Located, locate, message_name
from ediel.xml._paths import Lines, Paths, local
from ediel.xml._privacy import is_personal, mask
from ediel.xml._reader import reader
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet, packaged
from ediel.xml.parser import LIMITS, Limits, Unreadable, over_limits, parse, unpack

if TYPE_CHECKING:
    from ediel.messages.fault import ElhubSOAPFault

__all__ = ["InspectedMessage", "Inspection", "inspect"]


Judge = Callable[[Message, Callable[[str], int | None]], tuple[list[Finding], RuleCount]]
"""Takes a message and a function that finds the line of a path in it; gives findings and how many rules were held."""


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


def inspect(
    data: bytes | bytearray | memoryview | str,
    *,
    path: str = "",
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
    show_personal: bool = False,
    judge: Judge | None = None,
) -> Inspection:
    """Read what can be read and report everything that is wrong.

    Args:
        data: XML, or a gzip file of it: a bare message, a service's request element, a SOAP envelope, a poll response.
        path: name of the input, for the report.
        release: release of EMIF; a message does not say which one it follows.
        schemas: other schemas to judge by, such as the official ones.
        limits: how large the input may be.
        show_personal: show values about people in findings instead of masking them.
        judge: what else is to be said of each message that the schema takes; ``ediel.rules.inspect`` gives the rules.

    Raises:
        UnknownName: that release is not packaged.
        SchemaSetError: ``schemas`` lacks a document.
    """
    schema_set = schemas or packaged(release)
    try:
        root = parse(unpack(as_bytes(data), limits), limits)
    except Unreadable as refusal:
        return Inspection(Report(path, findings=(refusal.finding,), readable=False))
    located = locate(root)
    if located.container is None:
        readable = not located.findings
        return Inspection(Report(path, located.kind, findings=located.findings, readable=readable))
    return _judge(located, located.container, path, schema_set, limits, show_personal, judge)


def as_bytes(data: bytes | bytearray | memoryview | str) -> bytes:
    if isinstance(data, str):
        return data.encode(
            errors="surrogatepass"
        )  # half a surrogate pair is refused later, as any text that is not UTF-8
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"expected XML as bytes or text, found {type(data).__name__}; of a path, give path.read_bytes()")


def _judge(
    located: Located,
    container: etree._Element,
    path: str,
    schemas: SchemaSet,
    limits: Limits,
    show_personal: bool,
    judge: Judge | None,
) -> Inspection:
    valid = accepts(schemas.schema(located.namespace), container)
    by_message: dict[etree._Element | None, list[Finding]] = {}
    if not valid:
        for owner, finding in _findings(located, container, schemas, limits, show_personal):
            by_message.setdefault(owner, []).append(finding)
    inspected = []
    for element in located.messages:
        own = by_message.get(element, [])
        typed = None
        if valid or (not own and _alone_valid(element, schemas)):
            typed, problem = typed_of(element)
            own = [problem] if problem else own
        elif not own:
            own = [_unexplained(container, element)]
        rules = _NO_RULES
        if typed is not None:
            said: list[Finding] = []
            if judge is not None:
                said, rules = judge(typed, Lines(element).of)
            own = [*own, *islice(chain(said, _check_digits(element, show_personal)), limits.findings)]
            if len(own) == limits.findings:
                own.append(_many(limits))
        own.sort(key=_line)
        inspected.append(InspectedMessage(message_report(element, own, rules), typed))
    around = (*located.findings, *sorted(by_message.get(None, []), key=_line))
    result_set = None
    if located.kind == "PollForDataResponse":
        result_set = container.findtext(f"{{{located.namespace}}}Identification")
    fault = None
    if located.namespace == FAULT_NAMESPACE:
        fault, around = _read_fault(container, valid, around)
    report = Report(path, located.kind, tuple(item.report for item in inspected), around)
    return Inspection(report, tuple(inspected), result_set, fault)


def _line(finding: Finding) -> int:
    return finding.line or 0


def accepts(schema: etree.XMLSchema, element: etree._Element) -> bool:
    """The verdict of libxml2."""
    return bool(schema.validate(element))


def _findings(
    located: Located, container: etree._Element, schemas: SchemaSet, limits: Limits, show_personal: bool
) -> Iterator[tuple[etree._Element | None, Finding]]:
    if limit := over_limits(container, limits):
        yield (located.messages[0] if located.kind == "message" else None), limit
        return
    # Building the component model costs more than everything else here, and only a refusal needs it.
    from ediel.xml.explain import Explainer  # noqa: PLC0415

    explainer = Explainer.for_document(schemas.path(located.namespace))
    names = frozenset(str(element.tag) for element in located.messages)
    found = explainer.explain(container, messages=names, limit=limits.findings, show_personal=show_personal)
    yield from found
    if len(found) >= limits.findings:
        yield None, _many(limits)
    if not found:
        owner = located.messages[0] if located.kind == "message" else None
        yield owner, _unexplained(container, container)


def _many(limits: Limits) -> Finding:
    text = f"There are {limits.findings} findings or more; mend these and look again."
    return Finding("READ/many-findings", text, severity="info")


def _unexplained(container: etree._Element, element: etree._Element) -> Finding:
    """libxml2 refused, and the explanation found nothing: say so, with the kind of error, without the value."""
    return Finding(
        "XSD/other",
        "The schema refuses this element; no closer explanation could be found. Please report it with the message.",
        line=element.sourceline,
        found=local(str(element.tag)),
        code="XSD",
        component=local(str(container.tag)),
        source="EMIF 2.4.3 schema",
    )


def _alone_valid(element: etree._Element, schemas: SchemaSet) -> bool:
    """Whether a message inside a refused wrapper is valid by itself."""
    if message_name(str(element.tag)) is None:
        return False  # a local CollectedData: its wrapper holds nothing else, so the wrapper's verdict is its own
    return accepts(schemas.schema(etree.QName(element).namespace or ""), element)


def typed_of(element: etree._Element) -> tuple[Message | None, Finding | None]:
    try:
        return reader(messages.model(local(str(element.tag))))(element), None
    except (ValueError, ArithmeticError) as error:  # pragma: no cover - a hole between schema and model
        return None, Finding(
            "READ/value",
            f"The schema takes this message, but a value in it cannot be read ({type(error).__name__}).",
            line=element.sourceline,
            standing="assumed",
        )


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


_ENTITIES: Final = "{urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v2}"


_NO_RULES: Final = RuleCount()


def message_report(element: etree._Element, findings: list[Finding], rules: RuleCount = _NO_RULES) -> MessageReport:
    """Which message it is, as far as its first elements tell, even when it is not valid."""
    parts: dict[str, str] = {}
    for top in list(element)[:2]:
        for child in top:
            if child.text:
                parts.setdefault(local(str(child.tag)), child.text.strip()[:40])
    return MessageReport(
        name=local(str(element.tag)),
        identification=parts.get("Identification"),
        process=parts.get("EnergyBusinessProcess"),
        role=parts.get("EnergyBusinessProcessRole"),
        line=element.sourceline,
        findings=tuple(findings),
        rules=rules,
    )


_IDENTIFIED: Final = etree.XPath("descendant::*[@schemeAgencyIdentifier]")
_KIND_OF_SCHEME: Final[dict[str, type[Identifier]]] = {
    "305": Eic,
    "Z01": NationalIdentityNumber,
    "82": OrganisationNumber,
}


def _check_digits(element: etree._Element, show_personal: bool) -> Iterator[Finding]:
    """A warning for each identifier whose check digit is wrong. EMIF checks shapes only."""
    found = _IDENTIFIED(element)
    assert isinstance(found, list)
    paths = Paths()
    for item in found:
        assert isinstance(item, etree._Element)
        kind = _kind_of(item)
        if kind is None:
            continue
        problem = kind(item.text or "").problem
        if problem is None:
            continue
        personal = is_personal(item) and not show_personal
        text = item.text or ""
        yield Finding(
            "ID/check-digit",
            f"This is no right {kind.kind}" + ("; look it up again." if personal else f": {problem}."),
            severity="warning",
            path=paths.of(item, element),
            line=item.sourceline,
            found=mask(text) if personal else text,
            standing="inferred",
            source="GS1, ENTSO-E, National Population Register, register of organisations",
        )


def _kind_of(item: etree._Element) -> type[Identifier] | None:
    scheme = item.get("schemeAgencyIdentifier")
    if scheme != "9":
        return _KIND_OF_SCHEME.get(scheme or "")
    parent = item.getparent()
    holder = local(str(parent.tag)) if parent is not None else ""
    if holder.startswith("ProductIncluded"):
        return None  # a closed list; Elhub's own numbers have no check digit
    return Gsrn if holder.startswith("MeteringPoint") else Gln
