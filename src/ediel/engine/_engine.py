"""The engine: messages in, steps, messages out, with nothing lost between them.

One call is one transaction: inbox row, process, log, outbox, timers and events are committed together or not at all.
This is the face of the room, one class, and long because its methods are documented here; the work is done elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from uuid import uuid4

from sqlalchemy import Connection

from ediel.calendar import market_day
from ediel.engine import events
from ediel.engine._acting import NOBODY, acting
from ediel.engine._apply import Applied, OnChange
from ediel.engine._columns import Keeper, tend, values_store
from ediel.engine._consents import consented
from ediel.engine._delivery import Outbox
from ediel.engine._evidence import SignedSets, set_of
from ediel.engine._intake import Accepted, DecisionMaker, Input, Intake, Parties
from ediel.engine._lookup import Lookup
from ediel.engine._many import Many
from ediel.engine._messages import Messages
from ediel.engine._party import Party
from ediel.engine._preflight import Preflight
from ediel.engine._repair import Repair
from ediel.engine._results import EventSource, Process, Received, shown
from ediel.engine._settings import EngineSettings
from ediel.engine._subscriptions import HANDLERS, Handler, Subscriptions
from ediel.engine._tenant import PartyView
from ediel.engine._timers import Timers
from ediel.engine._work import Work
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError, ProcessesUnreadable
from ediel.market import Profile, load
from ediel.messages import Message
from ediel.processes import CommandRefused, Instance, Machine, On, Trigger, machine, restore
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.store import (
    Browser,
    Delivery,
    Evidence,
    Finder,
    Store,
    Unit,
    Values,
    check_processes,
    moment_of,
    stamp,
    stored_of,
)
from ediel.xml import Document

if TYPE_CHECKING:
    from ediel.values import ValuesStore

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Handler)
Clock = Callable[[], datetime]
_TRIES: Final = 20
_SAMPLE: Final = 1000
"""Open processes that are read when a database is opened that was not upgraded: a few milliseconds."""


class Engine(Lookup, Many, Repair):
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
        settings: EngineSettings | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
    ) -> None:
        how = settings or EngineSettings()
        self.store = store
        self.browse = Browser(store)
        self.clock: Clock = clock or partial(datetime.now, UTC)
        self._profile = how.profile
        self._finder = Finder(store)
        self._messages = Messages(self.browse)
        self.subscriptions = Subscriptions(store, self._event)
        self._parties: Parties = {}
        self._preflight = Preflight(how.profile, how.register, how.strict)
        self._consent_control = how.consent_control
        self._values = values_store(store, how.values)
        keeper = None if self._values is None else Keeper(self._values)
        self._intake = Intake(self._parties, decisions, self._preflight, on_change, keeper)
        self._work = Work(store, self._intake, self._preflight, how)
        self._timers = Timers(self._finder, self._work, self._intake, self._after, how.silence)
        self.outbox = Outbox(store, self.browse, self.clock)
        self._signed = SignedSets(self.browse.archived)
        self._work.in_unit(self._intake.know)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        party: Party | Iterable[Party] = (),
        clock: Clock | None = None,
        settings: EngineSettings | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
        upgrade: bool = True,
        check: bool = True,
    ) -> Self:
        """An engine on a database; its tables are made when they are not there.

        Args:
            url: ``sqlite:///FILE``, or ``postgresql://...`` with the extra ``postgres``.
            party: who it acts for, added to those that the database knows.
            clock: gives the present moment, aware; the system's clock when not given.
            settings: how it judges, counts and logs.
            decisions: for a hub: what it finds of each message.
            on_change: for a hub: keeps more of each change than the store does, in the same transaction.
            upgrade: bring the tables to this release.
            check: refuse a database with processes that this release cannot read: all that are open are read after an
                upgrade, a thousand of them otherwise. When false, such a process stands still, and the others go on.

        Raises:
            StoreError: the database cannot be used.
            ProcessesUnreadable: it holds processes that this release cannot read.
        """
        engine = cls(
            Store.open(url, upgrade=upgrade),
            clock=clock,
            settings=settings,
            decisions=decisions,
            on_change=on_change,
        )
        if check:
            engine._check(None if engine.store.upgraded else _SAMPLE)
        for item in (party,) if isinstance(party, Party) else party:
            engine.add_party(item)
        return engine

    def _check(self, most: int | None) -> None:
        checked = check_processes(self.store, most=most)
        if checked.problems:
            self.close()
            raise ProcessesUnreadable(checked.count, checked.problems)

    @property
    def values(self) -> ValuesStore:
        """Every metering value that has come, in columns: series as they are or were known, changes, completeness.

        Raises:
            EngineError: this database has no values store; give ``EngineSettings(values=...)`` once.
        """
        if self._values is None:
            raise EngineError(
                "this database has no values store; open it with settings=EngineSettings(values=FOLDER) once"
            )
        return self._values

    def tend_values(self) -> int:
        """Put small files of the values store together, and remove those that are no longer needed.

        The courier does it after each cycle; nothing happens where there is no values store, or nothing to do.

        Returns:
            How many files are fewer.

        Raises:
            ValuesError: a file is missing or damaged.
            OSError: a file cannot be written.
        """
        return 0 if self._values is None else tend(self._values, self.store, self.clock())

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
        self._work.in_unit(lambda unit: unit.put("parties", row))
        self._parties[party.gln, party.role] = party

    def as_party(self, gln: str, role: str) -> PartyView:
        """The engine as one of its parties sees it: what is another's does not exist for it.

        Raises:
            EngineError: the engine does not act for that party.
        """
        party = self._parties.get((gln, role))
        if party is None:
            have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
            raise EngineError(f"no party here is {gln} as {role}; there are: {have}. Add one with add_party")
        return PartyView(self, party)

    def _party_for(self, roles: tuple[str, ...], chosen: Party | str | None) -> Party:
        if isinstance(chosen, Party):
            return chosen
        suitable = [item for item in self.parties if item.role in roles and chosen in {None, item.gln}]
        if len(suitable) == 1:
            return suitable[0]
        have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
        if not suitable:
            raise EngineError(f"no party here has role {' or '.join(roles)}; there are: {have}. Add one with add_party")
        raise EngineError(f"several parties have role {' or '.join(roles)}: {have}. Say which with party=")

    # --- beginning and commanding

    def start(
        self,
        order: Command,
        *,
        party: Party | str | None = None,
        now: datetime | None = None,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        connection: Connection | None = None,
    ) -> Process:
        """Begin a process.

        Args:
            order: what to do; see ``ediel.engine.commands``.
            party: for which party, by GLN, when several have the role.
            now: the moment; the clock's when not given.
            key: the caller's own, such as the number of an order: given again, it gives the process that it began.
            tags: the caller's own words, by which the process is found again. Not about people: they are not masked.
            connection: of SQLAlchemy to the same database: the process is committed with what else is written there, by
                whoever began the transaction. Its events are delivered at the next call after that.

        Raises:
            EngineError: no party has the role.
            CommandRefused: the same is under way already.
            PreflightRefused: the hub would refuse the message; ``.report`` says why, and nothing has changed.
            StoreError: ``connection`` is to another database.
        """
        with nullcontext() if connection is None else self.store.join(connection):
            return self._start(order, party, now or self.clock(), key, tags or {})

    def _start(
        self, order: Command, party: Party | str | None, moment: datetime, key: str | None, tags: Mapping[str, str]
    ) -> Process:
        whose = self._party_for(order.roles, party)

        def work(unit: Unit) -> Applied:
            return self._begin(unit, order, whose, moment, key, tags)

        return self._after(self._work.in_unit(work, locks=_locks(getattr(order, "metering_point", None))))

    def _begin(
        self, unit: Unit, order: Command, whose: Party, moment: datetime, key: str | None, tags: Mapping[str, str]
    ) -> Applied:
        """Begin a process in a unit of work; everything that can be refused is, before anything is written."""
        known = None if key is None else unit.keyed(whose.gln, key)
        if known is not None and (instance := unit.instance(known)) is not None:
            return Applied(instance, moment, moved=False)
        found = consented(unit, order, whose, moment, control=self._consent_control, strict=self._preflight.strict)
        table, facts = machine(order.machine), found.order.begins(whose, market_day(moment), self._limits())
        begun = Instance(str(uuid4()), table.key, whose.gln, facts)
        _alone(unit, table, begun)
        made = self._work.make(unit, table, begun, Trigger(on_command(order.does)), moment)
        made = found.attach(unit, self._work, made, moment)
        if key is not None:
            unit.add("process_keys", {"party": whose.gln, "key": key, "instance_id": begun.id})
        for name, value in tags.items():
            row = {"instance_id": begun.id, "name": name, "value": value, "begun_at": stamp(moment)}
            unit.add("process_tags", row)
        return made

    def originate(
        self,
        table: str,
        name: str,
        data: Mapping[str, object],
        *,
        party: Party | str | None = None,
        now: datetime | None = None,
    ) -> Process:
        """Begin a process by a decision of the party's own, as a hub does that computes or reminds.

        Args:
            table: key of the table, such as ``annual_volume/hub``.
            name: the decision.
            data: what the process knows when it begins.
            party: for which party, when several have the role.
            now: the moment; the clock's when not given.

        Raises:
            EngineError: no party has the role.
            NoTransition: the table does not begin with that decision.
            PreflightRefused: what would be sent is wrong.
        """
        moment = now or self.clock()
        chosen = machine(table)
        whose = self._party_for(chosen.codes, party)
        begun = chosen.begin(str(uuid4()), whose.gln, whose.actor())
        trigger = Trigger(on_decision(name), data=data)
        return self._after(self._work.in_unit(lambda unit: self._work.make(unit, chosen, begun, trigger, moment)))

    def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process: ``cancel``, ``roll back``, ``activate``, ``refuse``, ``update``, ``delete``...

        What the hub has never got is cancelled without a message.

        Raises:
            EngineError: there is no such process.
            CommandRefused: its state, or a deadline, does not allow it; the text says what is possible.
            PreflightRefused: the hub would refuse the message.
        """
        if name == "cancel" and (withdrawn := self._withdraw(process_id, now or self.clock())) is not None:
            return withdrawn
        if name == "abandon" or (name == "settle" and "state" in data):  # a table may have a `settle` of its own
            if "reason" not in data:
                raise CommandRefused(f"{name} needs a reason")
            return (self.abandon if name == "abandon" else self.settle)(process_id, now=now, **data)
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

    def _push(self, process_id: str, on: On, data: Mapping[str, object], now: datetime | None) -> Process:
        moment = now or self.clock()

        def work(unit: Unit) -> Applied:
            instance = unit.instance(process_id)
            if instance is None:
                raise EngineError(f"there is no process {process_id}")
            table = machine(instance.machine)
            return self._work.make(unit, table, instance, Trigger(on, data=data), moment)

        return self._after(self._work.in_unit(work))

    # --- receiving

    def receive(
        self,
        data: bytes | Document,
        *,
        source: str = "",
        now: datetime | None = None,
        evidence: Evidence | None = None,
    ) -> tuple[Received, ...]:
        """Take what has arrived: a message, an envelope, a poll response. Idempotent.

        The bytes are archived, every message in them is handled or kept as a dead letter, in one commit.

        Args:
            data: the bytes as they arrived, or a document that was read from them.
            source: where they came from, for the archive.
            now: the moment; the clock's when not given.
            evidence: what the hub has signed with it, kept in the same commit; see ``evidence``.

        Returns:
            What happened, one entry per message; one entry for an input that holds none.
        """
        return self._receive((data,), source, now, evidence)[0]

    def receive_many(
        self, inputs: Sequence[bytes | Document], *, source: str = "", now: datetime | None = None
    ) -> list[tuple[Received, ...]]:
        """Take many inputs in one transaction: much quicker than one by one. See ``receive``."""
        return self._receive(inputs, source, now, None)

    def _receive(
        self, inputs: Sequence[bytes | Document], source: str, now: datetime | None, evidence: Evidence | None
    ) -> list[tuple[Received, ...]]:
        began = time.perf_counter()
        moment = now or self.clock()
        parsed = [Input(data) for data in inputs]
        points = {point for item in parsed for point in item.points()}

        def work(unit: Unit, unwritten: Mapping[tuple[str, int], str]) -> list[list[Accepted]]:
            taken = self._intake.take(unit, parsed, source, moment, unwritten)
            if evidence is not None and isinstance(inputs[0], Document):
                self._signed.keep(unit, inputs[0], evidence, moment)
            return taken

        documents = self._work.accepting(work, locks=tuple(points))
        self._work.note_received([accepted for entries in documents for accepted in entries])
        self._work.timed(began)
        self.deliver(now=moment)
        return [tuple(accepted.what for accepted in entries) for entries in documents]

    def evidence(self, identification: str) -> list[Values]:
        """What the hub has signed, the earliest first: ``data`` is the envelope, ``decided`` what followed from it.

        Args:
            identification: of a message that was sent or received, or of a result set that was fetched.
        """
        names = [identification]
        for row in self.browse.received(identification):
            source = self.browse.source(row["sha256"])
            names += () if source is None else (set_of(source, row["sha256"]),)
        return self._signed.of([row for name in dict.fromkeys(names) for row in self.outbox.evidence(name)])

    # --- dead letters

    def replay(self, dead_letter: str, *, now: datetime | None = None) -> Received:
        """Try a dead letter again, for instance after the process that it answers was begun.

        Raises:
            EngineError: there is no such dead letter.
        """
        moment = now or self.clock()

        accepted = self._work.accepting(
            lambda unit, unwritten: self._intake.again(unit, dead_letter, moment, unwritten)
        )
        self._work.note_received([accepted])
        self.deliver(now=moment)
        return accepted.what

    def replay_all(self, *, now: datetime | None = None) -> list[Received]:
        """Try every dead letter again, the oldest first."""
        letters = sorted(self.browse.dead_letters(most=10_000), key=lambda row: (row["at"], row["position"]))
        return [self.replay(row["id"], now=now) for row in letters]

    # --- timers

    def run_due(self, now: datetime | None = None, *, without: Container[str] = ()) -> list[Process]:
        """Fire every timer whose moment has come; each in a transaction of its own.

        Args:
            now: the moment; the clock's when not given.
            without: GLNs of parties whose timers are left alone for now.

        Raises:
            TimersFailed: some could not be fired. All others were; those that failed are tried at the next call.
        """
        return self._timers.run_due(now or self.clock(), without=without)

    # --- events

    def subscribe(
        self,
        name: str,
        *kinds: type[events.Event],
        attempts: int = 8,
        lease: timedelta = timedelta(minutes=1),
        since: datetime | None = None,
    ) -> Callable[[H], H]:
        """Let a function hear events, under a name that outlives this process.

        ::

            @engine.subscribe("billing", ediel.events.SupplyConfirmed)
            def bill(event: ediel.events.SupplyConfirmed, tx: ediel.Transaction) -> None: ...

        Each event comes once to a subscription, also with several workers, and in order for each process. A handler
        with a second argument gets the transaction in which the event is settled: what it writes there, and what it
        does with the engine, is committed with that or not at all. One without is called at least once, outside of
        any transaction. An ``async def`` is awaited. A handler that fails is tried again later; only its own
        process waits for it.

        Args:
            name: of the subscription. The database remembers which events it has not handled yet.
            kinds: kinds of events; every kind when none is given.
            attempts: how often it may fail before the event is set aside as dead; see ``subscriptions.deliveries``.
            lease: how long no other worker gets an event when this one is silent.
            since: deliver what has happened from this moment on; when not given, what happens after the database first
                knows the subscription.

        Raises:
            EngineError: the name has another handler for one of the kinds.
            StoreError: the database refuses.
        """

        def add(handler: H) -> H:
            self.subscriptions.add(name, kinds, handler, self.clock(), attempts=attempts, lease=lease, since=since)
            return handler

        return add

    def on(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call a handler for each event of a kind; of every kind for ``Event`` itself.

        The handlers that are given here share one subscription: an event counts as handled when all of them have
        returned. ``subscribe`` gives each a name of its own.
        """
        self.subscriptions.add(
            HANDLERS, (event,), handler, self.clock(), attempts=8, lease=timedelta(minutes=1), since="beginning"
        )

    def deliver(self, *, now: datetime | None = None) -> int:
        """Deliver events to subscriptions; returns how many deliveries were settled. Called after every commit."""
        with acting(NOBODY):
            return self.subscriptions.deliver(now or self.clock())

    def _event(self, item: Delivery) -> events.Event:
        kind = events.BY_NAME.get(item.name, events.Event)
        return kind(
            item.id,
            item.process_id,
            item.party,
            moment_of(item.at),
            item.data,
            item.event,
            item.version,
            EventSource(self.process, self._messages, None if self._values is None else self._values.arrival),
        )

    def message(self, message_id: str, *, sender: str | None = None) -> Message:
        """A message that was received or sent, typed. It may hold people.

        Args:
            message_id: its identification.
            sender: GLN of the juridical sender, where two have used the same identification.

        Raises:
            EngineError: there is none, or several senders have used the identification.
        """
        return self._messages.get(message_id, sender=sender)

    # --- looking

    def process(self, process_id: str) -> Process:
        """A process as it stands.

        Raises:
            EngineError: there is no such process.
        """
        row = self._finder.row(process_id)
        if row is None:
            raise EngineError(f"there is no process {process_id}")
        return shown(restore(stored_of(row)), moment_of(row["changed_at"]), source=self._messages)

    def close(self) -> None:
        """Let go of the database."""
        self.subscriptions.close()
        self.store.close()

    # --- inside

    def _limits(self) -> Profile:
        if self._profile is None:
            self._profile = load()
        return self._profile

    def _after(self, applied: Applied) -> Process:
        self._work.note((applied,))
        self.deliver(now=applied.at)
        return shown(applied.instance, applied.at, applied.sent, applied.warnings, self._messages)


def _alone(unit: Unit, table: Machine, begun: Instance) -> None:
    """Refuse to begin a second open process that the hub's messages could not be told from the first."""
    subject = begun.facts.about
    if table.one_at_a_time is None or subject is None:
        return
    for other in unit.instances_at(subject, table.key, begun.party):
        same = all(getattr(other.facts, name) == getattr(begun.facts, name) for name in table.one_at_a_time)
        if same and other.state not in table.finals and not other.abandoned:
            raise CommandRefused(
                f"the same is under way: process {other.id} is {other.state}. Wait for its end, or cancel it first"
            )  # fmt: skip


def _locks(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name)
