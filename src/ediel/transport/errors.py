"""What can go wrong on the wire; part of the one exception tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from ediel.codes import FaultGroup
from ediel.errors import EdielError
from ediel.messages import ElhubSOAPFault
from ediel.report import Finding
from ediel.transport._words import plain

if TYPE_CHECKING:
    from ediel.store import Evidence

__all__ = [
    "AnswerRefused",
    "AnswerTooLarge",
    "BadRoad",
    "HubFault",
    "InvalidAddress",
    "InvalidConfig",
    "InvalidIdentity",
    "NoClient",
    "NoOperation",
    "Reason",
    "SecurityRefused",
    "TransportError",
    "Unavailable",
]

Reason = Literal[
    "unreadable", "layout", "algorithm", "scope", "signature", "certificate", "trust", "organisation", "time", "replay"
]
PERMANENT: Final = frozenset({FaultGroup.XSD, FaultGroup.SIZE, FaultGroup.DATE})
"""Groups of faults after which the same message will not be accepted later. Assumed: no source says which they are.

``Other`` (an encoding that is not UTF-8) and ``Compression`` are not among them: they say how the bytes came, which a
proxy on the way may have changed, and nothing of the message, which is always written in UTF-8.
"""


class TransportError(EdielError):
    """Something is wrong on the way of a message."""


class NoClient(TransportError, LookupError):
    """Nobody can sign for a physical sender."""


class SecurityRefused(TransportError, ValueError):
    """An envelope that cannot be trusted. A hub answers with a SOAP fault of group ``Security``.

    Attributes:
        reason: what kind of thing is wrong: ``unreadable`` (no XML), ``layout`` (the header is not as the policy has
            it), ``algorithm``, ``scope`` (something else is signed than the Body and the Timestamp that are read),
            ``signature`` (it does not fit), ``certificate`` (not valid now, or not for signing), ``trust`` (none
            of the trusted issuers has issued it), ``organisation`` (of another one), ``time`` (expired, or not yet
            valid), ``replay`` (it has come before).
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Unavailable(TransportError):
    """The hub did not answer as a hub does: no connection, no answer in time, or an answer of something between.

    Attributes:
        arrived: ``False`` when the message cannot have arrived, ``None`` when it is unknown.
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
        signed: whether the fault has a trusted signature.
        proven: whether it is the hub's own word: signed, with a detail. (Without any trust configured, every fault with
            a detail is taken for it.)
        arrived: ``False`` for a proven fault: the message was not accepted. ``None`` for another: it is unknown.
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
        """Whether no message of this sender will be accepted for now: a proven fault of group ``Security``."""
        return self.proven and self.group is FaultGroup.SECURITY


class AnswerRefused(TransportError):
    """The answer cannot be trusted, or does not fit the operation. The message may have been accepted.

    Attributes:
        findings: what is wrong with it; empty when its signature is.
        spooled: whether it was so large that it came to the disk: not to be fetched again at once.
        arrived: always ``None``: it is unknown.
    """

    arrived: Final = None

    def __init__(self, text: str, findings: tuple[Finding, ...] = (), *, spooled: bool = False) -> None:
        super().__init__(text)
        self.findings = findings
        self.spooled = spooled


class AnswerTooLarge(AnswerRefused):
    """The answer is larger than what is written to disk: it stays with the hub, and so does what waits behind it.

    Attributes:
        largest: bytes that are written, at the most.
    """

    def __init__(self, largest: int) -> None:
        super().__init__(
            f"the answer has more than {largest} bytes, the most that is written to disk, and stays with the hub with "
            "what waits behind it. Raise largest_spooled under [courier] when there is room for three times as much",
            spooled=True,
        )
        self.largest = largest


class NoOperation(TransportError, LookupError):
    """No service accepts a message, or several do and none was named."""


class InvalidConfig(TransportError, ValueError):
    """A configuration that cannot be used."""


class InvalidIdentity(TransportError, ValueError):
    """A key or a certificate that cannot be used. The text never holds any of it."""


class InvalidAddress(TransportError, ValueError):
    """An address that cannot be listened on."""


class BadRoad(TransportError, ValueError):
    """A road to the hub that leads nowhere: the issuers that are named cannot be read."""
