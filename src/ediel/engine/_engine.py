"""The engine: messages in, steps, messages out, with nothing lost between them.

One call is one transaction: inbox row, process, log, outbox, timers and events are committed together or not at all.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, Self, TypeVar
from uuid import uuid4, uuid5

from ediel.calendar import market_day
from ediel.engine import events
from ediel.engine._apply import Applied, apply
from ediel.engine._party import Party
from ediel.engine._route import NAMESPACE, base_facts, listeners, metering_point_of, route
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError, Unroutable
from ediel.engine.observe import Meter, NoMeter, listening, log, quietly
from ediel.errors import EdielError, InvalidMessage
from ediel.market import Profile, load
from ediel.messages import Message
from ediel.processes import BEGIN, CommandRefused, Instance, Machine, On, Trigger, machine, step
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.processes import message as on_message
from ediel.processes import timer as on_timer
from ediel.rules import judge
from ediel.store import Browser, Conflict, Store, Unit, moment_of, stamp
from ediel.xml import read_all

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)
Clock = Callable[[], datetime]
Desk = Callable[[Message | None, Instance, datetime], Mapping[str, Any]]
"""What a hub finds of a message: ``verdict`` (accepted or refused), ``reasons``, and what its register knows.

It is asked without a message when a timer fires: who supplies a point may have changed since the request came."""

_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Received:
    """What happened with one message.

    Attributes:
        outcome: ``handled``, ``ignored`` (a late or repeated word), ``duplicate`` (the same bytes came before),
            ``dead`` (kept as a dead letter, with the reason in ``text``).
        name: name of the message; empty when it could not be read.
        message_id: its identification.
        process_id: the process that it moved.
        state: state of that process afterwards.
        text: why, in words.
        dead_letter: identification of the dead letter.
    """

    outcome: str
    name: str = ""
    message_id: str = ""
    process_id: str | None = None
    state: str | None = None
    text: str = ""
    dead_letter: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One process, as it stands.

    Attributes:
        id: UUID.
        machine: table, such as ``supply/requester``.
        party: GLN.
        state: where it stands.
        facts: what may be shown of what it knows.
        commands: what may be done now.
        sent: identifications of the messages that the last call put into the outbox.
    """

    id: str
    machine: str
    party: str
    state: str
    facts: Mapping[str, Any]
    commands: tuple[str, ...]
    sent: tuple[str, ...] = ()


@dataclass
class _Handlers:
    by_name: dict[str, list[Callable[[Any], object]]] = field(default_factory=dict)


class Outbox:
    """Messages that wait to be sent."""

    def __init__(self, browser: Browser, clock: Clock) -> None:
        self._browser = browser
        self._clock = clock

    def pending(self, party: str | None = None, *, most: int = 1000) -> list[dict[str, Any]]:
        """Messages to send, in order; ``data`` is the XML, ``message_id`` its identification."""
        return self._browser.outbox(party=party, most=most)

    def sent(self, message_id: str) -> bool:
        """Say that a message has arrived at the hub."""
        return self._browser.sent(message_id, self._clock())

    def failed(self, message_id: str, error: str, *, again_at: datetime | None = None) -> bool:
        """Say that a message could not be sent; ``again_at`` when it shall be tried again, ``None`` for never."""
        return self._browser.postponed(message_id, error, again_at)


class Engine:
    """Processes of one or several parties in one database.

    ::

        engine = ediel.Engine.open("sqlite:///market.db", party=ediel.Party(gln="...", role="DDQ"))
        switch = engine.start(ediel.ChangeOfSupplier(metering_point="...", start=date(2026, 12, 1), customer=..., ...))
        engine.receive(xml_bytes)
        engine.run_due()
        for entry in engine.outbox.pending(): ...
        engine.on(ediel.events.SupplyConfirmed, handler)

    Several engines may share a PostgreSQL database, and several threads an engine.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock | None = None,
        profile: Profile | None = None,
        desk: Desk | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.store = store
        self.browse = Browser(store)
        self.clock: Clock = clock or partial(datetime.now, UTC)
        self._profile = profile
        self._desk = desk
        self._meter: Meter = meter or NoMeter()
        self._handlers = _Handlers()
        self._parties: dict[tuple[str, str], Party] = {}
        self.outbox = Outbox(self.browse, self.clock)
        self._reload()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        party: Party | Iterable[Party] = (),
        clock: Clock | None = None,
        profile: Profile | None = None,
        desk: Desk | None = None,
        meter: Meter | None = None,
        upgrade: bool = True,
    ) -> Self:
        """An engine on a database; its tables are made when they are not there.

        Args:
            url: ``sqlite:///FILE``, or ``postgresql://...`` with the extra ``postgres``.
            party: who it acts for, added to those that the database knows.
            clock: gives the present moment, aware; the system's clock when not given.
            profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
            desk: for a hub: what it finds of each message.
            meter: where counts and durations go.
            upgrade: bring the tables to this release.

        Raises:
            StoreError: the database cannot be used.
        """
        engine = cls(
            Store.open(url, upgrade=upgrade), clock=clock, profile=profile, desk=desk, meter=meter
        )  # fmt: skip
        for item in (party,) if isinstance(party, Party) else party:
            engine.add_party(item)
        return engine

    # --- parties

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who the engine acts for."""
        return tuple(self._parties.values())

    def add_party(self, party: Party) -> None:
        """Act for one more party, or for one with a new service provider."""
        row = {
            "gln": party.gln,
            "role": party.role,
            "physical_sender": party.physical_sender,
            "hub": party.hub,
            "added_at": stamp(self.clock()),
        }
        self._in_unit(lambda unit: unit.put("parties", row))
        self._parties[party.gln, party.role] = party

    def _reload(self) -> None:
        rows = self._in_unit(lambda unit: unit.parties())
        for row in rows:
            party = Party(row["gln"], row["role"], row["physical_sender"], row["hub"])
            self._parties[party.gln, party.role] = party

    def _party_for(self, roles: tuple[str, ...], chosen: Party | str | None) -> Party:
        if isinstance(chosen, Party):
            return chosen
        found = [item for item in self.parties if item.role in roles and chosen in {None, item.gln}]
        if len(found) == 1:
            return found[0]
        have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
        if not found:
            raise EngineError(f"no party here has role {' or '.join(roles)}; there are: {have}. Add one with add_party")
        raise EngineError(f"several parties have role {' or '.join(roles)}: {have}. Say which with party=")

    # --- beginning and commanding

    def start(self, order: Command, *, party: Party | str | None = None, now: datetime | None = None) -> Process:
        """Begin a process.

        Args:
            order: what to do; see ``ediel.engine.commands``.
            party: for which party, by GLN, when several have the role.
            now: the moment; the clock's when not given.

        Raises:
            EngineError: no party has the role.
            CommandRefused: the same is under way already.
            PreflightRefused: the hub would refuse the message; ``.report`` says why, and nothing has changed.
        """
        moment = now or self.clock()
        whose = self._party_for(order.roles, party)
        table = machine(order.machine)
        facts = {
            **base_facts(whose, whose.role),
            **order.facts(whose, market_day(moment), self._limits()),
        }
        begun = Instance(str(uuid4()), table.key, whose.gln, BEGIN, 0, facts)

        def work(unit: Unit) -> Applied:
            _alone(unit, table, begun)
            return apply(unit, table, begun, step(table, begun, Trigger(on_command(order.does)), moment), moment)

        return self._after(self._in_unit(work, locks=_locks(facts.get("metering_point"))))

    def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process: ``cancel``, ``roll back``, ``activate``, ``refuse``, ``update``, ``delete``...

        Raises:
            EngineError: there is no such process.
            CommandRefused: its state, or a deadline, does not allow it; the text says what is possible.
            PreflightRefused: the hub would refuse the message.
        """
        return self._push(process_id, on_command(name), data, now)

    def cancel(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Cancel a request before its cancellation deadline; see ``command``."""
        return self.command(process_id, "cancel", now=now)

    def roll_back(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Roll a start or an end of supply back, after the cancellation deadline; see ``command``."""
        return self.command(process_id, "roll back", now=now)

    def decide(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Tell a process what was decided outside the messages, such as ``approve`` by an end user.

        Raises:
            EngineError: there is no such process.
            NoTransition: its state does not wait for that.
        """
        return self._push(process_id, on_decision(name), data, now)

    def _push(self, process_id: str, on: On, data: Mapping[str, Any], now: datetime | None) -> Process:
        moment = now or self.clock()

        def work(unit: Unit) -> Applied:
            instance = unit.instance(process_id)
            if instance is None:
                raise EngineError(f"there is no process {process_id}")
            table = machine(instance.machine)
            given = {**_defaults(table.key, on.name, moment), **data}
            return apply(unit, table, instance, step(table, instance, Trigger(on, data=given), moment), moment)

        return self._after(self._in_unit(work))

    # --- receiving

    def receive(self, data: bytes, *, source: str = "", now: datetime | None = None) -> tuple[Received, ...]:
        """Take what has arrived: a message, an envelope, a poll response. Idempotent.

        The bytes are archived, every message in them is handled or kept as a dead letter, in one commit.

        Args:
            data: the bytes as they arrived.
            source: where they came from, for the archive.
            now: the moment; the clock's when not given.

        Returns:
            What happened, one entry per message; one entry for an input that holds none.
        """
        return self.receive_many((data,), source=source, now=now)[0]

    def receive_many(
        self, inputs: Sequence[bytes], *, source: str = "", now: datetime | None = None
    ) -> list[tuple[Received, ...]]:
        """Take many inputs in one transaction: much quicker than one by one. See ``receive``."""
        began = time.perf_counter()
        moment = now or self.clock()
        parsed = [_Input(data) for data in inputs]
        points = {point for item in parsed for point in item.points()}

        def work(unit: Unit) -> list[tuple[Received, ...]]:
            return [self._take(unit, item, source, moment) for item in parsed]

        found = self._in_unit(work, locks=tuple(points))
        heard = listening()
        for entry in (entry for entries in found for entry in entries):
            quietly(self._meter, "ediel_messages", {"name": entry.name, "outcome": entry.outcome})
            if heard:
                log.info(
                    "received", message_name=entry.name, message_id=entry.message_id, outcome=entry.outcome,
                    process_id=entry.process_id, state=entry.state,
                )  # fmt: skip
        with suppress(Exception):
            self._meter.observe("ediel_receive_seconds", {}, time.perf_counter() - began)
        self.deliver(now=moment)
        return found

    def _take(self, unit: Unit, item: _Input, source: str, now: datetime) -> tuple[Received, ...]:
        unit.archive(item.sha256, item.data, source, now)
        if item.problem is not None:
            return (self._bury(unit, item, 0, None, "unreadable", item.problem, now),)
        return tuple(self._handle(unit, item, place, message, now) for place, message in enumerate(item.messages))

    def _handle(self, unit: Unit, item: _Input, place: int, message: Message | None, now: datetime) -> Received:
        if message is None:
            return self._bury(unit, item, place, None, "invalid", item.problems[place], now)
        header = message.header
        known = unit.received(header.juridical_sender, header.identification)
        if known is not None:
            same = (known["sha256"], known["position"]) == (item.sha256, place)
            if same or _same_words(unit, known, message):
                return Received(
                    "duplicate", known["name"], header.identification, known["instance_id"], None, "it has come before"
                )
            text = f"{header.juridical_sender} has sent another message with the identification {header.identification}"
            return self._bury(unit, item, place, message, "other words", text, now)
        try:
            return self._step(unit, item, place, message, now)
        except EdielError as error:
            return self._bury(unit, item, place, message, _reason(error), str(error), now)
        except Exception as error:  # noqa: BLE001 - a mistake in a table must not lose a message
            log.error("internal error", message_id=header.identification, error=type(error).__name__)
            text = f"internal error ({type(error).__name__}): a mistake in ediel, not in the message; please report it"
            return self._bury(unit, item, place, message, "internal", text, now)

    def _step(self, unit: Unit, item: _Input, place: int, message: Message, now: datetime) -> Received:
        party = self._recipient(message)
        found = route(unit, party, message)
        routes = [found, *(other for other in listeners(unit, party, message))]
        steps = []
        for each in routes:
            trigger = Trigger(on_message(each.label), message, self._advice(party, message, each.instance, now))
            steps.append((each, step(each.machine, each.instance, trigger, now)))
        applied = [
            apply(unit, each.machine, each.instance, result, now, message=message) for each, result in steps
        ]  # fmt: skip
        self._note(applied)
        result = steps[0][1]
        outcome = "ignored" if all(each.ignored is not None for _, each in steps) else "handled"
        header, context = message.header, message.process
        unit.record(
            {
                "sender": header.juridical_sender,
                "message_id": header.identification,
                "party": party.gln,
                "sha256": item.sha256,
                "position": place,
                "name": message.name(),
                "label": found.label,
                "process": context.business_process.value,
                "role": context.role.value,
                "metering_point": metering_point_of(message),
                "received_at": stamp(now),
                "outcome": outcome,
                "instance_id": found.instance.id if found.instance.version or not result.ignored else None,
                "text": "; ".join(text for text in (result.ignored, _broken(message, now)) if text),
            }
        )
        self._settle(unit, item, place, now)
        state = applied[0].instance.state
        return Received(
            outcome, message.name(), header.identification, found.instance.id, state, result.ignored or ""
        )  # fmt: skip

    def _advice(self, party: Party, message: Message | None, instance: Instance, now: datetime) -> Mapping[str, Any]:
        """What the hub's desk says; nothing for other parties."""
        return self._desk(message, instance, now) if party.is_hub and self._desk is not None else {}

    def _whose(self, instance: Instance) -> Party | None:
        return next((item for item in self.parties if item.gln == instance.party and item.is_hub), None)

    def _recipient(self, message: Message) -> Party:
        gln, role = message.header.juridical_recipient, message.process.role.value
        party = self._parties.get((gln, role))
        if party is None:
            hubs = [item for item in self.parties if item.gln == gln and item.is_hub]
            party = hubs[0] if hubs else None
        if party is None:
            raise Unroutable(f"the message is for {gln} as {role}, and no such party lives here")
        return party

    # --- dead letters

    def _bury(
        self, unit: Unit, item: _Input, place: int, message: Message | None, reason: str, text: str, now: datetime
    ) -> Received:
        identification = _dead_letter_id(item.sha256, place)
        before = unit.dead_letter(identification)
        header = None if message is None else message.header
        row = {
            "id": identification,
            "sha256": item.sha256,
            "position": place,
            "sender": header and str(header.juridical_sender),
            "message_id": header and header.identification,
            "name": None if message is None else message.name(),
            "reason": reason,
            "text": text,
            "at": before["at"] if before else stamp(now),
            "attempts": before["attempts"] + 1 if before else 1,
            "resolved_at": None,
        }
        unit.put("dead_letters", row)
        name = "" if message is None else message.name()
        message_id = "" if header is None else header.identification
        return Received("dead", name, message_id, None, None, text, identification)

    def _settle(self, unit: Unit, item: _Input, place: int, now: datetime) -> None:
        """A message that was a dead letter, and has been handled now."""
        row = unit.dead_letter(_dead_letter_id(item.sha256, place))
        if row is not None and row["resolved_at"] is None:
            unit.put("dead_letters", {**row, "resolved_at": stamp(now)})

    def replay(self, dead_letter: str, *, now: datetime | None = None) -> Received:
        """Try a dead letter again, for instance after the process that it answers was begun.

        Raises:
            EngineError: there is no such dead letter.
        """
        moment = now or self.clock()

        def work(unit: Unit) -> Received:
            row = unit.dead_letter(dead_letter)
            data = None if row is None else unit.archived(row["sha256"])
            if row is None or data is None:
                raise EngineError(f"there is no dead letter {dead_letter}")
            item = _Input(data)
            if item.problem is not None:
                return self._bury(unit, item, 0, None, "unreadable", item.problem, moment)
            return self._handle(unit, item, row["position"], item.messages[row["position"]], moment)

        found = self._in_unit(work)
        self.deliver(now=moment)
        return found

    def replay_all(self, *, now: datetime | None = None) -> list[Received]:
        """Try every dead letter again, the oldest first."""
        letters = sorted(self.browse.dead_letters(most=10_000), key=lambda row: (row["at"], row["position"]))
        return [self.replay(row["id"], now=now) for row in letters]

    # --- timers

    def run_due(self, now: datetime | None = None) -> list[Process]:
        """Fire every timer whose moment has come; each in a transaction of its own."""
        moment = now or self.clock()
        fired: list[Process] = []
        while True:
            due = self.browse.due(moment)
            done = [item for row in due if (item := self._fire(row["instance_id"], row["name"], moment)) is not None]
            fired += done
            if not done:
                return fired

    def _fire(self, instance_id: str, name: str, now: datetime) -> Process | None:
        def work(unit: Unit) -> Applied | None:
            timer, instance = unit.timer(instance_id, name), unit.instance(instance_id)
            if timer is None or instance is None or timer["status"] != "set" or moment_of(timer["due_at"]) > now:
                return None  # another engine was quicker, or a step has moved it
            unit.put("timers", {**timer, "status": "fired"})
            table = machine(instance.machine)
            whose = self._whose(instance)
            advice = {} if whose is None else self._advice(whose, None, instance, now)
            return apply(unit, table, instance, step(table, instance, Trigger(on_timer(name), data=advice), now), now)

        applied = self._in_unit(work)
        return None if applied is None else self._after(applied)

    # --- events

    def on(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call a handler for each event of a kind, after commit, at least once.

        A handler that raises does not lose the event: it is told again with the same ``id`` at the next call.
        """
        names = list(events.BY_NAME) if event is events.Event else [event.__name__]
        for name in names:
            self._handlers.by_name.setdefault(name, []).append(handler)

    def deliver(self, *, now: datetime | None = None) -> int:
        """Tell handlers what they have not been told; gives the number of events told. Called after every commit."""
        if not self._handlers.by_name:
            return 0
        moment = now or self.clock()
        told = 0
        for row in self.browse.undelivered(names=frozenset(self._handlers.by_name)):
            told += self._tell(row, moment)
        return told

    def _tell(self, row: dict[str, Any], now: datetime) -> bool:
        kind = events.BY_NAME[row["name"]]
        event = kind(row["id"], row["instance_id"], row["party"], moment_of(row["at"]), row["data"])
        for handler in self._handlers.by_name[row["name"]]:
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the handler is the user's
                log.error("a handler failed", event_name=row["name"], event_id=row["id"], error=type(error).__name__)
                self.browse.refused(row, f"{type(error).__name__}: {error}")
                return False
        return self.browse.delivered(row, now)

    # --- looking

    def process(self, process_id: str) -> Process:
        """A process as it stands.

        Raises:
            EngineError: there is no such process.
        """
        instance = self._in_unit(lambda unit: unit.instance(process_id))
        if instance is None:
            raise EngineError(f"there is no process {process_id}")
        return _shown(instance)

    def due(self, within: timedelta = timedelta(days=5), *, now: datetime | None = None) -> list[dict[str, Any]]:
        """Timers that fall due within a time, the nearest first."""
        return self.browse.due((now or self.clock()) + within)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    # --- inside

    def _limits(self) -> Profile:
        if self._profile is None:
            self._profile = load()
        return self._profile

    def _in_unit(self, work: Callable[[Unit], T], *, locks: tuple[str, ...] = ()) -> T:
        """Do something in a transaction, again when another writer was there first."""
        for left in range(_TRIES, 0, -1):
            try:
                with self.store.unit(locks=locks) as unit:
                    return work(unit)
            except Conflict:
                if left == 1:
                    raise
        raise AssertionError("unreachable")

    def _after(self, applied: Applied) -> Process:
        self._note((applied,))
        self.deliver(now=applied.at)
        return _shown(applied.instance, applied.sent)

    def _note(self, applied: Iterable[Applied]) -> None:
        heard = listening()
        for item in applied:
            instance = item.instance
            if item.moved:
                quietly(self._meter, "ediel_steps", {"machine": instance.machine, "state": instance.state})
            if item.moved and heard:
                log.info(
                    "step", process_id=instance.id, machine=instance.machine, state=instance.state,
                    brs=instance.facts.get("process"), sent=list(item.sent),
                )  # fmt: skip
            for name in item.names:
                quietly(self._meter, "ediel_sent", {"name": name})


class _Input:
    """Bytes, and the messages in them; what cannot be read is a problem in words."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.messages: tuple[Message | None, ...] = ()
        self.problems: dict[int, str] = {}
        self.problem: str | None = None
        try:
            self.messages = read_all(data)
        except InvalidMessage as error:
            if not error.report.messages:
                self.problem = str(error)
                return
            from ediel.xml import inspect  # noqa: PLC0415 - only for what is broken

            found = inspect(data).messages
            self.messages = tuple(item.message if item.valid else None for item in found)
            self.problems = {
                place: "; ".join(
                    f"{finding.text} ({finding.path}, line {finding.line})"
                    for finding in item.report.findings
                    if finding.severity == "error"
                )
                for place, item in enumerate(found)
                if not item.valid
            }

    def points(self) -> Iterable[str]:
        """The metering points that its messages are about."""
        for message in self.messages:
            point = None if message is None else metering_point_of(message)
            if point is not None:
                yield point


def _same_words(unit: Unit, known: Mapping[str, Any], message: Message) -> bool:
    """Whether a message says what the one with its identification said, though its bytes or its envelope differ."""
    data = unit.archived(known["sha256"])
    if data is None:
        return False
    messages = _Input(data).messages
    return bool(known["position"] < len(messages) and messages[known["position"]] == message)


def _alone(unit: Unit, table: Machine, begun: Instance) -> None:
    """Two that are under way and could not be told apart in what the hub says are not begun."""
    subject = begun.facts.get("subject") or begun.facts.get("metering_point")
    if table.one_at_a_time is None or subject is None:
        return
    for other in unit.instances_at(str(subject), table.key, begun.party):
        same = all(other.facts.get(name) == begun.facts.get(name) for name in table.one_at_a_time)
        if same and other.state not in table.finals:
            raise CommandRefused(
                f"the same is under way: process {other.id} is {other.state}. Wait for its end, or cancel it first"
            )  # fmt: skip


def _broken(message: Message, now: datetime) -> str:
    """Published rules that a message breaks though its sender has let it go: kept beside it, and no reason to stop."""
    keys = [
        verdict.rule.key
        for verdict in judge(message, now)
        if verdict.outcome == "failed" and verdict.rule.standing == "published"
    ]
    return f"breaks {', '.join(keys)}" if keys else ""


def _dead_letter_id(sha256: str, place: int) -> str:
    return str(uuid5(NAMESPACE, f"{sha256}/{place}"))


def _reason(error: EdielError) -> str:
    return {"Unroutable": "unroutable", "NoTransition": "unexpected", "PreflightRefused": "answer refused"}.get(
        type(error).__name__, "refused"
    )


def _locks(*names: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in names if name)


def _shown(instance: Instance, sent: tuple[str, ...] = ()) -> Process:
    table = machine(instance.machine)
    facts = {name: instance.facts[name] for name in table.public if instance.facts.get(name) is not None}
    return Process(instance.id, table.key, instance.party, instance.state, facts, table.commands(instance.state), sent)


def _defaults(table: str, name: str, now: datetime) -> dict[str, Any]:
    """What follows from the day on which something is decided: a grant holds for a year."""
    if table.startswith("authorisation/") and name == "accept":
        return {"valid_to": _year_later(market_day(now)).isoformat()}
    return {}


def _year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)
