"""Bytes in, messages out; messages in, bytes out. What is wrong is looked for once it is known that something is."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from ediel import messages
from ediel.errors import InvalidMessage, NotOneMessage
from ediel.messages.header import Header, Message, ProcessContext
from ediel.report import Report
from ediel.xml._envelope import locate, message_name
from ediel.xml._inspect import check_document
from ediel.xml._paths import local
from ediel.xml._reader import reader
from ediel.xml._schema_verdict import accepts, typed_of
from ediel.xml._writer import to_text
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet, packaged
from ediel.xml.document import Document, Source, as_bytes, document_of
from ediel.xml.parser import LIMITS, Limits, Unreadable, parse, unpack

__all__ = ["Head", "accepted", "messages_in", "read", "read_all", "write"]


def read(
    source: Source,
    *,
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
) -> Message:
    """The one message in an input: bytes, text, or a document that was read before.

    Raises:
        InvalidMessage: the input cannot be read or the schema refuses the message; ``.report`` holds every finding.
        NotOneMessage: there is no message in it, or there are several; ``read_all`` takes those.
    """
    found = read_all(source, release=release, schemas=schemas, limits=limits)
    if len(found) != 1:
        names = [type(message).__name__ for message in found]
        raise NotOneMessage(
            f"expected one message, found {len(found)}{': ' + ', '.join(names[:5]) if names else ''}"
            f"{', ...' if len(names) > 5 else ''}; ediel.read_all() reads them all",
            names,
        )
    return found[0]


def read_all(
    source: Source,
    *,
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
) -> tuple[Message, ...]:
    """Every message in an input, in document order; empty for an empty poll.

    Raises:
        InvalidMessage: the input cannot be read or the schema refuses a message; ``.report`` holds every finding.
    """
    found = messages_in(source, release=release, schemas=schemas, limits=limits)
    if not isinstance(found, Document):
        return found
    document, located = found, found.located
    if document.problem is None and not located.findings:
        if located.container is None:
            return ()
        if document.conforms and len(typed := document.messages) == len(located.messages):
            return typed
    raise _invalid(check_document(document).report)


def messages_in(
    source: Source,
    *,
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    limits: Limits = LIMITS,
) -> tuple[Message, ...] | Document:
    """The messages of an input in which nothing is wrong; the document where something is, or nothing is in it.

    By far the most messages are small and right: no more is made of them than their typed form.
    """
    if isinstance(source, Document):
        return document_of(source, release=release, schemas=schemas, limits=limits)
    raw, schema_set = as_bytes(source), schemas or packaged(release)
    try:
        root = parse(unpack(raw, limits), limits)
    except Unreadable as refusal:
        return Document(raw, None, refusal.finding, schemas=schema_set, limits=limits)
    located = locate(root)
    container = located.container
    if container is not None and not located.findings and accepts(schema_set.schema(located.namespace), container):
        read = [typed_of(element)[0] for element in located.messages]
        found = tuple([message for message in read if message is not None])
        if len(found) == len(read):
            return found
    return Document(raw, root, schemas=schema_set, limits=limits)


def _invalid(report: Report) -> InvalidMessage:
    findings = [finding for finding in report.all_findings() if finding.severity == "error"]
    first = findings[0]
    where = f" at {first.path}" if first.path else ""
    line = f" (line {first.line})" if first.line and f"(line {first.line})" not in first.text else ""
    more = f"; and {len(findings) - 1} more, see .report" if len(findings) > 1 else ""
    return InvalidMessage(f"{first.text.rstrip('.')}{where}{line}{more}", report)


def write(
    message: Message,
    *,
    release: str = DEFAULT_RELEASE,
    schemas: SchemaSet | None = None,
    validate: bool = True,
) -> bytes:
    """A message as UTF-8 XML, checked against the schema before it leaves.

    Args:
        message: the message.
        release: release of EMIF to check against.
        schemas: other schemas to check against.
        validate: False leaves the check out, for messages that were just read or will be checked elsewhere.

    Raises:
        InvalidMessage: the result is not valid; ``.report`` says why, with lines of the text that was not written.
    """
    data = to_text(message).encode()
    if validate and not _conforms(data, schemas or packaged(release)):
        document = Document.read(data, release=release, schemas=schemas)
        raise _invalid(check_document(document, path="(not written)").report)
    return data


def _conforms(data: bytes, schemas: SchemaSet) -> bool:
    """Whether a message that was just written is valid."""
    try:
        root = parse(data)
    except Unreadable:
        return False
    tag = str(root.tag)
    return message_name(tag) is not None and accepts(schemas.schema(tag[1 : tag.index("}")]), root)


@dataclass(frozen=True, slots=True)
class Head:
    """A message that its schema takes, as far as its header and its process.

    Attributes:
        element: where it stands.
        model: its class.
        header, process: what they say.
    """

    element: etree._Element
    model: type[Message]
    header: Header
    process: ProcessContext


def accepted(data: bytes, heads: frozenset[str], *, limits: Limits = LIMITS) -> list[Head] | None:
    """The messages of some kinds in a document that its schema takes; nothing where something is wrong.

    For those who ask in bulk and read the payloads themselves. It looks for no warnings, and does not say what is
    wrong; ``inspect`` does.

    Args:
        data: the document.
        heads: names of the messages that are wanted. Others are read to see whether they can be, and left out.
        limits: how large it may be.
    """
    document = Document.read(data, limits=limits)
    located = document.located
    if located.findings or not document.conforms:
        return None
    result = []
    for element in located.messages:
        name = local(str(element.tag))
        if name not in heads:
            if typed_of(element)[0] is None:
                return None
            continue
        try:
            result.append(
                Head(element, messages.model(name), reader(Header)(element[0]), reader(ProcessContext)(element[1]))
            )
        except (ValueError, ArithmeticError):  # pragma: no cover - see typed_of
            return None
    return result
