"""Receiving a document: reads it, finds the process of each message and makes its step, or writes a dead letter.

A message is accepted whole or not at all. What can be refused is refused before anything is written; if writing itself
fails, the transaction is given up and made again without the message, which is then kept as a dead letter.
One class whose steps share a transaction, so one module, though a long one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ediel.engine._apply import Applied, Cause, OnChange, apply
from ediel.engine._columns import Keeper, arrived
from ediel.engine._consents import spend
from ediel.engine._dead_letters import dead_letter, internal, reason_of, settle
from ediel.engine._party import Party
from ediel.engine._preflight import Checked, Preflight
from ediel.engine._results import DeadReason, Received
from ediel.engine._route import Route, listeners, metering_point_of, reference_of, route
from ediel.engine.errors import EngineError, Unroutable
from ediel.engine.tracing import NoTracing, Tracing, step_words
from ediel.errors import EdielError, InvalidMessage
from ediel.messages import Message
from ediel.processes import Instance, Step, Trigger, step
from ediel.processes import message as on_message
from ediel.rules import Verdict
from ediel.rules._judge import judge_published
from ediel.store import StoreError, Unit, Values, stamp
from ediel.xml import Document, read_all
from ediel.xml._reading import messages_in


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a hub decides about a message.

    Attributes:
        advice: what a step of a process needs to know: ``verdict`` (accepted or refused), ``reasons``, and what the
            register knows: facts of the process by their names.
        verdicts: how the rules came out; judged by the engine when ``None``.
        keep: writes what a hub keeps of the message besides, in the transaction that handles it.
    """

    advice: Callable[[Instance], Mapping[str, object]]
    verdicts: Sequence[Verdict] | None = None
    keep: Callable[[Unit], None] | None = None


DecisionMaker = Callable[[Message | None, datetime], Opinion]
"""Decides about a message as the hub does.

It is called without a message when a timer fires: who supplies a point may have changed since the request came."""

Parties = dict[tuple[str, str], Party]


class StepWriteFailed(Exception):
    """Writing a step has failed half-way. The transaction must be given up.

    Attributes:
        key: digest and place of the message.
        text: why, in words.
    """

    def __init__(self, key: tuple[str, int], text: str) -> None:
        super().__init__(text)
        self.key = key
        self.text = text


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of an accepted message, and the steps it made."""

    what: Received
    applied: tuple[Applied, ...] = ()


_PASSED_ON: Final = frozenset({"RequestToGridAccessProvider", "ResponseFromGridAccessProvider"})
"""Questions between supplier and grid company: whether the hub passes them on in its own name is not settled. Whatever
else is sent to a party has the hub as juridical sender (samples of EMIF 2.3; inferred)."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A step that is allowed, with what it sends, checked; nothing is written yet."""

    route: Route
    step: Step
    sends: tuple[Checked, ...]


NOTE: Final = b"ediel-note "
"""How the archive begins where it holds a word about something in place of it."""


class Input:
    """What arrived, and the messages in it; what cannot be read is a problem in words. The tree is let go."""

    def __init__(self, source: bytes | Document) -> None:
        self.messages: tuple[Message | None, ...] = ()
        self.problems: dict[int, str] = {}
        self.problem: str | None = None
        columns = arrived(source)
        if columns is not None:
            self.data = source.data if isinstance(source, Document) else source
            self.sha256 = source.sha256 if isinstance(source, Document) else hashlib.sha256(source).hexdigest()
            self.messages = columns.messages
            return
        document = messages_in(source)
        if not isinstance(document, Document):
            assert isinstance(source, bytes)
            self.data, self.sha256, self.messages = source, hashlib.sha256(source).hexdigest(), document
            return
        self.data, self.sha256 = document.data, document.sha256
        try:
            self.messages = read_all(document)
        except InvalidMessage as error:
            if not error.report.messages:
                self.problem = str(error)
                return
            reports = error.report.messages
            self.messages = tuple(
                part.message if report.valid else None for part, report in zip(document.parts, reports, strict=True)
            )
            self.problems = {
                place: "; ".join(
                    f"{finding.text} ({finding.path}, line {finding.line})"
                    for finding in report.findings
                    if finding.severity == "error"
                )
                for place, report in enumerate(reports)
                if not report.valid
            }

    @classmethod
    def noted(cls, why: str) -> Self:
        """A word about something that is too large to be read, and lies elsewhere, in place of it."""
        made = cls.__new__(cls)
        made.messages, made.problems, made.problem = (), {}, why
        made.data = NOTE + why.encode()
        made.sha256 = hashlib.sha256(made.data).hexdigest()
        return made

    @property
    def places(self) -> int:
        """How many things there are in it that something must become of: its messages, or its problem."""
        return len(self.messages) if self.problem is None else 1

    def points(self) -> Iterator[str]:
        """The metering points that its messages are about."""
        for message in self.messages:
            point = None if message is None else metering_point_of(message)
            if point is not None:
                yield point


class Intake:
    """Takes messages for parties.

    Args:
        parties: who the engine acts for, by GLN and role; one that another engine has added comes in when it is needed.
        decisions: what a hub finds.
        preflight: what answers are held against.
        on_change: what a hub keeps besides.
        keeper: keeps metering values, where there is a values store.
        tracing: where spans go.
    """

    def __init__(
        self,
        parties: Parties,
        decisions: DecisionMaker | None,
        preflight: Preflight,
        on_change: OnChange | None = None,
        keeper: Keeper | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._tracing: Tracing = tracing or NoTracing()
        self.parties = parties
        self.on_change = on_change
        self._keeper = keeper
        self._preflight = preflight
        self._decisions = decisions

    def take(
        self, unit: Unit, inputs: Sequence[Input], source: str, now: datetime, unwritten: Mapping[tuple[str, int], str]
    ) -> list[list[Accepted]]:
        """Archive inputs and take every message in them."""
        new = unit.archive([(item.sha256, item.data) for item in inputs], source, now)
        messages = [message for item in inputs for message in item.messages if message is not None]
        if len(messages) > 1:
            unit.prefetch(
                [(message.header.juridical_sender, message.header.identification) for message in messages],
                [reference for message in messages if (reference := reference_of(message)) is not None],
            )
        return [
            [self._receive_one(unit, item, place, now, unwritten, new=new) for place in range(item.places)]
            for item in inputs
        ]

    def again(
        self, unit: Unit, identification: str, now: datetime, unwritten: Mapping[tuple[str, int], str]
    ) -> Accepted:
        """Take a dead letter again.

        Raises:
            EngineError: there is none.
        """
        row = unit.dead_letter(identification)
        data = None if row is None else unit.archived(row["sha256"])
        if row is None or data is None:
            raise EngineError(f"there is no dead letter {identification}")
        item = Input.noted(row["text"]) if data == NOTE + row["text"].encode() else Input(data)
        return self._receive_one(unit, item, row["position"], now, unwritten)

    def opinion(self, party: Party, message: Message | None, now: datetime) -> Opinion:
        """What the hub finds; nothing for other parties."""
        return self._decisions(message, now) if party.is_hub and self._decisions is not None else _NO_OPINION

    def _receive_one(
        self,
        unit: Unit,
        item: Input,
        place: int,
        now: datetime,
        unwritten: Mapping[tuple[str, int], str],
        *,
        new: bool = False,
    ) -> Accepted:
        if not self._tracing.is_on:
            return self._take_one(unit, item, place, now, unwritten, new=new)
        with self._tracing.span("ediel.message", {}) as span:
            accepted = self._take_one(unit, item, place, now, unwritten, new=new)
            what = accepted.what
            span.note(
                message=what.name, message_id=what.message_id, outcome=what.outcome, process_id=what.process_id,
                state=what.state,
            )  # fmt: skip
            return accepted

    def _take_one(
        self,
        unit: Unit,
        item: Input,
        place: int,
        now: datetime,
        unwritten: Mapping[tuple[str, int], str],
        *,
        new: bool = False,
    ) -> Accepted:
        if item.problem is not None:
            return _dead_letter(unit, item, place, None, DeadReason.UNREADABLE, item.problem, now)
        message = item.messages[place]
        if message is None:
            return _dead_letter(unit, item, place, None, DeadReason.INVALID, item.problems[place], now)
        header = message.header
        known = unit.received(header.juridical_sender, header.identification)
        if known is not None:
            same = (known["sha256"], known["position"]) == (item.sha256, place)
            if same or _same_words(unit, known, message):
                words = "it has come before"
                return Accepted(
                    Received("duplicate", known["name"], header.identification, known["instance_id"], None, words)
                )
            text = f"{header.juridical_sender} has sent another message with the identification {header.identification}"
            return _dead_letter(unit, item, place, message, DeadReason.OTHER_WORDS, text, now)
        key = (item.sha256, place)
        if key in unwritten:
            return _dead_letter(unit, item, place, message, DeadReason.INTERNAL, unwritten[key], now)
        try:
            party = self._recipient(unit, message)
            with self._tracing.span("ediel.judge", {}):
                opinion = self.opinion(party, message, now)
            ready = self._ready(unit, party, message, opinion, now)
        except StoreError:
            raise
        except EdielError as error:
            return _dead_letter(unit, item, place, message, reason_of(error), str(error), now)
        except unit.errors:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake in a table must not lose a message
            return _dead_letter(unit, item, place, message, DeadReason.INTERNAL, internal(message, error), now)
        try:
            accepted = self._write(unit, item, place, message, party, ready, opinion, now)
        except StoreError:
            raise
        except unit.errors:
            raise
        except Exception as error:
            raise StepWriteFailed(key, internal(message, error)) from error
        if not new:
            settle(unit, item, place, now)
        return accepted

    def know(self, unit: Unit) -> None:
        """Learn of every party that the database holds."""
        for row in unit.parties():
            party = Party(row["gln"], row["role"], row["physical_sender"], row["hub"])
            self.parties[party.gln, party.role] = party

    def _recipient(self, unit: Unit, message: Message) -> Party:
        gln, role = str(message.header.juridical_recipient), message.process.role.value
        party = self._known(gln, role)
        if party is None:  # another engine may have added it
            self.know(unit)
            party = self._known(gln, role)
        if party is None:
            raise Unroutable(f"the message is for {gln} as {role}, and no such party lives here")
        sender = str(message.header.juridical_sender)
        if not party.is_hub and sender != party.hub and message.name() not in _PASSED_ON:
            raise Unroutable(
                f"the message is from {sender}, and the hub of {gln} is {party.hub}: only the hub sends to it"
            )
        return party

    def _known(self, gln: str, role: str) -> Party | None:
        own = self.parties.get((gln, role))
        if own is not None:
            return own
        return next((item for item in self.parties.values() if item.gln == gln and item.is_hub), None)

    def _ready(self, unit: Unit, party: Party, message: Message, opinion: Opinion, now: datetime) -> list[_Ready]:
        prepared = []
        for each in (route(unit, party, message), *listeners(unit, party, message)):
            trigger = Trigger(on_message(each.label), message, opinion.advice(each.instance))
            about = step_words(each.machine, each.instance, trigger) if self._tracing.is_on else {}
            with self._tracing.span("ediel.step", about) as span:
                made = step(each.machine, each.instance, trigger, now)
                prepared.append(_Ready(each, made, self._preflight.step(made, now)))
                span.note(state=made.instance.state)
        return prepared

    def _write(
        self,
        unit: Unit,
        item: Input,
        place: int,
        message: Message,
        party: Party,
        ready: list[_Ready],
        opinion: Opinion,
        now: datetime,
    ) -> Accepted:
        told = {} if self._keeper is None or party.is_hub else self._keeper.keep(unit, message, party.gln, now)
        cause = Cause(message, told)
        applied = tuple(
            apply(
                unit,
                each.route.machine,
                each.route.instance,
                each.step,
                now,
                each.sends,
                cause=cause,
                on_change=self.on_change,
            )
            for each in ready
        )
        applied += spend(unit, applied, now)
        if opinion.keep is not None:
            opinion.keep(unit)
        first, result = ready[0].route, ready[0].step
        outcome = "ignored" if all(each.step.ignored is not None for each in ready) else "handled"
        header, context = message.header, message.process
        unit.record(
            {
                "sender": header.juridical_sender,
                "message_id": header.identification,
                "party": party.gln,
                "sha256": item.sha256,
                "position": place,
                "name": message.name(),
                "label": first.label,
                "process": context.business_process.value,
                "role": context.role.value,
                "metering_point": metering_point_of(message),
                "received_at": stamp(now),
                "outcome": outcome,
                "instance_id": first.instance.id if first.instance.version or not result.ignored else None,
                "text": "; ".join(text for text in (result.ignored, _broken(message, opinion, now)) if text),
            }
        )
        state, words = applied[0].instance.state, result.ignored or ""
        received = Received(outcome, message.name(), header.identification, first.instance.id, state, words)
        return Accepted(received, applied)


def _dead_letter(
    unit: Unit, item: Input, place: int, message: Message | None, reason: DeadReason, text: str, now: datetime
) -> Accepted:
    return Accepted(dead_letter(unit, item, place, message, reason, text, now))


def _same_words(unit: Unit, known: Values, message: Message) -> bool:
    """Whether a message has the same content as the earlier one with its identification, though the bytes differ."""
    data = unit.archived(known["sha256"])
    if data is None:
        return False
    messages = Input(data).messages
    return bool(known["position"] < len(messages) and messages[known["position"]] == message)


_NO_OPINION: Final = Opinion(lambda _: {})


def _broken(message: Message, opinion: Opinion, now: datetime) -> str:
    """Published rules that a message breaks though its sender has let it go: kept beside it, and no reason to stop."""
    keys = [
        verdict.rule.key
        for verdict in (judge_published(message, now) if opinion.verdicts is None else opinion.verdicts)
        if verdict.outcome == "failed" and verdict.rule.standing == "published"
    ]
    return f"breaks {', '.join(keys)}" if keys else ""
