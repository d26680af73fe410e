"""The hub's endpoint: what is refused in the call with a SOAP fault, and what is let in.

The order is: encoding, compression and size, signature, schema, identification, authorisation. It is that of the SoapUI
project as far as that goes; where Elhub looks at the signature is not published.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from lxml import etree

from ediel.codes import FaultGroup, Role, Standing
from ediel.engine import Received
from ediel.engine.observe import log, where
from ediel.hub import _replies as replies
from ediel.hub._calls import Acknowledged, Call, Keys, RefusedCall, Security
from ediel.hub._queues import ResultSet
from ediel.hub._replies import Refusal, Reply
from ediel.hub._soap import NotSoap, StandardFault, check_coding, check_headers, check_type, check_version
from ediel.hub.misbehaviour import (
    Misbehaviour,
    Misbehaviours,
    of_newer_release,
    of_unknown_type,
    spoil,
    with_code,
    with_new_element,
)
from ediel.hub.seed import HubParty
from ediel.messages import Acknowledgement, Message, PollForData
from ediel.messages.services import POLL_CHANNELS, SERVICES, Operation, Service
from ediel.transport import Identity, SecurityRefused
from ediel.transport._admission import admit
from ediel.transport._opened import Opened, open_envelope
from ediel.transport._wsse import SECURITY
from ediel.transport.envelope import SOAP
from ediel.transport.forms import broken_forms
from ediel.transport.verifying import verify_opened
from ediel.xml import LIMITS, Document, Inspection, Limits, check_schema
from ediel.xml.parser import Unreadable, unpack

_SERVICES: Final = {service.name: service for service in SERVICES}
_BODY: Final = f"{{{SOAP}}}Body"
_SECURITY: Final = f"{{{SOAP}}}Header/{SECURITY}"
_IN_THE_MIDDLE: Final = {
    "unknown type": of_unknown_type, "newer release": of_newer_release, "new element": with_new_element,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Read:
    """What is in a call."""

    service: Service
    operation: Operation
    document: Document
    message: Message

    @property
    def is_signed(self) -> bool:
        """Whether somebody has signed it."""
        return self.document.signer is not None

    @property
    def organisation(self) -> str | None:
        """Organisation number of the signer."""
        return None if self.document.signer is None else self.document.signer.organisation_number


class Endpoint:
    """Takes calls.

    Args:
        keys: who the hub is.
        security: whether a call must be signed.
        party: finds a party of the register.
        receive: takes a message in; says what became of it.
        answers: the messages that were sent for a process, in order.
        poll: gives the result set that waits.
        acknowledge: takes the word that a result set was kept; whether it was one.
        clock: the market's clock.
        misbehaviours: what to do wrong.
        machine: the clock that signatures are judged by.
        limits: how large a call may be.
        forms: how sure demands on the form of a call must be, to be judged.
    """

    def __init__(
        self,
        keys: Keys,
        security: Security,
        *,
        party: Callable[[str], HubParty | None],
        receive: Callable[[Document], Received],
        answers: Callable[[str], list[bytes]],
        poll: Callable[[str, str, str], ResultSet | None],
        acknowledge: Callable[[str, str], bool],
        clock: Callable[[], datetime],
        misbehaviours: Misbehaviours,
        machine: Callable[[], datetime] | None = None,
        limits: Limits = LIMITS,
        forms: Iterable[Standing] = ("published", "inferred"),
    ) -> None:
        self.keys = keys
        self.security = security
        self.refused: deque[RefusedCall] = deque(maxlen=1000)
        self.acknowledged: deque[Acknowledged] = deque(maxlen=1000)
        self.forms = forms
        """How sure a demand on the form of a call must be, to be judged: see ``ediel.transport.forms``."""
        self.down = False
        """Whether everything but BRS-NO-611 is down."""
        self.tamper: Callable[[str, bytes], list[bytes]] | None = None
        """Changes what is handed out: takes the GLN of the recipient and a message, gives what takes its place."""
        self._party = party
        self._receive = receive
        self._answers = answers
        self._poll = poll
        self._acknowledge = acknowledge
        self._clock = clock
        self._misbehaviours = misbehaviours
        self._machine = machine or partial(datetime.now, UTC)
        self._limits = limits

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        items: list[Misbehaviour] = []
        sender: str | None = None
        try:
            read = self._read(call)
            header = read.message.header
            sender = str(header.juridical_sender)
            self._authorise(read)
            items = self._misbehaviours.strike(sender, read.operation.name, header.identification)
            return self._misbehaving(read, items)
        except Refusal as refusal:
            return spoil(self._fault(call, refusal, sender), items)
        except NotSoap as refusal:
            self._note(call, "HTTP", str(refusal), sender)
            return Reply(refusal.status, f"{refusal}\n".encode(), content_type="text/plain; charset=utf-8")
        except StandardFault as refusal:
            self._note(call, refusal.code, str(refusal), sender)
            return self._signed_fault(call, replies.standard_fault(refusal.code, str(refusal)))
        except MemoryError:
            log.error("no memory is left", service=call.service)
            return self._fault(call, Refusal(FaultGroup.SYSTEM, "There is no memory left; try again later."), sender)
        except Exception as error:  # noqa: BLE001 - whoever calls gets an answer, and the log the kind of mistake
            log.error("internal error", error=type(error).__name__, where=where(error), service=call.service)
            text = f"{type(error).__name__}: a mistake in the stand-in hub; please report it"
            return self._fault(call, Refusal(FaultGroup.SYSTEM, text), sender)

    def _misbehaving(self, read: _Read, items: list[Misbehaviour]) -> Reply:
        """What is done, as misbehaviours have it."""
        first = next((item for item in items if item.kind in {"fault", "http", "bare fault"}), None)
        inside = self._act(read, items) if all(item.takes for item in items) else None
        if first is not None and first.kind == "http":
            reply = Reply(first.status, b"busy", content_type="text/plain")
        elif first is not None and first.kind == "fault":
            raise Refusal(first.group, "The hub was told to misbehave.")
        elif first is not None:
            reply = Reply()  # what stands in it comes below
        else:
            identity = self._signer(read, items)
            reply = Reply(body=self._bytes(replies.envelope(inside), identity))
        return spoil(reply, items)

    def _signer(self, read: _Read, items: Iterable[Misbehaviour]) -> Identity | None:
        """Who signs the answer: nobody, where the call was not signed either."""
        if not read.is_signed or any(item.kind == "unsigned" for item in items):
            return None
        if any(item.kind == "expired certificate" for item in items) and self.keys.expired is not None:
            return self.keys.expired
        return self.keys.identity

    def _fault(self, call: Call, refusal: Refusal, sender: str | None) -> Reply:
        self._note(call, refusal.group.value, refusal.text, sender)
        return self._signed_fault(call, replies.fault(refusal, self._clock()))

    def _note(self, call: Call, group: str, text: str, sender: str | None) -> None:
        self.refused.append(RefusedCall(self._clock(), group, text, call.service, sender))
        log.warning("refused at the door", group=group, reason=text, service=call.service, sender=sender)

    def _signed_fault(self, call: Call, fault: etree._Element) -> Reply:
        """A fault; without a signature for whoever did not sign: it could not make anything of the header."""
        identity = None if call.signed is False else self.keys.identity
        return Reply(500, self._bytes(replies.envelope(fault), identity))

    def _bytes(self, root: etree._Element, identity: Identity | None) -> bytes:
        return replies.signed(root, identity, self.keys.algorithm, self._machine(), self.keys.refer)

    # --- what is let in

    def _read(self, call: Call) -> _Read:
        service = _SERVICES.get(call.service)
        if service is None:
            raise Refusal(FaultGroup.OTHER, f"There is no service {call.service}.", "No such service")
        check_type(call.content_type)
        check_coding(call.encoding, call.body)
        opened = self._opened(call)
        envelope = opened.root
        call.signed = next(envelope.iterfind(_SECURITY), None) is not None
        check_version(envelope)
        check_headers(envelope)
        for form in broken_forms(envelope, self.forms):
            text = f"layout: {form.text} {form.advice} ({form.source}; {form.standing})"
            raise Refusal(FaultGroup.SECURITY, text)
        document = self._verified(opened)
        operation = _operation(service, document, call.action)
        found = check_schema(document)
        if not found.valid or len(found.messages) != 1 or found.messages[0].message is None:
            raise Refusal(FaultGroup.XSD, _errors(found) or "No message was found.")
        return _Read(service, operation, document, found.messages[0].message)

    def _opened(self, call: Call) -> Opened:
        """The envelope; its Body need not be a tree yet."""
        try:
            data = unpack(call.body, self._limits)
            if self.keys.trust is not None and self.security == "required":
                admit(data, self.keys.trust, self._machine(), limits=self._limits)
            return open_envelope(data, self._limits)
        except SecurityRefused as error:
            raise Refusal(FaultGroup.SECURITY, f"{error.reason}: {error}") from None
        except Unreadable as error:
            raise _unreadable(error) from None

    def _verified(self, opened: Opened) -> Document:
        """What was signed, with its signer; nothing else of the envelope is read after this."""
        signed = next(opened.root.iterfind(_SECURITY), None) is not None
        if self.keys.trust is None or (self.security == "optional" and not signed):
            try:
                body = opened.whole().root.findall(_BODY)
            except Unreadable as error:
                raise _unreadable(error) from None
            if len(body) != 1 or len(body[0]) != 1:
                raise Refusal(FaultGroup.XSD, "Expected a SOAP 1.1 envelope with one element in its Body.")
            element = body[0][0]
            return Document(
                etree.tostring(element, with_tail=False),
                element,
                limits=self._limits,
                first_line=element.sourceline or 1,
            )
        try:
            found = verify_opened(opened, self.keys.trust, self._machine(), replays=self.keys.replays)
        except SecurityRefused as error:
            raise Refusal(FaultGroup.SECURITY, f"{error.reason}: {error}") from None
        if found.document is None:
            raise Refusal(FaultGroup.XSD, "The Body is empty; expected one element.")
        return found.document

    def _authorise(self, read: _Read) -> None:
        """Is the signer the physical sender, and may it act for the juridical one, and for whom it polls?

        Whoever acts for somebody else needs a contract with it, whatever the rules of a process are that refuse: what
        is acknowledged, and what is asked, belongs to the juridical sender.
        """
        header = read.message.header
        physical = self._party(str(header.physical_sender))
        if physical is None or physical.active is False:
            raise Refusal(FaultGroup.SECURITY, f"{header.physical_sender}, the physical sender, is not known here.")
        wanted = physical.organisation
        if read.is_signed and wanted is not None and read.organisation != wanted:
            text = f"The certificate is of organisation {read.organisation or 'unknown'}, expected {wanted}."
            raise Refusal(FaultGroup.SECURITY, f"organisation: {text}")
        if self.down and not read.operation.answers:
            raise Refusal(FaultGroup.SYSTEM, "The hub is down; only BRS-NO-611 is answered.")
        gln = str(header.juridical_sender)
        if gln != header.physical_sender and gln not in physical.acts_for:
            raise Refusal(FaultGroup.SECURITY, f"{header.physical_sender} may not act for {gln}, the juridical sender.")
        if read.operation.polls:
            gln, role = _polled(read.message)
            if gln != header.physical_sender and gln not in physical.acts_for:
                raise Refusal(FaultGroup.SECURITY, f"{header.physical_sender} may not poll for {gln}.")
            party = self._party(gln)
            if party is None or (party.roles is not None and Role(role) not in party.roles):
                raise Refusal(FaultGroup.SECURITY, f"{gln} is not known as {role}.")

    # --- what is done

    def _act(self, read: _Read, items: list[Misbehaviour]) -> etree._Element | None:
        message = read.message
        if read.operation.polls:
            return self._result(read, items)
        if isinstance(message, Acknowledgement):
            self._receive_acknowledgement(read, message)
            return None
        received = self._receive(read.document)
        if received.reason == "other words":
            raise Refusal(FaultGroup.UUID, "Another message has come with this identification.")
        if not read.operation.answers:
            return None
        sent = [] if received.process_id is None else self._answers(received.process_id)
        if sent and self.tamper is not None:
            sent = self.tamper(str(message.header.juridical_sender), sent[0])
        if not sent:
            log.warning("a query was not answered", outcome=received.outcome, reason=received.reason)
            text = f"The query could not be answered: {received.text}"
            if received.reason in _OWN:
                raise Refusal(FaultGroup.SYSTEM, text)
            raise Refusal(FaultGroup.OTHER, text, "No answer")  # which group Elhub gives is not published: assumed
        return replies.answer(read.service, read.operation, sent[0])

    def _result(self, read: _Read, items: list[Misbehaviour]) -> etree._Element:
        gln, role = _polled(read.message)
        found = self._poll(gln, role, read.service.name)
        if found is None:
            return replies.result(read.service, None, ())
        messages = found.messages
        if self.tamper is not None:
            messages = tuple(one for message in messages for one in self.tamper(gln, message))
        for item in items:
            if item.kind == "duplicate":
                messages = tuple(message for message in messages for _ in range(2))
            elif item.kind == "reorder":
                messages = self._misbehaviours.shuffled(messages)
            elif item.kind == "wrong code":
                messages = tuple(with_code(message, item.code) for message in messages)
            elif item.kind in _IN_THE_MIDDLE:
                messages = _IN_THE_MIDDLE[item.kind](messages)
        return replies.result(read.service, found.identification, messages)

    def _receive_acknowledgement(self, read: _Read, message: Acknowledgement) -> None:
        """An acknowledgement: of a result set, mostly. The answer is the same whether it names one or not."""
        reference = str(message.payload.original_reference)
        sender = str(message.header.juridical_sender)
        waited = self._acknowledge(sender, reference)
        self.acknowledged.append(Acknowledged(self._clock(), sender, read.service.name, waited))
        if read.service.name not in POLL_CHANNELS and waited:
            log.warning(
                "a result set was acknowledged in a way that is not in the samples",
                sender=sender, operation=read.operation.name,
                brs=message.process.business_process.value,
            )  # fmt: skip
        elif not waited:
            log.info("an acknowledgement names no result set that waits", operation=read.operation.name)


_OWN: Final = frozenset({None, "internal", "answer refused", "unreadable process"})
"""Reasons for which a message was not handled that are not the message's own."""


def _polled(message: Message) -> tuple[str, str]:
    """For whom is polled: as the payload says, or as the header does."""
    assert isinstance(message, PollForData)  # the schema lets nothing else into this call
    asked = message.payload
    gln = asked.party or message.header.juridical_sender
    role = asked.role or message.process.role
    return str(gln), role.value


def _operation(service: Service, document: Document, action: str) -> Operation:
    name = "nothing" if document.root is None else etree.QName(document.root).localname
    found = next((item for item in service.operations if item.request == name), None)
    if found is None:
        expected = ", ".join(item.request for item in service.operations)
        raise Refusal(FaultGroup.XSD, f"{name[:100]} is no request of the service {service.name}; expected {expected}.")
    told = action.strip().strip('"')
    if told not in {"", found.name}:
        raise Refusal(FaultGroup.OTHER, f"SOAPAction is {told[:100]}; expected {found.name}.", "Wrong SOAPAction")
    return found


def _unreadable(error: Unreadable) -> Refusal:
    group = FaultGroup(error.finding.code) if error.finding.code else FaultGroup.XSD
    return Refusal(group, error.finding.text)


def _errors(found: Inspection) -> str:
    """The errors of a schema validation, in words, as many as fit."""
    return "\n".join(
        f"line {finding.line}: {finding.text}" + (f" expected: {finding.expected}" if finding.expected else "")
        for finding in found.report.all_findings()
        if finding.severity == "error"
    )
