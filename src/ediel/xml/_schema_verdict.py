"""What the schema says of a document: its verdict at once, and what is wrong where it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from ediel import messages
from ediel.messages.header import Message
from ediel.report import Finding
from ediel.xml._envelope import Located, message_name
from ediel.xml._paths import local
from ediel.xml._reader import reader
from ediel.xml.catalogue import SchemaSet
from ediel.xml.parser import Limits, over_limits


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a document.

    Attributes:
        element: where it stands.
        message: the typed message; ``None`` when the schema refuses it.
        findings: why the schema refuses it.
    """

    element: etree._Element
    message: Message | None
    findings: tuple[Finding, ...] = ()


def accepts(schema: etree.XMLSchema, element: etree._Element) -> bool:
    """The verdict of libxml2."""
    return bool(schema.validate(element))


def parts_of(
    located: Located,
    container: etree._Element,
    schemas: SchemaSet,
    limits: Limits,
    *,
    valid: bool,
    show_personal: bool,
) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
    """Every message of a document with its findings, and the findings around them.

    Args:
        located: where the messages are.
        container: the element that was checked.
        schemas: what it was checked against.
        limits: how much is explained.
        valid: what the schema has said of the container.
        show_personal: show values about people.
    """
    if valid:  # the common case, and nothing to sort out
        return accepted_parts(located.messages), ()
    by_message: dict[etree._Element | None, list[Finding]] = {}
    for owner, finding in _findings(located, container, schemas, limits, show_personal):
        by_message.setdefault(owner, []).append(finding)
    parts = []
    for element in located.messages:
        own = by_message.get(element, [])
        if own:
            parts.append(Part(element, None, tuple(sorted(own, key=_line))))
        elif _alone_valid(element, schemas):
            parts.append(_accepted(element))
        else:
            parts.append(Part(element, None, (_unexplained(container, element),)))
    return tuple(parts), tuple(sorted(by_message.get(None, []), key=_line))


def accepted_parts(elements: Iterable[etree._Element]) -> tuple[Part, ...]:
    """The parts of a document that the schema accepts whole."""
    return tuple([_accepted(element) for element in elements])


def _accepted(element: etree._Element) -> Part:
    message, problem = typed_of(element)
    return Part(element, message, (problem,) if problem else ())


def _line(finding: Finding) -> int:
    return finding.line or 0


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
        yield None, too_many(limits)
    if not found:
        owner = located.messages[0] if located.kind == "message" else None
        yield owner, _unexplained(container, container)


def too_many(limits: Limits) -> Finding:
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
