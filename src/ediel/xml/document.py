"""A document: bytes that were read once, and what is in them.

It is made where bytes come in, and handed on from there. Whoever needs the messages, their columns or the findings asks
it; nobody parses again, and all read the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Self

from lxml import etree

from ediel.messages.header import Message
from ediel.report import Finding
from ediel.xml._beginning import LARGE, Beginning, beginning
from ediel.xml._envelope import Located, locate
from ediel.xml._lazily import lazily
from ediel.xml._paths import Lines, local
from ediel.xml._schema_verdict import Part, accepted_parts, accepts, parts_of
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet, packaged
from ediel.xml.parser import LIMITS, Limits, Unreadable, parse, parse_checked, unpack

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["Document", "Signer", "Source", "document_of"]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a document.

    Attributes:
        certificate: the certificate of the signer.
        organisation_number: its organisation number.
        algorithm: ``rsa-sha1`` or ``rsa-sha256``.
        created, expires: the timestamp that was signed with it, in UTC.
    """

    certificate: x509.Certificate
    organisation_number: str | None
    algorithm: str
    created: datetime
    expires: datetime


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """Bytes, and what was read in them. Make one with ``read``; the tree must not be changed.

    Attributes:
        data: the bytes as they came, plain or gzip; of a signed document, exactly the octets whose digest was checked.
        root: the parsed tree; ``None`` when it could not be parsed.
        problem: why it could not be parsed.
        signer: who signed it; ``None`` when no signature was verified.
        schemas: what it is checked against.
        limits: how large it may be.
        first_line: line of the tree on which ``data`` begins: what was signed is a part of its envelope.
    """

    data: bytes
    root: etree._Element | None
    problem: Finding | None = None
    signer: Signer | None = None
    schemas: SchemaSet = field(default_factory=packaged)
    limits: Limits = LIMITS
    first_line: int = 1

    def __repr__(self) -> str:
        """What it is and how large; nothing of its content, which may be about people."""
        name = "not read yet"
        if "root" in self.__dict__:
            name = "unreadable" if self.root is None else local(str(self.root.tag))
        signed = ", signed" if self.signer is not None else ""
        return f"<Document {name}, {len(self.data)} bytes{signed}>"

    @classmethod
    def read(
        cls,
        data: bytes | bytearray | memoryview | str,
        *,
        release: str = DEFAULT_RELEASE,
        schemas: SchemaSet | None = None,
        limits: Limits = LIMITS,
    ) -> Self:
        """Parse bytes. Never raises for what is wrong with them: ``problem`` says it.

        Args:
            data: XML, or a gzip file of it: a bare message, a service's request element, a SOAP envelope, a poll
                response.
            release: release of EMIF; a message does not say which one it follows.
            schemas: other schemas to check against, such as the official ones.
            limits: how large the input may be.

        Raises:
            UnknownName: that release is not packaged.
        """
        schema_set = schemas or packaged(release)
        raw = as_bytes(data)
        try:
            return cls(raw, parse(unpack(raw, limits), limits), schemas=schema_set, limits=limits)
        except Unreadable as refusal:
            return cls(raw, None, refusal.finding, schemas=schema_set, limits=limits)

    @classmethod
    def unread(cls, data: bytes, *, signer: Signer, limits: Limits = LIMITS) -> Self:
        """A document of bytes that were verified: its tree is made when somebody asks for it.

        Args:
            data: what was signed, in canonical form: well-formed, and as far within the limits as its envelope was.
            signer: who signed it.
            limits: how large it may be.
        """
        made = cls.__new__(cls)
        made.__dict__.update(data=data, problem=None, signer=signer, schemas=packaged(), limits=limits, first_line=1)
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """The tree of a document that was not read yet."""
            if name != "root" or "data" not in self.__dict__:
                raise AttributeError(name)
            # without a check: canonical bytes repeat declarations, and those that came were within the limits
            return self.__dict__.setdefault("root", parse_checked(self.data))

    @lazily
    def sha256(self) -> str:
        """Digest of ``data``, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @lazily
    def located(self) -> Located:
        """Where the messages are; nowhere in a document that could not be parsed."""
        return Located("") if self.root is None else locate(self.root)

    @lazily
    def _beginning(self) -> Beginning | None:
        """How a large poll response begins, for which no tree of it is needed."""
        return beginning(self.data) if self.problem is None and len(self.data) >= LARGE else None

    @lazily
    def kind(self) -> str:
        """What it is: ``message``, the name of a wrapper, ``fault``, ``empty poll``...; empty when that is unknown."""
        return self.located.kind if self._beginning is None else self._beginning.kind

    @lazily
    def name(self) -> str:
        """Local name of the element that it holds, whatever is known of it; empty where it could not be parsed."""
        if self._beginning is not None:
            return self._beginning.kind
        held = self.located.container if self.root is None or self.located.enveloped else self.root
        return "" if held is None else local(str(held.tag))

    @lazily
    def result_set(self) -> str | None:
        """Identification of a polled result set, to be acknowledged; ``None`` where nothing waits.

        It is found by its name in a response of another version too, whose content nobody here can read.
        """
        if self._beginning is not None:
            return self._beginning.result_set
        held = self.located.container
        held = self.root if held is None else held
        if held is None or local(str(held.tag)) != "PollForDataResponse" or self.located.kind == "empty poll":
            return None
        return held.findtext("{*}Identification")

    @lazily
    def fault_element(self) -> etree._Element | None:
        """The SOAP fault that it holds."""
        return (
            None
            if self.root is None
            else next(self.root.iter("{http://schemas.xmlsoap.org/soap/envelope/}Fault"), None)
        )

    @lazily
    def conforms(self) -> bool:
        """Whether the schema accepts what it holds; false where it holds nothing that has a schema."""
        located = self.located
        if located.container is None:
            return False
        return accepts(self.schemas.schema(located.namespace), located.container)

    @lazily
    def parts(self) -> tuple[Part, ...]:
        """Every message, in document order, typed where the schema accepts it; values about people are masked."""
        return accepted_parts(self.located.messages) if self.conforms else self._checked[0]

    @lazily
    def around(self) -> tuple[Finding, ...]:
        """What the schema says of the elements around the messages."""
        return () if self.conforms else self._checked[1]

    @lazily
    def messages(self) -> tuple[Message, ...]:
        """The messages that the schema accepts."""
        return tuple([part.message for part in self.parts if part.message is not None])

    @lazily
    def _checked(self) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        return self.explained(show_personal=False)

    def lines(self, part: Part) -> Callable[[str], int | None]:
        """What finds the line in ``data`` of a path in a message."""
        lines, shift = Lines(part.element), self.first_line - 1

        def line(path: str) -> int | None:
            found = lines.of(path)
            return found and found - shift

        return line

    def explained(self, *, show_personal: bool) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        """The parts and what is around them, with values about people shown or masked."""
        container = self.located.container
        if container is None:
            return (), ()
        return parts_of(
            self.located, container, self.schemas, self.limits, valid=self.conforms, show_personal=show_personal
        )


Source = Document | bytes | bytearray | memoryview | str
"""What can be read: bytes, text, or a document that was read before."""


def document_of(
    source: Source, *, release: str = DEFAULT_RELEASE, schemas: SchemaSet | None = None, limits: Limits = LIMITS
) -> Document:
    """A document, read now or before; one that was read before is checked against other schemas where they are given.

    Raises:
        UnknownName: that release is not packaged.
    """
    if not isinstance(source, Document):
        return Document.read(source, release=release, schemas=schemas, limits=limits)
    wanted = schemas or (packaged(release) if release != DEFAULT_RELEASE else source.schemas)
    return source if wanted is source.schemas else replace(source, schemas=wanted)


def as_bytes(data: bytes | bytearray | memoryview | str) -> bytes:
    """Bytes of what was given.

    Raises:
        TypeError: it is neither bytes nor text.
    """
    if isinstance(data, str):
        return data.encode(
            errors="surrogatepass"
        )  # half a surrogate pair is refused later, as any text that is not UTF-8
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"expected XML as bytes or text, found {type(data).__name__}; of a path, give path.read_bytes()")
