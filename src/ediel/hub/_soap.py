"""What HTTP and SOAP 1.1 themselves demand of a call, before anything of EMIF is asked.

Sources: RFC 9110 (content types and codings), SOAP 1.1 chapters 4.2.3, 4.4.1 and 6, SOAP 1.2 part 1 appendix A. What
the hub's own faults say comes from the SoapUI project of EMIF 2.3: a charset that is not UTF-8 is ``Other``, a packed
body that cannot be unpacked ``Compression``.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from ediel.codes import FaultGroup
from ediel.hub._replies import Refusal
from ediel.transport._wsse import SECURITY
from ediel.transport.envelope import SOAP

__all__ = ["NotSoap", "StandardFault", "check_coding", "check_headers", "check_type", "check_version"]

_CODINGS: Final = frozenset({"gzip", "x-gzip"})  # the same, by RFC 9110
_UNDERSTOOD: Final = frozenset({SECURITY})
_NEXT: Final = "http://schemas.xmlsoap.org/soap/actor/next"
_GZIP: Final = b"\x1f\x8b"


class NotSoap(Exception):
    """A request that is none of SOAP 1.1: answered by HTTP alone.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class StandardFault(Exception):
    """A fault of SOAP 1.1 itself, without a detail of Elhub.

    Attributes:
        code: ``VersionMismatch`` or ``MustUnderstand``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def check_type(content_type: str) -> None:
    """Is it SOAP 1.1 in UTF-8, by its content type?

    Raises:
        StandardFault: it is SOAP 1.2.
        NotSoap: it is something else.
        Refusal: its charset is not UTF-8.
    """
    kind, _, more = content_type.lower().partition(";")
    kind = kind.strip()
    if kind == "application/soap+xml":
        raise StandardFault("VersionMismatch", "the content type is that of SOAP 1.2; this service speaks SOAP 1.1")
    if kind and kind != "text/xml":
        attachments = "; attachments (MTOM, SwA) are not used" if kind.startswith("multipart/") else ""
        raise NotSoap(415, f"Content-Type is {kind[:60]}; expected text/xml; charset=utf-8{attachments}")
    if "charset=utf-8" not in more.replace('"', "").replace(" ", ""):
        raise Refusal(
            FaultGroup.OTHER, f"Content-Type is {content_type[:100] or 'missing'}; expected text/xml; charset=utf-8."
        )


def check_coding(coding: str, body: bytes) -> None:
    """Is the body packed as it says, or not at all?

    Raises:
        Refusal: it is not.
    """
    named = coding.strip().lower()
    if named not in {"", "identity", *_CODINGS}:
        raise Refusal(FaultGroup.COMPRESSION, f"Content-Encoding is {coding[:60]}; expected gzip.")
    if named in _CODINGS and body[:2] != _GZIP:
        raise Refusal(FaultGroup.COMPRESSION, "Content-Encoding is gzip, and the content is not.")
    if named not in _CODINGS and body[:2] == _GZIP:
        raise Refusal(FaultGroup.COMPRESSION, "The content is gzip, and there is no Content-Encoding: gzip.")


def check_version(envelope: etree._Element) -> None:
    """Is an envelope one of SOAP 1.1? What is no envelope at all is judged elsewhere.

    Raises:
        StandardFault: it is of another version.
    """
    name = etree.QName(envelope)
    if name.localname == "Envelope" and name.namespace != SOAP:
        raise StandardFault("VersionMismatch", "the envelope is not of SOAP 1.1")


def check_headers(envelope: etree._Element) -> None:
    """Is every header understood that must be?

    Raises:
        StandardFault: one is not.
    """
    for header in envelope.iterfind(f"{{{SOAP}}}Header/*"):
        must = header.get(f"{{{SOAP}}}mustUnderstand", "0").strip() == "1"
        ours = header.get(f"{{{SOAP}}}actor", "") in {"", _NEXT}
        if must and ours and header.tag not in _UNDERSTOOD:
            name = etree.QName(header).localname
            raise StandardFault("MustUnderstand", f"the header {name[:100]} is not understood here")
