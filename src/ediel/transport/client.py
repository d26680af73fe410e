"""One call to a service of the hub: sign, send, verify the answer, read it.

What matters to whoever calls is whether the message may have arrived. Every error says so in ``arrived``: ``False``
means that it can be sent again, changed or not; ``None`` means that nobody knows: send it again only with the same
identification.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self

import httpx2

from ediel.codes import FaultGroup
from ediel.engine import Party
from ediel.errors import InvalidMessage
from ediel.messages import ElhubSOAPFault, Message
from ediel.report import Finding
from ediel.transport.envelope import wrap
from ediel.transport.environments import Environment
from ediel.transport.errors import SecurityRefused, TransportError
from ediel.transport.identity import Identity, Trust, not_in_force
from ediel.transport.polling import acknowledgement_of, poll_of
from ediel.transport.signing import sign
from ediel.transport.verifying import Replays, verify
from ediel.xml import LIMITS, Document, Limits, check_schema, read_all
from ediel.xml.parser import Unreadable, unpack

__all__ = ["Answer", "AnswerRefused", "Client", "HubFault", "Unavailable"]

TIMEOUT: Final = httpx2.Timeout(60, connect=10)
_TRANSIENT: Final = frozenset({FaultGroup.SYSTEM})
"""Groups of faults after which the same message may be taken later. Assumed: no source says which they are."""


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
    """The hub has refused a message at the endpoint. It has not been taken.

    Attributes:
        fault: what the hub says; ``None`` for a fault without a detail.
        signed: whether the fault was signed by somebody who is trusted.
        arrived: always ``False``.
    """

    arrived: Final = False

    def __init__(self, text: str, fault: ElhubSOAPFault | None, *, signed: bool) -> None:
        super().__init__(text)
        self.fault = fault
        self.signed = signed

    @property
    def group(self) -> FaultGroup | None:
        """Group of the fault; ``None`` when it says none."""
        return None if self.fault is None else self.fault.code_group

    @property
    def details(self) -> str:
        """What it says, with the hub's details where there are any."""
        more = None if self.fault is None else self.fault.fault_text
        return f"{self} - {more}" if more else str(self)

    @property
    def transient(self) -> bool:
        """Whether the same message may be taken later: the group ``System``."""
        return self.group in _TRANSIENT

    @property
    def stops(self) -> bool:
        """Whether nothing of this sender will be taken before somebody acts: the group ``Security``."""
        return self.group is FaultGroup.SECURITY


class AnswerRefused(TransportError):
    """An answer came that cannot be trusted or read. The message may have been taken.

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
    """What the hub has answered.

    Attributes:
        messages: the messages in it, of a poll or of a synchronous query; none in the empty answer that means "taken".
        data: the bytes as they came, for the archive.
        document: what was signed in them; ``None`` for an empty answer.
        result_set: identification of the result set of a poll, to be acknowledged; ``None`` when nothing waits.
    """

    messages: tuple[Message, ...] = ()
    data: bytes = b""
    document: Document | None = None
    result_set: str | None = None

    @property
    def content(self) -> bytes:
        """What was signed in the answer; empty for an empty answer."""
        return b"" if self.document is None else self.document.data


class Client:
    """Calls the services of a hub for one holder of a certificate. Safe for threads.

    Args:
        environment: which hub.
        identity: who signs.
        trust: whose answers are believed. ``None`` reads answers without a look at their signature: for tests only.
        clock: gives the present moment, aware.
        http: an HTTP client of your own, for proxies and certificates; closed by you.
        compress: send gzip. Whether a hub demands it is not published.
        limits: how large an answer may be.
    """

    def __init__(
        self,
        environment: Environment,
        identity: Identity,
        trust: Trust | None,
        *,
        clock: Callable[[], datetime] | None = None,
        http: httpx2.Client | None = None,
        compress: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        self.environment = environment
        self._identity = identity
        self._trust = trust
        self._clock = clock or partial(datetime.now, UTC)
        self._own = http is None
        self._http = http or httpx2.Client(timeout=TIMEOUT, follow_redirects=False)
        self._compress = compress
        self._limits = limits
        self._replays = Replays()

    def __enter__(self) -> Self:
        """The client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        if self._own:
            self._http.close()

    def call(self, message: Message | Document, service: str | None = None) -> Answer:
        """Send a message, and give what the hub answers.

        Args:
            message: what is sent, or the document that holds it; it is checked against its schema first.
            service: name of the service, for the messages that several take.

        Raises:
            InvalidMessage: the message is not valid; nothing was sent.
            NoOperation: no service takes it, or several do and none was named.
            Unavailable: there was no answer of a hub.
            HubFault: the hub has refused the message.
            AnswerRefused: the answer cannot be trusted or read.
        """
        envelope = wrap(message, service)
        data = sign(envelope, self._identity, self._clock(), algorithm=self.environment.algorithm)
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{envelope.operation}"',
            "Accept-Encoding": "gzip",
        }
        if self._compress:
            data = gzip.compress(data, compresslevel=6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        status, kind, answer = self._exchange(self.environment.address(envelope.service), data, headers)
        if status == httpx2.codes.OK:
            return self._answer(answer)
        if status == httpx2.codes.INTERNAL_SERVER_ERROR and "xml" in kind:
            raise self._fault(answer)
        raise Unavailable(
            f"{self.environment.name} answered HTTP {status} ({kind or 'no content type'}), expected 200, or 500 with "
            "a SOAP fault; something between may have answered",
            arrived=None if status >= httpx2.codes.INTERNAL_SERVER_ERROR else False,
            status=status,
        )

    def poll(self, party: Party, channel: str) -> Answer:
        """Fetch what waits for a party on a channel; persist it, then ``acknowledge`` its ``result_set``.

        Raises:
            TransportError: see ``call``.
        """
        return self.call(poll_of(party, self._clock()), channel)

    def acknowledge(self, party: Party, channel: str, result_set: str) -> None:
        """Say that a result set has been persisted. The next poll shows whether the hub has understood.

        Raises:
            TransportError: see ``call``.
        """
        self.call(acknowledgement_of(party, result_set, self._clock()), channel)

    def _exchange(self, address: str, data: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body; the body within the limits, packed or not."""
        where = self.environment.name
        try:
            with self._http.stream("POST", address, content=data, headers=headers) as response:
                parts, size = [], 0
                for part in response.iter_raw():
                    parts.append(part)
                    size += len(part)
                    if size > self._limits.size:
                        raise AnswerRefused(f"the answer of {where} is larger than {self._limits.size} bytes")
                status, kind = response.status_code, response.headers.get("content-type", "")
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            text = f"{where} cannot be reached: {type(error).__name__}; look at address, network and certificates"
            raise Unavailable(text, arrived=False) from None
        except httpx2.HTTPError as error:
            text = f"{where} did not answer: {type(error).__name__}; the message may have arrived"
            raise Unavailable(text, arrived=None) from None
        try:
            return status, kind, unpack(b"".join(parts), self._limits)
        except Unreadable as error:
            raise AnswerRefused(f"the answer of {where} cannot be unpacked: {error.finding.text}") from None

    def _content(self, data: bytes) -> Document | None:
        """What is signed in an answer; nothing in an empty one."""
        if self._trust is None:
            document = Document.read(data, limits=self._limits)
            return None if document.located.kind == "empty answer" else document
        return verify(data, self._trust, self._clock(), replays=self._replays, limits=self._limits).document

    def _answer(self, data: bytes) -> Answer:
        if not data.strip():
            return Answer(data=data)
        try:
            document = self._content(data)
        except SecurityRefused as refusal:
            raise AnswerRefused(f"the answer of {self.environment.name} is not to be trusted: {refusal}") from refusal
        if document is None:
            return Answer(data=data)
        try:
            return Answer(read_all(document), data, document, document.result_set)
        except InvalidMessage as error:
            report: Any = error.report
            raise AnswerRefused(
                f"the answer of {self.environment.name} cannot be read: {error}", tuple(report.all_findings())
            ) from None

    def _fault(self, data: bytes) -> TransportError:
        signed = self._trust is not None
        document = None
        try:
            document = self._content(data)
        except SecurityRefused:
            signed = False  # a hub that cannot make out who asks may answer without a signature
        document = document or Document.read(data, limits=self._limits)
        fault = check_schema(document).fault
        if fault is None and b"Fault" not in document.data:
            return Unavailable(
                f"{self.environment.name} answered HTTP 500 without a SOAP fault", arrived=None, status=500
            )
        said = "a fault without a detail" if fault is None else f"{fault.code_group.value}: {fault.description}"
        if fault is not None and fault.code_group is FaultGroup.SECURITY:
            outside = not_in_force(self._identity.certificate, self._clock())
            said += f"; of this side, {outside}" if outside else ""  # the hub itself says little
        return HubFault(f"{self.environment.name} has refused the message: {said}", fault, signed=signed)
