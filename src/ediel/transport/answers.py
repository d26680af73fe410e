"""What a hub may answer, and what each answer proves.

Only what is signed by the hub ends anything. An answer that is not, or is of another form than the operation gives,
says nothing of the message: it may have arrived, and is sent again under its identification.

| HTTP status | body | verified | what becomes of a message |
|---|---|---|---|
| 200 | an answer of the operation's form | yes | sent |
| any | ElhubSOAPFault of a permanent group | yes | failed, with the fault as evidence |
| any | ElhubSOAPFault of group UUID | yes | held: it may be the message itself that has come before |
| any | ElhubSOAPFault of group System, Other or Compression | yes | tried again |
| any | ElhubSOAPFault of group Security | yes | tried again; the party pauses |
| any | a fault without a detail, or not verified | - | tried again; its words are shown |
| any | anything else, or nothing | - | tried again |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from ediel.messages import Message
from ediel.store import Evidence
from ediel.transport._words import plain
from ediel.xml import Document
from ediel.xml.parser import ANY_SIZE, unpack

if TYPE_CHECKING:
    from ediel.transport._large import LargeAnswer

__all__ = ["Answer", "evidence_of", "words_of_fault"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub has answered: verified, and of the form that the operation gives.

    Attributes:
        came: the bytes as they came, plain or gzip.
        document: what was signed in them, with everything that is in it; ``None`` for an empty answer.
        result_set: identification of the result set of a poll, to be acknowledged; ``None`` when nothing waits, or when
            it has none that can be acknowledged.
        evidence: what the hub has signed, to be kept.
        large: an answer that lies on the disk, for its size; ``data`` and ``document`` are empty then.
    """

    came: bytes = field(default=b"", repr=False)
    document: Document | None = None
    result_set: str | None = None
    evidence: Evidence | None = field(default=None, repr=False)
    large: LargeAnswer | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages in it that the schema accepts, of a poll or of a synchronous query; read at first use.

        None in the empty answer that means "received".
        """
        return () if self.document is None else self.document.messages

    @property
    def data(self) -> bytes:
        """The bytes, unpacked anew each time: one that is packed is not held twice."""
        return unpack(self.came, ANY_SIZE)

    @property
    def content(self) -> bytes:
        """What was signed in the answer; empty for an empty answer."""
        return b"" if self.document is None else self.document.data


def evidence_of(came: bytes, document: Document | None, signer: object = None) -> Evidence | None:
    """What is to be kept of an envelope that was verified, plain or gzip; nothing of one that was not."""
    signed_by = signer if document is None else document.signer
    certificate = getattr(signed_by, "certificate", None)
    if certificate is None:
        return None
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - the errors here need no extra

    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    return Evidence(came, getattr(signed_by, "organisation_number", None), digest)


def words_of_fault(fault: etree._Element) -> str:
    """The words of a SOAP fault without a detail that is known: its code and its text."""
    code, text = fault.findtext("faultcode"), fault.findtext("faultstring")
    return plain(": ".join(part for part in (code, text) if part)) or "nothing"
