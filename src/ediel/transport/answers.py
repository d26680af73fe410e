"""What a hub may answer, and what each answer proves.

Only what is signed by the hub ends anything. An answer that is not, or is of another form than the operation gives,
says nothing of the message: it may have arrived, and is asked again under its identification.

| HTTP status | body | verified | what becomes of a message |
|---|---|---|---|
| 200 | an answer of the operation's form | yes | sent |
| any | ElhubSOAPFault of a permanent group | yes | failed, with the fault as evidence |
| any | ElhubSOAPFault of group UUID | yes | held: it may be the message itself that has come before |
| any | ElhubSOAPFault of group System | yes | tried again |
| any | ElhubSOAPFault of group Security | yes | tried again; the party pauses |
| any | a fault without a detail, or not verified | - | tried again; its words are shown |
| any | anything else, or nothing | - | tried again |
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from ediel.codes import FaultGroup
from ediel.messages import ElhubSOAPFault, Message
from ediel.report import Finding
from ediel.store import Evidence
from ediel.transport.errors import TransportError
from ediel.xml import Document

__all__ = ["Answer", "AnswerRefused", "HubFault", "Unavailable", "evidence_of", "plain", "said_in"]

PERMANENT: Final = frozenset(
    {FaultGroup.XSD, FaultGroup.SIZE, FaultGroup.OTHER, FaultGroup.COMPRESSION, FaultGroup.DATE}
)
"""Groups of faults after which the same message will not be taken later. Assumed: no source says which they are."""
_SHOWN: Final = 500


class Unavailable(TransportError):
    """The hub did not answer as a hub does: no connection, no answer in time, or an answer of something between.

    Attributes:
        arrived: ``False`` when the message cannot have arrived, ``None`` when nobody knows.
        status: HTTP status, if there was one.
    """

    def __init__(self, text: str, *, arrived: bool | None, status: int | None = None) -> None:
        super().__init__(text)
        self.arrived = arrived
        self.status = status


class HubFault(TransportError):
    """A SOAP fault. What it proves depends on whether it is signed, and says what is wrong.

    Attributes:
        fault: what the hub says; ``None`` for a fault without a detail.
        signed: whether the fault was signed by somebody who is trusted.
        proven: whether it is the hub's own word: signed, with a detail. (Without any trust configured, every fault with
            a detail is taken for it.)
        arrived: ``False`` for a proven fault: the message was not taken. ``None`` for another: nobody knows.
        evidence: what the hub has signed.
    """

    def __init__(
        self,
        text: str,
        fault: ElhubSOAPFault | None,
        *,
        signed: bool,
        proven: bool | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        super().__init__(text)
        self.fault = fault
        self.signed = signed
        self.proven = fault is not None and (signed if proven is None else proven)
        self.arrived: bool | None = False if self.proven else None
        self.evidence = evidence

    @property
    def group(self) -> FaultGroup | None:
        """Group of the fault; ``None`` when it says none."""
        return None if self.fault is None else self.fault.code_group

    @property
    def details(self) -> str:
        """What it says, with the hub's details where there are any."""
        more = None if self.fault is None else self.fault.fault_text
        return f"{self} - {plain(more)}" if more else str(self)

    @property
    def final(self) -> bool:
        """Whether the message is refused for good: a proven fault of a permanent group."""
        return self.proven and self.group in PERMANENT

    @property
    def doubtful(self) -> bool:
        """Whether the hub says that it has a message of this identification: it may be this very one."""
        return self.proven and self.group is FaultGroup.UUID

    @property
    def transient(self) -> bool:
        """Whether the same message is to be sent again later: whatever does not end it."""
        return not (self.final or self.doubtful or self.stops)

    @property
    def stops(self) -> bool:
        """Whether nothing of this sender will be taken for now: a proven fault of group ``Security``."""
        return self.proven and self.group is FaultGroup.SECURITY


class AnswerRefused(TransportError):
    """An answer came that cannot be trusted, or is none that the operation gives. The message may have been taken.

    Attributes:
        findings: what is wrong with it; empty when its signature is.
        arrived: always ``None``: nobody knows.
    """

    arrived: Final = None

    def __init__(self, text: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(text)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub has answered: verified, and of the form that the operation gives.

    Attributes:
        messages: the messages in it that the schema accepts, of a poll or of a synchronous query; none in the empty
            answer that means "received".
        data: the bytes as they came.
        document: what was signed in them, with everything that is in it; ``None`` for an empty answer.
        result_set: identification of the result set of a poll, to be acknowledged; ``None`` when nothing waits.
        evidence: what the hub has signed, to be kept.
    """

    messages: tuple[Message, ...] = ()
    data: bytes = field(default=b"", repr=False)
    document: Document | None = None
    result_set: str | None = None
    evidence: Evidence | None = field(default=None, repr=False)

    @property
    def content(self) -> bytes:
        """What was signed in the answer; empty for an empty answer."""
        return b"" if self.document is None else self.document.data


def evidence_of(data: bytes, document: Document | None, signer: object = None) -> Evidence | None:
    """What is to be kept of an envelope that was verified; nothing of one that was not."""
    found = signer if document is None else document.signer
    certificate = getattr(found, "certificate", None)
    if certificate is None:
        return None
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    return Evidence(data, getattr(found, "organisation_number", None), digest)


def plain(text: str | None) -> str:
    """Words of somebody else as they may stand in a log or on a terminal: one line, without control characters."""
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"} else char for char in text or ""
    )
    words = " ".join(kept.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


def said_in(fault: etree._Element) -> str:
    """The words of a SOAP fault without a detail that is known: its code and its text."""
    code, text = fault.findtext("faultcode"), fault.findtext("faultstring")
    return plain(": ".join(part for part in (code, text) if part)) or "nothing"
