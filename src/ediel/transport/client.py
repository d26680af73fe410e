"""One call to a service of the hub: sign, send, verify the answer, read it.

What matters to the caller is whether the message may have arrived. Every error has this in ``arrived``: ``False``
means that it can be sent again, changed or not; ``None`` means that it is unknown: send it again only with the same
identification. What each answer proves stands in ``ediel.transport.answers``.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, NamedTuple, ParamSpec, Self, TypeVar

import httpx2

from ediel._memory import LARGE, give_back
from ediel.codes import FaultGroup
from ediel.engine import Party
from ediel.messages import Message
from ediel.messages.services import SERVICES, Operation
from ediel.transport._large import read_large
from ediel.transport._patience import Patience, PatientClient, patience
from ediel.transport._road import TIMEOUT, road_to
from ediel.transport._settings import ClientSettings
from ediel.transport._spool import Spool, Spooled
from ediel.transport._words import plain
from ediel.transport.answers import Answer, evidence_of, words_of_fault
from ediel.transport.envelope import wrap
from ediel.transport.environments import Environment
from ediel.transport.errors import AnswerRefused, HubFault, SecurityRefused, Unavailable
from ediel.transport.identity import Identity, Trust, not_in_force
from ediel.transport.polling import acknowledgeable, acknowledgement_of, poll_of
from ediel.transport.signing import sign
from ediel.transport.verifying import Replays, Verified, verify
from ediel.xml import Document, check_schema
from ediel.xml.parser import Unreadable, check_nodes, unpack

__all__ = ["TIMEOUT", "Answer", "AnswerRefused", "Client", "HubFault", "Unavailable"]

P = ParamSpec("P")
T = TypeVar("T")
_OVER: Final = frozenset({"READ/size", "READ/limit"})
"""Rules of ``READ`` by which an answer is too large to be read at once."""
_SLOWEST: Final = 500_000.0
"""Bytes a second with which an answer that is written to disk may come, at the least."""
_OPERATIONS: Final = {
    (service.name, operation.name): operation for service in SERVICES for operation in service.operations
}


class _Body(NamedTuple):
    """The body of an answer: as it came, which is kept with what was read in it, and unpacked."""

    came: bytes
    plain: bytes


class Client:
    """Calls the services of a hub for one holder of a certificate. Safe for threads.

    Args:
        environment: which hub.
        identity: who signs.
        trust: whose answers are believed. ``None`` reads answers without checking their signature: for tests only.
        clock: gives the present moment, aware.
        http: an HTTP client of your own; closed by you. It heeds ``stop`` only between the parts of an answer.
        settings: limits of a call.
        stop: called during a request, four times a second; true gives it up.
    """

    def __init__(
        self,
        environment: Environment,
        identity: Identity,
        trust: Trust | None,
        *,
        clock: Callable[[], datetime] | None = None,
        http: httpx2.Client | None = None,
        settings: ClientSettings | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.environment = environment
        self._identity = identity
        self._trust = trust
        self._clock = clock or partial(datetime.now, UTC)
        self._own = http is None
        self._http = http or road_to(environment.base).open()
        settings = settings or ClientSettings()
        self._compress, self._limits, self._deadline = settings.compress, settings.limits, settings.deadline
        self._traceparent = settings.traceparent
        self._spool = settings.spool
        self._stop = stop
        self._replays = Replays()

    def __enter__(self) -> Self:
        """The client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def renew(self, identity: Identity, trust: Trust | None, http: httpx2.Client | None = None) -> None:
        """Sign with another certificate, and believe others, from the next call on; replays stay known.

        Args:
            identity: who signs.
            trust: whose answers are believed; see the class.
            http: another HTTP client of your own. The one before it is not closed: calls may be under way.
        """
        self._identity, self._trust = identity, trust
        self._http = http or self._http

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
            NoOperation: no service accepts it, or several do and none was named.
            Unavailable: there was no answer of a hub.
            HubFault: the hub has refused the message.
            AnswerRefused: the answer cannot be trusted or read.
        """
        return self._call(message, service, None)

    def _call(self, message: Message | Document, service: str | None, spool: Spool | None) -> Answer:
        envelope = wrap(message, service)
        data = sign(envelope, self._identity, self._clock(), algorithm=self.environment.algorithm)
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{envelope.operation}"',
            "Accept-Encoding": "gzip",
        }
        if self._traceparent is not None and (trace := self._traceparent()) is not None:
            headers["traceparent"] = trace
        if self._compress:
            data = gzip.compress(data, compresslevel=6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        address = self.environment.address(envelope.service)
        with patience(self._deadline, self._stop) as limit:
            status, kind, answer = self._exchange(address, data, headers, limit, spool)
        try:
            if isinstance(answer, Spooled):
                return self._large(status, answer)
            return self._answer(status, kind, answer, _OPERATIONS[envelope.service, envelope.operation])
        except (AnswerRefused, Unavailable, HubFault) as error:
            if error.arrived is None and isinstance(self._http, PatientClient):
                self._http.close_idle()  # what else comes on its connection would be read as the next answer
            raise

    def poll(self, party: Party, channel: str) -> Answer:
        """Fetch what waits for a party on a channel; persist it, then ``acknowledge`` its ``result_set``.

        An answer that is too large for memory lies on the disk, where the settings name a spool: see ``Answer.large``,
        and close it.

        Raises:
            TransportError: see ``call``.
        """
        answer = self._call(poll_of(party, self._clock()), channel, self._spool)
        if len(answer.content) > LARGE:
            give_back()  # before what was read in it is worked on
        return answer

    def acknowledge(self, party: Party, channel: str, result_set: str) -> None:
        """Say that a result set has been persisted. The next poll shows whether the hub has understood.

        Raises:
            TransportError: see ``call``.
        """
        self.call(acknowledgement_of(party, result_set, self._clock()), channel)

    def time_of_hub(self) -> datetime | None:
        """The time on the hub's server; ``None`` when it does not state it. No message is sent."""
        with suppress(httpx2.HTTPError, httpx2.InvalidURL, ValueError), patience(10, self._stop):
            date = self._http.get(self.environment.base).headers.get("date")
            return None if date is None else parsedate_to_datetime(date).astimezone(UTC)
        return None

    def _exchange(
        self, address: str, data: bytes, headers: dict[str, str], limit: Patience, spool: Spool | None
    ) -> tuple[int, str, _Body | Spooled]:
        """Status, content type and body; the body within the limits, packed or not, or in a file of the spool."""
        where = self.environment.name
        sink: Spooled | None = None
        whole = False
        try:
            with self._http.stream("POST", address, content=data, headers=headers) as response:
                parts, size, came, latest = [], 0, self._clock(), limit.until
                for part in response.iter_raw():
                    size += len(part)
                    if sink is not None:
                        self._written(sink.write, part)
                        limit.until = latest + size / _SLOWEST
                    else:
                        parts.append(part)
                    if sink is None and size > self._limits.size:
                        if spool is None:
                            raise AnswerRefused(self._too_large())
                        sink = self._written(spool.begin, parts, came)
                        parts.clear()
                    if limit.over:
                        raise httpx2.ReadTimeout("the call took too long")
                status, kind = response.status_code, response.headers.get("content-type", "")
            whole = True
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            text = f"{where} cannot be reached: {type(error).__name__}; check address, network and certificates"
            raise Unavailable(text, arrived=False) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError):  # the last: a name that DNS cannot have
            raise Unavailable(f"{address} is no address; correct [hub] in the configuration", arrived=False) from None
        except httpx2.HTTPError as error:
            why = "it was stopped" if self._stop() else type(error).__name__
            if not self._stop() and time.monotonic() >= limit.until:
                why = f"no whole answer in {self._deadline:g} seconds"
            raise Unavailable(f"{where} did not answer: {why}; the message may have arrived", arrived=None) from None
        finally:
            if sink is not None and not whole:
                sink.discard()
        if sink is not None:
            return status, kind, sink
        raw = b"".join(parts)
        try:
            plain = unpack(raw, self._limits)
            if spool is not None:
                check_nodes(plain, self._limits)
        except Unreadable as error:
            if spool is not None and error.finding.rule in _OVER:
                return status, kind, self._written(spool.begin, [raw], came)
            raise AnswerRefused(f"the answer of {where} cannot be unpacked: {error.finding.text}") from None
        return status, kind, _Body(raw, plain)

    def _too_large(self) -> str:
        return (
            f"the answer of {self.environment.name} is larger than the limit of {self._limits.size} bytes, and was not "
            "read: what waits behind it stays with the hub. `ediel run` reads it in pieces; `ediel poll --largest "
            "BYTES`, or largest_answer under [courier], at once, for which ten times as much memory is needed"
        )

    def _written(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do something with the spool.

        Raises:
            AnswerRefused: it cannot be written; nothing is lost, the hub has it.
        """
        try:
            return work(*arguments, **named)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise AnswerRefused(
                f"the answer of {self.environment.name} is larger than {self._limits.size} bytes, and cannot be kept "
                f"on disk: {why}. It stays with the hub and comes again: make room where spool under [courier] says",
                spooled=True,
            ) from None

    def _large(self, status: int, spooled: Spooled) -> Answer:
        """What an answer on the disk proves: the same as ``_answer``, for a result set alone."""
        where = self.environment.name
        try:
            self._written(spooled.finish)
            if status != httpx2.codes.OK or self._trust is None:
                raise Unavailable(
                    f"{where} answered HTTP {status} with {spooled.size} bytes, and nothing that proves anything",
                    arrived=None,
                    status=status,
                )
            read = partial(read_large, replays=self._replays, limits=self._limits, stop=self._stop)
            large = self._written(read, spooled, self._trust, spooled.came)
        except SecurityRefused as refusal:
            spooled.discard()
            raise AnswerRefused(f"the answer of {where} is not to be trusted: {refusal}", spooled=True) from refusal
        except BaseException:
            spooled.discard()
            raise
        return Answer(result_set=acknowledgeable(large.result_set), evidence=large.evidence, large=large)

    def _answer(self, status: int, kind: str, body: _Body, operation: Operation) -> Answer:
        """What an answer proves; the table stands in ``ediel.transport.answers``."""
        where = self.environment.name
        data, came = body.plain, body.came
        verified: Verified | None = None
        refusal: SecurityRefused | None = None
        document: Document | None = None
        if self._trust is not None:
            try:
                verified = verify(data, self._trust, self._clock(), replays=self._replays, limits=self._limits)
                document = verified.document
            except SecurityRefused as error:
                refusal = error
        seen = document or (Document.read(data, limits=self._limits) if verified is None and data.strip() else None)
        if seen is not None and seen.kind == "fault":
            raise self._fault(seen, came, verified)
        if status != httpx2.codes.OK or not data.strip():
            what = f"HTTP {status} ({plain(kind) or 'no content type'})"
            raise Unavailable(
                f"{where} answered {what} and nothing that proves anything; expected a signed answer or fault. "
                "Something between may have answered, and the message may have arrived",
                arrived=None,
                status=status,
            )
        if refusal is not None:
            raise AnswerRefused(f"the answer of {where} is not to be trusted: {refusal}") from refusal
        if self._trust is None:
            document = None if seen is None or seen.kind == "empty answer" else seen
        return self._formed(document, came, operation, verified)

    def _formed(
        self, document: Document | None, data: bytes, operation: Operation, verified: Verified | None
    ) -> Answer:
        """An answer that is of the form that the operation gives.

        Raises:
            AnswerRefused: it is of another.
        """
        evidence = evidence_of(data, document, None if verified is None else verified.signer)
        if document is None and not operation.answers:
            return Answer(data, evidence=evidence)
        name = "an empty Body" if document is None else document.name
        expected = f"{operation.name}Response" if operation.polls or operation.answers else "an empty Body"
        if document is None or name != expected:
            report = None if document is None else check_schema(document).report
            raise AnswerRefused(
                f"the answer of {self.environment.name} is none that {operation.name} gives: "
                f"expected {expected}, found {plain(name)[:100]}",
                () if report is None else tuple(report.all_findings()),
            )
        return Answer(data, document, acknowledgeable(document.result_set), evidence)

    def _fault(self, document: Document, data: bytes, verified: Verified | None) -> HubFault:
        """A fault, with what it proves."""
        where = self.environment.name
        fault = check_schema(document).fault
        proven = fault is not None and (verified is not None or self._trust is None)
        if fault is not None:
            words = f"{fault.code_group.value}: {plain(fault.description)}"
        else:
            element = document.fault_element
            words = "a fault without a detail, " + ("nothing" if element is None else words_of_fault(element))
        if fault is not None and fault.code_group is FaultGroup.SECURITY:
            outside = not_in_force(self._identity.certificate, self._clock())
            words += f"; of this side, {outside}" if outside else ""  # the hub itself says little
        if proven:
            text = f"{where} has refused the message: {words}"
        else:
            kind = "signed, but without a detail" if verified is not None else "not signed by the hub"
            text = f"{where} answered with a fault that proves nothing ({kind}): {words}; the message may have arrived"
        evidence = None if verified is None else evidence_of(data, document, verified.signer)
        return HubFault(text, fault, signed=verified is not None, proven=proven, evidence=evidence)
